"""Applying images to volumes, as Apply Operating System does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from tasksequence.capture.sources.disks import (
    Disk,
    DiskAccess,
    DiskVolume,
    read_disk,
    writable_volume,
)
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.capture.sources.selection import find_volume
from tasksequence.capture.sources.volume_kind import FAT32, NTFS
from tasksequence.capture.wim_file import WimFile
from tasksequence.errors import ImageError, VolumeError
from tasksequence.images._erase import erase_ntfs
from tasksequence.images._fat_writer import FatNode, replace_fat32
from tasksequence.images.contents import (
    ImageFile,
    OnProgress,
    entries,
    jobs,
    open_image,
    verify_image_file,
)
from tasksequence.images.wim_xml import parsed_wim_xml

__all__ = ["AppliedImage", "apply_images"]

_SMALLER_ON_DISK = 0x200 | 0x800
"""FILE_ATTRIBUTE_SPARSE_FILE and FILE_ATTRIBUTE_COMPRESSED."""
_WRONG_USE = 0x80070057
"""ERROR_INVALID_PARAMETER."""
_ALLOWED = "Give `erase=True` (command line: --erase) if that is what you want."


@attrs.frozen(kw_only=True)
class AppliedImage:
    """An image and the volume that it was written to."""

    index: int
    name: str
    volume: str
    """What messages call the volume."""


def apply_images(
    path: Path | str,
    target: Path | str,
    *,
    index: int | None = None,
    volume: str | None = None,
    erase: bool = False,
    verify: bool = True,
    access: DiskAccess | None = None,
    on_progress: OnProgress | None = None,
) -> list[AppliedImage]:
    """Write images of a WIM to volumes in place of what is there.

    `target` is a disk or a single volume. Without `index` all images go to the NTFS and FAT32
    volumes of the disk in their order, as Apply Operating System does with a captured image; with
    it one image goes to the only volume, or to the one that `volume` names (number, place, label,
    role). What is on the volumes is removed, but for a running task sequence's control files
    (`_SMSTaskSequence`, `SMSTSLog`), and only if `erase` is True. All is checked before anything is
    removed, and all of the WIM read and compared with its hashes; `verify=False` leaves that out
    for a WIM that was verified before. `access` says the disk's format, and which parents outside
    its folder are read; with those nothing is written. Raises `ImageError` and `VolumeError`.
    """
    found = open_image(path, index)
    if not erase:
        raise VolumeError(
            "everything on the volume would be removed",
            where=str(target),
            hint=_ALLOWED,
            hresult=0x800700B7,
        )
    _refuse_itself(found, target)
    images = _images(found, index)
    disk = read_disk(target, access=access)
    volumes = _targets(disk, len(images), index, volume)
    for image, one in zip(images, volumes, strict=True):
        _check(image, one, found)
    if verify:
        verify_image_file(path)
    for image, one in zip(images, volumes, strict=True):
        with writable_volume(disk, one) as file:
            _apply(found, image, one, str(file), on_progress)
    return [
        AppliedImage(index=image.index, name=image.name, volume=str(one.place))
        for image, one in zip(images, volumes, strict=True)
    ]


def _refuse_itself(found: WimFile, target: Path | str) -> None:
    target_path = Path(target)
    if target_path.exists() and target_path.samefile(found.path):
        raise VolumeError("this is the WIM itself", where=str(target), hresult=_WRONG_USE)


@attrs.frozen
class _Image:
    index: int
    name: str
    file_system: str


def _images(found: WimFile, index: int | None) -> list[_Image]:
    root = parsed_wim_xml(found.xml, found.path)
    images = [
        _Image(
            int(one.get("INDEX", "0")),
            one.findtext("NAME") or "",
            one.findtext("TASKSEQUENCE/PARTITION/FILESYSTEM") or "",
        )
        for one in root.iter("IMAGE")
    ]
    return [image for image in images if index in {None, image.index}]


def _targets(disk: Disk, count: int, index: int | None, name: str | None) -> Sequence[DiskVolume]:
    usable = [one for one in disk.volumes if one.is_capturable]
    where = str(disk.path)
    if name is not None:
        if index is None:
            raise VolumeError(
                "one volume takes one image: choose it by its index",
                where=where,
                hresult=_WRONG_USE,
            )
        return [disk.volumes[find_volume(disk.volumes, name)]]
    if index is not None and len(usable) != 1:
        places = ", ".join(one.place.selector for one in usable) or "none"
        raise VolumeError(
            f"the disk has {len(usable)} volumes that could take the image: {places}",
            where=where,
            hint="Choose one (command line: --volume), `tasksequence volumes` lists them.",
            hresult=_WRONG_USE,
        )
    if len(usable) < count:
        raise VolumeError(
            f"the WIM has {count} images, and the disk {len(usable)} NTFS or FAT32 volumes",
            where=where,
            hint="Choose one image by its index, or make more volumes. Configuration Manager fails "
            "here with 0x8000FFFF or 0x80070070.",
            hresult=0x80070070,
        )
    return usable[:count]


def _check(image: _Image, volume: DiskVolume, found: WimFile) -> None:
    place = volume.place
    if place.file_system not in {NTFS, FAT32}:
        raise VolumeError(
            f"an image cannot be applied to this volume: {volume.skipped}",
            where=str(place),
            hresult=0x80070032,
        )
    if volume.problem is not None:
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
    needed = _bytes_on_ntfs(found, image.index) if place.file_system == NTFS else 0
    if needed > place.size:
        raise VolumeError(
            f"image {image.index} needs {needed:,} bytes, and the volume has {place.size:,}",
            where=str(place),
            hint="Apply it to a larger volume.",
            hresult=0x80070070,
        )


def _bytes_on_ntfs(found: WimFile, index: int) -> int:
    """Return what the files need at least: each once, and none that NTFS keeps smaller."""
    seen: set[int] = set()
    total = 0
    for file in entries(jobs(found, "files", image=index)):
        if file.link_group in seen or file.attributes & _SMALLER_ON_DISK:
            continue
        if file.link_group:
            seen.add(file.link_group)
        total += file.data.size + sum(stream.size for stream in file.streams)
    return total


def _apply(
    found: WimFile, image: _Image, volume: DiskVolume, file: str, on_progress: OnProgress | None
) -> None:
    try:
        if volume.place.file_system == FAT32:
            _apply_fat32(found, image, file)
            return
        erase_ntfs(file)
        for event in jobs(found, "apply_ntfs", image=image.index, volume=file):
            if event["event"] == "progress" and on_progress is not None:
                on_progress(event["done"], event["total"])
    except VolumeError as error:
        error.where = (error.where or file).replace(file, str(volume.place))
        error.problem = error.problem.replace(file, str(volume.place))
        raise


def _apply_fat32(found: WimFile, image: _Image, file: str) -> None:
    """Write an image through an uncompressed copy of it in the temporary folder."""
    with scratch_folder() as scratch:
        staged = scratch / "staged.wim"
        files = list(entries(jobs(found, "stage", image=image.index, scratch=str(staged))))
        with staged.open("rb") as source:
            replace_fat32(file, _tree(files, found, image), source.fileno())


def _tree(files: list[ImageFile], found: WimFile, image: _Image) -> list[FatNode]:
    folders: dict[str, list[FatNode]] = {"/": []}
    for file in files:
        if file.path == "/":
            continue
        if file.reparse_tag or file.streams:
            raise ImageError(
                f"{file.path} of image {image.index} is a link or has named streams, which FAT32 "
                "does not have",
                where=found.path,
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
