"""What this machine remembers of an upload while it lives, so that the next run can clear up.

The file that is uploaded is not held open on the share while its connection is broken. A small
file in the scratch folder names it, and is locked as long as the upload lives; one that nobody
locks tells what a dead run left on the share.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress

from tasksequence.capture.destinations.partial import create_locked

__all__ = ["UploadRecord", "dead_uploads", "forget_upload"]

_MARK_BYTES = 4
_NAME = re.compile(r"\.tasksequence\.[0-9a-f]{8}\.upload")
_LARGEST = 1 << 16


class UploadRecord:
    """The record of a live upload; where the folder cannot be written, none is kept."""

    def __init__(self, folder: str) -> None:
        name = f".tasksequence.{os.urandom(_MARK_BYTES).hex()}.upload"
        self._path = os.path.join(folder, name)  # noqa: PTH118
        self._lock: int | None = None

    def add(self, unfinished: str) -> None:
        """Note the UNC path of a file that is about to be created on the share."""
        with suppress(OSError):
            if self._lock is None:
                self._lock = create_locked(self._path)
            os.write(self._lock, f"{unfinished}\n".encode("utf-8", "surrogateescape"))

    def end(self, *, cleared: bool) -> None:
        """End the upload; `cleared`: nothing of it is left on the share."""
        if self._lock is None:
            return
        if cleared:
            forget_upload(self._path)
        os.close(self._lock)
        self._lock = None


def dead_uploads(folder: str) -> dict[str, list[str]]:
    """Return the records of uploads that died, with the UNC paths that they hold."""
    found: dict[str, list[str]] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError, UnicodeDecodeError):
                    found[entry.path] = _read_unlocked(entry.path)
    return found


def forget_upload(record: str) -> None:
    """Delete the record of an upload of which nothing is left."""
    with suppress(OSError):
        os.unlink(record)  # noqa: PTH108


def _read_unlocked(path: str) -> list[str]:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        text = os.read(descriptor, _LARGEST).decode("utf-8", "surrogateescape")
    finally:
        os.close(descriptor)
    return text.splitlines()
