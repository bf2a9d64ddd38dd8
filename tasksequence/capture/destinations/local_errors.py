"""What system errors at a local destination mean to the person who captures."""

from __future__ import annotations

import errno

from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import DestinationError

__all__ = ["write_error"]


def write_error(error: OSError, destination: str) -> DestinationError:
    """Return the error for a system error at the destination."""
    hints = {
        errno.EDQUOT: "This account's quota is used up: free space or name another destination.",
        errno.EFBIG: "The file system or a limit (`ulimit -f`) does not take so large a file.",
        errno.EROFS: "The file system is mounted read-only: name another destination.",
        errno.EACCES: "Give this account the right to write there.",
        errno.EPERM: "Give this account the right to write there.",
        errno.ENOENT: "The folder is gone: make it again.",
    }
    hresult = hresult_of_errno(error.errno)
    if error.errno == errno.ENOSPC:
        return DestinationError(
            "no space left for the WIM; the unfinished file was deleted",
            where=destination,
            hint="Free space there or name another destination. The new WIM needs room beside an "
            "old one of the same name, which stays until the new one is complete.",
            hresult=hresult,
        )
    return DestinationError(
        f"the WIM cannot be written: {error.strerror}",
        where=destination,
        hint=hints.get(error.errno or 0),
        hresult=hresult,
    )
