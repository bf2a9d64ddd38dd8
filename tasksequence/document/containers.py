"""Where sequences lie in a file: bare, in an object.xml, in an export zip, in older packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from tasksequence.document.cimxml import EmbeddedText, Instance, instances, sequence_text
from tasksequence.document.limits import Limits
from tasksequence.document.source import Element, Encoding, Source
from tasksequence.document.splice import Patch, apply
from tasksequence.document.zipped import ZipContainer
from tasksequence.errors import DocumentError

__all__ = ["Container", "ContainerKind", "Location", "ObjectPlace", "open_container"]

ContainerKind = Literal["zip", "object", "package", "sequence", "mdt"]
"""An export zip, an object.xml, an SmsTaskSequencePackage, a bare sequence, MDT's sequence."""

_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PACKAGE_CLASS = "SMS_TaskSequencePackage"
_OLDER_PACKAGE = "SmsTaskSequencePackage"
_HEAD = 1000
_KINDS = "Give an export zip, its object.xml, a <sequence> or MDT's ts.xml."


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
class ObjectPlace:
    """Where an object of an export stands; another object than a sequence is not read yet."""

    member: str | None
    instance: Instance | None = None


@attrs.frozen
class Container:
    """A file and the sequences in it."""

    raw: bytes = attrs.field(repr=False)
    kind: ContainerKind
    locations: tuple[Location, ...] = attrs.field(repr=False)
    objects: tuple[ObjectPlace, ...] = attrs.field(repr=False, default=())
    archive: ZipContainer | None = attrs.field(repr=False, default=None)
    name: str | None = None
    limits: Limits = attrs.field(factory=Limits)

    def replaced(
        self, texts: Mapping[int, bytes], patches: Mapping[str | None, Sequence[Patch]]
    ) -> bytes:
        """Return the file with some sequences' texts replaced and some members patched.

        `texts` is by the place of the sequence, `patches` by member; None is the file itself.
        """
        if not texts and not patches:
            return self.raw
        by_member: dict[str | None, list[tuple[Location, bytes]]] = {}
        for index, text in texts.items():
            location = self.locations[index]
            by_member.setdefault(location.member, []).append((location, text))
        contents = {
            member: self._placed(member, by_member.get(member, ()), patches.get(member, ()))
            for member in {*by_member, *patches}
        }
        if self.archive is None:
            return contents[None]
        return self.archive.replaced({m: c for m, c in contents.items() if m is not None})

    def instances_of(self, place: ObjectPlace) -> list[Instance]:
        """Return the objects at a place; raises `DocumentError` where they cannot be read."""
        if place.instance is not None:
            return [place.instance]
        assert self.archive is not None
        assert place.member is not None
        raw = self.archive.read(place.member)
        source = Source(raw, name=_inner_name(self.name, place.member), limits=self.limits)
        return list(instances(source))

    def _placed(
        self,
        member: str | None,
        pairs: Sequence[tuple[Location, bytes]],
        patches: Sequence[Patch],
    ) -> bytes:
        """Return a file or member with whole texts of sequences in it replaced, and patched."""
        if pairs and pairs[0][0].outer is None:
            # Sequences side by side in one source come with one text that has all their changes.
            location, text = pairs[0]
            return location.source.encoding.encode(text)
        wanted = list(patches)
        for located, text in pairs:
            embedded = located.embedded
            assert embedded is not None
            inner = located.source.encoding.encode(text)
            wanted.append(Patch(embedded.start, embedded.end, embedded.represent(inner)))
        outer = self._outer(member)
        return outer.encoding.encode(apply(outer.text, 0, len(outer.text), wanted))

    def _outer(self, member: str | None) -> Source:
        for location in self.locations:
            if location.member == member and location.outer is not None:
                return location.outer
        (instance, *_) = self.instances_of(ObjectPlace(member))
        return instance.source


def open_container(
    raw: bytes, *, name: str | None = None, limits: Limits | None = None
) -> Container:
    """Find the sequences of a file by its content; raises `DocumentError` when there are none."""
    limits = limits if limits is not None else Limits()
    if len(raw) > limits.file_bytes:
        raise DocumentError(
            f"has {len(raw):,} bytes; {limits.file_bytes:,} are the limit file_bytes",
            path=name or "<bytes>",
        )
    if raw.startswith(_ZIP_MAGICS):
        return _zip(raw, name, limits)
    if not raw.strip(b" \t\r\n\x00"):
        raise DocumentError("is empty", path=name or "<bytes>", hint="Export the sequence again.")
    kind = _other_kind(raw)
    if kind is not None:
        raise DocumentError(f"is {kind}, no task sequence", path=name or "<bytes>", hint=_KINDS)
    source = _source(raw, name, limits)
    locations, objects = _locations(source, None, limits)
    if not locations:
        raise DocumentError(
            f"holds no task sequence: its root element is <{source.root.tag}>",
            path=name or "<bytes>",
            line=source.line_of(source.root.start),
            hint=_KINDS,
        )
    return Container(raw, _kind(source), tuple(locations), tuple(objects), name=name, limits=limits)


def _kind(source: Source) -> ContainerKind:
    root = source.root
    if root.tag == "sequence":
        return "mdt" if "name" in root.attributes else "sequence"
    return "package" if root.tag == _OLDER_PACKAGE else "object"


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


def _zip(raw: bytes, name: str | None, limits: Limits) -> Container:
    archive = ZipContainer(raw, name=name, limits=limits)
    locations: list[Location] = []
    objects: list[ObjectPlace] = []
    members = archive.names()
    for member in members:
        folder, _, file = member.replace("\\", "/").rpartition("/")
        if file.casefold() != "object.xml":
            continue
        if _PACKAGE_CLASS.casefold() not in folder.casefold():
            objects.append(ObjectPlace(member))
            continue
        found, there = _locations(_member_source(archive, member, name, limits), member, limits)
        locations += found
        objects += there
    if not locations:
        # Not the console's: somebody packed sequences, or object.xml files, as they are.
        for member in members:
            if member.casefold().endswith(".xml") and b"sequence" in (
                content := archive.read(member).lower().replace(b"\0", b"")
            ):
                del content
                source = _member_source(archive, member, name, limits)
                found, there = _locations(source, member, limits)
                locations += found
                objects = [place for place in objects if place.member != member] + there
    if not locations:
        raise DocumentError(
            "is a zip file without a task sequence: no SMS_TaskSequencePackage/…/object.xml in it",
            path=name or "<bytes>",
            hint="Give the zip that the console's Export Task Sequence wrote.",
        )
    return Container(raw, "zip", tuple(locations), tuple(objects), archive, name, limits)


def _member_source(archive: ZipContainer, member: str, name: str | None, limits: Limits) -> Source:
    return _source(archive.read(member), _inner_name(name, member), limits)


def _source(raw: bytes, name: str | None, limits: Limits) -> Source:
    """Parse a file or member; in an object.xml a whole sequence is one value."""
    if b"INSTANCE" in raw[:_HEAD].replace(b"\0", b""):
        most = max(limits.value_bytes, limits.file_bytes)
        return Source(raw, name=name, limits=attrs.evolve(limits, value_bytes=most))
    return Source(raw, name=name, limits=limits)


def _inner_name(name: str | None, member: str) -> str:
    return f"{name}!{member}" if name else member


def _locations(
    source: Source, member: str | None, limits: Limits
) -> tuple[list[Location], list[ObjectPlace]]:
    found: list[Location] = []
    objects: list[ObjectPlace] = []
    for instance in instances(source):
        objects.append(ObjectPlace(member, instance))
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
            limits=limits,
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
    return found, objects


def _sequences(root: Element) -> list[Element]:
    """Return the outermost `<sequence>` elements, wherever a file puts them."""
    if root.tag == "sequence":
        return [root]
    found: list[Element] = []
    pending = [root]
    while pending:
        element = pending.pop()
        if element.tag == "sequence":
            found.append(element)
        else:
            pending += reversed(element.children)
    return found


def _name_of(source: Source, element: Element) -> str | None:
    name = element.attributes.get("name")
    if name is not None:
        return name
    package_name = source.root.child("Name")
    return package_name.text if package_name is not None else None
