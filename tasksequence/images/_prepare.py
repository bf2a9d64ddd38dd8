"""All that can be known before an image is written to a volume, looked at before anything is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import attrs

from tasksequence.capture.sources.disks import DiskVolume
from tasksequence.capture.sources.volume_kind import FAT32, NTFS
from tasksequence.capture.wim_file import WimFile
from tasksequence.errors import DestinationError, ImageError, VolumeError
from tasksequence.images._control_files import is_control_file
from tasksequence.images._fat_writer import FatNode, check_fat32
from tasksequence.images._names import check_paths, unusable_names
from tasksequence.images._ntfs_room import ntfs_room
from tasksequence.images.contents import ImageFile, entries, jobs
from tasksequence.images.wim_xml import RecordedImage

__all__ = ["PreparedImage", "check_staging", "fat_tree", "prepare_image"]

_SHOWN_NAMES = 5


@attrs.frozen(kw_only=True)
class PreparedImage:
    """An image that was found to fit the volume that it goes to."""

    image: RecordedImage
    volume: DiskVolume
    leave_out: tuple[str, ...]
    """Control files in the image: those of the volume stay."""
    needed: int
    """Bytes on the volume."""

    @property
    def is_fat32(self) -> bool:
        """The volume is FAT32: the image is staged first."""
        return self.volume.place.file_system == FAT32


def prepare_image(
    found: WimFile,
    image: RecordedImage,
    volume: DiskVolume,
    file: str,
    warn: Callable[[str], None],
) -> PreparedImage:
    """Check an image against a volume, which `file` shows for reading.

    Raises `ImageError` and `VolumeError`.
    """
    place = volume.place
    where = f"{found.path}, image {image.index}"
    if place.file_system not in {NTFS, FAT32}:
        raise VolumeError(
            f"an image cannot be applied to this volume: {volume.skipped}",
            where=str(place),
            hresult=0x80070032,
        )
    # A FAT32 volume that is dirty loses all that could be damaged.
    if volume.problem is not None and place.file_system == NTFS:
        raise VolumeError(
            f"the volume cannot be written: {volume.problem}",
            where=str(place),
            hint="Shut its Windows down fully, check it with `chkdsk /f`, or format it anew.",
            hresult=0x80070015,
        )
    if place.file_system == FAT32 and image.file_system == NTFS:
        raise VolumeError(
            f"image {image.index} of {found.path} was captured from NTFS, and this volume is FAT32",
            where=str(place),
            hint="FAT32 holds neither permissions nor links: format the volume with NTFS.",
            hresult=0x80070032,
        )
    files = list(entries(jobs(found, "files", image=image.index)))
    leave_out = tuple(
        one.path for one in files if one.path.count("/") == 1 and is_control_file(one.path[1:])
    )
    files = _without(files, leave_out)
    check_paths(files, where)
    unusable = unusable_names(files)
    if place.file_system == FAT32:
        if unusable:
            raise ImageError(
                f"FAT32 cannot take names that Windows cannot open: {_shown(unusable)}",
                where=where,
                hint="Rename them where the image was captured, and capture again.",
                hresult=0x8007007B,
            )
        needed = check_fat32(file, fat_tree(files, where))
    else:
        if unusable and image.file_system != NTFS:
            warn(f"{where}: Windows cannot open these names: {_shown(unusable)}")
        needed = _check_ntfs(file, files, image, volume, warn)
    return PreparedImage(image=image, volume=volume, leave_out=leave_out, needed=needed)


def _without(files: list[ImageFile], leave_out: tuple[str, ...]) -> list[ImageFile]:
    return [
        one
        for one in files
        if not any(one.path == path or one.path.startswith(f"{path}/") for path in leave_out)
    ]


def _shown(names: list[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    return "; ".join(names[:_SHOWN_NAMES]) + (f"; and {more:,} more" if more > 0 else "")


def _check_ntfs(
    file: str,
    files: list[ImageFile],
    image: RecordedImage,
    volume: DiskVolume,
    warn: Callable[[str], None],
) -> int:
    needed, uncertain, available = ntfs_room(file, files)
    if needed > available:
        raise VolumeError(
            f"image {image.index} needs {needed:,} bytes, and the volume has {available:,} beside "
            "its own files and those that stay",
            where=str(volume.place),
            hint="Apply it to a larger volume; nothing was changed.",
            hresult=0x80070070,
        )
    if needed + uncertain > available:
        warn(
            f"{volume.place}: image {image.index} may not fit: it needs {needed:,} bytes, up to "
            f"{uncertain:,} more for sparse and compressed files, and there are {available:,}"
        )
    return needed


def check_staging(folder: Path, needed: int) -> None:
    """Raise `DestinationError` where the FAT32 images cannot be staged, uncompressed."""
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    if needed > free:
        raise DestinationError(
            f"images for FAT32 are staged uncompressed, which needs {needed:,} bytes, and "
            f"{free:,} are free; nothing was changed",
            where=str(folder),
            hint="Free space there, or name another folder in TMPDIR.",
            hresult=0x80070070,
        )


def fat_tree(files: list[ImageFile], where: str) -> list[FatNode]:
    """Return the nodes of a FAT32 volume's root. Raises `ImageError` for what FAT32 lacks."""
    folders: dict[str, list[FatNode]] = {"/": []}
    for file in files:
        if file.path == "/":
            continue
        if file.reparse_tag or file.streams:
            raise ImageError(
                f"{file.path} is a link or has named streams, which FAT32 does not have",
                where=where,
                hint="Apply the image to an NTFS volume.",
                hresult=0x80070032,
            )
        children: list[FatNode] | None = [] if file.is_folder else None
        parent, _, name = file.path.rpartition("/")
        node = FatNode(
            name,
            file.short_name,
            file.attributes,
            (file.created, file.accessed, file.modified),
            file.data.size,
            (file.data.offset, file.data.size),
            children,
        )
        folders[parent or "/"].append(node)
        if children is not None:
            folders[file.path] = children
    return folders["/"]
