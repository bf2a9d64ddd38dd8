"""Everything that is wrong with one call of a command, told at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from tasksequence.errors import TaskSequenceError

__all__ = ["Refusals"]


class Refusals:
    """Gathers what the parts of a command refuse, until `check` raises it as one error."""

    def __init__(self) -> None:
        self._errors: list[click.ClickException | TaskSequenceError] = []

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Within this context an error ends the context alone, and is kept."""
        try:
            yield
        except (click.ClickException, TaskSequenceError) as error:
            self._errors.append(error)

    def check(self) -> None:
        """Raise what was gathered: one error as it is, several as one that says all of it."""
        if not self._errors:
            return
        if len(self._errors) == 1:
            raise self._errors[0]
        text = "\n".join(
            error.format_message() if isinstance(error, click.ClickException) else str(error)
            for error in self._errors
        )
        is_usage = any(isinstance(error, click.UsageError) for error in self._errors)
        raise click.UsageError(text) if is_usage else click.ClickException(text)
