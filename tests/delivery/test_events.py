"""Events for programs, speed and time left, and one figure for the whole."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.cli.progress import _fitting, _share, shown_progress
from tests.support.captures import names_in
from tests.support.command_line import run
from tests.support.patience import PATIENCE
from tests.support.shares import (
    PASSWORD,
    assert_untouched,
    capture_arguments,
    put_old,
    sequence_for,
    verify,
)

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "capture-event.schema.json").read_text(encoding="utf-8"))

VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


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
        VALIDATOR.validate(event)
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


def test_a_sequence_that_cannot_be_read_is_an_event_too(tmp_path: Path) -> None:
    absent = tmp_path / "absent.zip"
    for more in ((), ("--check-only",)):
        done = run("capture", absent, "--volume", tmp_path / "v.img", "--progress", "json", *more)
        assert done.returncode == 1
        (event,) = events_of(done.stdout)
        assert (event["event"], event["where"]) == ("failed", str(absent))
    done = run("capture", absent, "--volume", "v.img", "--progress", "json", "--set", "x")
    assert (done.returncode, done.stdout) == (2, "")


def watched(
    share: SambaShare,
    scratch: Path,
    sequence: Path,
    volume: Path,
    act: Callable[[subprocess.Popen[str], dict[str, Any]], None],
    *more: str,
) -> tuple[int, list[dict[str, Any]], str]:
    """Capture to the share, `act` on each event as it comes; all events keep to the schema."""
    events: list[dict[str, Any]] = []
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tasksequence"),
            *capture_arguments(share, scratch, sequence, volume),
            *("--progress", "json", "--secret", "OSDCaptureAccountPassword=env:SECRET", *more),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SECRET": PASSWORD},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            event = json.loads(line)
            VALIDATOR.validate(event)
            events.append(event)
            act(process, event)
        errors = process.stderr.read()
    assert "Traceback" not in errors
    assert PASSWORD not in errors
    kinds = [one["event"] for one in events]
    assert kinds[0] == "started"
    assert kinds[-1] in {"finished", "failed"}
    assert set(kinds[1:-1]) <= {"progress", "warning"}
    return process.returncode, events, errors


def is_uploading(event: dict[str, Any]) -> bool:
    return bool(event.get("phase") == "upload" and event["done"] > event["total"] // 3)


@pytest.mark.wimlib
def test_an_upload_that_resumes_is_told_in_events(
    share: SambaShare, scratch: Path, large_volume: Path, tmp_path: Path
) -> None:
    put_old(share)
    broken: list[int] = []

    def break_once(_: object, event: dict[str, Any]) -> None:
        if not broken and is_uploading(event):
            broken.append(event["done"])
            share.stop()
            share.start()

    sequence = sequence_for(share, tmp_path / "s.zip")
    code, events, errors = watched(share, scratch, sequence, large_volume, break_once)
    assert code == 0, errors
    assert broken
    assert events[-1]["event"] == "finished"
    assert events[-2]["overall"] == 1.0
    progress = [one["overall"] for one in events if one["event"] == "progress"]
    assert progress == sorted(progress)
    assert progress.count(1.0) == 1
    said = [one["message"] for one in events if one["event"] == "warning"]
    # A server that ends may take one more connection: then it is lost and back once more.
    lost, back = said[-2:]
    unc = re.escape(share.unc)
    assert re.fullmatch(
        rf"the connection to {unc} is lost; trying again until \d\d:\d\d:\d\d", lost
    ), said
    assert back == f"the connection to {share.unc} is back; the upload goes on"
    # Only what is ours is told: smbprotocol's log is not for people.
    assert not errors
    verify(share.folder / "out.wim")


@pytest.mark.wimlib
def test_a_share_that_is_lost_for_good_is_a_failed_event(
    share: SambaShare, scratch: Path, large_volume: Path, tmp_path: Path
) -> None:
    put_old(share)

    def stop(_: object, event: dict[str, Any]) -> None:
        if is_uploading(event):
            share.stop()

    sequence = sequence_for(share, tmp_path / "s.zip")
    code, events, _ = watched(share, scratch, sequence, large_volume, stop, "--patience", "1")
    assert code == 1
    (kept,) = (name for name in names_in(scratch) if name.endswith(".finished.wim"))
    assert events[-1]["hresult"] is not None
    assert f"tasksequence deliver {scratch / kept} " in events[-1]["hint"]


@pytest.mark.wimlib
@pytest.mark.parametrize("phase", ["write", "upload"])
@pytest.mark.parametrize(
    ("number", "code", "problem"),
    [
        (signal.SIGINT, 130, "interrupted by Ctrl-C (SIGINT)"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
    ],
)
def test_a_capture_that_is_ended_says_so_last(
    share: SambaShare,
    scratch: Path,
    large_volume: Path,
    tmp_path: Path,
    phase: str,
    number: int,
    code: int,
    problem: str,
) -> None:
    put_old(share)
    sent: list[int] = []

    def end(process: subprocess.Popen[str], event: dict[str, Any]) -> None:
        if not sent and event.get("phase") == phase:
            sent.append(number)
            process.send_signal(number)

    sequence = sequence_for(share, tmp_path / "s.zip")
    seen, events, errors = watched(share, scratch, sequence, large_volume, end)
    assert seen == code, errors
    assert (events[-1]["event"], events[-1]["problem"]) == ("failed", problem)
    assert_untouched(share, scratch)


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
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert errors.count("could not be printed") == 1
    assert (tmp_path / "a.wim").exists()


def on_terminal(command: list[str | Path], columns: int, **environment: str) -> tuple[int, str]:
    """Run a command whose standard error is a terminal of that width; return code and text."""
    try:
        main, terminal = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal here: {error}")
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tasksequence", *command],
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env={**inherited, "TERM": "xterm", **environment},
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
    return process.wait(timeout=PATIENCE), shown.decode()


@pytest.mark.wimlib
@pytest.mark.parametrize(
    ("columns", "environment", "words"),
    [
        (100, {"LC_ALL": "C.UTF-8"}, ("MiB of",)),
        (60, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, ("MiB",)),
        (40, {"LC_ALL": "C.UTF-8"}, ()),
    ],
)
def test_on_a_terminal_there_is_one_bar_that_fits(
    sequence: Path,
    large_volume: Path,
    tmp_path: Path,
    columns: int,
    environment: dict[str, str],
    words: tuple[str, ...],
) -> None:
    code, shown = on_terminal(
        [
            *("capture", sequence, "--volume", large_volume),
            *("--destination", tmp_path / "a.wim", "--scratch", tmp_path),
        ],
        columns,
        **environment,
    )
    assert code == 0, shown
    for word in ("Writing", "Comparing", *words):
        assert word in shown
    # One line that is written over again and again, and never longer than the terminal is wide.
    assert shown.count("\n") < 12
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))
    assert max(map(len, lines)) <= columns, shown
    shares = [int(share) for line in lines for share in re.findall(r" (\d+)%", line)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)
    # The figures may change, the bar's place and width do not.
    assert len({line.index("%") for line in lines if "%" in line}) == 1
    # Nothing stays but the line that the shell writes next.
    assert shown.endswith(("\x1b[2K", "\x1b[?25h", "\r"))


@pytest.mark.parametrize("columns", [60, 40, 24, 16, 10])
def test_the_percentage_is_the_last_to_go(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    with shown_progress(False) as handle:
        handle(progress(ts.Phase.CONFIRM, 999, 0.4999))
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()))
    assert any(" 49%" in line for line in lines), lines
    assert max(map(len, lines)) <= columns


def test_a_hundred_percent_are_all() -> None:
    assert (_share(0.9999), _share(1.0)) == (" 99%", "100%")


def progress(phase: ts.Phase, done: int, overall: float) -> ts.Progress:
    return ts.Progress(phase=phase, done=done, total=1000, overall=overall)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (100, "1000 B of 2.0 KiB, 3.0 MiB/s, 1:05 left"),
        (80, "1000 B of 2.0 KiB, 3.0 MiB/s, 1:05 left"),
        (60, "3.0 MiB/s, 1:05 left"),
        (40, "1:05 left"),
        (24, ""),
    ],
)
def test_what_stands_beside_the_bar_fits_there(columns: int, said: str) -> None:
    event = ts.Progress(phase=ts.Phase.WRITE, done=1000, total=2048, overall=0.5)
    shown = _fitting(event, ts.Pace(rate=3 << 20, seconds_left=65), columns)
    assert shown.rstrip() == said
    early = _fitting(event, ts.Pace(rate=None, seconds_left=None), columns)
    assert len(early) == len(shown) < columns - 16


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
