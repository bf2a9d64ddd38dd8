"""What a WIM's XML says of its images."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import attrs

from tasksequence.errors import ImageError

__all__ = ["RecordedImage", "image_elements", "parsed_xml", "recorded_images"]

_PLACE = "TASKSEQUENCE/PARTITION"


@attrs.frozen(kw_only=True)
class RecordedImage:
    """An image, and what this project recorded of the volume that it was captured from."""

    index: int
    name: str
    disk: str
    """Number of the disk; empty where nothing is recorded, as are the next two."""
    file_system: str
    role: str
    partition: int | None
    """None where nothing is recorded; 0 for a volume without a partition table."""


def recorded_images(xml: str, path: str) -> list[RecordedImage]:
    """Return the images of a WIM. Raises `ImageError` for damaged XML."""
    return [
        RecordedImage(
            index=_number(image.get("INDEX")) or 0,
            name=image.findtext("NAME") or "",
            disk=image.findtext("TASKSEQUENCE/DISK/INDEX") or "",
            file_system=image.findtext(f"{_PLACE}/FILESYSTEM") or "",
            role=image.findtext(f"{_PLACE}/ROLE") or "",
            partition=_number(image.findtext(f"{_PLACE}/INDEX")),
        )
        for image in image_elements(xml, path)
    ]


def image_elements(xml: str, path: str) -> list[ET.Element]:
    """Return the IMAGE elements. Raises `ImageError` for damaged XML."""
    return list(parsed_xml(xml, path).iter("IMAGE"))


def parsed_xml(xml: str, path: str) -> ET.Element:
    """Parse XML that a WIM holds. Raises `ImageError`."""
    if "<!" in xml:
        raise ImageError("the XML of the WIM holds declarations, which no WIM has", where=path)
    try:
        return ET.fromstring(xml)  # noqa: S314 (without declarations there are no entities)
    except ET.ParseError as error:
        raise ImageError(
            f"the XML of the WIM is damaged: {error}", where=path, hint="Copy the file again."
        ) from None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
