"""Choosing volumes of disks: the capture step's rule, and what the person includes and excludes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tasksequence.capture.sources.disks import DiskVolume
from tasksequence.errors import VolumeError
from tasksequence.request import SkippedVolume

__all__ = ["choose_volumes", "find_volume"]


def choose_volumes(
    volumes: Sequence[DiskVolume], include: Iterable[str] = (), exclude: Iterable[str] = ()
) -> tuple[list[DiskVolume], list[SkippedVolume]]:
    """Return the volumes to capture, in disk and partition order, and the others with a reason.

    Without `include` these are all NTFS and FAT32 volumes that are not on USB; with it those that
    it names. Each name is a partition number (of the only disk), disk and partition (`1-3`), a
    label, or a role. Raises `VolumeError` for a name that fits nothing or several, for a volume
    both included and excluded, for one that cannot be captured, and where nothing is left.
    """
    included = {find_volume(volumes, name): name for name in include}
    excluded = {find_volume(volumes, name): name for name in exclude}
    for at in included.keys() & excluded.keys():
        raise VolumeError(
            f"the volume is both included ({included[at]}) and excluded ({excluded[at]})",
            where=str(volumes[at].place),
            hint="Say one of the two.",
            hresult=0x80070057,
        )
    chosen: list[DiskVolume] = []
    skipped: list[SkippedVolume] = []
    for at, volume in enumerate(volumes):
        reason = volume.skipped
        if at in included:
            if not volume.is_capturable:
                raise VolumeError(
                    f"this volume cannot be captured: {reason or volume.problem}",
                    where=str(volume.place),
                    hint="Take it out of what is included.",
                    hresult=0x80070032,
                )
            reason = None
        elif at in excluded:
            reason = "excluded by name"
        elif included and reason is None:
            reason = "not among the volumes that are included"
        if reason is None:
            _check_capturable(volume)
            chosen.append(volume)
        else:
            skipped.append(SkippedVolume(place=volume.place, reason=reason, warning=volume.warning))
    if not chosen:
        reasons = "; ".join(f"{one.place}: {one.reason}" for one in skipped) or "no partitions"
        raise VolumeError(
            f"there is no volume to capture: {reasons}",
            hint="`tasksequence volumes DISK` shows what is there.",
            hresult=0x80070490,
        )
    return chosen, skipped


def _check_capturable(volume: DiskVolume) -> None:
    if not volume.is_capturable:
        raise VolumeError(
            f"it is not clear what this volume holds: {volume.problem}",
            where=str(volume.place),
            hint="Remove what is left of an earlier file system, or leave the volume out with "
            "--exclude.",
            hresult=0x80070032,
        )


def find_volume(volumes: Sequence[DiskVolume], name: str) -> int:
    """Return the position of the volume that is meant; raises `VolumeError` for none or many."""
    wanted = name.strip().casefold()
    several = len({volume.place.disk_index for volume in volumes}) > 1
    # Number and place come first: a label may look like one.
    for fits in (
        lambda place: wanted == place.selector or (not several and wanted == str(place.partition)),
        # A label and a role weigh the same: the one of a volume may be the other of another.
        lambda place: wanted and wanted in {place.label.casefold(), place.role.casefold()},
    ):
        found = [at for at, volume in enumerate(volumes) if fits(volume.place)]
        if len(found) == 1:
            return found[0]
        if found:
            places = ", ".join(volumes[at].place.selector for at in found)
            raise VolumeError(
                f"{name} fits several volumes: {places}",
                hint="Name one of them by its place.",
                hresult=0x80070057,
            )
    known = ", ".join(
        " ".join([volume.place.selector, *([f"({text})"] if text else [])])
        for volume in volumes
        for text in (volume.place.label or volume.place.role,)
    )
    raise VolumeError(
        f"there is no volume {name}",
        hint=f"There are: {known}. Name one by place, label or role.",
        hresult=0x80070490,
    )
