"""Secrets that were set in the model: written only when somebody chose so.

A secret that was read from the file and not touched is bytes of the file, and stays.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Literal, NamedTuple

from tasksequence.document.construction import snapshot_names
from tasksequence.document.origin import Origin
from tasksequence.document.source import Source
from tasksequence.errors import DocumentError
from tasksequence.model.action import ScriptedAction
from tasksequence.model.actions.general import (
    MARKED_SECRET,
    SetDynamicVariablesAction,
    SetVariableAction,
)
from tasksequence.model.base import Step
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.model.sequence import TaskSequence
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, per_class, properties_of

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


def chosen(
    sequence: TaskSequence, choice: SecretChoice | None, home: Source | None
) -> TaskSequence:
    """Return the sequence to write: itself, or for "blank" a copy with the set secrets empty.

    `home` is the source that is written into: only what was read from it counts as untouched, and
    only once; None where all is written anew. Raises `DocumentError` when secrets were set and
    there is no choice.
    """
    if choice not in ("keep", "blank", None):
        raise DocumentError(
            f"secrets={choice!r} is no choice", hint='Give "keep" to write them, or "blank".'
        )
    if choice == "keep":
        return sequence
    found = list(_set_secrets(sequence, home))
    if not found:
        return sequence
    if choice is None:
        places = "\n".join(
            f"  {' > '.join(secret.path)}: {_class_name(secret.step)}.{secret.name}"
            for secret in found
        )
        raise DocumentError(
            f"secrets were set in the model, and nobody chose what becomes of them:\n{places}",
            hint='Give secrets="keep" to write them, or secrets="blank" to write them empty, as a '
            "site exports them.",
        )
    twin = copy.deepcopy(sequence)
    for secret in _set_secrets(twin, home):
        if secret.attribute is None:
            assert isinstance(secret.step, ScriptedAction)
            secret.step.variables[secret.name] = ""
        elif isinstance(secret.step, SetDynamicVariablesAction):
            rules = MARKED_SECRET.sub(r"\1\2", secret.step.rules or "")
            object.__setattr__(secret.step, "rules", rules)
        else:
            blank = "" if isinstance(getattr(secret.step, secret.attribute), str) else _BLANK
            object.__setattr__(secret.step, secret.attribute, blank)
    return twin


_BLANK = SecretText("")
# Steps that say themselves what is not to be shown.
_HIDING = (ScriptedAction, SetVariableAction, SetDynamicVariablesAction)


def _class_name(step: Step) -> str:
    return type(step).wmi_name or type(step).__name__


def _set_secrets(sequence: TaskSequence, home: Source | None) -> Iterator[_Set]:
    read: set[int] = set()
    for path, step in sequence.walk_with_path():
        slots = _secret_slots(type(step))
        if not slots and not isinstance(step, _HIDING):
            continue
        origin: Origin | None = step._origin
        before: tuple[object, ...] | None = None
        if origin is not None and origin.source is home and id(origin.element) not in read:
            read.add(id(origin.element))
            before = origin.values
        if isinstance(step, SetVariableAction):
            slots = _slots(type(step), step.hidden_attributes())
        elif isinstance(step, SetDynamicVariablesAction) and step.marks_secrets():
            slots = _slots(type(step), ("rules",))
        for attribute, name, place in slots:
            value = getattr(step, attribute)
            if value and (before is None or before[place] != value):
                yield _Set(path, step, attribute, name)
        if isinstance(step, ScriptedAction):
            old = _variables(step, before)
            for name, text in step.variables.items():
                if text and is_secret_variable(name) and old.get(name) != text:
                    yield _Set(path, step, None, name)


def _variables(step: ScriptedAction, before: tuple[object, ...] | None) -> dict[str, str]:
    if before is None:
        return {}
    found = before[snapshot_names(type(step)).index("variables")]
    return found if isinstance(found, dict) else {}


_Slots = tuple[tuple[str, str, int], ...]


@per_class
def _secret_slots(cls: type[WmiObject]) -> _Slots:
    """Return attribute, WMI name and place in a snapshot of each secret property."""
    return _slots(cls, tuple(known.attribute for known in properties_of(cls) if known.is_secret))


def _slots(cls: type[WmiObject], attributes: tuple[str, ...]) -> _Slots:
    names = snapshot_names(cls)
    return tuple(
        (known.attribute, known.name, names.index(known.attribute))
        for known in properties_of(cls)
        if known.attribute in attributes
    )
