"""What differs between two images, or between an image and a volume."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs

from tasksequence.capture.exclusions import DEFAULT_EXCLUDED
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.capture.sources.volume_kind import volume_kind
from tasksequence.images.contents import ImageFile, entries, image_files, jobs

__all__ = ["FileDifference", "compare_files", "diff_images", "volume_files"]

_FIELDS = (
    "short_name", "attributes", "security", "reparse_tag", "created", "modified", "accessed",
    "streams",
)  # fmt: skip


@attrs.frozen(kw_only=True)
class FileDifference:
    """One path that differs."""

    path: str
    kind: str
    """added (only in the second), removed (only in the first), or changed."""
    fields: tuple[str, ...] = ()
    """What changed: content, attributes, security, short_name, created, modified, accessed …"""
    sizes: tuple[int | None, int | None] = (None, None)
    """Bytes in the first and the second; None where it is not there."""


def diff_images(
    first: Path | str,
    second: Path | str,
    *,
    image: int = 1,
    other_image: int = 1,
    ignore: Iterable[str] = (),
) -> list[FileDifference]:
    """Return what differs between an image of a WIM and another, or a volume, by path.

    `second` is a WIM, or an NTFS or FAT32 volume that is not mounted; of a volume what the default
    exclusion profile leaves out is not looked at. `ignore` names fields that do not count. Raises
    `ImageError` and `VolumeError`.
    """
    right = image_files(second, other_image) if _is_wim(second) else volume_files(second)
    return compare_files(image_files(first, image), right, ignore=ignore)


def _is_wim(path: Path | str) -> bool:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(5) in {b"MSWIM", b"WLPWM"}
    except OSError:
        return False  # what reads it as a volume says better what is wrong


def volume_files(path: Path | str) -> list[ImageFile]:
    """Return what a volume holds as an image would, read and hashed in full."""
    volume = os.path.abspath(path)  # noqa: PTH100
    kind = volume_kind(volume)
    check_not_mounted(volume)
    with scratch_folder() as scratch:
        arguments = {
            "volume": volume,
            "kind": kind,
            "exclude": DEFAULT_EXCLUDED,
            "keep": (),
            "scratch": str(scratch / "volume.partial"),
        }
        return list(entries(jobs(None, "scan", **arguments)))


def compare_files(
    first: Iterable[ImageFile], second: Iterable[ImageFile], *, ignore: Iterable[str] = ()
) -> list[FileDifference]:
    """Compare two trees path by path."""
    left = {file.path: file for file in first}
    right = {file.path: file for file in second}
    left_links, right_links = _links(left), _links(right)
    ignored = frozenset(ignore)
    found = []
    for path in sorted(left.keys() | right.keys()):
        one, other = left.get(path), right.get(path)
        if one is None or other is None:
            there = other or one
            assert there is not None
            kind = "added" if one is None else "removed"
            sizes = (one.data.size if one else None, other.data.size if other else None)
            found.append(FileDifference(path=path, kind=kind, sizes=sizes))
            continue
        fields = [name for name in _FIELDS if getattr(one, name) != getattr(other, name)]
        if (one.data.sha1, one.data.size) != (other.data.sha1, other.data.size):
            fields.insert(0, "content")
        if left_links.get(path) != right_links.get(path):
            fields.append("links")
        fields = [name for name in fields if name not in ignored]
        if fields:
            both = (one.data.size, other.data.size)
            found.append(
                FileDifference(path=path, kind="changed", fields=tuple(fields), sizes=both)
            )
    return found


def _links(files: dict[str, ImageFile]) -> dict[str, frozenset[str]]:
    """Return for each file with several names all of them."""
    groups: dict[int, list[str]] = {}
    for path, file in files.items():
        if file.link_group:
            groups.setdefault(file.link_group, []).append(path)
    return {path: frozenset(names) for names in groups.values() for path in names}
