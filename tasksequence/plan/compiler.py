"""From a sequence and variables to a plan; touches nothing outside memory."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from tasksequence.model.action import Action, UnknownAction
from tasksequence.model.actions.general import SetVariableAction
from tasksequence.model.actions.imaging import CaptureSystemImageAction
from tasksequence.model.base import Step
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.plan.capture_settings import resolve_capture
from tasksequence.plan.evaluate import Truth, in_words, judge
from tasksequence.plan.steps import Guard, Outcome, Plan, PlannedStep
from tasksequence.plan.variables import Variables
from tasksequence.secret_text import SecretText

__all__ = ["compile_plan"]

IN_WINPE = "_SMSTSInWinPE"


def compile_plan(
    sequence: TaskSequence, variables: Mapping[str, str | SecretText] | None = None
) -> Plan:
    """Plan a sequence: its actions in order, each with what becomes of it and why.

    `variables` are those that are set before the sequence starts, by collection, device or
    person; names with a leading `_` are facts about the machine (`_SMSTSInWinPE`). Raises
    `PlanError` for names or values that no variable can have, and for variables that refer to
    each other in a circle.
    """
    if not isinstance(sequence, TaskSequence):
        raise TypeError(
            f"compile_plan takes a TaskSequence, not {type(sequence).__name__}; "
            "a document has its first one as document.sequence"
        )
    known = Variables(variables or {})
    planned: list[PlannedStep] = []
    given = known
    changed: dict[str, tuple[str, ...]] = {}
    for step, path, around in _actions(sequence.steps, (), ()):
        done = _planned(step, path, around, known, given, changed)
        planned.append(done)
        if isinstance(step, SetVariableAction) and done.outcome is not Outcome.SKIPPED:
            # What it sets is not applied: from here on the variable is not known.
            known = known.without(step.variable_name or "")
            changed[(step.variable_name or "").casefold()] = path
    return Plan(tuple(planned))


@attrs.frozen
class _Around:
    """A group around a step, with its path."""

    path: tuple[str, ...]
    group: Group


def _actions(
    steps: list[Step], path: tuple[str, ...], around: tuple[_Around, ...]
) -> list[tuple[Step, tuple[str, ...], tuple[_Around, ...]]]:
    found: list[tuple[Step, tuple[str, ...], tuple[_Around, ...]]] = []
    for step in steps:
        here = (*path, step.name)
        if isinstance(step, Group):
            found += _actions(step.steps, here, (*around, _Around(here, step)))
        else:
            found.append((step, here, around))
    return found


def _planned(
    step: Step,
    path: tuple[str, ...],
    around: tuple[_Around, ...],
    variables: Variables,
    given: Variables,
    changed: Mapping[str, tuple[str, ...]],
) -> PlannedStep:
    guards = _guards(step, path, around, variables)
    outcome, reason = _outcome(step, path, around, guards, variables)
    wmi_class = step.type if isinstance(step, UnknownAction) else step.wmi_name
    planned = PlannedStep(
        path=path, wmi_class=wmi_class, outcome=outcome, reason=reason, guards=guards
    )
    if not isinstance(step, CaptureSystemImageAction):
        return planned
    settings = resolve_capture(step, path, given)
    planned = attrs.evolve(
        planned,
        properties=settings.properties,
        problems=settings.problems,
        warnings=(
            *settings.warnings,
            *(
                f"the step {' > '.join(changed[r.variable.casefold()])} sets {r.variable} before; "
                "what it sets is not applied here"
                for r in settings.properties
                if r.variable.casefold() in changed
            ),
        ),
        request=settings.request,
    )
    if outcome is Outcome.RUN and settings.problems:
        reason = "its properties break a rule: " + "; ".join(settings.problems)
        return attrs.evolve(planned, outcome=Outcome.INVALID, reason=reason)
    return planned


def _guards(
    step: Step, path: tuple[str, ...], around: tuple[_Around, ...], variables: Variables
) -> tuple[Guard, ...]:
    guards = []
    for owner, holder in [*((a.path, a.group) for a in around), (path, step)]:
        condition = holder.condition
        if condition is None or not condition.operands:
            continue
        said = judge(condition, variables)
        guards.append(
            Guard(
                owner=owner, text=in_words(condition, variables), truth=said.truth, needs=said.needs
            )
        )
    return tuple(guards)


def _outcome(
    step: Step,
    path: tuple[str, ...],
    around: tuple[_Around, ...],
    guards: tuple[Guard, ...],
    variables: Variables,
) -> tuple[Outcome, str]:
    if not step.enabled:
        return Outcome.SKIPPED, "the step is disabled"
    for group in around:
        if not group.group.enabled:
            return Outcome.SKIPPED, f"the group {' > '.join(group.path)} is disabled"
    for guard in guards:
        if guard.truth is Truth.FALSE:
            return Outcome.SKIPPED, f"the condition of {_owner(guard, path)} is false: {guard.text}"
    environment = _wrong_environment(step, variables)
    if environment is not None:
        return Outcome.SKIPPED, environment
    open_guards = [guard for guard in guards if guard.truth is Truth.UNKNOWN]
    if open_guards:
        needs = ", ".join(dict.fromkeys(need for guard in open_guards for need in guard.needs))
        return Outcome.UNKNOWN, f"depends on what is not known here: {needs}"
    if isinstance(step, CaptureSystemImageAction):
        return Outcome.RUN, "captures volumes, which this machine can do"
    return Outcome.DEVICE, f"runs on the device only: {_what(step)}"


def _owner(guard: Guard, path: tuple[str, ...]) -> str:
    return "the step" if guard.owner == path else f"the group {' > '.join(guard.owner)}"


def _wrong_environment(step: Step, variables: Variables) -> str | None:
    in_winpe = variables.get(IN_WINPE)
    if in_winpe is None:
        return None
    here = "WinPE" if str(in_winpe).casefold() == "true" else "FullOS"
    wanted = step.supported_environment if isinstance(step, Action) else ""
    if wanted.casefold() in {"winpe", "fullos"} and wanted.casefold() != here.casefold():
        return f"runs in {wanted}, and the machine is in {here}"
    return None


def _what(step: Step) -> str:
    kind = step.type if isinstance(step, UnknownAction) else step.wmi_name
    return kind or "a command line without a type"
