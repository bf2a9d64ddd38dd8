"""What a capture gave, as text for people."""

from __future__ import annotations

from tasksequence.request import CaptureResult, Omission, VolumePlace
from tasksequence.text_table import human_bytes, text_table

__all__ = ["describe"]

_SHOWN_PATHS = 10
_NUMBERS = ("Image", "Files", "Bytes", "Size in WIM")


def describe(result: CaptureResult, *, columns: int | None = None) -> str:
    """Return a table of the images, what was left out of them, and the file that was written.

    The size in the WIM is what an image adds to the file: data that an earlier image holds too
    counts there; a solid WIM has no such figure. `columns` is the width to keep to where the
    volumes' paths are long.
    """
    images = result.images
    table = {
        "Image": [str(image.index) for image in images],
        "Name": [image.name for image in images],
        "Volume": [image.shown for image in images],
    }
    if any(image.place for image in images):
        places = [image.place for image in images]
        table["Label"] = [place.label if place else "" for place in places]
        table["Role"] = [place.role if place else "" for place in places]
    table["Files"] = [f"{image.files:,}" for image in images]
    table["Bytes"] = [f"{image.bytes:,}" for image in images]
    if any(image.stored_bytes for image in images) or not any(image.bytes for image in images):
        table["Size in WIM"] = [f"{image.stored_bytes:,}" for image in images]
    head = list(table)
    right = {head.index(name) for name in _NUMBERS if name in table}
    rows = [list(row) for row in zip(*table.values(), strict=True)]
    lines = [text_table(head, rows, right=right, shrink=(2, 1), columns=columns)]
    lines += [f"Skipped: {one.place} ({_what(one.place)}): {one.reason}" for one in result.skipped]
    for omission in result.omissions:
        lines += _left_out(omission)
    if result.destination is None:
        lines.append(f"The backend {result.backend} writes no file.")
    else:
        verified = "verified" if result.verified else "not verified"
        count = f" in {len(result.parts)} parts" if result.parts else ""
        size = human_bytes(result.file_bytes)
        asked = f" ({result.mapped_from})" if result.mapped_from else ""
        lines.append(f"{result.destination}{asked}: {size}{count}, {verified}")
    if len(result.images) > 1:
        lines.append(
            f"Apply Operating System needs {len(result.images)} volumes to apply all images of "
            "this file; choose one image by its number where the target has fewer."
        )
    return "\n".join(lines)


def _what(place: VolumePlace) -> str:
    return ", ".join(text for text in (place.label, place.role, human_bytes(place.size)) if text)


def _left_out(omission: Omission) -> list[str]:
    names = "name" if omission.count == 1 else "names"
    lines = [f"Left out of {omission.shown}: {omission.reason.value}, {omission.count} {names}"]
    lines += [f"  {path}" for path in omission.paths[:_SHOWN_PATHS]]
    if omission.count > _SHOWN_PATHS:
        lines.append(f"  … and {omission.count - _SHOWN_PATHS} more")
    return lines
