"""The partitions of a disk: found by partx, and checked before anything reads them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from tasksequence.capture.sources._extended import EXTENDED, read_logical
from tasksequence.capture.sources._gpt import read_gpt_headers
from tasksequence.capture.sources.programs import run
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError

__all__ = ["EFI_SYSTEM", "Partition", "read_failure", "read_partitions"]

EFI_SYSTEM = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"

_SECTOR = 512
"""partx counts in sectors of 512 bytes, whatever those of the disk have."""
_FIRST_LOGICAL = 5
_STYLES = {"gpt": "GPT", "dos": "MBR"}
"""The kinds of tables that are read, by partx's names."""
_PAIR = re.compile(r'([A-Z]+)="([^"]*)"')
_ACTIVE = 0x80
_LEGACY_BOOT = 0x4
"""The attribute bit of a GPT partition that older firmware starts from."""


class Partition(NamedTuple):
    """One entry of a partition table."""

    number: int
    """From 1, as in the table; logical partitions of an MBR begin at 5."""
    offset: int
    """Bytes from the start of the disk."""
    size: int
    """Bytes."""
    type: str
    """GUID of the type (GPT) in lower case, or its number such as 0x7 (MBR)."""
    name: str
    """Name in the table (GPT), mostly empty."""
    active: bool
    """Marked as the one to start from."""


def read_partitions(file: Path, disk: str, size: int) -> tuple[str, tuple[Partition, ...]] | None:
    """Return the table's style, GPT or MBR, and its partitions by number; None without a table.

    `file` is read, `disk` is what messages call it, `size` is its size in bytes. Raises
    `VolumeError` for a table that is damaged, overlaps, or reaches beyond the end of the disk.
    """
    try:
        with file.open("rb") as stream:
            gpt = read_gpt_headers(stream, size)
    except OSError as error:
        raise read_failure(error, disk) from None
    if gpt is not None and gpt.end is not None and gpt.end > size:
        raise VolumeError(
            f"the disk is cut off: its GPT has usable sectors up to byte {gpt.end:,}, and there "
            f"are {size:,}",
            where=disk,
            hint="Copy the image again; the copy ended early, or the disk was full.",
            hresult=0x80070026,
        )
    sector = gpt.sector if gpt is not None else _SECTOR
    # It takes the copy at the end of the disk where the first table is damaged.
    done = run(
        "partx", "--pairs", "--bytes", "--sector-size", str(sector), "--output",
        "NR,START,SECTORS,TYPE,NAME,FLAGS,SCHEME", file,
    )  # fmt: skip
    rows = [dict(_PAIR.findall(line)) for line in done.stdout.splitlines()]
    if not rows:
        if gpt is not None:
            raise _damaged(disk)
        return None
    scheme = rows[0]["SCHEME"]
    style = _STYLES.get(scheme)
    if style is None:
        raise VolumeError(
            f"this disk has a partition table of another kind ({scheme}), and only those of GPT "
            "and MBR can be read",
            where=disk,
            hint="Copy the volume out of the disk into a file of its own, and capture that.",
            hresult=0x80070032,
        )
    # Of BSD and Solaris, what lies inside a partition is told too, and numbered after the others.
    rows = [row for row in rows if row["SCHEME"] == scheme]
    if style == "MBR":
        _check_logical(rows, file, disk, size)
        # Their numbers stay; they are no volumes.
        rows = [row for row in rows if int(row["TYPE"], 16) not in EXTENDED]
    found = [_partition(row, style) for row in rows]
    found.sort(key=lambda partition: partition.number)
    _check(found, disk, size)
    return style, tuple(found)


def _check_logical(rows: list[dict[str, str]], file: Path, disk: str, size: int) -> None:
    """Refuse a disk of whose logical partitions partx does not tell all."""
    try:
        with file.open("rb") as stream:
            logical = read_logical(stream, size)
    except OSError as error:
        raise read_failure(error, disk) from None
    told = {int(row["START"]) * _SECTOR for row in rows if int(row["NR"]) >= _FIRST_LOGICAL}
    problem = logical.problem
    if problem is None and not logical.certain <= told <= logical.possible:
        problem = "its tables do not agree with what partx finds"
    if problem is not None:
        raise VolumeError(
            f"the extended partition of this disk is damaged: {problem}",
            where=disk,
            hint="Logical partitions may be missing: repair it with `testdisk`, or copy the disk "
            "again.",
            hresult=0x80070571,
        )


def _partition(row: dict[str, str], style: str) -> Partition:
    flags = int(row["FLAGS"] or "0", 16)
    return Partition(
        number=int(row["NR"]),
        offset=int(row["START"]) * _SECTOR,
        size=int(row["SECTORS"]) * _SECTOR,
        type=row["TYPE"].lower(),
        name=_unescaped(row["NAME"]),
        active=bool(flags & (_LEGACY_BOOT if style == "GPT" else _ACTIVE)),
    )


def _check(partitions: list[Partition], disk: str, size: int) -> None:
    end, before = 0, None
    for partition in sorted(partitions, key=lambda one: one.offset):
        where = f"{disk}, partition {partition.number}"
        if before is not None and partition.offset < end:
            raise VolumeError(
                f"the partition overlaps partition {before.number}: it begins at byte "
                f"{partition.offset:,}, and that one ends at {end:,}",
                where=where,
                hint="The partition table is damaged: repair it, or copy the disk again.",
                hresult=0x80070571,
            )
        end, before = partition.offset + partition.size, partition
        if end > size:
            raise VolumeError(
                f"the partition ends at byte {end:,}, and the disk has {size:,}",
                where=where,
                hint="The disk is cut off: copy the image again.",
                hresult=0x80070026,
            )


def _damaged(disk: str) -> VolumeError:
    return VolumeError(
        "the GPT partition table of this disk is damaged",
        where=disk,
        hint="Repair it with `gdisk`, or copy the disk again.",
        hresult=0x80070571,
    )


def read_failure(error: OSError, where: str) -> VolumeError:
    """Return the error for a part of a disk that cannot be read."""
    return VolumeError(
        f"the disk cannot be read here: {error.strerror}",
        where=where,
        hint="Rescue what can be read with ddrescue first, and name the copy.",
        hresult=hresult_of_errno(error.errno),
    )


def _unescaped(text: str) -> str:
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes.fromhex(m[1].decode()), os.fsencode(text))
    return raw.decode(errors="replace")
