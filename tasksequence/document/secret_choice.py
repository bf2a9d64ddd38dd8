"""Secrets that were set in the model: written only when somebody chose so.

A secret that was read from the file and not touched is bytes of the file, and stays.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Literal, NamedTuple

from tasksequence.document.origin import Origin, restored
from tasksequence.errors import DocumentError
from tasksequence.model.action import ScriptedAction
from tasksequence.model.base import Step
from tasksequence.model.sequence import TaskSequence
from tasksequence.secret_names import names_a_secret
from tasksequence.secret_text import SecretText
from tasksequence.wmi import properties_of

__all__ = ["SecretChoice", "chosen"]

SecretChoice = Literal["keep", "blank"]
"""What becomes of secrets set in the model: written as they are, or written empty, which is how a
site exports them."""


class _Set(NamedTuple):
    """A secret that was set in the model."""

    path: tuple[str, ...]
    step: Step
    attribute: str | None
    """The attribute that holds it; None for one of `variables`."""
    name: str
    """WMI name of the property, or name of the variable."""


def chosen(sequence: TaskSequence, choice: SecretChoice | None) -> TaskSequence:
    """Return the sequence to write: itself, or for "blank" a copy with the set secrets empty.

    Raises `DocumentError` when secrets were set and there is no choice.
    """
    if choice not in ("keep", "blank", None):
        raise DocumentError(
            f"secrets={choice!r} is no choice", hint='Give "keep" to write them, or "blank".'
        )
    found = list(_set_secrets(sequence))
    if not found or choice == "keep":
        return sequence
    if choice is None:
        places = "\n".join(
            f"  {' > '.join(secret.path)}: {type(secret.step).wmi_name}.{secret.name}"
            for secret in found
        )
        raise DocumentError(
            f"secrets were set in the model, and nobody chose what becomes of them:\n{places}",
            hint='Give secrets="keep" to write them, or secrets="blank" to write them empty, as a '
            "site exports them.",
        )
    twin = copy.deepcopy(sequence)
    for secret in _set_secrets(twin):
        if secret.attribute is not None:
            object.__setattr__(secret.step, secret.attribute, SecretText(""))
        else:
            assert isinstance(secret.step, ScriptedAction)
            secret.step.variables[secret.name] = ""
    return twin


def _set_secrets(sequence: TaskSequence) -> Iterator[_Set]:
    for path, step in sequence.walk_with_path():
        origin: Origin | None = step._origin
        before = restored(step, origin.values) if origin is not None else None
        for known in properties_of(type(step)):
            if not known.is_secret:
                continue
            value = getattr(step, known.attribute)
            if value and (before is None or getattr(before, known.attribute) != value):
                yield _Set(path, step, known.attribute, known.name)
        if isinstance(step, ScriptedAction):
            old = before.variables if isinstance(before, ScriptedAction) else {}
            for name, text in step.variables.items():
                if text and names_a_secret(name) and old.get(name) != text:
                    yield _Set(path, step, None, name)
