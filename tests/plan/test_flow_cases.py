"""Restarts by variable, registry data, and how a plan is asked about its steps."""

from __future__ import annotations

import pytest

import tasksequence as ts
from tests.plan.test_flow import outcomes, plan_of, run, sets


def rules(value: str) -> ts.SetDynamicVariablesAction:
    return ts.SetDynamicVariablesAction(
        name="rules",
        rules="<Rules><Rule><Variables><Variable Name='SMSTSRebootRequested'>"
        f"{value}</Variable></Variables></Rule></Rules>",
    )


@pytest.mark.parametrize(
    ("step", "into", "place"),
    [
        (rules("WinPE"), "WinPE", "WinPE"),
        (rules("%Where%"), None, None),
        (sets("SMSTSRebootRequested", "WinPE"), "WinPE", "WinPE"),
        (sets("SMSTSRebootRequested", "%Where%"), None, None),
        (sets("SMSTSRebootRequested", ""), None, "FullOS"),
    ],
)
def test_a_restart_that_a_variable_asks_for(
    step: ts.Step, into: str | None, place: str | None
) -> None:
    plan = plan_of(step, run("after"), facts=ts.Facts(in_winpe=False))
    assert plan.steps[0].restarts_into == into
    assert plan.steps[1].environment == place


@pytest.mark.parametrize(("data", "is_true"), [("00000003", True), ("0x3", True), ("004", False)])
def test_numbers_of_the_registry_compare_as_numbers(data: str, is_true: bool) -> None:
    expression = ts.RegistryConditionExpression(
        key_path="HKLM\\SOFTWARE\\X", operator="equals", type="REG_DWORD", value="v", data=data
    )
    fact = ts.RegistryFact(data="3", type="REG_DWORD")
    plan = plan_of(
        run("a", ts.Condition(operands=[expression])),
        facts=ts.Facts(registry={"HKLM\\SOFTWARE\\X": {"v": fact}}),
    )
    assert outcomes(plan) == {"a": "left to the device" if is_true else "skipped"}


def test_a_group_answers_to_both_its_numbers() -> None:
    plan = plan_of(ts.Group(name="g", steps=[run("a")]))
    assert ts.find_step(plan, "0").name == ts.find_step(plan, "2").name == "g"
    assert ts.find_step(plan, "1").name == "a"
    assert "\n1 step: " in ts.describe_plan(plan)


def test_the_place_is_true_or_false() -> None:
    with pytest.raises(ts.PlanError, match="_SMSTSInWinPE is yes, and it is true or false"):
        ts.Facts(variables={"_SMSTSInWinPE": "yes"})


def test_mdt_sets_names_that_are_read_only_elsewhere() -> None:
    organization = sets("_SMSTSOrgName", "Contoso")
    gather = ts.RunCommandLineAction(
        name="gather", command_line='cscript.exe "%SCRIPTROOT%\\ZTIGather.wsf"'
    )
    plan = plan_of(gather, organization)
    assert not plan.problems
    assert plan.steps[1].changes[0].value == "Contoso"
    assert "ZTISetVariable.wsf" in plan.steps[1].warnings[0]
    assert outcomes(plan_of(organization)) == {"set _SMSTSOrgName": "invalid"}
