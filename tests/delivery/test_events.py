"""Events for programs, speed and time left, and one figure for the whole."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tests.support.command_line import run
from tests.support.shares import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "capture-event.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    path = tmp_path / "s.xml"
    step = ts.CaptureSystemImageAction(name="Capture", capture_destination=r"\\server\no\x.wim")
    ts.Document.new(ts.TaskSequence(steps=[step])).save(path)
    return path


def events_of(output: str) -> list[dict[str, object]]:
    found = []
    for line in output.splitlines():
        event = json.loads(line)
        jsonschema.validate(event, SCHEMA)
        found.append(event)
    return found


@pytest.mark.wimlib
def test_every_line_of_a_capture_to_a_share_is_an_event(
    share: SambaShare, scratch: Path, sequence: Path, large_volume: Path
) -> None:
    done = run(
        *("capture", sequence, "--volume", large_volume, "--compression", "none"),
        *("--destination", rf"{share.unc}\a.wim", "--smb-port", str(share.port)),
        *("--set", f"OSDCaptureAccount={share.account}", "--scratch", scratch),
        *("--secret", "OSDCaptureAccountPassword=env:SECRET", "--progress", "json"),
        environment={"SECRET": PASSWORD},
    )
    assert done.returncode == 0, done.stderr
    events = events_of(done.stdout)
    kinds = [one["event"] for one in events]
    assert kinds[0] == "started"
    assert kinds[-1] == "finished"
    progress = [one for one in events if one["event"] == "progress"]
    assert {one["phase"] for one in progress} == {"scan", "write", "verify", "upload", "confirm"}
    assert progress[-1]["overall"] == 1.0
    assert events[-1]["bytes"] == (share.folder / "a.wim").stat().st_size
    assert PASSWORD not in done.stdout


@pytest.mark.wimlib
def test_a_failure_is_an_event_with_its_code(
    sequence: Path, small_volume: Path, tmp_path: Path
) -> None:
    absent = tmp_path / "no" / "a.wim"
    options = ("--volume", small_volume, "--progress", "json", "--destination", absent)
    done = run("capture", sequence, *options)
    assert done.returncode == 1
    events = events_of(done.stdout)
    assert (events[0]["event"], events[-1]["event"]) == ("started", "failed")
    assert events[-1]["hresult"] == "0x80070003"
    done = run("capture", sequence, *options, "--check-only")
    events = events_of(done.stdout)
    assert {one["event"] for one in events} == {"check"}
    assert events[-1]["standing"] == "failed"


@pytest.mark.wimlib
@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")]
)
def test_a_signal_is_named_by_the_last_event(
    sequence: Path, large_volume: Path, tmp_path: Path, number: int, name: str
) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tasksequence", "capture", sequence, "--volume", large_volume),
            *("--destination", tmp_path / "a.wim", "--progress", "json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = ""
    while '"progress"' not in lines:
        line = process.stdout.readline()
        assert line, process.communicate()
        lines += line
    process.send_signal(number)
    rest, _ = process.communicate(timeout=60)
    last = events_of(lines + rest)[-1]
    assert last["event"] == "failed"
    assert name in str(last["problem"])


@pytest.mark.wimlib
def test_a_reader_that_is_gone_is_told_of_once_and_ends_no_capture(
    sequence: Path, large_volume: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tasksequence", "capture", sequence, "--volume", large_volume),
            *("--destination", tmp_path / "a.wim", "--progress", "json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert errors.count("could not be printed") == 1
    assert (tmp_path / "a.wim").exists()


@pytest.mark.wimlib
def test_on_a_terminal_there_is_one_bar(sequence: Path, large_volume: Path, tmp_path: Path) -> None:
    try:
        main, terminal = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal here: {error}")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tasksequence", "capture", sequence, "--volume", large_volume),
            *("--destination", tmp_path / "a.wim", "--scratch", tmp_path),
        ],
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(main)
    assert process.wait(timeout=60) == 0
    for word in (b"Writing", b"Comparing", b"MiB of", b"%"):
        assert word in shown
    # One line that is written over again and again.
    assert shown.count(b"\n") < 10


def progress(phase: ts.Phase, done: int, overall: float) -> ts.Progress:
    return ts.Progress(phase=phase, done=done, total=1000, overall=overall)


def test_speed_and_time_left_follow_the_last_seconds() -> None:
    now = 0.0
    meter = ts.PaceMeter(clock=lambda: now)
    assert meter.read(progress(ts.Phase.WRITE, 0, 0.0)) == ts.Pace(rate=None, seconds_left=None)
    for second in range(1, 31):
        now = float(second)
        pace = meter.read(progress(ts.Phase.WRITE, second * 10, second * 0.01))
    assert pace.rate == pytest.approx(10)
    assert pace.seconds_left == pytest.approx(70)
    for second in range(31, 61):
        now = float(second)
        pace = meter.read(
            progress(ts.Phase.WRITE, 300 + (second - 30) * 20, 0.3 + (second - 30) * 0.02)
        )
    assert pace.rate == pytest.approx(20)
    assert pace.seconds_left == pytest.approx(5)
    now = 61.0
    assert meter.read(progress(ts.Phase.UPLOAD, 0, 0.92)).rate is None
    now = 62.0
    assert meter.read(progress(ts.Phase.UPLOAD, 50, 1.0)) == ts.Pace(rate=50, seconds_left=0.0)
