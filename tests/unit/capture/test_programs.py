"""Programs that are started for a capture end with it, however early it dies."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.captures import is_alive
from tests.support.patience import PATIENCE

CODE = """
import os, signal, subprocess, sys, time
from tasksequence.capture.sources.programs import ending_with_this_process

def die_first():
    with open(sys.argv[1], "w") as file:
        file.write(str(os.getpid()))
    if sys.argv[2] == "early":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(0.3)

subprocess.Popen(ending_with_this_process(["sleep", "3600"]), preexec_fn=die_first)
time.sleep(1)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("when", ["early", "late"])
def test_a_program_ends_with_a_parent_that_is_killed(when: str, tmp_path: Path) -> None:
    number = tmp_path / "pid"
    subprocess.run([sys.executable, "-c", CODE, number, when], check=False, timeout=PATIENCE)
    end = time.monotonic() + PATIENCE
    while is_alive(int(number.read_text())):
        assert time.monotonic() < end, "it outlives its parent"
        time.sleep(0.02)
