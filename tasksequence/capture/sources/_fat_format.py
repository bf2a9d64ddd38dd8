"""The on-disk structures of FAT32, to and from bytes.

Layouts follow Microsoft's FAT specification of 2000 (fatgen103): all numbers are little-endian.
Times in FAT have no zone; they are taken, and written, as they stand, as if they were UTC.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

__all__ = [
    "CLEAN",
    "CLUSTER_MASK",
    "DELETED",
    "DIRECTORY",
    "END_OF_CHAIN",
    "ENTRY",
    "LONG_NAME",
    "LONG_NAME_CHARACTERS",
    "NO_ERRORS",
    "VOLUME_ID",
    "Geometry",
    "checksum",
    "fat_time",
    "filetime",
    "is_possible_name",
    "long_name_entries",
    "long_name_part",
    "short_name_text",
]

ENTRY = 32
DELETED = 0xE5
VOLUME_ID = 0x08
DIRECTORY = 0x10
LONG_NAME = 0x0F
LONG_NAME_CHARACTERS = 13
"""UTF-16 units in one entry of a long name."""
CLUSTER_MASK = 0x0FFFFFFF
END_OF_CHAIN = 0x0FFFFFF8
CLEAN = 0x08000000
"""Bit of the second FAT entry: the volume was unmounted properly."""
NO_ERRORS = 0x04000000
"""Bit of the second FAT entry: no read or write failed."""
_NO_MIRRORS = 0x80
_ACTIVE_FAT = 0x0F
"""BPB_ExtFlags: one FAT alone counts, and which."""
_FORBIDDEN = frozenset('"*/:<>?\\|') | {chr(code) for code in range(32)}
_SMALLEST_FAT32 = 65525
"""Clusters below which a volume is FAT12 or FAT16, whatever its boot sector calls itself."""
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_FIRST = datetime(1980, 1, 1, tzinfo=UTC)
_LAST = datetime(2107, 12, 31, 23, 59, 59, tzinfo=UTC)
_LOWER_BASE, _LOWER_EXTENSION = 0x08, 0x10
_LONG_NAME_PARTS = (slice(1, 11), slice(14, 26), slice(28, 32))


class Geometry(NamedTuple):
    """Where things are, in bytes."""

    cluster: int
    """Bytes of a cluster."""
    fat_start: int
    fat_size: int
    fats: int
    data_start: int
    clusters: int
    root: int
    """First cluster of the root folder."""
    size: int
    """Bytes of the volume."""
    info: int
    """Where the FSInfo sector is; 0 for none."""
    active_fat: int
    """Which of the tables counts, from 0: another than the first where they are no mirrors."""

    @classmethod
    def from_boot_sector(cls, boot: bytes) -> Geometry | None:
        """Read a boot sector; None when it is not that of a FAT32 volume."""
        if len(boot) < 512 or boot[510:512] != b"\x55\xaa":
            return None
        sector, per_cluster, reserved, fats, root_entries, small_total = struct.unpack_from(
            "<HBHBHH", boot, 11
        )
        small_fat = struct.unpack_from("<H", boot, 22)[0]
        total, fat_sectors = struct.unpack_from("<II", boot, 32)
        root, info = struct.unpack_from("<IH", boot, 44)
        flags = struct.unpack_from("<H", boot, 40)[0]
        total = total or small_total
        sane = (
            sector in {512, 1024, 2048, 4096}
            and per_cluster in {1, 2, 4, 8, 16, 32, 64, 128}
            and reserved
            and fats in {1, 2}
            and not root_entries
            and not small_fat
            and fat_sectors
            and root >= 2
            and (not flags & _NO_MIRRORS or flags & _ACTIVE_FAT < fats)
        )
        if not sane:
            return None
        data = reserved + fats * fat_sectors
        clusters = (total - data) // per_cluster
        room = fat_sectors * sector // 4 - 2
        # mkfs.fat makes small volumes FAT32 when told to, and Windows takes them.
        says_so = boot[0x52:0x5A] == b"FAT32   "
        if clusters > room or clusters < (1 if says_so else _SMALLEST_FAT32):
            return None
        return cls(
            cluster=sector * per_cluster,
            fat_start=reserved * sector,
            fat_size=fat_sectors * sector,
            fats=fats,
            data_start=data * sector,
            clusters=clusters,
            root=root,
            size=total * sector,
            info=info * sector if 0 < info < reserved else 0,
            active_fat=flags & _ACTIVE_FAT if flags & _NO_MIRRORS else 0,
        )


def filetime(date: int, time: int = 0, hundredths: int = 0) -> int:
    """Return a FAT date and time as FILETIME (100 ns since 1601); 0 for none or an impossible."""
    if not date:
        return 0
    try:
        moment = datetime(
            1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63,
            (time & 31) * 2, tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return 0
    return (moment - _EPOCH) // timedelta(microseconds=1) * 10 + min(hundredths, 199) * 100_000


def fat_time(ticks: int) -> tuple[int, int, int]:
    """Return FILETIME as FAT's date, time and hundredths of seconds; zeros for none."""
    if not ticks:
        return 0, 0, 0
    moment = _EPOCH + timedelta(microseconds=min(ticks, 1 << 62) // 10)
    moment = min(max(moment, _FIRST), _LAST)
    date = (moment.year - 1980) << 9 | moment.month << 5 | moment.day
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return date, time, moment.second % 2 * 100 + moment.microsecond // 10_000


def short_name_text(raw: bytes, case: int = 0) -> str:
    """Return the 8.3 name of an entry; `case` are the bits with which Windows NT spares a long one.

    Characters above 127 are read in code page 437, as FAT names none.
    """
    raw = b"\xe5" + raw[1:11] if raw[0] == 0x05 else raw[:11]
    base = raw[:8].decode("cp437").rstrip(" ")
    extension = raw[8:].decode("cp437").rstrip(" ")
    base = base.lower() if case & _LOWER_BASE else base
    extension = extension.lower() if case & _LOWER_EXTENSION else extension
    return f"{base}.{extension}" if extension else base


def long_name_part(entry: bytes) -> bytes:
    """Return the UTF-16 units of one entry of a long name, its filling included."""
    return b"".join(entry[part] for part in _LONG_NAME_PARTS)


def is_possible_name(name: str) -> bool:
    """Tell whether Windows could have given a file this name: no slashes, no control characters."""
    return name not in {"", ".", ".."} and _FORBIDDEN.isdisjoint(name)


def long_name_entries(name: str, short: bytes) -> bytes:
    """Return the entries that give a long name to the entry that follows them."""
    units = name.encode("utf-16-le", "surrogatepass")
    size = 2 * LONG_NAME_CHARACTERS
    if len(units) % size:
        units = (units + b"\0\0").ljust(-(-len(units) // size) * size, b"\xff")
    mark = checksum(short)
    entries = []
    count = len(units) // size
    for number in range(count, 0, -1):
        part = units[(number - 1) * size : number * size]
        order = number | (0x40 if number == count else 0)
        head = bytes([order]) + part[:10] + bytes([LONG_NAME, 0, mark])
        entries.append(head + part[10:22] + b"\0\0" + part[22:])
    return b"".join(entries)


def checksum(short: bytes) -> int:
    """Return the sum over an 8.3 name that ties a long name to it."""
    total = 0
    for byte in short[:11]:
        total = ((total & 1) << 7 | total >> 1) + byte & 0xFF
    return total
