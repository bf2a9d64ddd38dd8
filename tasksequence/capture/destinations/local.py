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

__all__ = ["LONGEST", "check_destination"]

LONGEST = 255
"""Characters that CaptureDestination may have (AllowedLen 1-255)."""

_UNC = re.compile(r"(?:\\\\|//)([^\\/]+)(?:[\\/]|$)")
_WINDOWS = re.compile(r"[A-Za-z]:|.*\\", re.DOTALL)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_GIVE_LOCAL = (
    "Give a local path (command line: --destination PATH), or mount the share and give the path "
    "below its mount point."
)
_WIM_MAGICS = (b"MSWIM\0\0\0", b"WLPWM\0\0\0")
"""How a WIM begins, and a pipable one of wimlib."""


def check_destination(text: str, volumes: Iterable[Path]) -> str:
    """Return the absolute path of the file to write, links followed, or refuse it.

    Really tries to write into its folder: for root on a read-only file system the permissions
    say nothing. Leaves nothing behind. Raises `DestinationError`.
    """
    _check_text(text)
    # Two slashes at the start mean what one does on Linux; realpath would keep them.
    path = "/" + os.path.realpath(text).lstrip("/")
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


def _check_text(text: str) -> None:
    if not text:
        raise DestinationError(
            "the destination is empty",
            hint="Set CaptureDestination in the step, or OSDCaptureDestination (command line: "
            "--destination PATH).",
        )
    if len(text) > LONGEST:
        raise DestinationError(
            f"the destination has {len(text)} characters, and {LONGEST} are allowed", where=text
        )
    if "\0" in text:
        raise DestinationError("the destination contains a zero character", where=repr(text))
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise DestinationError(
            "no file can have this name with the encoding of this system",
            where=repr(text),
            hint="Choose another name, or set LC_ALL=C.UTF-8.",
        ) from None
    if _is_share(text) or _URL.match(text):
        raise DestinationError(
            "a network share cannot be reached from here yet", where=text, hint=_GIVE_LOCAL
        )
    if _WINDOWS.match(text):
        raise DestinationError("this is a path of Windows", where=text, hint=_GIVE_LOCAL)
    if text.endswith(("/", "\\")):
        raise DestinationError(
            "the destination is a folder", where=text, hint="Add the name of the WIM file."
        )


def _is_share(text: str) -> bool:
    """Tell a share from a local path; `//tmp/x.wim` is local where there is a folder /tmp."""
    share = _UNC.match(text)
    return share is not None and not (text[0] == "/" and Path("/", share[1]).is_dir())


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
    if stat.S_ISREG(status.st_mode) and status.st_size and not _is_wim(text):
        raise DestinationError(
            "the destination exists and is no WIM",
            where=text,
            hint="Only an image is replaced by a new one: move this file away, or name another.",
        )
    if not stat.S_ISREG(status.st_mode):
        raise DestinationError(
            "the destination exists and is no regular file",
            where=text,
            hint="Name another file: a device or pipe cannot hold a WIM.",
        )


def _is_wim(text: str) -> bool:
    try:
        with Path(text).open("rb") as stream:
            return stream.read(len(_WIM_MAGICS[0])) in _WIM_MAGICS
    except PermissionError:
        raise DestinationError(
            "this account may not read the file at the destination, to see that it is a WIM",
            where=text,
            hint="Give it the right to, move the file away, or name another destination.",
        ) from None
    except OSError as error:
        raise _refused(error, text) from None


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
