"""The example of plans runs as printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_plans_asks_and_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.step_plan"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "   15 *   Capture Operating System Image" in done.stdout
    assert r"captures to \\server\images\laptop.wim" in done.stdout
    assert "variable _SMSTSClientCache: unset settles 1" in done.stdout
    assert "Partition Disk 0 - UEFI: depends -> left to the device" in done.stdout
    assert "The run succeeded." in done.stdout
    assert "<![LOG[" in (tmp_path / "smsts.log").read_text("utf-8")
