"""The shortcut that construction takes agrees with the rules that it stands for."""

from __future__ import annotations

import inspect
from typing import Any

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

import tasksequence as ts
from tasksequence.strategies import values, wrong_values
from tasksequence.wmi import attribute_names, properties_of
from tasksequence.wmi_property import quick_check

ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(),
    st.binary(),
    st.floats(),
    st.lists(st.text()),
    st.sampled_from(list(ts.RunIn)),
    st.sampled_from(list(ts.JoinType)),
    st.builds(ts.SecretText, st.text()),
)


@pytest.mark.parametrize("name", sorted(ts.registry))
@given(data=st.data())
@settings(max_examples=10)
def test_what_passes_quickly_breaks_no_rule(name: str, data: st.DataObject) -> None:
    for known in properties_of(ts.registry[name]):
        past = st.sampled_from([value for value, _ in wrong_values(known)])
        value = known.converted(data.draw(ODD | past | values(known)))
        if quick_check(known)(value):
            assert list(known.problems(value)) == []


@pytest.mark.parametrize("name", sorted(ts.registry))
def test_the_constructor_is_introspected_as_attrs_has_it(name: str) -> None:
    cls = ts.registry[name]
    parameters = inspect.signature(cls).parameters
    assert tuple(parameters) == attribute_names(cls)
    assert attrs.has(cls)
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters.values())


def test_attrs_tools_work_on_the_classes() -> None:
    step: Any = ts.RebootAction(name="r", target="HD")
    assert attrs.evolve(step, name="s") == ts.RebootAction(name="s", target="HD")
    assert attrs.asdict(step)["target"] == "HD"
    with pytest.raises(TypeError, match="unhashable"):
        hash(step)
