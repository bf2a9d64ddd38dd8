"""From model objects to bytes: slices of the source where nothing changed, new text elsewhere."""

from __future__ import annotations

from tasksequence.document.command_line import action_text
from tasksequence.document.head_lists import head_patches
from tasksequence.document.mapping import element_attributes, step_variables
from tasksequence.document.markup import (
    children_of,
    new_element,
    new_globals,
    new_markup,
    new_references,
    new_variable,
    platform_key,
)
from tasksequence.document.origin import Origin, restored, snapshot
from tasksequence.document.reader import unknown_key, variable_elements, variable_key
from tasksequence.document.replacing import attribute_patches, escaped_text, text_patches
from tasksequence.document.source import Element, Source
from tasksequence.document.splice import (
    Layout,
    Patch,
    apply,
    fill_childless,
    layout_inside,
    splice,
    staying,
)
from tasksequence.model.action import UnknownAction
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    Condition,
    ConditionOperator,
    OSExpressionGroup,
    UnknownOperand,
)
from tasksequence.model.references import global_properties, references
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.wmi import WmiObject

__all__ = ["new_sequence", "sequence_patches"]


def sequence_patches(sequence: TaskSequence) -> list[Patch]:
    """Return what must change in the source of a sequence so that it says what the model says.

    Raises `DocumentError` for text that XML cannot hold.
    """
    return _patches(sequence)


def new_sequence(sequence: TaskSequence, layout: Layout) -> bytes:
    """Return a `<sequence>` element written as a site writes it; raises as `sequence_patches`."""
    parts = [
        *new_references(references(sequence), layout.deeper()),
        *new_globals(global_properties(sequence), layout.deeper()),
        *(_element(step, layout.deeper()) for step in sequence.steps),
    ]
    attributes = {}
    if sequence.schema_version is not None:
        attributes["version"] = sequence.schema_version
    return new_markup("sequence", attributes, parts, layout)


def _element(node: WmiObject, layout: Layout) -> bytes:
    """Return the bytes of a node: its own where it has some, else new ones."""
    origin: Origin | None = node._origin
    if origin is None:
        return new_element(node, layout, _element)
    element = origin.element
    return apply(origin.source.text, element.start, element.end, _patches(node))


def _patches(node: WmiObject) -> list[Patch]:
    """Return what must change in a node's own bytes so that they say what the node says."""
    origin: Origin = node._origin
    source, element = origin.source, origin.element
    patches: list[Patch] = []
    if snapshot(node) != origin.values:
        before = restored(node, origin.values)
        patches += _attribute_patches(source, element, before, node)
        patches += _variable_patches(source, element, before, node)
        if isinstance(node, Step) and not isinstance(node, Group):
            assert isinstance(before, Step)
            patches += _action_patches(source, element, before, node)
        if isinstance(node, OSExpressionGroup):
            patches += _platform_key_patches(source, element, before, node)
    new_parts: list[bytes] = []
    if isinstance(node, TaskSequence):
        patches += head_patches(origin, node, new_parts)
    if isinstance(node, Step):
        patches += _condition_patches(origin, node, new_parts)
    patches += _child_patches(origin, node, new_parts)
    if new_parts:
        patches += fill_childless(source, element, new_parts)
    return patches


def _child_patches(origin: Origin, node: WmiObject, new_parts: list[bytes]) -> list[Patch]:
    source, element = origin.source, origin.element
    now = children_of(node)
    patches: list[Patch] = []
    unchanged = len(now) == len(origin.children) and all(
        a is b for a, b in zip(now, origin.children, strict=True)
    )
    if unchanged:
        for child in now:
            patches += _patches(child)
        return patches
    layout = layout_inside(source, element)
    if not element.children:
        new_parts += [_element(child, layout) for child in now]
        return patches
    old_place = {id(child): place for place, child in enumerate(origin.children)}
    # Bytes that a child brought from its old place stand there no longer: pop, so that a step
    # that is listed twice stays once and is copied once.
    order = [old_place.pop(id(child), None) for child in now]
    kept = staying(order)
    wanted: list[Element | bytes] = []
    for place, child in enumerate(now):
        if place in kept:
            patches += _patches(child)
            wanted.append(child._origin.element)
        else:
            wanted.append(_element(child, layout))
    old = [child._origin.element for child in origin.children]
    return patches + splice(source, element, old, wanted)


def _condition_patches(origin: Origin, step: Step, new_parts: list[bytes]) -> list[Patch]:
    source, element = origin.source, origin.element
    old, now = origin.condition, step.condition
    if now is old:
        return [] if now is None else _patches(now)
    if old is not None:
        old_element: Element = old._origin.element
        if now is None:
            return splice(source, element, [old_element], [])
        text = _element(now, layout_inside(source, element))
        return [Patch(old_element.start, old_element.end, text)]
    assert now is not None
    text = _element(now, layout_inside(source, element))
    if not element.children:
        new_parts.append(text)
        return []
    first = element.children[0]
    return splice(source, element, [first], [text, first])


def _attribute_patches(
    source: Source, element: Element, before: WmiObject, now: WmiObject
) -> list[Patch]:
    if isinstance(now, TaskSequence):
        assert isinstance(before, TaskSequence)
        old = {} if before.schema_version is None else {"version": before.schema_version}
        new = {} if now.schema_version is None else {"version": now.schema_version}
    else:
        old, new = element_attributes(before), element_attributes(now)
    return attribute_patches(source, element, old, new)


def _platform_key_patches(
    source: Source, element: Element, before: WmiObject, now: WmiObject
) -> list[Patch]:
    key = element.child("platformKey")
    old, new = platform_key(before), platform_key(now)
    if key is None or old == new:
        return []
    return attribute_patches(source, key, old, new)


def _action_patches(source: Source, element: Element, before: Step, now: Step) -> list[Patch]:
    old, new = action_text(before), action_text(now)
    if old == new:
        return []
    action = element.child("action")
    if action is None:
        if new is None or not isinstance(now, UnknownAction):
            return []
        text = f"<action>{escaped_text(source, element, 'action', new)}</action>".encode()
        if not element.children:
            return fill_childless(source, element, [text])
        last = element.children[-1]
        return splice(source, element, [last], [last, text])
    if not isinstance(now, UnknownAction) and action.text != old:
        # The file runs something else than the class says (MDT's scripts): not ours to change.
        return []
    if new is None:
        return splice(source, element, [action], [])
    return text_patches(source, action, "action", new)


def _variable_patches(
    source: Source, element: Element, before: WmiObject, now: WmiObject
) -> list[Patch]:
    if isinstance(now, (TaskSequence, Group, Condition, ConditionOperator)):
        return []
    old, new = step_variables(before), step_variables(now)
    if old == new:
        return []
    unknown = isinstance(now, (UnknownAction, UnknownOperand))
    present: dict[str, Element] = {}
    for variable in variable_elements(element):
        key = unknown_key(variable) if unknown else variable_key(type(now), variable)
        if key is not None:
            present.setdefault(key, variable)
    patches: list[Patch] = []
    added: list[str] = []
    for key, wanted in new.items():
        was = old.get(key)
        if was is not None and was.text == wanted.text:
            continue
        if key in present:
            patches += text_patches(source, present[key], key, wanted.text)
        else:
            added.append(key)
    gone = [present[key] for key in old.keys() - new.keys() if key in present]
    is_step = isinstance(now, Step)
    container = element.child("defaultVarList") if is_step else element
    if container is None:
        texts = [new_variable(key, new[key], is_step).encode("utf-8") for key in added]
        return patches + _new_list(source, element, texts)
    order = list(new)
    items: list[Element | bytes] = [c for c in container.children if c not in gone]
    for key in added:
        text = new_variable(key, new[key], is_step).encode("utf-8")
        place = _place(items, present, order, key)
        items.insert(place, text)
    if not container.children:
        texts = [item for item in items if isinstance(item, bytes)]
        return patches + (fill_childless(source, container, texts) if texts else [])
    return patches + splice(source, container, container.children, items)


def _place(
    items: list[Element | bytes], present: dict[str, Element], order: list[str], key: str
) -> int:
    """Return where a new variable belongs: behind the nearest earlier one that is there."""
    for earlier in reversed(order[: order.index(key)]):
        for index, item in enumerate(items):
            if isinstance(item, Element):
                if item is present.get(earlier):
                    return index + 1
            elif f'property="{earlier}"'.encode() in item or f'name="{earlier}"'.encode() in item:
                return index + 1
    return 0


def _new_list(source: Source, element: Element, texts: list[bytes]) -> list[Patch]:
    if not texts:
        return []
    layout = layout_inside(source, element)
    inner = layout.deeper().before.encode("ascii")
    whole = b"".join(
        [
            b"<defaultVarList>",
            *(inner + text for text in texts),
            layout.before.encode("ascii"),
            b"</defaultVarList>",
        ]
    )
    if not element.children:
        return fill_childless(source, element, [whole])
    last = element.children[-1]
    return splice(source, element, [last], [last, whole])
