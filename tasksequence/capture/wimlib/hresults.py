"""Which code Windows has for what libwim says, errno considered."""

from __future__ import annotations

from tasksequence.error_codes import hresult_of_errno, win32_hresult
from tasksequence.libwim_table import LIBWIM

__all__ = ["WIN32_OF_LIBWIM", "hresult_of_libwim"]

WIN32_OF_LIBWIM = {number: win32 for number, _, win32 in LIBWIM.values()}
"""The Win32 code of each error code."""

_TELLS_ERRNO = frozenset(
    {35, 37, 46, 47, 48, 50, 51, 52, 57, 58, 59, 60, 61, 63, 72, 75, 78, 83, 91}
)
"""Codes that follow a failed system call, whose errno says more; elsewhere errno may be stale."""

_UNSPECIFIED = 0x80004005
"""E_FAIL, for codes of a libwim that is newer than this table."""


def hresult_of_libwim(code: int, number: int = 0) -> int:
    """Return the HRESULT of an error code; `number` is errno after the call."""
    of_system = hresult_of_errno(number) if code in _TELLS_ERRNO else None
    if of_system is not None:
        return of_system
    known = WIN32_OF_LIBWIM.get(code)
    return _UNSPECIFIED if known is None else win32_hresult(known)
