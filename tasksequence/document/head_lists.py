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
from tasksequence.document.splice import Children, Patch, layout_inside
from tasksequence.model.action import ScriptedAction
from tasksequence.model.references import (
    Reference,
    enabled_steps,
    global_properties,
    references,
)
from tasksequence.model.sequence import TaskSequence
from tasksequence.wmi_property import Property

__all__ = ["head_patches"]


def head_patches(origin: Origin, sequence: TaskSequence, children: Children) -> list[Patch]:
    """Bring the lists up to date where the steps changed them since they were read."""
    refers_before, globals_before = origin.extra
    refers, global_values = references(sequence), global_properties(sequence)
    source, element = origin.source, origin.element
    patches: list[Patch] = []
    # MDT's sequences carry a name; they have no reference list, and global variables of their own.
    is_mdt = "name" in element.attributes
    layout = layout_inside(source, element)
    missing: list[bytes] = []
    lists = [child for child in element.children if child.tag == "referenceList"]
    if refers != refers_before:
        if lists:
            patches += _reference_patches(source, lists, refers_before, refers, sequence)
        elif not is_mdt:
            known = set(refers_before)
            missing += new_references([r for r in refers if r not in known], layout)
    global_lists = [child for child in element.children if child.tag == "globalVarList"]
    if global_values != globals_before:
        if global_lists:
            patches += _global_patches(source, global_lists, globals_before, global_values)
        elif not is_mdt:
            missing += new_globals(global_values, layout)
    place = children.place_of(lists[-1]) + 1 if lists else 0
    if missing:
        children.items[place:place] = missing
    return patches


def _reference_patches(
    source: Source,
    lists: Sequence[Element],
    old: Sequence[Reference],
    new: Sequence[Reference],
    sequence: TaskSequence,
) -> list[Patch]:
    before, now = set(old), set(new)
    gone = {r for r in before - now if not _is_mentioned(sequence, r.id)}
    listed: set[Reference] = set()
    edited = [Children(source, element) for element in lists]
    for element, children in zip(lists, edited, strict=True):
        going: list[Element] = []
        for child in element.children:
            found = _reference(child)
            if found in gone:
                going.append(child)
            elif found is not None:
                listed.add(found)
        if going:
            children.remove_all(going)
    edited[0].items.extend(new_reference(r) for r in new if r not in before and r not in listed)
    return [patch for children in edited for patch in children.patches()]


def _reference(element: Element) -> Reference | None:
    for kind in ("package", "application"):
        if kind in element.attributes:
            return Reference(kind, element.attributes[kind], element.attributes.get("program"))
    return None


def _is_mentioned(sequence: TaskSequence, identifier: str) -> bool:
    """Tell whether an enabled step of an unknown type speaks of a package or application."""
    return any(
        identifier in text
        for step in enabled_steps(sequence.steps)
        if isinstance(step, ScriptedAction)
        for text in (*step.variables.values(), step.command_line or "")
    )


def _global_patches(
    source: Source,
    lists: Sequence[Element],
    old: Sequence[tuple[Property, object]],
    new: Sequence[tuple[Property, object]],
) -> list[Patch]:
    before = {known.name: value for known, value in old}
    after = {known.name: value for known, value in new}
    patches: list[Patch] = []
    listed: set[str] = set()
    edited = [Children(source, element) for element in lists]
    for element, children in zip(lists, edited, strict=True):
        for child in element.children:
            name = child.attributes.get("property", "")
            if name in before and name not in after:
                children.remove(child)
            elif name in after:
                listed.add(name)
                if before.get(name) != after[name]:
                    patches += text_patches(source, child, name, global_text(after[name]))
    edited[0].items.extend(
        [
            new_global(known, value, source.line_end)
            for known, value in new
            if known.name not in before and known.name not in listed
        ]
    )
    return patches + [patch for children in edited for patch in children.patches()]
