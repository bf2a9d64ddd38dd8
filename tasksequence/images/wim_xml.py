"""The XML of a WIM, which comes from anybody."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from tasksequence.errors import ImageError

__all__ = ["parsed_wim_xml"]


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
