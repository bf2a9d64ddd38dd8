"""A finished WIM in parts, for media and file systems that do not take it whole."""

from __future__ import annotations

import os

from tasksequence.capture.destinations.partial import new_part_files
from tasksequence.capture.wimlib.ffi import Library

__all__ = ["split_wim"]


def split_wim(library: Library, path: str, size: int) -> list[str]:
    """Write the parts of a WIM beside it, verify them, and return their paths in order.

    No part is larger than `size` bytes but for a single file that is larger. Of the whole an
    empty file stays: whoever holds its lock holds the parts.
    """
    first, other = new_part_files(path)
    with library.open_wim(path) as wim:
        wim.split(first, size)
    parts = [first]
    while os.path.exists(other(len(parts) + 1)):  # noqa: PTH110
        parts.append(other(len(parts) + 1))
    for part in parts:
        with open(part, "rb") as file:  # noqa: PTH123
            os.fsync(file.fileno())
    os.truncate(path, 0)
    with library.open_wim(first) as wim:
        for part in parts[1:]:
            wim.use_parts(part)
        wim.verify()
    return parts
