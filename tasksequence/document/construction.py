"""Making model objects of values that were read: as their class does it, and faster.

The class's own constructor checks every value anew. Task sequences repeat the same few values
thousands of times, so here what a property says of a value is remembered.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import attrs

from tasksequence.errors import Problem
from tasksequence.wmi import (
    WmiObject,
    arguments_of,
    attribute_names,
    can_break_combinations,
    per_class,
    reading,
    set_origin,
)
from tasksequence.wmi_property import Property

__all__ = ["Snapshot", "constructed", "frozen_value", "snapshot_names"]

_CHILDREN = frozenset({"steps", "operands", "condition"})
_MISSING = object()
# Enough for the values that repeat; what is longer or rarer is checked each time.
_MOST_REMEMBERED = 4096
_LONGEST_REMEMBERED = 80

_new = object.__new__
Snapshot = tuple[Any, ...]


class _Slot(NamedTuple):
    """One attribute of a class: the first six as in `tasksequence.wmi.Argument`."""

    attribute: str
    store: Callable[[Any, Any], None]
    default: Any
    factory: Callable[[], Any] | None
    convert: Callable[..., Any] | None
    known: Property | None
    is_value: bool
    """False for children, which are no part of a snapshot."""
    remembers: type | None
    """The type of values that are worth remembering; True and 1 are one key, so only one type."""
    of_none: tuple[Problem, ...]
    remembered: dict[Any, tuple[Problem, ...]]


class _Plan(NamedTuple):
    slots: tuple[_Slot, ...]
    has_combinations: bool


def constructed(  # noqa: PLR0912 - one flat loop: loading spends its time here
    cls: type[Any], values: Mapping[str, Any], problems: list[Problem]
) -> tuple[Any, Snapshot]:
    """Return an object with these values, and a snapshot of them without its children.

    Rules that the values break are added to `problems`, as within `tasksequence.wmi.reading`.
    """
    plan = _plan(cls)
    if plan is None:
        return _by_its_class(cls, values, problems)
    made = _new(cls)
    set_origin(made, None)
    kept: list[Any] = []
    keep, value_of = kept.append, values.get
    for (
        attribute,
        store,
        default,
        factory,
        convert,
        known,
        is_value,
        remembers,
        of_none,
        remembered,
    ) in plan.slots:
        value = value_of(attribute, _MISSING)
        if value is _MISSING:
            if factory is not None:
                value = factory()
            elif default is attrs.NOTHING:
                raise TypeError(f"{cls.__name__} needs {attribute}")
            else:
                value = default
        if convert is not None:
            value = convert(value, as_spelt=True)
        store(made, value)
        kind = type(value)
        if is_value:
            keep(frozen_value(value) if kind is list or kind is dict else value)
        if known is None:
            continue
        if value is None:
            found = of_none
        elif kind is remembers:
            seen = remembered.get(value)
            found = _problems(known, value, remembered) if seen is None else seen
        else:
            found = tuple(known.problems(value))
        if found:
            problems.extend(found)
    if plan.has_combinations:
        problems.extend(made.combination_problems())
    return made, tuple(kept)


def _problems(
    known: Property, value: Any, remembered: dict[Any, tuple[Problem, ...]]
) -> tuple[Problem, ...]:
    """Return what a property says of a value, and remember it where that is worth it."""
    found = tuple(known.problems(value))
    if not isinstance(value, str) or len(value) <= _LONGEST_REMEMBERED:
        if len(remembered) >= _MOST_REMEMBERED:
            remembered.clear()
        remembered[value] = found
    return found


@per_class
def snapshot_names(cls: type[WmiObject]) -> tuple[str, ...]:
    """Return the attributes that a snapshot of an object of this class holds, in its order."""
    return tuple(name for name in attribute_names(cls) if name not in _CHILDREN)


@per_class
def _plan(cls: type[WmiObject]) -> _Plan | None:
    """Return how objects of a class are made; None for a class with ways of its own."""
    if (
        cls.__init__ is not WmiObject.__init__
        or hasattr(cls, "__attrs_post_init__")
        or cls.__new__ is not object.__new__
    ):
        return None
    slots = [
        _Slot(
            *argument[:6],
            argument.attribute not in _CHILDREN,
            _remembered_type(argument.known),
            tuple(argument.known.problems(None)) if argument.known is not None else (),
            {},
        )
        for argument in arguments_of(cls)
    ]
    return _Plan(tuple(slots), can_break_combinations(cls))


def _remembered_type(known: Property | None) -> type | None:
    # Secrets are not kept anywhere.
    if known is None or known.is_array or known.is_secret:
        return None
    if known.is_boolean:
        return bool
    return int if known.integer is not None else str


def _by_its_class(
    cls: type[Any], values: Mapping[str, Any], problems: list[Problem]
) -> tuple[Any, Snapshot]:
    with reading(problems):
        made = cls(**values)
    return made, tuple(frozen_value(getattr(made, name)) for name in snapshot_names(cls))


def frozen_value(value: Any) -> Any:
    """Return a value safe from later edits in place."""
    if isinstance(value, list):
        return tuple(copy.copy(item) for item in value)
    if isinstance(value, dict):
        return dict(value)
    return value
