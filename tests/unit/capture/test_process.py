"""The worker seen from its parent, when it does not do what it should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasksequence.capture.wimlib import process as worker_process
from tasksequence.capture.wimlib.process import WorkerProcess
from tasksequence.errors import CaptureCancelled, CaptureError
from tests.support.captures import children, descriptors, is_alive
from tests.support.patience import PATIENCE


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "_GRACE", 0.5)


def replace_worker(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Put other code in the place of the worker's module."""
    (folder / "other_worker.py").write_text("import os, sys, signal, time\n" + code)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(worker_process, "_MODULE", "other_worker")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit(7)", "exit code 7"),
        ("sys.exit(0)", "exit code 0"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.kill(os.getpid(), 40)", "signal 40"),
        ("os.write(int(sys.argv[1]), b'free(): invalid pointer\\n'); time.sleep(60)", "no event"),
        ("os.write(int(sys.argv[1]), b'[1]\\n'); time.sleep(60)", "no event"),
        ("os.write(int(sys.argv[1]), b'\\xff\\n'); time.sleep(60)", "no event"),
        ("os.close(int(sys.argv[1])); time.sleep(60)", "stopped answering"),
    ],
)
def test_a_broken_worker_is_named_and_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, said: str
) -> None:
    replace_worker(monkeypatch, tmp_path, code)
    before = descriptors()
    with pytest.raises(CaptureError, match=said), WorkerProcess({}) as worker:
        for _ in worker.events(None):
            pass
    assert not is_alive(worker.pid)
    assert not children()
    assert descriptors() == before


def test_the_last_output_of_a_crash_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    replace_worker(
        monkeypatch,
        tmp_path,
        "sys.stderr.write('noise\\n' * 50_000 + 'double free or corruption\\n')\nsys.exit(1)",
    )
    with pytest.raises(CaptureError) as caught, WorkerProcess({}) as worker:
        list(worker.events(None))
    hint = caught.value.hint or ""
    assert "double free or corruption" in hint
    assert len(hint) < 500


@pytest.mark.parametrize(
    "code",
    [
        "sys.stdin.read()",
        "time.sleep(60)",
        "os.kill(os.getpid(), signal.SIGSTOP)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)",
    ],
)
def test_the_deadline_ends_a_worker_in_any_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str
) -> None:
    replace_worker(monkeypatch, tmp_path, code)
    started = time.monotonic()
    with pytest.raises(CaptureCancelled, match="time limit"), WorkerProcess({}) as worker:
        list(worker.events(time.monotonic() + 0.5))
    assert not is_alive(worker.pid)
    assert time.monotonic() - started < 10


def test_a_deadline_in_the_far_future_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """epoll takes no more than 2,147,483 seconds; a Timeout may be longer."""
    replace_worker(
        monkeypatch, tmp_path, 'os.write(int(sys.argv[1]), b\'{"event": "a"}\\n\'); time.sleep(60)'
    )
    with WorkerProcess({}) as worker:
        assert next(worker.events(time.monotonic() + 1e12)) == {"event": "a"}


def test_a_process_without_standard_streams_hears_its_worker(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from tasksequence.capture.wimlib import process\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "process._MODULE = 'other_worker'\n"
        "with process.WorkerProcess({}) as worker:\n"
        "    event = next(worker.events(time.monotonic() + 300))\n"
        "open(sys.argv[1] + '/heard', 'w').write(event['event'])\n"
    )
    (tmp_path / "other_worker.py").write_text(
        'import os, sys\nos.write(int(sys.argv[1]), b\'{"event": "a"}\\n\')\nsys.stdin.read()\n'
    )
    for closed in ("<&- >&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"):
        subprocess.run(
            ["bash", "-c", f'exec "$@" {closed}', "bash", sys.executable, "-c", code, tmp_path],
            check=True,
            timeout=PATIENCE,
            cwd=Path(__file__).parents[3],
        )
        assert (tmp_path / "heard").read_text() == "a"
        (tmp_path / "heard").unlink()


def test_the_worker_takes_names_of_files_for_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The -X utf8 of the caller outdoes the locale, in the worker too."""
    code = (
        "import sys, time\n"
        "from tasksequence.capture.wimlib import process\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "process._MODULE = 'other_worker'\n"
        "with process.WorkerProcess({'path': '\xfc'}) as worker:\n"
        "    print(next(worker.events(time.monotonic() + 300))['event'])\n"
    )
    (tmp_path / "other_worker.py").write_text(
        "import json, os, sys\n"
        "path = json.loads(sys.stdin.readline())['path']\n"
        "line = json.dumps({'event': os.fsencode(path).hex()}) + '\\n'\n"
        "os.write(int(sys.argv[1]), line.encode())\n"
        "sys.stdin.read()\n"
    )
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code, tmp_path],
        env={**os.environ, **plain},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == "c3bc\n"


def test_events_in_pieces_are_put_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    replace_worker(
        monkeypatch,
        tmp_path,
        'for piece in (b\'{"event": \', b\'"a"}\\n{"event"\', b\': "b"}\\n\'):\n'
        "    os.write(int(sys.argv[1]), piece); time.sleep(0.05)\n"
        "time.sleep(60)",
    )
    got: list[object] = []
    with WorkerProcess({}) as worker:
        for event in worker.events(time.monotonic() + 300):
            got.append(event["event"])
            if len(got) == 2:
                break
    assert got == ["a", "b"]


def test_signals_for_the_terminal_do_not_reach_the_worker() -> None:
    with WorkerProcess({}) as worker:
        assert os.getpgid(worker.pid) == worker.pid != os.getpgid(0)
        os.kill(worker.pid, signal.SIGKILL)
