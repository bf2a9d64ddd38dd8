"""What lies in the images of a WIM, and whether it is sound; a process of its own runs libwim."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import attrs

from tasksequence.capture.destinations.parts import part_names
from tasksequence.capture.destinations.split_delivery import interrupted_delivery
from tasksequence.capture.wim_file import WimFile, read_wim_file
from tasksequence.capture.wimlib.events import reported_error
from tasksequence.capture.wimlib.process import WorkerProcess
from tasksequence.errors import ImageError

__all__ = [
    "FileStream",
    "ImageFile",
    "image_files",
    "jobs",
    "open_image",
    "other_parts",
    "verify_image_file",
]

_TOOL = "tasksequence.images._tool"
OnProgress = Callable[[int, int], None]
"""Hears of bytes that are done, and of all."""


@attrs.frozen(kw_only=True)
class FileStream:
    """The data of a file or of one of its named streams."""

    name: str
    """Empty for the main stream."""
    size: int
    sha1: str
    """Hexadecimal; empty where there is no data."""
    offset: int = attrs.field(default=0, eq=False)


@attrs.frozen(kw_only=True)
class ImageFile:
    """A file or folder of an image, with all that a WIM holds of it."""

    path: str
    """From the root, with `/`."""
    short_name: str
    attributes: int
    """As Windows has them: read-only 1, hidden 2, system 4, folder 16, archive 32 …"""
    security: str
    """The security descriptor, hexadecimal; empty for none."""
    reparse_tag: int
    link_group: int
    """The same number for all names of one file; 0 where it has one name."""
    created: int
    """FILETIME: 100 ns since 1601, UTC."""
    modified: int
    accessed: int
    data: FileStream
    """The main stream; for a reparse point what follows its tag."""
    streams: tuple[FileStream, ...] = ()
    """Named streams, by name."""

    @property
    def is_folder(self) -> bool:
        """Tell a folder from a file."""
        return bool(self.attributes & 0x10)


def image_files(path: Path | str, image: int = 1) -> Iterator[ImageFile]:
    """Yield all files and folders of an image, its root first. Raises `ImageError`."""
    found = open_image(path, image)
    yield from entries(jobs(found, "files", image=image))


def verify_image_file(
    path: Path | str,
    on_progress: OnProgress | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> WimFile:
    """Read all of a WIM, all its parts too, and compare it with its hashes and integrity table.

    Returns what its head says; `on_warning` hears what libwim warns of. Raises `ImageError` with
    what is damaged.
    """
    found = open_image(path)
    job = jobs(found, "verify", check_integrity=found.has_integrity_table)
    for event in job:
        if event["event"] == "progress" and on_progress is not None:
            on_progress(event["done"], event["total"])
        elif event["event"] == "warning" and on_warning is not None:
            on_warning(event["message"])
    return found


def open_image(path: Path | str, image: int | None = None) -> WimFile:
    """Read the head of a WIM, and check that it is the first part and has an image.

    Raises `ImageError`.
    """
    found = read_wim_file(os.fspath(path))
    if found.parts > 1 and found.part != 1:
        raise ImageError(
            f"this is part {found.part} of {found.parts} of a split WIM",
            where=found.path,
            hint="Name its first part, all others beside it.",
            hresult=0x80070032,
        )
    if image is not None and not 1 <= image <= found.images:
        raise ImageError(
            f"there is no image {image} in the WIM, which has {found.images}",
            where=found.path,
            hint="`tasksequence image show` lists its images.",
            hresult=0x80070490,
        )
    return found


def jobs(found: WimFile | None, job: str, **arguments: object) -> Iterator[dict[str, Any]]:
    """Run a job of the tool process and yield its events; raises what it reports."""
    wim = found.path if found is not None else ""
    images = found.images if found is not None else 0
    request = {"job": job, "wim": wim, "parts": other_parts(found), "images": images, **arguments}
    with WorkerProcess(request, _TOOL) as worker:
        for event in worker.events(None):
            if event["event"] == "done":
                return
            if event["event"] == "error":
                raise reported_error(event)
            yield event


def entries(events: Iterator[dict[str, Any]]) -> Iterator[ImageFile]:
    """Yield the files that a job sends."""
    for event in events:
        if event["event"] == "entries":
            yield from map(_file, event["entries"])


def _file(raw: list[Any]) -> ImageFile:
    path, short_name, attributes, security, tag, group, times, streams = raw
    main, *named = [
        FileStream(name=name, size=size, sha1=sha1 if sha1.strip("0") else "", offset=offset)
        for name, size, sha1, offset in streams
    ]
    return ImageFile(
        path=path,
        short_name=short_name,
        attributes=attributes,
        security=sys.intern(security),  # few are many files'
        reparse_tag=tag,
        link_group=group,
        created=times[0],
        modified=times[1],
        accessed=times[2],
        data=main,
        streams=tuple(sorted(named, key=lambda stream: stream.name)),
    )


def other_parts(found: WimFile | None) -> list[str]:
    """Return the files of the other parts of a split WIM.

    Raises `ImageError` if one is missing, or belongs to another WIM.
    """
    if found is None or found.parts == 1:
        return []
    parts = list(islice(part_names(found.path), 1, found.parts))
    for number, part in enumerate(parts, start=2):
        other = read_wim_file(part) if Path(part).exists() else None
        if other is not None and other.guid == found.guid and other.part == number:
            continue
        hint = "Put all its parts into one folder, and no other parts of these names."
        if interrupted_delivery(found.path):
            hint = (
                "A capture was killed while its parts took their places, and all are there: the "
                "next capture to this destination finishes that before all else, and so does "
                "`tasksequence capture … --check-only`."
            )
        if other is None:
            raise ImageError(
                f"part {number} of {found.parts} of this split WIM is missing: {part}",
                where=found.path,
                hint=hint,
                hresult=0x80070002,
            )
        raise ImageError(
            f"parts of two WIMs are mixed: {part} is part {other.part} of {other.parts} of another "
            "WIM"
            if other.guid != found.guid
            else f"{part} is part {other.part} of this split WIM, and should be part {number}",
            where=found.path,
            hint=hint,
            hresult=0x80070570,
        )
    return parts
