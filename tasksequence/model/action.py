"""Actions: the steps that do something, known and unknown."""

from typing import Any

import attrs

from tasksequence.model.base import Step
from tasksequence.model.enumerations import RunIn
from tasksequence.qualifiers import ValueMap, abstract, not_null_to_instance
from tasksequence.secret_names import names_a_secret
from tasksequence.wmi import prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = ["Action", "Pointer", "ScriptedAction", "UnknownAction", "runs_in"]


def runs_in(environment: str) -> Any:
    """Declare where a class of steps runs by default: WinPE, FullOS or WinPEandFullOS."""
    return prop(
        "SupportedEnvironment",
        not_null_to_instance,
        default=environment,
        variable="",
    )


@wmi_class("SMS_TaskSequence_Action", abstract)
class Action(Step):
    """Base of all steps that run a program on the device."""

    supported_environment: RunIn | str = runs_in("WinPEandFullOS")
    """Where the step runs: WinPE, FullOS or WinPEandFullOS (XML: runIn)."""
    timeout: UInt32 | None = prop("Timeout", default=None, variable="")
    """Seconds after which the engine ends the step; None means no limit."""


@wmi_class("SMS_TaskSequence_Pointer")
class Pointer(Step):
    """A step that stands for another; no known export has one."""

    supported_environment: RunIn | str = prop(
        "SupportedEnvironment",
        ValueMap(("WinPE", "FullOS", "WinPEandFullOS")),
        not_null_to_instance,
        default="WinPEandFullOS",
        variable="",
    )


@wmi_class("(scripted)", abstract)
class ScriptedAction(Action):
    """Base of actions whose command line is their own, not that of their class."""

    command_line: str | None = attrs.field(default=None)
    """The text of its `<action>`: what the step runs."""
    variables: dict[str, str] = attrs.field(factory=dict)
    """Variables that are no properties of the class, by property name, or by variable name where
    they name no property."""

    def __getstate__(self) -> dict[str, Any]:
        secrets = [name for name, text in self.variables.items() if text and names_a_secret(name)]
        if secrets:
            raise TypeError(f"a set secret is not pickled, and {secrets[0]} is one by its name")
        return super().__getstate__()

    def __repr__(self) -> str:
        # Names alone: command line and variables may hold a secret that no class tells of.
        parts = [self._shown_properties(), f"variables=<{', '.join(self.variables)}>"]
        return f"{type(self).__name__}({', '.join(part for part in parts if part)})"


@wmi_class("(unknown)")
class UnknownAction(ScriptedAction):
    """A step of a type that this library does not know; everything of it is kept."""

    type: str = attrs.field()
    """The type as written."""

    def __repr__(self) -> str:
        names = ", ".join(self.variables)
        return f"UnknownAction(name={self.name!r}, type={self.type!r}, variables=<{names}>)"
