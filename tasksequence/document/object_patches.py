"""What must change in an object.xml so that it says what its typed object says now."""

from __future__ import annotations

from tasksequence.document.cim_values import encode_cim
from tasksequence.document.object_xml import cim_text, property_xml
from tasksequence.document.objects import ExportedObject, object_values
from tasksequence.document.replacing import text_patches
from tasksequence.document.source import Element, Source
from tasksequence.document.splice import Patch, space_before
from tasksequence.errors import DocumentError
from tasksequence.model.packages import TaskSequencePackage
from tasksequence.wmi import properties_of

__all__ = ["object_patches"]


def object_patches(exported: ExportedObject) -> list[Patch]:
    """Return the patches for the properties that were changed since the object was read.

    The text of a task sequence is not among them: it follows the document's sequences. Raises
    `DocumentError` for text that XML cannot hold.
    """
    origin = exported.origin
    if origin is None:
        return []
    now = object_values(exported.value)
    if now == origin.values:
        return []
    source, element = origin.source, origin.element
    places = {child.attributes.get("NAME", ""): child for child in element.children}
    patches: list[Patch] = []
    added: list[str] = []
    for known in properties_of(type(exported.value)):
        if now[known.attribute] == origin.values[known.attribute]:
            continue
        if known.name == "Sequence" and isinstance(exported.value, TaskSequencePackage):
            raise DocumentError(
                f"the sequence of package {exported.value.package_id} was set as text",
                hint="Edit the document's sequence (document.sequences); it is saved from there.",
            )
        place = places.get(known.name)
        written = place.child("VALUE") if place is not None else None
        value = now[known.attribute]
        is_plain = value is not None and not isinstance(value, (list, bytes))
        if written is not None and is_plain and cim_text(text := encode_cim(value)) == text:
            # Only the value: attributes, qualifiers and comments around it stay.
            patches += text_patches(source, written, known.name, text)
        elif known.name in places:
            patches.append(_replaced(exported, source, places[known.name], known.name))
        else:
            added.append(known.name)
    return patches + _added(exported, source, places, added)


def _replaced(exported: ExportedObject, source: Source, place: Element, name: str) -> Patch:
    indent = space_before(source.text, place.start).rpartition(b"\n")[2].decode("ascii")
    return Patch(place.start, place.end, _written(exported, source, name, indent))


def _written(exported: ExportedObject, source: Source, name: str, indent: str) -> bytes:
    return property_xml(exported, name, indent).replace("\r\n", source.line_end).encode("utf-8")


def _added(
    exported: ExportedObject, source: Source, places: dict[str, Element], added: list[str]
) -> list[Patch]:
    """Add properties at their places by name, and count them."""
    if not added:
        return []
    patches: list[Patch] = []
    inserted: dict[int, list[bytes]] = {}
    listed = [(name, place) for name, place in places.items() if not name.startswith("__")]
    for name in sorted(added, key=str.casefold):
        before = [place for other, place in listed if other.casefold() < name.casefold()]
        system = [place for other, place in places.items() if other.startswith("__")]
        neighbour = [*places.values(), *system, *before][-1]
        space = space_before(source.text, neighbour.start)
        indent = space.rpartition(b"\n")[2].decode("ascii")
        text = space + _written(exported, source, name, indent)
        inserted.setdefault(neighbour.end, []).append(text)
    patches += [Patch(end, end, b"".join(texts)) for end, texts in inserted.items()]
    count = places.get("__PROPERTY_COUNT")
    value = count.child("VALUE") if count is not None else None
    if value is not None and value.text.isdigit():
        number = str(int(value.text) + len(added))
        patches += text_patches(source, value, "__PROPERTY_COUNT", number)
    return patches
