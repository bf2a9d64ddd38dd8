"""mypy accepts what is right and finds each thing that is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def checked(name: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(HERE / name)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_right_uses_are_accepted() -> None:
    assert checked("right.py") == (0, "")


def test_each_wrong_use_is_found() -> None:
    _, output = checked("wrong_uses.py")
    found = {int(line) for line in re.findall(r"wrong_uses\.py:(\d+): error", output)}
    lines = (HERE / "wrong_uses.py").read_text(encoding="utf-8").splitlines()
    expected = {number for number, line in enumerate(lines, 1) if "# wrong:" in line}
    assert found == expected
    assert len(expected) == 8
