"""mypy and pyright accept what is right and find each thing that is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKERS = {
    "mypy": ("mypy", "--strict", "--no-error-summary"),
    "pyright": ("pyright", "--pythonpath", sys.executable),
}


def checked(checker: str, name: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", *CHECKERS[checker], str(HERE / name)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize("checker", CHECKERS)
def test_right_uses_are_accepted(checker: str) -> None:
    code, output = checked(checker, "right.py")
    assert code == 0, output


@pytest.mark.parametrize("checker", CHECKERS)
def test_each_wrong_use_is_found(checker: str) -> None:
    _, output = checked(checker, "wrong_uses.py")
    found = {int(line) for line in re.findall(r"wrong_uses\.py:(\d+).* error", output)}
    lines = (HERE / "wrong_uses.py").read_text(encoding="utf-8").splitlines()
    expected = {number for number, line in enumerate(lines, 1) if "# wrong:" in line}
    assert found == expected, output
    assert len(expected) == 10
