"""Running plans: handlers, failures, retries, conditions judged anew, cancel and time limits."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.testing import RecordingBackend
from tests.plan.test_compiler import capture_step
from tests.plan.test_flow import run, sets, when


def plan_of(*steps: ts.Step, facts: ts.Facts | None = None) -> ts.Plan:
    return ts.compile_plan(ts.TaskSequence(steps=list(steps)), facts or ts.Facts(in_winpe=True))


def statuses(report: ts.RunReport) -> dict[str, str]:
    return {result.path[-1]: result.status.value for result in report.results}


def test_variables_and_captures_are_built_in_and_the_rest_is_left(tmp_path: Path) -> None:
    backend = RecordingBackend()
    events: list[object] = []
    plan = plan_of(
        sets("OSDImageVersion", "7"),
        run("script"),
        run("off", enabled=False),
        run("os", supported_environment="FullOS"),
        capture_step(),
    )
    engine = ts.Engine(volumes=tmp_path / "v.ntfs", backend=backend, on_event=events.append)
    report = engine.run(plan)
    assert report.succeeded
    assert statuses(report) == {
        "set OSDImageVersion": "succeeded",
        "script": "left to the device",
        "off": "skipped",
        "os": "skipped",
        "Capture": "succeeded",
    }
    assert backend.requests[0].metadata.version == "7"
    assert len(report.captures) == 1
    assert dict(report.variables)["OSDImageVersion"] == "7"
    started = [e.path[-1] for e in events if isinstance(e, ts.StepStarted)]
    assert started == [s.name for s in plan.steps]
    finished = [e.result for e in events if isinstance(e, ts.StepFinished)]
    assert tuple(finished) == report.results
    assert any(isinstance(event, ts.Progress) for event in events)
    assert "left to the device" in ts.describe_run(report)
    without = ts.Engine(backend=backend).run(plan)
    assert statuses(without)["Capture"] == "left to the device"


def test_handlers_by_class_by_name_and_for_base_classes() -> None:
    seen: list[tuple[str, str]] = []

    def note(kind: str) -> object:
        return lambda step, context: seen.append((kind, step.name))

    plan = plan_of(
        run("command"), ts.RebootAction(name="restart", target="WinPE"),
        ts.UnknownAction(name="odd", type="Contoso_Odd"),
    )  # fmt: skip
    report = ts.Engine(
        handlers={
            ts.RunCommandLineAction: note("command"),  # type: ignore[dict-item]
            ts.Action: note("any"),  # type: ignore[dict-item]
            "Contoso_Odd": note("odd"),  # type: ignore[dict-item]
        }
    ).run(plan)
    assert report.succeeded
    assert seen == [("command", "command"), ("any", "restart"), ("odd", "odd")]


def test_a_failure_goes_up_until_a_group_continues() -> None:
    plan = plan_of(
        ts.Group(
            name="outer",
            continue_on_error=True,
            steps=[ts.Group(name="inner", steps=[run("bad"), run("never")]), run("neither")],
        ),
        run("after", when("_SMSTSLastActionSucceeded", "equals", "false")),
        run("other", when("_SMSTSLastActionRetCode", "equals", "5")),
        run("mild", continue_on_error=True),
        run("bad too"),
        run("end"),
    )
    codes = {"bad": 5, "mild": 1, "bad too": 2}
    report = ts.Engine(
        handlers={ts.RunCommandLineAction: lambda step, context: codes.get(step.name, 0)}
    ).run(plan)
    assert not report.succeeded
    assert statuses(report) == {
        "bad": "failed",
        "never": "not reached",
        "neither": "not reached",
        "after": "succeeded",  # judged anew by how the step before it ended
        "other": "skipped",  # by then the last step is "after", which ended with 0
        "mild": "failed",
        "bad too": "failed",
        "end": "not reached",
    }


def test_success_codes_and_retries() -> None:
    tries: list[int] = []

    def flaky(step: ts.PlannedStep, context: ts.RunContext) -> int:
        tries.append(1)
        return 3010 if step.name == "restart" or len(tries) > 3 else 1

    step = ts.InstallSoftwareAction(name="install", package_id="ABC00001", program_name="x")
    step.retry_count = 3
    plan = plan_of(run("restart", success_codes="0 3010"), facts=ts.Facts(in_winpe=False))
    assert ts.Engine(handlers={ts.Action: flaky}).run(plan).results[0].exit_code == 3010
    tries.clear()
    plan = plan_of(step, facts=ts.Facts(in_winpe=False))
    assert plan.steps[0].retries == 3
    (result,) = ts.Engine(handlers={ts.Action: flaky}).run(plan).results
    assert (result.attempts, result.exit_code) == (4, 3010)


def test_conditions_are_judged_anew_by_what_handlers_set() -> None:
    plan = plan_of(
        run("finds out", output_variable_name="Model"),
        run("for X", when("Model", "equals", "x")),
        run("for Y", when("Model", "equals", "Y")),
        sets("Late", "%Model%-1"),
        run("late", when("Late", "equals", "X-1")),
        ts.Group(name="g", condition=when("Model", "exists"), steps=[run("inside")]),
    )
    assert {s.outcome for s in plan.steps[1:3]} == {ts.Outcome.UNKNOWN}

    def handler(step: ts.PlannedStep, context: ts.RunContext) -> None:
        if step.name == "finds out":
            context.set("model", "X")
        assert context.get("MODEL") == "X"

    report = ts.Engine(handlers={ts.RunCommandLineAction: handler}).run(plan)
    assert statuses(report) == {
        "finds out": "succeeded", "for X": "succeeded", "for Y": "skipped",
        "set Late": "succeeded", "late": "succeeded", "inside": "succeeded",
    }  # fmt: skip
    nobody = statuses(ts.Engine().run(plan))
    assert nobody["for X"] == nobody["inside"] == "depends"


def test_what_a_condition_waits_for_can_be_assumed() -> None:
    plan = plan_of(run("x", when("Who", "exists")))
    engine = ts.Engine(handlers={ts.Action: lambda step, context: 0}, assume_conditions=True)
    assert statuses(engine.run(plan)) == {"x": "succeeded"}


def test_a_step_that_takes_too_long_is_ended() -> None:
    done = threading.Event()

    def slow(step: ts.PlannedStep, context: ts.RunContext) -> int:
        while not context.cancelled:
            time.sleep(0.01)
        context.set("A", "from beyond")
        done.set()
        return 0

    plan = plan_of(run("slow", timeout=1, continue_on_error=True), run("after"))
    report = ts.Engine(
        handlers={
            ts.RunCommandLineAction: lambda step, context: (
                slow(step, context) if step.name == "slow" else 0
            )
        }
    ).run(plan)
    assert [r.status.value for r in report.results] == ["failed", "succeeded"]
    assert report.with_status(ts.StepStatus.FAILED) == report.results[:1]
    assert report.results[0].exit_code == 0x800705B4
    assert done.wait(5)
    assert "A" not in dict(report.variables)


def test_a_run_can_be_cancelled_from_another_thread() -> None:
    def slow(step: ts.PlannedStep, context: ts.RunContext) -> int:
        threading.Timer(0.05, engine.cancel).start()
        while not context.cancelled:
            time.sleep(0.01)
        time.sleep(0.5)  # the engine does not wait for a handler that it has given up
        return 0

    engine = ts.Engine(handlers={ts.Action: slow})
    report = engine.run(plan_of(run("slow"), run("never")))
    assert report.cancelled
    assert not report.succeeded
    assert statuses(report) == {"slow": "failed", "never": "not reached"}
    assert report.results[0].exit_code == 0x800704C7
    late = ts.Engine(handlers={ts.Action: slow})
    assert late.run(plan_of(run("a")), timeout=0.0).cancelled


class _Endless(RecordingBackend):
    """Reports progress until somebody stops it."""

    def capture(self, request: ts.CaptureRequest, on_event: object) -> ts.CaptureResult:
        from tasksequence.request import Phase

        for _ in range(1000):
            on_event(ts.Progress(phase=Phase.SCAN, done=0, total=None, overall=0.0))  # type: ignore[operator]
            time.sleep(0.01)
        raise AssertionError("nobody stopped it")


def test_a_capture_can_be_cancelled() -> None:
    engine = ts.Engine(volumes="v.ntfs", backend=_Endless())
    threading.Timer(0.05, engine.cancel).start()
    report = engine.run(plan_of(capture_step()))
    assert report.cancelled
    assert report.results[0].exit_code == 0x800704C7


def test_a_plan_that_breaks_rules_is_not_run() -> None:
    with pytest.raises(ts.PlanError, match="read-only"):
        ts.Engine().run(plan_of(sets("_A", "1")))


def test_a_loaded_plan_runs_and_takes_its_password_again(tmp_path: Path) -> None:
    backend = RecordingBackend()
    plan = ts.Plan.from_json(plan_of(capture_step()).to_json())
    log = ts.CMTraceLog(tmp_path / "smsts.log")
    engine = ts.Engine(volumes="v.ntfs", backend=backend, log=log)
    assert engine.run(plan).succeeded
    assert backend.requests[-1].password is None
    secret = ts.SecretText("hunter2")
    assert engine.run(plan, secrets={"osdcaptureaccountpassword": secret}).succeeded
    assert backend.requests[-1].password == secret
    log.close()
    text = (tmp_path / "smsts.log").read_text("utf-8")
    assert "OSDCaptureAccountPassword was not given" in text
    assert "hunter2" not in text


def test_secrets_are_in_no_log_message_or_report(tmp_path: Path) -> None:
    def leaks(step: ts.PlannedStep, context: ts.RunContext) -> int:
        secret = context.get("OSDJoinPassword")
        assert isinstance(secret, ts.SecretText)
        context.set("MyToken", "also-secret")
        context.log(f"password {secret.reveal()}, also-secret")
        raise RuntimeError(f"with {secret.reveal()} and also-secret")

    with ts.CMTraceLog(tmp_path / "smsts.log") as log:
        report = ts.Engine(handlers={ts.Action: leaks}, log=log).run(
            plan_of(run("x")), secrets={"OSDJoinPassword": ts.SecretText("hunter2")}
        )
    text = (tmp_path / "smsts.log").read_text("utf-8") + repr(report) + ts.describe_run(report)
    assert "hunter2" not in text
    assert "also-secret" not in text
    assert "with *** and ***" in report.results[0].message


def test_a_capture_needs_no_word_on_where_the_machine_is() -> None:
    backend = RecordingBackend()
    plan = plan_of(capture_step(), facts=ts.Facts())
    assert plan.steps[0].needs == ("variable _SMSTSInWinPE",)
    ts.capture_volumes(plan, "v.ntfs", backend=backend)
    assert ts.Engine(volumes="v.ntfs", backend=backend).run(plan).succeeded
    assert len(backend.requests) == 2


def test_volumes_from_an_iterator_serve_every_capture_step_and_run() -> None:
    backend = RecordingBackend()
    engine = ts.Engine(volumes=iter(["a.ntfs", "b.ntfs"]), backend=backend)
    plan = plan_of(capture_step(), capture_step())
    assert engine.run(plan).succeeded
    assert engine.run(plan).succeeded
    assert [len(request.volumes) for request in backend.requests] == [2] * 4
