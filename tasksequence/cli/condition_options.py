"""Conditions on the command line: the --if options."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tasksequence.cli.refusals import Refusals
    from tasksequence.model.condition import ConditionOperand

__all__ = ["condition_operands", "conditional"]

_Command = Callable[..., Any]


def conditional(command: _Command) -> _Command:
    """Give a command the --if options."""
    for option in (
        click.option(
            "--join",
            type=click.Choice(["all", "any", "none"]),
            help="How the --if options go together.  [default: all]",
        ),
        click.option("--if-wmi", multiple=True, metavar="QUERY", help="A WQL query returns …"),
        click.option("--if-folder", multiple=True, metavar="PATH", help="A folder exists."),
        click.option("--if-file", multiple=True, metavar="PATH", help="A file exists."),
        click.option(
            "--if-variable",
            multiple=True,
            metavar='"NAME OPERATOR VALUE"',
            help="A variable compares: exists, notExists, equals, notEquals, less, lessEqual, "
            "greater, greaterEqual, like, notLike. Added to the condition that is there.",
        ),
    ):
        command = option(command)
    return command


def condition_operands(
    if_variable: tuple[str, ...],
    if_file: tuple[str, ...],
    if_folder: tuple[str, ...],
    if_wmi: tuple[str, ...],
    join: str | None,
    refusals: Refusals,
) -> list[ConditionOperand]:
    """Return what the --if options ask for, joined; what is wrong with them is gathered."""
    from tasksequence.authoring.conditions import any_of, none_of, query_wmi
    from tasksequence.authoring.file_conditions import File, Folder

    asked: list[tuple[Callable[[str], ConditionOperand], str]] = [
        *((_variable_condition, text) for text in if_variable),
        *((lambda path: File(path).exists(), path) for path in if_file),
        *((lambda path: Folder(path).exists(), path) for path in if_folder),
        *((query_wmi, query) for query in if_wmi),
    ]
    found: list[ConditionOperand] = []
    for build, text in asked:
        with refusals.gathering():
            found.append(build(text))
    with refusals.gathering():
        if join is not None and not asked:
            raise click.UsageError(
                "--join says how --if options go together: give one of them, such as --if-variable."
            )
    if not found or join in (None, "all"):
        return found
    return [(any_of if join == "any" else none_of)(*found)]


def _variable_condition(text: str) -> ConditionOperand:
    from tasksequence.authoring.conditions import Variable
    from tasksequence.model.condition import VariableConditionExpression
    from tasksequence.model.secret_variables import is_secret_variable

    name, *rest = text.split(maxsplit=2) or [""]
    operator = rest[0] if rest else ""
    value = rest[1] if len(rest) == 2 else None
    needs_value = operator.casefold() not in {"exists", "notexists"}
    if not operator or needs_value is (value is None):
        raise click.UsageError(
            '--if-variable takes "NAME exists", "NAME notExists" or "NAME OPERATOR VALUE".'
        )
    Variable(name)  # refuses what is no name
    if value is not None and is_secret_variable(name):
        raise click.UsageError(f"{name} holds a secret, which does not belong in a condition.")
    return VariableConditionExpression(variable=name, operator=operator, value=value)
