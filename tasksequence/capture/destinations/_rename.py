"""Renaming as renameat2(2) has it: to a name that is free, and two files at once."""

from __future__ import annotations

import ctypes
import errno
import os

__all__ = ["exchange", "rename_to_free"]

_HERE = -100
"""AT_FDCWD: relative paths count from the current folder."""
_NO_REPLACE = 1
_EXCHANGE = 2
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


def rename_to_free(old: str, new: str) -> bool:
    """Rename a file to a name that is free; False where the file system cannot see to that.

    Raises `FileExistsError` for a name that is taken, and `OSError`.
    """
    return _rename(old, new, _NO_REPLACE)


def exchange(one: str, other: str) -> bool:
    """Give two files each other's name in one step; False where the file system cannot.

    Raises `FileNotFoundError` where one is missing, and `OSError`.
    """
    return _rename(one, other, _EXCHANGE)


def _rename(old: str, new: str, flags: int) -> bool:
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    names = (_HERE, os.fsencode(old), _HERE, os.fsencode(new))
    if not call(*names, ctypes.c_uint(flags)):
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), old, None, new)
