"""Events for programs, speed and time left, and one figure for the whole."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import jsonschema
import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.cli.progress import _fitting
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
    return process.wait(timeout=60), shown.decode()


@pytest.mark.wimlib
@pytest.mark.parametrize(
    ("columns", "environment", "words"),
    [
        (100, {"LC_ALL": "C.UTF-8"}, ("MiB of",)),
        (60, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, ("MiB",)),
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
    assert shown.count("\n") < 10
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))
    assert max(map(len, lines)) <= columns, shown
    shares = [int(share) for line in lines for share in re.findall(r" (\d+)%", line)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)
    # The figures may change, the bar's place and width do not.
    assert len({line.index("%") for line in lines if "%" in line}) == 1
    # Nothing stays but the line that the shell writes next.
    assert shown.endswith(("\x1b[2K", "\x1b[?25h", "\r"))


def progress(phase: ts.Phase, done: int, overall: float) -> ts.Progress:
    return ts.Progress(phase=phase, done=done, total=1000, overall=overall)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (100, "1000 B of 2.0 KiB, 3.0 MiB/s, 1:05 left"),
        (80, "1000 B of 2.0 KiB, 3.0 MiB/s, 1:05 left"),
        (60, "3.0 MiB/s, 1:05 left"),
        (40, "1:05 left"),
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
