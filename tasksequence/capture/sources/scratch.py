"""Folders for mounts and for content on its way, gone whatever becomes of their process.

Each is locked (flock) as long as its process lives, and only this account can look into it. One
that nobody locks was left by a process that was killed: the next run unmounts and removes it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasksequence.capture.sources.mounts import mount_points_below
from tasksequence.capture.sources.programs import run
from tasksequence.errors import TaskSequenceError

__all__ = ["clear_stale_scratch", "scratch_folder"]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a new folder as long as the context lasts; what earlier runs left is cleared first."""
    clear_stale_scratch()
    path, lock = _locked_folder()
    try:
        yield Path(path)
    finally:
        _clear(path)
        os.close(lock)


def clear_stale_scratch() -> None:
    """Unmount and remove what a run of this account that was killed has left behind."""
    with suppress(OSError), os.scandir(_temporary_folder()) as entries:
        for entry in entries:
            if not entry.name.startswith(_prefix()) or not entry.is_dir(follow_symlinks=False):
                continue
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                    _clear_unlocked(entry.path)


def _temporary_folder() -> str:
    """Return where scratch folders lie, without links: the kernel lists mounts by real paths."""
    return os.path.realpath(tempfile.gettempdir())


def _prefix() -> str:
    return f"tasksequence-{os.geteuid()}-"


def _locked_folder() -> tuple[str, int]:
    while True:
        path = tempfile.mkdtemp(prefix=_prefix(), dir=_temporary_folder())
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Another run may have taken it for stale between its creation and the lock.
        if Path(path).exists():
            return path, lock
        os.close(lock)


def _clear_unlocked(path: str) -> None:
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _clear(path)
    finally:
        os.close(lock)


def _clear(path: str) -> None:
    """Unmount what is mounted in a folder, and remove it with its files.

    Nothing is looked for below it: what lies in a folder of it can only be the content of a volume
    that is still mounted, and stays, as that folder does.
    """
    for point in mount_points_below(path):
        with suppress(TaskSequenceError):
            run("fusermount3", "-u", "-z", point)
    with suppress(OSError):
        for name in os.listdir(path):  # noqa: PTH208
            entry = Path(path, name)
            with suppress(OSError):
                if stat.S_ISDIR(entry.lstat().st_mode):
                    entry.rmdir()
                else:
                    entry.unlink()
    with suppress(OSError):
        Path(path).rmdir()
