"""Runs the command line in a process of its own, as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.patience import PATIENCE

__all__ = ["refused", "run"]


def run(
    *arguments: str | Path,
    environment: dict[str, str] | None = None,
    standard_input: str | None = None,
    pass_fds: tuple[int, ...] = (),
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tasksequence", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        input=standard_input,
        env={**os.environ, **(environment or {})},
        pass_fds=pass_fds,
        timeout=PATIENCE,
    )


def refused(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """The command said why, in words, and gave this exit code."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in done.stderr, done.stderr
