"""What a capture is going to read from a source."""

from __future__ import annotations

from tasksequence.capture.sources.volume_kind import FOLDER, volume_kind
from tasksequence.errors import VolumeError
from tasksequence.request import VolumeSource

__all__ = ["source_kind"]


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
