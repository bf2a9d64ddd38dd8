"""Hypothesis strategies for the mirrored classes, derived from their properties alone.

Needs the extra `hypothesis`. After importing this module `hypothesis.strategies.from_type` knows
every class of the registry.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, NamedTuple

import hypothesis.strategies as st
from hypothesis import assume
from hypothesis.strategies import DrawFn, SearchStrategy

from tasksequence.cim_datetime import UNSPECIFIED_OFFSET
from tasksequence.class_rules import ExcludedWhen, NeededWhen, OnlyOneOf, Rule
from tasksequence.errors import Problem
from tasksequence.model.action import ScriptedAction, UnknownAction
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
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.qualifiers import (
    AllowedLen,
    Max,
    RequiredIfNotNull,
    RequiredIfNull,
    ValueMap,
    ValueRange,
    abstract,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import (
    WmiObject,
    attribute_names,
    properties_of,
    property_named,
    reading,
    rules_of,
)
from tasksequence.wmi_property import Property

__all__ = [
    "Wrong",
    "objects",
    "sequences",
    "texts",
    "values",
    "violations_of",
    "wrong_values",
]

_LONGEST_DRAWN = 12
_LONGEST_BOUNDARY = 5000
# What XML can hold and gives back unchanged; carriage returns are written as references.
_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from(
    "\n\t\r"
)
# What three digits of minutes can say, and the offset that says nothing.
_ZONES = st.just(UNSPECIFIED_OFFSET) | st.integers(-999, 999).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
_LONGEST_INTERVAL = timedelta(days=99_999_999)
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
    if not known.is_array:
        return _item(known)
    # One empty item cannot be told from no item in XML.
    item = _item(known, shortest=1)
    return st.lists(
        item, max_size=min([3, *(q.argument for q in known.qualifiers if isinstance(q, Max))])
    )


def _given(known: Property) -> SearchStrategy[Any]:
    """Return values that count as given: rules between properties take "" for none."""
    return _present(known) if known.is_array else _item(known, shortest=1)


def _item(known: Property, *, shortest: int = 0) -> SearchStrategy[Any]:
    """Return values of a property, or of the items of an array; `shortest` is for texts."""
    if known.item_class is not None:
        return objects(known.item_class)
    if known.is_boolean:
        return st.booleans()
    if known.type == "DateTime":
        return st.datetimes(timezones=_ZONES) | st.timedeltas(timedelta(0), _LONGEST_INTERVAL)
    if known.type == "UInt8[]":
        return st.binary(max_size=_LONGEST_DRAWN)
    if known.integer is not None:
        return _integers(known)
    text = _texts(known, shortest)
    return text.map(SecretText) if known.is_secret else text


def _integers(known: Property) -> SearchStrategy[int]:
    assert known.integer is not None
    if known.values:
        return st.sampled_from([int(value) for value in known.values])
    low, high = known.integer.low, known.integer.high
    for qualifier in known.qualifiers:
        if isinstance(qualifier, ValueRange):
            low, high = max(low, qualifier.low), min(high, qualifier.high)
    return st.integers(low, high) | st.sampled_from([low, high])


def _keeps_limits(known: Property, value: str) -> bool:
    return all(qualifier.allows(value) for qualifier in known.qualifiers)


def _texts(known: Property, shortest: int) -> SearchStrategy[str]:
    low, high = shortest, None
    listed = list(known.values)
    for qualifier in known.qualifiers:
        if isinstance(qualifier, ValueMap) and qualifier.values:
            listed = list(qualifier.values)
        if isinstance(qualifier, AllowedLen):
            low = max(low, qualifier.low)
            high = qualifier.high if high is None else min(high, qualifier.high)
    if listed:
        return st.sampled_from(
            [text for text in listed if len(text) >= shortest and _keeps_limits(known, text)]
        )
    return texts(low, high, without="," if known.is_array else "")


def objects(cls: type[WmiObject]) -> SearchStrategy[Any]:
    """Return objects of a mirrored class; an abstract one gives objects of its subclasses."""
    if cls in (ConditionOperand, ConditionExpression):
        return _EXPRESSIONS if cls is ConditionExpression else _OPERANDS
    if abstract not in cls.wmi_qualifiers:
        return _built(cls)
    known = (*registry.values(), UnknownAction)
    return st.one_of(
        *(_built(c) for c in known if issubclass(c, cls) and abstract not in c.wmi_qualifiers)
    )


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
    _obey(draw, cls, given)
    if issubclass(cls, ScriptedAction):
        given["command_line"] = draw(st.none() | texts())
        names = texts(1).filter(lambda name: property_named(cls, name) is None)
        given["variables"] = draw(st.dictionaries(names, texts(), max_size=2))
    if issubclass(cls, UnknownAction):
        given["type"] = draw(texts(1).filter(lambda name: name not in registry))
    return cls(**given)


def _obey(draw: DrawFn, cls: type[WmiObject], given: dict[str, Any]) -> None:
    """Change drawn values until they keep the rules between properties."""

    def value_of(name: str) -> Any:
        return given[_named(cls, name).attribute]

    # What excludes something is looked at before what needs something; each step settles one
    # property, and a value that another one needs may itself need a third.
    for rule in rules_of(cls):
        known = _named(cls, rule.property)
        if not isinstance(rule, (ExcludedWhen, OnlyOneOf)) or rule.broken(value_of) is None:
            continue
        if isinstance(rule, ExcludedWhen):
            given[known.attribute] = None if known.is_optional else False
        else:
            _clear_the_others(cls, given, known.name)
    while (needed := _needed(cls, given, value_of)) is not None:
        given[needed.attribute] = draw(_given(needed))


def _clear_the_others(cls: type[WmiObject], given: dict[str, Any], name: str) -> None:
    for rule in rules_of(cls):
        if isinstance(rule, OnlyOneOf) and rule.property == name:
            for other in rule.argument:
                given[_named(cls, other).attribute] = None


def _needed(
    cls: type[WmiObject], given: dict[str, Any], value_of: Callable[[str], Any]
) -> Property | None:
    """Return a property without a value that another property asks for."""
    for rule in rules_of(cls):
        if isinstance(rule, NeededWhen) and rule.broken(value_of) is not None:
            return _named(cls, rule.property)
    for known in properties_of(cls):
        if given[known.attribute] not in (None, ""):
            continue
        for qualifier in known.qualifiers:
            if isinstance(qualifier, (RequiredIfNull, RequiredIfNotNull)):
                other_is_null = value_of(qualifier.argument) in (None, "")
                if other_is_null == isinstance(qualifier, RequiredIfNull):
                    return known
    return None


def _named(cls: type[WmiObject], name: str) -> Property:
    known = property_named(cls, name)
    assert known is not None, f"{cls.__name__} has no {name}"
    return known


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
        if issubclass(cls, Step) and cls is not Group and abstract not in cls.wmi_qualifiers
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
    mirror: str | None = None
    """The property that lacks a value in the same way: two that ask for each other both do."""

    @builtins.property
    def broken(self) -> set[tuple[str, str]]:
        """Property and qualifier of each problem that the arguments have."""
        names = {self.property, self.mirror or self.property}
        return {(name, self.qualifier) for name in names}


def violations_of(cls: type[WmiObject]) -> SearchStrategy[Wrong]:
    """Return arguments for a class that are wrong in exactly one way, with what is wrong.

    Raises `ValueError` for an abstract class, which takes no arguments at all.
    """
    if abstract in cls.wmi_qualifiers:
        raise ValueError(f"{cls.__name__} is abstract: ask for one of its subclasses")
    ways: list[Callable[[DrawFn, dict[str, Any]], Wrong]] = [
        partial(_with_wrong_value, known, value, qualifier)
        for known in properties_of(cls)
        for value, qualifier in wrong_values(known)
    ]
    ways += [
        partial(_with_too_many_items, known, qualifier)
        for known in properties_of(cls)
        for qualifier in known.qualifiers
        if isinstance(qualifier, Max)
    ]
    ways += [partial(_with_broken_rule, cls, rule) for rule in rules_of(cls) if not rule.is_advice]
    ways += [
        partial(_with_missing_partner, cls, known, qualifier)
        for known in properties_of(cls)
        for qualifier in known.qualifiers
        if isinstance(qualifier, (RequiredIfNull, RequiredIfNotNull))
    ]

    @st.composite
    def broken(draw: DrawFn) -> Wrong:
        right = draw(_built(cls))
        arguments = {name: getattr(right, name) for name in attribute_names(cls)}
        wrong: Wrong = draw(st.sampled_from(ways))(draw, arguments)
        _mend_the_rest(draw, cls, wrong)
        return wrong

    return broken()


def _mend_the_rest(draw: DrawFn, cls: type[WmiObject], wrong: Wrong) -> None:
    """Change other values until the wrong one is all that is wrong."""
    for _ in properties_of(cls):
        problems: list[Problem] = []
        with reading(problems):
            cls(**wrong.arguments)
        rest = [
            problem
            for problem in problems
            if not problem.is_advice and (problem.property, problem.qualifier) not in wrong.broken
        ]
        if not rest:
            assume(wrong.broken <= {(problem.property, problem.qualifier) for problem in problems})
            return
        known = _named(cls, rest[0].property)
        if rest[0].qualifier == OnlyOneOf.name:
            _clear_the_others(cls, wrong.arguments, known.name)
        elif rest[0].qualifier == ExcludedWhen.name:
            wrong.arguments[known.attribute] = None if known.is_optional else False
        else:
            wrong.arguments[known.attribute] = draw(_given(known))
    assume(False)


def _with_wrong_value(
    known: Property, value: Any, qualifier: str, _draw: DrawFn, arguments: dict[str, Any]
) -> Wrong:
    arguments[known.attribute] = value
    return Wrong(arguments, known.name, qualifier)


def _with_too_many_items(
    known: Property, limit: Max, draw: DrawFn, arguments: dict[str, Any]
) -> Wrong:
    arguments[known.attribute] = [draw(_item(known))] * (limit.argument + 1)
    return Wrong(arguments, known.name, limit.name)


def _with_broken_rule(
    cls: type[WmiObject], rule: Rule, draw: DrawFn, arguments: dict[str, Any]
) -> Wrong:
    known = _named(cls, rule.property)
    if isinstance(rule, OnlyOneOf):
        for other in rules_of(cls):
            if isinstance(other, OnlyOneOf) and rule.property in other.argument:
                arguments[_named(cls, other.property).attribute] = None
        for name in (rule.property, *rule.argument[:1]):
            partner = _named(cls, name)
            arguments[partner.attribute] = draw(_given(partner))
    else:
        arguments[_named(cls, rule.other).attribute] = rule.argument
        if isinstance(rule, NeededWhen):
            arguments[known.attribute] = None
        else:
            given = st.just(True) if known.is_boolean else _present(known).filter(bool)
            arguments[known.attribute] = draw(given)
    return Wrong(arguments, rule.property, rule.name)


def _with_missing_partner(
    cls: type[WmiObject],
    known: Property,
    qualifier: RequiredIfNull | RequiredIfNotNull,
    draw: DrawFn,
    arguments: dict[str, Any],
) -> Wrong:
    other = _named(cls, qualifier.argument)
    wanted = None if isinstance(qualifier, RequiredIfNull) else draw(_given(other))
    arguments[other.attribute] = wanted
    arguments[known.attribute] = None
    mirrored = RequiredIfNull(known.name)
    mirror = other.name if qualifier != mirrored and other.has(mirrored) else None
    return Wrong(arguments, known.name, qualifier.name, mirror if wanted is None else None)


def wrong_values(known: Property) -> Iterator[tuple[Any, str]]:
    """Yield values one past each boundary of a property, each with the name of the rule broken."""
    if known.is_required or not known.is_optional:
        yield None, "not_null" if known.is_required else known.type
    yield object(), known.type
    if known.is_array or known.item_class is not None:
        return
    if known.integer is not None:
        yield known.integer.high + 1, known.type
        yield known.integer.low - 1, known.type
        yield True, known.type
    if known.type == "DateTime":
        yield datetime(2000, 1, 1), known.type
        yield timedelta(-1), known.type
    if known.values:
        wrong = 1 + max(map(int, known.values)) if known.integer is not None else "none of them"
        yield wrong, "Enumeration"
    yield from _past_the_limits(known)


def _past_the_limits(known: Property) -> Iterator[tuple[Any, str]]:
    for qualifier in known.qualifiers:
        if isinstance(qualifier, AllowedLen):
            if qualifier.low:
                yield "x" * (qualifier.low - 1), qualifier.name
            yield "x" * (qualifier.high + 1), qualifier.name
        elif isinstance(qualifier, ValueRange):
            if qualifier.low:
                yield qualifier.low - 1, qualifier.name
            yield qualifier.high + 1, qualifier.name
        elif isinstance(qualifier, ValueMap) and qualifier.values:
            yield "none of them", qualifier.name


for _cls in (*registry.values(), UnknownAction):
    st.register_type_strategy(_cls, objects(_cls))
