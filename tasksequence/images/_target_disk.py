"""Whether the file or device of a target disk can take what is to be written to it."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

from tasksequence.capture.sources.disks import Disk
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError
from tasksequence.text_table import human_bytes

__all__ = ["check_room_below", "check_writable"]

_STREAM_OPTIMIZED = b'createType="streamOptimized"'
_FLAGS_COMPRESSED = 0x10000
"""VMDK 4, header flags: grains are compressed."""


def check_writable(path: str, form: str) -> None:
    """Raise `VolumeError` for a disk that this account or its format does not let be written."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        raise VolumeError(
            f"the disk cannot be written: {error.strerror}",
            where=path,
            hint="Give this account the right to write it (chmod, chattr -i, or a file system "
            "that is mounted for writing), or run as root.",
            hresult=hresult_of_errno(error.errno or 0),
        ) from None
    if form == "vmdk":
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(4096)
        flags = struct.unpack_from("<I", head, 8)[0] if head[:4] == b"KDMV" else 0
        if _STREAM_OPTIMIZED in head or flags & _FLAGS_COMPRESSED:
            raise VolumeError(
                "this VMDK is stream-optimized: compressed for transport, and not made to be "
                "written",
                where=path,
                hint="Convert it first: `qemu-img convert -O vmdk OLD NEW`.",
                hresult=0x80070032,
            )


def check_room_below(disk: Disk, needed: int) -> str | None:
    """Check the file system that the target's file lies on, as the file may grow.

    Returns a warning where the room may not suffice. Raises `VolumeError` where it cannot.
    """
    path = os.fspath(disk.path)
    status = os.stat(path)  # noqa: PTH116
    if not stat.S_ISREG(status.st_mode):
        return None
    space = os.statvfs(path)
    free = space.f_bavail * space.f_frsize
    held = status.st_blocks * 512
    folder = str(Path(path).absolute().parent)
    said = f"the file system of {folder} has {human_bytes(free)} free"
    if needed > free + held:
        raise VolumeError(
            f"the disk's file would have to grow to {human_bytes(needed)}, and {said}",
            where=path,
            hint="Free space there, or move the disk.",
            hresult=0x80070070,
        )
    growth = max(disk.size - held, 0)
    if min(needed, growth) > free:
        return f"{path}: the disk's file may grow by {human_bytes(growth)}, and {said}"
    return None
