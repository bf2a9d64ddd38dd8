"""Choosing one sequence of an export, and the children that come with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tasksequence.document.document import Document, SequencePart
    from tasksequence.model.sequence import TaskSequence
    from tasksequence.plan.facts import Facts
    from tasksequence.plan.steps import Plan

__all__ = ["child_sequences", "chosen_part", "compiled", "name_option", "path_argument"]

name_option = click.option(
    "--name",
    "wanted",
    metavar="NAME_OR_ID",
    help="Which sequence of an export with several: its name or package ID.",
)


def path_argument(_: click.Context, option: click.Parameter, value: object) -> object:
    """Turn text into paths; an empty one, as an unset shell variable gives it, is a mistake."""
    if isinstance(value, tuple):
        return tuple(path_argument(_, option, item) for item in value)
    if value == "":
        raise click.BadParameter("it is empty", param=option)
    return None if value is None else Path(str(value))


def chosen_part(document: Document, wanted: str | None) -> SequencePart:
    """Return the sequence that is meant; raises `click.UsageError` where that is not clear."""
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


def child_sequences(
    document: Document, chosen: SequencePart, files: Iterable[Path]
) -> dict[str, TaskSequence]:
    """Return what Run Task Sequence steps may call: the other sequences of the export, and files.

    A bare sequence in a file is known by the file's name without its ending.
    """
    from tasksequence.document.document import load

    found: dict[str, TaskSequence] = {}
    for path in files:
        for part in load(path).parts:
            for name in (part.package_id, part.name, path.stem):
                if name:
                    found.setdefault(name, part.sequence)
    for part in document.parts:
        if part is not chosen:
            for name in (part.package_id, part.name):
                if name:
                    found.setdefault(name, part.sequence)
    return found


def compiled(path: Path, wanted: str | None, facts: Facts) -> Plan:
    """Load a file and return the plan of the sequence of it that is meant."""
    from tasksequence.document.document import load
    from tasksequence.plan.compiler import compile_plan

    document = load(path)
    part = chosen_part(document, wanted)
    return compile_plan(part.sequence, facts, children=child_sequences(document, part, ()))


def _names(parts: tuple[SequencePart, ...]) -> str:
    return ", ".join(f"{part.name or '(no name)'} [{part.package_id or '-'}]" for part in parts)
