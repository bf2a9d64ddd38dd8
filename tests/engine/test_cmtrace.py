"""The log is read back by a reader that shares nothing with its writer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts
from tasksequence.engine.cmtrace import cmtrace_record

MOMENT = datetime(2026, 1, 31, 9, 5, 7, 45_000, tzinfo=timezone(timedelta(hours=-7)))


def parse(text: str) -> Iterator[dict[str, str]]:
    """Read CMTrace records by walking the text: message, then name="value" pairs."""
    at = 0
    while True:
        start = text.find("<![LOG[", at)
        if start < 0:
            assert not text[at:].strip()
            return
        assert not text[at:start].strip()
        end = text.index("]LOG]!>", start)
        record = {"message": text[start + 7 : end].replace("\r\n", "\n")}
        at = end + 7
        assert text[at] == "<"
        close = text.index(">", at)
        for pair in text[at + 1 : close].split('" '):
            name, _, value = pair.partition('="')
            record[name] = value.rstrip('"')
        at = close + 1
        yield record


def test_a_record_has_the_envelope_of_smsts_log() -> None:
    assert cmtrace_record("Hello", MOMENT, thread=12, source="a.py:1") == (
        '<![LOG[Hello]LOG]!><time="09:05:07.045+420" date="01-31-2026" component="TSManager" '
        'context="" type="1" thread="12" file="a.py:1">'
    )


@pytest.mark.parametrize(
    ("hours", "bias"), [(1, "-060"), (0, "+000"), (-7, "+420"), (5.5, "-330"), (12, "-720")]
)
def test_the_bias_is_in_minutes_and_runs_as_windows_has_it(hours: float, bias: str) -> None:
    moment = MOMENT.replace(tzinfo=timezone(timedelta(hours=hours)))
    (record,) = parse(cmtrace_record("x", moment))
    assert record["time"].endswith(bias)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=40)))
def test_messages_come_back_whatever_they_hold(messages: list[str]) -> None:
    text = "\n".join(cmtrace_record(message, MOMENT) for message in messages)
    back = [record["message"] for record in parse(text)]
    assert back == [message.replace("]LOG]!>", "]LOG]! >") for message in messages]


def test_a_file_that_the_engine_writes_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "smsts.log"
    steps: list[ts.Step] = [
        ts.Group(
            name="Group <1>",
            steps=[ts.RunCommandLineAction(name="Fails", command_line="x")],
            continue_on_error=True,
        ),
        ts.SetVariableAction(name="Set", variable_name="A", variable_value="1"),
    ]
    plan = ts.compile_plan(ts.TaskSequence(steps=steps))

    def fails(step: ts.PlannedStep, context: ts.RunContext) -> int:
        context.log('first line\nsecond <line> "quoted"', 2)
        raise OSError("no such\nfile")

    with ts.CMTraceLog(path, clock=lambda: MOMENT) as log:
        report = ts.Engine(handlers={ts.RunCommandLineAction: fails}, log=log).run(plan)
    assert report.succeeded
    records = list(parse(path.read_bytes().decode("utf-8")))
    messages = [record["message"] for record in records]
    assert (
        "Start executing an instruction. Instruction name: 'Group <1>'.  Pointer: 0. Type: ''. "
        "Disabled: 0"
    ) in messages
    assert "The group (Group <1>) has been successfully started" in messages
    assert 'first line\nsecond <line> "quoted"' in messages
    assert "Process completed with exit code 2147500037" in messages
    assert "Failed to run the action: Fails.\nOSError: no such\nfile" in messages
    assert (
        "The execution of the group (Group <1>) has failed and the execution has been aborted. An "
        "action failed."
    ) in messages
    assert "Successfully completed the action (Set) with the exit win32 code 0" in messages
    assert {record["type"] for record in records} == {"1", "2", "3"}
    assert {record["component"] for record in records} == {"TSManager"}
    assert all(record["thread"].isdigit() for record in records)
    assert all(record["time"] == "09:05:07.045+420" for record in records)
    assert path.read_bytes().endswith(b">\r\n")


def test_a_log_that_grows_is_put_aside_and_three_are_kept(tmp_path: Path) -> None:
    moments = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n) for n in range(1000))
    with ts.CMTraceLog(tmp_path / "smsts.log", clock=lambda: next(moments), largest=400) as log:
        for number in range(20):
            log.write(f"message {number} " + "x" * 150)
    olds = sorted(path.name for path in tmp_path.glob("smsts-*.log"))
    assert len(olds) == 3
    last = list(parse((tmp_path / olds[-1]).read_text("utf-8")))
    assert last[-1]["message"].startswith("message ")


def test_a_log_in_no_folder_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ts.TaskSequenceError, match="log cannot be written"):
        ts.CMTraceLog(tmp_path / "absent" / "smsts.log")


def test_a_log_on_a_full_disk_ends_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with ts.CMTraceLog("/dev/full") as log:
        log.write("one")
        log.write("two")
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("tasksequence", "WARNING")
    assert "No space left" in record.getMessage()
    assert "/dev/full" in record.getMessage()


def test_a_log_that_cannot_be_put_aside_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # With a time added, the name is longer than a file system takes.
    path = tmp_path / f"{'x' * 250}.log"
    with ts.CMTraceLog(path, largest=1) as log:
        log.write("one")
        log.write("two")
    assert [record["message"] for record in parse(path.read_text("utf-8"))] == ["one", "two"]
    assert not caplog.records


def test_a_log_whose_folder_is_gone_ends(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "logs").mkdir()
    with ts.CMTraceLog(tmp_path / "logs" / "smsts.log", largest=1) as log:
        shutil.rmtree(tmp_path / "logs")
        log.write("one")
        log.write("two")
    assert len(caplog.records) == 1
