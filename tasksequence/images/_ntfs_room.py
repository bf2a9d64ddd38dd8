"""Whether an image fits on an NTFS volume once it is emptied, reckoned before anything is removed.

Counted as ntfs-3g lays files out: clusters, records of the master file table, index blocks and
security descriptors, beside the volume's own files and what stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from tasksequence.capture.sources.ntfs_format import Geometry
from tasksequence.capture.sources.ntfs_volume import ROOT, NtfsVolume
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError
from tasksequence.images._control_files import is_control_file
from tasksequence.images.contents import ImageFile

__all__ = ["NtfsRoom", "ntfs_room"]

_SPARSE, _COMPRESSED = 0x200, 0x800
_SYSTEM_RECORDS = 24
_EXTEND = 11
_INDEX_ENTRY, _NAME_ATTRIBUTE, _DATA_ATTRIBUTE = 82, 90, 24
"""Bytes beside a name (or a value) of an index entry, a $FILE_NAME, a resident $DATA."""
_RECORD_HEAD = 56 + 96 + 8
"""Head and end of a record, and its $STANDARD_INFORMATION."""
_RESIDENT_INDEX = 400
"""Bytes of entries that a folder keeps in its record, about."""
_INDEX_FILL = 2
"""Index blocks are split in halves: filled in order, each stays half empty."""
_LARGEST_RESIDENT = 1000
_SLACK = 512
"""One part in so many is for what is not counted: extents of fragmented files, bitmaps."""


class NtfsRoom(NamedTuple):
    """Bytes that an image takes, and bytes that there are for it."""

    needed: int
    uncertain: int
    """More that sparse and compressed files may take: how much, only their content tells."""
    available: int


def ntfs_room(path: str, files: Iterable[ImageFile]) -> NtfsRoom:
    """Reckon what files take on a volume, and what it has for them. Raises `VolumeError`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        boot = os.pread(descriptor, 512, 0)
        geometry = Geometry.from_boot_sector(boot) if len(boot) == 512 else None
        if geometry is None:
            raise VolumeError("this is no NTFS volume", where=path, hresult=0x80070032)
        volume = NtfsVolume(descriptor, geometry, path)
        kept = _Kept(volume)
    except OSError as error:
        raise VolumeError(
            f"the volume cannot be read: {error.strerror}",
            where=path,
            hresult=hresult_of_errno(error.errno or 0),
        ) from None
    finally:
        os.close(descriptor)
    need = _Need(geometry)
    for file in files:
        need.add(file)
    records = _clusters(geometry, (kept.records + need.records) * geometry.record)
    table = max(records - _clusters(geometry, volume.mft.size), 0)
    needed = need.bytes() + table
    available = geometry.volume - geometry.volume % geometry.cluster - kept.bytes
    return NtfsRoom(needed + needed // _SLACK, need.uncertain, max(available, 0))


def _clusters(geometry: Geometry, size: int) -> int:
    """Round bytes up to whole clusters."""
    return -(-size // geometry.cluster) * geometry.cluster


class _Kept:
    """What stays on a volume: its own files, its master file table too, and control files."""

    def __init__(self, volume: NtfsVolume) -> None:
        self._volume = volume
        self.bytes = 0
        self.records = _SYSTEM_RECORDS
        for number in range(_SYSTEM_RECORDS):
            self._count(number)
        for number, _ in volume.entries(_EXTEND):
            self._count_new(number)
        for number, name in volume.entries(ROOT):
            if is_control_file(name.name):
                self._count_tree(number)

    def _count_tree(self, number: int) -> None:
        waiting, seen = [number], set()
        while waiting:
            at = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            self._count_new(at)
            waiting += [child for child, _ in self._volume.entries(at)]

    def _count_new(self, number: int) -> None:
        if number >= _SYSTEM_RECORDS:
            self.records += 1
            self._count(number)

    def _count(self, number: int) -> None:
        runs = (run for one in self._volume.attributes(number) for run in one.runs)
        clusters = sum(count for start, count in runs if start is not None)
        self.bytes += clusters * self._volume.geometry.cluster


class _Need:
    """What an image's files take."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self.records = 0
        self.uncertain = 0
        self._data = 0
        self._indexes: dict[str, int] = {}
        self._links: set[int] = set()
        self._security: set[str] = set()

    def add(self, file: ImageFile) -> None:
        parent, _, name = file.path.rpartition("/")
        names = [name, *([file.short_name] if file.short_name else [])]
        sizes = [len(one.encode("utf-16-le", "surrogatepass")) for one in names]
        if name:
            entries = sum(_aligned(_INDEX_ENTRY + size) for size in sizes)
            self._indexes[parent] = self._indexes.get(parent, 0) + entries
        if file.link_group and file.link_group in self._links:
            return
        self._links.add(file.link_group)
        self.records += 1
        self._security.add(file.security)
        used = _RECORD_HEAD + sum(_aligned(_NAME_ATTRIBUTE + size) for size in sizes)
        for stream in file.streams:
            used = self._add_data(stream.size, used, 2 * len(stream.name))
        if file.attributes & (_SPARSE | _COMPRESSED) and not file.reparse_tag:
            self.uncertain += _clusters(self._geometry, file.data.size)
        elif file.data.size or not file.is_folder:
            self._add_data(file.data.size, used, 0)

    def bytes(self) -> int:
        """Return all but the records."""
        block = _clusters(self._geometry, self._geometry.index_record)
        usable = self._geometry.index_record - 128
        indexes = sum(
            -(-size * _INDEX_FILL // usable) * block
            for size in self._indexes.values()
            if size > _RESIDENT_INDEX
        )
        # $Secure keeps each descriptor twice, and two index entries of 88 bytes.
        security = sum(2 * (len(one) // 2 + 36) + 96 * _INDEX_FILL for one in self._security)
        return self._data + indexes + _clusters(self._geometry, security)

    def _add_data(self, size: int, used: int, name: int) -> int:
        """Count a stream, and return what its file's record holds then."""
        resident = _aligned(_DATA_ATTRIBUTE + name + size)
        if size <= _LARGEST_RESIDENT and used + resident <= self._geometry.record:
            return used + resident
        self._data += _clusters(self._geometry, size)
        return used + 64 + _aligned(name) + 16


def _aligned(size: int) -> int:
    return -(-size // 8) * 8
