"""The two headers of a GPT: at the start of a disk and, as a copy, in its last sector.

After the UEFI specification, "GPT Header"; all numbers are little-endian.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import BinaryIO, NamedTuple

from tasksequence.capture.sources.fat32 import is_fat32
from tasksequence.capture.sources.ntfs import is_ntfs
from tasksequence.capture.sources.signatures import is_bitlocker, is_exfat

__all__ = ["GptHeaders", "read_gpt_headers"]

_SIGNATURE = b"EFI PART"
_SECTORS = (512, 4096)
_SIZE = struct.Struct("<12xI")
_PROTECTIVE = 0xEE
"""Type of the MBR partition that stands for a GPT."""
_SMALLEST, _LARGEST = 92, 512


class GptHeaders(NamedTuple):
    """What is left of a disk's GPT headers."""

    sector: int
    """Bytes of a sector."""
    end: int | None
    """First byte after the usable sectors, by the first header; None where that is damaged."""


def read_gpt_headers(stream: BinaryIO, size: int) -> GptHeaders | None:
    """Look for the headers of a disk of that size.

    None where neither is there, and the MBR does not say that there were any. None too where one
    volume takes the whole disk: formatting it leaves the copy that was in the last sector.
    """
    found = None
    is_copy_alone = True
    for sector in _SECTORS:
        for offset in (sector, size - sector):
            header = _read(stream, offset)
            if not header.startswith(_SIGNATURE):
                continue
            if offset == sector and _is_sound(header):
                (last,) = struct.unpack_from("<Q", header, 48)
                return GptHeaders(sector, (last + 1) * sector)
            found = found or GptHeaders(sector, None)
            is_copy_alone = is_copy_alone and offset != sector
    if found is not None and is_copy_alone and _is_volume(_read(stream, 0)):
        return None
    if found is None and _is_protective(_read(stream, 0)):
        return GptHeaders(_SECTORS[0], None)
    return found


def _read(stream: BinaryIO, offset: int) -> bytes:
    if offset < 0:
        return b""
    stream.seek(offset, os.SEEK_SET)
    return stream.read(_LARGEST)


def _is_sound(header: bytes) -> bool:
    if len(header) < _SMALLEST:
        return False
    (size,) = _SIZE.unpack_from(header)
    if not _SMALLEST <= size <= len(header):
        return False
    (expected,) = struct.unpack_from("<I", header, 16)
    return bool(zlib.crc32(header[:16] + bytes(4) + header[20:size]) == expected)


def _is_volume(head: bytes) -> bool:
    return is_bitlocker(head) or is_exfat(head) or is_ntfs(head) or is_fat32(head)


def _is_protective(mbr: bytes) -> bool:
    """Tell whether an entry stands for a GPT: of its type, and from the second sector on.

    A volume's own boot sector has code there, which may hold that type by chance.
    """
    starts = (mbr[at + 4 : at + 12] for at in range(446, 510, 16))
    found = any(one[0] == _PROTECTIVE and one[4:] == b"\1\0\0\0" for one in starts if one)
    return found and mbr[510:512] == b"\x55\xaa"
