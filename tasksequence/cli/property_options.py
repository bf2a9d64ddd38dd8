"""Properties of a step on the command line: the options --set and --secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tasksequence.authoring.properties import StepSetting
    from tasksequence.model.base import Step

__all__ = ["property_values", "with_properties"]

_SET = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a property by its WMI name, Python name or variable, or by a parameter of the "
    "cmdlets for the step. Objects are a JSON list.",
)
_SECRET = click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME=SOURCE",
    help="Set a property that is a password or key; SOURCE is prompt, env:VARIABLE or fd:NUMBER.",
)


def with_properties(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options --set and --secret."""
    return _SET(_SECRET(command))


def property_values(
    cls: type[Step], found: Step | None, settings: tuple[str, ...], secrets: tuple[str, ...]
) -> dict[str, object]:
    """Return the values of the options by the names that were given; raises `click.UsageError`.

    `found` is the step that is changed, None for a new one.
    """
    from tasksequence.authoring.properties import setting_named
    from tasksequence.authoring.property_text import value_from_text
    from tasksequence.cli.secret_sources import (
        forget_environment,
        is_reference,
        read_secret,
        split_setting,
    )

    values: dict[str, object] = {}
    for text in settings:
        name, value = split_setting("--set", text, "VALUE")
        setting = setting_named(cls, name, found)
        if setting.is_secret and value and not is_reference(value):
            raise click.UsageError(
                f"{setting.name} holds a secret, and --set would leave it in the process list and "
                f"the shell's history. Use --secret {name}=prompt, =env:VARIABLE or =fd:NUMBER."
            )
        _add(values, setting, name, value_from_text(setting, value))
    _refuse_plain_secrets(cls, found, values)
    used: set[str] = set()
    for text in secrets:
        name, source = split_setting("--secret", text, "SOURCE")
        setting = setting_named(cls, name, found)
        _add(values, setting, name, value_from_text(setting, read_secret(name, source, used)))
    forget_environment(used)
    return values


def _refuse_plain_secrets(cls: type[Step], found: Step | None, values: dict[str, object]) -> None:
    """Refuse the value of a variable that is secret by its name, or is not to be shown."""
    from tasksequence.authoring.properties import setting_named
    from tasksequence.cli.secret_sources import is_reference
    from tasksequence.model.actions.general import SetVariableAction
    from tasksequence.model.secret_variables import is_secret_variable

    if not issubclass(cls, SetVariableAction):
        return
    given = {setting_named(cls, name, found).name: value for name, value in values.items()}
    held = found if isinstance(found, SetVariableAction) else None
    variable = str(given.get("VariableName", held.variable_name if held else "") or "")
    hidden = given.get("DoNotShowVariableValue", held.do_not_show_variable_value if held else None)
    reasons = {"HiddenVariableValue": "HiddenVariableValue is a value that is shown nowhere"}
    if is_secret_variable(variable):
        reasons["VariableValue"] = f"{variable} holds a secret"
    elif hidden:
        reasons["VariableValue"] = "DoNotShowVariableValue says that the value is not shown"
    for name, reason in reasons.items():
        value = str(given.get(name) or "")
        if value and not is_reference(value):
            raise click.UsageError(
                f"{reason}, and --set would leave it in the process list and the shell's "
                f"history. Use --secret {name}=prompt, =env:VARIABLE or =fd:NUMBER."
            )


def _add(values: dict[str, object], setting: StepSetting, name: str, value: object) -> None:
    if name.casefold() in {other.casefold() for other in values}:
        raise click.UsageError(f"{setting.name} is given twice.")
    values[name] = value
