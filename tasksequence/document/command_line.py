"""The text of a step's `<action>`, made of its class's template and its property values."""

from __future__ import annotations

import re

from tasksequence.model.action import ScriptedAction
from tasksequence.model.base import Step
from tasksequence.model.value_text import value_text
from tasksequence.qualifiers import CommandLine
from tasksequence.wmi import properties_of

__all__ = ["action_text"]

# Templates of the class reference: %n is the value of CommandLineArg(n), `<?n:text>` stands only
# when that is set.
_OPTIONAL_BY_POSITION = re.compile(r"<\?([0-9]+):(.*?)>")
_POSITION = re.compile(r"%%|%([0-9]+)")
# Templates of real exports name the properties instead.
_OPTIONAL_BY_NAME = re.compile(r"<\?(\w+):((?:[^<>]|<\w+>)*)>")
_NAME = re.compile(r"<(\w+)>")


def action_text(step: Step) -> str | None:
    """Return the text of a step's `<action>`; None when its class has no command line.

    Values are filled in first, then every doubled percent sign becomes one, in the values too.
    """
    if isinstance(step, ScriptedAction):
        return step.command_line
    observed = type(step).wmi_observed
    if observed is not None and observed.command_line is not None:
        text = _filled_by_name(observed.command_line, step)
    else:
        template = _command_line(type(step))
        if template is None:
            return None
        text = _filled_by_position(template, step)
    return text.replace("%%", "%")


def _command_line(cls: type[Step]) -> str | None:
    for qualifier in cls.wmi_qualifiers:
        if isinstance(qualifier, CommandLine):
            return str(qualifier.argument)
    return None


def _argument(value: object) -> str:
    # On command lines booleans are capitalised, in variables they are not.
    return str(value) if isinstance(value, bool) else value_text(value)


def _filled_by_position(template: str, step: Step) -> str:
    arguments: dict[int, str] = {}
    for known in properties_of(type(step)):
        position = known.argument_position
        value = getattr(step, known.attribute)
        if position is not None and value is not None:
            arguments[position] = _argument(value)
    text = _OPTIONAL_BY_POSITION.sub(lambda m: m[2] if int(m[1]) in arguments else "", template)
    return _POSITION.sub(lambda m: m[0] if m[1] is None else arguments.get(int(m[1]), ""), text)


def _filled_by_name(template: str, step: Step) -> str:
    values: dict[str, str] = {}
    for known in properties_of(type(step)):
        value = getattr(step, known.attribute)
        if value is not None and f"<{known.name}>" in template:
            values[known.name] = _argument(value)
    text = _OPTIONAL_BY_NAME.sub(lambda m: m[2] if m[1] in values else "", template)
    return _NAME.sub(lambda m: values.get(m[1], ""), text)
