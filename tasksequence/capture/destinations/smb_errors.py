"""What an SMB server's answers mean to the person who captures."""

from __future__ import annotations

import errno

from tasksequence.error_codes import explain_code, hresult_of_errno, hresult_of_status
from tasksequence.errors import DestinationError

__all__ = [
    "LOST",
    "STARTING",
    "encryption_missing",
    "folder_missing",
    "guest_refused",
    "is_lost",
    "share_error",
    "status_of",
    "still_held",
    "too_old",
]

ACCESS_DENIED = 0xC0000022
SHARING_VIOLATION = 0xC0000043
NAME_NOT_FOUND = 0xC0000034
NAME_COLLISION = 0xC0000035
PATH_NOT_FOUND = 0xC000003A
END_OF_FILE = 0xC0000011
DELETE_PENDING = 0xC0000056
IS_A_FOLDER = 0xC00000BA
DISK_FULL = 0xC000007F
_NOT_FOUND = 0xC0000225
_NO_SHARE = 0xC00000CC

LOST = frozenset(
    {
        0xC00000B5,  # STATUS_IO_TIMEOUT
        0xC00000C9,  # STATUS_NETWORK_NAME_DELETED
        0xC0000128,  # STATUS_FILE_CLOSED
        0xC0000203,  # STATUS_USER_SESSION_DELETED
        0xC000020C,  # STATUS_CONNECTION_DISCONNECTED
        0xC000020D,  # STATUS_CONNECTION_RESET
        0xC000035C,  # STATUS_NETWORK_SESSION_EXPIRED
    }
)
"""Answers after which a new connection may do better."""

STARTING = frozenset(
    {
        0xC000009A,  # STATUS_INSUFFICIENT_RESOURCES
        0xC00000C4,  # STATUS_UNEXPECTED_NETWORK_ERROR
        _NO_SHARE,  # STATUS_BAD_NETWORK_NAME
        0xC00000D0,  # STATUS_REQUEST_NOT_ACCEPTED
        0xC0000205,  # STATUS_INSUFF_SERVER_RESOURCES
        _NOT_FOUND,  # the same as STATUS_BAD_NETWORK_NAME, from a server that can DFS
    }
)
"""Answers of a server that is still starting, if it has served this upload before."""

_QUOTA = "the account's quota on the share is used up; the unfinished file was deleted"
_PROBLEMS = {
    ACCESS_DENIED: "this account may not write to the share or its folder",
    0xC000006D: "the server refuses the logon: account or password is wrong",
    0xC000006A: "the server refuses the logon: the password is wrong",
    _NO_SHARE: "the server has no such share",
    PATH_NOT_FOUND: "there is no such folder on the share",
    NAME_NOT_FOUND: "there is no such file or folder on the share",
    DISK_FULL: "no space left on the share; the unfinished file was deleted",
    0xC0000044: _QUOTA,
    0xC0000802: _QUOTA,
    SHARING_VIOLATION: "the file is in use by another program",
}
_HINTS = {
    DISK_FULL: "Free space there or name another destination. The new WIM needs room beside an "
    "old one of the same name, which stays until the new one is complete.",
    _NO_SHARE: "Correct the name after the server in CaptureDestination.",
    PATH_NOT_FOUND: "Make the folder first, or correct the path.",
}


def status_of(error: BaseException) -> int | None:
    """Return the NTSTATUS that an exception of smbprotocol carries."""
    # SMBOSError has one, SMBResponseException the other.
    status = getattr(error, "ntstatus", None)
    if status is None:
        status = getattr(error, "status", None)
    return status if isinstance(status, int) else None


def is_lost(error: BaseException, *, begun: bool = False) -> bool:
    """Tell whether an exception means that the connection is gone, not that the server refused.

    `begun` says that the server has served this upload before.
    """
    from smbprotocol.exceptions import SMBAuthenticationError, SMBException

    status = status_of(error)
    if status is not None:
        return status in LOST or (begun and status in STARTING)
    if isinstance(error, SMBAuthenticationError):
        return False
    # smbprotocol raises ValueError where a connection cannot be made.
    return isinstance(error, (SMBException, OSError, ValueError))


def share_error(error: BaseException, where: str) -> DestinationError:
    """Return the error to raise for what smbprotocol raised; holds no secret.

    What is such an error already is returned as it is: waiting for the server may raise it.
    """
    if isinstance(error, DestinationError):
        return error
    status = status_of(error)
    # A server that can DFS looks for a share that it lacks there, and answers with this.
    if status == _NOT_FOUND:
        status = _NO_SHARE
    if status is not None:
        hresult = hresult_of_status(status)
        known = explain_code(f"0x{status:08X}")
        problem = _PROBLEMS.get(status)
        if problem is None:
            said = known.meaning if hresult is not None and known is not None else "it failed"
            problem = f"the server says: {said} (NTSTATUS 0x{status:08X})"
        hint = _HINTS.get(status) or (known.hint if known is not None else None)
        return DestinationError(problem, where=where, hint=hint or None, hresult=hresult)
    from smbprotocol.exceptions import (
        SMBAuthenticationError,
        SMBConnectionClosed,
        SMBUnsupportedFeature,
    )

    if isinstance(error, SMBAuthenticationError):
        return DestinationError(
            "no logon at the server was possible",
            where=where,
            hint=r"Give the account as domain\user, with its password.",
            hresult=0x8007052E,
        )
    if isinstance(error, SMBUnsupportedFeature):
        return DestinationError(
            f"the server does not offer what is needed: {error}",
            where=where,
            hint="It has to speak SMB 3, and sign.",
            hresult=0x80070032,
        )
    number = error.errno if isinstance(error, OSError) else None
    cause = error.__cause__
    if number is None and isinstance(cause, OSError):
        number = cause.errno
    words = str(cause or error).partition("\n")[0]
    hint = (
        "Check the server's name, that it is on, and that nothing blocks its port (445, or the one "
        "given)."
    )
    if number in {errno.ECONNRESET, errno.EPIPE} or isinstance(error, SMBConnectionClosed):
        hint += " One that ends the connection at once may speak SMB 1 only: it takes SMB 3."
    return DestinationError(
        f"the server cannot be reached: {words}",
        where=where,
        hint=hint,
        hresult=hresult_of_errno(number) or 0x80070035,
    )


def folder_missing(where: str) -> DestinationError:
    """Return the error for a folder that is not on the share."""
    return DestinationError(
        _PROBLEMS[PATH_NOT_FOUND],
        where=where,
        hint=_HINTS[PATH_NOT_FOUND],
        hresult=hresult_of_status(PATH_NOT_FOUND),
    )


def still_held(where: str) -> DestinationError:
    """Return the error for a server that did not notice that our connection broke."""
    return DestinationError(
        "the server still holds our broken upload open",
        where=where,
        hint="It will notice that the connection is gone, or close the file there (on Windows: "
        "Get-SmbOpenFile). To try for longer: --patience SECONDS.",
        hresult=0x80070020,
    )


def guest_refused(account: str, where: str) -> DestinationError:
    """Return the error for a server that takes an account for a guest."""
    return DestinationError(
        f"the server does not know {account}, or not with this password: it would let it in as a "
        "guest, who can neither sign nor encrypt",
        where=where,
        hint=r"Give the account as domain\user, with its password.",
        hresult=0x8007052E,
    )


def too_old(where: str) -> DestinationError:
    """Return the error for a server without SMB 3."""
    return DestinationError(
        "the server speaks no SMB 3",
        where=where,
        hint="Switch SMB 3 on at the server, or mount the share and name it with --share.",
        hresult=0x80070032,
    )


def encryption_missing(where: str) -> DestinationError:
    """Return the error for a server that cannot encrypt where that is required."""
    return DestinationError(
        "the server does not encrypt, and encryption is required",
        where=where,
        hint="Switch encryption on at the server, or leave --require-encryption out.",
        hresult=0x80070032,
    )
