"""The unfinished WIM beside its destination: its name, its lock, and clearing up after a crash.

The worker holds a lock (flock) on its unfinished file as long as it lives. That lock stands for the
parts of a split WIM, too, which have the same mark in their names. Files of a mark of which nobody
locks one were left behind by a process that was killed, and go when the same destination is
captured to again.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Callable
from contextlib import ExitStack, suppress

__all__ = [
    "create_locked",
    "cut_name",
    "hidden_name",
    "hidden_pattern",
    "new_part_files",
    "new_partial",
    "remove_if_present",
    "remove_stale",
    "staging_file",
]

_NAME_BYTES = 255
"""Longest file name of the usual Linux file systems (NAME_MAX)."""
_RANDOM_BYTES = 4
_SUFFIX = ".partial"
_NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


def new_partial(destination: str) -> str:
    """Return a new path for the unfinished file of a destination."""
    return hidden_name(destination, _SUFFIX)


def hidden_name(destination: str, ending: str) -> str:
    """Return a new hidden path beside a destination; the ending is no longer than `.partial`."""
    folder, name = os.path.split(destination)
    return os.path.join(folder, f"{_prefix(name)}{os.urandom(_RANDOM_BYTES).hex()}{ending}")  # noqa: PTH118


def hidden_pattern(destination: str, ending: str) -> re.Pattern[str]:
    """Return a pattern for the names of `hidden_name`; `ending` is a pattern itself."""
    name = os.path.basename(destination)  # noqa: PTH119
    return re.compile(re.escape(_prefix(name)) + f"[0-9a-f]{{{2 * _RANDOM_BYTES}}}" + ending)


def create_locked(path: str) -> int:
    """Create an unfinished file, lock it, and return the descriptor that holds the lock.

    Nobody else may read it: it will hold the passwords and keys of a Windows.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            # Where nothing can be locked, nothing is taken for stale either.
            if error.errno not in _NO_LOCKS:
                raise
        # Another run may have taken it for stale between its creation and the lock.
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def new_part_files(path: str) -> tuple[str, Callable[[int], str]]:
    """Return what the parts of a split WIM are called while they are unfinished.

    The first part's path, and a function for those of the others, by their number from 2.
    """
    stem = f"{path.removesuffix(_SUFFIX)}s"
    return f"{stem}{_SUFFIX}", lambda number: f"{stem}{number}{_SUFFIX}"


def staging_file(path: str) -> str:
    """Return where content is staged that libwim cannot read from its volume."""
    return f"{path.removesuffix(_SUFFIX)}f{_SUFFIX}"


def remove_if_present(path: str) -> None:
    """Delete an unfinished file and its parts; that one is gone already is no error."""
    first, other = new_part_files(path)
    for one in (path, staging_file(path)):
        with suppress(OSError):
            os.unlink(one)  # noqa: PTH108
    # The first part may have been moved away, or be gone, before the others.
    with suppress(OSError):
        os.unlink(first)  # noqa: PTH108
    number = 2
    with suppress(OSError):
        while True:
            os.unlink(other(number))  # noqa: PTH108
            number += 1


def remove_stale(destination: str) -> bool:
    """Delete unfinished files of this destination that no live process holds.

    Returns True where a live one holds one.
    """
    groups: dict[str, list[str]] = {}
    pattern = hidden_pattern(destination, f"(s[0-9]*|f)?{re.escape(_SUFFIX)}")
    # Up to the mark, which may end in f itself.
    length = len(_prefix(os.path.basename(destination))) + 2 * _RANDOM_BYTES  # noqa: PTH119
    with suppress(OSError), os.scandir(os.path.dirname(destination)) as entries:  # noqa: PTH120
        for entry in entries:
            if pattern.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                groups.setdefault(entry.name[:length], []).append(entry.path)
    is_live = False
    for paths in groups.values():
        is_live = _is_locked(paths) or is_live
    return is_live


def _is_locked(paths: list[str]) -> bool:
    """Tell whether a live process holds one of a run's files; if nobody does, all are deleted."""
    held = []
    with ExitStack() as stack:
        for path in paths:
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            except OSError:
                continue
            stack.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            except OSError:
                return False
            held.append(path)
        for path in held:
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108
    return False


def _prefix(name: str) -> str:
    """Return what the unfinished files of a name begin with, cut where names have their limit."""
    return f".{cut_name(name, len(f'..{_SUFFIX}') + 2 * _RANDOM_BYTES)}."


def cut_name(name: str, more: int) -> str:
    """Return a name, cut so that a file's name has room for it and `more` bytes."""
    while len(os.fsencode(name)) > _NAME_BYTES - more:
        name = name[:-1]
    return name
