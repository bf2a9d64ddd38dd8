"""A FAT32 volume as a WIM in a file, for libwim to take the image from.

What is left out is left out here. The file loses its name as soon as libwim has opened it, so that
nothing is left of it however the process ends; it needs room for the volume's content.
"""

from __future__ import annotations

import errno
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
        tree = _Tree(volume, exclusions, on_excluded)
        children = tree.below(None, "")
        _check_room(os.path.dirname(partial), tree.bytes, path)  # noqa: PTH120
        try:
            with os.fdopen(create_locked(staged), "r+b") as stream:
                root = Node("", "", _ROOT_ATTRIBUTES, (0, 0, 0), (), children)
                write_plain_wim(stream, root)
                yield staged
        except OSError as error:
            raise _stage_error(error, os.path.dirname(partial), tree.bytes, path) from None  # noqa: PTH120
        finally:
            remove_if_present(staged)


class _Tree:
    """The files and folders of a volume that are taken, and how many bytes they have."""

    def __init__(
        self, volume: FatVolume, exclusions: Exclusions, on_excluded: Callable[[str], None]
    ) -> None:
        self.bytes = 0
        self._volume = volume
        self._exclusions = exclusions
        self._on_excluded = on_excluded

    def below(self, folder: FatEntry | None, path: str, depth: int = 0) -> list[Node]:
        nodes = []
        for entry in self._volume.entries(folder):
            below = f"{path}/{entry.name}"
            if self._exclusions.excludes(below):
                self._on_excluded(below)
                continue
            children = None
            if entry.is_folder:
                self._volume.check_depth(depth)
                children = self.below(entry, below, depth + 1) if entry.first_cluster else []
            self.bytes += entry.size
            nodes.append(
                Node(
                    entry.name,
                    entry.short_name,
                    entry.attributes,
                    (entry.created, entry.accessed, entry.modified),
                    () if entry.is_folder else self._volume.read(entry),
                    children,
                )
            )
        return nodes


def _check_room(folder: str, needed: int, path: str) -> None:
    space = os.statvfs(folder)
    free = space.f_bavail * space.f_frsize
    if needed > free:
        raise _no_room(folder, needed, f"{free:,} are free", path)


def _stage_error(error: OSError, folder: str, needed: int, path: str) -> DestinationError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _no_room(folder, needed, "there were fewer", path)
    return write_error(error, folder)


def _no_room(folder: str, needed: int, there_is: str, path: str) -> DestinationError:
    return DestinationError(
        f"no space left: the content of a FAT32 volume is staged before it is compressed, which "
        f"needs more than {needed:,} bytes in {folder}, and {there_is}",
        where=path,
        hint="Free space there, or write the WIM elsewhere first (command line: --scratch FOLDER).",
        hresult=0x80070070,
    )
