"""The variables of a step or expression: changing, adding and removing them in their lists."""

from __future__ import annotations

from collections.abc import Callable

from tasksequence.document.mapping import VariableText, step_variables, variable_properties
from tasksequence.document.markup import new_variable
from tasksequence.document.replacing import text_patches
from tasksequence.document.source import Element, Source
from tasksequence.document.splice import Children, Patch, layout_inside
from tasksequence.document.tokens import StartTag
from tasksequence.document.variable_keys import unknown_key, variable_elements, variable_key
from tasksequence.model.action import ScriptedAction
from tasksequence.model.base import Step
from tasksequence.model.condition import UnknownOperand
from tasksequence.wmi import WmiObject

__all__ = ["blank_variable_patches", "variable_patches"]


def variable_patches(
    source: Source, element: Element, before: WmiObject, now: WmiObject, children: Children
) -> list[Patch]:
    """Turn the variables that an element carries into those of `now`, touching what differs.

    The first of several variables of one property counts, so it is changed; all of them go when
    the property has no value any more.
    """
    old, new = step_variables(before), step_variables(now)
    if old == new:
        return []
    present = _present(element, now)
    rewritten = _odd_arrays(now, present, old, new)
    patches: list[Patch] = []
    added: list[str] = []
    for key, wanted in new.items():
        was = old.get(key)
        if key in rewritten:
            added.append(key)
        elif was is None or was.text != wanted.text:
            if key in present:
                patches += text_patches(source, present[key][0][1], key, wanted.text)
            else:
                added.append(key)
    lists = _Lists(source, element, children, is_step=isinstance(now, Step))
    for key, places in present.items():
        if key in rewritten or (key in old and key not in new):
            for container, variable in places:
                lists.remove(container, variable)
    lists.add(added, new, {key: places[0][1] for key, places in present.items()})
    return patches + lists.patches()


def _present(element: Element, node: WmiObject) -> dict[str, list[tuple[Element, Element]]]:
    """Return the variables of each key, each with the element that it stands in."""
    takes_any = isinstance(node, (ScriptedAction, UnknownOperand))
    found: dict[str, list[tuple[Element, Element]]] = {}
    for container, variable in variable_elements(element):
        key = variable_key(type(node), variable)
        if key is None and takes_any:
            key = unknown_key(variable)
        if key is not None:
            found.setdefault(key, []).append((container, variable))
    return found


def _odd_arrays(
    node: WmiObject,
    present: dict[str, list[tuple[Element, Element]]],
    old: dict[str, VariableText],
    new: dict[str, VariableText],
) -> set[str]:
    """Return the keys of changed arrays whose indexes in the file are not 0, 1, 2, …

    Such an array cannot be changed member by member: it is written anew.
    """
    keys: set[str] = set()
    for known in variable_properties(type(node)):
        if known.item_class is None:
            continue

        def belongs(key: str, name: str = known.name) -> bool:
            return key == name or (key.startswith(name) and key[len(name)].isdigit())

        in_file = {key for key in present if belongs(key)}
        then = {key: text for key, text in old.items() if belongs(key)}
        now = {key: text for key, text in new.items() if belongs(key)}
        if then != now and in_file - {known.name} != then.keys() - {known.name}:
            keys |= in_file | now.keys()
    return keys


class _Lists:
    """The lists that hold an element's variables; those of an expression are its own children."""

    def __init__(
        self, source: Source, element: Element, children: Children, *, is_step: bool
    ) -> None:
        self._source = source
        self._element = element
        self._own = children
        self._is_step = is_step
        self._changed: dict[int, Children] = {}

    def remove(self, container: Element, variable: Element) -> None:
        self._of(container).remove(variable)

    def add(
        self, keys: list[str], new: dict[str, VariableText], present: dict[str, Element]
    ) -> None:
        """Add variables, each behind the nearest earlier one that is there."""
        if not keys:
            return
        line_end = self._source.line_end
        texts = {
            key: new_variable(key, new[key], self._is_step, line_end).encode("utf-8")
            for key in keys
        }
        container = self._element.child("defaultVarList") if self._is_step else self._element
        if container is None:
            self._own.items.append(self._new_list(list(texts.values())))
            return
        items = self._of(container).items
        order = list(new)
        for key in keys:
            place = 0
            for earlier in reversed(order[: order.index(key)]):
                mark = texts.get(earlier) or present.get(earlier)
                at = next((at for at, item in enumerate(items) if item is mark), None)
                if mark is not None and at is not None:
                    place = at + 1
                    break
            items.insert(place, texts[key])

    def patches(self) -> list[Patch]:
        return [patch for children in self._changed.values() for patch in children.patches()]

    def _of(self, container: Element) -> Children:
        if container is self._element:
            return self._own
        if id(container) not in self._changed:
            self._changed[id(container)] = Children(self._source, container)
        return self._changed[id(container)]

    def _new_list(self, texts: list[bytes]) -> bytes:
        layout = layout_inside(self._source, self._element)
        inner = layout.deeper().before.encode("ascii")
        inside = b"".join(inner + text for text in texts)
        return b"".join(
            [b"<defaultVarList>", inside, layout.before.encode("ascii"), b"</defaultVarList>"]
        )


def blank_variable_patches(source: Source, is_secret: Callable[[str, str], bool]) -> list[Patch]:
    """Return the patches that empty the variables with secret names, wherever they stand."""
    patches: list[Patch] = []
    pending = [source.root]
    while pending:
        element = pending.pop()
        pending += element.children
        if element.tag != "variable" or element.is_empty_tag:
            continue
        names = element.attributes.get("name", ""), element.attributes.get("property", "")
        if is_secret(*names):
            content = StartTag(source.text, element.start).end
            if content < element.close:
                patches.append(Patch(content, element.close, b""))
                # What stands inside goes with it.
                del pending[len(pending) - len(element.children) :]
    return patches
