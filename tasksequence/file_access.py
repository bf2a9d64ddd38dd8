"""Who may read and write a file that takes the place of another."""

from __future__ import annotations

import os
from contextlib import suppress

__all__ = ["give_access"]

_STATUS = "/proc/self/status"


def give_access(path: str, destination: str) -> None:
    """Give a finished file the access that the file at its destination has, or a new one gets.

    What was restricted must not become readable for all by being written again: where the group
    cannot be kept, another one gets no more than everybody. Raises `OSError` if it is unknown
    what the old file allows; where the file system takes no permissions, `path` keeps its own.
    """
    try:
        status = os.stat(destination)  # noqa: PTH116
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    else:
        mode = status.st_mode & 0o777
        if not _take_owner(path, status):
            mode &= ~0o070 | (mode & 0o007) << 3
    with suppress(OSError):
        os.chmod(path, mode)  # noqa: PTH101


def _take_owner(path: str, status: os.stat_result) -> bool:
    """Give a file the owner and group of another, or the group alone; tell whether it has that."""
    for owner in (status.st_uid, -1):
        with suppress(OSError):
            os.chown(path, owner, status.st_gid)
            return True
    return False


def _umask() -> int:
    """Return this process's umask; asking the system for it would change it for other threads."""
    with suppress(OSError), open(_STATUS, "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
