"""Properties of steps by name: which one is meant, and setting several whole or not at all."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from typing import Any

import attrs

from tasksequence.authoring.cmdlets import Parameter, parameter_property
from tasksequence.authoring.step_classes import step_class
from tasksequence.errors import EditError, Problem, QualifierError
from tasksequence.model.action import ScriptedAction, UnknownAction
from tasksequence.model.base import Step
from tasksequence.secret_names import names_a_secret
from tasksequence.wmi import properties_of
from tasksequence.wmi_property import Property

__all__ = ["StepSetting", "change", "new_step", "setting_named", "settings_of"]

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
    def is_secret(self) -> bool:
        """True for passwords and product keys, and for variables that are named like one."""
        if self.known is not None:
            return self.known.is_secret
        return self.attribute is None and names_a_secret(self.name)

    def value_of(self, step: Step) -> Any:
        """Return what the step says."""
        if self.attribute is not None:
            return getattr(step, self.attribute)
        assert isinstance(step, ScriptedAction)
        return step.variables.get(self.name)


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


def setting_named(cls: type[Step], name: str, step: Step | None = None) -> StepSetting:
    """Return what a name means for a class of steps, and for one of them.

    The name may be the WMI name of the property, its Python attribute, its variable, or a
    parameter of the cmdlets for the class, in any letter case. A step whose type is unknown, or
    that is MDT's, takes its variables by name, new ones as `variables.NAME`. Raises `EditError`.
    """
    wanted = name.casefold()
    known = properties_of(cls)
    parameter = parameter_property(cls, name, is_new=step is None)
    for found in known:
        if wanted in (found.name.casefold(), found.attribute):
            if found.name in _NOT_SET_HERE:
                raise EditError(f"{found.name} is not set: {_NOT_SET_HERE[found.name]}")
            if parameter is not None and parameter.property != found.name:
                parameter = None  # the property has its name first
            return StepSetting(found.name, found, found.attribute, parameter)
    if parameter is not None:
        (found,) = [one for one in known if one.name == parameter.property]
        return StepSetting(found.name, found, found.attribute, parameter)
    for found in known:
        if wanted == found.variable.casefold():
            return StepSetting(found.name, found, found.attribute)
    own = _own_setting(cls, name, step)
    if own is not None:
        return own
    names = [one.name for one in known if one.name not in _NOT_SET_HERE]
    near = difflib.get_close_matches(name, names, 3, 0.5)
    hint = f"Did you mean {', '.join(near)}?" if near else f"It has {', '.join(names)}."
    raise EditError(f"{cls.wmi_name} has no property {name!r}", hint=hint, candidates=near)


def _own_setting(cls: type[Step], name: str, step: Step | None) -> StepSetting | None:
    """Return what a name means for a step that has a command line and variables of its own."""
    if not issubclass(cls, ScriptedAction):
        return None
    wanted = name.casefold()
    if wanted in ("commandline", "command_line"):
        return StepSetting("CommandLine", attribute="command_line")
    if wanted.startswith(_VARIABLES):
        return StepSetting(name[len(_VARIABLES) :])
    held = step.variables if isinstance(step, ScriptedAction) else {}
    for variable in held:
        if variable.casefold() == wanted:
            return StepSetting(variable)
    return StepSetting(name) if cls is UnknownAction else None


def new_step(
    of_class: type[Step] | str, properties: Mapping[str, object] | None = None, /, **more: object
) -> Step:
    """Make a step of a class, or of what a cmdlet makes, from properties by name.

    `new_step("New-CMTSStepCaptureSystemImage", Name="Capture", Path=…)` takes the parameters of
    the cmdlet as well as WMI names, Python attributes and variables. Raises `EditError` for a
    class or name that is not known, and `QualifierError` with every rule that the values break,
    missing ones too.
    """
    cls = step_class(of_class)
    values: dict[str, Any] = {
        known.attribute: None for known in properties_of(cls) if known.default is attrs.NOTHING
    }
    for name, value in {**(properties or {}), **more}.items():
        setting = setting_named(cls, name)
        if setting.attribute is None:
            values.setdefault("variables", {})[setting.name] = value
        else:
            values[setting.attribute] = _value(setting, value)
    if issubclass(cls, ScriptedAction) and not values.get("command_line"):
        raise QualifierError([_without_command_line(cls)])
    return cls(**values)


def _without_command_line(cls: type[Step]) -> Problem:
    # The engine runs nothing for such a step, and no class tells what MDT's types run.
    text = "has no value: give it the command line that the step runs, as it stands in its <action>"
    return Problem(cls.wmi_name or cls.__name__, "CommandLine", "not_null", text)


def change(step: Step, properties: Mapping[str, object]) -> None:
    """Set properties of a step by name, all of them or none.

    Raises `EditError` for a name that the step does not have, and `QualifierError` with every
    rule that the new values break. A rule that the step broke before, and still does, is none.
    """
    settings = [
        (setting_named(type(step), name, step), value) for name, value in properties.items()
    ]
    twin = copy.copy(step)
    broken_before = set(twin.combination_problems())
    problems: list[Problem] = []
    for setting, value in settings:
        try:
            _set(twin, setting, value)
        except QualifierError as error:
            problems += error.problems
    problems += [
        one for one in twin.combination_problems() if one not in broken_before and not one.is_advice
    ]
    if problems:
        raise QualifierError(problems, where=step.name)
    for setting, value in settings:
        _set(step, setting, value)


def _set(step: Step, setting: StepSetting, value: object) -> None:
    if setting.attribute is not None:
        setattr(step, setting.attribute, _value(setting, value))
        return
    assert isinstance(step, ScriptedAction)
    if value is None:
        step.variables.pop(setting.name, None)
    elif isinstance(value, str):
        step.variables[setting.name] = value
    else:
        raise QualifierError(
            [Problem(step.wmi_name, setting.name, "String", "is no text; variables hold text")]
        )


def _value(setting: StepSetting, value: object) -> object:
    return value if setting.parameter is None else setting.parameter.value(value)
