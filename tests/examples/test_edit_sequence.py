"""The example edits a sequence that the wizard made, and nothing else of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tasksequence as ts

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "edit_sequence.py"


def test_the_example_edits_by_path(tmp_path: Path) -> None:
    source, edited = tmp_path / "a.xml", tmp_path / "b.xml"
    ts.capture_only(
        name="n", boot_image="ABC00005", destination=r"\\s\i\a.wim", account=r"D\u"
    ).save(source)
    done = subprocess.run(
        [sys.executable, EXAMPLE, source, edited], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-3:] == [
        "Capture, if wanted",
        "Capture, if wanted > Clean up",
        "Capture, if wanted > Capture Operating System Image  "
        '(if variable SkipCapture does not equal "true")',
    ]
    assert source.read_bytes()[:300] == edited.read_bytes()[:300]


def test_the_example_tells_what_it_needs(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=False)
    assert "SEQUENCE is an export zip" in done.stderr
    ts.Document.new(ts.TaskSequence()).save(tmp_path / "a.xml")
    done = subprocess.run(
        [sys.executable, EXAMPLE, tmp_path / "a.xml", tmp_path / "b.xml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "no steps fit, where one is wanted\n")
