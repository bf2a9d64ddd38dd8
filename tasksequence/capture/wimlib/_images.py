"""What each image of a WIM is called, and what it takes in the file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasksequence.capture.wimlib._ffi import Wim

__all__ = ["image_names", "stored_by_image"]

_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and halves of surrogate pairs: a label or a path may hold them."""


def image_names(volumes: list[dict[str, Any]], labels: list[str]) -> list[str]:
    """Return a name for each image: as asked for, or the label, or the file's; all different."""
    names: list[str] = []
    taken: set[str] = set()
    for volume, label in zip(volumes, labels, strict=True):
        stem = os.path.splitext(os.path.basename(volume["path"]))[0]  # noqa: PTH119, PTH122
        wanted: str = volume["image_name"] or label or stem
        wanted = _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", wanted)
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted} ({number})"
        taken.add(name.casefold())
        names.append(name)
    return names


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
