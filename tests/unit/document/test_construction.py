"""Objects made of what was read are those that their class would make, with the same problems."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import tasksequence as ts
import tasksequence.strategies
from tasksequence.document.construction import constructed, snapshot_names
from tasksequence.errors import Problem
from tasksequence.wmi import WmiObject, attribute_names, properties_of, reading

NAMES = sorted(
    name for name, cls in ts.registry.items() if properties_of(cls) and name != "(scripted)"
)
ODD: tuple[Any, ...] = (None, "", "x" * 300, "odd,", 0, 1, -1, 2**40, True, False, [], [1], {})


def both(cls: type[Any], values: dict[str, Any]) -> tuple[Any, list[Problem], Any, list[Problem]]:
    ours: list[Problem] = []
    made, _ = constructed(cls, values, ours)
    theirs: list[Problem] = []
    with reading(theirs):
        expected = cls(**values)
    return made, ours, expected, theirs


@pytest.mark.parametrize("name", NAMES)
def test_every_odd_value_is_the_same_problem(name: str) -> None:
    cls: type[WmiObject] = ts.registry[name]
    base = dict.fromkeys(attribute_names(cls))
    for attribute in attribute_names(cls):
        for value in ODD:
            # Twice: the second time what was said of the value is remembered.
            for _ in range(2):
                made, ours, expected, theirs = both(cls, {**base, attribute: value})
                assert ours == theirs, (attribute, value)
                assert made == expected


@settings(max_examples=20)
@given(st.data())
def test_every_right_configuration_is_made_without_a_problem(data: st.DataObject) -> None:
    wanted = data.draw(st.from_type(ts.registry[data.draw(st.sampled_from(NAMES))]))
    cls = type(wanted)
    values = {name: getattr(wanted, name) for name in attribute_names(cls)}
    made, ours, expected, theirs = both(cls, values)
    assert made == expected == wanted
    assert ours == theirs
    assert [problem for problem in ours if not problem.is_advice] == []
    _, snapshot = constructed(cls, values, [])
    assert len(snapshot) == len(snapshot_names(cls))


def test_a_class_with_ways_of_its_own_keeps_them() -> None:
    @ts.wmi_class("SMS_TaskSequence_OwnAction")
    class OwnAction(ts.Action):
        """A class that does something of its own when it is made."""

        extra: str | None = ts.prop("Extra", default=None)

        def __attrs_post_init__(self) -> None:
            object.__setattr__(self, "extra", "own")

    made, _ = constructed(OwnAction, {"name": "n"}, [])
    assert made.extra == "own"
    raw = b'<sequence version="3.10"><step type="SMS_TaskSequence_OwnAction" name="n"/></sequence>'
    document = ts.load(raw, registry=ts.registry.extended(OwnAction))
    assert document.sequence.steps[0] == made.replace(description=None)
    assert document.to_bytes() == raw
