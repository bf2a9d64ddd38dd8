"""What a model object remembers of the place where it was read."""

from __future__ import annotations

import copy
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from tasksequence.document.construction import frozen_value, snapshot_names
from tasksequence.document.source import Element, Source
from tasksequence.wmi import WmiObject, attribute_names, per_class, set_origin

__all__ = ["Origin", "has_its_values", "restored", "snapshot"]


class Origin:
    """An element of a source, and what the object that was made of it said then."""

    __slots__ = ("children", "condition", "element", "extra", "source", "values")

    def __init__(
        self,
        source: Source,
        element: Element,
        values: tuple[Any, ...],
        children: tuple[WmiObject, ...] = (),
        condition: WmiObject | None = None,
        extra: Any = None,
    ) -> None:
        self.source = source
        self.element = element
        self.values = values
        self.children = children
        self.condition = condition
        self.extra = extra

    def __deepcopy__(self, memo: dict[int, Any]) -> Origin:
        twin = object.__new__(Origin)
        twin.source = self.source
        twin.element = self.element
        twin.values = self.values
        twin.children = copy.deepcopy(self.children, memo)
        twin.condition = copy.deepcopy(self.condition, memo)
        twin.extra = self.extra
        return twin


def snapshot(node: WmiObject) -> tuple[Any, ...]:
    """Return the node's own values, without its children, safe from later edits in place."""
    return tuple([frozen_value(getattr(node, name)) for name in snapshot_names(type(node))])


def has_its_values(node: WmiObject) -> bool:
    """Tell whether the node's own values are those that were read."""
    values = node._origin.values
    # Compared as they are, which is fast; lists and mappings are frozen in a snapshot.
    return bool(_values(type(node))(node) == values) or snapshot(node) == values


@per_class
def _values(cls: type[WmiObject]) -> Callable[[WmiObject], Any]:
    names = snapshot_names(cls)
    if len(names) < 2:
        return snapshot
    return attrgetter(*names)


def restored(node: WmiObject, values: tuple[Any, ...]) -> WmiObject:
    """Return an object like `node` with the values of a snapshot and without children."""
    twin = object.__new__(type(node))
    for name in attribute_names(type(node)):
        object.__setattr__(twin, name, None)
    for name, value in zip(snapshot_names(type(node)), values, strict=True):
        object.__setattr__(twin, name, list(value) if isinstance(value, tuple) else value)
    set_origin(twin, None)
    return twin
