"""The system's own programs that find and read disks: looked for, run, and their failures told."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tasksequence.errors import BackendUnavailable, CaptureError

__all__ = ["ending_with_this_process", "program", "run", "too_slow"]

_PACKAGES = {
    "blkid": "util-linux",
    "fusermount3": "fuse3",
    "mkntfs": "ntfs-3g",
    "ntfs-3g": "ntfs-3g",
    "partx": "util-linux",
    "qemu-img": "qemu-utils",
    "qemu-storage-daemon": "qemu-system-common",
    "setpriv": "util-linux",
    "smbd": "samba",
}
"""The Debian package of each program."""

_TIME_LIMIT = 60
"""Seconds; a failing disk may take long for a sector."""


def program(name: str) -> str:
    """Return the path of a program; raise `BackendUnavailable` where it is not installed."""
    # The administrators' folders are not on an ordinary user's PATH.
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=places)
    if found is None:
        package = _PACKAGES.get(name, name)
        raise BackendUnavailable(
            f"{name} is not installed",
            hint=f"Install it with `apt install {package}` (Debian).",
            hresult=0x80070002,
        )
    return found


def ending_with_this_process(command: Sequence[str]) -> list[str]:
    """Return a command that is sent SIGTERM when the thread that starts it ends, however it ends.

    The kernel does so from the moment at which that is asked for; a parent that died before is told
    by the child's having another one.
    """
    check = '[ "$PPID" = "$1" ] && shift && exec "$@"'
    return [program("setpriv"), "--pdeathsig", "TERM", "/bin/sh", "-c", check, "sh",
            str(os.getpid()), *command]  # fmt: skip


def run(
    name: str, *arguments: str | Path, limit: int = _TIME_LIMIT
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and return what it wrote; its exit code is the caller's to judge.

    Raises `CaptureError` where it has not ended after so many seconds.
    """
    try:
        return subprocess.run(  # noqa: S603 (no shell; the arguments are ours and paths)
            [program(name), *(os.fspath(one) for one in arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise too_slow(name, limit) from None


def too_slow(name: str, limit: int) -> CaptureError:
    """Return the error for a program that has not ended after so many seconds."""
    return CaptureError(
        f"{name} did not end within {limit} seconds",
        hint="A disk or share that does not answer? See `dmesg`.",
        hresult=0x800705B4,
    )
