"""The XML methods of SMS_TaskSequence and SMS_TaskSequencePackage, as a site's provider has them.

LoadFromXml, SaveToXml, ExportXml, GetSequence and SetSequence, offline: what they keep and what
they strip is what the class reference says of them.
"""

from __future__ import annotations

import re
from typing import Literal

import attrs

from tasksequence.document.document import Document
from tasksequence.document.new_package import deploys_operating_system, package_references
from tasksequence.document.secret_choice import check_choice
from tasksequence.document.step_secrets import blank, secret_places
from tasksequence.document.writer import sequence_bytes
from tasksequence.errors import DocumentError
from tasksequence.model.packages import Reference, TaskSequencePackage
from tasksequence.model.secret_variables import holds_a_secret
from tasksequence.model.sequence import TaskSequence

__all__ = [
    "SavedSequence",
    "blank_secrets",
    "export_xml",
    "get_sequence",
    "load_from_xml",
    "save_to_xml",
    "set_sequence",
    "without_secrets",
]

_DECLARATION = re.compile(r"\A\ufeff?<\?xml\b[^>]*\?>")
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
    return _document(xml).sequence


def save_to_xml(
    sequence: TaskSequence, *, secrets: Literal["keep", "blank"] = "keep"
) -> SavedSequence:
    """SMS_TaskSequence.SaveToXml: the text of a sequence, its references and flags.

    The site keeps passwords and product keys in it, in plain text; `secrets="blank"` clears them
    as `export_xml` does. A sequence that was loaded keeps its own bytes. Raises `DocumentError`
    for values that XML cannot hold.
    """
    check_choice(secrets)
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
    check_choice(secrets)
    if secrets == "keep":
        return xml
    return without_secrets(_document(xml)).raw.decode("utf-8")


def blank_secrets(sequence: TaskSequence) -> None:
    """Clear the secrets that the steps of a sequence hold."""
    for step in sequence.walk():
        for place in secret_places(step):
            blank(step, place)


def without_secrets(document: Document) -> Document:
    """Return a document like this one with all secrets cleared, as `export_xml` clears them.

    Also those in variables that no class knows, that stand there twice, or among the global ones:
    there the variable's name tells. The document that is given loses the secrets of its steps.
    """
    for sequence in document.sequences:
        blank_secrets(sequence)
    return document.with_blank_variables(holds_a_secret)


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


def _document(xml: str) -> Document:
    # A text has no encoding, whatever it declares.
    plain = _DECLARATION.sub("", xml)
    try:
        return Document.load(plain.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise DocumentError(f"the text cannot be read: {error.reason}", path="<text>") from None


def _text(sequence: TaskSequence) -> str:
    return sequence_bytes(sequence, "keep").decode("utf-8")
