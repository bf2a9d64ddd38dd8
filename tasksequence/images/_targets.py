"""Which volume of a disk each image goes to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from tasksequence.capture.sources.disks import Disk, DiskVolume
from tasksequence.capture.sources.selection import find_volume
from tasksequence.errors import VolumeError
from tasksequence.images.wim_xml import RecordedImage

__all__ = ["chosen_volume", "corresponding_volumes"]

_ROLES_BY_TYPE = frozenset({"EFI system", "Recovery"})
"""Roles that the partition itself has; the others come with what lies on it."""
_CHOOSE = (
    "Apply one image at a time and say where to (command line: --index N --volume VOLUME); "
    "`tasksequence volumes` lists the disk's volumes, `tasksequence image show` the images."
)


def chosen_volume(disk: Disk, name: str | None) -> DiskVolume:
    """Return the volume that is named, or the only one. Raises `VolumeError`."""
    if name is not None:
        return disk.volumes[find_volume(disk.volumes, name)]
    usable = [one for one in disk.volumes if one.is_capturable]
    if len(usable) != 1:
        places = ", ".join(one.place.selector for one in usable) or "none"
        raise VolumeError(
            f"the disk has {len(usable)} NTFS and FAT32 volumes: {places}",
            where=str(disk.path),
            hint="Choose one (command line: --volume), `tasksequence volumes` lists them.",
            hresult=0x80070057,
        )
    return usable[0]


def corresponding_volumes(disk: Disk, images: Sequence[RecordedImage]) -> list[DiskVolume]:
    """Return for all images of a WIM the volumes that correspond to those they came from.

    These are the volumes with the same partition numbers and file systems; where the disk is laid
    out otherwise, its volumes in their order, if they are as many and of the same file systems.
    Raises `VolumeError` for a disk on which nothing corresponds.
    """
    usable = [one for one in disk.volumes if one.is_capturable]
    same = _same_partitions(usable, images)
    if same is not None:
        return same
    if len(usable) == len(images):
        pairs = list(zip(images, usable, strict=True))
        if all(_fits(image, volume) for image, volume in pairs):
            return usable
    # What Configuration Manager logs for too few volumes; else ERROR_INVALID_PARAMETER.
    code = 0x80070070 if len(usable) < len(images) else 0x80070057
    raise VolumeError(
        f"the volumes of the disk do not correspond to the images of the WIM: "
        f"{_comparison(images, usable)}",
        where=str(disk.path),
        hint=_CHOOSE,
        hresult=code,
    )


def _same_partitions(
    usable: Sequence[DiskVolume], images: Sequence[RecordedImage]
) -> list[DiskVolume] | None:
    if len({image.disk for image in images}) != 1:
        return None
    by_number = {volume.place.partition: volume for volume in usable if volume.place.partition}
    found = []
    for image in images:
        volume = by_number.pop(image.partition or 0, None)
        if volume is None or not _fits(image, volume):
            return None
        found.append(volume)
    return found


def _fits(image: RecordedImage, volume: DiskVolume) -> bool:
    place = volume.place
    if image.file_system and image.file_system != place.file_system:
        return False
    # A single volume has no partition, whatever the image's was for.
    if image.partition is None or not place.partition:
        return True
    return not ({image.role, place.role} & _ROLES_BY_TYPE) or image.role == place.role


def _comparison(images: Sequence[RecordedImage], usable: Sequence[DiskVolume]) -> str:
    rows = []
    for image, volume in zip_longest(images, usable):
        left = "no image" if image is None else f"image {image.index}{_origin(image)}"
        right = "no volume" if volume is None else _described(volume)
        rows.append(f"{left}: {right}")
    return "; ".join(rows)


def _origin(image: RecordedImage) -> str:
    words = [word for word in (image.file_system, image.role) if word]
    if image.partition:
        words.insert(0, f"partition {image.partition}")
    return f" ({', '.join(words)})" if words else ""


def _described(volume: DiskVolume) -> str:
    place = volume.place
    words = [place.file_system, *([place.role] if place.role else [])]
    where = f"partition {place.partition}" if place.partition else "the volume"
    return f"{where} ({', '.join(words)})"
