"""The XML elements of an image that tell where its volume lay: elements of this project.

TASKSEQUENCE/DISK/INDEX, STYLE
TASKSEQUENCE/PARTITION/INDEX, TYPE, OFFSET, SIZE, FILESYSTEM, LABEL, ISBOOT, ROLE
"""

from __future__ import annotations

from tasksequence.capture.image_names import xml_text
from tasksequence.request import VolumePlace

__all__ = ["elements_of"]


def elements_of(place: VolumePlace) -> list[tuple[str, str]]:
    """Return path and text of each element, empty ones left out."""
    disk, partition = "TASKSEQUENCE/DISK", "TASKSEQUENCE/PARTITION"
    elements = [
        (f"{disk}/INDEX", str(place.disk_index)),
        (f"{disk}/STYLE", place.disk_style),
        (f"{partition}/INDEX", str(place.partition)),
        (f"{partition}/TYPE", place.type),
        (f"{partition}/OFFSET", str(place.offset)),
        (f"{partition}/SIZE", str(place.size)),
        (f"{partition}/FILESYSTEM", place.file_system),
        (f"{partition}/LABEL", xml_text(place.label)),
        (f"{partition}/ISBOOT", str(place.active)),
        (f"{partition}/ROLE", place.role),
    ]
    return [(name, text) for name, text in elements if text]
