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
