"""Runs: secrets masked, unknown results, failures that used to abort, codes and time limits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.engine.runtime import RunVariables
from tasksequence.testing import RecordingBackend
from tests.engine.test_run import plan_of, statuses
from tests.plan.test_compiler import capture_step
from tests.plan.test_flow import run, sets, when


def test_the_longest_secret_is_masked_first() -> None:
    secrets = {f"V{text}": ts.SecretText(text) for text in ("Pass", "Password1", "Password1xyz")}
    variables = RunVariables(plan_of().start, secrets)
    assert variables.masked("a Password1xyz b Password1 c Pass") == "a *** b *** c ***"


def test_the_failure_of_a_capture_is_masked_in_its_log(tmp_path: Path) -> None:
    class Tells(RecordingBackend):
        def capture(self, request: ts.CaptureRequest, on_event: object) -> ts.CaptureResult:
            assert request.password is not None
            raise ts.CaptureError(f"logon with {request.password.reveal()} failed")

    step = capture_step(capture_password=ts.SecretText("hunter2"), name="Capture hunter2")
    with (
        ts.CMTraceLog(tmp_path / "smsts.log") as log,
        pytest.raises(ts.CaptureError),
    ):
        ts.capture_volumes(plan_of(step), "v.ntfs", backend=Tells(), log=log)
    text = (tmp_path / "smsts.log").read_text("utf-8")
    assert "logon with *** failed" in text
    assert "hunter2" not in text


def test_the_log_of_a_capture_is_masked(tmp_path: Path) -> None:
    plan = plan_of(capture_step())
    with ts.CMTraceLog(tmp_path / "smsts.log") as log:
        engine = ts.Engine(volumes=tmp_path / "hunter2.ntfs", backend=RecordingBackend(), log=log)
        report = engine.run(plan, secrets={"Any": ts.SecretText("hunter2")})
    assert report.succeeded
    text = (tmp_path / "smsts.log").read_text(encoding="utf-8")
    assert "***.ntfs" in text
    assert "hunter2" not in text


def test_what_a_left_step_came_to_is_not_what_the_step_before_came_to() -> None:
    plan = plan_of(
        run("one"),
        ts.RunPowerShellScriptAction(name="left", source_script="eA==", parameters=""),
        run("good", when("_SMSTSLastActionSucceeded", "equals", "true")),
        facts=ts.Facts(in_winpe=True),
    )
    report = ts.Engine(handlers={ts.RunCommandLineAction: lambda _s, _c: 0}).run(plan)
    assert statuses(report) == {"one": "succeeded", "left": "left to the device", "good": "depends"}


def test_what_a_step_that_depends_changes_is_unknown() -> None:
    open_ = when("Unknown", "equals", "1")
    inside = ts.Group(name="g", condition=open_, steps=[sets("Y", "2")])
    plan = plan_of(
        run("one"),
        sets("X", "2", open_),
        inside,
        run("x", when("X", "equals", "1")),
        run("y", when("Y", "exists")),
        run("last", when("_SMSTSLastActionName", "equals", "one")),
    )

    def handler(step: ts.PlannedStep, context: ts.RunContext) -> int:
        if step.name == "one":
            context.set("X", "1")
            context.set("Y", "1")
        return 0

    found = statuses(ts.Engine(handlers={ts.RunCommandLineAction: handler}).run(plan))
    assert [found[name] for name in ("x", "y", "last")] == ["depends"] * 3


def test_the_mask_never_becomes_a_value() -> None:
    plan = plan_of(
        ts.SetVariableAction(
            name="late", variable_name="Foo", variable_value="%X%", do_not_show_variable_value=True
        ),
        run("look"),
        facts=ts.Facts(in_winpe=True, variables={"Plain": ts.SecretText("hunter2")}),
    )
    seen: list[object] = []

    def handler(_: ts.PlannedStep, context: ts.RunContext) -> int:
        seen.extend([context.get("Foo"), context.get("Plain")])
        return 0

    ts.Engine(handlers={ts.RunCommandLineAction: handler}).run(plan)
    assert seen == [None, None]


def test_a_value_that_breaks_rules_late_fails_its_step() -> None:
    def handler(step: ts.PlannedStep, context: ts.RunContext) -> int:
        if step.name == "long":
            context.set("X", "a" * 3000)
        if step.name == "circle":
            context.set("A", "%B%")
            context.set("B", "%A%")
            context.set("Z", "1")
        return 0

    engine = ts.Engine(handlers={ts.RunCommandLineAction: handler})
    late = ts.SetVariableAction(
        name="late", variable_name="Y", variable_value="%X%%X%", continue_on_error=True
    )
    report = engine.run(plan_of(run("long"), late, run("after")))
    assert statuses(report) == {"long": "succeeded", "late": "failed", "after": "succeeded"}
    assert "4000 are the limit" in report.results[1].message
    circle = run("judged", when("Z", "equals", "%A%"))
    report = engine.run(plan_of(run("circle"), circle, run("after")))
    assert statuses(report) == {
        "circle": "succeeded", "judged": "failed", "after": "not reached",
    }  # fmt: skip
    assert not report.succeeded
    group = ts.Group(
        name="g", condition=when("Z", "equals", "%A%"), steps=[run("in")], continue_on_error=True
    )
    report = engine.run(plan_of(run("circle"), group, run("after")))
    assert statuses(report)["in"] == "not reached"
    assert statuses(report)["after"] == "succeeded"


def test_negative_success_codes_are_those_of_32_bits() -> None:
    plan = plan_of(run("one", success_codes="0 -1"))
    assert plan.steps[0].success_codes == (0, 0xFFFFFFFF)
    report = ts.Engine(handlers={ts.RunCommandLineAction: lambda _s, _c: -1}).run(plan)
    assert report.succeeded


def test_conditions_are_judged_again_through_the_values_they_name() -> None:
    plan = plan_of(run("one"), run("two", when("X", "equals", "ab")))

    def handler(_: ts.PlannedStep, context: ts.RunContext) -> int:
        context.set("Y", "b")
        context.set("X", "a%Y%")
        return 0

    report = ts.Engine(handlers={ts.RunCommandLineAction: handler}).run(plan)
    assert statuses(report)["two"] == "succeeded"


def test_a_handler_that_returns_no_number_fails_its_step() -> None:
    engine = ts.Engine(handlers={ts.RunCommandLineAction: lambda _s, _c: "abc"})  # type: ignore[dict-item, return-value]
    (result,) = engine.run(plan_of(run("one"))).results
    assert result.status is ts.StepStatus.FAILED
    assert result.message == "the handler returned 'abc', not an exit code"


def test_the_time_limit_of_the_run_is_named() -> None:
    def slow(_: ts.PlannedStep, context: ts.RunContext) -> int:
        while not context.cancelled:
            time.sleep(0.01)
        return 0

    plan = plan_of(run("slow", timeout=60), run("never"))
    report = ts.Engine(handlers={ts.RunCommandLineAction: slow}).run(plan, timeout=0.1)
    assert report.timed_out
    assert report.cancelled
    assert [one.message for one in report.results] == [
        "the run was ended after 0.1 s, its time limit",
        "a step before it failed",
    ]
    assert ts.describe_run(report).endswith("The run was ended by its time limit.")
    engine = ts.Engine(handlers={ts.RunCommandLineAction: lambda _s, _c: engine.cancel()})
    stopped = engine.run(plan, timeout=60)
    assert stopped.cancelled
    assert not stopped.timed_out
