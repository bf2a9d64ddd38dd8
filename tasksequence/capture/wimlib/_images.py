"""What each image of a WIM takes in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasksequence.capture.wimlib.ffi import Wim

__all__ = ["stored_by_image"]


def stored_by_image(wim: Wim, count: int) -> list[int]:
    """Return the bytes that each image's data takes, data shared with an earlier one left out."""
    seen: set[int] = set()
    stored = [0] * count

    # The last image has what the others leave: the usual single image need not be walked.
    for index in range(count - 1):

        def add(offset: int, size: int, index: int = index) -> None:
            if offset not in seen:
                seen.add(offset)
                stored[index] += size

        wim.visit_data(index + 1, add)
    stored[-1] = wim.stored_bytes() - sum(stored)
    return stored
