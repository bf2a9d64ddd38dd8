"""The example runs as printed, and leaves what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tasksequence as ts

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "build_and_capture.py"


@pytest.mark.wimlib
def test_the_example_exports_loads_plans_and_captures(
    reference_volume: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE, reference_volume, tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["build-and-capture.zip", "reference.wim"]
    assert "Capture Operating System Image         run: captures volumes" in done.stdout
    assert "Image  Name" in done.stdout
    assert f"{tmp_path / 'reference.wim'}: " in done.stdout
    document = ts.load(tmp_path / "build-and-capture.zip")
    assert [step.name for step in document.sequence.steps] == [
        "Build the Reference Computer",
        "Capture the Reference Computer",
    ]
    assert not document.violations


def test_the_example_explains_itself_without_arguments() -> None:
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "VOLUME is the NTFS volume" in done.stderr


def test_the_example_shows_no_traceback_for_a_missing_volume(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE, tmp_path / "absent", tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "absent" in done.stderr
