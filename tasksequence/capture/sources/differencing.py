"""Checkpoints of Hyper-V (.avhd, .avhdx): disks with the changes alone, which QEMU does not follow.

A VHD of that kind it even opens, and reads zeros for all that only the parent has. Layouts follow
Microsoft's "Virtual Hard Disk Image Format Specification" and [MS-VHDX].
"""

from __future__ import annotations

import struct
import uuid
from typing import BinaryIO

from tasksequence.errors import VolumeError

__all__ = ["check_not_differencing"]

_VHD_TYPE_AT = 60
_VHD_DIFFERENCING = 4
_FOOTER = 512
_REGION_TABLES = (192 << 10, 256 << 10)
_METADATA_REGION = uuid.UUID("8B7CA206-4790-4B9A-B8FE-575F050F886E").bytes_le
_FILE_PARAMETERS = uuid.UUID("CAA16737-FA36-4D43-B3B6-33F0AA44E76B").bytes_le
_HAS_PARENT = 2
_MOST_ENTRIES = 2047


def check_not_differencing(disk: str, disk_format: str) -> None:
    """Raise `VolumeError` for a VHD or VHDX that holds the changes to another disk alone."""
    looks = {"vpc": _is_differencing_vhd, "vhdx": _is_differencing_vhdx}
    if disk_format not in looks:
        return
    try:
        with open(disk, "rb") as stream:  # noqa: PTH123
            found = looks[disk_format](stream)
    except (OSError, struct.error):
        return  # who opens it says better what is wrong
    if found:
        raise VolumeError(
            "this disk is a checkpoint (differencing disk): it holds the changes to its parent "
            "alone, and such a chain cannot be read here",
            where=disk,
            hint="Delete the checkpoint in Hyper-V, which merges it, or use Merge-VHD; or copy the "
            "whole disk out with Convert-VHD.",
            hresult=0x80070032,
        )


def _is_differencing_vhd(stream: BinaryIO) -> bool:
    stream.seek(-_FOOTER, 2)
    (kind,) = struct.unpack_from(">I", stream.read(_FOOTER), _VHD_TYPE_AT)
    return bool(kind == _VHD_DIFFERENCING)


def _is_differencing_vhdx(stream: BinaryIO) -> bool:
    for table in _REGION_TABLES:
        metadata = _entry(stream, table, b"regi", _METADATA_REGION, 8, "<16sQ")
        if metadata is None:
            continue
        item = _entry(stream, metadata, b"metadata", _FILE_PARAMETERS, 10, "<16sI")
        if item is not None:
            stream.seek(metadata + item)
            return bool(struct.unpack("<II", stream.read(8))[1] & _HAS_PARENT)
    return False


def _entry(
    stream: BinaryIO, table: int, mark: bytes, wanted: bytes, count_at: int, form: str
) -> int | None:
    """Return the offset that an entry of a table has; None for no such entry, or no table."""
    stream.seek(table)
    raw = stream.read(64 << 10)
    if not raw.startswith(mark):
        return None
    (count,) = struct.unpack_from("<H", raw, count_at)
    head = 16 if mark == b"regi" else 32
    for at in range(head, head + 32 * min(count, _MOST_ENTRIES), 32):
        name, offset = struct.unpack_from(form, raw, at)
        if name == wanted:
            return int(offset)
    return None
