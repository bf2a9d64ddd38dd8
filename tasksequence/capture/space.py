"""How large a WIM is going to be, and whether there is room for it."""

from __future__ import annotations

import os
from collections.abc import Iterable

import attrs

from tasksequence.capture.destinations.delivery import Destination
from tasksequence.capture.destinations.unc import is_unc
from tasksequence.capture.sources.mounts import file_system_of
from tasksequence.capture.sources.source_kind import source_kind
from tasksequence.capture.sources.used_space import used_space
from tasksequence.capture.sources.volume_kind import FAT32
from tasksequence.errors import DestinationError, VolumeError
from tasksequence.request import CaptureOptions, Compression, VolumeSource
from tasksequence.text_table import human_bytes

__all__ = ["SizeEstimate", "check_room", "check_space", "estimate_size"]

# Shares of the data that a WIM takes: less than the first was never met with the files of a
# Windows, more than the second only with data that does not compress; of solid ones less is known.
_SHARES = {
    Compression.NONE: (0.5, 1.0),
    Compression.XPRESS: (0.25, 0.75),
    Compression.LZX: (0.2, 0.7),
    Compression.SOLID: (0.1, 0.7),
}
_FAT_LIMIT = (4 << 30) - 1
_FAT = frozenset({"vfat", "msdos", "fat", "fat32", "fat16"})


@attrs.frozen
class SizeEstimate:
    """Between which sizes the WIM is going to be, in bytes."""

    data: int
    """What the volumes hold, without what is left out."""
    low: int
    high: int

    staged: int = 0
    """Bytes that lie uncompressed beside the unfinished WIM: the content of FAT32 volumes."""
    part: int | None = None
    """Largest size of a part, where the finished WIM is split."""

    def __str__(self) -> str:
        return (
            f"{human_bytes(self.low)} to {human_bytes(self.high)}, of "
            f"{human_bytes(self.data)} in the volumes"
        )


def estimate_size(volumes: Iterable[VolumeSource], options: CaptureOptions) -> SizeEstimate:
    """Estimate the size of a WIM by what is in use; a volume that cannot tell adds nothing."""
    least = data = staged = 0
    for volume in volumes:
        try:
            kind = source_kind(volume)
            used = used_space(volume, kind, options.exclusions)
        except VolumeError:
            # What is wrong with it is said where it is captured.
            continue
        least += used.low
        data += used.high
        if kind == FAT32:
            staged += used.high
    low, high = _SHARES[options.compression]
    return SizeEstimate(data, int(least * low), int(data * high), staged, options.split)


def check_space(destination: Destination, estimate: SizeEstimate) -> list[str]:
    """Refuse a capture for which the space cannot suffice, and return warnings where it may not.

    Looks at the destination and, where the WIM is written in one, at the scratch folder; both lie
    on one file system at times, which then needs room for both at once. Raises `DestinationError`.
    """
    warnings = []
    for need in _needs(destination, estimate):
        if need.free is None or need.free >= need.high:
            continue
        said = (
            f"the WIM is estimated at {estimate}{need.more}, and {human_bytes(need.free)} are free"
        )
        if need.free < need.low:
            raise DestinationError(
                f"no space left that could suffice: {said}",
                where=need.where,
                hint="Free space there or name another place. The new WIM needs room beside an old "
                "one, which stays until the new one is complete. Where the estimate is wrong: "
                "--no-space-check.",
                hresult=0x80070070,
            )
        warnings.append(f"{need.where}: the space may not suffice: {said}")
    warnings += _check_fat(destination, estimate, is_direct=destination.place == destination.text)
    return warnings


@attrs.frozen
class _Need:
    """What one file system has to hold at its fullest moment."""

    where: str
    free: int | None
    low: int
    high: int
    more: str = ""
    """Why that is not just the WIM."""


def _needs(destination: Destination, estimate: SizeEstimate) -> list[_Need]:
    # While a WIM is split, it and its parts are there.
    times = 1 if estimate.part is None else 2
    low, high = times * estimate.low + estimate.staged, times * estimate.high + estimate.staged
    more = ""
    if estimate.staged:
        more += f", {human_bytes(estimate.staged)} of FAT32 volumes are staged beside it"
    if estimate.part is not None:
        more += ", it needs its room twice while it is split"
    free = destination.free_bytes()
    if destination.place == destination.text:
        return [_Need(destination.text, free, low, high, more)]
    if _on_one_file_system(destination):
        # What was staged is gone when the finished WIM is copied.
        more += f", it is copied from {destination.place}, which is on the same file system"
        low, high = max(low, 2 * estimate.low), max(high, 2 * estimate.high)
        return [_Need(destination.text, free, low, high, more)]
    status = os.statvfs(destination.place)
    return [
        _Need(destination.text, free, estimate.low, estimate.high),
        _Need(destination.place, status.f_bavail * status.f_frsize, low, high, more),
    ]


def _on_one_file_system(destination: Destination) -> bool:
    """Tell whether destination and scratch folder share their room; no for a server's share."""
    folder, _ = os.path.split(destination.text)
    if is_unc(destination.text):
        return False
    return os.stat(folder).st_dev == os.stat(destination.place).st_dev  # noqa: PTH116


def check_room(destination: Destination, size: int) -> None:
    """Refuse to deliver a finished WIM of so many bytes where it cannot fit.

    Raises `DestinationError`.
    """
    free = destination.free_bytes()
    if free is not None and free < size:
        raise DestinationError(
            f"no space left that could suffice: the WIM has {human_bytes(size)}, and "
            f"{human_bytes(free)} are free",
            where=destination.text,
            hint="Free space there or name another place. The new WIM needs room beside an old "
            "one, which stays until the new one is complete. To try it nevertheless: "
            "--no-space-check.",
            hresult=0x80070070,
        )
    if destination.file_system().lower() in _FAT and size > _FAT_LIMIT:
        raise DestinationError(
            f"FAT32 takes no file of more than 4 GB, and the WIM has {human_bytes(size)}",
            where=destination.text,
            hint="Name a destination with another file system.",
            hresult=0x800700DF,
        )


def _check_fat(destination: Destination, estimate: SizeEstimate, *, is_direct: bool) -> list[str]:
    """Refuse a file of more than 4 GB where FAT32 has to take it, and warn where that may be."""
    low, high = estimate.low, estimate.high
    places = []
    if not is_direct:
        scratch = file_system_of(destination.place)
        hint = "Choose a folder on another file system (command line: --scratch FOLDER)."
        places.append((destination.place, scratch, low, high, hint))
        # Where it is written it is whole before it is split.
        if estimate.part is not None:
            low, high = min(low, estimate.part), min(high, estimate.part)
    hint = (
        "Name a destination with another file system, or write parts by way of another: --split "
        "3900M --scratch FOLDER."
    )
    places.append((destination.text, destination.file_system(), low, high, hint))
    warnings = []
    for where, file_system, least, most, remedy in places:
        if file_system.lower() not in _FAT or most <= _FAT_LIMIT:
            continue
        problem = f"FAT32 takes no file of more than 4 GB, and the WIM is estimated at {estimate}"
        if least > _FAT_LIMIT:
            raise DestinationError(problem, where=where, hint=remedy, hresult=0x800700DF)
        warnings.append(f"{where}: {problem}")
    return warnings
