"""SIGTERM ends a command wherever it comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import gc, os, signal, sys, time, weakref
from tasksequence import cli

def end(*_):
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(1000):
        pass

class Held:
    def __del__(self):
        if sys.argv[1] == "finaliser":
            end()

def run():
    held = Held()
    watched = weakref.ref(held, end if sys.argv[1] == "callback" else None)
    if sys.argv[1] == "plain":
        end()
    del held
    time.sleep(30)

cli._run = run
cli.main()
"""


@pytest.mark.parametrize("where", ["plain", "finaliser", "callback"])
def test_an_end_that_python_ignores_comes_again(where: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, where], capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stderr) == (143, "tasksequence: ended by SIGTERM\n")
