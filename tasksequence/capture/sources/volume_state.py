"""What a volume says against being captured as it is, and what becomes of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["CLEANING", "VolumeState", "volume_state"]

CLEANING = "Start Windows there, run `chkdsk /f`, and shut it down fully."
"""What clears the marks."""


class VolumeState(NamedTuple):
    """Why a volume is refused, or taken with a warning; both None for one that is clean."""

    refuses: str | None = None
    warns: str | None = None


def volume_state(marks: Sequence[str], *, is_ntfs: bool, allow_dirty: bool = False) -> VolumeState:
    """Judge a volume by the marks that it bears: dirty, with an open journal, with bad sectors.

    NTFS is refused unless the person allows it, as what is in its journal is missing from its
    files. FAT32 has no journal, and an EFI system partition is often marked: it is taken.
    """
    if not marks:
        return VolumeState()
    text = "; ".join(marks)
    if is_ntfs and not allow_dirty:
        return VolumeState(refuses=text)
    return VolumeState(warns=text)
