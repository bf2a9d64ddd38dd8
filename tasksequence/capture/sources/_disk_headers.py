"""What the first and last bytes of a virtual disk say of it: which files it is made of.

QEMU would read the same and open whatever stands there; who wrote the disk is not to be trusted
with that. Layouts: QEMU's docs/interop/qcow2.txt, VMware's Virtual Disk Format 5.0, Microsoft's
Virtual Hard Disk Format Specification (2006) and [MS-VHDX].
"""

from __future__ import annotations

import re
import struct
import uuid
from typing import BinaryIO, NamedTuple

__all__ = ["Extent", "Named", "read_qcow2", "read_vmdk", "vhd_type", "vhdx_has_parent"]

_QCOW2_HEADER = 112
_BACKING_FORMAT = 0xE2792ACA
_DATA_FILE = 0x44415441
_HAS_DATA_FILE = 1 << 2
_LONGEST_HEADER = 1 << 16

_DESCRIPTOR = 20 * 512
"""Bytes of a VMDK's descriptor that QEMU reads."""
_EXTENT = re.compile(
    rb'^[ \t]*(\S+)\s*([+-]?\d+)\s*(\S+?)\s*"([^"\r\n]*)(?:"\s*(\d+))?', re.MULTILINE
)
_EXTENT_LINE = re.compile(
    rb"^[ \t]*((?:RW|RDONLY|NOACCESS)\s+\d+\s+\S+[^\r\n]*)", re.MULTILINE | re.IGNORECASE
)
_READ_BY_QEMU = re.compile(rb'RW\s+\d+\s+(FLAT|SPARSE|VMFS|VMFSSPARSE|SESPARSE)\s+"[^"\r\n]+"')
_PARENT = b"parentFileNameHint"

_REGIONS = (192 << 10, 256 << 10)
_METADATA = uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le
_FILE_PARAMETERS = uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b").bytes_le
_HAS_PARENT = 2
_MOST_ENTRIES = 2047


class Extent(NamedTuple):
    """A part of a VMDK that lies in a file of its own."""

    name: str
    kind: str
    """FLAT, SPARSE, VMFS …"""
    size: int
    """Bytes that it stands for."""
    offset: int
    """Bytes of a flat one's file before its content."""


class Named(NamedTuple):
    """What a disk names beside itself."""

    backing: str | None = None
    backing_format: str | None = None
    """As the disk names it; None where it does not."""
    data_file: str | None = None
    extents: tuple[Extent, ...] = ()
    encrypted: bool = False


def read_qcow2(stream: BinaryIO) -> Named:
    """Return what a qcow2 file names. Raises `ValueError` for a header that is damaged."""
    head = stream.read(_QCOW2_HEADER)
    try:
        version, at, length = struct.unpack_from(">IQI", head, 4)
        encryption = struct.unpack_from(">I", head, 32)[0]
        features, extensions_at = 0, 72
        if version >= 3:
            features = struct.unpack_from(">Q", head, 72)[0]
            extensions_at = struct.unpack_from(">I", head, 100)[0]
    except struct.error:
        raise ValueError("its header is cut off") from None
    backing = _text(_read(stream, at, length)) if at else None
    stream.seek(extensions_at)
    raw = stream.read(_LONGEST_HEADER)
    found: dict[int, str] = {}
    place = 0
    while place + 8 <= len(raw):
        kind, size = struct.unpack_from(">II", raw, place)
        if not kind:
            break
        if kind in {_BACKING_FORMAT, _DATA_FILE}:
            found[kind] = _text(raw[place + 8 : place + 8 + size])
        place += 8 + -(-size // 8) * 8
    data_file = None
    if features & _HAS_DATA_FILE:
        data_file = found.get(_DATA_FILE)
        if not data_file:
            raise ValueError("its content is in another file, which it does not name")
    return Named(backing, found.get(_BACKING_FORMAT), data_file, (), bool(encryption))


def read_vmdk(stream: BinaryIO) -> Named:
    """Return what a VMDK names. Raises `ValueError` for a header that is damaged."""
    head = stream.read(512)
    if head[:4] not in {b"KDMV", b"COWD"}:
        stream.seek(0)
        text = stream.read(_DESCRIPTOR)
        return Named(_parent(text), "vmdk", None, tuple(_extents(text)))
    extents: tuple[Extent, ...] = ()
    if head[:4] == b"KDMV" and len(head) >= 36:
        capacity = struct.unpack_from("<Q", head, 12)[0]
        descriptor = struct.unpack_from("<Q", head, 28)[0]
        # Without a size of its own it is a descriptor for other files, wherever that stands.
        if not capacity and descriptor:
            extents = tuple(_extents(_read(stream, descriptor << 9, _DESCRIPTOR)))
    stream.seek(512)
    return Named(_parent(stream.read(_DESCRIPTOR)), "vmdk", None, extents)


def vhd_type(stream: BinaryIO) -> tuple[int | None, bool]:
    """Return a VHD's type (2 fixed, 3 dynamic, 4 differencing) and whether its footer is there."""
    first = stream.read(512)
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 512))
    footer = stream.read(512)
    # Virtual PC before 2004 wrote 511 bytes.
    whole = footer.startswith(b"conectix") or footer.startswith(b"conectix", 1)
    for raw in (first, footer):
        if raw.startswith(b"conectix") and len(raw) >= 64:
            return struct.unpack_from(">I", raw, 60)[0], whole
    return None, whole


def vhdx_has_parent(stream: BinaryIO) -> bool:
    """Tell whether a VHDX is a differencing one (HasParent of its file parameters)."""
    for region in _REGIONS:
        for metadata in _table(_read(stream, region, 16 + 32 * _MOST_ENTRIES), b"regi", 8, 16):
            if metadata[:16] != _METADATA:
                continue
            at = struct.unpack_from("<Q", metadata, 16)[0]
            table = _read(stream, at, 32 * (_MOST_ENTRIES + 1))
            for item in _table(table, b"metadata", 10, 32):
                if item[:16] == _FILE_PARAMETERS:
                    value = _read(stream, at + struct.unpack_from("<I", item, 16)[0], 8)
                    return len(value) == 8 and bool(value[4] & _HAS_PARENT)
    return False


def _table(raw: bytes, mark: bytes, count_at: int, first: int) -> list[bytes]:
    if not raw.startswith(mark):
        return []
    count = min(int.from_bytes(raw[count_at : count_at + 2], "little"), _MOST_ENTRIES)
    entries = [raw[first + 32 * at : first + 32 * (at + 1)] for at in range(count)]
    return [entry for entry in entries if len(entry) == 32]


def _read(stream: BinaryIO, at: int, length: int) -> bytes:
    if at >= 1 << 62:
        return b""
    stream.seek(at)
    return stream.read(min(length, _LONGEST_HEADER * 2))


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _parent(descriptor: bytes) -> str | None:
    """Find the parent as QEMU does: by the word alone, wherever it stands."""
    _, word, rest = descriptor.partition(b"\0")[0].partition(_PARENT)
    name = rest[2:].partition(b'"')[0]
    return _text(name) if word and name else None


def _extents(descriptor: bytes) -> list[Extent]:
    text = descriptor.partition(b"\0")[0]
    for line in _EXTENT_LINE.findall(text):
        # QEMU passes over any other without a word, and reads what follows at the wrong place.
        if not _READ_BY_QEMU.match(line):
            raise ValueError(
                f"it has a part that is no writable file ({' '.join(_text(line).split())})"
            )
    found = []
    for _, sectors, kind, name, offset in _EXTENT.findall(text):
        found.append(
            Extent(_text(name), kind.decode("latin-1"), int(sectors) * 512, int(offset or 0) * 512)
        )
    return found
