"""Which property a `<variable>` stands for, and what its text says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tasksequence.document.mapping import variable_properties
from tasksequence.document.source import Element
from tasksequence.document.values import decode
from tasksequence.model.base import Step
from tasksequence.wmi import WmiObject, per_class, properties_of
from tasksequence.wmi_property import Property

__all__ = [
    "VariableKeys",
    "VariablePlace",
    "other_texts",
    "unknown_key",
    "variable_elements",
    "variable_key",
    "variable_keys",
]

_MOST_DECODED, _LONGEST_DECODED = 1000, 20


def variable_elements(element: Element) -> Iterator[tuple[Element, Element]]:
    """Yield the `<variable>` elements of a step or expression, each with what it stands in.

    In a step they stand in its lists, or where somebody put them directly into it.
    """
    for child in element.children:
        if child.tag == "variable":
            yield element, child
        elif child.tag == "defaultVarList":
            for variable in child.children:
                if variable.tag == "variable":
                    yield child, variable


def variable_key(cls: type[WmiObject], variable: Element) -> str | None:
    """Return the property key that a `<variable>` carries, or None when the class lacks it."""
    place = variable_keys(cls).place_of(variable)
    return place.key if place is not None else None


def unknown_key(variable: Element) -> str | None:
    """Return the key of a variable of an unknown step: its property, else its name."""
    return variable.attributes.get("property") or variable.attributes.get("name")


def other_texts(cls: type[WmiObject], element: Element) -> dict[str, str]:
    """Return the variables that are no properties of the class."""
    texts: dict[str, str] = {}
    for _, variable in variable_elements(element):
        key = unknown_key(variable)
        if key is not None and variable_key(cls, variable) is None:
            texts.setdefault(key, variable.text)
    return texts


class VariablePlace(NamedTuple):
    """What a variable holds: a property's value, or a member of one object of an array."""

    key: str
    """The property's name; index and name of the member behind it (`Partitions0Type`)."""
    known: Property
    item: int | None = None
    """Which object of the array."""
    member: Property | None = None


class _Array(NamedTuple):
    """A property that holds objects, and how the variables of their members are spelt."""

    known: Property
    by_property: re.Pattern[str]
    by_name: re.Pattern[str]
    members: dict[str, Property]
    """By name in folded letter case."""

    def place(self, match: re.Match[str]) -> VariablePlace:
        member = self.members[match[2].casefold()]
        key = f"{self.known.name}{match[1]}{member.name}"
        return VariablePlace(key, self.known, int(match[1]), member)


class VariableKeys:
    """The variables of one class, and what they stand for."""

    def __init__(self, cls: type[WmiObject]) -> None:
        properties = variable_properties(cls)
        self._is_step = issubclass(cls, Step)
        self._by_property = {known.name: VariablePlace(known.name, known) for known in properties}
        self._by_name = {
            known.variable.casefold(): self._by_property[known.name] for known in properties
        }
        self._arrays = [_array(known) for known in properties if known.item_class is not None]
        # Properties are made once for a class, and stay.
        self._how: dict[int, str] = {}
        self._decoded: dict[tuple[str, str], Any] = {}
        self.absent: dict[str, Any] = dict.fromkeys(known.attribute for known in properties)
        """No value for any property."""
        self.arrays = tuple(array.known for array in self._arrays)
        """The properties that hold objects."""

    def place_of(self, variable: Element) -> VariablePlace | None:
        """Return what a variable holds, or None when the class lacks it.

        Its `property` attribute decides; its name does where that says nothing.
        """
        attributes = variable.attributes
        name = attributes.get("property", "")
        found = self._by_property.get(name)
        if found is not None:
            return found
        for array in self._arrays:
            if match := array.by_property.fullmatch(name):
                return array.place(match)
        name = attributes.get("name", "")
        if not self._is_step:
            return self._by_property.get(name)
        found = self._by_name.get(name.casefold())
        if found is not None:
            return found
        for array in self._arrays:
            if match := array.by_name.fullmatch(name):
                return array.place(match)
        return None

    def decoded(self, known: Property, text: str) -> Any:
        """Decode a text, as `decode` does; numbers and booleans that repeat are remembered."""
        how = self._how.get(id(known))
        if how is None:
            how = self._how[id(known)] = _how_to_decode(known)
        if how == "text":
            return text
        if how == "always":
            return decode(known, text)
        key = (known.type, text)
        value = self._decoded.get(key)
        if value is None:
            value = decode(known, text)
            if len(self._decoded) < _MOST_DECODED and len(text) < _LONGEST_DECODED:
                self._decoded[key] = value
        return value


def _array(known: Property) -> _Array:
    assert known.item_class is not None
    members = properties_of(known.item_class)
    ending = f"([0-9]{{1,6}})({'|'.join(member.name for member in members)})"
    return _Array(
        known,
        re.compile(known.name + ending),
        re.compile(known.variable + ending, re.IGNORECASE | re.ASCII),
        {member.name.casefold(): member for member in members},
    )


def _how_to_decode(known: Property) -> str:
    """Tell whether a property is its text, needs decoding each time, or can be remembered."""
    if known.is_array or known.is_secret or known.type in {"DateTime", "UInt8[]"}:
        return "always"
    return "remembered" if known.integer is not None or known.is_boolean else "text"


@per_class
def variable_keys(cls: type[WmiObject]) -> VariableKeys:
    """Return the variables of a class, and what they stand for."""
    return VariableKeys(cls)
