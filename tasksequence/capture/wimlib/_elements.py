"""The XML elements of an image that tell where its volume lay: elements of this project.

TASKSEQUENCE/DISK/INDEX, STYLE
TASKSEQUENCE/PARTITION/INDEX, TYPE, OFFSET, SIZE, FILESYSTEM, LABEL, ISBOOT, ROLE
TASKSEQUENCE/SKIPPED/PARTITION[n]/ the same, and REASON (the first image of a disk alone); with
DISKINDEX and DISKSTYLE those of disks that have no image (the first image of all)
"""

from __future__ import annotations

from tasksequence.capture.image_names import xml_text
from tasksequence.request import VolumePlace, VolumeSource

__all__ = ["elements_of"]


def elements_of(volume: VolumeSource) -> list[tuple[str, str]]:
    """Return path and text of each element, empty ones left out."""
    place = volume.place
    if place is None:
        return []
    disk, skipped = "TASKSEQUENCE/DISK", "TASKSEQUENCE/SKIPPED"
    elements = [
        (f"{disk}/INDEX", str(place.disk_index)),
        (f"{disk}/STYLE", place.disk_style),
        *_partition("TASKSEQUENCE/PARTITION", place),
    ]
    for number, other in enumerate(volume.left_out, start=1):
        folder = f"{skipped}/PARTITION[{number}]"
        elements += [*_partition(folder, other.place), (f"{folder}/REASON", other.reason)]
        if other.place.disk_index != place.disk_index:
            elements += [
                (f"{folder}/DISKINDEX", str(other.place.disk_index)),
                (f"{folder}/DISKSTYLE", other.place.disk_style),
            ]
    return [(name, xml_text(text)) for name, text in elements if text]


def _partition(folder: str, place: VolumePlace) -> list[tuple[str, str]]:
    return [
        (f"{folder}/INDEX", str(place.partition)),
        (f"{folder}/TYPE", place.type),
        (f"{folder}/OFFSET", str(place.offset)),
        (f"{folder}/SIZE", str(place.size)),
        (f"{folder}/FILESYSTEM", place.file_system),
        (f"{folder}/LABEL", place.label),
        (f"{folder}/ISBOOT", str(place.active)),
        (f"{folder}/ROLE", place.role),
    ]
