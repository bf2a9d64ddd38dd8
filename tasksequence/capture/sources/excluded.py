"""What an exclusion profile leaves out of a volume, found by looking at the volume alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tasksequence.capture.exclusions import Exclusions
from tasksequence.capture.sources.fat32 import FatEntry, FatVolume
from tasksequence.capture.sources.ntfs import NtfsTree
from tasksequence.capture.sources.volume_kind import FAT32, volume_kind
from tasksequence.request import VolumeSource

__all__ = ["ExcludedTree", "excluded_from"]


class ExcludedTree(NamedTuple):
    """A file or folder that a pattern leaves out, with all below it."""

    path: str
    files: int
    bytes: int


def excluded_from(source: VolumeSource, exclusions: Exclusions) -> Iterator[ExcludedTree]:
    """Yield what is left out of a volume. Raises `VolumeError` for one that cannot be read."""
    if source.is_folder:
        yield from _of_folder(source.path, exclusions)
    elif volume_kind(str(source.path)) == FAT32:
        with FatVolume(str(source.path)) as volume:
            yield from _of_fat32(volume, None, "", exclusions)
    else:
        with NtfsTree(str(source.path)) as tree:
            yield from _of_ntfs(tree, exclusions)


def _of_ntfs(tree: NtfsTree, exclusions: Exclusions) -> Iterator[ExcludedTree]:
    for path, number, is_folder in tree.walk(skip=exclusions.excludes):
        if not exclusions.excludes(path):
            continue
        found = [(number, is_folder)]
        if is_folder:
            found += [(below, folder) for _, below, folder in tree.walk(number)]
        files = [one for one, folder in found if not folder]
        yield ExcludedTree(path, len(files), sum(map(tree.size, files)))


def _of_fat32(
    volume: FatVolume, folder: FatEntry | None, path: str, exclusions: Exclusions
) -> Iterator[ExcludedTree]:
    for entry in volume.entries(folder):
        below = f"{path}/{entry.name}"
        volume.check_depth(below.count("/"))
        is_full = entry.is_folder and entry.first_cluster
        if exclusions.excludes(below):
            sizes = list(_sizes(volume, entry, 0)) if is_full else []
            sizes += [] if entry.is_folder else [entry.size]
            yield ExcludedTree(below, len(sizes), sum(sizes))
        elif is_full:
            yield from _of_fat32(volume, entry, below, exclusions)


def _sizes(volume: FatVolume, folder: FatEntry, depth: int) -> Iterator[int]:
    volume.check_depth(depth)
    for entry in volume.entries(folder):
        if not entry.is_folder:
            yield entry.size
        elif entry.first_cluster:
            yield from _sizes(volume, entry, depth + 1)


def _of_folder(root: Path, exclusions: Exclusions) -> Iterator[ExcludedTree]:
    for folder, folders, files in os.walk(root):
        for name in sorted([*folders, *files]):
            entry = Path(folder, name)
            path = "/" + entry.relative_to(root).as_posix()
            if exclusions.excludes(path):
                below = [os.fspath(entry)]
                if name in folders and not os.path.islink(entry):  # noqa: PTH114 (never fails)
                    below = [
                        os.path.join(parent, one)  # noqa: PTH118
                        for parent, _, inside in os.walk(entry)
                        for one in inside
                    ]
                sizes = [size for one in below if (size := _size(one)) is not None]
                yield ExcludedTree(path, len(sizes), sum(sizes))
        folders[:] = [
            name
            for name in folders
            if not exclusions.excludes("/" + Path(folder, name).relative_to(root).as_posix())
        ]


def _size(path: str) -> int | None:
    """Return the bytes of a file; None for one that is gone by now, or cannot be looked at."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return None
