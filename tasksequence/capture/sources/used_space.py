"""How much of a source a capture is going to read, as far as that is known beforehand."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from tasksequence.capture.exclusions import DEFAULT_EXCLUDED, Exclusions
from tasksequence.capture.sources.fat32 import FatVolume
from tasksequence.capture.sources.ntfs import PAGE_FILES, NtfsTree, data_bytes
from tasksequence.capture.sources.volume_kind import FAT32, FOLDER
from tasksequence.request import ExclusionProfile, VolumeSource

__all__ = ["UsedSpace", "used_space"]

_BLOCK = 512
"""Bytes of a block of st_blocks, whatever the file system's own are (stat(2))."""


class UsedSpace(NamedTuple):
    """Between which sizes the data lies that a capture reads, in bytes."""

    low: int
    """What takes room on the disk: not the holes of sparse files, and each file once."""
    high: int
    """What programs read, holes too."""


def used_space(
    volume: VolumeSource, kind: str, profile: ExclusionProfile | None = None
) -> UsedSpace:
    """Return about how much a capture reads with an exclusion profile, None for the default one.

    Raises `VolumeError`.
    """
    path = str(volume.path)
    if profile is None:
        exclusions = Exclusions(DEFAULT_EXCLUDED, ())
    else:
        exclusions = Exclusions(profile.exclude, profile.keep)
    if kind == FOLDER:
        return _of_folder(path, exclusions)
    if kind == FAT32:
        with FatVolume(path) as fat:
            entries = ((name, entry.size) for name, entry in fat.walk())
            size = sum(size for _, size in _captured(entries, exclusions))
            return UsedSpace(size, size)
    used = data_bytes(path)
    if profile is not None and not profile.exclude:
        return UsedSpace(used, used)
    # The default profile has whole paths alone: what lies off the way to them need not be read.
    ways = _folders_above(DEFAULT_EXCLUDED) if profile is None else None
    left_out = _left_out_of_ntfs(path, exclusions, ways)
    return UsedSpace(max(0, used - left_out.high), max(0, used - left_out.low))


def _captured(
    entries: Iterable[tuple[str, int]], exclusions: Exclusions
) -> Iterator[tuple[str, int]]:
    """Yield the entries that are captured, of some that come after their folders."""
    out: set[str] = set()
    for path, size in entries:
        if path.rpartition("/")[0] in out or exclusions.excludes(path):
            out.add(path)
        else:
            yield path, size


def _of_folder(root: str, exclusions: Exclusions) -> UsedSpace:
    low = high = 0
    seen: set[tuple[int, int]] = set()
    for parent, folders, files in os.walk(root):
        below = "/" + os.path.relpath(parent, root) if parent != root else ""
        folders[:] = [name for name in folders if not exclusions.excludes(f"{below}/{name}")]
        for name in files:
            with suppress(OSError):
                if exclusions.excludes(f"{below}/{name}"):
                    continue
                status = os.lstat(os.path.join(parent, name))  # noqa: PTH118
                file = (status.st_dev, status.st_ino)
                if status.st_nlink > 1:
                    if file in seen:
                        continue
                    seen.add(file)
                low += min(status.st_size, status.st_blocks * _BLOCK)
                high += status.st_size
    return UsedSpace(low, high)


def _folders_above(paths: Iterable[str]) -> frozenset[str]:
    """Return the folders that paths lie in, without regard to case; not the root."""
    found: set[str] = set()
    for path in paths:
        parts = path.casefold().strip("/").split("/")
        found.update("/" + "/".join(parts[:count]) for count in range(1, len(parts)))
    return frozenset(found)


def _left_out_of_ntfs(
    path: str, exclusions: Exclusions, ways: frozenset[str] | None = None
) -> UsedSpace:
    """Return what a profile leaves out of what `data_bytes` counts.

    Files with further names may be captured by those: `low` does not count them. Where `ways` are
    given, no folders but these are searched.
    """

    def is_skipped(name: str) -> bool:
        return exclusions.excludes(name) or (ways is not None and name.casefold() not in ways)

    low = high = 0
    seen: set[int] = set()
    with NtfsTree(path) as tree:
        for name, number, is_folder in tree.walk(skip=is_skipped):
            if not exclusions.excludes(name) or name.lower().lstrip("/") in PAGE_FILES:
                continue
            below = (one for _, one, folder in tree.walk(number) if not folder)
            for file in below if is_folder else (number,):
                if file in seen:
                    continue
                seen.add(file)
                size, names = tree.allocated(file)
                high += size
                low += size if names == 1 else 0
    return UsedSpace(low, high)
