"""The logical partitions of an MBR, whose tables form a chain through the extended partition.

partx ends where the chain breaks, and does not tell: all partitions after it would be missing.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

__all__ = ["EXTENDED", "LogicalPartitions", "read_logical"]

EXTENDED = frozenset({0x5, 0xF, 0x85})
"""Types of the partitions that hold others."""
_SECTOR = 512
_MOST_TABLES = 256


class LogicalPartitions(NamedTuple):
    """What the chain of tables says, by the offset of each partition in bytes."""

    certain: frozenset[int]
    possible: frozenset[int]
    """The certain ones, and those in places of a table that hold anything at times."""
    problem: str | None
    """What is wrong with the chain; None for one that comes to its end."""


def read_logical(stream: BinaryIO, size: int) -> LogicalPartitions:
    """Follow the chains of an MBR disk of `size` bytes. Raises `OSError` for what is not read."""
    certain: set[int] = set()
    possible: set[int] = set()
    problem = None
    for kind, first, sectors in _entries(stream, 0):
        if kind not in EXTENDED or not first or not sectors:
            continue
        seen: set[int] = set()
        at: int | None = first
        while at is not None and problem is None:
            if at in seen or len(seen) >= _MOST_TABLES:
                problem = "its tables run in a ring"
            elif at * _SECTOR >= size:
                problem = f"a table lies at byte {at * _SECTOR:,}, beyond the end of the disk"
            elif not (table := _entries(stream, at, may_be_new=at == first)):
                problem = f"the table at byte {at * _SECTOR:,} has no signature"
            else:
                seen.add(at)
                found = [one for one in table if one[0] not in EXTENDED and one[2]]
                possible |= {(at + start) * _SECTOR for _, start, _ in found}
                certain |= {(at + one[1]) * _SECTOR for one in table[:2] if one in found}
                # A link to the first table is none: libblkid passes over it as well.
                links = [
                    start for kind, start, count in table if kind in EXTENDED and start and count
                ]
                at = first + links[0] if links else None
    return LogicalPartitions(frozenset(certain), frozenset(possible), problem)


def _entries(
    stream: BinaryIO, sector: int, *, may_be_new: bool = False
) -> list[tuple[int, int, int]]:
    """Return type, first sector and sectors of a table's entries; none without its signature.

    A new extended partition has zeros in place of its first table until something is put in it.
    """
    stream.seek(sector * _SECTOR)
    raw = stream.read(_SECTOR)
    is_new = may_be_new and len(raw) == _SECTOR and not any(raw)
    if raw[510:] != b"\x55\xaa" and not is_new:
        return []
    return [struct.unpack_from("<4xB3xII", raw, 446 + 16 * at) for at in range(4)]
