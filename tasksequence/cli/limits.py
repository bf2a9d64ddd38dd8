"""The option that raises what bounds a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tasksequence.document.limits import Limits

__all__ = ["limit_option"]

_F = TypeVar("_F", bound=Callable[..., Any])


def _limits(_context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Limits:
    """Turn NAME=NUMBER settings into limits."""
    import attrs

    from tasksequence.document.limits import Limits

    names = [field.name for field in attrs.fields(Limits)]
    found: dict[str, int] = {}
    for value in values:
        name, _sign, number = value.partition("=")
        if name not in names or not (number.isascii() and number.isdigit()) or int(number) < 1:
            raise click.BadParameter(
                f"{value!r} is no NAME=NUMBER with a name of {', '.join(names)}.", param=option
            )
        found[name] = int(number)
    return Limits(**found)


def limit_option(command: _F) -> _F:
    """Give a command the option --limit."""
    return click.option(
        "--limit",
        "limits",
        multiple=True,
        metavar="NAME=NUMBER",
        callback=_limits,
        help="Raise a limit that a file was refused for, as the message names it: depth=500.",
    )(command)
