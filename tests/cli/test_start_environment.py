"""Secrets in the environment that a process was started with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.captures import needs_root

CODE = """
import subprocess, sys
from tasksequence.cli.secret_sources import forget_environment
forget_environment({"SECRET", "absent"})
sys.stdout.buffer.write(open("/proc/self/environ", "rb").read())
sys.stdout.flush()
subprocess.run(["env", "-0"], check=True)
subprocess.run(["sh", "-c", "ulimit -c"], check=True)
"""


@pytest.mark.parametrize(
    "secret", ["hunter2", "Büro=§ 12" * 5000, ""], ids=["short", "long", "empty"]
)
def test_a_variable_that_held_a_secret_is_blanked_for_others_too(secret: str) -> None:
    others = {"BEFORE": "kept 1", "SECRET_2": "kept 2", "ZLAST": "kept 3"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, **others, "SECRET": secret},
        capture_output=True,
        check=True,
    )
    assert not done.stderr
    assert not secret or secret.encode() not in done.stdout
    for name, value in others.items():
        assert done.stdout.count(f"{name}={value}\0".encode()) == 2
    assert done.stdout.endswith(b"0\n")


@needs_root
def test_the_memory_is_hidden_from_the_same_account() -> None:
    """And nothing that a process needs of itself is hidden from it, nor are its children."""
    code = (
        "import os, pathlib, subprocess, sys\n"
        "from tasksequence.cli.secret_sources import forget_environment\n"
        "os.setgroups([])\n"
        "os.setgid(1000)\n"
        "os.setuid(1000)\n"
        "forget_environment(set())\n"
        "mine = f'/proc/{os.getpid()}/environ'\n"
        "look = subprocess.run(['cat', mine], capture_output=True, text=True)\n"
        "assert 'Permission denied' in look.stderr, look\n"
        "subprocess.run(['cat', '/proc/self/environ'], check=True, stdout=subprocess.DEVNULL)\n"
        "assert os.listdir('/proc/self/fd')\n"
        "assert pathlib.Path('/proc/self/mountinfo').read_text()\n"
        "with open(sys.argv[1]) as file:\n"
        "    assert pathlib.Path(f'/proc/self/fd/{file.fileno()}').read_text() == 'x'\n"
        "print('fine', flush=True)\n"
        "os._exit(0)\n"
    )
    # Folders of pytest let no other account through.
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("x")
        file.flush()
        Path(file.name).chmod(0o644)
        done = subprocess.run(
            [sys.executable, "-c", code, file.name], check=False, capture_output=True, text=True
        )
    assert done.stdout == "fine\n", done.stderr
