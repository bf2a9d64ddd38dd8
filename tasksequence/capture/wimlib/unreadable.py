"""Which of several sources cannot be read: libwim says which record, not of which volume."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tasksequence.capture.sources.ntfs import unreadable_file
from tasksequence.capture.sources.volume_kind import FOLDER, NTFS
from tasksequence.errors import VolumeError

__all__ = ["unreadable_source"]

_RECORD = re.compile(r"NTFS inode (\d+)")


def unreadable_source(log: str, volumes: Iterable[Mapping[str, Any]]) -> tuple[str | None, str]:
    """Return the volume that cannot be read and the file in it, after a failed writing.

    Reads the record that libwim names again, in every NTFS volume. The volume is None and the file
    empty where they cannot be told.
    """
    several = list(volumes)
    found = _RECORD.search(log)
    for volume in several:
        path: str = volume["path"]
        if volume["kind"] == FOLDER and path in log:
            return path, ""
        if volume["kind"] == NTFS and found is not None:
            try:
                file = unreadable_file(path, int(found[1]))
            except VolumeError:
                return path, ""
            if file is not None:
                return path, file
    return (several[0]["path"] if len(several) == 1 else None), ""
