"""The example shows one changed value as one changed line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tasksequence as ts

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "review_in_git.py"


def test_one_changed_value_is_one_changed_line(tmp_path: Path) -> None:
    old, new = tmp_path / "old.zip", tmp_path / "new.xml"
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination="a.wim", capture_password=ts.SecretText("s3cret")
    )
    sequence = ts.TaskSequence(steps=[step])
    ts.Document.new_export(sequence, name="Build", package_id="ABC00001", secrets="keep").save(old)
    step.image_version = "2"
    ts.Document.new(sequence, secrets="keep").save(new)
    done = subprocess.run(
        [sys.executable, EXAMPLE, old, new], capture_output=True, text=True, check=True
    )
    changed = [line for line in done.stdout.splitlines()[2:] if line[:1] in "+-"]
    assert changed == [
        "-<!-- Build [ABC00001] -->",
        '-      <variable name="OSDImageVersion" property="ImageVersion"></variable>',
        '+      <variable name="OSDImageVersion" property="ImageVersion">2</variable>',
    ]
    assert "s3cret" not in done.stdout
