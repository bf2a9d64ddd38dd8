"""What libwim's error codes mean to the person who captures."""

from __future__ import annotations

import errno
import os

from tasksequence.capture.destinations.local_errors import write_error
from tasksequence.capture.wimlib.hresults import hresult_of_libwim
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import (
    BackendUnavailable,
    CaptureError,
    DestinationError,
    ImageError,
    VolumeError,
)

__all__ = ["LibwimError", "capture_error", "wim_error"]

_NOMEM = 39
_NTFS_3G = 46
_READ = 50
_UNEXPECTED_END_OF_FILE = 65
_UNSUPPORTED = 68
_WRITE = 72
_CONCURRENT_MODIFICATION_DETECTED = 88

_READING = frozenset({_NTFS_3G, _READ, _UNEXPECTED_END_OF_FILE, _CONCURRENT_MODIFICATION_DETECTED})
"""Codes with which writing fails because a volume's data cannot be read."""

_DAMAGED_WIM = frozenset({2, 10, 13, 17, 19, 20, 21, 25, 26, 28, 36, 43, 55, 56, 73, 84, 90})
"""Codes with which a WIM file is found damaged: decompression, hash, header …"""
_CORRUPT = 0x80070570

_LOG_LINES = 3


class LibwimError(Exception):
    """A libwim function returned an error code."""

    def __init__(self, code: int, text: str, number: int, log: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        """libwim's own sentence for the code."""
        self.number = number
        """errno after the call; 0 or stale where the failure has none."""
        self.log = log
        """The last that libwim wrote to its error log."""

    def is_caused_by(self, number: int) -> bool:
        """Tell whether errno or the log name this system error."""
        return self.number == number or os.strerror(number) in self.log

    def is_about_wim(self) -> bool:
        """Tell whether the WIM that was read is damaged, not what was written."""
        return self.code in _DAMAGED_WIM

    def is_about_reading(self) -> bool:
        """Tell whether the data of a source cannot be read."""
        return self.code in _READING

    def sentence(self) -> str:
        """Return libwim's words: the last errors of its log, the code's text and the code."""
        lines = [line.strip() for line in self.log.replace("\r", "\n").splitlines()]
        errors = [line.removeprefix("[ERROR] ") for line in lines if line.startswith("[ERROR]")]
        said = "; ".join([*errors[-_LOG_LINES:], self.text])
        return f"{said} (libwim error {self.code})"


def capture_error(
    failure: LibwimError,
    *,
    volume: str | None,
    destination: str,
    file: str = "",
    reading_back: bool = False,
) -> CaptureError:
    """Return the error to raise for a failed call.

    `volume` is the volume that was being scanned, or one that cannot be read; None when a file was
    written or verified. `file` is the path in the volume of what cannot be read.
    With `reading_back` no source was read, but the WIM that was written.
    """
    said = failure.sentence()
    if failure.code == _NOMEM:
        return CaptureError(
            f"not enough memory: {said}",
            hint="Capture with fewer threads, or on a machine with more memory.",
            hresult=hresult_of_libwim(_NOMEM),
        )
    unread = reading_back and failure.code in {_READ, _UNEXPECTED_END_OF_FILE}
    if not unread and (volume is not None or failure.code in _READING):
        return _read_error(f"{file}: {said}" if file else said, failure, volume)
    if failure.code == _WRITE:
        return _write_failure(said, failure, destination)
    if unread or failure.code in _DAMAGED_WIM:
        return DestinationError(
            f"the WIM that was written is damaged, and was deleted: {said}",
            where=destination,
            hint="The destination's disk or the memory does not give back what was written: "
            "check both, then capture again.",
            hresult=_CORRUPT,
        )
    return CaptureError(
        f"the capture failed: {said}",
        where=destination,
        hresult=hresult_of_libwim(failure.code, failure.number),
    )


_WIM_PROBLEMS = {
    18: ("there is no such image in the WIM", "`tasksequence image show` lists its images."),
    33: ("the WIM is one part of a split WIM", "Name its first part, all others beside it."),
    62: ("parts of this split WIM are missing", "Put all its parts into one folder."),
    55: ("data of the WIM is missing", "Put all parts of a split WIM into one folder."),
    67: ("the WIM is newer than this libwim", "Install a newer libwim."),
    74: ("the WIM is encrypted", "Decrypt it on Windows first."),
}
"""What people are told of codes that name one cause."""


def wim_error(failure: LibwimError, path: str) -> ImageError:
    """Return the error for an existing WIM that libwim cannot use."""
    hresult = hresult_of_libwim(failure.code, failure.number)
    problem, hint = _WIM_PROBLEMS.get(failure.code, ("", ""))
    if problem:
        said = f"{problem} (libwim error {failure.code})"
        return ImageError(said, where=path, hint=hint, hresult=hresult)
    if failure.code in _DAMAGED_WIM or failure.code == _UNEXPECTED_END_OF_FILE:
        return ImageError(
            f"the WIM is damaged: {failure.sentence()}",
            where=path,
            hint="Copy the file again.",
            hresult=hresult,
        )
    said = f"the WIM cannot be used: {failure.sentence()}"
    return ImageError(said, where=path, hresult=hresult)


def _read_error(said: str, failure: LibwimError, volume: str | None) -> CaptureError:
    if failure.code == _UNSUPPORTED:
        return BackendUnavailable(
            f"this libwim cannot read NTFS volumes: {said}",
            hint="It was built without libntfs-3g; Debian's libwim15 has it "
            "(`apt install libwim15`).",
            hresult=hresult_of_libwim(_UNSUPPORTED),
        )
    hresult = hresult_of_libwim(failure.code)
    if failure.code == _CONCURRENT_MODIFICATION_DETECTED:
        hint = "It changed while it was captured: see that nothing mounts or writes it."
    elif failure.is_caused_by(errno.EIO):
        hresult = hresult_of_errno(errno.EIO) or hresult
        hint = (
            "The disk or the NTFS structures are damaged: check the volume with `chkdsk /f` on "
            "Windows; rescue a failing disk with ddrescue first."
        )
    else:
        hint = "Check the volume with `chkdsk /f` on Windows, then capture again."
    return VolumeError(
        f"the volume cannot be read: {said}", where=volume, hint=hint, hresult=hresult
    )


def _write_failure(said: str, failure: LibwimError, destination: str) -> DestinationError:
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        if failure.is_caused_by(number):
            return write_error(OSError(number, os.strerror(number)), destination)
    return DestinationError(
        f"the WIM cannot be written: {said}",
        where=destination,
        hresult=hresult_of_libwim(failure.code, failure.number),
    )
