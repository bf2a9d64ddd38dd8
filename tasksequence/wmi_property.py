"""One property of a WMI class: what is known of it, and which values it takes."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum, Flag
from functools import cached_property
from typing import Annotated, Any

import attrs

from tasksequence.cim_datetime import datetime_problem
from tasksequence.errors import Problem
from tasksequence.qualifiers import (
    AllowedLen,
    CommandLineArg,
    Max,
    Qualifier,
    ValueMap,
    ValueRange,
    not_null,
    not_null_to_instance,
    quasi_secret,
    secret,
)
from tasksequence.secret_text import SecretText

__all__ = [
    "IntegerType",
    "Property",
    "SInt8",
    "SInt16",
    "SInt32",
    "SInt64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "quick_check",
    "quoted_text",
    "shown_value",
]

_SHOWN_CHARACTERS = 60
_SHOWN_BITS = 128


@attrs.frozen
class IntegerType:
    """A CIM integer type with its range."""

    name: str
    low: int
    high: int


UInt8 = Annotated[int, IntegerType("UInt8", 0, 2**8 - 1)]
UInt16 = Annotated[int, IntegerType("UInt16", 0, 2**16 - 1)]
UInt32 = Annotated[int, IntegerType("UInt32", 0, 2**32 - 1)]
UInt64 = Annotated[int, IntegerType("UInt64", 0, 2**64 - 1)]
SInt8 = Annotated[int, IntegerType("SInt8", -(2**7), 2**7 - 1)]
SInt16 = Annotated[int, IntegerType("SInt16", -(2**15), 2**15 - 1)]
SInt32 = Annotated[int, IntegerType("SInt32", -(2**31), 2**31 - 1)]
SInt64 = Annotated[int, IntegerType("SInt64", -(2**63), 2**63 - 1)]


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
    """The task sequence variable that carries the property; empty where XML has an attribute or
    element for it."""
    hidden: bool
    """True when the variable is written with hidden="true"."""
    may_hold_secret: bool
    """True where values that no qualifier calls secret may be: messages do not show them."""
    wmi_class: str
    """WMI name of the class, its Python name where it has none."""
    integer: IntegerType | None
    enumeration: typing.Type[Enum] | None  # noqa: UP006 - `type` is a field here
    """The Python enum whose members stand for the known values; others are kept as they are."""
    item_class: typing.Type[Any] | None  # noqa: UP006
    """The class of embedded objects; None for plain values."""
    is_array: bool
    is_boolean: bool
    is_optional: bool
    """True where the attribute's annotation has None: the property may be absent."""

    def has(self, qualifier: Qualifier) -> bool:
        """Tell whether the property carries this very qualifier."""
        return qualifier in self.qualifiers

    @cached_property
    def is_secret(self) -> bool:
        """True for passwords and product keys, whose values are never shown."""
        return self.has(secret) or self.has(quasi_secret)

    @cached_property
    def is_required(self) -> bool:
        """True for not_null properties."""
        return self.has(not_null) or self.has(not_null_to_instance)

    @property
    def argument_position(self) -> int | None:
        """Which %n of the class's CommandLine the property fills; None for none."""
        for qualifier in self.qualifiers:
            if isinstance(qualifier, CommandLineArg):
                return int(qualifier.argument)
        return None

    @property
    def converts(self) -> bool:
        """Whether `converted` may change a value."""
        return self.is_secret or self.is_array or self.enumeration is not None

    def converted(self, value: Any, *, as_spelt: bool = False) -> Any:
        """Return a value as the model holds it: secrets hidden, known values as enum members.

        `as_spelt` keeps text in other letter case than that of the reference, which a file may
        hold and gets back.
        """
        if self.is_secret and isinstance(value, str):
            return SecretText(value)
        if self.is_array and isinstance(value, tuple):
            value = list(value)
        if self.enumeration is None or value is None:
            return value
        if isinstance(value, list):
            return [self._member(item, as_spelt=as_spelt) for item in value]
        return self._member(value, as_spelt=as_spelt)

    def _member(self, value: Any, *, as_spelt: bool) -> Any:
        assert self.enumeration is not None
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            return value
        if isinstance(value, str) and not as_spelt:
            folded = value.casefold()
            for member in self.enumeration:
                if isinstance(member.value, str) and member.value.casefold() == folded:
                    return member
            return value
        if issubclass(self.enumeration, Flag):
            return self.enumeration(value) if isinstance(value, int) and value >= 0 else value
        return self.enumeration._value2member_map_.get(value, value)

    def problems(self, value: object) -> Iterator[Problem]:
        """Yield every rule that `value` breaks; None is the absent value."""
        if value is None:
            if self.is_required:
                rule = "has no value; not_null asks for one: give it one"
                yield self._problem("not_null", rule)
            elif not self.is_optional:
                yield self._problem(
                    self.type, f"has no value; this {self.type} needs one: give it one"
                )
            return
        mismatch = self._type_mismatch(value)
        if mismatch is not None:
            yield self._problem(self.type, mismatch)
            return
        plain = value.reveal() if isinstance(value, SecretText) else value
        items = plain if self.is_array and isinstance(plain, list) else (plain,)
        for qualifier in self.qualifiers:
            # What an array as a whole may be is said by its number of items alone.
            for item in (plain,) if isinstance(qualifier, Max) else items:
                if not qualifier.allows(item):
                    rule = f"{qualifier} {qualifier.rule()}"
                    yield self._broken(qualifier.name, item, rule, qualifier.fix(item))
        if self.values:
            listed = ValueMap(self.values)
            for item in items:
                if not listed.allows(item):
                    rule = f"Enumeration allows {self.values_in_words()}"
                    yield self._broken("Enumeration", item, rule, listed.fix(item))

    def values_in_words(self) -> str:
        """List the known values; numbers with their names, flags with their bits."""
        if self.enumeration is None or self.integer is None:
            return ", ".join(value or "(empty)" for value in self.values)
        named = {str(member.value): member.name for member in self.enumeration}
        if not self.values:
            return ", ".join(f"{int(value):#010x} {name}" for value, name in named.items())
        return ", ".join(f"{value} {named.get(value, '')}".rstrip() for value in self.values)

    def read_only(self, value: object) -> Problem:
        """Return the problem of assigning a value to a property that only a site sets."""
        shown = "not shown" if self.is_secret else shown_value(value)
        text = f"is assigned {shown}; read leaves that to the site: load it, and leave it as it is"
        return self._problem("read", text)

    def _broken(self, name: str, value: object, rule: str, fix: str) -> Problem:
        is_shown = not (self.is_secret or self.may_hold_secret)
        shown = f"is {shown_value(value)}" if is_shown else "is given (not shown)"
        return self._problem(name, f"{shown}; {rule}: {fix}")

    def _problem(self, qualifier: str, text: str) -> Problem:
        return Problem(self.wmi_class, self.name, qualifier, text)

    def _type_mismatch(self, value: object) -> str | None:
        if self.is_array:
            if not isinstance(value, (list, tuple)):
                return f"is {type(value).__name__}; {self.type} is a list: give one"
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
            needed = self.item_class.__name__
            return f"is {type(value).__name__}; {needed} is needed: give an object of that class"
        if self.is_boolean:
            if isinstance(value, bool):
                return None
            return f"is {self._shown(value)}; Boolean is True or False: give one of them"
        if self.integer is not None:
            return self._integer_mismatch(value, self.integer)
        if self.type == "DateTime":
            if isinstance(value, (datetime, timedelta)):
                said = datetime_problem(value)
                return None if said is None else f"is {self._shown(value)}; as a DateTime it {said}"
            return (
                f"is {self._shown(value)}; DateTime is a datetime or a timedelta: "
                "ts.from_cim reads CIM text"
            )
        if self.type == "UInt8[]":
            if isinstance(value, bytes):
                return None
            return f"is {self._shown(value)}; UInt8[] is bytes: give them"
        return self._text_mismatch(value)

    def _text_mismatch(self, value: object) -> str | None:
        if isinstance(value, SecretText):
            if self.is_secret:
                return None
            return "is a SecretText; what is not secret is plain text: give it as str"
        if isinstance(value, str):
            if self.is_array and "," in value:
                return (
                    f"is {self._shown(value)}; commas separate the items where this is written: "
                    "give one item for each"
                )
            return None
        return f"is {self._shown(value)}; String is text: give it as str"

    def _shown(self, value: object) -> str:
        if self.is_secret or self.may_hold_secret:
            return type(value).__name__
        return shown_value(value)

    def _integer_mismatch(self, value: object, integer: IntegerType) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return f"is {shown_value(value)}; {integer.name} is a whole number: give one"
        if integer.low <= value <= integer.high:
            return None
        return (
            f"is {shown_value(value)}; {integer.name} reaches from {integer.low} to "
            f"{integer.high}: give a number in that range"
        )


def shown_value(value: object) -> str:
    """Return a value as a message shows it: a long text by its beginning and its length."""
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)} items"
    if isinstance(value, Enum):
        value = value.value
    if not isinstance(value, (str, bytes, int, float, datetime, timedelta)):
        return type(value).__name__
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"a number of about {int(value.bit_length() * 0.30103) + 1} digits"
    if isinstance(value, (str, bytes)) and len(value) > _SHOWN_CHARACTERS:
        unit = "characters" if isinstance(value, str) else "bytes"
        return f"{quoted_text(value[:_SHOWN_CHARACTERS])}… ({len(value)} {unit})"
    return quoted_text(value) if isinstance(value, (str, bytes)) else repr(value)


def quoted_text(value: str | bytes) -> str:
    """Return a text in quotes, its backslashes as they were typed: doubled ones mislead."""
    return repr(value).replace("\\\\", "\\")


def quick_check(known: Property) -> Callable[[Any], bool]:
    """Return a test that is true only for values that surely break no rule of a property.

    It is a shortcut for what nearly all values are: where it says False, `problems` decides.
    """
    takes_none = known.is_optional and not known.is_required
    limits = [q for q in known.qualifiers if type(q).allows is not Qualifier.allows]
    if known.is_boolean and not known.is_array and not limits:
        return (
            (lambda value: value is True or value is False or value is None)
            if takes_none
            else (lambda value: value is True or value is False)
        )
    if known.integer is not None and not known.is_array and not known.values:
        low, high = known.integer.low, known.integer.high
        ranges = [q for q in limits if isinstance(q, ValueRange)]
        if len(ranges) == len(limits):
            low = max([low, *(q.low for q in ranges)])
            high = min([high, *(q.high for q in ranges)])
            return lambda value: (
                low <= value <= high if type(value) is int else takes_none and value is None
            )
    if known.type == "String" and not known.values and not known.is_secret:
        if not limits:
            return lambda value: type(value) is str or (takes_none and value is None)
        lengths = [q for q in limits if type(q) is AllowedLen]
        if len(lengths) == len(limits):
            least = max(q.low for q in lengths)
            most = min(q.high for q in lengths)
            return lambda value: (
                least <= len(value) <= most if type(value) is str else takes_none and value is None
            )
    if known.enumeration is not None and not known.is_array:
        members = frozenset(
            member
            for member in known.enumeration
            if all(limit.allows(member.value) for limit in limits)
            and (not known.values or str(member.value) in known.values)
        )
        kind = known.enumeration
        return lambda value: (
            value in members if type(value) is kind else takes_none and value is None
        )
    return lambda value: takes_none and value is None
