"""Secrets that show only when a name is expanded, and those in registry values."""

from __future__ import annotations

import pytest

import tasksequence as ts
from tests.plan.test_flow import plan_of, run, sets


@pytest.mark.parametrize("name", ["%Which%", "%Nobody%"])
def test_a_name_that_may_be_that_of_a_secret_hides_the_value(name: str) -> None:
    plan = plan_of(
        sets("Which", "OSDJoinPassword"),
        ts.SetVariableAction(name="late", variable_name=name, variable_value="hunter2"),
        run("after"),
    )
    assert "hunter2" not in plan.to_json()
    assert "hunter2" not in ts.explain_step(ts.find_step(plan, "late"))
    named = plan_of(sets("Which", "Colour"), sets("%Which%", "green"))
    assert named.steps[1].changes[0].value == "green"
    assert named.steps[1].properties[1].value == "green"


def test_registry_values_that_name_a_secret_are_masked() -> None:
    key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon"
    condition = ts.Condition(
        operands=[
            ts.RegistryConditionExpression(
                key_path=key, operator="equals", type="REG_SZ", value="DefaultPassword", data="no"
            )
        ]
    )
    fact = ts.RegistryFact(data="hunter2", type="REG_SZ")
    plan = plan_of(run("a", condition), facts=ts.Facts(registry={key: {"DefaultPassword": fact}}))
    text = plan.to_json() + ts.describe_plan(plan) + ts.explain_step(plan.steps[0])
    assert "hunter2" not in text
    assert '"no"' not in text
    assert plan.steps[0].outcome is ts.Outcome.SKIPPED
