"""Choosing one sequence of a document that may hold several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tasksequence.document.document import Document, SequencePart

__all__ = ["chosen_part", "name_option"]

name_option = click.option(
    "--name",
    "wanted",
    metavar="NAME_OR_ID",
    help="Which sequence of an export with several: its name or package ID.",
)


def chosen_part(document: Document, wanted: str | None) -> SequencePart:
    """Return the part that is wanted, or the only one; raises `click.UsageError`."""
    parts = document.parts
    if wanted is None:
        if len(parts) == 1:
            return parts[0]
        raise click.UsageError(
            f"The file holds {len(parts)} sequences; choose one by --name: {_names(parts)}."
        )
    for part in parts:
        if wanted.casefold() in ((part.name or "").casefold(), (part.package_id or "").casefold()):
            return part
    raise click.UsageError(f"No sequence is named {wanted!r}; there is: {_names(parts)}.")


def _names(parts: tuple[SequencePart, ...]) -> str:
    return ", ".join(f"{part.name or '(no name)'} [{part.package_id or '-'}]" for part in parts)
