"""Hypothesis strategies for the mirrored classes, derived from their properties alone.

Needs the extra `hypothesis`. After importing this module `hypothesis.strategies.from_type` knows
every class of the registry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import hypothesis.strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tasksequence.model.action import Action, ScriptedAction, UnknownAction
from tasksequence.model.base import Step
from tasksequence.model.classes import registry
from tasksequence.model.condition import (
    Condition,
    ConditionExpression,
    ConditionOperand,
    ConditionOperator,
    OSConditionGroup,
    OSExpressionGroup,
)
from tasksequence.model.schedules import ScheduleToken
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.qualifiers import (
    AllowedLen,
    RequiredIfNotNull,
    RequiredIfNull,
    ValueMap,
    ValueRange,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, attribute_names, properties_of, property_named
from tasksequence.wmi_property import Property

__all__ = ["Wrong", "objects", "sequences", "texts", "values", "violations_of"]

_LONGEST_DRAWN = 12
_LONGEST_BOUNDARY = 5000
# What XML can hold and gives back unchanged; carriage returns are written as references.
_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from(
    "\n\t\r"
)
_NO_XML = frozenset("\ufffe\uffff")


def texts(low: int = 0, high: int | None = None, *, without: str = "") -> SearchStrategy[str]:
    """Return texts of `low` to `high` characters that XML can hold, often at those bounds."""
    unwanted = _NO_XML | set(without)
    alphabet = _CHARACTERS.filter(lambda character: character not in unwanted)
    most = low + _LONGEST_DRAWN if high is None else min(high, low + _LONGEST_DRAWN)
    drawn = st.text(alphabet, min_size=low, max_size=most)
    bounds = [low] if high is None or high > _LONGEST_BOUNDARY else [low, high]
    return drawn | st.sampled_from(bounds).map(lambda length: "x" * length)


def values(known: Property) -> SearchStrategy[Any]:
    """Return values that the qualifiers of a property allow, None where it may be absent."""
    present = _present(known)
    may_be_absent = known.is_optional and not known.is_required
    return st.none() | present if may_be_absent else present


def _present(known: Property) -> SearchStrategy[Any]:
    if known.is_array and known.item_class is None and known.integer is None:
        # Commas separate the items in XML, and one empty item cannot be told from no item.
        return st.lists(texts(1, without=","), max_size=3)
    if known.is_array:
        return st.lists(_item(known), max_size=3)
    return _item(known)


def _item(known: Property) -> SearchStrategy[Any]:
    if known.item_class is not None:
        return objects(known.item_class)
    if known.is_boolean:
        return st.booleans()
    if known.type == "DateTime":
        return st.datetimes(timezones=st.timezones())
    if known.type == "UInt8[]":
        return st.binary(max_size=_LONGEST_DRAWN)
    if known.integer is not None:
        return _integers(known)
    text = _texts(known)
    return text.map(SecretText) if known.is_secret else text


def _integers(known: Property) -> SearchStrategy[int]:
    assert known.integer is not None
    if known.values:
        return st.sampled_from([int(value) for value in known.values])
    low, high = known.integer.low, known.integer.high
    for qualifier in known.qualifiers:
        if isinstance(qualifier, ValueRange):
            low, high = qualifier.bounds
    return st.integers(low, high) | st.sampled_from([low, high])


def _texts(known: Property) -> SearchStrategy[str]:
    low, high = 0, None
    for qualifier in known.qualifiers:
        if isinstance(qualifier, ValueMap) and qualifier.values:
            return st.sampled_from(qualifier.values)
        if isinstance(qualifier, AllowedLen):
            low, high = qualifier.low, qualifier.high
    if known.values:
        return st.sampled_from(known.values)
    return texts(low, high)


def objects(cls: type[WmiObject]) -> SearchStrategy[Any]:
    """Return objects of a mirrored class; an abstract one gives objects of its subclasses."""
    if cls in (Step, Action):
        return st.one_of(*(_built(known) for known in _LEAVES if issubclass(known, cls)))
    if cls is ScheduleToken:
        return st.one_of(*(_built(known) for known in ScheduleToken.__subclasses__()))
    if cls in (ConditionOperand, ConditionExpression):
        return _EXPRESSIONS if cls is ConditionExpression else _OPERANDS
    return _built(cls)


@st.composite
def _built(draw: DrawFn, cls: type[WmiObject]) -> Any:
    given: dict[str, Any] = {}
    for known in properties_of(cls):
        if known.name == "Condition":
            given[known.attribute] = draw(st.none() | _CONDITIONS)
        elif known.name == "Operands":
            given[known.attribute] = draw(_operands_of(cls))
        elif known.name == "Steps":
            given[known.attribute] = draw(st.lists(_STEPS, max_size=3))
        else:
            given[known.attribute] = draw(values(known))
    # A value that another one needs may itself need a third.
    while needed := [
        known
        for known in properties_of(cls)
        if given[known.attribute] is None
        and any(_is_needed(cls, qualifier, given) for qualifier in known.qualifiers)
    ]:
        given[needed[0].attribute] = draw(_present(needed[0]))
    if issubclass(cls, ScriptedAction):
        given["command_line"] = draw(st.none() | texts())
        names = texts(1).filter(lambda name: property_named(cls, name) is None)
        given["variables"] = draw(st.dictionaries(names, texts(), max_size=2))
    if issubclass(cls, UnknownAction):
        given["type"] = draw(texts(1).filter(lambda name: name not in registry))
    return cls(**given)


def _is_needed(cls: type[WmiObject], qualifier: object, given: dict[str, Any]) -> bool:
    if not isinstance(qualifier, (RequiredIfNull, RequiredIfNotNull)):
        return False
    other = property_named(cls, qualifier.other)
    if other is None:
        return False
    return (given[other.attribute] is None) == isinstance(qualifier, RequiredIfNull)


_EXPRESSIONS: SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(
        *(
            _built(cls)
            for cls in registry.values()
            if issubclass(cls, ConditionExpression) and cls is not ConditionExpression
        )
    )
)
_OPERANDS: SearchStrategy[Any] = st.deferred(
    lambda: _EXPRESSIONS | _built(ConditionOperator) | _built(OSConditionGroup)
)
_CONDITIONS: SearchStrategy[Any] = st.deferred(lambda: _built(Condition))


def _operands_of(cls: type[WmiObject]) -> SearchStrategy[list[Any]]:
    if cls is OSConditionGroup:
        return st.lists(_built(OSExpressionGroup), max_size=2)
    inner = _EXPRESSIONS if issubclass(cls, (ConditionOperator, OSExpressionGroup)) else _OPERANDS
    return st.lists(inner, max_size=2)


_LEAVES: tuple[type[Step], ...] = (
    *(
        cls
        for cls in registry.values()
        if issubclass(cls, Step) and cls not in (Step, Action, Group)
    ),
    UnknownAction,
)
_STEPS: SearchStrategy[Any] = st.deferred(
    lambda: st.one_of(*(_built(cls) for cls in _LEAVES)) | _built(Group)
)


def sequences() -> SearchStrategy[TaskSequence]:
    """Return whole task sequences."""
    return st.builds(TaskSequence, steps=st.lists(_STEPS, max_size=4))


class Wrong(NamedTuple):
    """Arguments for a class that break exactly one rule, and that rule."""

    arguments: dict[str, Any]
    property: str
    qualifier: str


def violations_of(cls: type[WmiObject]) -> SearchStrategy[Wrong]:
    """Return arguments for a class that are wrong in exactly one way, with what is wrong."""
    ways = [(known, *way) for known in properties_of(cls) for way in _wrong_values(known)]

    @st.composite
    def broken(draw: DrawFn) -> Wrong:
        known, value, qualifier = draw(st.sampled_from(ways))
        right = draw(_built(cls))
        arguments = {name: getattr(right, name) for name in attribute_names(cls)}
        arguments[known.attribute] = value
        return Wrong(arguments, known.name, qualifier)

    return broken()


def _wrong_values(known: Property) -> Iterator[tuple[Any, str]]:
    """Yield values one past a boundary of each rule, with the rule's name."""
    if known.is_required:
        yield None, "not_null"
    elif not known.is_optional:
        yield None, known.type
    yield object(), known.type
    if known.is_array or known.item_class is not None:
        return
    if known.integer is not None:
        yield known.integer.high + 1, known.type
        yield known.integer.low - 1, known.type
        yield True, known.type
    for qualifier in known.qualifiers:
        if isinstance(qualifier, AllowedLen):
            if qualifier.low:
                yield "x" * (qualifier.low - 1), "AllowedLen"
            yield "x" * (qualifier.high + 1), "AllowedLen"
        elif isinstance(qualifier, ValueRange):
            low, high = qualifier.bounds
            if low:
                yield low - 1, qualifier.name
            yield high + 1, qualifier.name
        elif isinstance(qualifier, ValueMap) and qualifier.values:
            yield "none of them", "ValueMap"
    if known.values and known.integer is None:
        yield "none of them", "Enumeration"


for _cls in (*registry.values(), UnknownAction):
    st.register_type_strategy(_cls, objects(_cls))
