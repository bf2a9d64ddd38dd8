"""What logs say of steps: hand-made ones by the public facts, and our own engine's."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.engine.cmtrace import CMTraceLog
from tasksequence.logs.records import read_records
from tests.support.command_line import refused, run
from tests.support.patience import PATIENCE


def record(second: int, message: str, kind: int = 1, component: str = "TSManager") -> str:
    minute, second = divmod(second, 60)
    return (
        f'<![LOG[{message}]LOG]!><time="09:{minute:02d}:{second:02d}.000+000" date="03-14-2026" '
        f'component="{component}" context="" type="{kind}" thread="12" file="x.cpp:1">\r\n'
    )


def start(second: int, name: str, number: int) -> str:
    return record(
        second,
        f"Start executing an instruction. Instruction name: '{name}'.  Pointer: {number}. "
        "Type: 'SMS_TaskSequence_RunCommandLineAction'. Disabled: 0",
    )


NEWER = [
    record(0, "!--------------------------------------------!"),
    start(1, "Capture the Reference Computer", 0),
    record(1, "The group (Capture the Reference Computer) has been successfully started"),
    start(2, "Prepare", 1),
    record(30, "Process completed with exit code 0"),
    record(30, "Successfully completed the action (Prepare) with the exit win32 code 0"),
    start(31, "Prepare", 2),
    record(32, "CcmIsPathAccessible(), HRESULT=80070005 (x.cpp,12)", 3, "OSDCaptureSystemImage"),
    record(95, "The network name is gone (Error: 80070040; Source: Windows)", 3, "OSDCapture"),
    record(96, "Process completed with exit code 2147942464"),
    record(96, "Failed to run the action: Prepare.\r\nThe specified network name is gone.", 3),
    record(
        97,
        "The execution of the group (Capture the Reference Computer) has failed and the execution "
        "has been aborted. An action failed.",
        3,
    ),
    record(98, "Failed to run the last action: Prepare. Execution of task sequence failed.", 3),
]


def sequence() -> ts.TaskSequence:
    prepare = [ts.RunCommandLineAction(name="Prepare", command_line="a") for _ in range(2)]
    after = ts.RunCommandLineAction(name="Never (reached)", command_line="b")
    group = ts.Group(name="Capture the Reference Computer", steps=[*prepare, after])
    return ts.TaskSequence(steps=[group])


def summary_of(path: Path, joined: bool = True) -> ts.LogSummary:
    summary = ts.read_run((path.name, one) for one in ts.read_log(path))
    if joined:
        ts.join_plan(summary, ts.compile_plan(sequence(), {}))
    return summary


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    path = tmp_path / "smsts.log"
    path.write_bytes("".join(NEWER).encode())
    return path


def test_steps_of_the_newer_form_with_times_codes_and_places(newer: Path) -> None:
    summary = summary_of(newer)
    group, first, second, never = summary.steps
    assert group.is_group
    assert group.outcome is ts.LogOutcome.FAILED
    assert (first.number, first.outcome, first.seconds) == (1, ts.LogOutcome.SUCCEEDED, 28)
    assert (second.number, second.outcome, second.seconds) == (2, ts.LogOutcome.FAILED, 65)
    assert second.exit_code == 0x80070040
    assert second.path == ("Capture the Reference Computer", "Prepare")
    assert (never.name, never.outcome) == ("Never (reached)", ts.LogOutcome.NOT_REACHED)
    assert summary.failed
    assert summary.errors == 5


def test_the_first_failure_is_told_with_its_cause_and_place(newer: Path) -> None:
    said = ts.describe_log(summary_of(newer))
    assert "First failure: Capture the Reference Computer > Prepare" in said
    assert "0x80070040 ERROR_NETNAME_DELETED" in said
    assert "network driver" in said
    assert "smsts.log:8 OSDCaptureSystemImage: CcmIsPathAccessible()" in said


def test_the_older_wording_is_read_by_name(tmp_path: Path) -> None:
    text = "".join(
        [
            record(1, "Start executing an instruction. Instruction name: Prepare"),
            record(2, "Successfully completed the action (Prepare) with the exit win32 code 0"),
            record(3, "Start executing an instruction. Instruction name: Never (reached)"),
            record(4, "Failed to run the action: Never (reached). \r\nAccess is denied.", 3),
        ]
    )
    path = tmp_path / "smsts.log"
    path.write_bytes(text.encode())
    summary = summary_of(path)
    assert [(one.name, one.outcome.value, one.number) for one in summary.steps[:2]] == [
        ("Prepare", "succeeded", 1),
        ("Never (reached)", "failed", 3),
    ]


def test_names_may_hold_what_stands_behind_names(tmp_path: Path) -> None:
    names = ["Install v1.2. Setup", "Install v1.2", "Copy (a) with b", "Copy (a", "Off) is skipped"]
    text = "".join(
        [
            *(start(second, name, second) for second, name in enumerate(names)),
            record(6, "Failed to run the action: Install v1.2. Setup. \r\nAccess is denied.", 3),
            record(7, "Failed to run the action: Install v1.2. Access is denied.", 3),
            record(8, "Successfully completed the action (Copy (a) with b) with the exit win32 0"),
            record(9, "Successfully completed the action (Copy (a) with the exit win32 code 0"),
            record(9, "The action (Off) is skipped) has been skipped: its condition is false"),
        ]
    )
    path = tmp_path / "smsts.log"
    path.write_bytes(text.encode())
    steps = summary_of(path, joined=False).steps
    assert [(one.name, one.outcome.value) for one in steps] == list(
        zip(names, ["failed", "failed", "succeeded", "succeeded", "skipped"], strict=True)
    )


def test_a_group_whose_name_says_skipped_is_not_skipped(tmp_path: Path) -> None:
    name = "Clean up (skipped before)"
    text = [
        record(1, f"The group ({name}) has been successfully started"),
        record(2, f"The execution of the group ({name}) has failed and was aborted.", 3),
        record(3, f"The group ({name}) ignored the failure", 2),
    ]
    path = tmp_path / "smsts.log"
    path.write_bytes("".join(text).encode())
    (group,) = summary_of(path, joined=False).steps
    assert (group.name, group.outcome) == (name, ts.LogOutcome.FAILED)


@pytest.mark.parametrize(
    ("before", "block"),
    [
        ("Start executing an instruction. Instruction name: 'x", "'.  "),
        ("Start executing an instruction. Instruction name: x", " "),
        ("The action (", ") skip"),
        ("Failed to run the action: ", ". "),
        ("Successfully completed the action (", ") with"),
    ],
)
def test_a_hostile_message_is_read_in_time_that_grows_with_its_length(
    before: str, block: str
) -> None:
    def seconds(size: int) -> float:
        data = record(1, before + block * (size // len(block)) + "y").encode()
        began = time.process_time()
        for _ in range(4):
            ts.read_run(("l", one) for one in read_records([data]))
        return time.process_time() - began

    assert seconds(1 << 20) < 32 * max(seconds(1 << 17), 1e-3)


def test_many_steps_are_read_in_time_that_grows_with_their_number() -> None:
    def seconds(count: int) -> float:
        lines = [start(1, f"Step {number}", number) for number in range(count)]
        lines += [
            record(2, f"Failed to run the action: Step {number}.", 3) for number in range(count)
        ]
        began = time.process_time()
        summary = ts.read_run(("l", one) for one in read_records(["".join(lines).encode()]))
        assert all(one.outcome is ts.LogOutcome.FAILED for one in summary.steps)
        assert len(summary.steps) == count
        return time.process_time() - began

    assert seconds(16_000) < 32 * max(seconds(2_000), 1e-3)


def test_the_plain_form_tells_why_a_step_failed(tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    path.write_bytes(
        "".join(
            f"{text}  $$<TSManager><03-14-2026 09:00:{second:02d}.000+000><thread=12 (0xC)>\r\n"
            for second, text in (
                (1, "Start executing an instruction. Instruction name: Prepare"),
                (9, "Process completed with exit code 2147942405"),
                (9, "Failed to run the action: Prepare.\r\nAccess is denied. (Error: 80070005)"),
            )
        ).encode()
    )
    said = run("log", path).stdout
    assert "1 errors" in said
    assert "First failure: Prepare" in said
    assert "Access is denied. (Error: 80070005)" in said


def test_what_the_engine_said_is_told_where_no_error_record_does(tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    path.write_bytes(
        (
            start(1, "Prepare", 1) + record(2, "Failed to run the action: Prepare.\r\nIt broke.")
        ).encode()
    )
    said = run("log", path).stdout
    assert "the engine: Failed to run the action: Prepare.\n    It broke." in said


def test_a_plain_log_is_read_alike(tmp_path: Path) -> None:
    lines = [
        f"{text}  $$<TSManager><03-14-2026 09:00:{second:02d}.000+000><thread=12 (0xC)>\r\n"
        for second, text in (
            (1, "Start executing an instruction. Instruction name: Prepare"),
            (9, "Process completed with exit code 0"),
            (9, "Successfully completed the action (Prepare) with the exit win32 code 0"),
        )
    ]
    path = tmp_path / "smsts.log"
    path.write_bytes("".join(lines).encode())
    (step, *_) = summary_of(path).steps
    assert (step.name, step.outcome, step.seconds) == ("Prepare", ts.LogOutcome.SUCCEEDED, 8)


def test_a_log_that_stops_says_what_had_no_end(tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    path.write_bytes("".join(NEWER[:8]).encode() + b"<![LOG[and th")
    summary = summary_of(path)
    assert summary.steps[2].outcome is ts.LogOutcome.OPEN
    assert summary.damaged == 1
    assert summary.first_failure is None


def test_rolled_files_are_put_in_order(tmp_path: Path) -> None:
    text = "".join(NEWER)
    cut = text.index("<![LOG[Process completed with exit code 2147942464")
    (tmp_path / "smsts.log").write_bytes(text[cut:].encode())
    (tmp_path / "smsts-20260314-090130.log").write_bytes(text[:cut].encode())
    (tmp_path / "other.log").write_text("no")
    files = ts.log_files([tmp_path])
    assert [one.name for one in files] == ["smsts-20260314-090130.log", "smsts.log"]
    assert ts.log_files(reversed(files)) == files
    done = run("log", tmp_path, "--json")
    assert json.loads(done.stdout)["first_failure"]["hresult"] == "0x80070040"


def test_a_log_that_fails_while_it_is_followed_is_told() -> None:
    # Nothing is mapped at the start of this process's memory: reading there is an EIO.
    with pytest.raises(ts.TaskSequenceError, match="the log cannot be read: Input/output error"):
        next(ts.follow_log("/proc/self/mem"))


def test_a_folder_of_logs_that_may_not_be_read_is_told() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs another account")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.seteuid(65534)
        try:
            with pytest.raises(ts.TaskSequenceError, match="cannot be read: Permission") as told:
                ts.log_files([folder])
        finally:
            os.seteuid(0)
    assert told.value.where == folder


def test_the_log_of_our_own_engine_is_read(tmp_path: Path) -> None:
    def handler(step: ts.PlannedStep, context: ts.RunContext) -> int:
        return 0x80070005 if step.number == 2 else 0

    skipped = ts.RunCommandLineAction(name="Off", command_line="x", enabled=False)
    made = sequence()
    made.steps.insert(0, skipped)
    plan = ts.compile_plan(made, {"_SMSTSInWinPE": "false"})
    with CMTraceLog(tmp_path / "smsts.log") as log:
        engine = ts.Engine(handlers={"SMS_TaskSequence_RunCommandLineAction": handler}, log=log)
        report = engine.run(plan)
    assert not report.succeeded
    summary = ts.read_run(("smsts.log", one) for one in ts.read_log(tmp_path / "smsts.log"))
    ts.join_plan(summary, plan)
    assert summary.damaged == 0
    outcomes = {one.path: one.outcome.value for one in summary.steps}
    expected = {"succeeded", "failed", "skipped", "not in the log"}
    assert {one for one in outcomes.values() if one != "entered"} <= expected
    assert outcomes["Off",] == "skipped"
    failure = summary.first_failure
    assert failure is not None
    assert failure.exit_code == 0x80070005
    by_engine = next(one for one in report.results if one.exit_code == 0x80070005)
    assert failure.path == by_engine.path


def test_the_command_reads_and_joins(newer: Path, tmp_path: Path) -> None:
    export = tmp_path / "s.xml"
    ts.Document.new(sequence()).save(export)
    done = run("log", newer, "--sequence", export)
    assert done.returncode == 0, done.stderr
    assert "First failure: Capture the Reference Computer > Prepare" in done.stdout
    assert "not in the log" in done.stdout
    refused(run("log", tmp_path / "absent.log"), 1, "absent.log", "cannot be read")


@contextmanager
def following(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Follow a log with the command while the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tasksequence", "log", str(path), "--follow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_a_growing_log_is_followed_through_its_rolling(tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    path.write_bytes("".join(NEWER[:5]).encode())
    with following(path) as process:
        assert "0 Capture the Reference Computer: began" in said(process)
        assert "1 Prepare: began" in said(process)
        with path.open("ab") as stream:
            half = len(NEWER[5]) // 2
            stream.write(NEWER[5][:half].encode())
            stream.flush()
            time.sleep(0.4)
            stream.write(NEWER[5][half:].encode())
        assert "Prepare: succeeded, 28.0 s" in said(process)
        path.rename(tmp_path / "smsts-20260314-091500.log")
        path.write_bytes("".join(NEWER[6:]).encode())
        assert "2 Prepare: began" in said(process)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert not errors
    assert "First failure: Prepare" in rest


def test_a_log_is_waited_for_and_followed_through_being_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    with following(path) as process:
        assert process.stderr is not None
        assert "is not there yet" in process.stderr.readline()
        path.write_bytes("".join(NEWER[:5]).encode())
        assert "0 Capture the Reference Computer: began" in said(process)
        assert "1 Prepare: began" in said(process)
        # As `> smsts.log` does, with the beginning of a record behind what was read.
        time.sleep(0.5)
        path.write_bytes(b"")
        time.sleep(0.5)
        with path.open("ab") as stream:
            stream.write(NEWER[6].encode())
        assert "2 Prepare: began" in said(process)
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
    assert "3 records" not in rest
    assert "6 records" in rest


def test_following_ends_when_nobody_reads_any_more(tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    path.write_bytes("".join(NEWER[:2]).encode())
    with following(path) as process:
        assert "began" in said(process)
        assert process.stdout is not None
        process.stdout.close()
        with path.open("ab") as stream:
            stream.write(NEWER[3].encode())
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stderr is not None
        errors = process.stderr.read()
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\r\n", b"\xff\xfe", bytes(1000), random.Random(5).randbytes(5000)]
)
def test_a_file_without_records_is_no_log(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    path.write_bytes(data)
    why = "form of a record" if data else "it is empty"
    refused(run("log", tmp_path), 1, "this is no smsts.log", why, str(path))
    refused(run("log", path, "--json"), 1, "this is no smsts.log")


def test_one_file_without_records_among_logs_is_named(newer: Path, tmp_path: Path) -> None:
    other = tmp_path / "setupact.log"
    other.write_text("2026-03-14, Info  MIG  Loading\n")
    done = run("log", newer, other)
    assert done.returncode == 0
    assert f"warning: {other} is no smsts.log" in done.stderr
    assert "First failure" in done.stdout


def test_a_log_in_a_folder_that_is_not_there_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "mistyped" / "smsts.log"
    refused(run("log", path, "--follow"), 1, "folder does not exist", str(path))


def test_the_last_time_is_that_of_the_last_whole_record(newer: Path) -> None:
    newer.write_bytes(newer.read_bytes() + b"<![LOG[and th")
    summary = summary_of(newer)
    assert summary.last is not None
    assert summary.last.second == 38


RECORDS = record(1, "x" * 150).encode() * 2000


@pytest.mark.parametrize(
    ("block", "times", "records"),
    [
        (RECORDS, 40, 80_000),
        pytest.param(RECORDS, 180, 360_000, marks=pytest.mark.deep),
        # Neither the end of a record nor that of a line: given out in parts.
        (b"<![LOG[" + b"x" * 1_000_000, 40, None),
        (random.Random(6).randbytes(1 << 20).replace(b"\n", b""), 40, None),
    ],
)
def test_a_long_log_is_read_in_bounded_memory(
    tmp_path: Path, block: bytes, times: int, records: int | None
) -> None:
    path = tmp_path / "smsts.log"
    with path.open("wb") as stream:
        for _ in range(times):
            stream.write(block)
    code = (
        "import resource, sys, tasksequence as ts\n"
        "import tasksequence.logs.runs\n"
        "read = lambda p: ts.read_run(('l', one) for one in ts.read_log(p))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(read(sys.argv[1]).records)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    read, kilobytes = map(int, done.stdout.split())
    if records is not None:
        # Pieces of 2 MB.
        assert read == records
        assert kilobytes < 16_000
    else:
        # Up to 16 MB may be one record.
        assert kilobytes < 120_000
