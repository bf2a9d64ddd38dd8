"""The XML methods of SMS_TaskSequence and SMS_TaskSequencePackage, as a site's provider has them.

LoadFromXml, SaveToXml, ExportXml, GetSequence and SetSequence, offline: what they keep and what
they strip is what the class reference says of them.
"""

from __future__ import annotations

from typing import Literal

import attrs

from tasksequence.document.document import Document
from tasksequence.document.new_package import deploys_operating_system, package_references
from tasksequence.document.writer import sequence_bytes
from tasksequence.errors import DocumentError
from tasksequence.model.action import ScriptedAction
from tasksequence.model.actions.general import MARKED_SECRET
from tasksequence.model.base import Step
from tasksequence.model.packages import Reference, TaskSequencePackage
from tasksequence.model.sequence import TaskSequence
from tasksequence.secret_names import names_a_secret
from tasksequence.secret_text import SecretText
from tasksequence.wmi import properties_of

__all__ = [
    "SavedSequence",
    "blank_secrets",
    "export_xml",
    "get_sequence",
    "load_from_xml",
    "save_to_xml",
    "set_sequence",
]

DEPLOYS_OPERATING_SYSTEM = 0x1
"""Bit of SaveToXml's Flags: the sequence deploys an operating system image."""


@attrs.frozen
class SavedSequence:
    """What SaveToXml gives back."""

    xml: str = attrs.field(repr=False)
    references: tuple[Reference, ...]
    flags: int


def load_from_xml(xml: str) -> TaskSequence:
    """SMS_TaskSequence.LoadFromXml: build the objects of a `<sequence>` text.

    Raises `DocumentError` for text that is no sequence.
    """
    return Document.load(xml.encode("utf-8")).sequence


def save_to_xml(
    sequence: TaskSequence, *, secrets: Literal["keep", "blank"] = "keep"
) -> SavedSequence:
    """SMS_TaskSequence.SaveToXml: the text of a sequence, its references and flags.

    The site keeps passwords and product keys in it, in plain text; `secrets="blank"` clears them
    as `export_xml` does. A sequence that was loaded keeps its own bytes. Raises `DocumentError`
    for values that XML cannot hold.
    """
    text = _text(sequence)
    return SavedSequence(
        export_xml(text) if secrets == "blank" else text,
        tuple(package_references(sequence)),
        DEPLOYS_OPERATING_SYSTEM if deploys_operating_system(sequence) else 0,
    )


def export_xml(xml: str, *, secrets: Literal["keep", "blank"] = "blank") -> str:
    """SMS_TaskSequence.ExportXml: SaveToXml's text with passwords and product keys cleared.

    Cleared are the values of Secret and QuasiSecret properties, and of variables that Set Dynamic
    Variables marks as secret. In steps of unknown types a variable's name decides. Nothing else
    changes. Raises `DocumentError` for text that is no
    sequence.
    """
    if secrets == "keep":
        return xml
    document = Document.load(xml.encode("utf-8"))
    blank_secrets(document.sequence)
    return document.to_bytes().decode("utf-8")


def blank_secrets(sequence: TaskSequence) -> None:
    """Clear the values in a sequence that `export_xml` clears."""
    for step in sequence.walk():
        _blank(step)


def get_sequence(package: TaskSequencePackage) -> TaskSequence:
    """SMS_TaskSequencePackage.GetSequence: the objects of the sequence that a package holds.

    Raises `DocumentError` where it holds none: Sequence is a lazy property.
    """
    if not package.sequence:
        raise DocumentError(
            f"the package {package.package_id or ''} holds no sequence: Sequence is empty",
            hint="Sequence is a lazy property: read the object itself, not a query's row.",
        )
    return load_from_xml(package.sequence)


def set_sequence(package: TaskSequencePackage, sequence: TaskSequence) -> None:
    """SMS_TaskSequencePackage.SetSequence: put a sequence into a package.

    The package's References and Type follow the sequence, as a site refreshes them. Raises
    `DocumentError` for values that XML cannot hold.
    """
    boot_image = package.boot_image_id or ""
    deploys = deploys_operating_system(sequence, boot_image)
    refreshed = {
        "sequence": _text(sequence),
        "references": package_references(sequence, boot_image) or None,
        "type": 2 if deploys else 1,
    }
    for attribute, value in refreshed.items():
        # These are read only for everybody but the method that a site offers for it.
        object.__setattr__(package, attribute, value)


def _text(sequence: TaskSequence) -> str:
    return sequence_bytes(sequence, "keep").decode("utf-8")


def _blank(step: Step) -> None:
    for known in properties_of(type(step)):
        value = getattr(step, known.attribute)
        if known.is_secret:
            if value is not None and value != SecretText(""):
                # Also where the class wants some characters: so does the site.
                object.__setattr__(step, known.attribute, SecretText(""))
        elif known.name == "Rules" and isinstance(value, str):
            cleared = MARKED_SECRET.sub(r"\1\2", value)
            if cleared != value:
                object.__setattr__(step, known.attribute, cleared)
    if isinstance(step, ScriptedAction):
        # No class tells which of these are secret: their names have to.
        for key, text in step.variables.items():
            if text and names_a_secret(key):
                step.variables[key] = ""
