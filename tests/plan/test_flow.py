"""What steps do to those after them: variables, restarts, children, failures, numbers."""

from __future__ import annotations

import pytest

import tasksequence as ts


def run(name: str, condition: ts.Condition | None = None, **more: object) -> ts.Step:
    return ts.RunCommandLineAction(
        name=name,
        command_line="cmd.exe",
        condition=condition,
        **more,  # type: ignore[arg-type]
    )


def sets(name: str, value: str, condition: ts.Condition | None = None) -> ts.SetVariableAction:
    return ts.SetVariableAction(
        name=f"set {name}", variable_name=name, variable_value=value, condition=condition
    )


def when(variable: str, operator: str, value: str | None = None) -> ts.Condition:
    return ts.Condition(
        operands=[ts.VariableConditionExpression(variable=variable, operator=operator, value=value)]
    )


def plan_of(*steps: ts.Step, facts: ts.Facts | None = None, **more: object) -> ts.Plan:
    return ts.compile_plan(ts.TaskSequence(steps=list(steps)), facts, **more)  # type: ignore[arg-type]


def outcomes(plan: ts.Plan) -> dict[str, str]:
    return {step.name: step.outcome.value for step in plan.steps}


def test_layers_win_over_one_another() -> None:
    facts = ts.Facts(
        collection={"A": "collection", "B": "collection", "C": "collection"},
        device={"a": "device", "b": "device"},
        variables={"A": "given"},
    )
    plan = plan_of(
        run("a", when("A", "equals", "given")),
        run("b", when("B", "equals", "device")),
        run("c", when("C", "equals", "collection")),
        sets("C", "sequence"),
        run("d", when("c", "equals", "sequence")),
        facts=facts,
    )
    assert set(outcomes(plan).values()) == {"left to the device", "run"}
    assert {v.name: v.source for v in plan.start.variables} == {
        "A": "given", "b": "device variable", "C": "collection variable",
    }  # fmt: skip


@pytest.mark.parametrize("layer", ["collection", "device"])
def test_read_only_names_are_for_facts(layer: str) -> None:
    with pytest.raises(ts.PlanError, match="read-only"):
        ts.Facts(**{layer: {"_SMSTSMake": "x"}})  # type: ignore[arg-type]
    ts.Facts(variables={"_SMSTSMake": "x"})


def test_two_words_on_the_place_are_refused() -> None:
    with pytest.raises(ts.PlanError, match="is said to start in WinPE"):
        ts.Facts(in_winpe=True, variables={"_SMSTSInWinPE": "false"})


def test_what_only_the_sequence_sets_is_unset_before() -> None:
    plan = plan_of(
        run("before", when("Mine", "equals", "1")),
        sets("Mine", "1"),
        run("after", when("Mine", "equals", "1")),
        run("foreign", when("Theirs", "equals", "1")),
    )
    assert outcomes(plan) == {
        "before": "skipped",
        "set Mine": "run",
        "after": "left to the device",
        "foreign": "depends",
    }


def test_a_default_for_what_comes_from_outside_is_no_variable_of_the_sequence() -> None:
    plan = plan_of(sets("Site", "HQ", when("Site", "notExists")), run("x", when("Site", "exists")))
    assert outcomes(plan) == {"set Site": "depends", "x": "depends"}
    settled = plan_of(
        sets("Site", "HQ", when("Site", "notExists")),
        run("x", when("Site", "equals", "HQ")),
        facts=ts.Facts(closed=True),
    )
    assert outcomes(settled) == {"set Site": "run", "x": "left to the device"}


def test_closed_facts_make_the_rest_absent_and_unset_compares_as_empty() -> None:
    plan = plan_of(
        run("equals", when("Nobody", "equals", "")),
        run("exists", when("Nobody", "exists")),
        run("notExists", when("Nobody", "notExists")),
        run("notEquals", when("Nobody", "notEquals", "x")),
        run("less", when("Nobody", "less", "a")),
        facts=ts.Facts(closed=True),
    )
    assert {n for n, o in outcomes(plan).items() if o == "skipped"} == {"exists"}


def test_values_are_expanded_when_they_are_set() -> None:
    plan = plan_of(
        sets("A", "1"),
        sets("B", "%A%-%a%-100%"),
        sets("A", "2"),
        sets("Path", "%Path%;more"),
        run("x", when("B", "equals", "1-1-100%")),
        facts=ts.Facts(variables={"Path": "p"}),
    )
    assert outcomes(plan)["x"] == "left to the device"
    assert [c.value for step in plan.steps for c in step.changes] == [
        "1",
        "1-1-100%",
        "2",
        "p;more",
    ]


def test_the_empty_value_deletes() -> None:
    plan = plan_of(
        sets("A", ""), run("x", when("A", "notExists")), facts=ts.Facts(variables={"A": "1"})
    )
    assert outcomes(plan)["x"] == "left to the device"
    assert plan.steps[0].changes[0] == ts.VariableChange(
        name="A", value=None, known=True, why="the step set A"
    )


def test_a_step_under_an_open_condition_makes_its_variable_open() -> None:
    plan = plan_of(
        sets("A", "2", when("Who", "exists")),
        sets("B", "1", when("Who", "exists")),
        run("a", when("A", "equals", "2")),
        run("b", when("B", "equals", "1")),
        facts=ts.Facts(variables={"A": "1", "B": "1"}),
    )
    # B is 1 in any case.
    assert outcomes(plan) == {
        "set A": "depends", "set B": "depends", "a": "depends", "b": "left to the device",
    }  # fmt: skip
    assert plan.steps[2].needs == ("variable Who",)


def test_outputs_are_not_known() -> None:
    plan = plan_of(
        run("script", output_variable_name="Out"),
        run("x", when("Out", "equals", "1")),
        facts=ts.Facts(variables={"Out": "1"}, closed=True),
    )
    assert plan.steps[1].outcome is ts.Outcome.UNKNOWN
    assert plan.steps[1].needs == ("variable Out as the step script leaves it",)


def test_whether_a_step_succeeds_is_not_known() -> None:
    plan = plan_of(
        run("first"),
        run("on failure", when("_SMSTSLastActionSucceeded", "equals", "false")),
        run("by name", when("_SMSTSLastActionName", "equals", "first")),
    )
    assert plan.steps[1].needs == ("whether the step first succeeds",)
    # "on failure" may or may not have run in between.
    assert plan.steps[2].outcome is ts.Outcome.UNKNOWN


RULES = (
    "<Rules>"
    '<Rule><Variables><Variable Name="Always" IsSecret="false">1</Variable></Variables></Rule>'
    '<Rule><condition><expression type="SMS_TaskSequence_MakeModelConditionExpression">'
    '<variable name="Make">*</variable><variable name="Model">*VMware*</variable></expression>'
    '</condition><Variables><Variable Name="IsVM" IsSecret="false">True</Variable>'
    '<Variable Name="Key" IsSecret="true">hunter2</Variable></Variables></Rule>'
    '<Rule><condition><expression type="SMS_TaskSequence_VariableConditionExpression">'
    '<variable name="Operator">equals</variable><variable name="Value">True</variable>'
    '<variable name="Variable">IsVM</variable></expression></condition><Variables>'
    '<Variable Name="Disk" IsSecret="false">thin %Always%</Variable></Variables></Rule>'
    '<Rule><condition><expression type="SMS_TaskSequence_LocationConditionExpression">'
    '<variable name="DefaultGateway">10.1.*</variable></expression></condition><Variables>'
    '<Variable Name="Site" IsSecret="false">HQ</Variable></Variables></Rule>'
    "</Rules>"
)


def test_rules_of_dynamic_variables_apply_in_order() -> None:
    step = ts.SetDynamicVariablesAction(name="rules", rules=RULES)
    facts = ts.Facts(
        variables={
            "_SMSTSMake": "VMware, Inc.",
            "_SMSTSModel": "VMware Virtual Platform",
            "_SMSTSDefaultGateways": "192.168.0.1, 10.1.2.3",
        }
    )
    plan = plan_of(step, facts=facts)
    assert {c.name: c.value for c in plan.steps[0].changes} == {
        "Always": "1", "IsVM": "True", "Key": "***", "Disk": "thin 1", "Site": "HQ",
    }  # fmt: skip
    assert "hunter2" not in repr(plan) + plan.to_json()
    other = plan_of(
        step, facts=attrs_evolve(facts, variables={"_SMSTSMake": "HP", "_SMSTSModel": "EliteBook"})
    )
    assert {c.name: (c.value, c.known) for c in other.steps[0].changes} == {
        "Always": ("1", True),
        "Site": (None, False),  # nobody told the gateways
    }


def attrs_evolve(facts: ts.Facts, **changes: object) -> ts.Facts:
    import attrs

    return attrs.evolve(facts, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "step",
    [
        ts.SetVariableAction(
            name="s", variable_name="X", variable_value="hunter2", do_not_show_variable_value=True
        ),
        ts.SetVariableAction(
            name="s", variable_name="X", variable_value="", hidden_variable_value="hunter2"
        ),
        ts.SetVariableAction(name="s", variable_name="OSDJoinPassword", variable_value="hunter2"),
        ts.SetVariableAction(name="s", variable_name="X", variable_value="%Given%"),
    ],
)
def test_a_value_that_is_not_to_be_shown_is_in_no_plan(step: ts.SetVariableAction) -> None:
    plan = plan_of(
        step,
        run("x", when(step.variable_name, "equals", "hunter2")),
        run("%X%"),
        ts.RunCommandLineAction(
            name="y", command_line="net use %X%%OSDJoinPassword%", condition=when("X", "exists")
        ),
        facts=ts.Facts(variables={"Given": ts.SecretText("hunter2")}, closed=True),
    )
    shown = [ts.describe_plan(plan), *(ts.explain_step(one) for one in plan.walk())]
    assert "hunter2" not in repr(plan) + plan.to_json() + "".join(shown)
    assert plan.steps[0].changes[0].value == "***"


def test_rules_that_are_no_xml_are_a_problem_of_their_step() -> None:
    plan = plan_of(ts.SetDynamicVariablesAction(name="rules", rules="<Rules><oops"))
    assert plan.problems == (
        (
            ("rules",),
            "the rules are no XML that can be read, or nest too deep: correct them in the editor",
        ),
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("_SMSTSOrgName", "x", "read-only"),
        ("9lives", "x", "no variable name"),
        ("A", "%Long%%Long%", "4000 are the limit"),
    ],
)
def test_what_no_step_may_set_is_a_problem_with_its_path(name: str, value: str, said: str) -> None:
    group = ts.Group(name="g", steps=[sets(name, value)])
    plan = plan_of(group, run("x"), facts=ts.Facts(variables={"Long": "x" * 3000}))
    ((path, problem),) = plan.problems
    assert path == ("g", f"set {name}")
    assert said in problem
    assert plan.steps[0].outcome is ts.Outcome.INVALID
    assert plan.steps[1].outcome is ts.Outcome.DEVICE


def test_a_circle_of_variables_names_the_step() -> None:
    with pytest.raises(ts.PlanError, match=r"g > set X: .*a -> b -> a"):
        plan_of(
            ts.Group(name="g", steps=[sets("X", "%A%")]),
            facts=ts.Facts(variables={"A": "%B%", "B": "%A%"}),
        )


def test_restarts_switch_the_place_and_steps_out_of_place_get_a_finding() -> None:
    plan = plan_of(
        run("anywhere"),
        run("os only", supported_environment="FullOS"),
        ts.RebootAction(name="to pe", target="WinPE"),
        run("os again", supported_environment="FullOS"),
        ts.PartitionDiskAction(name="disk", disk_index=0, partition_style="GPT", partitions=[]),
        ts.RebootAction(name="to hd", target="HD"),
        run("back", supported_environment="FullOS"),
        facts=ts.Facts(in_winpe=False),
    )
    assert outcomes(plan)["os again"] == "skipped"
    assert plan.steps[3].warnings == (
        "the step cannot run where it stands: it runs in FullOS, and the machine is in WinPE",
    )
    assert [n for n, o in outcomes(plan).items() if o == "skipped"] == ["os again"]
    assert [s.environment for s in plan.steps] == [
        "FullOS", "FullOS", "FullOS", "WinPE", "WinPE", "WinPE", "FullOS",
    ]  # fmt: skip


def test_a_requested_restart_switches_the_place_too() -> None:
    plan = plan_of(sets("SMSTSRebootRequested", "WinPE"), run("x"), facts=ts.Facts(in_winpe=False))
    assert plan.steps[1].environment == "WinPE"


def test_a_restart_without_a_target_follows_what_boots_next() -> None:
    def script(command: str, condition: ts.Condition | None = None) -> ts.Step:
        return ts.MdtCommandAction(name="script", command_line=command, condition=condition)

    restart = ts.RebootAction(name="Restart computer", target="")
    stage = 'cscript.exe "%SCRIPTROOT%\\LTIApply.wsf" /PE /STAGE'
    boot = 'cscript.exe "%SCRIPTROOT%\\LTIApply.wsf" /PE /BCD'
    steps = [script(stage), restart, script(boot), restart, restart, run("end")]
    plan = plan_of(*steps, facts=ts.Facts(in_winpe=True))
    assert [s.restarts_into for s in plan.steps] == [None, "FullOS", None, "WinPE", "FullOS", None]
    assert plan.steps[-1].environment == "FullOS"
    perhaps = plan_of(
        script(boot, when("DoCapture", "equals", "YES")), restart, run("end"),
        facts=ts.Facts(in_winpe=False),
    )  # fmt: skip
    assert perhaps.steps[-1].environment is None


def test_a_restart_that_may_run_leaves_the_place_open() -> None:
    plan = plan_of(
        ts.RebootAction(name="r", target="WinPE", condition=when("Who", "exists")),
        run("pe", supported_environment="WinPE"),
        facts=ts.Facts(in_winpe=False),
    )
    assert plan.steps[1].outcome is ts.Outcome.UNKNOWN
    assert plan.steps[1].needs == ("variable Who",)


def test_failures_go_up_until_a_group_continues() -> None:
    plan = plan_of(
        run("alone"),
        run("goes on", continue_on_error=True),
        ts.Group(
            name="outer",
            continue_on_error=True,
            steps=[ts.Group(name="inner", steps=[run("deep", success_codes="0 3010 1641")])],
        ),
    )
    assert [step.on_failure for step in plan.steps] == [
        "the sequence fails",
        "the sequence goes on with the next step",
        "the group outer ends, and the sequence goes on after it",
    ]
    assert plan.steps[2].success_codes == (0, 3010, 1641)


def child(name: str, *, enabled: bool = True) -> ts.SubTasksequence:
    return ts.SubTasksequence(
        name=f"run {name}", ts_package_id=name, ts_name=f"Name of {name}", enabled=enabled
    )


def test_numbers_count_groups_twice_and_children_inside() -> None:
    inner = ts.TaskSequence(steps=[ts.Group(name="ig", steps=[run("i1"), run("i2")])])
    steps = (
        ts.Group(name="g", steps=[run("a"), run("off", enabled=False)]),
        child("ABC00002"),
        child("ABC00003", enabled=False),
        run("last"),
    )
    plan = plan_of(*steps, children={"abc00002": inner, "ABC00003": inner})
    assert [(n.name, n.number) for n in plan.walk()] == [
        ("g", 0), ("a", 1), ("off", 2),  # 3: the end of g
        ("run ABC00002", 4), ("ig", 5), ("i1", 6), ("i2", 7),  # 8: the end of ig
        ("run ABC00003", 9),  # disabled: what is in it is not counted
        ("last", 10),
    ]  # fmt: skip
    assert plan.steps[2].path == ("run ABC00002", "ig", "i1")
    missing = plan_of(*steps)
    assert [(n.name, n.number) for n in missing.walk()][-2:] == [
        ("run ABC00003", None), ("last", None),
    ]  # fmt: skip
    assert "was not given" in missing.steps[2].warnings[0]


def test_a_child_among_others_that_is_missing_is_a_problem() -> None:
    inner = ts.TaskSequence(steps=[run("x")])
    plan = plan_of(child("ABC00002"), children={"ABC00001": inner})
    assert plan.problems == (
        (
            ("run ABC00002",),
            "the child sequence ABC00002 was not given; did you mean abc00001?",
        ),
    )


def test_variables_go_into_a_child_and_out_of_it() -> None:
    inner = ts.TaskSequence(steps=[run("in", when("A", "equals", "1")), sets("B", "2")])
    plan = plan_of(
        sets("A", "1"), child("C"), run("out", when("B", "equals", "2")), children={"C": inner}
    )
    assert outcomes(plan)["in"] == outcomes(plan)["out"] == "left to the device"


def test_children_that_call_each_other_are_an_error() -> None:
    one = ts.TaskSequence(steps=[child("B")])
    two = ts.TaskSequence(steps=[child("A")])
    with pytest.raises(ts.PlanError, match="a -> b -> a") as caught:
        plan_of(child("A"), children={"A": one, "B": two})
    assert caught.value.where == "run A > run B > run A"


def test_arrays_and_action_variables_are_resolved_member_by_member() -> None:
    step = ts.PartitionDiskAction(
        name="disk",
        disk_index=0,
        partition_style="GPT",
        partitions=[
            ts.PartitionSettings(type="EFI", size=500, size_units="MB"),
            ts.PartitionSettings(
                type="Primary", size=100, size_units="Percent", volume_name="%Label%",
                volume_letter_variable="OSDisk",
            ),
        ],
    )  # fmt: skip
    facts = ts.Facts(variables={"OSDPartitions1Size": "50", "Label": "Windows"}, in_winpe=True)
    plan = plan_of(step, run("x", when("OSDisk", "exists")), facts=facts)
    held = {one.name: (one.value, one.source) for one in plan.steps[0].properties}
    assert held["Partitions"] == ("2", "the step's Partitions")
    assert held["Partitions1Size"] == ("50", "variable OSDPartitions1Size, given")
    assert held["Partitions0Size"] == ("500", "the step's Partitions0Size")
    assert held["Partitions1VolumeName"][0] == "Windows"
    # The letter is given by the device.
    assert plan.steps[1].outcome is ts.Outcome.UNKNOWN


def test_a_step_s_own_variables_live_only_while_it_runs() -> None:
    plan = plan_of(
        ts.ApplyOperatingSystemAction(
            name="apply", image_package_id="ABC00010", image_index=1,
            config_file_name="%OSDImageIndex%.xml",
        ),
        run("x", when("OSDImageIndex", "exists")),
        facts=ts.Facts(in_winpe=True, closed=True),
    )  # fmt: skip
    held = {one.name: one.value for one in plan.steps[0].properties}
    assert held["ConfigFileName"] == "1.xml"
    assert plan.steps[1].outcome is ts.Outcome.SKIPPED


def test_references_that_a_step_needs() -> None:
    plan = plan_of(
        ts.InstallSoftwareAction(name="i", package_id="ABC00011", program_name="Install silently")
    )
    assert plan.steps[0].references == (
        ts.NeededReference(kind="package", id="ABC00011", program="Install silently"),
    )


def test_assumptions_settle_what_is_unknown_and_only_that() -> None:
    steps = (
        run("file", ts.Condition(operands=[ts.FileConditionExpression(path=r"C:\a.txt")])),
        run("known", when("A", "equals", "1")),
    )
    facts = ts.Facts(variables={"A": "1"})
    assumed = facts.assuming({r"FILE c:\a.txt  exists": False, 'variable A equals "1"': False})
    plan = plan_of(*steps, facts=assumed)
    assert outcomes(plan) == {"file": "skipped", "known": "left to the device"}
    with pytest.raises(ts.PlanError, match=r"Did you mean 'file C:\\\\a.txt exists'"):
        plan_of(*steps, facts=facts.assuming({r"file C:\b.txt exists": True}))
