"""Secrets in files that commands write: the option that leaves them out, and being told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tasksequence.model.sequence import TaskSequence

__all__ = ["secrets_option", "tell_of_plain_secrets", "tell_of_shown_secrets"]

_MOST_TOLD = 3
_F = TypeVar("_F", bound=Callable[..., Any] | click.Command)


def secrets_option(command: _F) -> _F:
    """Give a command the option --secrets: keep or blank."""
    return click.option(
        "--secrets",
        type=click.Choice(["keep", "blank"]),
        default="keep",
        show_default=True,
        help="Keep passwords and product keys, or clear them as the console's export does.",
    )(command)


def tell_of_plain_secrets(path: str | Path, *sequences: TaskSequence) -> None:
    """Say on standard error which passwords and keys a written file holds for all to read."""
    from tasksequence.cli.output import print_error

    places = [place for sequence in sequences for place in _plain_secrets(sequence)]
    if places:
        more = len(places) - _MOST_TOLD
        told = ", ".join(places[:_MOST_TOLD]) + (f" and {more} more" if more > 0 else "")
        print_error(f"warning: {path} holds a password or key in plain text: {told}")


def tell_of_shown_secrets(given: Mapping[str, str], sequence: TaskSequence) -> None:
    """Say which secrets that were given by name no step of the sequence keeps as secrets."""
    from tasksequence.authoring.shown_values import hidden_texts
    from tasksequence.cli.output import print_error

    kept = {text for step in sequence.walk() for text in hidden_texts(step)} if given else set()
    for name, secret in given.items():
        if secret not in kept:
            print_error(
                f"warning: --secret {name}: the step keeps it as no secret, so that everyone who "
                "looks at the step sees it"
            )


def _plain_secrets(sequence: TaskSequence) -> Iterator[str]:
    from tasksequence.cli.secret_sources import is_reference
    from tasksequence.document.step_secrets import secret_places, secret_value

    for path, step in sequence.walk_with_path():
        for place in secret_places(step):
            if not is_reference(secret_value(step, place)):
                yield f"{' > '.join(path)} ({place.name})"
