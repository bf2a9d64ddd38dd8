"""The text of one sequence, with its edits and without the file around it."""

from __future__ import annotations

from tasksequence.document.origin import Origin
from tasksequence.document.splice import Layout, apply
from tasksequence.document.writer import new_sequence, sequence_patches
from tasksequence.model.sequence import TaskSequence

__all__ = ["sequence_text"]


def sequence_text(sequence: TaskSequence) -> str:
    """Return the `<sequence>` element as it is to be written.

    Raises `DocumentError` for an edited value that XML cannot hold.
    """
    origin: Origin | None = sequence._origin
    if origin is None:
        return new_sequence(sequence, Layout("", "")).decode("utf-8")
    element = origin.element
    patches = sequence_patches(sequence)
    return apply(origin.source.text, element.start, element.end, patches).decode("utf-8")
