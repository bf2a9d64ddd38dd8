"""Which of the file systems that can be captured a file or device holds."""

from __future__ import annotations

import os

from tasksequence.capture.sources.fat32 import FatVolume, is_fat32
from tasksequence.capture.sources.ntfs import check_volume
from tasksequence.capture.sources.signatures import is_bitlocker

__all__ = ["FAT32", "FOLDER", "NTFS", "volume_kind"]

NTFS = "NTFS"
FAT32 = "FAT32"
FOLDER = "folder"
"""What a capture takes beside volumes."""


def volume_kind(path: str) -> str:
    """Return NTFS or FAT32 for one whole volume; raises `VolumeError` for anything else."""
    try:
        with open(path, "rb", buffering=0, opener=_at_once) as file:
            head = file.read(512) or b""
    except (OSError, ValueError):
        head = b""  # what follows says better what is wrong
    if is_bitlocker(head) or not is_fat32(head):
        check_volume(path)
        return NTFS
    FatVolume(path).close()
    return FAT32


def _at_once(path: str, flags: int) -> int:
    # A pipe would be waited for until somebody writes to it.
    return os.open(path, flags | os.O_NONBLOCK)
