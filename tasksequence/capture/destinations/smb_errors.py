"""What an SMB server's answers mean to the person who captures."""

from __future__ import annotations

from tasksequence.error_codes import explain_code, hresult_of_errno, hresult_of_status
from tasksequence.errors import DestinationError

__all__ = ["LOST", "is_lost", "share_error", "status_of"]

ACCESS_DENIED = 0xC0000022
SHARING_VIOLATION = 0xC0000043
NAME_NOT_FOUND = 0xC0000034
NAME_COLLISION = 0xC0000035
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

_PROBLEMS = {
    ACCESS_DENIED: "this account may not write to the share or its folder",
    0xC000006D: "the server refuses the logon: account or password is wrong",
    0xC000006A: "the server refuses the logon: the password is wrong",
    _NO_SHARE: "the server has no such share",
    0xC000003A: "there is no such folder on the share",
    NAME_NOT_FOUND: "there is no such file or folder on the share",
    DISK_FULL: "no space left on the share; the unfinished file was deleted",
    0xC0000044: "the account's quota on the share is used up; the unfinished file was deleted",
    SHARING_VIOLATION: "the file is in use by another program",
}
_HINTS = {
    DISK_FULL: "Free space there or name another destination. The new WIM needs room beside an "
    "old one of the same name, which stays until the new one is complete.",
    _NO_SHARE: "Correct the name after the server in CaptureDestination.",
    0xC000003A: "Make the folder first, or correct the path.",
}


def status_of(error: BaseException) -> int | None:
    """Return the NTSTATUS that an exception of smbprotocol carries."""
    # SMBOSError has one, SMBResponseException the other.
    status = getattr(error, "ntstatus", None)
    if status is None:
        status = getattr(error, "status", None)
    return status if isinstance(status, int) else None


def is_lost(error: BaseException) -> bool:
    """Tell whether an exception means that the connection is gone, not that the server refused."""
    from smbprotocol.exceptions import SMBAuthenticationError, SMBException

    status = status_of(error)
    if status is not None:
        return status in LOST
    if isinstance(error, SMBAuthenticationError):
        return False
    # smbprotocol raises ValueError where a connection cannot be made.
    return isinstance(error, (SMBException, OSError, ValueError))


def share_error(error: BaseException, where: str) -> DestinationError:
    """Return the error to raise for what smbprotocol raised; holds no secret."""
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
    from smbprotocol.exceptions import SMBAuthenticationError, SMBUnsupportedFeature

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
            hint="It has to speak SMB 2 or newer, and sign.",
            hresult=0x80070032,
        )
    number = error.errno if isinstance(error, OSError) else None
    cause = error.__cause__
    if number is None and isinstance(cause, OSError):
        number = cause.errno
    words = str(cause or error).partition("\n")[0]
    return DestinationError(
        f"the server cannot be reached: {words}",
        where=where,
        hint="Check the server's name, that it is on, and that nothing blocks its port (445, or "
        "the one given).",
        hresult=hresult_of_errno(number) or 0x80070035,
    )
