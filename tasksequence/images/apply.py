"""Applying images to volumes, as Apply Operating System does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import attrs

from tasksequence.capture.sources.disk_format import disk_format
from tasksequence.capture.sources.disks import Disk, DiskAccess, open_disk, writable_volume
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.capture.wim_file import WimFile
from tasksequence.errors import TaskSequenceError, VolumeError
from tasksequence.images._erase import erase_ntfs
from tasksequence.images._fat_writer import replace_fat32
from tasksequence.images._listening import heard, named_by_place
from tasksequence.images._prepare import (
    PreparedImage,
    check_staging,
    fat_tree,
    prepare_image,
)
from tasksequence.images._target_disk import check_room_below, check_writable
from tasksequence.images._targets import chosen_volume, corresponding_volumes
from tasksequence.images.contents import entries, jobs, open_image
from tasksequence.images.wim_xml import RecordedImage, recorded_images
from tasksequence.request import CaptureWarning, EventHandler, Phase, Progress

__all__ = ["AppliedImage", "apply_images"]

_WRONG_USE = 0x80070057
"""ERROR_INVALID_PARAMETER."""
_CHECKED = 0.4
"""Share of the whole that is over when all data was read and compared; the rest is writing."""


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
    on_event: EventHandler = lambda _: None,
) -> list[AppliedImage]:
    """Write images of a WIM to volumes in place of what is there.

    `target` is a disk or a single volume. Without `index` all images go to the volumes of the disk
    that correspond to those they were captured from: the same partition numbers and file systems,
    else as many volumes of the same file systems in the same order. With it one image goes to the
    only volume, or to the one that `volume` names (number, place, label, role). What is on the
    volumes is removed, and only if `erase` is True. A running task sequence's control files
    (`_SMSTaskSequence`, `SMSTSLog`) stay, and those in an image are left out.

    Before anything is removed all is checked: names, room, the state of the volumes, and all data
    of the images against its hashes; `verify=False` leaves the last out, for a WIM that was
    verified before. `access` says the disk's format, and which parents outside its folder are
    read; with those nothing is written. `on_event` hears `Progress` and `CaptureWarning`. Raises
    `ImageError`, `VolumeError` and `DestinationError`; where a volume was changed already, the
    message says which are done, incomplete and untouched.
    """
    found = open_image(path, index)
    access = access or DiskAccess()
    _refuse_target(found, target, access, erase=erase)
    images = recorded_images(found.xml, found.path)
    if index is not None:
        images = [image for image in images if image.index == index]
    elif volume is not None:
        raise VolumeError(
            "one volume takes one image: choose it by its index",
            where=str(target),
            hint="Add --index N (Python: index=N).",
            hresult=_WRONG_USE,
        )

    def warn(message: str) -> None:
        on_event(CaptureWarning(message=message))

    disk, prepared = _prepare(found, images, target, access, index, volume, warn)
    with scratch_folder() as scratch:
        check_staging(scratch, sum(one.needed for one in prepared if one.is_fat32))
        if verify:
            check = jobs(found, "check", chosen=[image.index for image in images])
            _run(heard(check, Phase.VERIFY, on_event, (0.0, _CHECKED)))
        for one in prepared:
            if one.is_fat32:
                stage = jobs(found, "stage", **_staging(one, scratch))
                _run(heard(stage, Phase.WRITE, on_event, (_CHECKED, _CHECKED)))
        _write(found, disk, prepared, scratch, on_event)
    return [
        AppliedImage(index=one.image.index, name=one.image.name, volume=str(one.volume.place))
        for one in prepared
    ]


def _refuse_target(found: WimFile, target: Path | str, access: DiskAccess, *, erase: bool) -> None:
    path, where = Path(target), str(target)
    if not erase:
        raise VolumeError(
            "everything on the volume would be removed",
            where=where,
            hint="Give --erase (Python: erase=True) if that is what you want.",
            hresult=0x800700B7,
        )
    if path.is_dir():
        raise VolumeError(
            "this is a folder, and images are applied to disks and volumes",
            where=where,
            hint="Name a disk image, an image file of one volume, or a block device.",
            hresult=_WRONG_USE,
        )
    if path.exists() and path.samefile(found.path):
        raise VolumeError("this is the WIM itself", where=where, hresult=_WRONG_USE)
    check_writable(where, disk_format(where, access.disk_format))


def _prepare(
    found: WimFile,
    images: Sequence[RecordedImage],
    target: Path | str,
    access: DiskAccess,
    index: int | None,
    name: str | None,
    warn: Callable[[str], None],
) -> tuple[Disk, list[PreparedImage]]:
    with open_disk(target, access=access) as opened:
        disk = opened.disk
        if index is None:
            volumes = corresponding_volumes(disk, images)
        else:
            volumes = [chosen_volume(disk, name)]
        prepared = []
        for image, volume in zip(images, volumes, strict=True):
            file = str(opened.file(volume))
            with named_by_place(file, str(volume.place)):
                prepared.append(prepare_image(found, image, volume, file, warn))
    warning = check_room_below(disk, sum(one.needed for one in prepared))
    if warning is not None:
        warn(warning)
    return disk, prepared


def _staging(one: PreparedImage, scratch: Path) -> dict[str, object]:
    staged = scratch / f"{one.image.index}.wim"
    return {"image": one.image.index, "scratch": str(staged), "leave_out": one.leave_out}


def _write(
    found: WimFile,
    disk: Disk,
    prepared: Sequence[PreparedImage],
    scratch: Path,
    on_event: EventHandler,
) -> None:
    share = (1.0 - _CHECKED) / len(prepared)
    for at, one in enumerate(prepared):
        changed = False

        def change() -> None:
            nonlocal changed
            changed = True

        place = str(one.volume.place)
        part = (_CHECKED + at * share, _CHECKED + (at + 1) * share)
        try:
            with writable_volume(disk, one.volume) as file, named_by_place(str(file), place):
                if one.is_fat32:
                    _write_fat32(one, str(file), scratch, change)
                else:
                    erase_ntfs(str(file), change)
                    arguments = {"image": one.image.index, "leave_out": one.leave_out}
                    events = jobs(found, "apply_ntfs", volume=str(file), **arguments)
                    _run(heard(events, Phase.WRITE, on_event, part))
        except BaseException as error:
            state = _state(prepared, at, incomplete=changed)
            if isinstance(error, TaskSequenceError):
                error.problem = f"{error.problem}. {state}"
            else:
                error.add_note(state)
            raise
        on_event(Progress(phase=Phase.WRITE, done=1, total=1, overall=part[1]))


def _write_fat32(
    one: PreparedImage, file: str, scratch: Path, on_change: Callable[[], None]
) -> None:
    staged = scratch / f"{one.image.index}.wim"
    files = list(entries(jobs(None, "staged", scratch=str(staged))))
    with staged.open("rb") as source:
        replace_fat32(file, fat_tree(files, str(staged)), source.fileno(), on_change)
    staged.unlink()


def _state(prepared: Sequence[PreparedImage], at: int, *, incomplete: bool) -> str:
    """Say what became of each volume when the one at this position failed."""
    words = []
    for number, one in enumerate(prepared):
        if number < at:
            state = "complete"
        elif number == at and incomplete:
            state = "incomplete: what was on it is gone, and the image not all there"
        else:
            state = "unchanged"
        words.append(f"{one.volume.place} (image {one.image.index}) is {state}")
    return "; ".join(words)


def _run(events: Iterable[object]) -> None:
    for _ in events:
        pass
