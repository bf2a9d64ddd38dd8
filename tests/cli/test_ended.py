"""Signals end a command wherever they come."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.patience import PATIENCE

CODE = """
import gc, os, signal, sys, threading, time, weakref
from tasksequence import cli
from tasksequence.cli import ending

kind, number = sys.argv[1], int(sys.argv[2])
ending._PATIENCE = 1.0
signal.signal(signal.SIGINT, signal.default_int_handler)

def end(*_):
    os.kill(os.getpid(), number)
    for _ in range(1000):
        pass

class Held:
    def __del__(self):
        if kind == "finaliser":
            end()

def run():
    held = Held()
    watched = weakref.ref(held, end if kind == "callback" else None)
    if kind == "plain":
        end()
    if kind == "lock":
        # What an exception in the wrong moment leaves: a lock that nobody will ever release.
        lock = threading.Lock()
        lock.acquire()
        try:
            end()
        finally:
            lock.acquire()
    if kind == "thread":
        threading.Thread(target=time.sleep, args=(3600,)).start()
        end()
    if kind == "late":
        import atexit
        atexit.register(end)
        return 0
    del held
    time.sleep(30)

cli._run = run
cli.main()
"""
NUMBERS = {"SIGHUP": 1, "SIGINT": 2, "SIGTERM": 15}
SAID = {
    "SIGHUP": (129, "tasksequence: ended by SIGHUP\n"),
    "SIGINT": (130, "tasksequence: interrupted\n"),
    "SIGTERM": (143, "tasksequence: ended by SIGTERM\n"),
}


def ended(kind: str, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, kind, str(NUMBERS[name])],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("kind", ["plain", "finaliser", "callback"])
def test_an_end_that_python_ignores_comes_again(kind: str, name: str) -> None:
    done = ended(kind, name)
    assert (done.returncode, done.stderr) == SAID[name]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("kind", ["lock", "thread"])
def test_a_command_that_cannot_end_is_ended(kind: str, name: str) -> None:
    done = ended(kind, name)
    code, said = SAID[name]
    assert done.returncode == code
    forced = f"tasksequence: {name} came 1 seconds ago, and clearing up has not ended: "
    assert done.stderr.removeprefix(said) == f"{forced}the next run does it\n"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_signal_after_the_last_word_is_that_of_the_kernel(name: str) -> None:
    done = ended("late", name)
    assert (done.returncode, done.stderr) == (-NUMBERS[name], "")
