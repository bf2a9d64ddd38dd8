"""The XML of a WIM, which comes from anybody, and what it says of the images."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import attrs

from tasksequence.errors import ImageError

__all__ = [
    "RecordedImage",
    "image_elements",
    "parsed_wim_xml",
    "recorded_images",
    "whole_number",
]

_PLACE = "TASKSEQUENCE/PARTITION"
_DIGITS = 20


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
            index=whole_number(image.get("INDEX")) or 0,
            name=image.findtext("NAME") or "",
            disk=image.findtext("TASKSEQUENCE/DISK/INDEX") or "",
            file_system=image.findtext(f"{_PLACE}/FILESYSTEM") or "",
            role=image.findtext(f"{_PLACE}/ROLE") or "",
            partition=whole_number(image.findtext(f"{_PLACE}/INDEX")),
        )
        for image in image_elements(xml, path)
    ]


def image_elements(xml: str, path: str) -> list[ET.Element]:
    """Return the IMAGE elements. Raises `ImageError` for damaged XML."""
    return list(parsed_wim_xml(xml, path).iter("IMAGE"))


def parsed_wim_xml(xml: str, path: str) -> ET.Element:
    """Return the root of the XML of the WIM at a path. Raises `ImageError` for what is none."""
    if "<!" in xml:
        raise ImageError(
            "the XML of the WIM holds declarations, which no WIM has",
            where=path,
            hint="Do not use this file: no tool for images writes such XML.",
            hresult=0x8007000D,
        )
    try:
        return ET.fromstring(xml)  # noqa: S314 (without declarations there are no entities)
    except ET.ParseError as error:
        raise ImageError(
            f"the XML of the WIM is damaged: {error}",
            where=path,
            hint="Copy the file again.",
            hresult=0x8007000D,
        ) from None


def whole_number(text: str | None) -> int | None:
    """Return the number that a text of a WIM's XML is; None for what is none of up to 64 bits."""
    # int refuses texts of thousands of digits.
    return int(text) if text and len(text) <= _DIGITS and text.isdecimal() else None
