"""The on-disk structures of NTFS that a capture has to look at, read from bytes.

Layouts follow the NTFS documentation of the Linux-NTFS project (layout.h): all numbers are
little-endian, and each 512 bytes of a record end in two bytes that the update sequence replaces.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

__all__ = [
    "ATTRIBUTE_LIST",
    "BITMAP",
    "DATA",
    "EA",
    "FILE_NAME",
    "INDEX_ALLOCATION",
    "INDEX_ROOT",
    "REFERENCE_MASK",
    "STANDARD_INFORMATION",
    "VOLUME_INFORMATION",
    "VOLUME_NAME",
    "Attribute",
    "FileName",
    "Geometry",
    "attributes_of",
    "file_name",
    "fixed_up",
    "index_entries",
    "name_text",
]

STANDARD_INFORMATION = 0x10
ATTRIBUTE_LIST = 0x20
FILE_NAME = 0x30
VOLUME_NAME = 0x60
VOLUME_INFORMATION = 0x70
DATA = 0x80
INDEX_ROOT = 0x90
INDEX_ALLOCATION = 0xA0
BITMAP = 0xB0
EA = 0xE0
_END = 0xFFFFFFFF

REFERENCE_MASK = (1 << 48) - 1
"""Low bits of a file reference: the record number; the high 16 are its sequence number."""

_STRIDE = 512
"""The update sequence protects 512-byte blocks, whatever the sector size."""


class Geometry(NamedTuple):
    """Sizes in bytes that the boot sector states."""

    sector: int
    cluster: int
    record: int
    index_record: int
    mft_start: int
    """Where the MFT begins, in bytes from the start of the volume."""
    volume: int
    """Size of the volume without its backup boot sector."""

    @classmethod
    def from_boot_sector(cls, boot: bytes) -> Geometry | None:
        """Read a boot sector; None when its numbers cannot be those of an NTFS volume."""
        sector, per_cluster = struct.unpack_from("<HB", boot, 0x0B)
        sectors, mft_cluster = struct.unpack_from("<QQ", boot, 0x28)
        record_code, index_code = struct.unpack_from("<b3xb", boot, 0x40)
        if sector not in {256, 512, 1024, 2048, 4096}:
            return None
        # Above 0x80 the byte is a negative power of two (clusters over 64 KiB, Windows 10).
        cluster = sector * (per_cluster if per_cluster <= 0x80 else 1 << (256 - per_cluster))
        record = 1 << -record_code if record_code < 0 else record_code * cluster
        index = 1 << -index_code if index_code < 0 else index_code * cluster
        sane = (
            cluster > 0
            and cluster <= 1 << 21
            and cluster & (cluster - 1) == 0
            and record in {512, 1024, 2048, 4096}
            and index >= 512
            and index <= 1 << 21
            and sectors > 0
        )
        if not sane:
            return None
        return cls(sector, cluster, record, index, mft_cluster * cluster, sectors * sector)


class Attribute(NamedTuple):
    """One attribute of a record: its value if resident, else where its clusters are."""

    type: int
    name: str
    value: bytes | None
    first_cluster: int
    """Number of the attribute's cluster at which these runs begin; 0 but in split attributes."""
    size: int
    initialized: int
    """Bytes that were ever written; those after them read as zeros, whatever the clusters hold."""
    runs: tuple[tuple[int | None, int], ...]
    """(cluster of the volume or None for a hole, count of clusters)."""


class FileName(NamedTuple):
    """A name of a file and the reference of the folder it stands in."""

    parent: int
    name: str
    is_dos: bool
    """An 8.3 name beside a long one, not a name of its own."""
    is_folder: bool


def name_text(raw: bytes) -> str:
    """Decode UTF-16 names; halves of surrogate pairs, which NTFS allows, become U+FFFD."""
    return raw.decode("utf-16-le", "replace")


def fixed_up(raw: bytes, magic: bytes) -> bytes | None:
    """Undo the update sequence of a record or index block; None if it is damaged or empty."""
    if len(raw) < _STRIDE or not raw.startswith(magic):
        return None
    start, count = struct.unpack_from("<HH", raw, 4)
    blocks = len(raw) // _STRIDE
    if count != blocks + 1 or start + 2 * count > _STRIDE:
        return None
    mark = raw[start : start + 2]
    record = bytearray(raw)
    for block in range(blocks):
        end = (block + 1) * _STRIDE
        if record[end - 2 : end] != mark:
            return None
        record[end - 2 : end] = raw[start + 2 + 2 * block : start + 4 + 2 * block]
    return bytes(record)


def attributes_of(record: bytes) -> Iterator[Attribute]:
    """Yield the attributes of one record; a damaged one ends the iteration."""
    at = struct.unpack_from("<H", record, 0x14)[0]
    while at + 8 <= len(record):
        type_, length = struct.unpack_from("<II", record, at)
        if type_ == _END or length < 24 or at + length > len(record):
            return
        attribute = _attribute(record[at : at + length], type_)
        if attribute is None:
            return
        yield attribute
        at += length


def _attribute(raw: bytes, type_: int) -> Attribute | None:
    non_resident, name_length, name_at = struct.unpack_from("<BBH", raw, 8)
    name = name_text(raw[name_at : name_at + 2 * name_length])
    if not non_resident:
        size, value_at = struct.unpack_from("<IH", raw, 16)
        if value_at + size > len(raw):
            return None
        return Attribute(type_, name, raw[value_at : value_at + size], 0, size, size, ())
    if len(raw) < 64:
        return None
    first = struct.unpack_from("<Q", raw, 16)[0]
    runs_at = struct.unpack_from("<H", raw, 32)[0]
    # Only the first part of a split attribute holds its sizes.
    size, initialized = struct.unpack_from("<QQ", raw, 48) if first == 0 else (0, 0)
    return Attribute(type_, name, None, first, size, initialized, tuple(_runs(raw[runs_at:])))


def _runs(pairs: bytes) -> Iterator[tuple[int | None, int]]:
    """Decode mapping pairs: a header byte with two sizes, a length, a signed offset."""
    at = 0
    cluster = 0
    while at < len(pairs) and pairs[at]:
        length_size, offset_size = pairs[at] & 15, pairs[at] >> 4
        end = at + 1 + length_size + offset_size
        if end > len(pairs) or not length_size:
            return
        count = int.from_bytes(pairs[at + 1 : at + 1 + length_size], "little")
        offset = int.from_bytes(pairs[at + 1 + length_size : end], "little", signed=True)
        if offset_size:
            cluster += offset
            yield cluster, count
        else:
            yield None, count
        at = end


def file_name(value: bytes) -> FileName | None:
    """Read the value of a FILE_NAME attribute or the key of a folder's index entry."""
    if len(value) < 0x42:
        return None
    length, namespace = value[0x40], value[0x41]
    return FileName(
        parent=int.from_bytes(value[:8], "little"),
        name=name_text(value[0x42 : 0x42 + 2 * length]),
        is_dos=namespace == 2,
        is_folder=bool(value[0x3B] & 0x10),
    )


def index_entries(node: bytes) -> Iterator[tuple[int, FileName]]:
    """Yield (file reference, name) from an index node, which begins at its index header."""
    if len(node) < 16:
        return
    at, used = struct.unpack_from("<II", node)
    while at + 16 <= min(used, len(node)):
        reference, length, key_length, flags = struct.unpack_from("<QHHH", node, at)
        if length < 16 or flags & 2:
            return
        name = file_name(node[at + 16 : at + 16 + key_length])
        if name is not None:
            yield reference, name
        at += length
