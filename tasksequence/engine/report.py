"""What a capture gave, as text for people."""

from __future__ import annotations

from tasksequence.request import CaptureResult, Omission
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
        (
            str(image.index),
            image.name,
            str(image.volume),
            f"{image.files:,}",
            f"{image.bytes:,}",
            f"{image.stored_bytes:,}",
        )
        for image in result.images
    ]
    lines = [text_table(_HEAD, rows, right={0, 3, 4, 5}, shrink=(2, 1), columns=columns)]
    for omission in result.omissions:
        lines += _left_out(omission)
    if result.destination is None:
        lines.append(f"The backend {result.backend} writes no file.")
    else:
        verified = "verified" if result.verified else "not verified"
        lines.append(f"{result.destination}: {human_bytes(result.file_bytes)}, {verified}")
    return "\n".join(lines)


def _left_out(omission: Omission) -> list[str]:
    names = "name" if omission.count == 1 else "names"
    lines = [f"Left out of {omission.volume}: {omission.reason.value}, {omission.count} {names}"]
    lines += [f"  {path}" for path in omission.paths[:_SHOWN_PATHS]]
    if omission.count > _SHOWN_PATHS:
        lines.append(f"  … and {omission.count - _SHOWN_PATHS} more")
    return lines
