"""From model objects to bytes: slices of the source where nothing changed, new text elsewhere."""

from __future__ import annotations

from operator import is_

from tasksequence.document.command_line import action_text
from tasksequence.document.construction import constructed
from tasksequence.document.head_lists import head_patches
from tasksequence.document.limits import Limits
from tasksequence.document.mapping import element_attributes
from tasksequence.document.markup import (
    check_tree,
    children_of,
    new_element,
    new_globals,
    new_markup,
    new_references,
    platform_key,
)
from tasksequence.document.origin import Origin, has_its_values, restored
from tasksequence.document.replacing import attribute_patches, escaped_text, text_patches
from tasksequence.document.secret_choice import SecretChoice, check_choice, chosen
from tasksequence.document.source import Element, Source
from tasksequence.document.splice import Children, Layout, Patch, apply, layout_inside, staying
from tasksequence.document.step_secrets import secret_places
from tasksequence.document.variable_lists import variable_patches
from tasksequence.errors import DocumentError
from tasksequence.model.action import ScriptedAction
from tasksequence.model.base import Step
from tasksequence.model.condition import ConditionExpression, OSExpressionGroup, UnknownOperand
from tasksequence.model.references import global_properties, references
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.wmi import WmiObject

__all__ = ["new_sequence", "sequence_bytes", "sequence_patches"]


def sequence_patches(sequence: TaskSequence, secrets: SecretChoice | None) -> list[Patch]:
    """Return what must change in the source of a sequence so that it says what the model says.

    Raises `DocumentError` for text that XML cannot hold, for lists that hold something else, and
    for secrets set in the model when there is no choice.
    """
    check_choice(secrets)
    home: Source = sequence._origin.source
    changed = _changed_values(sequence)
    if changed is None:
        check_tree(sequence, home.limits.depth)
        return _patches(chosen(sequence, secrets, home))
    # Every node stands where it was read: a secret was set only where a step holds one and changed.
    if any(isinstance(node, Step) and secret_places(node) for node in changed):
        written = chosen(sequence, secrets, home)
        if written is not sequence:
            return _patches(written)
    # Every node stands where it stood: only those with other values have something to change.
    patches: list[Patch] = []
    reaches_head = False
    for node in changed:
        origin: Origin = node._origin
        children = Children(origin.source, origin.element)
        before = restored(node, origin.values)
        patches += _own_patches(node, before, children) + children.patches()
        reaches_head = reaches_head or _reaches_head(before, node)
    if reaches_head:
        root: Origin = sequence._origin
        children = Children(root.source, root.element)
        patches += head_patches(root, sequence, children) + children.patches()
    return patches


def new_sequence(sequence: TaskSequence, layout: Layout, secrets: SecretChoice | None) -> bytes:
    """Return a `<sequence>` element written as a site writes it; raises as `sequence_patches`."""
    if not isinstance(sequence, TaskSequence):
        raise DocumentError(
            f"a {type(sequence).__name__} is no TaskSequence",
            hint="Put steps into one: ts.TaskSequence(steps=[…]).",
        )
    check_choice(secrets)
    check_tree(sequence, Limits().depth)
    sequence = chosen(sequence, secrets, None)
    parts = [
        *new_references(references(sequence), layout.deeper()),
        *new_globals(global_properties(sequence), layout.deeper()),
        *(_element(step, layout.deeper()) for step in sequence.steps),
    ]
    attributes = {}
    if sequence.schema_version is not None:
        attributes["version"] = sequence.schema_version
    if not parts:
        # A site writes an empty sequence with a blank, and other empty elements without.
        return new_markup("sequence", attributes, parts, layout)[:-2] + b" />"
    return new_markup("sequence", attributes, parts, layout)


def sequence_bytes(sequence: TaskSequence, secrets: SecretChoice | None) -> bytes:
    """Return the `<sequence>` element as it is now: its own bytes where it was read, else new ones.

    Raises as `sequence_patches`.
    """
    origin: Origin | None = sequence._origin
    if origin is None:
        return new_sequence(sequence, Layout("", ""), secrets)
    element = origin.element
    patches = sequence_patches(sequence, secrets)
    return apply(origin.source.text, element.start, element.end, patches)


def _element(node: WmiObject, layout: Layout) -> bytes:
    """Return the bytes of a node: its own where it has some, else new ones."""
    origin: Origin | None = node._origin
    if origin is None:
        return new_element(node, layout, _element)
    element = origin.element
    return apply(origin.source.text, element.start, element.end, _patches(node))


def _changed_values(root: WmiObject) -> list[WmiObject] | None:
    """Return the nodes that have other values than were read; None where nodes came or went."""
    changed: list[WmiObject] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if not _has_its_nodes(node):
            return None
        if not has_its_values(node):
            changed.append(node)
        origin: Origin = node._origin
        pending += origin.children
        if origin.condition is not None:
            pending.append(origin.condition)
    return changed


def _reaches_head(before: WmiObject, now: WmiObject) -> bool:
    """Tell whether a change of a step's values can change the lists at the head of a sequence."""
    if not isinstance(now, Step):
        return False
    assert isinstance(before, Step)
    if before.enabled != now.enabled or isinstance(now, ScriptedAction):
        return True
    if isinstance(now, Group):
        return False
    then, after = (constructed(TaskSequence, {"steps": [s]}, [])[0] for s in (before, now))
    return bool(
        references(then) != references(after) or global_properties(then) != global_properties(after)
    )


def _has_its_nodes(node: WmiObject) -> bool:
    """Tell whether a node has the very steps or operands, and the condition, it was read with."""
    origin: Origin = node._origin
    now, then = children_of(node), origin.children
    if len(now) != len(then) or not all(map(is_, now, then)):
        return False
    return not isinstance(node, Step) or node.condition is origin.condition


def _patches(node: WmiObject) -> list[Patch]:
    """Return what must change in a node's own bytes so that they say what the node says."""
    origin: Origin = node._origin
    source, element = origin.source, origin.element
    children = Children(source, element)
    patches: list[Patch] = []
    if not has_its_values(node):
        patches += _own_patches(node, restored(node, origin.values), children)
    if isinstance(node, TaskSequence):
        patches += head_patches(origin, node, children)
    if isinstance(node, Step):
        patches += _condition_patches(origin, node, children)
    patches += _child_patches(origin, node, children)
    return patches + children.patches()


def _own_patches(node: WmiObject, before: WmiObject, children: Children) -> list[Patch]:
    """Return what must change for the node's own values, those of its children apart."""
    origin: Origin = node._origin
    source, element = origin.source, origin.element
    patches = _attribute_patches(source, element, before, node)
    if isinstance(node, Step) and not isinstance(node, Group):
        assert isinstance(before, Step)
        patches += variable_patches(source, element, before, node, children)
        patches += _action_patches(source, element, before, node, children)
    elif isinstance(node, (ConditionExpression, UnknownOperand)):
        patches += variable_patches(source, element, before, node, children)
    if isinstance(node, OSExpressionGroup):
        patches += _platform_key_patches(source, element, before, node, children)
    return patches


def _child_patches(origin: Origin, node: WmiObject, children: Children) -> list[Patch]:
    now = children_of(node)
    patches: list[Patch] = []
    if len(now) == len(origin.children) and all(map(is_, now, origin.children)):
        for child in now:
            patches += _patches(child)
        return patches
    layout = layout_inside(origin.source, origin.element)
    old_place = {id(child): place for place, child in enumerate(origin.children)}
    # Bytes that a child brought from its old place stand there no longer: pop, so that a step
    # that is listed twice stays once and is copied once.
    kept = staying([old_place.pop(id(child), None) for child in now])
    wanted: list[Element | bytes] = []
    for place, child in enumerate(now):
        if place in kept:
            patches += _patches(child)
            wanted.append(child._origin.element)
        else:
            wanted.append(_element(child, layout))
    children.arrange([child._origin.element for child in origin.children], wanted)
    return patches


def _condition_patches(origin: Origin, step: Step, children: Children) -> list[Patch]:
    source, element = origin.source, origin.element
    old, now = origin.condition, step.condition
    if now is old:
        return [] if now is None else _patches(now)
    if now is None:
        # Also the second and third: the first of them counts, and none is to be left to count.
        for child in element.children:
            if child.tag == "condition":
                children.remove(child)
        return []
    text = _element(now, layout_inside(source, element))
    if old is not None:
        children.swap(old._origin.element, text)
    else:
        children.items.insert(0, text)
    return []


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
    source: Source, element: Element, before: WmiObject, now: WmiObject, children: Children
) -> list[Patch]:
    key = element.child("platformKey")
    old, new = platform_key(before), platform_key(now)
    if old == new:
        return []
    if key is None:
        children.items.insert(0, new_markup("platformKey", new, [], layout_inside(source, element)))
        return []
    return attribute_patches(source, key, old, new)


def _action_patches(
    source: Source, element: Element, before: Step, now: Step, children: Children
) -> list[Patch]:
    old, new = action_text(before), action_text(now)
    if old == new:
        return []
    action = element.child("action")
    if action is None:
        if new is not None and isinstance(now, ScriptedAction):
            text = escaped_text(source, element, "action", new)
            children.items.append(f"<action>{text}</action>".encode())
        return []
    if not isinstance(now, ScriptedAction) and action.text != old:
        # The file runs something else than the class says (MDT's scripts): not ours to change.
        return []
    if new is None:
        children.remove(action)
        return []
    return text_patches(source, action, "action", new)
