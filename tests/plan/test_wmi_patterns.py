"""WMI queries as people write them: percent signs of LIKE, reserved words, refused forms."""

from __future__ import annotations

import pytest

import tasksequence as ts
from tests.plan.test_flow import outcomes, plan_of, run, sets

LATITUDE = {"Win32_ComputerSystem": [{"Model": "Dell Latitude 7440"}]}


def wmi(query: str) -> ts.Condition:
    return ts.Condition(operands=[ts.WMIConditionExpression(namespace="root\\cimv2", query=query)])


def like(word: str) -> ts.Condition:
    return wmi(f"SELECT * FROM Win32_ComputerSystem WHERE Model LIKE '{word}'")


@pytest.mark.parametrize("closed", [False, True])
def test_percent_signs_of_like_are_no_variable(closed: bool) -> None:
    facts = ts.Facts(closed=closed, wmi=LATITUDE)
    plan = plan_of(
        run("is", like("%Latitude%")),
        run("is not", like("%OptiPlex%")),
        facts=facts,
    )
    assert outcomes(plan) == {"is": "left to the device", "is not": "skipped"}


def test_variables_in_queries_are_those_that_are_known_to_be() -> None:
    facts = ts.Facts(wmi=LATITUDE, variables={"Given": "%Latitude%"})
    plan = plan_of(
        run("given", like("%Given%")),
        run("built in", like("%_SMSTSModel%")),
        sets("Mine", "Dell%"),
        run("mine", like("%Mine%")),
        facts=facts,
    )
    assert outcomes(plan) == {
        "given": "left to the device",
        "built in": "depends",
        "set Mine": "run",
        "mine": "left to the device",
    }


@pytest.mark.parametrize(
    "where",
    [
        "Key='a'", "Read=1 and Write = 1 and Mod<>2", "Option like 'a%' AND Char='a'",
        "'a'=Key", "Key is not null", "NOT Key LIKE 'b%' AND (Usage = \"a\" OR Force>=1)",
    ],
)  # fmt: skip
def test_properties_that_the_dialect_reserves(where: str) -> None:
    row = {
        "Key": "a", "Read": 1, "Write": 1, "Mod": 1, "Option": "ab", "Char": "a", "Usage": "a",
        "Force": 0,
    }  # fmt: skip
    plan = plan_of(
        run("a", wmi(f"SELECT Key, Read FROM X WHERE {where}")),
        run("b", wmi(f"SELECT * FROM X WHERE NOT ({where})")),
        facts=ts.Facts(wmi={"X": [row]}),
    )
    assert outcomes(plan) == {"a": "left to the device", "b": "skipped"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * FROM X WHERE A BETWEEN 1 AND 2", "BETWEEN"),
        ("SELECT * FROM X WHERE A IN (1)", "IN (…)"),
        ("SELECT * FROM X WHERE A = 1 # all", "comment"),
        ("SELECT * FROM X /* all */", "comment"),
        ("SELECT * FROM X WHERE A = 1 -- all", "comment"),
        ("SELECT * FROM X WHERE A = 1 GROUP WITHIN 5", "can be read"),
    ],
)
def test_what_wmi_or_the_plan_cannot_read_is_unknown(query: str, said: str) -> None:
    plan = plan_of(run("a", wmi(query)), facts=ts.Facts(wmi={"X": [{"A": 1}]}))
    assert outcomes(plan) == {"a": "depends"}
    assert said in plan.steps[0].reason
    assert not plan.problems
