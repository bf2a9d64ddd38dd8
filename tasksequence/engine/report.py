"""What a capture gave, as text for people."""

from __future__ import annotations

from tasksequence.request import CaptureResult, Omission, VolumePlace
from tasksequence.text_table import human_bytes, text_table

__all__ = ["describe"]

_SHOWN_PATHS = 10
_HEAD = ("Image", "Name", "Volume", "Files", "Bytes", "Size in WIM")


def describe(result: CaptureResult, *, columns: int | None = None) -> str:
    """Return a table of the images, what was left out of them, and the file that was written.

    The size in the WIM is what an image adds to the file: data that an earlier image holds too
    counts there. `columns` is the width to keep to where the volumes' paths are long.
    """
    rows = [
        [
            str(image.index),
            image.name,
            image.shown,
            f"{image.files:,}",
            f"{image.bytes:,}",
            f"{image.stored_bytes:,}",
        ]
        for image in result.images
    ]
    head = list(_HEAD)
    if any(image.place for image in result.images):
        head.append("Role")
        for row, image in zip(rows, result.images, strict=True):
            row.append(image.place.role if image.place else "")
    lines = [text_table(head, rows, right={0, 3, 4, 5}, shrink=(2, 1), columns=columns)]
    lines += [f"Skipped: {one.place} ({_what(one.place)}): {one.reason}" for one in result.skipped]
    for omission in result.omissions:
        lines += _left_out(omission)
    if result.destination is None:
        lines.append(f"The backend {result.backend} writes no file.")
    else:
        verified = "verified" if result.verified else "not verified"
        count = f" in {len(result.parts)} parts" if result.parts else ""
        size = human_bytes(result.file_bytes)
        lines.append(f"{result.destination}: {size}{count}, {verified}")
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
