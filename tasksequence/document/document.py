"""Loading a file with task sequences, and saving it again."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import attrs

from tasksequence.class_registry import ClassRegistry
from tasksequence.document.containers import Container, open_container
from tasksequence.document.export import export_zip
from tasksequence.document.reader import Reader
from tasksequence.document.splice import Layout, apply
from tasksequence.document.violation import Violation
from tasksequence.document.writer import new_sequence, sequence_patches
from tasksequence.errors import DocumentError
from tasksequence.file_access import give_access
from tasksequence.model.classes import registry as default_registry
from tasksequence.model.sequence import TaskSequence

__all__ = ["Document", "SequencePart", "load"]

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Largest file that is read; exports carry no package content and stay far below."""


@attrs.frozen
class SequencePart:
    """One sequence of a document, with what names it in its file."""

    sequence: TaskSequence
    name: str | None
    """Name of the task sequence package, or of MDT's sequence; None where the file has none."""
    package_id: str | None
    member: str | None
    """Path of its object.xml in an export zip."""


class Document:
    """A file with one or more task sequences; edits of its sequences show in its bytes."""

    def __init__(
        self,
        container: Container,
        parts: tuple[SequencePart, ...],
        violations: tuple[Violation, ...],
        path: Path | None,
    ) -> None:
        self._container = container
        self.parts = parts
        """The sequences with their names, in the order of the file."""
        self.violations = violations
        """What the classes of the steps do not allow, as it was when the file was loaded."""
        self.path = path
        """The file it was loaded from; None for bytes."""

    @classmethod
    def load(
        cls, source: str | os.PathLike[str] | bytes, *, registry: ClassRegistry = default_registry
    ) -> Document:
        """Read a file, or its bytes; see `load`."""
        path: Path | None = None
        if isinstance(source, bytes):
            raw = source
        else:
            if isinstance(source, str) and source.lstrip().startswith("<"):
                raise DocumentError(
                    "is XML text, where a path or bytes are expected",
                    path="<text>",
                    hint="Give load() the bytes: text.encode().",
                )
            path = Path(source)
            raw = _read(path)
        container = open_container(raw, name=str(path) if path is not None else None)
        parts: list[SequencePart] = []
        violations: list[Violation] = []
        for location in container.locations:
            reader = Reader(location.source, registry)
            sequence = reader.sequence(location.element)
            parts.append(
                SequencePart(sequence, location.name, location.package_id, location.member)
            )
            violations += reader.violations
        return cls(container, tuple(parts), tuple(violations), path)

    @classmethod
    def new(cls, sequence: TaskSequence) -> Document:
        """Make a document of a bare `<sequence>` on one line, as SaveToXml gives it."""
        return cls.load(new_sequence(sequence, Layout("", "")))

    @classmethod
    def new_export(
        cls,
        sequence: TaskSequence,
        *,
        name: str,
        package_id: str,
        description: str = "",
        boot_image_id: str | None = None,
    ) -> Document:
        """Make a document of an export zip that holds this sequence as a package.

        `package_id` has eight characters: the site's code and five more, as in `ABC00001`.
        `boot_image_id` is the package ID of the boot image that the package names.
        """
        text = new_sequence(sequence, Layout("", ""))
        return cls.load(export_zip(text, name, package_id, description, boot_image_id))

    def __repr__(self) -> str:
        names = ", ".join(repr(part.name) for part in self.parts if part.name is not None)
        source = f"{str(self.path)!r}, " if self.path is not None else ""
        return f"<Document {source}{len(self.parts)} sequence(s){': ' + names if names else ''}>"

    @property
    def sequence(self) -> TaskSequence:
        """The first sequence, which mostly is the only one."""
        return self.parts[0].sequence

    @property
    def sequences(self) -> tuple[TaskSequence, ...]:
        """All sequences, in the order of the file."""
        return tuple(part.sequence for part in self.parts)

    def to_bytes(self) -> bytes:
        """Return the file's bytes: the original ones but for what was edited.

        Raises `DocumentError` for an edited value that XML cannot hold.
        """
        changed: dict[int, bytes] = {}
        by_source: dict[int, list[int]] = {}
        for index, location in enumerate(self._container.locations):
            by_source.setdefault(id(location.source), []).append(index)
        for indexes in by_source.values():
            found = [
                patch for index in indexes for patch in sequence_patches(self.sequences[index])
            ]
            if found:
                text = self._container.locations[indexes[0]].source.text
                changed[indexes[0]] = apply(text, 0, len(text), found)
        return self._container.replaced(changed)

    def save(self, path: str | os.PathLike[str] | None = None) -> None:
        """Write the document to a file, by default the one it came from, whole or not at all."""
        target = Path(path) if path is not None else self.path
        if target is None:
            raise DocumentError("has no file yet", path="<bytes>", hint="Give save() a path.")
        _write(target, self.to_bytes())


def load(
    source: str | os.PathLike[str] | bytes, *, registry: ClassRegistry = default_registry
) -> Document:
    """Read an export zip, an object.xml, a `<sequence>` or MDT's ts.xml, found by its content.

    What a class does not allow becomes a violation of the document and is kept as it is; raises
    `DocumentError` for a file that cannot be read or holds no sequence. `registry` tells which
    step classes are known; steps of other types become `UnknownAction`.
    """
    return Document.load(source, registry=registry)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise DocumentError(
            f"cannot be read: {error.strerror or error}",
            path=str(path),
            hint="Check the path and your rights to read it.",
        ) from None
    if len(raw) > MAX_FILE_BYTES:
        raise DocumentError(
            f"has more than {MAX_FILE_BYTES:,} bytes, which no export has", path=str(path)
        )
    return raw


def _write(target: Path, raw: bytes) -> None:
    # Behind a link the file itself is replaced, not the link.
    place = Path(os.path.realpath(target))
    try:
        descriptor, temporary = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".partial")
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(raw)
            stream.flush()
            give_access(temporary, str(place))
            os.fsync(stream.fileno())
        Path(temporary).replace(place)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(target, error) from None
        raise


def _unwritable(target: Path, error: OSError) -> DocumentError:
    return DocumentError(
        f"cannot be written: {error.strerror or error}",
        path=str(target),
        hint="The file is as it was. Check the folder, your rights and the free space.",
    )
