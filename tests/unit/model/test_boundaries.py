"""Every property with every qualifier: the boundary passes, one past it fails and says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

import tasksequence as ts
from tasksequence.class_rules import ExcludedWhen, NeededWhen, OnlyOneOf
from tasksequence.qualifiers import (
    AllowedLen,
    Max,
    Qualifier,
    RequiredIfNotNull,
    RequiredIfNull,
    SizeLimit,
    ValueMap,
    ValueRange,
    abstract,
    read,
)
from tasksequence.strategies import wrong_values
from tasksequence.wmi import WmiObject, properties_of, property_named, reading, rules_of, wmi_class
from tasksequence.wmi_property import Property

CLASSES = sorted(name for name, cls in ts.registry.items() if properties_of(cls))
LIMITING = {
    name
    for name, cls in vars(__import__("tasksequence.qualifiers", fromlist=["x"])).items()
    if isinstance(cls, type) and issubclass(cls, Qualifier) and cls.allows is not Qualifier.allows
}


class Boundary(NamedTuple):
    known: Property
    value: Any


def boundaries(known: Property) -> Iterator[Any]:
    """Yield values on each boundary of a property."""
    if known.is_array or known.item_class is not None:
        return
    lengths = [(q.low, q.high) for q in known.qualifiers if isinstance(q, AllowedLen)]
    for low, high in lengths:
        yield "x" * low
        yield "x" * high
    maps = [q.values for q in known.qualifiers if isinstance(q, ValueMap) and q.values]
    for values in maps:
        yield from values
        yield from (value.swapcase() for value in values)
    if known.integer is not None:
        ranges = [(q.low, q.high) for q in known.qualifiers if isinstance(q, ValueRange)]
        if known.values:
            yield from map(int, known.values)
        else:
            for low, high in ranges or [(known.integer.low, known.integer.high)]:
                yield low
                yield high
    elif known.values:
        yield from known.values
    if known.type == "String" and not (lengths or maps or known.values):
        yield ""
        yield "x" * 100_000
    if known.is_boolean:
        yield from (True, False)


def given_value(known: Property) -> Any:
    """Return a value that counts as given where properties ask for each other."""
    return True if known.is_boolean else next(v for v in boundaries(known) if v not in ("", 0))


def blank(cls: type[WmiObject]) -> Any:
    """Return an object without any value: it breaks rules, and takes assignments."""
    with reading([]):
        return cls(**dict.fromkeys(p.attribute for p in properties_of(cls)))


@pytest.mark.parametrize("name", CLASSES)
def test_boundaries_pass(name: str) -> None:
    cls = ts.registry[name]
    for known in properties_of(cls):
        for value in boundaries(known):
            assert list(known.problems(value)) == [], (known.name, value)
            if read not in known.qualifiers:
                setattr(blank(cls), known.attribute, value)


@pytest.mark.parametrize("name", CLASSES)
def test_one_past_a_boundary_fails_and_says_why(name: str) -> None:
    cls = ts.registry[name]
    for known in properties_of(cls):
        if known.has(read):
            continue
        for value, rule in wrong_values(known):
            with pytest.raises(ts.QualifierError) as caught:
                setattr(blank(cls), known.attribute, value)
            (problem,) = caught.value.problems
            assert (problem.property, problem.qualifier) == (known.name, rule)
            assert_it_says_why(problem, known, value)


def assert_it_says_why(problem: ts.Problem, known: Property, value: Any) -> None:
    said = str(problem)
    assert said.startswith(f"{known.wmi_class}.{known.name} ")
    assert re.search(r": \S+", said.partition(known.name)[2]), f"no advice: {said}"
    assert problem.qualifier in said or problem.qualifier.startswith("object:"), said
    if known.is_secret or known.may_hold_secret:
        assert "xx" not in said
    elif isinstance(value, str):
        assert repr(value[:60]) in said
        assert len(value) <= 60 or f"({len(value)} characters)" in said
    elif isinstance(value, int):
        assert repr(value) in said
    assert len(said) < 500 or known.values, said


def test_every_limiting_qualifier_is_walked() -> None:
    walked = {
        type(q).__name__
        for cls in ts.registry.values()
        for p in properties_of(cls)
        for q in p.qualifiers
    } & LIMITING
    assert LIMITING - walked == {"SizeLimit"}


@pytest.mark.parametrize(
    ("value", "is_allowed"), [("", True), ("abc", True), ("abcd", False), (b"abc", True)]
)
def test_size_limit(value: object, is_allowed: bool) -> None:
    limit = SizeLimit("3")
    assert (limit.name, limit.argument) == ("SizeLimit", "3")
    assert limit.allows(value) is is_allowed


@pytest.mark.parametrize("name", CLASSES)
def test_what_a_site_sets_is_not_assigned(name: str) -> None:
    cls = ts.registry[name]
    for known in properties_of(cls):
        if known.has(read):
            value: Any = next(boundaries(known), [])
            with pytest.raises(ts.QualifierError) as caught:
                setattr(blank(cls), known.attribute, value)
            (problem,) = caught.value.problems
            assert problem.qualifier == "read"
            assert_it_says_why(problem, known, value)


@pytest.mark.parametrize("name", CLASSES)
def test_what_another_value_asks_for(name: str) -> None:
    cls = ts.registry[name]
    for known in properties_of(cls):
        for qualifier in known.qualifiers:
            if not isinstance(qualifier, (RequiredIfNull, RequiredIfNotNull)):
                continue
            other = property_named(cls, qualifier.argument)
            assert other is not None
            made = blank(cls)
            if isinstance(qualifier, RequiredIfNotNull):
                setattr(made, other.attribute, given_value(other))
            said = [
                str(p)
                for p in made.combination_problems()
                if (p.property, p.qualifier) == (known.name, qualifier.name)
            ]
            (text,) = said
            assert f"{known.wmi_class}.{known.name} has no value; {qualifier}" in text
            assert other.name in text
            assert re.search(": give .", text)
            setattr(made, known.attribute, given_value(known))
            assert not any(p.property == known.name for p in made.combination_problems())


@pytest.mark.parametrize("name", CLASSES)
def test_rules_between_properties(name: str) -> None:
    cls = ts.registry[name]
    for rule in rules_of(cls):
        known = property_named(cls, rule.property)
        assert known is not None
        made = blank(cls)
        given = given_value(known)
        if isinstance(rule, OnlyOneOf):
            setattr(made, known.attribute, given)
            assert breaks(made, rule) is None
            other = property_named(cls, rule.argument[0])
            assert other is not None
            setattr(made, other.attribute, given_value(other))
        elif isinstance(rule, (NeededWhen, ExcludedWhen)):
            other = property_named(cls, rule.other)
            assert other is not None
            setattr(made, other.attribute, rule.argument)
            setattr(made, known.attribute, given)
            is_fine = isinstance(rule, NeededWhen)
            assert (breaks(made, rule) is None) is is_fine
            if is_fine:
                object.__setattr__(made, known.attribute, None)
                # One that another property asks for already is said once.
                if any(p.property == known.name for p in made.combination_problems()):
                    continue
        else:
            continue
        said = breaks(made, rule)
        assert said is not None
        assert said.startswith(f"{known.wmi_class}.{known.name} ")
        assert ": " in said
        assert rule.explain()


def breaks(made: WmiObject, rule: object) -> str | None:
    name, qualifier = rule.property, rule.name  # type: ignore[attr-defined]
    for problem in made.combination_problems():
        if (problem.property, problem.qualifier) == (name, qualifier):
            return str(problem)
    return None


def test_a_package_takes_fifteen_schedules() -> None:
    tokens = [ts.ST_NonRecurring()] * 15
    package = ts.ImagePackage(refresh_schedule=list(tokens))
    with pytest.raises(ts.QualifierError, match=r"a list of 16 items; max\(15\) allows 15 items"):
        package.refresh_schedule = [*tokens, tokens[0]]
    (limit,) = [q for q in properties_of(ts.ImagePackage)[-1].qualifiers if isinstance(q, Max)]
    assert limit.argument == 15


@pytest.mark.parametrize(
    "name", sorted(name for name, cls in ts.registry.items() if abstract in cls.wmi_qualifiers)
)
def test_an_abstract_class_has_no_objects(name: str) -> None:
    with pytest.raises(TypeError, match="abstract"):
        ts.registry[name](**({"name": "x"} if issubclass(ts.registry[name], ts.Step) else {}))


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (ts.UInt8, 0, 255),
        (ts.UInt16, 0, 65535),
        (ts.UInt32, 0, 4294967295),
        (ts.UInt64, 0, 18446744073709551615),
        (ts.SInt8, -128, 127),
        (ts.SInt16, -32768, 32767),
        (ts.SInt32, -2147483648, 2147483647),
        (ts.SInt64, -9223372036854775808, 9223372036854775807),
    ],
)
def test_ranges_of_integer_types(kind: Any, low: int, high: int) -> None:
    members = {"__annotations__": {"number": kind}, "number": ts.prop("Number")}
    numbers: Any = wmi_class("Test_Numbers")(type("Numbers", (WmiObject,), members))
    for value in (low, high):
        assert numbers(number=value).number == value
    for value in (low - 1, high + 1):
        with pytest.raises(ts.QualifierError, match=f"is {value}; .* reaches from {low} to {high}"):
            numbers(number=value)


def test_a_missing_property_is_a_type_error_and_names_all_that_is_wrong() -> None:
    with pytest.raises(TypeError) as caught:
        ts.CaptureSystemImageAction(name="")  # type: ignore[call-arg]
    assert isinstance(caught.value, ts.QualifierError)
    assert [(p.property, p.qualifier) for p in caught.value.problems] == [
        ("Name", "AllowedLen"),
        ("CaptureDestination", "not_null"),
    ]


def test_a_misspelt_property_suggests_the_nearest() -> None:
    with pytest.raises(TypeError, match="did you mean capture_destination"):
        ts.CaptureSystemImageAction(name="x", capture_destinaton="a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="did you mean capture_destination"):
        ts.CaptureSystemImageAction(name="x", CaptureDestination="a")  # type: ignore[call-arg]
