"""What is shown of a step holds no secret, in lists and in diffs."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

import tasksequence as ts
from tasksequence.authoring.edit_diff import edit_diff
from tasksequence.authoring.property_text import value_from_text
from tasksequence.authoring.shown_values import shown_settings
from tasksequence.authoring.step_settings import setting_named

ODD = (
    b'<sequence version="3.10"><step type="Odd" name="s"><action>a</action><defaultVarList>'
    b'<variable name="ServicePassword" property="ServicePassword">hunter2</variable>'
    b'<variable name="Colour" property="Colour">red</variable>'
    b'<variable name="Empty" property="ApiKey"></variable></defaultVarList></step></sequence>'
)


def shown(step: ts.Step) -> dict[str, object]:
    return dict(shown_settings(step))


def test_lists_objects_and_conditions_are_plain_data() -> None:
    step = ts.PartitionDiskAction(
        name="p",
        disk_index=0,
        partition_style="MBR",
        partitions=[ts.PartitionSettings(type="Primary", size=100)],
        condition=ts.when(ts.Variable("A").exists()),
    )
    values = shown(step)
    assert values["Partitions"] == [
        {
            "Type": "Primary",
            "Size": 100,
            "QuickFormat": True,
            "Bootable": False,
            "AssignVolumeLetter": True,
        }
    ]
    assert values["Condition"] == "variable A exists"
    assert values["DiskIndex"] == 0


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (
            ts.SetVariableAction(
                name="s", variable_name="OSDJoinPassword", variable_value="hunter2"
            ),
            "VariableValue",
        ),
        (
            ts.SetVariableAction(
                name="s", variable_name="A", variable_value="hunter2",
                do_not_show_variable_value=True,
            ),
            "VariableValue",
        ),
        (
            ts.SetVariableAction(
                name="s", variable_name="A", variable_value="", hidden_variable_value="hunter2"
            ),
            "HiddenVariableValue",
        ),
        (
            ts.ApplyWindowsSettingsAction(
                name="w", registered_org_name="o", registered_user_name="u", time_zone="UTC",
                product_key=ts.SecretText("hunter2"),
            ),
            "ProductKey",
        ),
        (ts.load(ODD).sequence.steps[0], "ServicePassword"),
    ],
)  # fmt: skip
def test_secrets_are_masked_wherever_a_step_keeps_them(step: ts.Step, name: str) -> None:
    assert shown(step)[name] == "***"
    assert "hunter2" not in repr(shown(step))
    before = ts.TaskSequence(steps=[step])
    after = copy.deepcopy(before)
    after.steps[0].name = "renamed"
    diff = edit_diff(before, after, "x")
    assert "renamed" in diff
    assert "hunter2" not in diff


def test_rules_show_all_but_the_values_that_they_mark_as_secret() -> None:
    rules = '<Rule>\n<Variable Name="A" IsSecret="True">hunter2</Variable>\n</Rule>'
    step = ts.SetDynamicVariablesAction(name="d", rules=rules)
    assert shown(step)["Rules"] == rules.replace("hunter2", "***")
    before = ts.TaskSequence(steps=[step])
    after = copy.deepcopy(before)
    after.steps[0].name = "renamed"
    diff = edit_diff(before, after, "x")
    assert "renamed" in diff
    assert "hunter2" not in diff


def test_a_secret_of_several_lines_is_masked_whatever_line_ends_its_file_has() -> None:
    step = ts.SetVariableAction(
        name="s", variable_name="A", variable_value="hunter\n2", do_not_show_variable_value=True
    )
    raw = ts.Document.new(ts.TaskSequence(steps=[step]), secrets="keep").to_bytes()
    assert b"hunter\r\n2" in raw
    before = ts.load(raw).sequence
    after = copy.deepcopy(before)
    after.steps[0].name = "renamed"
    diff = edit_diff(before, after, "x")
    assert "renamed" in diff
    assert "hunter" not in diff


def test_what_is_no_secret_is_shown() -> None:
    values = shown(ts.load(ODD).sequence.steps[0])
    assert (values["Colour"], values["CommandLine"]) == ("red", "a")
    plain = ts.SetVariableAction(name="s", variable_name="A", variable_value="shown")
    assert shown(plain)["VariableValue"] == "shown"


def test_a_diff_of_what_agrees_is_empty() -> None:
    sequence = ts.load(ODD).sequence
    assert edit_diff(sequence, copy.deepcopy(sequence), "x") == ""


@pytest.mark.parametrize(
    ("cls", "name", "text", "value"),
    [
        (ts.AutoApplyAction, "CategoryList", "a, b", ["a", "b"]),
        (ts.AutoApplyAction, "CategoryList", "", []),
        (ts.AutoApplyAction, "BestMatch", "No", False),
        (ts.RebootAction, "MessageTimeout", "30", 30),
        (ts.RebootAction, "RunAfterRestart", "HardDisk", "HardDisk"),
        (ts.UnknownAction, "Anything", "1", "1"),
    ],
)
def test_values_are_read_from_text(cls: type[ts.Step], name: str, text: str, value: object) -> None:
    assert value_from_text(setting_named(cls, name), text) == value


def test_names_that_no_class_has_are_refused_with_what_it_has() -> None:
    with pytest.raises(ts.EditError, match="It has Name, Description"):
        setting_named(ts.Group, "Zzz")
    with pytest.raises(ts.EditError, match="New is no property"):
        setting_named(ts.BDD_Gather, "New")
    assert setting_named(ts.BDD_Gather, "variables.New").name == "New"


@pytest.mark.parametrize(
    "make",
    [
        lambda: ts.SetVariableAction(
            name="s", variable_name="OSDJoinPassword", variable_value="hunter" * 1000
        ),
        lambda: ts.SetVariableAction(name="s", variable_name="A", variable_value=b"hunter"),  # type: ignore[arg-type]
        lambda: ts.SetDynamicVariablesAction(name="s", rules=b"hunter"),  # type: ignore[arg-type]
        lambda: ts.new_step(
            "SetVariable", Name="s", VariableName="OSDJoinPassword", VariableValue="hunter" * 1000
        ),
        lambda: ts.SetVariableAction(
            name="s", variable_name="A", variable_value="", do_not_show_variable_value=True
        ).replace(variable_value="hunter" * 1000),
    ],
)
def test_a_refused_value_that_may_be_a_secret_is_not_shown(make: Callable[[], object]) -> None:
    with pytest.raises(ts.QualifierError) as caught:
        make()
    assert "hunter" not in str(caught.value)
    assert "not shown" in str(caught.value) or "is bytes" in str(caught.value)
