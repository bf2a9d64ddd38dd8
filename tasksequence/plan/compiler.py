"""From a sequence and facts to a plan; touches nothing outside memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from tasksequence.errors import PlanError
from tasksequence.model.action import UnknownAction
from tasksequence.model.actions.general import (
    SetDynamicVariablesAction,
    SetVariableAction,
    SubTasksequence,
)
from tasksequence.model.actions.imaging import CaptureSystemImageAction
from tasksequence.model.base import Step
from tasksequence.model.condition import Condition
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.plan.assumptions import check_assumptions
from tasksequence.plan.capture_settings import resolve_capture
from tasksequence.plan.children import Children
from tasksequence.plan.effects import runs_mdt_scripts
from tasksequence.plan.environment import Environment
from tasksequence.plan.evaluate import Knowledge, judge
from tasksequence.plan.facts import IN_WINPE, Facts
from tasksequence.plan.flow import Flow
from tasksequence.plan.outcomes import (
    Around,
    depends,
    invalid,
    on_failure,
    open_needs,
    place,
    references,
    stopped,
    success_codes,
    wanted_place,
    what,
)
from tasksequence.plan.own_names import own_names
from tasksequence.plan.resolve import own_variables, resolve_properties
from tasksequence.plan.sentences import in_words
from tasksequence.plan.steps import (
    Guard,
    Outcome,
    Plan,
    PlannedGroup,
    PlannedStep,
    PlanStart,
    StartVariable,
)
from tasksequence.plan.variables import is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["compile_plan"]

_MOST_STEPS = 20_000
"""Steps and groups of child sequences in one plan."""


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
    try:
        return _Compiler(sequence, facts, children or {}).plan()
    except RecursionError:
        raise PlanError(
            "the groups or conditions of the sequence nest too deep to be planned",
            hint="Take some levels out.",
        ) from None


class _Compiler:
    def __init__(
        self, sequence: TaskSequence, facts: Facts, children: Mapping[str, TaskSequence]
    ) -> None:
        self._sequence = sequence
        self._facts = facts
        self._children = Children(children)
        self._environment = Environment(facts, set(own_names(sequence, self._children)))
        self._known = Knowledge(facts, self._environment)
        self._known.in_mdt = runs_mdt_scripts(sequence)
        self._number: int | None = 0
        self._planned = 0
        self._flow = Flow(self._known)

    def plan(self) -> Plan:
        start = self._start()
        nodes = self._nodes(self._sequence.steps, (), (), ())
        plan = Plan(nodes=nodes, start=start)
        check_assumptions(self._known, plan)
        return plan

    def _start(self) -> PlanStart:
        known = self._facts.starting_variables()
        return PlanStart(
            environment=place(self._environment.in_winpe),
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
        around: tuple[Around, ...],
        inside: tuple[str, ...],
    ) -> tuple[PlannedGroup | PlannedStep, ...]:
        return tuple(self._node(step, (*path, step.name), around, inside) for step in steps)

    def _node(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[Around, ...],
        inside: tuple[str, ...],
    ) -> PlannedGroup | PlannedStep:
        number = self._take()
        self._planned += bool(inside)
        if self._planned > _MOST_STEPS:
            raise PlanError(
                f"the child sequences give more than {_MOST_STEPS:,} steps",
                where=" > ".join(path),
                hint="Look for child sequences that call others many times over.",
            )
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
        self, step: Step, path: tuple[str, ...], around: tuple[Around, ...]
    ) -> tuple[Guard, ...]:
        own = self._guard(step.condition, path)
        inherited = tuple(guard for group in around for guard in group.guards)
        return inherited if own is None else (*inherited, own)

    def _guard(self, condition: Condition | None, path: tuple[str, ...]) -> Guard | None:
        if condition is None or not condition.operands:
            return None
        try:
            said = judge(condition, self._known)
            text = in_words(condition, self._environment)
        except RecursionError:
            raise PlanError(
                "its condition nests too deep to be judged", hint="Take some levels out."
            ) from None
        return Guard(
            owner=path,
            text=text,
            truth=said.truth,
            needs=said.needs,
            judgement=said,
        )

    def _group(
        self,
        group: Group,
        path: tuple[str, ...],
        around: tuple[Around, ...],
        inside: tuple[str, ...],
        number: int | None,
    ) -> PlannedGroup:
        self._known.problems.clear()
        guards = self._guards(group, path, around)
        said = self._entered(group, path, around, guards, "group")
        planned = self._holding(group.steps, group, path, around, inside, number, guards, said)
        return attrs.evolve(planned, end_number=self._take())

    def _holding(
        self,
        steps: Sequence[Step],
        step: Group | SubTasksequence,
        path: tuple[str, ...],
        around: tuple[Around, ...],
        inside: tuple[str, ...],
        number: int | None,
        guards: tuple[Guard, ...],
        said: tuple[Outcome, str],
    ) -> PlannedGroup:
        """Plan the steps of a group, or of the child sequence that a step calls."""
        outcome, reason = said
        problems = tuple(self._known.problems) if outcome is not Outcome.SKIPPED else ()
        here = Around(path, step.enabled, guards[_count(around) :], step.continue_on_error)
        return PlannedGroup(
            path=path,
            outcome=outcome,
            reason=reason,
            children=self._nodes(steps, path, (*around, here), inside),
            enabled=step.enabled,
            number=number,
            guards=guards,
            continue_on_error=step.continue_on_error,
            problems=problems,
        )

    def _entered(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[Around, ...],
        guards: tuple[Guard, ...],
        what: str,
    ) -> tuple[Outcome, str]:
        skipped = stopped(step, path, around, guards, what)
        if skipped is not None:
            return skipped
        needs = open_needs(guards)
        if needs:
            return Outcome.UNKNOWN, depends(needs)
        return Outcome.RUN, "its steps are run in order"

    def _child(
        self,
        step: SubTasksequence,
        path: tuple[str, ...],
        around: tuple[Around, ...],
        inside: tuple[str, ...],
        number: int | None,
    ) -> PlannedGroup | PlannedStep:
        self._known.problems.clear()
        guards = self._guards(step, path, around)
        said = self._entered(step, path, around, guards, "step")
        name, child = self._children.called(step)
        stands = (name or "").casefold()
        if child is None or not step.enabled:
            return self._without_child(step, path, around, guards, number, said, name)
        if stands in inside:
            raise PlanError(
                f"the child sequence {name} calls itself, by {' -> '.join([*inside, stands])}",
                where=" > ".join(path),
                hint="Disable the step, or call another sequence.",
            )
        within = (*inside, stands)
        planned = self._holding(child.steps, step, path, around, within, number, guards, said)
        return attrs.evolve(planned, child_sequence=name)

    def _without_child(
        self,
        step: SubTasksequence,
        path: tuple[str, ...],
        around: tuple[Around, ...],
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
                    near = self._children.nearest(name or "")
                    problems = (text + (f"; did you mean {near}?" if near else ""),)
                else:
                    warnings = (
                        f"{text}: what it does, and the numbers after it, are not known here",
                    )
        if outcome is Outcome.RUN:
            outcome, reason = Outcome.DEVICE, f"runs on the device only: {step.wmi_name}"
            if problems:
                outcome, reason = Outcome.INVALID, invalid(problems)
        return PlannedStep(
            path=path,
            wmi_class=step.wmi_name,
            outcome=outcome,
            reason=reason,
            enabled=step.enabled,
            number=number,
            guards=guards,
            needs=open_needs(guards) if outcome is Outcome.UNKNOWN else (),
            environment=place(self._environment.in_winpe),
            continue_on_error=step.continue_on_error,
            on_failure=on_failure(step, around),
            properties=resolve_properties(step, self._environment),
            references=references(step),
            problems=problems,
            warnings=warnings,
        )

    def _step(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[Around, ...],
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
            environment=place(self._environment.in_winpe),
            runs_in=wanted_place(step) or "",
            continue_on_error=step.continue_on_error,
            on_failure=on_failure(step, around),
            success_codes=success_codes(step),
            retries=int(getattr(step, "retry_count", None) or 0),
            timeout=(getattr(step, "timeout", None) or None),
            references=references(step),
            warnings=warnings,
            problems=tuple(known.problems) if outcome is not Outcome.SKIPPED else (),
        )
        if isinstance(step, CaptureSystemImageAction):
            planned = self._capture(step, planned)
        else:
            planned = attrs.evolve(planned, properties=resolve_properties(step, self._environment))
        if planned.outcome is Outcome.SKIPPED:
            return planned
        return self._flow.apply(step, planned)

    def _outcome(
        self,
        step: Step,
        path: tuple[str, ...],
        around: tuple[Around, ...],
        guards: tuple[Guard, ...],
    ) -> tuple[Outcome, str, tuple[str, ...], tuple[str, ...]]:
        """Return what becomes of a step, why, what that needs, and what was found."""
        skipped = stopped(step, path, around, guards, "step")
        if skipped is not None:
            return (*skipped, (), ())
        wanted = wanted_place(step)
        here = place(self._environment.in_winpe)
        if wanted and here and wanted != here:
            reason = f"runs in {wanted}, and the machine is in {here}"
            return (
                Outcome.SKIPPED,
                reason,
                (),
                (f"the step cannot run where it stands: it {reason}",),
            )
        needs = open_needs(guards)
        if wanted and not here:
            needs = (
                *needs,
                *(self._environment.lookup(IN_WINPE).needs or (f"variable {IN_WINPE}",)),
            )
        if needs:
            needs = tuple(dict.fromkeys(needs))
            return Outcome.UNKNOWN, depends(needs), needs, ()
        if isinstance(step, CaptureSystemImageAction):
            return Outcome.RUN, "captures volumes, which this machine can do", (), ()
        if isinstance(step, (SetVariableAction, SetDynamicVariablesAction)):
            return Outcome.RUN, "sets variables", (), ()
        return Outcome.DEVICE, f"runs on the device only: {what(step)}", (), ()

    def _capture(self, step: CaptureSystemImageAction, planned: PlannedStep) -> PlannedStep:
        settings = resolve_capture(step, planned.path, self._environment, own_variables(step))
        pins = self._flow.pins
        kept = tuple(
            f"the step {' > '.join(pins[r.variable.casefold()])} sets {r.variable} before; "
            "the value that was given is kept"
            for r in settings.properties
            if r.variable.casefold() in pins
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
                reason=depends(settings.needs),
                needs=settings.needs,
            )
        return planned


def _count(around: tuple[Around, ...]) -> int:
    return sum(len(group.guards) for group in around)
