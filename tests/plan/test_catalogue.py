"""The catalogue of built-in variables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.plan.catalogue import built_in_variables, is_built_in, nearest_variables

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "catalogue" / "variables.json"


def test_every_variable_says_what_it_is() -> None:
    known = built_in_variables()
    assert len(known) > 300
    assert len({one.name.casefold() for one in known}) == len(known)
    for one in known:
        assert one.what.endswith((".", "!")), one
        assert one.direction in {"read-only", "built-in", "input", "output", "input/output"}
        for carried in one.carries:
            wmi_class, _, name = carried.partition(".")
            cls = ts.registry[wmi_class]
            assert name in {p.name for p in ts.properties_of(cls)}, carried


def test_each_variable_of_a_typed_step_is_known() -> None:
    common = {known.name for known in ts.properties_of(ts.Action)}
    unknown = [
        f"{known.wmi_class}.{known.name}: {known.variable}"
        for cls in ts.registry.values()
        if issubclass(cls, ts.Action) and not issubclass(cls, ts.ScriptedAction)
        for known in ts.properties_of(cls)
        if known.item_class is None
        and known.name not in common
        and ts.variable_named(known.variable) is None
    ]
    assert unknown == []


def test_it_agrees_with_the_facts_it_was_made_from() -> None:
    if not FACTS.exists():
        pytest.skip(f"no catalogue in {FACTS}")
    told = json.loads(FACTS.read_text("utf-8"))
    assert {one.name for one in built_in_variables()} == set(told)
    for one in built_in_variables():
        fact = told[one.name]
        assert one.direction == fact["direction"]
        assert one.default == (None if fact["default"] is None else str(fact["default"]))
        if fact["values"]:
            assert one.values == tuple(fact["values"])


def test_names_are_found_in_any_case_and_members_by_any_index() -> None:
    known = ts.variable_named("osdPARTITIONS7size")
    assert known is not None
    assert known.carries == ("SMS_TaskSequence_PartitionSettings.Size",)
    assert ts.variable_named("Nonsense") is None
    assert is_built_in("_anything")
    assert nearest_variables("SMSTSRebotRequested")[0] == "SMSTSRebootRequested"
    pe = ts.variable_named("_SMSTSInWinPE")
    assert pe is not None
    assert pe.read_only
