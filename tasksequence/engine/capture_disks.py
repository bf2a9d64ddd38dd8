"""Capturing whole disks: every volume that the capture step takes becomes an image of one WIM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs

from tasksequence.capture.sources.disks import DiskAccess, DiskVolume, open_disk
from tasksequence.capture.sources.selection import choose_volumes
from tasksequence.engine.capture_step import COMPONENT, Volumes, capture_volumes, each_volume
from tasksequence.engine.cmtrace import WARNING, CMTraceLog
from tasksequence.errors import VolumeError
from tasksequence.plan.steps import Plan
from tasksequence.request import (
    CaptureResult,
    CaptureWarning,
    EventHandler,
    SkippedVolume,
    VolumeSource,
)

__all__ = ["capture_disks", "chosen_sources"]


def capture_disks(
    plan: Plan,
    disks: Sequence[Path | str] | Path | str,
    *,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    volumes: Volumes = (),
    access: DiskAccess | None = None,
    **arguments: Any,
) -> CaptureResult:
    """Carry out the capture step of a plan on whole disks, in disk and partition order.

    `disks` are raw, VHD, VHDX, VMDK or qcow2 images or block devices, of machines that are switched
    off; they are read in place. `include` and `exclude` choose volumes by number, place (`1-3`),
    label or role; `volumes` are single ones, whose images follow. `access` says the disks' format,
    and which files outside their folders they may be made of. All other arguments are those of
    `capture_volumes`. Raises what that raises, and `VolumeError` for disks that cannot be read.
    """
    with chosen_sources(disks, include=include, exclude=exclude, access=access) as (
        sources,
        skipped,
    ):
        _warn_of(skipped, arguments.get("on_event"), arguments.get("log"))
        result = capture_volumes(plan, [*sources, *each_volume(volumes)], **arguments)
    return attrs.evolve(result, skipped=tuple(skipped))


def _warn_of(
    skipped: Iterable[SkippedVolume], on_event: EventHandler | None, log: CMTraceLog | None
) -> None:
    for one in skipped:
        if one.warning is None:
            continue
        text = f"{one.place} is skipped: {one.warning}"
        if on_event is not None:
            on_event(CaptureWarning(message=text))
        if log is not None:
            log.write(text, kind=WARNING, component=COMPONENT)


@contextmanager
def chosen_sources(
    disks: Sequence[Path | str] | Path | str,
    *,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    access: DiskAccess | None = None,
) -> Iterator[tuple[list[VolumeSource], list[SkippedVolume]]]:
    """Open disks and give their volumes to capture as sources, and those that are left out."""
    paths = [disks] if isinstance(disks, (str, Path)) else list(disks)
    _refuse_twice(paths)
    with ExitStack() as stack:
        opened = [stack.enter_context(open_disk(path, at, access)) for at, path in enumerate(paths)]
        if not opened:
            yield [], []
            return
        found = [volume for disk in opened for volume in disk.disk.volumes]
        chosen, skipped = choose_volumes(found, include, exclude)
        sources = [
            VolumeSource(
                path=opened[volume.place.disk_index].file(volume),
                image_name=name,
                place=volume.place,
                left_out=_recorded_with(volume, chosen, skipped),
            )
            for volume, name in zip(chosen, _image_names(chosen), strict=True)
        ]
        yield sources, skipped


def _recorded_with(
    volume: DiskVolume, chosen: Sequence[DiskVolume], skipped: Sequence[SkippedVolume]
) -> tuple[SkippedVolume, ...]:
    """The first image of a disk records the volumes that have none; so does the first image of all
    for the disks of which nothing is captured."""
    index = volume.place.disk_index
    first = next(one for one in chosen if one.place.disk_index == index)
    if volume is not first:
        return ()
    recorded = {index}
    if volume is chosen[0]:
        with_image = {one.place.disk_index for one in chosen}
        recorded |= {one.place.disk_index for one in skipped} - with_image
    return tuple(one for one in skipped if one.place.disk_index in recorded)


def _image_names(volumes: Sequence[DiskVolume]) -> list[str]:
    """Name each image by its volume's label and, where two are alike or none is, by its role."""
    labels = [volume.place.label.casefold() for volume in volumes]
    names = []
    for volume, label in zip(volumes, labels, strict=True):
        place = volume.place
        if label and labels.count(label) == 1:
            names.append(place.label)
        else:
            names.append(f"{place.label} ({place.role})" if label else place.role)
    return names


def _refuse_twice(paths: Sequence[Path | str]) -> None:
    seen: dict[Path, Path | str] = {}
    for path in paths:
        real = Path(path).resolve()
        if real in seen:
            raise VolumeError("the same disk is named twice", where=str(path))
        seen[real] = path
