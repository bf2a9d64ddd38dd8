"""Properties of a step on the command line: the options --set and --secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tasksequence.authoring.properties import GivenValues
    from tasksequence.cli.refusals import Refusals
    from tasksequence.model.base import Step

__all__ = ["take_properties", "with_properties"]

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


def take_properties(
    given: GivenValues,
    cls: type[Step],
    found: Step | None,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    refusals: Refusals,
) -> dict[str, str]:
    """Give the values of the options; what is wrong with the options is gathered.

    `found` is the step that is changed, None for a new one of the class. Returns the secrets that
    were read, by name: never put one into a message.
    """
    from tasksequence.cli.secret_sources import (
        forget_environment,
        is_reference,
        read_secret,
        split_setting,
    )

    for text in settings:
        with refusals.gathering():
            name, value = split_setting("--set", text, "VALUE")
            setting = given.setting(name, value)
            if setting is not None and setting.is_secret and value and not is_reference(value):
                raise click.UsageError(
                    f"{setting.name} holds a secret, and --set would leave it in the process list "
                    f"and the shell's history. Use --secret {name}=prompt, =env:VARIABLE or "
                    "=fd:NUMBER."
                )
            given.give_text(name, value, f"--set {name}")
    with refusals.gathering():
        _refuse_plain_secrets(cls, found, given.values())
    used: set[str] = set()
    read: dict[str, str] = {}
    for text in secrets:
        with refusals.gathering():
            name, source = split_setting("--secret", text, "SOURCE")
            value = read_secret(name, source, used)
            read[name] = value
            given.give_text(name, value, f"--secret {name}", is_hidden=True)
    forget_environment(used)
    return read


def _refuse_plain_secrets(cls: type[Step], found: Step | None, given: Mapping[str, object]) -> None:
    """Refuse values that no property declares as secret, and that a step keeps as such."""
    from tasksequence.cli.secret_sources import is_reference

    for name, reason in _reasons_for_secrecy(cls, found, given).items():
        value = str(given.get(name) or "")
        if value and not is_reference(value):
            raise click.UsageError(
                f"{reason}, and --set would leave it in the process list and the shell's "
                f"history. Use --secret {name}=prompt, =env:VARIABLE or =fd:NUMBER."
            )


def _reasons_for_secrecy(
    cls: type[Step], found: Step | None, given: Mapping[str, object]
) -> dict[str, str]:
    """Return the properties whose values are secrets by what else the step says, with why."""
    from tasksequence.model.actions.general import SetDynamicVariablesAction, SetVariableAction
    from tasksequence.model.secret_variables import is_secret_variable

    if issubclass(cls, SetDynamicVariablesAction):
        rules = given.get("Rules")
        step = SetDynamicVariablesAction(
            name="rules", rules=rules if isinstance(rules, str) else ""
        )
        marked = "the rules give a value to a variable that they mark as secret"
        return {"Rules": marked} if step.marks_secrets() else {}
    if not issubclass(cls, SetVariableAction):
        return {}
    held = found if isinstance(found, SetVariableAction) else None
    variable = str(given.get("VariableName", held.variable_name if held else "") or "")
    hidden = given.get("DoNotShowVariableValue", held.do_not_show_variable_value if held else None)
    reasons = {"HiddenVariableValue": "HiddenVariableValue is a value that is shown nowhere"}
    if is_secret_variable(variable):
        reasons["VariableValue"] = f"{variable} holds a secret"
    elif hidden:
        reasons["VariableValue"] = "DoNotShowVariableValue says that the value is not shown"
    return reasons
