"""From model objects to bytes: slices of the source where nothing changed, new text elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from tasksequence.document.mapping import (
    PLATFORM_KEYS,
    SUB_SEQUENCE_TYPE,
    VariableText,
    action_text,
    element_attributes,
    step_variables,
)
from tasksequence.document.origin import Origin, restored, snapshot
from tasksequence.document.reader import unknown_key, variable_elements, variable_key
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
from tasksequence.document.tokens import StartTag, escape_attribute, escape_text
from tasksequence.document.values import encode
from tasksequence.errors import DocumentError
from tasksequence.model.action import Action, UnknownAction
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    Condition,
    ConditionOperator,
    OSConditionGroup,
    OSExpressionGroup,
    UnknownOperand,
)
from tasksequence.model.references import Reference, global_properties, references
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.wmi import Property, WmiObject

__all__ = ["new_sequence", "sequence_patches"]


def sequence_patches(sequence: TaskSequence) -> list[Patch]:
    """Return what must change in the source of a sequence so that it says what the model says.

    Raises `DocumentError` for text that XML cannot hold.
    """
    return _patches(sequence)


def new_sequence(sequence: TaskSequence, layout: Layout) -> bytes:
    """Return a `<sequence>` element written as a site writes it; raises as `sequence_patches`."""
    parts = [
        *_new_references(references(sequence), layout.deeper()),
        *_new_globals(global_properties(sequence), layout.deeper()),
        *(_element(step, layout.deeper()) for step in sequence.steps),
    ]
    attributes = {}
    if sequence.schema_version is not None:
        attributes["version"] = sequence.schema_version
    return _new("sequence", attributes, parts, layout)


def _children(node: WmiObject) -> Sequence[WmiObject]:
    if isinstance(node, (Group, TaskSequence)):
        return node.steps
    if isinstance(node, (Condition, ConditionOperator)):
        return node.operands
    return ()


def _element(node: WmiObject, layout: Layout) -> bytes:
    """Return the bytes of a node: its own where it has some, else new ones."""
    origin: Origin | None = node._origin
    if origin is None:
        return _new_element(node, layout)
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
        if isinstance(node, Action):
            assert isinstance(before, Action)
            patches += _action_patches(source, element, before, node)
        if isinstance(node, OSExpressionGroup):
            patches += _platform_key_patches(source, element, before, node)
    if isinstance(node, TaskSequence):
        patches += _sequence_patches(origin, node)
    new_parts: list[bytes] = []
    if isinstance(node, Step):
        patches += _condition_patches(origin, node, new_parts)
    patches += _child_patches(origin, node, new_parts)
    if new_parts:
        patches += fill_childless(source, element, new_parts)
    return patches


def _child_patches(origin: Origin, node: WmiObject, new_parts: list[bytes]) -> list[Patch]:
    source, element = origin.source, origin.element
    now = _children(node)
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
    return _changed_attributes(source, element, old, new)


def _changed_attributes(
    source: Source, element: Element, old: dict[str, str], new: dict[str, str]
) -> list[Patch]:
    if old == new:
        return []
    tag = StartTag(source.text, element.start)
    patches: list[Patch] = []
    inserted: dict[int, list[str]] = {}
    order = list(new)
    for name, text in new.items():
        if old.get(name) == text:
            continue
        span = tag.attributes.get(name)
        if span is not None:
            value = _escaped_attribute(source, element, name, text, span.quote)
            patches.append(Patch(span.value_start, span.value_end, value.encode("utf-8")))
            continue
        earlier = [tag.attributes[n].end for n in order[: order.index(name)] if n in tag.attributes]
        value = _escaped_attribute(source, element, name, text, '"')
        inserted.setdefault(max(earlier, default=tag.name_end), []).append(f' {name}="{value}"')
    for name in old.keys() - new.keys():
        span = tag.attributes.get(name)
        if span is None:
            continue
        if f'{name}="false"'.encode() in source.text:
            # A file that writes false out elsewhere (MDT) gets it here too.
            patches.append(Patch(span.value_start, span.value_end, b"false"))
        else:
            patches.append(Patch(span.start, span.end, b""))
    for position, parts in inserted.items():
        patches.append(Patch(position, position, "".join(parts).encode("utf-8")))
    return patches


def _platform_key_patches(
    source: Source, element: Element, before: WmiObject, now: WmiObject
) -> list[Patch]:
    key = element.child("platformKey")
    old, new = _platform_key(before), _platform_key(now)
    if key is None or old == new:
        return []
    return _changed_attributes(source, key, old, new)


def _platform_key(node: WmiObject) -> dict[str, str]:
    found = ((xml_name, getattr(node, attribute)) for xml_name, attribute in PLATFORM_KEYS.items())
    return {xml_name: value for xml_name, value in found if value is not None}


def _action_patches(source: Source, element: Element, before: Action, now: Action) -> list[Patch]:
    old, new = action_text(before), action_text(now)
    if old == new:
        return []
    action = element.child("action")
    if action is None:
        if new is None or not isinstance(now, UnknownAction):
            return []
        text = f"<action>{_escaped_text(source, element, 'action', new)}</action>".encode()
        if not element.children:
            return fill_childless(source, element, [text])
        last = element.children[-1]
        return splice(source, element, [last], [last, text])
    if not isinstance(now, UnknownAction) and action.text != old:
        # The file runs something else than the class says (MDT's scripts): not ours to change.
        return []
    if new is None:
        return splice(source, element, [action], [])
    return _text_patches(source, action, "action", new)


def _text_patches(source: Source, element: Element, what: str, text: str) -> list[Patch]:
    escaped = _escaped_text(source, element, what, text).encode("utf-8")
    tag = StartTag(source.text, element.start)
    if element.is_empty_tag:
        end_tag = b"</" + element.tag.encode("utf-8") + b">"
        return [Patch(tag.attributes_end, element.end, b">" + escaped + end_tag)]
    return [Patch(tag.end, element.close, escaped)]


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
            patches += _text_patches(source, present[key], key, wanted.text)
        else:
            added.append(key)
    gone = [present[key] for key in old.keys() - new.keys() if key in present]
    is_step = isinstance(now, Step)
    container = element.child("defaultVarList") if is_step else element
    if container is None:
        texts = [_new_variable(key, new[key], is_step).encode("utf-8") for key in added]
        return patches + _new_list(source, element, texts)
    order = list(new)
    items: list[Element | bytes] = [c for c in container.children if c not in gone]
    for key in added:
        text = _new_variable(key, new[key], is_step).encode("utf-8")
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


def _sequence_patches(origin: Origin, sequence: TaskSequence) -> list[Patch]:
    """Bring the lists at the head of a sequence up to date, where the steps changed them."""
    old_references, old_globals = origin.extra
    new_references, new_globals = references(sequence), global_properties(sequence)
    patches: list[Patch] = []
    element = origin.element
    listed = element.child("referenceList")
    if new_references != old_references and listed is not None:
        patches += _reference_patches(origin.source, listed, old_references, new_references)
    globals_list = element.child("globalVarList")
    if new_globals != old_globals and globals_list is not None:
        patches += _global_patches(origin.source, globals_list, old_globals, new_globals)
    missing: list[bytes] = []
    layout = layout_inside(origin.source, element)
    if listed is None and new_references and not old_references and not _is_mdt(element):
        missing += _new_references(new_references, layout)
    if globals_list is None and new_globals and not old_globals and not _is_mdt(element):
        missing += _new_globals(new_globals, layout)
    if missing and element.children:
        head = listed if listed is not None else None
        first = element.children[0]
        if head is not None:
            patches += splice(origin.source, element, [head], [head, *missing])
        else:
            patches += splice(origin.source, element, [first], [*missing, first])
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
    items += [_new_reference(r) for r in new if r not in old and r not in present]
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
            patches += _text_patches(source, present[known.name], known.name, _global_text(value))
        else:
            added.append(_new_global(known, value))
    gone = {id(present[name]) for name in before if name not in after and name in present}
    items: list[Element | bytes] = [c for c in listed.children if id(c) not in gone]
    if not listed.children:
        return patches + (fill_childless(source, listed, added) if added else [])
    return patches + splice(source, listed, listed.children, [*items, *added])


def _new_element(node: WmiObject, layout: Layout) -> bytes:
    inner = layout.deeper()
    parts: list[bytes] = []
    if isinstance(node, Step) and node.condition is not None:
        parts.append(_element(node.condition, inner))
    if isinstance(node, Action):
        tag = "step"
        if isinstance(node, UnknownAction) and node.type == SUB_SEQUENCE_TYPE:
            tag = "subtasksequence"
        text = action_text(node)
        if text is not None:
            parts.append(f"<action>{_checked_text(node, 'action', text)}</action>".encode())
        variables = [
            _new_variable(key, variable, True).encode("utf-8")
            for key, variable in step_variables(node).items()
        ]
        parts.append(_new("defaultVarList", {}, variables, inner))
        return _new(tag, element_attributes(node), parts, layout)
    if isinstance(node, Group):
        tag = "group"
    elif isinstance(node, Condition):
        tag = "condition"
    elif isinstance(node, OSConditionGroup):
        tag = "osConditionGroup"
    elif isinstance(node, OSExpressionGroup):
        tag = "osExpressionGroup"
        parts.append(_new("platformKey", _platform_key(node), [], inner))
    elif isinstance(node, ConditionOperator):
        tag = "operator"
    else:
        tag = "expression"
        parts += [
            _new_variable(key, variable, False).encode("utf-8")
            for key, variable in step_variables(node).items()
        ]
    parts += [_element(child, inner) for child in _children(node)]
    return _new(tag, element_attributes(node), parts, layout)


def _new(tag: str, attributes: dict[str, str], parts: Sequence[bytes], layout: Layout) -> bytes:
    start = tag
    for name, value in attributes.items():
        try:
            start += f' {name}="{escape_attribute(value)}"'
        except ValueError as error:
            raise DocumentError(f"the {name} of a new <{tag}> cannot be written: {error}") from None
    if not parts:
        return f"<{start}/>".encode()
    before = layout.deeper().before.encode("ascii")
    inside = b"".join(before + part for part in parts)
    return b"".join(
        [f"<{start}>".encode(), inside, layout.before.encode("ascii"), f"</{tag}>".encode()]
    )


def _new_variable(key: str, variable: VariableText, is_step: bool) -> str:
    try:
        text = escape_text(variable.text)
        if not is_step:
            return f'<variable name="{escape_attribute(key)}">{text}</variable>'
        hidden = ' hidden="true"' if variable.hidden else ""
        name = escape_attribute(variable.name)
        return (
            f'<variable name="{name}" property="{escape_attribute(key)}"{hidden}>{text}</variable>'
        )
    except ValueError as error:
        raise DocumentError(f"the value of {key} cannot be written: {error}") from None


def _new_references(found: Sequence[Reference], layout: Layout) -> list[bytes]:
    if not found:
        return []
    return [_new("referenceList", {}, [_new_reference(r) for r in found], layout)]


def _new_reference(reference: Reference) -> bytes:
    return f'<reference {reference.kind}="{escape_attribute(reference.id)}"/>'.encode()


def _new_globals(found: Sequence[tuple[Property, object]], layout: Layout) -> list[bytes]:
    if not found:
        return []
    return [
        _new("globalVarList", {}, [_new_global(known, value) for known, value in found], layout)
    ]


def _new_global(known: Property, value: object) -> bytes:
    variable = VariableText(known.variable, _global_text(value), False)
    return _new_variable(known.name, variable, True).encode("utf-8")


def _global_text(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], WmiObject):
        return str(len(value))
    return encode(value)


def _checked_text(node: Step, what: str, text: str) -> str:
    try:
        return escape_text(text)
    except ValueError as error:
        raise DocumentError(
            f"the {what} of step {node.name!r} cannot be written: {error}"
        ) from None


def _escaped_text(source: Source, element: Element, what: str, text: str) -> str:
    try:
        return escape_text(text)
    except ValueError as error:
        raise _unwritable(source, element, what, error) from None


def _escaped_attribute(source: Source, element: Element, what: str, text: str, quote: str) -> str:
    try:
        return escape_attribute(text, quote)
    except ValueError as error:
        raise _unwritable(source, element, what, error) from None


def _unwritable(source: Source, element: Element, what: str, error: ValueError) -> DocumentError:
    return DocumentError(
        f"the new value of {what} cannot be written: {error}",
        path=source.name or "<bytes>",
        line=source.line_of(element.start),
    )
