"""A destination on this machine's own file systems, mounted shares among them."""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tasksequence.errors import DestinationError

__all__ = ["LONGEST", "check_destination", "suffix_warning"]

LONGEST = 255
"""Characters that CaptureDestination may have (AllowedLen 1-255)."""

_UNC = re.compile(r"(\\\\|//)[^\\/]+[\\/]")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_GIVE_LOCAL = "Give a local path, or mount the share and give the path below its mount point."


def check_destination(text: str, volumes: Iterable[Path]) -> str:
    """Return the absolute path of the file to write, links followed, or refuse it.

    Really tries to write into its folder: for root on a read-only file system the permissions
    say nothing. Leaves nothing behind. Raises `DestinationError`.
    """
    _check_text(text)
    path = os.path.realpath(text)
    folder = Path(path).parent
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        status = None
    except OSError as error:
        raise _refused(error, text) from None
    if status is not None:
        _check_existing(status, text, volumes)
    if not folder.is_dir():
        raise DestinationError(
            f"there is no folder {folder}",
            where=text,
            hint="Make the folder first, or correct the path.",
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _refused(error, text) from None
    return path


def suffix_warning(text: str) -> str | None:
    """Return what to tell about a destination that is not called .wim, None if it is."""
    suffix = Path(text).suffix.lower()
    if suffix == ".wim":
        return None
    named = f"ends with {suffix}" if suffix else "has no suffix"
    extra = ", which Windows takes for a part of a split image" if suffix == ".swm" else ""
    return f"the destination {named}{extra}: {text}; what is written is a WIM, usually named .wim"


def _check_text(text: str) -> None:
    if not text:
        raise DestinationError(
            "the destination is empty",
            hint="Set CaptureDestination in the step, or give a destination.",
        )
    if len(text) > LONGEST:
        raise DestinationError(
            f"the destination has {len(text)} characters, and {LONGEST} are allowed", where=text
        )
    if "\0" in text:
        raise DestinationError("the destination contains a zero character", where=repr(text))
    if _UNC.match(text):
        raise DestinationError(
            "a network share cannot be reached from here yet", where=text, hint=_GIVE_LOCAL
        )
    if _DRIVE.match(text):
        raise DestinationError(
            "this is a path of Windows, with a drive letter", where=text, hint=_GIVE_LOCAL
        )
    if text.endswith(("/", "\\")):
        raise DestinationError(
            "the destination is a folder", where=text, hint="Add the name of the WIM file."
        )


def _check_existing(status: os.stat_result, text: str, volumes: Iterable[Path]) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise DestinationError(
            "the destination is a folder", where=text, hint="Add the name of the WIM file."
        )
    for volume in volumes:
        try:
            same = os.path.samestat(volume.stat(), status)
        except OSError:
            continue
        if same:
            raise DestinationError(
                "the destination is the volume that is to be captured",
                where=text,
                hint="Name another file: the capture would have replaced its own source.",
            )
    if not stat.S_ISREG(status.st_mode):
        raise DestinationError(
            "the destination exists and is no regular file",
            where=text,
            hint="Name another file: a device or pipe cannot hold a WIM.",
        )


def _refused(error: OSError, text: str) -> DestinationError:
    problems = {
        errno.EROFS: (
            "the file system of the destination is read-only",
            "Name a destination elsewhere, or mount it for writing.",
        ),
        errno.EACCES: (
            "this account may not write to the folder of the destination",
            "Give it the right to, or name another destination.",
        ),
        errno.ENAMETOOLONG: ("the destination's name is too long", "Choose a shorter name."),
        errno.ENOTDIR: ("a part of the destination's path is no folder", "Correct the path."),
        errno.ELOOP: ("the destination is a ring of links", "Correct the path."),
        errno.ENOSPC: (
            "no space left at the destination",
            "Free space there, or name another destination.",
        ),
    }
    problem, hint = problems.get(
        error.errno or 0, (f"the destination cannot be written: {error.strerror}", None)
    )
    return DestinationError(problem, where=text, hint=hint)
