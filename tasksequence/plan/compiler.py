"""From a sequence and facts to a plan; touches nothing outside memory."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

import attrs

from tasksequence.errors import PlanError
from tasksequence.model.action import Action, UnknownAction
from tasksequence.model.actions.general import (
    SetDynamicVariablesAction,
    SetVariableAction,
    SubTasksequence,
)
from tasksequence.model.actions.imaging import CaptureSystemImageAction
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    VariableConditionExpression,
)
from tasksequence.model.references import references_of
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.plan.capture_settings import resolve_capture
from tasksequence.plan.effects import REBOOT_REQUESTED, Effects, effects_of, names_set_by
from tasksequence.plan.environment import Environment
from tasksequence.plan.evaluate import Knowledge, judge
from tasksequence.plan.expansion import Held
from tasksequence.plan.facts import IN_WINPE, Facts
from tasksequence.plan.resolve import own_variables, resolve_properties
from tasksequence.plan.sentences import in_words
from tasksequence.plan.steps import (
    Guard,
    NeededReference,
    Outcome,
    Plan,
    PlannedGroup,
    PlannedStep,
    PlanStart,
    StartVariable,
    VariableChange,
)
from tasksequence.plan.truth import Truth
from tasksequence.plan.variables import is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["compile_plan"]

_WINPE, _FULLOS = "WinPE", "FullOS"


def compile_plan(
    sequence: TaskSequence,
    facts: Facts | Mapping[str, str | SecretText] | None = None,
    *,
    children: Mapping[str, TaskSequence] | None = None,
) -> Plan:
    """Plan a sequence: its groups and steps in order, each with what becomes of it and why.

    `facts` are what is known at the start; a mapping gives variables alone. `children` are the
    sequences that Run Task Sequence steps call, by package ID or name. What a step does wrong is
    in its `problems`, and in those of the plan. Raises `PlanError` for names or values that no
    variable can have, for variables that refer to each other in a circle, for sequences that call
    each other in a circle, and for assumptions that match no expression.
    """
    if not isinstance(sequence, TaskSequence):
        raise TypeError(
            f"compile_plan takes a TaskSequence, not {type(sequence).__name__}; "
            "a document has its first one as document.sequence"
        )
    if not isinstance(facts, Facts):
        facts = Facts(variables=facts or {})
    return _Compiler(sequence, facts, children or {}).plan()


@attrs.frozen
class _Around:
    """A group around a step."""

    path: tuple[str, ...]
    enabled: bool
    guards: tuple[Guard, ...]
    continue_on_error: bool


class _Compiler:
    def __init__(
        self, sequence: TaskSequence, facts: Facts, children: Mapping[str, TaskSequence]
    ) -> None:
        self._sequence = sequence
        self._facts = facts
        self._children = {name.casefold(): child for name, child in children.items()}
        self._environment = Environment(facts, set(self._own_names(sequence, ())))
        self._known = Knowledge(facts, self._environment)
        self._number: int | None = 0
        self._pins: dict[str, tuple[str, ...]] = {}
        """The first step that would have changed a pinned variable, by folded name."""

    def plan(self) -> Plan:
        start = self._start()
        nodes = self._nodes(self._sequence.steps, (), (), ())
        self._check_assumptions(nodes)
        return Plan(nodes=nodes, start=start)

    def _start(self) -> PlanStart:
        known = self._facts.starting_variables()
        return PlanStart(
            environment=_place(self._environment.in_winpe),
            closed=self._facts.closed,
            variables=tuple(
                StartVariable(
                    name=name,
                    value=("***" if is_secret_variable(name) else str(value)) if value else None,
                    source=source,
                )
                for name, value, source in known.values()
            ),
            assumed=tuple(self._facts.assumed.items()),
            pinned=tuple(sorted(self._facts.pinned)),
        )

    def _nodes(
        self,
        steps: Sequence[Step],
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        inside: tuple[str, ...],
    ) -> tuple[PlannedGroup | PlannedStep, ...]:
        return tuple(self._node(step, (*path, step.name), around, inside) for step in steps)

    def _node(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        inside: tuple[str, ...],
    ) -> PlannedGroup | PlannedStep:
        number = self._take()
        try:
            if isinstance(step, Group):
                return self._group(step, path, around, inside, number)
            if isinstance(step, SubTasksequence):
                return self._child(step, path, around, inside, number)
            return self._step(step, path, around, number)
        except PlanError as error:
            if error.where is not None:
                raise
            raise PlanError(error.problem, where=" > ".join(path), hint=error.hint) from None

    def _take(self) -> int | None:
        number = self._number
        if number is not None:
            self._number = number + 1
        return number

    def _guards(
        self, step: Step, path: tuple[str, ...], around: tuple[_Around, ...]
    ) -> tuple[Guard, ...]:
        own = self._guard(step.condition, path)
        inherited = tuple(guard for group in around for guard in group.guards)
        return inherited if own is None else (*inherited, own)

    def _guard(self, condition: Condition | None, path: tuple[str, ...]) -> Guard | None:
        if condition is None or not condition.operands:
            return None
        said = judge(condition, self._known)
        return Guard(
            owner=path,
            text=in_words(condition, self._environment),
            truth=said.truth,
            needs=said.needs,
            judgement=said,
        )

    def _group(
        self,
        group: Group,
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        inside: tuple[str, ...],
        number: int | None,
    ) -> PlannedGroup:
        self._known.problems.clear()
        guards = self._guards(group, path, around)
        outcome, reason = self._entered(group, path, around, guards, "group")
        problems = tuple(self._known.problems) if outcome is not Outcome.SKIPPED else ()
        here = _Around(path, group.enabled, guards[_count(around) :], group.continue_on_error)
        children = self._nodes(group.steps, path, (*around, here), inside)
        return PlannedGroup(
            path=path,
            outcome=outcome,
            reason=reason,
            children=children,
            enabled=group.enabled,
            number=number,
            end_number=self._take(),
            guards=guards,
            continue_on_error=group.continue_on_error,
            problems=problems,
        )

    def _entered(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        guards: tuple[Guard, ...],
        what: str,
    ) -> tuple[Outcome, str]:
        stopped = _stopped(step, path, around, guards, what)
        if stopped is not None:
            return stopped
        needs = _open_needs(guards)
        if needs:
            return Outcome.UNKNOWN, _depends(needs)
        return Outcome.RUN, "its steps are run in order"

    def _child(
        self,
        step: SubTasksequence,
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        inside: tuple[str, ...],
        number: int | None,
    ) -> PlannedGroup | PlannedStep:
        self._known.problems.clear()
        guards = self._guards(step, path, around)
        outcome, reason = self._entered(step, path, around, guards, "step")
        name, child = self._called(step)
        stands = (name or "").casefold()
        if child is None or not step.enabled:
            return self._without_child(step, path, around, guards, number, (outcome, reason), name)
        if stands in inside:
            raise PlanError(
                f"the child sequence {name} calls itself, by {' -> '.join([*inside, stands])}",
                where=" > ".join(path),
                hint="Disable the step, or call another sequence.",
            )
        problems = tuple(self._known.problems) if outcome is not Outcome.SKIPPED else ()
        here = _Around(path, step.enabled, guards[_count(around) :], step.continue_on_error)
        children = self._nodes(child.steps, path, (*around, here), (*inside, stands))
        return PlannedGroup(
            path=path,
            outcome=outcome,
            reason=reason,
            children=children,
            enabled=step.enabled,
            number=number,
            guards=guards,
            continue_on_error=step.continue_on_error,
            child_sequence=name,
            problems=problems,
        )

    def _without_child(
        self,
        step: SubTasksequence,
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        guards: tuple[Guard, ...],
        number: int | None,
        said: tuple[Outcome, str],
        name: str | None,
    ) -> PlannedStep:
        outcome, reason = said
        problems: tuple[str, ...] = ()
        warnings: tuple[str, ...] = ()
        if step.enabled:
            # A child that nobody gave has steps that nobody can count.
            self._number = None
            text = f"the child sequence {name or '(no name)'} was not given"
            if outcome is not Outcome.SKIPPED:
                if self._children:
                    near = difflib.get_close_matches((name or "").casefold(), self._children, 1)
                    problems = (text + (f"; did you mean {near[0]}?" if near else ""),)
                else:
                    warnings = (
                        f"{text}: what it does, and the numbers after it, are not known here",
                    )
        if outcome is Outcome.RUN:
            outcome, reason = Outcome.DEVICE, f"runs on the device only: {step.wmi_name}"
            if problems:
                outcome, reason = Outcome.INVALID, _invalid(problems)
        return PlannedStep(
            path=path,
            wmi_class=step.wmi_name,
            outcome=outcome,
            reason=reason,
            enabled=step.enabled,
            number=number,
            guards=guards,
            needs=_open_needs(guards) if outcome is Outcome.UNKNOWN else (),
            environment=_place(self._environment.in_winpe),
            continue_on_error=step.continue_on_error,
            on_failure=_on_failure(step, around),
            properties=resolve_properties(step, self._environment),
            references=_references(step),
            problems=problems,
            warnings=warnings,
        )

    def _called(self, step: SubTasksequence) -> tuple[str | None, TaskSequence | None]:
        """Return what a Run Task Sequence step calls: its name here, and the sequence if given."""
        name = step.ts_name or ""
        candidates = [
            step.ts_package_id or "",
            name,
            name.partition(",")[0],
            name.partition(",")[2],
        ]
        for candidate in candidates:
            child = self._children.get(candidate.strip().casefold())
            if candidate and child is not None:
                return candidate.strip(), child
        return next((one for one in candidates if one), None), None

    def _step(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        number: int | None,
    ) -> PlannedStep:
        known = self._known
        known.problems.clear()
        guards = self._guards(step, path, around)
        outcome, reason, needs, warnings = self._outcome(step, path, around, guards)
        planned = PlannedStep(
            path=path,
            wmi_class=step.type if isinstance(step, UnknownAction) else step.wmi_name,
            outcome=outcome,
            reason=reason,
            enabled=step.enabled,
            number=number,
            guards=guards,
            needs=needs,
            environment=_place(self._environment.in_winpe),
            runs_in=_wanted_place(step) or "",
            continue_on_error=step.continue_on_error,
            on_failure=_on_failure(step, around),
            success_codes=_success_codes(step),
            retries=int(getattr(step, "retry_count", None) or 0),
            timeout=(getattr(step, "timeout", None) or None),
            references=_references(step),
            warnings=warnings,
            problems=tuple(known.problems) if outcome is not Outcome.SKIPPED else (),
        )
        if isinstance(step, CaptureSystemImageAction):
            planned = self._capture(step, planned)
        else:
            planned = attrs.evolve(planned, properties=resolve_properties(step, self._environment))
        if planned.outcome is Outcome.SKIPPED:
            return planned
        return self._applied(step, planned)

    def _outcome(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[_Around, ...],
        guards: tuple[Guard, ...],
    ) -> tuple[Outcome, str, tuple[str, ...], tuple[str, ...]]:
        """Return what becomes of a step, why, what that needs, and what was found."""
        stopped = _stopped(step, path, around, guards, "step")
        if stopped is not None:
            return (*stopped, (), ())
        wanted = _wanted_place(step)
        here = _place(self._environment.in_winpe)
        if wanted and here and wanted != here:
            reason = f"runs in {wanted}, and the machine is in {here}"
            return (
                Outcome.SKIPPED,
                reason,
                (),
                (f"the step cannot run where it stands: it {reason}",),
            )
        needs = _open_needs(guards)
        if wanted and not here:
            needs = (
                *needs,
                *(self._environment.lookup(IN_WINPE).needs or (f"variable {IN_WINPE}",)),
            )
        if needs:
            needs = tuple(dict.fromkeys(needs))
            return Outcome.UNKNOWN, _depends(needs), needs, ()
        if isinstance(step, CaptureSystemImageAction):
            return Outcome.RUN, "captures volumes, which this machine can do", (), ()
        if isinstance(step, (SetVariableAction, SetDynamicVariablesAction)):
            return Outcome.RUN, "sets variables", (), ()
        return Outcome.DEVICE, f"runs on the device only: {_what(step)}", (), ()

    def _capture(self, step: CaptureSystemImageAction, planned: PlannedStep) -> PlannedStep:
        settings = resolve_capture(step, planned.path, self._environment, own_variables(step))
        kept = tuple(
            f"the step {' > '.join(self._pins[r.variable.casefold()])} sets {r.variable} before; "
            "the value that was given is kept"
            for r in settings.properties
            if r.variable.casefold() in self._pins
        )
        planned = attrs.evolve(
            planned,
            properties=settings.properties,
            problems=(*planned.problems, *settings.problems),
            warnings=(*planned.warnings, *settings.warnings, *kept),
            request=settings.request,
        )
        if planned.outcome is Outcome.RUN and settings.needs and not settings.problems:
            return attrs.evolve(
                planned,
                outcome=Outcome.UNKNOWN,
                reason=_depends(settings.needs),
                needs=settings.needs,
            )
        return planned

    def _applied(self, step: Step, planned: PlannedStep) -> PlannedStep:
        """Let the step do what it does, as far as it is known to run."""
        environment = self._environment
        # Rules see what earlier rules set; whether any of it stays is decided below.
        before = environment.snapshot() if isinstance(step, SetDynamicVariablesAction) else None
        effects = effects_of(step, self._known)
        if before is not None:
            environment.restore(before)
        problems = (*planned.problems, *effects.problems)
        needs = planned.needs
        if problems and planned.outcome is not Outcome.SKIPPED:
            planned = attrs.evolve(
                planned, outcome=Outcome.INVALID, reason=_invalid(problems), problems=problems
            )
        certain = planned.outcome in {Outcome.RUN, Outcome.DEVICE}
        if not certain and not needs:
            needs = (f"what comes of the step {step.name}",)
        for name, held in effects.changes:
            if environment.is_pinned(name):
                self._pins.setdefault(name.casefold(), planned.path)
            if certain:
                environment.set(name, held)
            else:
                environment.maybe_set(name, held, needs)
        self._move(step, planned, effects, needs if not certain else ())
        self._after(step, needs if not certain else ())
        return attrs.evolve(
            planned,
            changes=tuple(
                VariableChange(
                    name=name,
                    value=None if held.is_unknown else held.shown,
                    known=not held.is_unknown,
                    why=held.source,
                )
                for name, held in effects.changes
            ),
            restarts_into=None if effects.in_winpe is None else _place(effects.in_winpe),
        )

    def _move(
        self, step: Step, planned: PlannedStep, effects: Effects, needs: tuple[str, ...]
    ) -> None:
        """Put the machine where the step leaves it."""
        environment = self._environment
        if effects.in_winpe is None and isinstance(step, SetVariableAction):
            # The engine restarts after a step that leaves this variable set.
            for name, held in effects.changes:
                if name.casefold() == REBOOT_REQUESTED.casefold() and not held.is_unknown:
                    word = held.text.casefold()
                    effects.in_winpe = {"winpe": True, "hd": False}.get(word)
                    environment.set(name, Held(source="the engine, after the restart"))
        if effects.in_winpe is not None:
            place = Held("true" if effects.in_winpe else "false", source=f"the step {step.name}")
            if needs and not self._ends_there_anyway(step, planned, effects.in_winpe):
                environment.maybe_set(IN_WINPE, place, needs)
            else:
                environment.set(IN_WINPE, place)
        if effects.replaces_disk and self._facts.sources:
            self._known.stale = (f"what the step {step.name} leaves on the disk",)
        if effects.sets_anything:
            environment.forget_own_names()

    def _ends_there_anyway(self, step: Step, planned: PlannedStep, in_winpe: bool) -> bool:
        """Tell whether the machine ends where a step that may restart it wants it, in any case.

        So it is with the wizard's Restart in Windows PE, which runs in full Windows only.
        """
        environment = self._environment
        inherited = any(guard.truth is Truth.UNKNOWN for guard in planned.guards[:-1])
        if environment.in_winpe is in_winpe:
            return True
        if environment.in_winpe is not None or step.condition is None or inherited:
            return False
        before = environment.snapshot()
        environment.set(IN_WINPE, Held("false" if in_winpe else "true"))
        runs = judge(step.condition, self._known).truth is Truth.TRUE
        environment.restore(before)
        return runs

    def _after(self, step: Step, needs: tuple[str, ...]) -> None:
        """Set what the engine itself sets after a step."""
        environment = self._environment
        came = (f"whether the step {step.name} succeeds",)
        name = Held(step.name, source="the engine")
        for variable, held in (
            ("_SMSTSLastActionName", name),
            ("_SMSTSLastActionSucceeded", Held(needs=came)),
            ("_SMSTSLastActionRetCode", Held(needs=came)),
        ):
            if needs:
                environment.maybe_set(variable, held, needs)
            else:
                environment.set(variable, held)

    def _own_names(self, sequence: TaskSequence, inside: tuple[str, ...]) -> Iterator[str]:
        """Yield the names that only the sequence sets, as far as it shows.

        A step that sets a variable where it is not set yet gives a default to what comes from
        outside: such a name is not the sequence's own.
        """
        own: set[str] = set()
        outside: set[str] = set()

        def look(steps: Sequence[Step], tested: frozenset[str]) -> None:
            for step in steps:
                if not step.enabled:
                    continue
                here = tested | _tested(step.condition)
                if isinstance(step, Group):
                    look(step.steps, here)
                    continue
                for name in names_set_by(step):
                    (outside if name.casefold() in here else own).add(name.casefold())
                if isinstance(step, SubTasksequence):
                    called, child = self._called(step)
                    stands = (called or "").casefold()
                    if child is not None and stands not in inside:
                        own.update(self._own_names(child, (*inside, stands)))

        look(sequence.steps, frozenset())
        yield from own - outside - {""}

    def _check_assumptions(self, nodes: Sequence[PlannedGroup | PlannedStep]) -> None:
        for text in self._facts.assumed:
            plain = " ".join(text.casefold().split())
            if plain in self._known.used:
                continue
            said = dict(_expressions(nodes))
            if any(" ".join(one.casefold().split()) == plain for one in said):
                continue  # it is decided without the assumption
            near = difflib.get_close_matches(text, said, 1, cutoff=0.5)
            raise PlanError(
                f"no condition of the sequence says {text!r}",
                hint=f"Did you mean {near[0]!r}?"
                if near
                else "Give an expression as the plan prints it, for instance a fact that it "
                "says a step depends on.",
            )


def _expressions(
    nodes: Sequence[PlannedGroup | PlannedStep],
) -> Iterator[tuple[str, Truth]]:
    for node in Plan(nodes=tuple(nodes)).walk():
        for guard in node.guards:
            waiting = [guard.judgement]
            while waiting:
                one = waiting.pop()
                waiting += one.operands
                if one.text:
                    yield one.text, one.truth


def _count(around: tuple[_Around, ...]) -> int:
    return sum(len(group.guards) for group in around)


def _stopped(
    step: Step,
    path: tuple[str, ...],
    around: tuple[_Around, ...],
    guards: tuple[Guard, ...],
    what: str,
) -> tuple[Outcome, str] | None:
    if not step.enabled:
        return Outcome.SKIPPED, f"the {what} is disabled"
    for group in around:
        if not group.enabled:
            return Outcome.SKIPPED, f"the group {' > '.join(group.path)} is disabled"
    for guard in guards:
        if guard.truth is Truth.FALSE:
            owner = f"the {what}" if guard.owner == path else f"the group {' > '.join(guard.owner)}"
            return Outcome.SKIPPED, f"the condition of {owner} is false: {guard.text}"
    return None


def _open_needs(guards: tuple[Guard, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            need for guard in guards if guard.truth is Truth.UNKNOWN for need in guard.needs
        )
    )


def _depends(needs: tuple[str, ...]) -> str:
    return f"depends on what is not known here: {', '.join(needs)}"


def _invalid(problems: tuple[str, ...]) -> str:
    return "its properties break a rule: " + "; ".join(problems)


def _on_failure(step: Step, around: tuple[_Around, ...]) -> str:
    """Say what a failure leads to: it goes up until a group continues on error."""
    if step.continue_on_error:
        return "the sequence goes on with the next step"
    for group in reversed(around):
        if group.continue_on_error:
            return f"the group {' > '.join(group.path)} ends, and the sequence goes on after it"
    return "the sequence fails"


def _success_codes(step: Step) -> tuple[int, ...]:
    text = getattr(step, "success_codes", None)
    if not isinstance(text, str) or not isinstance(step, Action):
        return (0,)
    codes = []
    for part in text.replace(",", " ").split():
        try:
            codes.append(int(part, 0))
        except ValueError:
            continue
    return tuple(codes) or (0,)


def _references(step: Step) -> tuple[NeededReference, ...]:
    return tuple(
        NeededReference(kind=one.kind, id=one.id, program=one.program)
        for one in references_of(step)
    )


def _wanted_place(step: Step) -> str | None:
    wanted = step.supported_environment if isinstance(step, Action) else ""
    return {"winpe": _WINPE, "fullos": _FULLOS}.get((wanted or "").casefold())


def _place(in_winpe: bool | None) -> str | None:
    return None if in_winpe is None else _WINPE if in_winpe else _FULLOS


def _what(step: Step) -> str:
    kind = step.type if isinstance(step, UnknownAction) else step.wmi_name
    return kind or "a command line without a type"


def _tested(condition: Condition | None) -> frozenset[str]:
    """Return the names that a condition tests, folded."""
    if condition is None:
        return frozenset()
    found: set[str] = set()
    waiting: list[ConditionOperand] = list(condition.operands)
    while waiting:
        operand = waiting.pop()
        if isinstance(operand, ConditionOperator):
            waiting += operand.operands
        elif isinstance(operand, VariableConditionExpression):
            found.add((operand.variable or "").casefold())
    return frozenset(found)
