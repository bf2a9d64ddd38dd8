"""What becomes of a step by its place and guards, and how that is said."""

from __future__ import annotations

import attrs

from tasksequence.model.action import Action, UnknownAction
from tasksequence.model.base import Step
from tasksequence.model.references import references_of
from tasksequence.plan.steps import Guard, NeededReference, Outcome
from tasksequence.plan.truth import Truth

__all__ = [
    "FULLOS",
    "WINPE",
    "Around",
    "depends",
    "invalid",
    "on_failure",
    "open_needs",
    "place",
    "references",
    "stopped",
    "success_codes",
    "wanted_place",
    "what",
]

WINPE, FULLOS = "WinPE", "FullOS"


@attrs.frozen
class Around:
    """A group around a step."""

    path: tuple[str, ...]
    enabled: bool
    guards: tuple[Guard, ...]
    continue_on_error: bool


def stopped(
    step: Step,
    path: tuple[str, ...],
    around: tuple[Around, ...],
    guards: tuple[Guard, ...],
    what: str,
) -> tuple[Outcome, str] | None:
    """Return why a step or group is skipped, with the outcome; None where nothing stops it."""
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


def open_needs(guards: tuple[Guard, ...]) -> tuple[str, ...]:
    """Return what would decide the guards that are unknown."""
    return tuple(
        dict.fromkeys(
            need for guard in guards if guard.truth is Truth.UNKNOWN for need in guard.needs
        )
    )


def depends(needs: tuple[str, ...]) -> str:
    """Say that something waits for facts."""
    return f"depends on what is not known here: {', '.join(needs)}"


def invalid(problems: tuple[str, ...]) -> str:
    """Say that a step breaks rules."""
    return "its properties break a rule: " + "; ".join(problems)


def on_failure(step: Step, around: tuple[Around, ...]) -> str:
    """Say what a failure leads to: it goes up until a group continues on error."""
    if step.continue_on_error:
        return "the sequence goes on with the next step"
    for group in reversed(around):
        if group.continue_on_error:
            return f"the group {' > '.join(group.path)} ends, and the sequence goes on after it"
    return "the sequence fails"


def success_codes(step: Step) -> tuple[int, ...]:
    """Return the exit codes that mean success; 0 where the step names none."""
    text = getattr(step, "success_codes", None)
    if not isinstance(text, str) or not isinstance(step, Action):
        return (0,)
    codes = []
    for part in text.replace(",", " ").split():
        try:
            # The engine's codes are unsigned: -1 is 4294967295.
            codes.append(int(part, 0) & 0xFFFFFFFF)
        except ValueError:
            continue
    return tuple(codes) or (0,)


def references(step: Step) -> tuple[NeededReference, ...]:
    """Return the packages and applications that a step needs."""
    return tuple(
        NeededReference(kind=one.kind, id=one.id, program=one.program)
        for one in references_of(step)
    )


def wanted_place(step: Step) -> str | None:
    """Return the one place where a step can run; None for any."""
    wanted = step.supported_environment if isinstance(step, Action) else ""
    return {"winpe": WINPE, "fullos": FULLOS}.get((wanted or "").casefold())


def place(in_winpe: bool | None) -> str | None:
    """Return where a machine is, in the engine's words; None where that is not known."""
    return None if in_winpe is None else WINPE if in_winpe else FULLOS


def what(step: Step) -> str:
    """Return the type of a step, in words."""
    kind = step.type if isinstance(step, UnknownAction) else step.wmi_name
    return kind or "a command line without a type"
