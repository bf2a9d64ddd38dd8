"""What a capture is going to read from a source, and how much of it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tasksequence.capture.sources.fat32 import FatVolume
from tasksequence.capture.sources.ntfs import PAGE_FILES, data_bytes
from tasksequence.capture.sources.volume_kind import FAT32, FOLDER, volume_kind
from tasksequence.errors import VolumeError
from tasksequence.request import VolumeSource

__all__ = ["source_kind", "used_bytes"]


def source_kind(volume: VolumeSource) -> str:
    """Return NTFS, FAT32 or folder; raises `VolumeError` for anything else."""
    if not volume.is_folder:
        return volume_kind(str(volume.path))
    if not volume.path.is_dir():
        raise VolumeError(
            "this is no folder",
            where=str(volume.path),
            hint="A volume is given with --volume.",
            hresult=0x8007010B,
        )
    return FOLDER


def used_bytes(volume: VolumeSource, kind: str) -> int:
    """Return about how many bytes a capture reads; raises `VolumeError`."""
    path = str(volume.path)
    if kind == FOLDER:
        return _bytes_below(volume.path)
    if kind == FAT32:
        with FatVolume(path) as fat:
            return sum(
                entry.size for name, entry in fat.walk() if name[1:].lower() not in PAGE_FILES
            )
    return data_bytes(path)


def _bytes_below(folder: Path) -> int:
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118
    return size
