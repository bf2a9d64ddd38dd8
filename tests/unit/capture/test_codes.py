"""libwim's codes as errors with something to do about them."""

from __future__ import annotations

import errno
import os

import pytest

from tasksequence.capture.destinations.local_errors import write_error
from tasksequence.capture.wimlib.codes import LibwimError, capture_error
from tasksequence.errors import BackendUnavailable, CaptureError, DestinationError, VolumeError


@pytest.mark.parametrize(
    ("code", "number", "scanning", "kind", "said"),
    [
        (68, 0, True, BackendUnavailable, "cannot read NTFS volumes"),
        (46, errno.EIO, True, VolumeError, "cannot be read"),
        (50, errno.EIO, False, VolumeError, "cannot be read"),
        (88, 0, False, VolumeError, "cannot be read"),
        (39, errno.ENOMEM, True, CaptureError, "memory"),
        (72, errno.ENOSPC, False, DestinationError, "no space left"),
        (72, errno.EDQUOT, False, DestinationError, "Disk quota"),
        (72, errno.EFBIG, False, DestinationError, "File too large"),
        (72, 0, False, DestinationError, "cannot be written"),
        (28, 0, False, DestinationError, "damaged"),
        (2, 0, False, DestinationError, "damaged"),
        (24, 0, False, CaptureError, "the capture failed"),
    ],
)
def test_a_code_becomes_the_fitting_error(
    code: int, number: int, scanning: bool, kind: type[CaptureError], said: str
) -> None:
    failure = LibwimError(code, "What libwim says", number, "")
    volume = "/v.img" if scanning else None
    error = capture_error(failure, volume=volume, destination="/d.wim")
    assert type(error) is kind
    assert said in error.problem


@pytest.mark.parametrize("code", [50, 65])
def test_what_cannot_be_read_back_is_the_destinations(code: int) -> None:
    failure = LibwimError(code, "What libwim says", errno.EIO, "")
    error = capture_error(failure, volume=None, destination="/d.wim", reading_back=True)
    assert type(error) is DestinationError
    assert error.where == "/d.wim"
    assert "damaged" in error.problem


def test_the_system_error_is_also_found_in_the_log() -> None:
    """errno is overwritten by what libwim does after the failure; its log keeps the words."""
    log = f"\r[ERROR] Error writing data to WIM file: {os.strerror(errno.ENOSPC)}\n"
    error = capture_error(LibwimError(72, "", 0, log), volume=None, destination="/d.wim")
    assert "no space left" in error.problem


def test_the_message_has_libwims_own_words() -> None:
    log = '\r[WARNING] not this\n\r[ERROR] Failed to mount NTFS volume "/v.img"\n'
    failure = LibwimError(46, "NTFS-3G encountered an error", errno.EINVAL, log)
    error = capture_error(failure, volume="/v.img", destination="/d.wim")
    assert error.where == "/v.img"
    assert error.problem.endswith(
        'Failed to mount NTFS volume "/v.img"; NTFS-3G encountered an error (libwim error 46)'
    )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.ENOENT])
def test_a_system_error_at_the_destination_has_a_hint(number: int) -> None:
    error = write_error(OSError(number, os.strerror(number)), "/d.wim")
    assert error.where == "/d.wim"
    assert error.hint
