"""What others may read of this process: the environment it was started with, and its memory."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterable
from contextlib import suppress

__all__ = ["blank_variables", "hide_memory"]

_STATE = "/proc/self/stat"
_MEMORY = "/proc/self/mem"
_SHOWN = "/proc/self/environ"
_BEGIN, _END = 47, 48
"""Places of env_start and env_end behind the name of the program (proc(5), /proc/pid/stat)."""


def blank_variables(names: Iterable[str]) -> bool:
    """Overwrite the values of variables in /proc/PID/environ, which `ps e` shows.

    Taking a variable out of `os.environ` leaves that block as it was, for this account and root to
    read as long as the process runs. Call it for variables that are taken out already: the C
    library's own pointers may lead there before. False where a value is still there.
    """
    wanted = frozenset(map(os.fsencode, names))
    if not wanted:
        return True
    with suppress(OSError, ValueError, IndexError):
        _blank(wanted)
    try:
        with open(_SHOWN, "rb") as file:  # noqa: PTH123
            return not any(True for _ in _values(file.read(), wanted))
    except OSError:
        return False


def hide_memory() -> None:
    """Let no crash leave a core file, and no other process of this account read the memory.

    Programs that are started from here on are as readable as ever: they hold no secret. After it
    an account other than root cannot blank variables any more.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))


_SET_DUMPABLE = 4
"""PR_SET_DUMPABLE of prctl(2)."""


def _blank(wanted: frozenset[bytes]) -> None:
    with open(_STATE, "rb") as file:  # noqa: PTH123
        fields = file.read().rpartition(b")")[2].split()
    begin, end = int(fields[_BEGIN]), int(fields[_END])
    memory = os.open(_MEMORY, os.O_RDWR | os.O_CLOEXEC)
    try:
        # Not by an address of our own: what is not mapped is an error here, and no crash.
        block = os.pread(memory, end - begin, begin)
        for at, length in _values(block, wanted):
            os.pwrite(memory, bytes(length), begin + at)
    finally:
        os.close(memory)


def _values(block: bytes, wanted: frozenset[bytes]) -> Iterable[tuple[int, int]]:
    """Yield where values of variables begin and how long they are, but for empty ones."""
    at = 0
    for entry in block.split(b"\0"):
        name, sign, value = entry.partition(b"=")
        if sign and value and name in wanted:
            yield at + len(name) + 1, len(value)
        at += len(entry) + 1
