"""Running a plan: variables and captures by itself, other steps by the handlers it is given."""

from __future__ import annotations

import operator
import threading
import time
from collections.abc import Iterator, Mapping

import attrs

from tasksequence.capture.backend import CaptureBackend
from tasksequence.engine.capture_step import CAPTURE_CLASS, Volumes, carry_out, each_volume
from tasksequence.engine.cmtrace import ERROR, INFO, WARNING, CMTraceLog
from tasksequence.engine.handlers import Handler, RunContext
from tasksequence.engine.results import (
    RunEvent,
    RunEventHandler,
    RunReport,
    StepFinished,
    StepResult,
    StepStarted,
    StepStatus,
)
from tasksequence.engine.runtime import MASK, RunVariables
from tasksequence.errors import CaptureCancelled, PlanError, TaskSequenceError
from tasksequence.model.actions.general import SetDynamicVariablesAction, SetVariableAction
from tasksequence.model.classes import registry
from tasksequence.plan.effects import REBOOT_REQUESTED
from tasksequence.plan.steps import (
    Guard,
    Plan,
    PlannedGroup,
    PlannedStep,
    VariableChange,
)
from tasksequence.plan.truth import Truth, all_of
from tasksequence.request import CaptureEvent, CaptureOptions, CaptureRequest, CaptureResult
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject

__all__ = ["Engine"]

_PATIENCE = 0.02
"""Seconds between two looks at a handler: whether it has ended, or has to be given up."""
_SHOWN = 200
"""Characters of what a handler returned that are shown."""
E_FAIL = 0x80004005
E_CANCELLED = 0x800704C7
E_TIMEOUT = 0x800705B4
_PASSWORD = "OSDCaptureAccountPassword"  # noqa: S105 - the variable's name
_LAST_ACTION = ("_SMSTSLastActionName", "_SMSTSLastActionRetCode", "_SMSTSLastActionSucceeded")
_SETS_VARIABLES = (SetVariableAction.wmi_name, SetDynamicVariablesAction.wmi_name)


class Engine:
    """Runs plans. Variables and captures are built in; `handlers` carry out other classes.

    `handlers` are by class (`RunCommandLineAction`) or WMI name; one for a base class covers the
    classes below it, too. `volumes` are what capture steps capture; without any they are left to
    the device. `log` gets an smsts.log for CMTrace, `on_event` hears what happens.
    """

    def __init__(
        self,
        *,
        handlers: Mapping[type[WmiObject] | str, Handler] | None = None,
        volumes: Volumes | None = None,
        backend: str | CaptureBackend = "wimlib",
        options: CaptureOptions | None = None,
        log: CMTraceLog | None = None,
        on_event: RunEventHandler | None = None,
        prepared: bool = False,
        assume_conditions: bool = False,
    ) -> None:
        self._handlers = {
            key if isinstance(key, str) else key.wmi_name: handler
            for key, handler in (handlers or {}).items()
        }
        self._volumes = None if volumes is None else each_volume(volumes)
        self._backend = backend
        self._options = options
        self._log = log
        self._on_event = on_event
        self._prepared = prepared
        self._assume_conditions = assume_conditions
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Stop the run that is under way, from any thread; the step that runs is ended."""
        self._cancelled.set()

    def run(
        self,
        plan: Plan,
        *,
        secrets: Mapping[str, SecretText] | None = None,
        timeout: float | None = None,
    ) -> RunReport:
        """Run a plan and return what became of each step.

        `secrets` are variables that a plan does not hold, such as the password of a share.
        `timeout` ends the whole run, in seconds. Raises `PlanError` for a plan with steps that
        break rules; failures of steps are in the report.
        """
        if plan.problems:
            raise PlanError(
                "\n".join(f"{' > '.join(path)}: {text}" for path, text in plan.problems),
                hint="Correct these steps, or disable them.",
            )
        self._cancelled.clear()
        return _Run(self, plan, dict(secrets or {}), timeout).whole()

    def handler_of(self, wmi_class: str) -> Handler | None:
        """Return what carries out a class here, by its own name or that of a base class."""
        found = self._handlers.get(wmi_class)
        if found is not None:
            return found
        cls = registry.get(wmi_class)
        for base in cls.__mro__ if cls is not None else ():
            found = self._handlers.get(getattr(base, "wmi_name", ""))
            if found is not None:
                return found
        return None


class _Run:
    """One run of one plan."""

    def __init__(
        self, engine: Engine, plan: Plan, secrets: dict[str, SecretText], timeout: float | None
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._secrets = secrets
        self._variables = RunVariables(plan.start, secrets)
        self._timeout = timeout
        self._timed_out = False
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._results: list[StepResult] = []
        self._captures: list[CaptureResult] = []
        self._total = len(plan.steps)
        self._in_winpe: str | None = plan.start.environment
        self._stopped = False

    def whole(self) -> RunReport:
        self._write("!----------------------------------------!")
        self._write("Start of the task sequence execution engine")
        ok = self._nodes(self._plan.nodes)
        if ok:
            self._write("Task Sequence Engine succeeded! Error Code: 00000000")
        elif self._stopped:
            self._write(f"The whole run: {self._ended_by()}", ERROR)
        else:
            failed = [one for one in self._results if one.status is StepStatus.FAILED]
            name = failed[-1].path[-1] if failed else ""
            self._write(
                f"Failed to run the last action: {name}. Execution of task sequence failed.", ERROR
            )
        return RunReport(
            results=tuple(self._results),
            succeeded=ok,
            cancelled=self._stopped,
            timed_out=self._timed_out,
            captures=tuple(self._captures),
            variables=tuple(self._variables.shown()),
        )

    def _write(self, message: str, kind: int = INFO) -> None:
        if self._engine._log is not None:
            self._engine._log.write(self._variables.masked(message), kind=kind)

    def _tell(self, event: RunEvent) -> None:
        if self._engine._on_event is not None:
            self._engine._on_event(event)

    def _nodes(self, nodes: tuple[PlannedGroup | PlannedStep, ...]) -> bool:
        """Run nodes in order; False where a failure has to go up."""
        for at, node in enumerate(nodes):
            if self._over():
                self._mark(nodes[at:], StepStatus.NOT_REACHED, self._ended_by())
                return False
            ok = self._group(node) if isinstance(node, PlannedGroup) else self._step(node)
            if not ok:
                self._mark(nodes[at + 1 :], StepStatus.NOT_REACHED, "a step before it failed")
                return False
        return True

    def _over(self) -> bool:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._timed_out = self._timed_out or not self._engine._cancelled.is_set()
            self._engine._cancelled.set()
        self._stopped = self._stopped or self._engine._cancelled.is_set()
        return self._stopped

    def _ended_by(self) -> str:
        if self._timed_out:
            return f"the run was ended after {self._timeout or 0:g} s, its time limit"
        return "the run was cancelled"

    def _start(self, node: PlannedGroup | PlannedStep, kind: str, *, disabled: bool) -> None:
        number = "" if node.number is None else node.number
        self._write(
            f"Start executing an instruction. Instruction name: '{node.name}'.  Pointer: {number}. "
            f"Type: '{kind}'. Disabled: {int(disabled)}"
        )
        self._tell(
            StepStarted(
                path=node.path, number=node.number, done=len(self._results), total=self._total
            )
        )

    def _own(self, node: PlannedGroup | PlannedStep) -> Truth:
        own: list[Guard] = [guard for guard in node.guards if guard.owner == node.path]
        truth = all_of(self._variables.judge(guard.judgement) for guard in own)
        if truth is Truth.UNKNOWN and self._engine._assume_conditions:
            return Truth.TRUE
        return truth

    def _group(self, group: PlannedGroup) -> bool:
        self._start(group, "", disabled=not group.enabled)
        try:
            truth = self._own(group)
        except PlanError as error:
            why = self._variables.masked(str(error))
            self._write(f"The group ({group.name}) cannot be judged: {why}", ERROR)
            self._mark(group.children, StepStatus.NOT_REACHED, f"the group {group.name}: {why}")
            return group.continue_on_error
        if not group.enabled or truth is Truth.FALSE:
            why = "it is disabled" if not group.enabled else "its condition is false"
            self._write(f"The group ({group.name}) is skipped because {why}")
            self._mark(group.children, StepStatus.SKIPPED, f"the group {group.name}: {why}")
            return True
        if truth is Truth.UNKNOWN:
            self._write(f"The group ({group.name}) depends on what is not known here", WARNING)
            self._mark(group.children, StepStatus.DEPENDS, group.reason)
            for step in _steps(group.children):
                self._perhaps(step)
            return True
        self._write(f"The group ({group.name}) has been successfully started")
        if self._nodes(group.children):
            return True
        self._write(
            f"The execution of the group ({group.name}) has failed and the execution has been "
            "aborted. An action failed.",
            ERROR,
        )
        if group.continue_on_error and not self._stopped:
            self._write(f"The group ({group.name}) ignored the failure", WARNING)
            return True
        return False

    def _step(self, step: PlannedStep) -> bool:
        self._start(step, step.wmi_class, disabled=not step.enabled)
        try:
            skipped = self._skipped(step)
        except PlanError as error:
            return self._failed(step, E_FAIL, self._variables.masked(str(error)))
        if skipped is not None:
            status, why = skipped
            kind = INFO if status is StepStatus.SKIPPED else WARNING
            self._write(f"The action ({step.name}) is {status.value}: {why}", kind)
            self._finish(step, status, message=why)
            if status is StepStatus.DEPENDS:
                self._perhaps(step)
            return True
        handler = self._handler(step)
        if handler is None:
            why = f"nothing here carries out {step.wmi_class or 'a command line without a type'}"
            self._write(f"The action ({step.name}) is left to the device: {why}", WARNING)
            self._finish(step, StepStatus.LEFT, message=why)
            self._effects(step, here=False)
            self._variables.set("_SMSTSLastActionName", step.name)
            for name in _LAST_ACTION[1:]:
                self._variables.forget(name, f"whether the step {step.name} succeeds")
            return True
        return self._carried_out(step, handler)

    def _skipped(self, step: PlannedStep) -> tuple[StepStatus, str] | None:
        if not step.enabled:
            return StepStatus.SKIPPED, "it is disabled"
        truth = self._own(step)
        if truth is Truth.FALSE:
            return StepStatus.SKIPPED, "its condition is false"
        if truth is Truth.UNKNOWN:
            return StepStatus.DEPENDS, step.reason
        here = step.environment or self._in_winpe
        if step.runs_in and here and step.runs_in != here:
            return StepStatus.SKIPPED, f"it runs in {step.runs_in}, and the machine is in {here}"
        is_capture = step.wmi_class == CAPTURE_CLASS
        if step.runs_in and not (here or is_capture or self._engine._assume_conditions):
            return StepStatus.DEPENDS, step.reason
        if is_capture and step.request is None:
            return StepStatus.DEPENDS, step.reason
        return None

    def _handler(self, step: PlannedStep) -> Handler | None:
        own = self._engine.handler_of(step.wmi_class)
        if own is not None:
            return own
        if step.wmi_class in _SETS_VARIABLES:
            return lambda _step, _context: 0
        if step.wmi_class == CAPTURE_CLASS and self._engine._volumes is not None:
            return self._capture
        return None

    def _carried_out(self, step: PlannedStep, handler: Handler) -> bool:
        began = time.monotonic()
        code, message, attempts = E_FAIL, "", 0
        while attempts <= step.retries and not self._over():
            attempts += 1
            code, message = self._attempt(step, handler)
            if code in step.success_codes:
                break
            self._write(f"Attempt {attempts} of {step.name} failed: {message or code}", WARNING)
        if self._over() and not attempts:
            code = E_TIMEOUT if self._timed_out else E_CANCELLED
            message = self._ended_by()
        ok = code in step.success_codes
        if ok:
            try:
                self._effects(step, here=True)
            except PlanError as error:
                ok, code, message = False, E_FAIL, self._variables.masked(str(error))
        self._write(f"Process completed with exit code {code}")
        self._ended(step, code, ok=ok)
        self._finish(
            step,
            StepStatus.SUCCEEDED if ok else StepStatus.FAILED,
            exit_code=code,
            message=message,
            attempts=attempts,
            seconds=time.monotonic() - began,
        )
        if ok:
            self._write(
                f"Successfully completed the action ({step.name}) with the exit win32 code {code}"
            )
            return True
        return self._went_wrong(step, message)

    def _failed(self, step: PlannedStep, code: int, message: str) -> bool:
        """Let a step fail before it began."""
        self._ended(step, code, ok=False)
        self._finish(step, StepStatus.FAILED, exit_code=code, message=message)
        return self._went_wrong(step, message)

    def _went_wrong(self, step: PlannedStep, message: str) -> bool:
        text = f"Failed to run the action: {step.name}."
        self._write(f"{text}\n{message}" if message else text, ERROR)
        return step.continue_on_error and not self._over()

    def _attempt(self, step: PlannedStep, handler: Handler) -> tuple[int, str]:
        """Run a handler once, and end it when the run is cancelled or the step's time is over."""
        limits = [limit for limit in (self._until(step.timeout), self._deadline) if limit]
        deadline = min(limits, default=None)
        context = RunContext(self._variables, self._write, self._engine._cancelled, deadline)
        done: list[tuple[int, str]] = []

        def work() -> None:
            done.append(self._result_of(handler, step, context))

        # Bound methods compare by what they are bound to: the capture ends itself.
        if handler == self._capture:
            work()
            return done[0]
        thread = threading.Thread(target=work, daemon=True, name=f"step {step.name}")
        thread.start()
        try:
            while thread.is_alive():
                left = _PATIENCE if deadline is None else max(0.0, deadline - time.monotonic())
                thread.join(min(_PATIENCE, left))
                if not thread.is_alive():
                    break
                if self._engine._cancelled.is_set():
                    context.close()
                    return E_CANCELLED, "the run was cancelled"
                if deadline is not None and time.monotonic() >= deadline:
                    context.close()
                    if self._deadline is not None and time.monotonic() >= self._deadline:
                        self._over()
                        return E_TIMEOUT, self._ended_by()
                    return E_TIMEOUT, f"the step was ended after {step.timeout or 0} s"
        except BaseException:
            context.close()
            raise
        return done[0] if done else (E_FAIL, "the handler ended without a result")

    def _result_of(
        self, handler: Handler, step: PlannedStep, context: RunContext
    ) -> tuple[int, str]:
        try:
            code = handler(step, context)
        except CaptureCancelled as error:
            if self._over():
                return (E_TIMEOUT if self._timed_out else E_CANCELLED), self._ended_by()
            return E_TIMEOUT, self._variables.masked(str(error))
        except TaskSequenceError as error:
            return error.hresult or E_FAIL, self._variables.masked(str(error))
        except Exception as error:  # a handler may raise anything: it fails its step
            return E_FAIL, self._variables.masked(f"{type(error).__name__}: {error}")
        if code is None:
            return 0, ""
        try:
            return operator.index(code) & 0xFFFFFFFF, ""
        except TypeError:
            said = self._variables.masked(repr(code)[:_SHOWN])
            return E_FAIL, f"the handler returned {said}, not an exit code"

    @staticmethod
    def _until(seconds: float | None) -> float | None:
        return None if not seconds else time.monotonic() + seconds

    def _capture(self, step: PlannedStep, context: RunContext) -> int:
        assert step.request is not None
        assert self._engine._volumes is not None
        if step.request.needs_password and step.request.password is None:
            given = next(
                (s for n, s in self._secrets.items() if n.casefold() == _PASSWORD.casefold()), None
            )
            if given is not None:
                step = attrs.evolve(step, request=step.request.with_password(given))
            else:
                context.log(f"The plan holds no password; {_PASSWORD} was not given", WARNING)

        def hear(event: CaptureEvent) -> None:
            if self._over():
                raise CaptureCancelled(self._ended_by())
            self._tell(event)

        self._captures.append(
            carry_out(
                step,
                self._engine._volumes,
                backend=self._engine._backend,
                options=self._within_run(step.request),
                on_event=hear,
                prepared=self._engine._prepared,
                log=self._engine._log,
                masked=self._variables.masked,
            )
        )
        return 0

    def _within_run(self, request: CaptureRequest | None) -> CaptureOptions | None:
        """Return the options of a capture, which takes no longer than the run may."""
        options = self._engine._options
        if request is None or self._deadline is None:
            return options
        if options is not None:
            request = request.with_options(options)
        left = max(0.0, self._deadline - time.monotonic())
        limit = request.time_limit
        return attrs.evolve(request.options, timeout=left if limit is None else min(limit, left))

    def _effects(self, step: PlannedStep, *, here: bool) -> None:
        """Let the planned changes happen; what a handler was to set, it has set itself."""
        for change in step.changes:
            if change.known or not here:
                self._variables.apply(change)
            elif step.wmi_class == SetVariableAction.wmi_name:
                self._set_late(step, change)
        if step.restarts_into is None and any(
            not change.known and change.name.casefold() == REBOOT_REQUESTED.casefold()
            for change in step.changes
        ):
            self._in_winpe = None
        if step.restarts_into is not None:
            self._in_winpe = step.restarts_into
            self._write(f"The machine is in {step.restarts_into} from here on")

    def _perhaps(self, step: PlannedStep) -> None:
        """Take as unknown what a step changes that may or may not run on the device."""
        if not step.enabled:
            return
        why = f"what comes of the step {step.name}"
        for name in (*_LAST_ACTION, *(change.name for change in step.changes)):
            self._variables.forget(name, why)
        if step.restarts_into is not None:
            self._in_winpe = None

    def _set_late(self, step: PlannedStep, change: VariableChange) -> None:
        """Set a variable whose value only became known while the plan ran."""
        given = {one.name: one.value for one in step.properties}
        text = given.get("VariableValue")
        # A plan shows no secret: where one is meant, nobody knows the value here.
        is_hidden = text == MASK or bool(given.get("HiddenVariableValue"))
        expanded = None if text is None or is_hidden else self._variables.expand(text)
        if expanded is None or expanded.unset:
            self._variables.apply(change)
            return
        secret = expanded.has_secret
        self._variables.set(change.name, SecretText(expanded.text) if secret else expanded.text)

    def _ended(self, step: PlannedStep, code: int, *, ok: bool) -> None:
        self._variables.set("_SMSTSLastActionName", step.name)
        self._variables.set("_SMSTSLastActionRetCode", str(code))
        self._variables.set("_SMSTSLastActionSucceeded", "true" if ok else "false")

    def _mark(
        self,
        nodes: tuple[PlannedGroup | PlannedStep, ...],
        status: StepStatus,
        message: str,
    ) -> None:
        for step in _steps(nodes):
            self._finish(step, status, message=message)

    def _finish(
        self,
        step: PlannedStep,
        status: StepStatus,
        *,
        exit_code: int | None = None,
        message: str = "",
        attempts: int = 0,
        seconds: float = 0.0,
    ) -> None:
        result = StepResult(
            path=step.path,
            number=step.number,
            wmi_class=step.wmi_class,
            status=status,
            exit_code=exit_code,
            message=message,
            attempts=attempts,
            seconds=seconds,
        )
        self._results.append(result)
        self._tell(StepFinished(result=result))


def _steps(nodes: tuple[PlannedGroup | PlannedStep, ...]) -> Iterator[PlannedStep]:
    for node in nodes:
        if isinstance(node, PlannedStep):
            yield node
        else:
            yield from _steps(node.children)
