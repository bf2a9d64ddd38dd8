"""What is too large, too deep or cut off ends in a message, never in a traceback."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import tasksequence as ts
from tests.plan.test_flow import outcomes, plan_of, run, sets, when
from tests.plan.test_wmi_patterns import wmi


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", f'{{"variables": {{"X": {"9" * 5000}}}}}'),
        ("a.toml", f"variables.X = {'9' * 5000}"),
        ("b.toml", f"variables.X = 0x{'f' * 5000}"),
        ("b.json", '{"variables": {"X": "\\ud800"}}'),
        ("c.json", '{"wmi": {"X": [{"A": "\\ud800"}]}}'),
    ],
)
def test_facts_files(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ts.PlanError, match=r"too long|half a character"):
        ts.load_facts(path)


def test_a_key_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text('{"variables": {"X": "1", "X": "2"}}', encoding="utf-8")
    with pytest.raises(ts.PlanError, match="'X' is given twice"):
        ts.load_facts(path)


def test_half_a_character_is_no_value() -> None:
    with pytest.raises(ts.PlanError, match="half a character"):
        ts.Facts(variables={"X": "\udcff"}).starting_variables()


@pytest.mark.parametrize(
    ("query", "value", "outcome"),
    [
        ("A > 5", 2**64 - 1, "left to the device"),
        ("A = 18446744073709551614", 2**64 - 1, "depends"),
        ("A > 5", 10**400, "depends"),
        ("A = 'x'", "\ud800", "depends"),
    ],
)
def test_wmi_rows(query: str, value: object, outcome: str) -> None:
    facts = ts.Facts(wmi={"X": [{"A": value}]})
    plan = plan_of(run("a", wmi(f"select * from X where {query}")), facts=facts)
    assert outcomes(plan) == {"a": outcome}


def test_times_and_versions_out_of_range() -> None:
    facts = ts.Facts(files={"C:\\a": ts.FileFact(version="1.0", modified=datetime.now(UTC))})
    early = ts.FileConditionExpression(
        path="C:\\a", date_time="00010101000000.000000+999", date_time_operator="less"
    )
    long = ts.FileConditionExpression(path="C:\\a", version="9" * 5000, version_operator="less")
    plan = plan_of(
        run("time", ts.Condition(operands=[early])),
        run("version", ts.Condition(operands=[long])),
        facts=facts,
    )
    assert outcomes(plan) == {"time": "depends", "version": "depends"}
    with pytest.raises(ts.PlanError):
        ts.find_step(plan, "9" * 5000)


def test_what_nests_too_deep() -> None:
    operators = "<operator type='and'>" * 3000 + "</operator>" * 3000
    rules = (
        f"<Rules><Rule><condition>{operators}</condition>"
        "<Variables><Variable Name='a'>1</Variable></Variables></Rule></Rules>"
    )
    plan = plan_of(ts.SetDynamicVariablesAction(name="d", rules=rules))
    assert outcomes(plan) == {"d": "invalid"}
    deep: ts.ConditionOperand = when("A", "exists").operands[0]
    for _ in range(2000):
        deep = ts.ConditionOperator(operator_type="not", operands=[deep])
    with pytest.raises(ts.PlanError, match="nests too deep"):
        plan_of(run("a", ts.Condition(operands=[deep])))


def test_variables_that_double_each_other_end_soon() -> None:
    empty = {"A0": ""} | {f"A{n}": f"%A{n - 1}%%A{n - 1}%" for n in range(1, 61)}
    plan = ts.compile_plan(ts.TaskSequence(steps=[run("a"), sets("X", "%A60%")]), empty)
    assert plan.steps[1].changes[0].value is None
    with pytest.raises(ts.PlanError, match="expands to more than"):
        ts.compile_plan(ts.TaskSequence(steps=[sets("X", "%A60%")]), {**empty, "A0": "x"})


def test_child_sequences_that_double_each_other_are_refused() -> None:
    children = {
        f"ABC{n:05d}": ts.TaskSequence(
            steps=[
                ts.SubTasksequence(name=f"c{m}", ts_package_id=f"ABC{n + 1:05d}") for m in (0, 1)
            ]
        )
        for n in range(30)
    }
    children["ABC00030"] = ts.TaskSequence(steps=[sets("Mine", "1")])
    with pytest.raises(ts.PlanError, match="more than 20,000 steps"):
        plan_of(ts.SubTasksequence(name="r", ts_package_id="ABC00000"), children=children)
