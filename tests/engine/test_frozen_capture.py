"""A capture whose process does not answer ends with its run."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.capture.wimlib import process as worker_process
from tests.support.captures import OLD, children, is_alive, names_in, stop
from tests.support.volumes import make_volume, need_tools

pytestmark = pytest.mark.wimlib


@pytest.fixture
def plan(tmp_path: Path) -> ts.Plan:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "out.wim").write_bytes(OLD)
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(tmp_path / "images" / "out.wim")
    )
    return ts.compile_plan(ts.TaskSequence(steps=[step]), {"_SMSTSInWinPE": "true"})


@pytest.mark.parametrize("by_cancel", [False, True])
def test_a_frozen_worker_is_ended_with_the_run(
    plan: ts.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_cancel: bool
) -> None:
    need_tools()
    monkeypatch.setattr(worker_process, "_GRACE", 0.5)
    volume = make_volume(tmp_path / "v.img", {"a.txt": b"a" * 5000})
    frozen: list[int] = []

    def freeze(event: ts.RunEvent) -> None:
        if isinstance(event, ts.Progress) and not frozen:
            for pid in children():
                if b"wimlib.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    stop(pid)
                    frozen.append(pid)
            if by_cancel:
                threading.Timer(0.5, engine.cancel).start()

    engine = ts.Engine(volumes=volume, on_event=freeze, prepared=True)
    began = time.monotonic()
    report = engine.run(plan, timeout=600 if by_cancel else 3)
    # Nothing else would ever end it.
    assert time.monotonic() - began < 60
    assert frozen
    assert not is_alive(frozen[0])
    (result,) = report.results
    assert report.cancelled
    assert report.timed_out is not by_cancel
    assert result.exit_code == (0x800704C7 if by_cancel else 0x800705B4)
    assert ("cancelled" if by_cancel else "its time limit") in result.message
    assert (tmp_path / "images" / "out.wim").read_bytes() == OLD
    assert names_in(tmp_path / "images") == {"out.wim"}
