"""Loading a file with task sequences, and saving it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import attrs

from tasksequence.class_registry import ClassRegistry
from tasksequence.document.containers import Container, ContainerKind, open_container
from tasksequence.document.export import ExportedSequence, export_zip
from tasksequence.document.limits import Limits
from tasksequence.document.new_package import new_package
from tasksequence.document.object_patches import object_patches
from tasksequence.document.object_xml import object_xml
from tasksequence.document.objects import ExportedObject, object_registry, read_object
from tasksequence.document.reader import Reader
from tasksequence.document.saving import write_file
from tasksequence.document.schema import SchemaViolation, schema_violations
from tasksequence.document.secret_choice import SecretChoice, check_choice
from tasksequence.document.source import Source, without_collection
from tasksequence.document.splice import Layout, Patch, apply
from tasksequence.document.variable_lists import blank_variable_patches
from tasksequence.document.violation import Violation
from tasksequence.document.writer import new_sequence, sequence_bytes, sequence_patches
from tasksequence.errors import DocumentError
from tasksequence.model.classes import registry as default_registry
from tasksequence.model.sequence import TaskSequence
from tasksequence.wmi import WmiObject

__all__ = ["Document", "SequencePart", "load"]

_ONE_LINE = Layout("", "")


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
        cls,
        source: str | os.PathLike[str] | bytes,
        *,
        registry: ClassRegistry = default_registry,
        limits: Limits | None = None,
    ) -> Document:
        """Read a file, or its bytes; see `load`."""
        limits = limits if limits is not None else Limits()
        path: Path | None = None
        if isinstance(source, (bytes, bytearray, memoryview)):
            raw = bytes(source)
        else:
            if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith("<"):
                raise DocumentError(
                    "is XML text, where a path or bytes are expected",
                    path="<text>",
                    hint="Give load() the bytes: text.encode().",
                )
            path = Path(source)
            raw = _read(path, limits)
        name = str(path) if path is not None else None
        parts: list[SequencePart] = []
        violations: list[Violation] = []
        with _nesting_reported(name), without_collection():
            container = open_container(raw, name=name, limits=limits)
            for location in container.locations:
                reader = Reader(location.source, registry)
                sequence = reader.sequence(location.element)
                parts.append(
                    SequencePart(sequence, location.name, location.package_id, location.member)
                )
                violations += reader.violations
        return cls(container, tuple(parts), tuple(violations), path)

    @classmethod
    def new(cls, sequence: TaskSequence, *, secrets: SecretChoice | None = None) -> Document:
        """Make a document of a bare `<sequence>` on one line, as SaveToXml gives it.

        The document has a sequence of its own, as it is read back: edit `document.sequence`, not
        the one that was given. `secrets` is as for `to_bytes`.
        """
        return cls.load(new_sequence(sequence, _ONE_LINE, secrets))

    @classmethod
    def new_object(
        cls,
        sequence: TaskSequence,
        *,
        name: str,
        package_id: str,
        description: str = "",
        boot_image_id: str = "",
        secrets: SecretChoice | None = None,
    ) -> Document:
        """Make a document of an object.xml that holds this sequence as a package.

        Arguments and errors are those of `new_export`.
        """
        package = new_package(
            sequence,
            name=name,
            package_id=package_id,
            description=description,
            boot_image_id=boot_image_id,
        )
        text = new_sequence(sequence, _ONE_LINE, secrets).decode("utf-8")
        return cls.load(object_xml(package, sequence=text).encode("utf-8"))

    @classmethod
    def new_export(
        cls,
        sequence: TaskSequence,
        *,
        name: str,
        package_id: str,
        description: str = "",
        boot_image_id: str = "",
        secrets: SecretChoice | None = None,
    ) -> Document:
        """Make a document of an export zip that holds this sequence as a package.

        `package_id` has eight characters: the site's code and five more, as in `ABC00001`; so has
        `boot_image_id`. References and the package's type follow from the steps; what only a site
        knows (dates, GUID, names of the packages referred to) is left to the site that imports
        it. The document has a sequence of its own, as it is read back. `secrets` is as for
        `to_bytes`. Raises `DocumentError` for an ID out of form, and for text that XML cannot hold.
        """
        package = new_package(
            sequence,
            name=name,
            package_id=package_id,
            description=description,
            boot_image_id=boot_image_id,
        )
        text = new_sequence(sequence, _ONE_LINE, secrets)
        return cls.load(export_zip([ExportedSequence(package, sequence, text)]))

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

    @property
    def kind(self) -> ContainerKind:
        """What holds the sequences: `zip`, `object`, `package`, `sequence` or `mdt`."""
        return self._container.kind

    @cached_property
    def objects(self) -> tuple[ExportedObject, ...]:
        """All objects of an export (sequences, packages, images, programs), in its order.

        They are read when first asked for; raises `DocumentError` where one cannot be read.
        Edits of their values are saved with the document.
        """
        with _nesting_reported(self._container.name):
            return tuple(
                read_object(instance, member=place.member, registry=object_registry)
                for place in self._container.objects
                for instance in self._container.instances_of(place)
            )

    @property
    def packages(self) -> tuple[WmiObject, ...]:
        """The typed values of `objects`: `TaskSequencePackage`, `ImagePackage`, `Package`, …"""
        return tuple(exported.value for exported in self.objects)

    def schema_violations(self) -> tuple[SchemaViolation, ...]:
        """Check the file, as it would be saved now, against the schemas of its kind.

        That is far slower than loading, and tells where elements, attributes and variables stand
        that their place does not take; `violations` tells of values. Raises `DocumentError` where
        the extra `schema` is not installed.
        """
        with _nesting_reported(self._container.name):
            now = self._container.replaced(self._changed_texts("keep"), self._object_patches())
            container = self._container
            if now is not container.raw:
                container = open_container(now, name=container.name, limits=container.limits)
            return schema_violations(container)

    def to_bytes(self, *, secrets: SecretChoice | None = None) -> bytes:
        """Return the file's bytes: the original ones but for what was edited.

        `secrets` says what becomes of secrets that were set in the model: "keep" writes them,
        "blank" writes them empty, as a site exports. Secrets that the file holds already and that
        nobody touched stay as they are. Raises `DocumentError` for an edited value that XML cannot
        hold, and for a set secret without that choice.
        """
        check_choice(secrets)
        with _nesting_reported(self._container.name), without_collection():
            return self._container.replaced(self._changed_texts(secrets), self._object_patches())

    def sequence_text(self, index: int = 0, *, secrets: SecretChoice | None = None) -> bytes:
        """Return a sequence's `<sequence>` element as it is now, in UTF-8, without what is around.

        `secrets` and errors are as for `to_bytes`.
        """
        with _nesting_reported(self._container.name):
            return sequence_bytes(self.sequences[index], secrets)

    @property
    def raw(self) -> bytes:
        """The file's bytes as they were loaded."""
        return self._container.raw

    @property
    def limits(self) -> Limits:
        """The bounds that the file was read within."""
        return self._container.limits

    @property
    def sources(self) -> tuple[Source, ...]:
        """The text that each sequence lies in."""
        return tuple(location.source for location in self._container.locations)

    def with_blank_variables(self, is_secret: Callable[[str, str], bool]) -> Document:
        """Return a document like this, as it is now, without the values of some variables.

        `is_secret` is asked with the name and the property of each variable.
        """
        now = Document.load(self.to_bytes(), limits=self.limits)
        changed: dict[int, bytes] = {}
        for index, source in enumerate(now.sources):
            if any(source is earlier for earlier in now.sources[:index]):
                continue
            found = blank_variable_patches(source, is_secret)
            if found:
                changed[index] = apply(source.text, 0, len(source.text), found)
        return Document.load(now._container.replaced(changed, {}), limits=self.limits)

    def with_texts(self, texts: Sequence[bytes]) -> bytes:
        """Return the file, as it was loaded, with other texts in the places of its sequences."""
        return self._container.replaced(dict(enumerate(texts)), {})

    def _changed_texts(self, secrets: SecretChoice | None) -> dict[int, bytes]:
        changed: dict[int, bytes] = {}
        by_source: dict[int, list[int]] = {}
        for index, location in enumerate(self._container.locations):
            by_source.setdefault(id(location.source), []).append(index)
        for indexes in by_source.values():
            found = [
                patch
                for index in indexes
                for patch in sequence_patches(self.sequences[index], secrets)
            ]
            if found:
                text = self._container.locations[indexes[0]].source.text
                changed[indexes[0]] = apply(text, 0, len(text), found)
        return changed

    def _object_patches(self) -> dict[str | None, list[Patch]]:
        patches: dict[str | None, list[Patch]] = {}
        # Objects that nobody asked for have not been edited.
        for exported in self.__dict__.get("objects", ()):
            found = object_patches(exported)
            if found:
                patches.setdefault(exported.member, []).extend(found)
        return patches

    def save(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        secrets: SecretChoice | None = None,
    ) -> None:
        """Write the document to a file, by default the one it came from, whole or not at all.

        `secrets` and errors are as for `to_bytes`.
        """
        target = Path(path) if path is not None else self.path
        if target is None:
            raise DocumentError("has no file yet", path="<bytes>", hint="Give save() a path.")
        write_file(target, self.to_bytes(secrets=secrets))


def load(
    source: str | os.PathLike[str] | bytes,
    *,
    registry: ClassRegistry = default_registry,
    limits: Limits | None = None,
) -> Document:
    """Read an export zip, an object.xml, a `<sequence>` or MDT's ts.xml, found by its content.

    What a class does not allow becomes a violation of the document and is kept as it is; raises
    `DocumentError` for a file that cannot be read or holds no sequence. `registry` tells which
    step classes are known; steps of other types become `UnknownAction`. `limits` bounds what is
    read, `Limits()` when it is not given: raise one to read a file that was refused for it.
    """
    return Document.load(source, registry=registry, limits=limits)


@contextmanager
def _nesting_reported(name: str | None) -> Iterator[None]:
    """Turn Python's own bound on nesting, which a raised limit can meet, into a `DocumentError`."""
    try:
        yield
    except RecursionError:
        raise DocumentError(
            "nests groups deeper than this Python can follow",
            path=name or "<bytes>",
            hint="sys.setrecursionlimit raises that bound, if the file is one to trust.",
        ) from None


def _read(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            # A pipe has no size: then as much is read as is allowed, and one byte to tell.
            raw = stream.read(limits.file_bytes + 1) if size <= limits.file_bytes else b""
    except OSError as error:
        raise DocumentError(
            f"cannot be read: {error.strerror or error}",
            path=str(path),
            hint="Check the path and your rights to read it.",
        ) from None
    if max(size, len(raw)) > limits.file_bytes:
        raise DocumentError(
            f"has more than {limits.file_bytes:,} bytes, which no export has (limit file_bytes)",
            path=str(path),
        )
    return raw
