"""Finding the class of a step by its name."""

from __future__ import annotations

import difflib

from tasksequence.authoring.cmdlets import class_of_cmdlet
from tasksequence.errors import EditError
from tasksequence.model.action import Action, UnknownAction
from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.base import Step
from tasksequence.model.classes import registry
from tasksequence.model.sequence import Group
from tasksequence.qualifiers import abstract
from tasksequence.wmi_property import quoted_text

__all__ = ["class_label", "step_class", "step_classes"]

_PREFIX = "SMS_TaskSequence_"


def step_classes() -> tuple[type[Step], ...]:
    """Return the classes of which a step can be made, groups and child sequences among them."""
    return tuple(
        cls
        for cls in registry.values()
        if issubclass(cls, (Action, Group, SubTasksequence)) and abstract not in cls.wmi_qualifiers
    )


def class_label(step: Step) -> str:
    """Return what a step's class is called in lists: its WMI name without SMS_TaskSequence_."""
    name = step.type if isinstance(step, UnknownAction) else step.wmi_name
    return (name or "(no type)").removeprefix(_PREFIX)


def step_class(name: str | type[Step]) -> type[Step]:
    """Return the class of steps with this name; raises `EditError` with those that are near.

    The name may be the WMI name with or without `SMS_TaskSequence_` and `Action`, that of the
    Python class (`MdtCommandAction` has no other), or that of a cmdlet: `CaptureSystemImage`,
    `New-CMTSStepCaptureSystemImage`. Letter case does not matter.
    """
    if isinstance(name, type) and issubclass(name, Step):
        return name
    if not isinstance(name, str):
        raise EditError(
            f"{getattr(name, '__name__', type(name).__name__)} is no class of steps",
            hint="Give the class of a step, or its name.",
        )
    named = class_of_cmdlet(name)
    if named is not None:
        return named
    known = {cls.__name__.casefold(): cls for cls in step_classes()}
    known |= {
        cls.wmi_name.removeprefix(_PREFIX).casefold(): cls for cls in step_classes() if cls.wmi_name
    }
    wanted = name.strip().casefold().removeprefix(_PREFIX.casefold())
    for candidate in (wanted, f"{wanted}action"):
        if candidate in known:
            return known[candidate]
    near = difflib.get_close_matches(wanted, list(known), 5, 0.5)
    labels = [known[one].__name__ for one in near]
    raise EditError(
        f"no class of steps is named {quoted_text(name)}",
        hint=f"Did you mean {', '.join(labels)}?"
        if labels
        else "docs/classes.md tells which there are.",
        candidates=labels,
    )
