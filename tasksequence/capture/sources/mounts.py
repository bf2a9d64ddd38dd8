"""Whether a volume is mounted: libwim would read it all the same, and get half-written files."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from tasksequence.errors import VolumeError

__all__ = ["check_not_mounted", "file_system_of", "mount_point", "mount_points_below"]

_MOUNTS = "/proc/self/mountinfo"
_OPTIONAL_FIELDS = 6
"""How many fields come before the optional ones."""
_BLOCK_DEVICES = "/sys/block"


class _Mount(NamedTuple):
    device: str
    """Number of the mounted device, as major:minor."""
    source: str
    point: str
    file_system: str


def check_not_mounted(path: str) -> None:
    """Raise `VolumeError`, with the mount point, if a file or block device is mounted."""
    point = mount_point(path)
    if point is not None:
        raise VolumeError(
            f"the volume is mounted on {point}",
            where=path,
            hint=f"Unmount it first: umount '{point}'",
            hresult=0x800700AA,
        )
    if _is_held(path):
        raise VolumeError(
            "the device is in use by the system (mounted elsewhere, or part of a RAID or LVM)",
            where=path,
            hint="Find its user with `lsblk` and `fuser -v`, and end that use first.",
            hresult=0x800700AA,
        )


def mount_point(path: str) -> str | None:
    """Return where a file or block device is mounted, also through a loop device, or None.

    Sees the mounts of this process's namespace (proc(5), /proc/pid/mountinfo).
    """
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    if stat.S_ISBLK(status.st_mode):
        devices = {f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"}
    else:
        devices = set(_loop_devices(status))
    for mount in _mounts():
        if mount.device in devices or _is_file(mount.source, status):
            return mount.point
    return None


def mount_points_below(folder: str) -> list[str]:
    """Return what is mounted on a folder or below it, the last mount first."""
    # The kernel lists real paths.
    below = os.path.realpath(folder).rstrip("/") + "/"
    return [mount.point for mount in _mounts() if f"{mount.point}/".startswith(below)][::-1]


def file_system_of(folder: str) -> str:
    """Return the file system of an absolute path, as the kernel calls it; empty if unknown."""
    best = found = ""
    with suppress(OSError):
        for mount in _mounts():
            # Of several mounts on one folder the last is seen.
            below = mount.point.rstrip("/") + "/"
            if f"{folder}/".startswith(below) and len(below) >= len(best):
                best, found = below, mount.file_system
    return found


def _mounts() -> Iterator[_Mount]:
    with open(_MOUNTS, "rb") as file:  # noqa: PTH123
        for line in file:
            # Only blanks separate fields: other white space stands in paths as it is.
            fields = line.removesuffix(b"\n").split(b" ")
            # Optional fields end with a dash; file system type and source follow it.
            kind, source = fields[fields.index(b"-", _OPTIONAL_FIELDS) + 1 :][:2]
            yield _Mount(
                fields[2].decode(), _unescaped(source), _unescaped(fields[4]), os.fsdecode(kind)
            )


def _unescaped(field: bytes) -> str:
    r"""Undo the kernel's octal escapes of blank, tab, newline and backslash (`\040` …)."""
    raw = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), field)
    return os.fsdecode(raw)


def _is_file(path: str, status: os.stat_result) -> bool:
    """Tell whether a mount's source is the file or device with this status."""
    if not path.startswith("/"):
        return False
    try:
        other = os.stat(path)  # noqa: PTH116
    except OSError:
        return False
    if stat.S_ISBLK(status.st_mode):
        return stat.S_ISBLK(other.st_mode) and other.st_rdev == status.st_rdev
    return os.path.samestat(other, status)


def _loop_devices(status: os.stat_result) -> Iterator[str]:
    """Yield the numbers of the loop devices of a file, and of their partitions."""
    try:
        names = [name for name in os.listdir(_BLOCK_DEVICES) if name.startswith("loop")]  # noqa: PTH208
    except OSError:
        return
    for name in names:
        folder = f"{_BLOCK_DEVICES}/{name}"
        backing = _content(f"{folder}/loop/backing_file")
        if backing is None or not _is_file(backing, status):
            continue
        parts = [part for part in os.listdir(folder) if part.startswith(name)]  # noqa: PTH208
        for device in (folder, *(f"{folder}/{part}" for part in parts)):
            number = _content(f"{device}/dev")
            if number is not None:
                yield number


def _content(path: str) -> str | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return os.fsdecode(file.read().removesuffix(b"\n"))
    except OSError:
        return None


def _is_held(path: str) -> bool:
    """Tell whether the kernel holds a block device: only then an exclusive opening is refused."""
    try:
        if not stat.S_ISBLK(os.stat(path).st_mode):  # noqa: PTH116
            return False
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False
