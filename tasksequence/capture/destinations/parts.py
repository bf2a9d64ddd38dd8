"""Where the parts of a split WIM go, and which destinations take them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tasksequence.capture.destinations.partial import remove_if_present
from tasksequence.capture.wim_file import read_wim_file
from tasksequence.errors import DestinationError, ImageError
from tasksequence.request import CaptureOptions, Overwrite

__all__ = ["check_split", "is_part", "part_names", "remove_left_over", "split_refused"]


def check_split(local: str | None, destination: str, options: CaptureOptions) -> None:
    """Refuse destinations that cannot take a split WIM; raises `DestinationError`.

    `local` is the destination's path of this machine, None for a share to be reached by SMB.
    """
    if local is None:
        raise split_refused(destination)
    if not local.casefold().endswith(".swm"):
        raise DestinationError(
            "the first part of a split WIM has to be called .swm, for Windows to find the others",
            where=destination,
            hint="Change the ending of the destination.",
        )
    if options.overwrite is Overwrite.KEEP:
        raise DestinationError(
            "an old split WIM cannot be kept under another name beside the new one",
            where=destination,
            hint="Name another destination, or choose `replace` or `refuse` (command line: "
            "--overwrite).",
        )


def split_refused(destination: str) -> DestinationError:
    """Return the error for a share, on which several files cannot be replaced in one step."""
    return DestinationError(
        "a split WIM is not brought to a share: its parts cannot take their places in one step",
        where=destination,
        hint="Write one file, or split to a local path, or to a share that is mounted here "
        r"(command line: --share '\\server\share=/mnt/x').",
        hresult=0x80070032,
    )


def part_names(destination: str) -> Iterator[str]:
    """Yield what the parts of a split WIM are called, without end: a.swm, a2.swm, a3.swm …"""
    stem, ending = os.path.splitext(destination)  # noqa: PTH122
    yield destination
    number = 2
    while True:
        yield f"{stem}{number}{ending}"
        number += 1


def remove_left_over(destination: str, count: int) -> None:
    """Delete parts of an older WIM of that name beyond those that the new one has."""
    for number, name in enumerate(part_names(destination), start=1):
        if number > count:
            if not is_part(name, number):
                return
            remove_if_present(name)


def is_part(path: str, number: int) -> bool:
    """Tell whether a file is the part of that number of a split WIM, and can be read."""
    try:
        return read_wim_file(path).part == number
    except ImageError:
        return False
