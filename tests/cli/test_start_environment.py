"""Secrets in the environment that a process was started with."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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
