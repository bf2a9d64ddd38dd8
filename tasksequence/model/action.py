"""Actions: the steps that do something, known and unknown."""

from typing import Any

import attrs

from tasksequence.model.base import Step
from tasksequence.qualifiers import not_null_to_instance
from tasksequence.wmi import UInt32, prop, wmi_class

__all__ = ["Action", "UnknownAction", "runs_in"]


def runs_in(environment: str) -> Any:
    """Declare where a class of steps runs by default: WinPE, FullOS or WinPEandFullOS."""
    return prop(
        "SupportedEnvironment",
        not_null_to_instance,
        default=environment,
        values=("WinPE", "FullOS", "WinPEandFullOS"),
    )


@wmi_class("SMS_TaskSequence_Action")
class Action(Step):
    """Base of all steps that run a program on the device."""

    supported_environment: str = runs_in("WinPEandFullOS")
    """Where the step runs: WinPE, FullOS or WinPEandFullOS (XML: runIn)."""
    timeout: UInt32 | None = prop("Timeout", default=None)
    """Seconds after which the engine ends the step; None means no limit."""


@wmi_class("")
class UnknownAction(Action):
    """A step of a type that this library does not know; everything of it is kept."""

    type: str | None = attrs.field(default=None)
    """The type as written; None for MDT's steps that have none."""
    command_line: str | None = attrs.field(default=None)
    """The text of its `<action>`: what the step runs."""
    variables: dict[str, str] = attrs.field(factory=dict)
    """Its variables by property name, or by variable name where it names no property."""

    def __repr__(self) -> str:
        # Names alone: the values and the command line of an unknown step may hold a secret.
        names = ", ".join(self.variables)
        return f"UnknownAction(name={self.name!r}, type={self.type!r}, variables=<{names}>)"
