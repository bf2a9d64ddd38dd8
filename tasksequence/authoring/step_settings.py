"""What can be set on a step, or on an object that it holds, and which of it a name means."""

from __future__ import annotations

import difflib
from typing import Any

import attrs

from tasksequence.authoring.cmdlets import Parameter, parameter_property
from tasksequence.errors import Problem, SettingError
from tasksequence.model.action import ScriptedAction, UnknownAction
from tasksequence.model.base import Step
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.wmi import WmiObject, properties_of
from tasksequence.wmi_property import Property

__all__ = ["NAME", "StepSetting", "class_name", "setting_named", "settings_of"]

NAME = "name"
"""The rule of a `Problem` that is about the name of a property and not about its value."""

_VARIABLES = "variables."
_NOT_SET_HERE = {
    "Steps": "steps are inserted, moved and removed",
    "Operands": "a condition is set as a whole",
}


@attrs.frozen
class StepSetting:
    """One thing of a step that can be set: a property, its command line, or a variable of it."""

    name: str
    """The WMI name; for what is no property, the name of the variable or `CommandLine`."""
    known: Property | None = None
    """The property; None for what is none."""
    attribute: str | None = None
    """The Python attribute; None for a variable."""
    parameter: Parameter | None = None
    """The parameter of the cmdlets by which it was named, whose values it takes."""

    @property
    def key(self) -> tuple[str, str]:
        """What is the same for all names of one thing."""
        if self.attribute is not None:
            return ("attribute", self.attribute)
        return ("variable", self.name.casefold())

    @property
    def is_secret(self) -> bool:
        """True for passwords and product keys, and for variables that are named like one."""
        if self.known is not None:
            return self.known.is_secret
        return self.attribute is None and is_secret_variable(self.name)

    def value_of(self, step: Step) -> Any:
        """Return what the step says."""
        if self.attribute is not None:
            return getattr(step, self.attribute)
        assert isinstance(step, ScriptedAction)
        return step.variables.get(self.name)


def class_name(cls: type[WmiObject]) -> str:
    """Return what a class is called in messages: its WMI name, or its own where it has none."""
    return cls.wmi_name or cls.__name__


def settings_of(step: Step) -> tuple[StepSetting, ...]:
    """Return everything of a step that can be set, in the order of its class."""
    found = [
        StepSetting(known.name, known, known.attribute)
        for known in properties_of(type(step))
        if known.name not in _NOT_SET_HERE
    ]
    if isinstance(step, ScriptedAction):
        found.append(StepSetting("CommandLine", attribute="command_line"))
        found += [StepSetting(name) for name in step.variables]
    return tuple(found)


def setting_named(
    cls: type[WmiObject], name: str, step: Step | None = None, value: object = None
) -> StepSetting:
    """Return what a name means for a class, and for one step of it.

    The name may be the WMI name of the property, its Python attribute, its variable, or a
    parameter of the cmdlets for the class, in any letter case; where it is a property and a
    parameter for another one, the value tells which. A step whose type is unknown, or that is
    MDT's, takes its variables by name, new ones as `variables.NAME`. Raises `SettingError`.
    """
    wanted = name.casefold()
    known = properties_of(cls)
    named = next((one for one in known if wanted in (one.name.casefold(), one.attribute)), None)
    parameter = parameter_property(cls, name, is_new=step is None)
    if parameter is not None and named is not None and parameter.property != named.name:
        named, parameter = (None, parameter) if parameter.has(value) else (named, None)
    if parameter is not None and named is None:
        named = next(one for one in known if one.name == parameter.property)
    if named is None:
        named = next((one for one in known if wanted == one.variable.casefold() != ""), None)
    if named is not None:
        if named.name in _NOT_SET_HERE:
            raise _refused(cls, named.name, f"is not set: {_NOT_SET_HERE[named.name]}")
        return StepSetting(named.name, named, named.attribute, parameter)
    own = _own_setting(cls, name, step)
    if own is not None:
        return own
    names = [one.name for one in known if one.name not in _NOT_SET_HERE]
    near = difflib.get_close_matches(name, names, 3, 0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else f"It has {', '.join(names)}."
    raise _refused(cls, name, f"is no property of the class. {hint}", near)


def _own_setting(cls: type[WmiObject], name: str, step: Step | None) -> StepSetting | None:
    """Return what a name means for a step that has a command line and variables of its own."""
    if not issubclass(cls, ScriptedAction):
        return None
    wanted = name.casefold()
    if wanted in ("commandline", "command_line"):
        return StepSetting("CommandLine", attribute="command_line")
    held = step.variables if isinstance(step, ScriptedAction) else {}
    plain = name[len(_VARIABLES) :] if wanted.startswith(_VARIABLES) else name
    for variable in held:
        if variable.casefold() == plain.casefold():
            return StepSetting(variable)
    return StepSetting(plain) if plain != name or cls is UnknownAction else None


def _refused(
    cls: type[WmiObject], name: str, text: str, candidates: list[str] | None = None
) -> SettingError:
    return SettingError([Problem(class_name(cls), name, NAME, text)], candidates=candidates or ())
