"""Plans: what becomes of each step, and the capture step's properties."""

from __future__ import annotations

import copy
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence.request import ImageMetadata
from tests.support.exports import loaded_exports

DESTINATION = r"\\server\images\reference.wim"


def capture_step(**changes: object) -> ts.CaptureSystemImageAction:
    values: dict[str, object] = {
        "name": "Capture",
        "capture_destination": DESTINATION,
        "capture_username": "LAB\\capture",
        "capture_password": "from-the-step",
        "image_creator": "step creator",
        "image_description": "step description",
        "image_version": "1",
        **changes,
    }
    return ts.CaptureSystemImageAction(**values)  # type: ignore[arg-type]


def planned(
    step: ts.Step, variables: dict[str, str] | None = None, *, in_winpe: bool = True
) -> ts.PlannedStep:
    facts = {"_SMSTSInWinPE": "true" if in_winpe else "false"}
    plan = ts.compile_plan(ts.TaskSequence(steps=[step]), {**facts, **(variables or {})})
    return plan.steps[-1]


def request_of(step: ts.PlannedStep) -> ts.CaptureRequest:
    assert step.request is not None, step.problems
    return step.request


SEED_001 = [
    ("OSDCaptureDestination", "/images/other.wim", "destination", "/images/other.wim"),
    ("OSDCaptureAccount", "LAB\\other", "account", "LAB\\other"),
    ("OSDCaptureAccountPassword", "s3cret", "password", ts.SecretText("s3cret")),
    ("OSDImageCreator", "somebody", "metadata.creator", "somebody"),
    ("OSDImageDescription", "a text", "metadata.description", "a text"),
    ("OSDImageVersion", "2.0", "metadata.version", "2.0"),
    ("OSDTargetSystemRoot", "C:\\Windows", "metadata.target_system_root", "C:\\Windows"),
]


@pytest.mark.parametrize(("variable", "value", "field", "expected"), SEED_001)
def test_a_variable_that_is_set_wins_over_the_step(
    variable: str, value: str, field: str, expected: object
) -> None:
    def look(request: ts.CaptureRequest) -> object:
        found: object = request
        for part in field.split("."):
            found = getattr(found, part)
        return found

    own = request_of(planned(capture_step()))
    step = planned(capture_step(), {variable.upper(): value})
    assert look(request_of(step)) == expected
    assert look(own) != expected
    (resolved,) = [r for r in step.properties if r.variable == variable]
    assert resolved.source == f"variable {variable}"
    hidden = variable == "OSDCaptureAccountPassword"
    assert resolved.value == ("***" if hidden else value)
    # And nothing else of the request has changed.
    assert [r for r in step.properties if r.variable != variable] == [
        r for r in planned(capture_step()).properties if r.variable != variable
    ]


def test_without_variables_the_step_s_own_values_hold() -> None:
    request = request_of(planned(capture_step(timeout=60)))
    assert request.destination == DESTINATION
    assert request.account == "LAB\\capture"
    assert request.password == ts.SecretText("from-the-step")
    assert request.metadata == ImageMetadata(
        creator="step creator", description="step description", version="1"
    )
    assert request.step.path == ("Capture",)
    assert request.step.wmi_class == "SMS_TaskSequence_CaptureSystemImageAction"
    assert request.time_limit == 60


def test_an_empty_variable_does_not_win() -> None:
    step = planned(capture_step(), {"OSDImageVersion": ""})
    assert request_of(step).metadata.version == "1"


def test_names_are_expanded_before_the_rules_are_judged() -> None:
    step = capture_step(capture_destination=r"\\%Server%\images\%Name%.wim")
    short = planned(step, {"Server": "files", "Name": "reference"})
    assert request_of(short).destination == r"\\files\images\reference.wim"
    long = planned(step, {"Server": "files", "Name": "x" * 300})
    assert long.outcome is ts.Outcome.INVALID
    assert "(319 characters); AllowedLen" in long.reason
    assert 'AllowedLen("1-255")' in long.reason


def test_a_destination_that_needs_an_unset_variable_is_a_problem() -> None:
    step = planned(capture_step(capture_destination=r"\\%Server%\a.wim"))
    assert step.outcome is ts.Outcome.INVALID
    assert "needs the variable Server, which is not set" in step.reason
    assert step.request is None


def test_free_text_that_needs_an_unset_variable_stays_as_written() -> None:
    step = planned(capture_step(image_description="built for %Customer%"))
    assert request_of(step).metadata.description == "built for %Customer%"
    assert any("Customer" in warning for warning in step.warnings)


def test_a_secret_does_not_leak_through_another_property() -> None:
    step = planned(
        capture_step(image_description="%OSDJoinPassword%"), {"OSDJoinPassword": "hunter2"}
    )
    assert step.outcome is ts.Outcome.INVALID
    assert "would show a secret" in step.reason
    assert "hunter2" not in repr(step)


def test_a_password_is_not_expanded() -> None:
    step = planned(capture_step(capture_password="50%A%"), {"A": "x"})
    assert request_of(step).password == ts.SecretText("50%A%")


def test_no_secret_is_in_the_plan() -> None:
    plan = ts.compile_plan(
        ts.TaskSequence(steps=[capture_step()]), {"OSDCaptureAccountPassword": "hunter2"}
    )
    assert "hunter2" not in repr(plan)
    assert "from-the-step" not in repr(plan)


@pytest.mark.parametrize(
    ("destination", "account", "said"),
    [
        ("a.swm", "LAB\\x", "--split alone"),
        ("a.esd", "LAB\\x", "does not end in .wim"),
        ("a.wim", "capture", "domain\\user"),
    ],
)
def test_odd_values_are_warned_of(destination: str, account: str, said: str) -> None:
    step = planned(capture_step(capture_destination=destination, capture_username=account))
    assert any(said in warning for warning in step.warnings)
    assert step.outcome is ts.Outcome.RUN


def is_set(name: str, value: str) -> ts.Condition:
    return ts.Condition(
        operands=[ts.VariableConditionExpression(variable=name, operator="equals", value=value)]
    )


def test_outcomes_and_their_reasons() -> None:
    sequence = ts.TaskSequence(
        steps=[
            ts.RebootAction(name="off", target="HD", enabled=False),
            ts.Group(
                name="closed",
                enabled=False,
                steps=[ts.RebootAction(name="inside", target="HD")],
            ),
            ts.RebootAction(name="no", target="HD", condition=is_set("A", "2")),
            ts.Group(
                name="no group",
                condition=is_set("A", "2"),
                steps=[ts.Group(name="deeper", steps=[ts.RebootAction(name="x", target="HD")])],
            ),
            ts.RebootAction(name="who knows", target="WinPE", condition=is_set("B", "2")),
            ts.PrepareOSAction(name="full"),
            ts.RebootAction(name="device", target="WinPE"),
            ts.UnknownAction(name="odd", type="BDD_Odd"),
            ts.MdtCommandAction(name="typeless"),
            capture_step(),
        ]
    )
    plan = ts.compile_plan(sequence, {"A": "1", "_SMSTSInWinPE": "TRUE"})
    assert [(s.name, s.outcome, s.reason) for s in plan.steps] == [
        ("off", ts.Outcome.SKIPPED, "the step is disabled"),
        ("inside", ts.Outcome.SKIPPED, "the group closed is disabled"),
        (
            "no",
            ts.Outcome.SKIPPED,
            'the condition of the step is false: variable A equals "2"',
        ),
        (
            "x",
            ts.Outcome.SKIPPED,
            'the condition of the group no group is false: variable A equals "2"',
        ),
        ("who knows", ts.Outcome.UNKNOWN, "depends on what is not known here: variable B"),
        ("full", ts.Outcome.SKIPPED, "runs in FullOS, and the machine is in WinPE"),
        (
            "device",
            ts.Outcome.DEVICE,
            "runs on the device only: SMS_TaskSequence_RebootAction",
        ),
        ("odd", ts.Outcome.DEVICE, "runs on the device only: BDD_Odd"),
        (
            "typeless",
            ts.Outcome.DEVICE,
            "runs on the device only: a command line without a type",
        ),
        ("Capture", ts.Outcome.RUN, "captures volumes, which this machine can do"),
    ]
    assert plan.steps[3].path == ("no group", "deeper", "x")


def test_the_capture_step_runs_in_winpe_only() -> None:
    step = planned(capture_step(), in_winpe=False)
    assert (step.outcome, step.reason) == (
        ts.Outcome.SKIPPED,
        "runs in WinPE, and the machine is in FullOS",
    )


def test_a_plan_is_pure_and_frozen() -> None:
    sequence = ts.TaskSequence(steps=[ts.Group(name="g", steps=[capture_step()])])
    before = copy.deepcopy(sequence)
    variables = {"OSDImageVersion": "9"}
    assert ts.compile_plan(sequence, variables) == ts.compile_plan(sequence, variables)
    assert sequence == before
    assert variables == {"OSDImageVersion": "9"}
    plan = ts.compile_plan(sequence)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        plan.steps[0].reason = "x"  # type: ignore[misc]


@pytest.mark.corpus
def test_every_real_sequence_can_be_planned(corpus_dir: Path) -> None:
    planned_steps = 0
    for _, document in loaded_exports(corpus_dir):
        for sequence in document.sequences:
            plan = ts.compile_plan(sequence, {"_SMSTSInWinPE": "true"})
            planned_steps += len(plan.steps)
            assert all(step.reason for step in plan.steps)
    assert planned_steps > 6000


def test_the_system_root_shows_no_secret() -> None:
    step = planned(
        capture_step(), {"OSDJoinPassword": "hunter2", "OSDTargetSystemRoot": "%OSDJoinPassword%"}
    )
    assert step.outcome is ts.Outcome.INVALID
    assert "hunter2" not in repr(step)


@pytest.mark.parametrize(
    "variable",
    ["OSDCaptureDestination", "OSDCaptureAccount", "OSDImageCreator", "OSDTargetSystemRoot"],
)
def test_what_must_be_shown_cannot_be_given_as_a_secret(variable: str) -> None:
    plan = ts.compile_plan(
        ts.TaskSequence(steps=[capture_step()]), {variable: ts.SecretText("hunter2")}
    )
    assert plan.steps[0].outcome is ts.Outcome.INVALID
    assert "given as a secret" in plan.steps[0].reason
    assert "hunter2" not in repr(plan)


def test_an_older_step_without_a_version_can_capture() -> None:
    xml = (
        b'<sequence version="3.10"><step type="SMS_TaskSequence_CaptureSystemImageAction" name="c"'
        b' runIn="WinPE"><action/><defaultVarList><variable name="OSDCaptureDestination"'
        b' property="CaptureDestination">a.wim</variable></defaultVarList></step></sequence>'
    )
    (step,) = ts.compile_plan(ts.load(xml).sequence).steps
    assert request_of(step).metadata.version is None


def test_what_a_step_sets_holds_from_there_on() -> None:
    def sets(name: str, *, enabled: bool = True) -> ts.SetVariableAction:
        return ts.SetVariableAction(
            name=f"set {name}", variable_name=name, variable_value="2", enabled=enabled
        )

    steps = [
        sets("B", enabled=False),
        ts.RunCommandLineAction(name="before", command_line="x", condition=is_set("A", "1")),
        sets("A"),
        sets("OSDCaptureDestination"),
        ts.RunCommandLineAction(name="after", command_line="x", condition=is_set("A", "1")),
        ts.RunCommandLineAction(name="other", command_line="x", condition=is_set("B", "1")),
        capture_step(),
    ]
    sequence = ts.TaskSequence(steps=list(steps))
    facts = {"A": "1", "B": "1", "_SMSTSInWinPE": "true"}
    plan = ts.compile_plan(sequence, facts)
    outcomes = {step.name: step.outcome for step in plan.steps}
    assert outcomes["before"] is ts.Outcome.DEVICE
    assert outcomes["after"] is ts.Outcome.SKIPPED
    assert outcomes["other"] is ts.Outcome.DEVICE
    assert request_of(plan.steps[-1]).destination == "2"
    assert plan.steps[-1].properties[0].source == (
        "variable OSDCaptureDestination, the step set OSDCaptureDestination"
    )
    pinned = ts.compile_plan(
        sequence,
        ts.Facts(
            variables={**facts, "OSDCaptureDestination": "mine.wim"},
            pinned={"OSDCaptureDestination"},
        ),
    ).steps[-1]
    assert request_of(pinned).destination == "mine.wim"
    assert any("the value that was given is kept" in warning for warning in pinned.warnings)


def test_a_sequence_is_asked_for_by_name() -> None:
    document = ts.Document.new(ts.TaskSequence())
    with pytest.raises(TypeError, match=r"document\.sequence"):
        ts.compile_plan(document)  # type: ignore[arg-type]
    with pytest.raises(ts.PlanError, match="is int, not text"):
        ts.compile_plan(document.sequence, {"A": 5})  # type: ignore[dict-item]
