"""Removing what is on an NTFS volume, a task sequence's own files spared."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasksequence.capture.sources.programs import ending_with_this_process, program, run
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError
from tasksequence.images._control_files import is_control_file

__all__ = ["erase_ntfs"]

_PATIENCE = 30.0
_REPARSE_DATA = "system.ntfs_reparse_data"
_DEEPEST = 1024
"""Reparse points in one another; more is a ring in a damaged volume."""


def erase_ntfs(volume: str, on_change: Callable[[], None] = lambda: None) -> None:
    """Delete all on an NTFS volume that is not mounted, but for control files.

    `on_change` is called before anything is removed. Raises `VolumeError` where the volume cannot
    be mounted for it, or something stays.
    """
    for _ in range(_DEEPEST):
        with _mounted(volume) as root:
            on_change()
            if _delete_all(root, volume):
                return
    raise VolumeError(
        f"folders are nested more than {_DEEPEST} deep",
        where=volume,
        hint="Check the volume with `chkdsk /f` on Windows.",
        hresult=0x80070570,
    )


@contextmanager
def _mounted(volume: str) -> Iterator[Path]:
    with scratch_folder() as folder, tempfile.TemporaryFile() as log:
        root = folder / "volume"
        root.mkdir()
        command = [program("ntfs-3g"), "-o", "no_detach,rw", volume, str(root)]
        driver = subprocess.Popen(  # noqa: S603 (the arguments are ours and a path)
            ending_with_this_process(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _await_mount(driver, str(root), volume, log.fileno())
            yield root
        except BaseException:
            with suppress(VolumeError):  # what went wrong first is what is told
                _unmount(driver, str(root), volume)
            raise
        _unmount(driver, str(root), volume)


def _await_mount(driver: subprocess.Popen[bytes], point: str, volume: str, log: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not os.path.ismount(point):
        if driver.poll() is not None or time.monotonic() > deadline:
            words = os.pread(log, 4096, 0).decode(errors="replace").strip()
            raise VolumeError(
                f"the volume cannot be opened for writing: {words or 'ntfs-3g did not mount it'}",
                where=volume,
                hint="Check it with `chkdsk /f` on Windows.",
                hresult=0x8007001D,
            )
        time.sleep(0.01)


def _delete_all(root: Path, volume: str) -> bool:
    """Delete what can be; return False where another mount has to show what was below links."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        kept = {name for name in os.listdir(descriptor) if is_control_file(name)}  # noqa: PTH208
        return _empty(descriptor, kept)
    except OSError as error:
        raise VolumeError(
            f"{error.filename or 'something'} cannot be removed: {error.strerror}",
            where=volume,
            hint="Check the volume with `chkdsk /f` on Windows.",
            hresult=hresult_of_errno(error.errno or 0),
        ) from None
    finally:
        os.close(descriptor)


def _empty(folder: int, kept: Collection[str] = ()) -> bool:
    """Delete what is in an open folder: paths on NTFS may be longer than the kernel takes."""
    complete = True
    for name in os.listdir(folder):
        if name in kept:
            continue
        if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                emptied = _empty(below)
            finally:
                os.close(below)
            if emptied:
                os.rmdir(name, dir_fd=folder)
        else:
            emptied = _delete_file(name, folder)
        complete &= emptied
    return complete


def _delete_file(name: str, folder: int) -> bool:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError as error:
        # A folder that is a reparse point (OneDrive, deduplication) shows as a link, and its
        # content not at all; without its reparse data the next mount shows a folder.
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        os.removexattr(f"/proc/self/fd/{folder}/{name}", _REPARSE_DATA, follow_symlinks=False)
        return False
    return True


def _unmount(driver: subprocess.Popen[bytes], point: str, volume: str) -> None:
    """Unmount, and wait until the driver has written all. Raises `VolumeError` if it does not."""
    deadline = time.monotonic() + _PATIENCE
    words = ""
    while os.path.ismount(point) and driver.poll() is None and time.monotonic() < deadline:
        words = run("fusermount3", "-u", point).stderr.strip() or words
        if os.path.ismount(point):
            time.sleep(0.05)  # a virus scanner or an indexer may look into it
    try:
        code = driver.wait(max(deadline - time.monotonic(), 1.0))
    except subprocess.TimeoutExpired:
        driver.kill()
        code = driver.wait()
    if os.path.ismount(point):
        run("fusermount3", "-u", "-z", point)
    if code:
        raise VolumeError(
            "the volume could not be unmounted after what was on it was removed: "
            f"{words or f'ntfs-3g ended with {code}'}",
            where=volume,
            hint="Check it with `chkdsk /f` on Windows, or format it, and apply again.",
            hresult=0x8007001D,
        )
