"""The lists at the head of a sequence: what it refers to, and its global variables."""

from __future__ import annotations

from collections.abc import Sequence

from tasksequence.document.markup import (
    global_text,
    new_global,
    new_globals,
    new_reference,
    new_references,
)
from tasksequence.document.origin import Origin
from tasksequence.document.replacing import text_patches
from tasksequence.document.source import Element, Source
from tasksequence.document.splice import Patch, fill_childless, layout_inside, splice
from tasksequence.model.references import Reference, global_properties, references
from tasksequence.model.sequence import TaskSequence
from tasksequence.wmi import Property

__all__ = ["head_patches"]


def head_patches(origin: Origin, sequence: TaskSequence, new_parts: list[bytes]) -> list[Patch]:
    """Bring the lists up to date where the steps changed them since they were read.

    Lists for a sequence that had no child element at all are added to `new_parts`.
    """
    refers_before, globals_before = origin.extra
    refers, global_values = references(sequence), global_properties(sequence)
    patches: list[Patch] = []
    source, element = origin.source, origin.element
    listed = element.child("referenceList")
    if refers != refers_before and listed is not None:
        patches += _reference_patches(source, listed, refers_before, refers)
    globals_list = element.child("globalVarList")
    if global_values != globals_before and globals_list is not None:
        patches += _global_patches(source, globals_list, globals_before, global_values)
    missing: list[bytes] = []
    layout = layout_inside(source, element)
    if listed is None and refers and not refers_before and not _is_mdt(element):
        missing += new_references(refers, layout)
    if globals_list is None and global_values and not globals_before and not _is_mdt(element):
        missing += new_globals(global_values, layout)
    if missing and listed is not None:
        patches += splice(source, element, [listed], [listed, *missing])
    elif missing and not element.children:
        new_parts += missing
    elif missing:
        first = element.children[0]
        patches += splice(source, element, [first], [*missing, first])
    return patches


def _is_mdt(element: Element) -> bool:
    # MDT's sequences carry a name; they have no reference list, and global variables of their own.
    return "name" in element.attributes


def _reference_patches(
    source: Source, listed: Element, old: Sequence[Reference], new: Sequence[Reference]
) -> list[Patch]:
    present: dict[Reference, Element] = {}
    for child in listed.children:
        for kind in ("package", "application"):
            if kind in child.attributes and "program" not in child.attributes:
                present.setdefault(Reference(kind, child.attributes[kind]), child)
    gone = {id(present[r]) for r in old if r not in new and r in present}
    items: list[Element | bytes] = [c for c in listed.children if id(c) not in gone]
    items += [new_reference(r) for r in new if r not in old and r not in present]
    if not listed.children:
        texts = [item for item in items if isinstance(item, bytes)]
        return fill_childless(source, listed, texts) if texts else []
    return splice(source, listed, listed.children, items)


def _global_patches(
    source: Source,
    listed: Element,
    old: Sequence[tuple[Property, object]],
    new: Sequence[tuple[Property, object]],
) -> list[Patch]:
    present = {child.attributes.get("property", ""): child for child in listed.children}
    before = {known.name: value for known, value in old}
    after = {known.name: value for known, value in new}
    patches: list[Patch] = []
    added: list[bytes] = []
    for known, value in new:
        if before.get(known.name) == value:
            continue
        if known.name in present:
            patches += text_patches(source, present[known.name], known.name, global_text(value))
        else:
            added.append(new_global(known, value))
    gone = {id(present[name]) for name in before if name not in after and name in present}
    items: list[Element | bytes] = [c for c in listed.children if id(c) not in gone]
    if not listed.children:
        return patches + (fill_childless(source, listed, added) if added else [])
    return patches + splice(source, listed, listed.children, [*items, *added])
