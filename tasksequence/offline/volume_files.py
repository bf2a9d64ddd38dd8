"""Files of an NTFS volume that is not mounted, found by their Windows paths."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs

from tasksequence.capture.sources import ntfs_format as form
from tasksequence.capture.sources.ntfs import check_volume
from tasksequence.capture.sources.ntfs_format import Geometry
from tasksequence.capture.sources.ntfs_volume import ROOT, NtfsVolume
from tasksequence.capture.sources.signatures import HEAD_BYTES
from tasksequence.errors import VolumeError

__all__ = ["FoundFile", "VolumeFiles"]

_REPARSE_POINT = 0xC0
_COMPRESSED_OR_ENCRYPTED = 0x0001 | 0x4000
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_ATTRIBUTE_FLAGS = 12
"""Where an attribute's header has the bits for compression and encryption."""


@attrs.frozen
class FoundFile:
    """A file or folder of the volume."""

    number: int
    path: str
    """Its path as the volume spells it, with backslashes."""
    is_folder: bool


class VolumeFiles:
    """Finds and reads files by Windows paths; letter case does not matter.

    Raises `VolumeError` for what is no readable NTFS volume.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        check_volume(str(path))
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        head = os.pread(self._descriptor, HEAD_BYTES, 0)
        geometry = Geometry.from_boot_sector(head)
        assert geometry is not None  # check_volume has read it
        try:
            self._volume = NtfsVolume(self._descriptor, geometry, str(path))
        except VolumeError:
            self.close()
            raise
        self._folders: dict[int, dict[str, FoundFile]] = {}

    def close(self) -> None:
        """Close the volume."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> VolumeFiles:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def find(self, path: str) -> FoundFile | None:
        """Return the file or folder of a path without drive, such as `Windows\\System32`."""
        at = FoundFile(ROOT, "", True)
        for part in path.replace("/", "\\").split("\\"):
            if not part:
                continue
            below = self._entries(at).get(part.casefold()) if at.is_folder else None
            if below is None:
                return None
            at = below
        return at

    def modified(self, found: FoundFile) -> datetime | None:
        """Return when a file was changed last."""
        for one in self._volume.attributes(found.number):
            if one.type == form.STANDARD_INFORMATION and one.value and len(one.value) >= 16:
                ticks = int.from_bytes(one.value[8:16], "little")
                try:
                    return _EPOCH + timedelta(microseconds=ticks // 10)
                except OverflowError:
                    return None
        return None

    def content(self, found: FoundFile, limit: int) -> bytes | None:
        """Return a file's bytes, up to `limit`; None where they cannot be read here.

        So it is with files that are compressed or encrypted.
        """
        attributes = self._volume.attributes(found.number)
        if self._is_packed(found.number) or any(one.type == _REPARSE_POINT for one in attributes):
            return None
        return self._volume.content(
            [one for one in attributes if one.type == form.DATA and not one.name], limit
        )

    def size(self, found: FoundFile) -> int:
        """Return a file's size in bytes."""
        for one in self._volume.attributes(found.number):
            if one.type == form.DATA and not one.name and one.first_cluster == 0:
                return one.size
        return 0

    def _entries(self, folder: FoundFile) -> dict[str, FoundFile]:
        known = self._folders.get(folder.number)
        if known is None:
            known = {
                name.name.casefold(): FoundFile(
                    number, f"{folder.path}\\{name.name}", name.is_folder
                )
                for number, name in self._volume.entries(folder.number)
            }
            self._folders[folder.number] = known
        return known

    def _is_packed(self, number: int) -> bool:
        """Tell whether the main stream is compressed or encrypted, by its attribute's flags."""
        record = self._volume.record(number)
        if record is None:
            return True
        at = int.from_bytes(record[0x14:0x16], "little")
        while at + 16 <= len(record):
            kind = int.from_bytes(record[at : at + 4], "little")
            length = int.from_bytes(record[at + 4 : at + 8], "little")
            if length < 24 or kind > form.DATA:
                return False
            if kind == form.DATA and not record[at + 9]:
                start = at + _ATTRIBUTE_FLAGS
                flags = int.from_bytes(record[start : start + 2], "little")
                return bool(flags & _COMPRESSED_OR_ENCRYPTED)
            at += length
        return False
