"""Where sequences lie in a file: bare, in an object.xml, in an export zip, in older packages."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from tasksequence.document.cimxml import EmbeddedText, instances, sequence_text
from tasksequence.document.source import Element, Encoding, Source
from tasksequence.document.splice import Patch, apply
from tasksequence.document.zipped import ZipContainer
from tasksequence.errors import DocumentError

__all__ = ["Container", "Location", "open_container"]

_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
MAX_SEQUENCE_BYTES = 256 * 1024 * 1024
"""Most that the sequences of one zip may have in all; real exports have some hundred kilobytes."""
_PACKAGE_CLASS = "SMS_TaskSequencePackage"


@attrs.frozen
class Location:
    """One sequence of a file: its element, the source that holds it, and what names it."""

    source: Source
    element: Element
    name: str | None
    """Name of its package, or of MDT's sequence; None for bare ConfigMgr sequences."""
    package_id: str | None
    member: str | None
    """Member of the zip that holds it."""
    embedded: EmbeddedText | None = None
    outer: Source | None = None
    """The object.xml around an embedded sequence."""


@attrs.frozen
class Container:
    """A file and the sequences in it."""

    raw: bytes = attrs.field(repr=False)
    locations: tuple[Location, ...] = attrs.field(repr=False)
    archive: ZipContainer | None = None

    def replaced(self, texts: Mapping[int, bytes]) -> bytes:
        """Return the file with the texts of some sequences (by their place) replaced."""
        if not texts:
            return self.raw
        by_member: dict[str | None, list[tuple[Location, bytes]]] = {}
        for index, text in texts.items():
            location = self.locations[index]
            by_member.setdefault(location.member, []).append((location, text))
        contents = {member: _placed(pairs) for member, pairs in by_member.items()}
        if self.archive is None:
            return contents[None]
        return self.archive.replaced({m: c for m, c in contents.items() if m is not None})


def _placed(pairs: list[tuple[Location, bytes]]) -> bytes:
    """Return a file or member with the whole texts of sources that lie in it replaced."""
    location, text = pairs[0]
    if location.outer is None:
        # Sequences side by side in one source come with one text that has all their changes.
        return location.source.encoding.encode(text)
    patches = []
    for located, text in pairs:
        embedded = located.embedded
        assert embedded is not None
        inner = located.source.encoding.encode(text)
        patches.append(Patch(embedded.start, embedded.end, embedded.represent(inner)))
    outer = location.outer
    return outer.encoding.encode(apply(outer.text, 0, len(outer.text), patches))


def open_container(raw: bytes, *, name: str | None = None) -> Container:
    """Find the sequences of a file by its content; raises `DocumentError` when there are none."""
    if raw.startswith(_ZIP_MAGICS):
        return _zip(raw, name)
    if not raw.strip(b" \t\r\n\x00"):
        raise DocumentError("is empty", path=name or "<bytes>", hint="Export the sequence again.")
    kind = _other_kind(raw)
    if kind is not None:
        raise DocumentError(
            f"is {kind}, no task sequence",
            path=name or "<bytes>",
            hint="Give an export zip, its object.xml, a <sequence> or MDT's ts.xml.",
        )
    source = Source(raw, name=name)
    locations = _locations(source, None)
    if not locations:
        raise DocumentError(
            f"holds no task sequence: its root element is <{source.root.tag}>",
            path=name or "<bytes>",
            line=source.line_of(source.root.start),
            hint="Give an export zip, its object.xml, a <sequence> or MDT's ts.xml.",
        )
    return Container(raw, tuple(locations))


def _other_kind(raw: bytes) -> str | None:
    """Say what a file is that cannot be XML in any encoding; None where it might be."""
    if raw.startswith((b"MSWIM\0\0\0", b"WLPWM\0\0\0")):
        return "a WIM image"
    if raw[3:11] == b"NTFS    ":
        return "an NTFS volume"
    head = raw[:1024]
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    if b"\0" in head and not marked:
        return "a binary file"
    return None


def _zip(raw: bytes, name: str | None) -> Container:
    archive = ZipContainer(raw, name=name)
    locations: list[Location] = []
    total = 0
    for member in archive.names():
        folder, _, file = member.rpartition("/")
        if file.casefold() != "object.xml" or _PACKAGE_CLASS not in folder:
            continue
        inner = f"{name}!{member}" if name else member
        total += archive.size(member)
        if total > MAX_SEQUENCE_BYTES:
            raise DocumentError(
                f"holds more than {MAX_SEQUENCE_BYTES:,} bytes of task sequences",
                path=name or "<bytes>",
            )
        locations += _locations(Source(archive.read(member), name=inner), member)
    if not locations:
        raise DocumentError(
            "is a zip file without a task sequence: no SMS_TaskSequencePackage/…/object.xml in it",
            path=name or "<bytes>",
            hint="Give the zip that the console's Export Task Sequence wrote.",
        )
    return Container(raw, tuple(locations), archive)


def _locations(source: Source, member: str | None) -> list[Location]:
    found: list[Location] = []
    for instance in instances(source):
        if instance.class_name != _PACKAGE_CLASS:
            continue
        embedded = sequence_text(instance)
        package_id = instance.value("PackageID")
        inner = Source(
            embedded.raw,
            name=source.name,
            first_line=source.line_of(embedded.start),
            # It was decoded with the file around it; its own declaration is an older one.
            encoding=Encoding("utf-8", b""),
        )
        if inner.root.tag != "sequence":
            raise DocumentError(
                f"the property Sequence of {package_id} holds <{inner.root.tag}>, not <sequence>",
                path=source.name or "<bytes>",
                line=source.line_of(embedded.start),
            )
        found.append(
            Location(
                inner, inner.root, instance.value("Name"), package_id, member, embedded, source
            )
        )
    if not found:
        found += [
            Location(source, element, _name_of(source, element), None, member)
            for element in _sequences(source.root)
        ]
    return found


def _sequences(root: Element) -> list[Element]:
    """Return the outermost `<sequence>` elements, wherever a file puts them."""
    found: list[Element] = []
    pending = [root]
    while pending:
        element = pending.pop(0)
        if element.tag == "sequence":
            found.append(element)
        else:
            pending += element.children
    return found


def _name_of(source: Source, element: Element) -> str | None:
    name = element.attributes.get("name")
    if name is not None:
        return name
    package_name = source.root.child("Name")
    return package_name.text if package_name is not None else None
