"""Objects of every class: built, written, read back, the same; and wrong in exactly one way."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import tasksequence as ts
from tasksequence.qualifiers import abstract
from tasksequence.strategies import sequences, violations_of
from tasksequence.wmi import WmiObject, properties_of

CONCRETE = sorted(
    name
    for name, cls in ts.registry.items()
    if abstract not in cls.wmi_qualifiers and properties_of(cls)
)
relaxed = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@given(sequences())
@relaxed
def test_what_is_built_is_read_back(sequence: ts.TaskSequence) -> None:
    document = ts.Document.new(sequence, secrets="keep")
    assert document.sequence == sequence
    assert [v for v in document.violations if v.severity == "error"] == []
    exported = ts.Document.new_export(
        sequence, name="Ä & <b>", package_id="ABC00001", secrets="keep"
    )
    assert exported.sequence == sequence
    assert ts.load(exported.to_bytes()).to_bytes() == exported.to_bytes()


@pytest.mark.parametrize("name", sorted(ts.registry))
@given(data=st.data())
@settings(relaxed, max_examples=5)
def test_from_type_gives_valid_objects(name: str, data: st.DataObject) -> None:
    cls = ts.registry[name]
    made = data.draw(st.from_type(cls))
    assert isinstance(made, cls)
    assert [p for p in made.combination_problems() if not p.is_advice] == []


@pytest.mark.parametrize("name", CONCRETE)
@given(data=st.data())
@settings(relaxed, max_examples=8)
def test_one_wrong_value_gives_that_problem(name: str, data: st.DataObject) -> None:
    cls: type[WmiObject] = ts.registry[name]
    wrong = data.draw(violations_of(cls))
    with pytest.raises(ts.QualifierError) as caught:
        cls(**wrong.arguments)
    assert {(p.property, p.qualifier) for p in caught.value.problems} == wrong.broken
    assert len(caught.value.problems) == len(wrong.broken)
