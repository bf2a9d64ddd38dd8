"""Removing what is on an NTFS volume, a task sequence's own files spared."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from tasksequence.capture.sources.programs import ended_with_us, run
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.errors import VolumeError

__all__ = ["CONTROL_FILES", "erase_ntfs", "is_control_file"]

CONTROL_FILES = frozenset({"_smstasksequence", "smstslog"})
"""Folders in the root by which a running task sequence keeps its state and log, in lower case."""
_PATIENCE = 30.0


def is_control_file(name: str) -> bool:
    """Tell whether a name in the root belongs to a task sequence that runs."""
    return name.casefold() in CONTROL_FILES


def erase_ntfs(volume: str) -> None:
    """Delete all on an NTFS volume that is not mounted, but for control files.

    Raises `VolumeError` where the volume cannot be mounted for it, or something stays.
    """
    with scratch_folder() as folder, tempfile.TemporaryFile() as log:
        root = folder / "volume"
        root.mkdir()
        point = str(root)
        command = ended_with_us("ntfs-3g")
        driver = subprocess.Popen(  # noqa: S603 (no shell; the arguments are ours and a path)
            [*command, "-o", "no_detach,rw", volume, point],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _await_mount(driver, point, volume, log.fileno())
            _delete(root, volume)
        finally:
            _unmount(driver, point)


def _await_mount(driver: subprocess.Popen[bytes], point: str, volume: str, log: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not os.path.ismount(point):
        if driver.poll() is not None or time.monotonic() > deadline:
            words = os.pread(log, 4096, 0).decode(errors="replace").strip()
            raise VolumeError(
                f"the volume cannot be opened for writing: {words or 'ntfs-3g did not mount it'}",
                where=volume,
                hint="Check it with `chkdsk /f` on Windows.",
            )
        time.sleep(0.01)


def _delete(root: Path, volume: str) -> None:
    for entry in list(root.iterdir()):
        if is_control_file(entry.name):
            continue
        try:
            if stat.S_ISDIR(entry.lstat().st_mode):
                shutil.rmtree(entry)
            else:
                entry.unlink()
        except OSError as error:
            raise VolumeError(
                f"{entry.name} cannot be removed: {error.strerror}",
                where=volume,
                hint="Check the volume with `chkdsk /f` on Windows.",
            ) from None


def _unmount(driver: subprocess.Popen[bytes], point: str) -> None:
    if os.path.ismount(point):
        run("fusermount3", "-u", point)
    try:
        driver.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()
        run("fusermount3", "-u", "-z", point)
