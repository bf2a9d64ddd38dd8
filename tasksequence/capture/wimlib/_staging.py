"""A FAT32 volume as a WIM in a file, for libwim to take the image from.

What is left out is left out here. The file loses its name as soon as libwim has opened it, so that
nothing is left of it however the process ends; it needs room for the volume's content.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tasksequence.capture.destinations.local_errors import write_error
from tasksequence.capture.destinations.partial import create_locked, remove_if_present, staging_file
from tasksequence.capture.exclusions import Exclusions
from tasksequence.capture.sources.fat32 import FatEntry, FatVolume
from tasksequence.capture.wimlib._plain_wim import Node, write_plain_wim
from tasksequence.errors import DestinationError

__all__ = ["staged_fat32"]

_ROOT_ATTRIBUTES = 0x10


@contextmanager
def staged_fat32(
    path: str, partial: str, exclusions: Exclusions, on_excluded: Callable[[str], None]
) -> Iterator[str]:
    """Give the path of a WIM with the volume's tree, which lies beside the unfinished file.

    Raises `DestinationError` where there is too little room, `VolumeError` for damage.
    """
    staged = staging_file(partial)
    with FatVolume(path) as volume:
        children = _children(volume, None, "", exclusions, on_excluded)
        _check_room(os.path.dirname(partial), sum(entry.size for _, entry in volume.walk()), path)  # noqa: PTH120
        try:
            with os.fdopen(create_locked(staged), "r+b") as stream:
                root = Node("", "", _ROOT_ATTRIBUTES, (0, 0, 0), (), children)
                write_plain_wim(stream, root)
                yield staged
        except OSError as error:
            raise write_error(error, staged) from None
        finally:
            remove_if_present(staged)


def _children(
    volume: FatVolume,
    folder: FatEntry | None,
    path: str,
    exclusions: Exclusions,
    on_excluded: Callable[[str], None],
    depth: int = 0,
) -> list[Node]:
    nodes = []
    for entry in volume.entries(folder):
        below = f"{path}/{entry.name}"
        if exclusions.excludes(below):
            on_excluded(below)
            continue
        children = None
        if entry.is_folder:
            volume.check_depth(depth)
            children = (
                _children(volume, entry, below, exclusions, on_excluded, depth + 1)
                if entry.first_cluster
                else []
            )
        nodes.append(
            Node(
                entry.name,
                entry.short_name,
                entry.attributes,
                (entry.created, entry.accessed, entry.modified),
                () if entry.is_folder else volume.read(entry),
                children,
            )
        )
    return nodes


def _check_room(folder: str, needed: int, path: str) -> None:
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    if needed > free:
        raise DestinationError(
            f"the content of a FAT32 volume is staged before it is compressed, which needs "
            f"{needed:,} bytes in {folder}, and {free:,} are free",
            where=path,
            hint="Free space there, or write the WIM elsewhere first (command line: --scratch "
            "FOLDER).",
            hresult=0x80070070,
        )
