"""How large a WIM is going to be, and whether there is room for it."""

from __future__ import annotations

import os
from collections.abc import Iterable

import attrs

from tasksequence.capture.destinations.delivery import Destination
from tasksequence.errors import DestinationError, VolumeError
from tasksequence.request import Compression
from tasksequence.text_table import human_bytes

__all__ = ["SizeEstimate", "check_space", "estimate_size"]

# Shares of the data that a WIM takes: less than the first was never met with the files of a
# Windows, more than the second only with data that does not compress.
_SHARES = {
    Compression.NONE: (0.5, 1.0),
    Compression.XPRESS: (0.25, 0.75),
    Compression.LZX: (0.2, 0.7),
}
_FAT_LIMIT = (4 << 30) - 1
_FAT = frozenset({"vfat", "msdos", "fat", "fat32", "fat16"})


@attrs.frozen
class SizeEstimate:
    """Between which sizes the WIM is going to be, in bytes."""

    data: int
    """What the volumes hold."""
    low: int
    high: int

    def __str__(self) -> str:
        return (
            f"{human_bytes(self.low)} to {human_bytes(self.high)}, of "
            f"{human_bytes(self.data)} in the volumes"
        )


def estimate_size(volumes: Iterable[str], compression: Compression) -> SizeEstimate:
    """Estimate the size of a WIM by the clusters in use; a volume that cannot tell adds nothing."""
    from tasksequence.capture.sources.ntfs import data_bytes

    data = 0
    for volume in volumes:
        try:
            data += data_bytes(volume)
        except VolumeError:
            # What is wrong with it is said where it is captured.
            continue
    low, high = _SHARES[compression]
    return SizeEstimate(data, int(data * low), int(data * high))


def check_space(destination: Destination, estimate: SizeEstimate) -> list[str]:
    """Refuse a capture for which the space cannot suffice, and return warnings where it may not.

    Looks at the destination and, where the WIM is written in one, at the scratch folder. Raises
    `DestinationError`.
    """
    warnings = []
    places = [(destination.text, destination.free_bytes())]
    if destination.place != destination.text:
        status = os.statvfs(destination.place)
        places.append((destination.place, status.f_bavail * status.f_frsize))
    for where, free in places:
        if free is None or free >= estimate.high:
            continue
        if free < estimate.low:
            raise DestinationError(
                f"no space left that could suffice: the WIM is estimated at {estimate}, and "
                f"{human_bytes(free)} are free",
                where=where,
                hint="Free space there or name another place. The new WIM needs room beside an old "
                "one, which stays until the new one is complete. Where the estimate is wrong: "
                "--no-space-check.",
                hresult=0x80070070,
            )
        warnings.append(
            f"{where}: the space may not suffice: the WIM is estimated at {estimate}, and "
            f"{human_bytes(free)} are free"
        )
    if destination.file_system().lower() in _FAT and estimate.high > _FAT_LIMIT:
        if estimate.low > _FAT_LIMIT:
            raise DestinationError(
                f"FAT32 takes no file of more than 4 GB, and the WIM is estimated at {estimate}",
                where=destination.text,
                hint="Name a destination with another file system.",
                hresult=0x800700DF,
            )
        warnings.append(
            f"{destination.text}: FAT32 takes no file of more than 4 GB, and the WIM is estimated "
            f"at {estimate}"
        )
    return warnings
