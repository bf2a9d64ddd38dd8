"""Giving a finished WIM its place on a local file system, in one step that lasts."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tasksequence.capture.destinations._rename import exchange, rename_to_free
from tasksequence.capture.destinations.local_errors import write_error
from tasksequence.capture.destinations.overwrite import kept_name, refuse
from tasksequence.capture.destinations.partial import new_partial
from tasksequence.errors import DestinationError
from tasksequence.file_access import give_access

__all__ = ["check_replaceable", "move_and_keep", "move_into_place", "move_to_free"]

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES})
"""Errors of file systems without hard links, and of a system that protects other people's files."""
_IN_USE = frozenset({errno.EBUSY, errno.ETXTBSY})


def check_replaceable(destination: str) -> None:
    """Find out whether a file may be replaced, and change nothing; none there is no obstacle.

    Raises `DestinationError` for an immutable file, another account's in a folder with the sticky
    bit, and what else the system protects.
    """
    try:
        # The system looks whether a name may be taken from its file before it sees that no folder
        # has it: with that it refuses what it would have replaced.
        os.rmdir(destination)  # noqa: PTH106
    except OSError as error:
        if error.errno in {errno.EPERM, errno.EACCES}:
            raise _not_placed(error, destination) from None


def move_into_place(finished: str, destination: str) -> None:
    """Put a finished file in its place; it replaces what is there.

    Raises nothing once the file is there, else `DestinationError`; so do the others here.
    """
    with _lasting(destination):
        give_access(finished, destination)
        os.replace(finished, destination)  # noqa: PTH105


def move_to_free(finished: str, destination: str) -> None:
    """Put a finished file in a place that is free; a file that came there meanwhile stays."""
    with _lasting(destination):
        give_access(finished, destination)
        try:
            _take_free(finished, destination)
        except FileExistsError:
            raise refuse(destination) from None


def move_and_keep(finished: str, destination: str) -> None:
    """Put a finished file in its place; what is there stays under a name with its time."""
    with _lasting(destination):
        while True:
            give_access(finished, destination)
            try:
                status = os.stat(destination)  # noqa: PTH116
            except FileNotFoundError:
                with suppress(FileExistsError):
                    _take_free(finished, destination)
                    return
                continue
            if stat.S_ISDIR(status.st_mode):
                # Exchanging would take it for a file.
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            swapped = _swapped(finished, destination, status.st_mtime)
            if swapped is None:
                swapped = _replaced(finished, destination, status.st_mtime)
            if swapped:
                return


@contextmanager
def _lasting(destination: str) -> Iterator[None]:
    """Bring to the disk what happens in the folder; errors become those of the destination."""
    folder = None
    # Who may write to a folder need not be allowed to open it for reading.
    with suppress(OSError):
        folder = os.open(os.path.dirname(destination), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # noqa: PTH120
    try:
        yield
        # Some file systems refuse to bring a folder to the disk.
        if folder is not None:
            with suppress(OSError):
                os.fsync(folder)
    except OSError as error:
        raise _not_placed(error, destination) from None
    finally:
        if folder is not None:
            os.close(folder)


def _take_free(finished: str, name: str) -> None:
    """Give a file a name that is free. Raises `FileExistsError` where it is not, and `OSError`."""
    if rename_to_free(finished, name):
        return
    try:
        # Unlike plain renaming, linking never takes a name from another file.
        os.link(finished, name)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    else:
        with suppress(OSError):
            os.unlink(finished)  # noqa: PTH108
        return
    # What takes the name first has it; only then the file replaces the empty one.
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.replace(finished, name)  # noqa: PTH105
    except OSError:
        with suppress(OSError):
            if os.path.samestat(os.stat(name), os.fstat(descriptor)):  # noqa: PTH116
                os.unlink(name)  # noqa: PTH108
        raise
    finally:
        os.close(descriptor)


def _swapped(finished: str, destination: str, written: float) -> bool | None:
    """Exchange the finished file with the one that is there, whichever it is by then.

    The finished file has the old one's later name before, so that the old one has a name of its
    own at any moment. False where the old one is gone, None where the file system cannot.
    """
    kept = _named(finished, destination, written)
    if kept is None:
        return None
    try:
        swapped = exchange(kept, destination)
    except FileNotFoundError:
        os.rename(kept, finished)  # noqa: PTH104
        return False
    except OSError:
        os.rename(kept, finished)  # noqa: PTH104
        raise
    if not swapped:
        os.rename(kept, finished)  # noqa: PTH104
        return None
    with suppress(OSError):
        # Another run's file may have come there, with a time of its own.
        is_other = os.stat(kept).st_mtime  # noqa: PTH116
        if is_other != written:
            _named(kept, destination, is_other)
    return True


def _named(file: str, destination: str, written: float) -> str | None:
    """Give a file the name of a kept one, and return that; None where it cannot be seen to."""
    for kept in _kept_names(destination, written):
        with suppress(FileExistsError):
            return kept if rename_to_free(file, kept) else None
    return None


def _kept_names(destination: str, written: float) -> Iterator[str]:
    folder, name = os.path.split(destination)
    attempt = 0
    while True:
        yield os.path.join(folder, kept_name(name, written, attempt))  # noqa: PTH118
        attempt += 1


def _replaced(finished: str, destination: str, written: float) -> bool:
    """Give the old file its second name, then replace it; False where another came between.

    A failure takes the second name back, so that the old file is as it was.
    """
    for kept in _kept_names(destination, written):
        try:
            os.link(destination, kept)
        except FileExistsError:
            continue
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if os.path.lexists(kept):
                continue
            return _replaced_without_links(finished, destination, kept)
        old = os.stat(kept)  # noqa: PTH116
        if not _is_file(destination, old):
            return False
        try:
            os.replace(finished, destination)  # noqa: PTH105
        except OSError:
            if _is_file(destination, old):
                os.unlink(kept)  # noqa: PTH108
            raise
        return True
    return False


def _replaced_without_links(finished: str, destination: str, kept: str) -> bool:
    """Rename the old file, and give its name to the finished one."""
    try:
        os.rename(destination, kept)  # noqa: PTH104
    except FileNotFoundError:
        return False
    try:
        _take_free(finished, destination)
    except FileExistsError:
        return False
    except OSError:
        with suppress(OSError):
            _take_free(kept, destination)
        raise
    return True


def _is_file(path: str, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), status)  # noqa: PTH116
    except OSError:
        return False


def _not_placed(error: OSError, destination: str) -> DestinationError:
    """Return the error for a finished file that could not take its place."""
    if error.errno in _IN_USE:
        return DestinationError(
            "the destination is in use by a reader; it is as it was",
            where=destination,
            hint="Close its readers.",
            hresult=0x80070020,
        )
    if error.errno in {errno.EPERM, errno.EACCES} and _takes_files(destination):
        return DestinationError(
            "the file at the destination may not be replaced, though its folder can be written: "
            "it is in use by a reader, or protected",
            where=destination,
            hint="Close its readers. On a local disk: `lsattr` shows whether it is immutable "
            "(`chattr -i` ends that), and in a folder with the sticky bit only its owner may "
            "replace it.",
            hresult=0x80070020 if error.errno == errno.EACCES else 0x80070005,
        )
    return write_error(error, destination)


def _takes_files(destination: str) -> bool:
    """Tell whether this account may create files beside the destination, by doing so."""
    probe = new_partial(destination)
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        os.unlink(probe)  # noqa: PTH108
    except OSError:
        return False
    return True
