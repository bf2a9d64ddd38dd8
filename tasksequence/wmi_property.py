"""One property of a WMI class: what is known of it, and which values it takes."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import attrs

from tasksequence.errors import Problem
from tasksequence.qualifiers import (
    CommandLineArg,
    Qualifier,
    ValueMap,
    not_null,
    not_null_to_instance,
    quasi_secret,
    secret,
)
from tasksequence.secret_text import SecretText

__all__ = ["IntegerType", "Property", "SInt32", "SInt64", "UInt32", "UInt64"]


@attrs.frozen
class IntegerType:
    """A CIM integer type with its range."""

    name: str
    low: int
    high: int


UInt32 = Annotated[int, IntegerType("UInt32", 0, 2**32 - 1)]
UInt64 = Annotated[int, IntegerType("UInt64", 0, 2**64 - 1)]
SInt64 = Annotated[int, IntegerType("SInt64", -(2**63), 2**63 - 1)]
SInt32 = Annotated[int, IntegerType("SInt32", -(2**31), 2**31 - 1)]


@attrs.frozen
class Property:
    """One property of a WMI class, with everything that is known of it."""

    name: str
    """The WMI name, as in `CaptureDestination`."""
    attribute: str
    """The Python attribute, as in `capture_destination`."""
    type: str
    """The WMI type as the reference spells it: `String`, `UInt32`, `Boolean`, `String[]`, …"""
    qualifiers: tuple[Qualifier, ...]
    default: Any
    """The value when constructing without one; `attrs.NOTHING` where one must be given."""
    values: tuple[str, ...]
    """Values that the reference's prose allows; empty for any."""
    variable: str
    """The task sequence variable that carries the property."""
    hidden: bool
    """True when the variable is written with hidden="true"."""
    wmi_class: str
    integer: IntegerType | None
    item_class: typing.Type[Any] | None  # noqa: UP006 - `type` is a field here
    """The class of embedded objects; None for plain values."""
    is_array: bool
    is_boolean: bool
    is_optional: bool
    """True where the attribute's annotation has None: the property may be absent."""

    def has(self, qualifier: Qualifier) -> bool:
        """Tell whether the property carries this very qualifier."""
        return qualifier in self.qualifiers

    @property
    def is_secret(self) -> bool:
        """True for passwords and product keys, whose values are never shown."""
        return self.has(secret) or self.has(quasi_secret)

    @property
    def is_required(self) -> bool:
        """True for not_null properties."""
        return self.has(not_null) or self.has(not_null_to_instance)

    @property
    def argument_position(self) -> int | None:
        """Which %n of the class's CommandLine the property fills; None for none."""
        for qualifier in self.qualifiers:
            if isinstance(qualifier, CommandLineArg):
                return qualifier.position
        return None

    def problems(self, value: object) -> Iterator[Problem]:
        """Yield every rule that `value` breaks; None is the absent value."""
        if value is None:
            if self.is_required:
                yield self._problem("not_null", "has no value, and needs one (not_null)")
            elif not self.is_optional:
                yield self._problem(self.type, "has no value, and needs one")
            return
        mismatch = self._type_mismatch(value)
        if mismatch is not None:
            yield self._problem(self.type, mismatch)
            return
        text = value.reveal() if isinstance(value, SecretText) else value
        for qualifier in self.qualifiers:
            said = qualifier.problem(text)
            if said is not None:
                yield self._problem(qualifier.name, said)
        for item in text if self.is_array and isinstance(text, (list, tuple)) else (text,):
            said = ValueMap(self.values).problem(item)
            if said is not None:
                yield self._problem("Enumeration", said)

    def _problem(self, qualifier: str, text: str) -> Problem:
        return Problem(self.wmi_class, self.name, qualifier, text)

    def _type_mismatch(self, value: object) -> str | None:
        if self.is_array:
            if not isinstance(value, (list, tuple)):
                return f"is {type(value).__name__}; a list is needed ({self.type})"
            for position, item in enumerate(value):
                said = self._item_mismatch(item)
                if said is not None:
                    return f"[{position}] {said}"
            return None
        return self._item_mismatch(value)

    def _item_mismatch(self, value: object) -> str | None:
        if self.item_class is not None:
            if isinstance(value, self.item_class):
                return None
            return f"is {type(value).__name__}; {self.item_class.__name__} is needed"
        if self.is_boolean:
            return None if isinstance(value, bool) else f"is {value!r}; True or False is needed"
        if self.integer is not None:
            if isinstance(value, bool) or not isinstance(value, int):
                return f"is {value!r}; a whole number is needed ({self.integer.name})"
            if not self.integer.low <= value <= self.integer.high:
                return (
                    f"is {value}; {self.integer.name} reaches from "
                    f"{self.integer.low} to {self.integer.high}"
                )
            return None
        if self.type == "DateTime":
            return None if isinstance(value, datetime) else f"is {value!r}; a datetime is needed"
        if self.type == "UInt8[]":
            return None if isinstance(value, bytes) else f"is {value!r}; bytes are needed"
        if isinstance(value, SecretText):
            return None if self.is_secret else "is a SecretText; what is not secret is plain text"
        if isinstance(value, str):
            if self.is_array and "," in value:
                return f"is {value!r}; commas separate the items where this is written"
            return None
        return f"is {type(value).__name__}; text is needed (String)"
