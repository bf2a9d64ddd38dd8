"""What exports and mounts leave behind when they are not cleared up."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest


def use_own_scratch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scratch folders be made in a folder, so that other runs on this machine do not count."""
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)


def left_behind() -> list[str]:
    """Return mounts and daemons whose scratch folder lies in the temporary folder of this test."""
    prefix = f"{tempfile.gettempdir()}/tasksequence-{os.geteuid()}-"
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    daemons = subprocess.run(
        ["pgrep", "-f", f"qemu-storage-daemon .*{prefix}"],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    return [line for line in mounts if prefix in line] + daemons
