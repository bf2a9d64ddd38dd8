"""Secrets that were set in the model: written only when somebody chose so.

A secret that was read from the file and not touched is bytes of the file, and stays.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Literal

from tasksequence.document.construction import snapshot_names
from tasksequence.document.origin import Origin
from tasksequence.document.source import Source
from tasksequence.document.step_secrets import SecretPlace, blank, secret_places
from tasksequence.errors import DocumentError
from tasksequence.model.base import Step
from tasksequence.model.sequence import TaskSequence

__all__ = ["SecretChoice", "check_choice", "chosen"]

SecretChoice = Literal["keep", "blank"]
"""What becomes of secrets set in the model: written as they are, or written empty, which is how a
site exports them."""


def check_choice(choice: SecretChoice | None) -> None:
    """Raise `DocumentError` for what is no choice: a misspelt one must not write a secret."""
    if choice not in ("keep", "blank", None):
        raise DocumentError(
            f"secrets={choice!r} is no choice", hint='Give "keep" to write them, or "blank".'
        )


def chosen(
    sequence: TaskSequence, choice: SecretChoice | None, home: Source | None
) -> TaskSequence:
    """Return the sequence to write: itself, or for "blank" a copy with the set secrets empty.

    `home` is the source that is written into: only what was read from it counts as untouched, and
    only once; None where all is written anew. Raises `DocumentError` when secrets were set and
    there is no choice.
    """
    if choice == "keep":
        return sequence
    found = list(_set_secrets(sequence, home))
    if not found:
        return sequence
    if choice is None:
        places = "\n".join(
            f"  {' > '.join(path)}: {_class_name(step)}.{place.name}" for path, step, place in found
        )
        raise DocumentError(
            f"secrets were set in the model, and nobody chose what becomes of them:\n{places}",
            hint='Give secrets="keep" to write them, or secrets="blank" to write them empty, as a '
            "site exports them.",
        )
    twin = copy.deepcopy(sequence)
    for _, step, place in _set_secrets(twin, home):
        blank(step, place)
    return twin


def _class_name(step: Step) -> str:
    return type(step).wmi_name or type(step).__name__


def _set_secrets(
    sequence: TaskSequence, home: Source | None
) -> Iterator[tuple[tuple[str, ...], Step, SecretPlace]]:
    read: set[int] = set()
    for path, step in sequence.walk_with_path():
        places = secret_places(step)
        if not places:
            continue
        origin: Origin | None = step._origin
        before: tuple[object, ...] | None = None
        if origin is not None and origin.source is home and id(origin.element) not in read:
            read.add(id(origin.element))
            before = origin.values
        for place in places:
            if before is None or _was(step, before, place) != _is(step, place):
                yield path, step, place


def _is(step: Step, place: SecretPlace) -> object:
    return _of(getattr(step, place.attribute or "variables"), place)


def _was(step: Step, before: tuple[object, ...], place: SecretPlace) -> object:
    held = before[snapshot_names(type(step)).index(place.attribute or "variables")]
    return _of(held, place)


def _of(held: object, place: SecretPlace) -> object:
    if place.attribute is None:
        return held.get(place.name) if isinstance(held, dict) else None
    return held
