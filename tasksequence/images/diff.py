"""What differs between two images, or between an image and a volume."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import attrs

from tasksequence.capture.exclusions import DEFAULT_EXCLUDED
from tasksequence.capture.sources.disks import DiskAccess, DiskVolume, open_disk
from tasksequence.capture.sources.fat32 import FatVolume
from tasksequence.capture.sources.ntfs import look_at
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.capture.sources.volume_kind import FAT32, NTFS
from tasksequence.errors import VolumeError
from tasksequence.images._listening import heard, named_by_place
from tasksequence.images._targets import chosen_volume
from tasksequence.images.contents import ImageFile, entries, image_files, jobs
from tasksequence.request import CaptureWarning, EventHandler, ExclusionProfile, Phase

__all__ = ["FileDifference", "compare_files", "diff_images", "volume_files"]

_FIELDS = (
    "short_name", "attributes", "security", "reparse_tag", "created", "modified", "accessed",
    "streams",
)  # fmt: skip


@attrs.frozen(kw_only=True)
class FileDifference:
    """One path that differs."""

    path: str
    kind: str
    """added (only in the second), removed (only in the first), or changed."""
    fields: tuple[str, ...] = ()
    """What changed: content, attributes, security, short_name, created, modified, accessed …"""
    sizes: tuple[int | None, int | None] = (None, None)
    """Bytes in the first and the second; None where it is not there."""


def diff_images(
    first: Path | str,
    second: Path | str,
    *,
    image: int = 1,
    other_image: int = 1,
    volume: str | None = None,
    profile: ExclusionProfile | None = None,
    ignore: Iterable[str] = (),
    access: DiskAccess | None = None,
    on_event: EventHandler = lambda _: None,
) -> list[FileDifference]:
    """Return what differs between an image of a WIM and another, or a volume, by path.

    `second` is a WIM, an NTFS or FAT32 volume that is not mounted, or a disk; `volume` says which
    volume of it (number, place, label, role). What the exclusion profile leaves out of the volume
    (None: the default profile) is not looked at. `ignore` names fields that do not count.
    `access` says the disk's format, and which parents outside its folder are read. `on_event`
    hears `Progress` and `CaptureWarning`. Raises `ImageError` and `VolumeError`.
    """
    if _is_wim(second):
        if volume is not None or profile is not None:
            raise VolumeError(
                "this is a WIM: a volume and an exclusion profile are for disks and volumes",
                where=str(second),
                hint="Choose its image (command line: --other-index).",
                hresult=0x80070057,
            )
        right: Iterable[ImageFile] = image_files(second, other_image)
    else:
        right = volume_files(
            second, volume=volume, profile=profile, access=access, on_event=on_event
        )
    return compare_files(image_files(first, image), right, ignore=ignore)


def _is_wim(path: Path | str) -> bool:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(5) in {b"MSWIM", b"WLPWM"}
    except OSError:
        return False  # what reads it as a volume says better what is wrong


def volume_files(
    path: Path | str,
    *,
    volume: str | None = None,
    profile: ExclusionProfile | None = None,
    access: DiskAccess | None = None,
    on_event: EventHandler = lambda _: None,
) -> list[ImageFile]:
    """Return what a volume holds as an image would, read and hashed in full.

    `path` is a volume, or a disk and `volume` one of its volumes. Raises `VolumeError`.
    """
    if Path(path).is_dir():
        raise VolumeError(
            "this is a folder, and images are compared with WIMs, disks and volumes",
            where=str(path),
            hint="Name a WIM, a disk image, an image file of one volume, or a block device.",
            hresult=0x80070057,
        )
    if profile is None:
        profile = ExclusionProfile(exclude=DEFAULT_EXCLUDED)
    with open_disk(path, access=access) as opened, scratch_folder() as scratch:
        chosen = chosen_volume(opened.disk, volume)
        file, place = str(opened.file(chosen)), str(chosen.place)
        with named_by_place(file, place):
            _check_state(chosen, file, on_event)
            events = jobs(
                None,
                "scan",
                volume=file,
                kind=chosen.place.file_system,
                exclude=profile.exclude,
                keep=profile.keep,
                scratch=str(scratch / "volume.partial"),
            )
            return list(entries(heard(events, Phase.SCAN, on_event)))


def _check_state(volume: DiskVolume, file: str, on_event: EventHandler) -> None:
    """Refuse a volume whose files are not what Windows would show; warn of one in doubt."""
    system = volume.place.file_system
    if system == NTFS:
        found = look_at(file)
        if found.hibernated:
            raise VolumeError(
                "Windows is hibernated on this volume: what it had not written yet is missing",
                where=file,
                hint="Start Windows there, and shut it down fully (`shutdown /s /t 0`).",
                hresult=0x80070015,
            )
        marks = found.marks
    elif system == FAT32:
        with FatVolume(file) as fat:
            marks = fat.marks
    else:
        raise VolumeError(
            f"no image can be compared with this: {volume.skipped}", where=file, hresult=0x80070032
        )
    if marks:
        message = f"{volume.place}: {'; '.join(marks)}: differences may come from that"
        on_event(CaptureWarning(message=message))


def compare_files(
    first: Iterable[ImageFile], second: Iterable[ImageFile], *, ignore: Iterable[str] = ()
) -> list[FileDifference]:
    """Compare two trees path by path."""
    left = {file.path: file for file in first}
    right = {file.path: file for file in second}
    left_links, right_links = _links(left), _links(right)
    ignored = frozenset(ignore)
    found = []
    for path in sorted(left.keys() | right.keys()):
        one, other = left.get(path), right.get(path)
        if one is None or other is None:
            there = other or one
            assert there is not None
            kind = "added" if one is None else "removed"
            sizes = (one.data.size if one else None, other.data.size if other else None)
            found.append(FileDifference(path=path, kind=kind, sizes=sizes))
            continue
        fields = [name for name in _FIELDS if getattr(one, name) != getattr(other, name)]
        if (one.data.sha1, one.data.size) != (other.data.sha1, other.data.size):
            fields.insert(0, "content")
        if left_links.get(path) != right_links.get(path):
            fields.append("links")
        fields = [name for name in fields if name not in ignored]
        if fields:
            both = (one.data.size, other.data.size)
            found.append(
                FileDifference(path=path, kind="changed", fields=tuple(fields), sizes=both)
            )
    return found


def _links(files: dict[str, ImageFile]) -> dict[str, frozenset[str]]:
    """Return for each file with several names all of them."""
    groups: dict[int, list[str]] = {}
    for path, file in files.items():
        if file.link_group:
            groups.setdefault(file.link_group, []).append(path)
    return {path: frozenset(names) for names in groups.values() for path in names}
