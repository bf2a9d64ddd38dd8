"""Reading records and streams of an NTFS volume that is not mounted."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from tasksequence.capture.sources import ntfs_format as form
from tasksequence.capture.sources.ntfs_format import Attribute, FileName, Geometry
from tasksequence.errors import VolumeError

__all__ = ["FIRST_USER_RECORD", "ROOT", "NtfsVolume", "Stream"]

ROOT = 5
"""Record number of the root folder."""
FIRST_USER_RECORD = 16
"""Records below are the file system's own ($MFT, $Bitmap …); so is all that lies in $Extend."""
_CHUNK = 1 << 20
_DEEPEST = 1024
"""Folders above one another; more is a ring in a damaged volume."""


class Stream:
    """Bytes of a non-resident attribute, read through its runs.

    `limit` is the size of the volume: beyond it nothing is read, whatever the runs say.
    """

    def __init__(
        self, descriptor: int, cluster: int, limit: int, parts: Iterable[Attribute]
    ) -> None:
        self._descriptor = descriptor
        self._starts: list[int] = []
        self._runs: list[tuple[int | None, int]] = []
        self._size = 0
        self._initialized = 0
        self._end = 0
        self._cluster = cluster
        self._limit = limit
        for part in parts:
            self.append(part)

    @property
    def size(self) -> int:
        """Bytes that may be there: what a damaged attribute says beyond its runs is left out."""
        return min(self._size, self._end, self._limit)

    def append(self, part: Attribute) -> None:
        """Add the next runs; those which do not follow the last are left out."""
        if part.first_cluster * self._cluster != self._end:
            return
        if not self._end:
            self._size, self._initialized = part.size, part.initialized
        for start, count in part.runs:
            self._starts.append(self._end)
            offset = None if start is None else start * self._cluster
            self._runs.append((offset, count * self._cluster))
            self._end += count * self._cluster

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes from `offset`, fewer at the end of the stream or of the volume."""
        pieces: list[bytes] = []
        end = min(offset + length, self.size)
        while offset < end:
            index = bisect_right(self._starts, offset) - 1
            start, run_length = self._runs[index]
            inside = offset - self._starts[index]
            wanted = min(end - offset, run_length - inside)
            if start is None or offset >= self._initialized:
                piece = bytes(wanted)
            elif start < 0 or start + inside >= self._limit:
                break
            else:
                wanted = min(wanted, self._initialized - offset)
                piece = os.pread(self._descriptor, wanted, start + inside)
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class NtfsVolume:
    """The metadata of an NTFS volume, opened for reading by a file descriptor."""

    def __init__(self, descriptor: int, geometry: Geometry, path: str) -> None:
        self._descriptor = descriptor
        self.geometry = geometry
        self._size = min(os.lseek(descriptor, 0, os.SEEK_END), geometry.volume)
        self._folders: dict[int, str | None] = {ROOT: ""}
        first = b""
        if geometry.mft_start < self._size:
            first = os.pread(descriptor, geometry.record, geometry.mft_start)
        record = form.fixed_up(first, b"FILE")
        if record is None:
            raise VolumeError(
                "the master file table of this NTFS volume cannot be read",
                where=path,
                hint="Check the volume with `chkdsk /f` on Windows, or copy the image again.",
                hresult=0x80070571,
            )
        own = list(form.attributes_of(record))
        parts = [one for one in own if one.type == form.DATA and not one.name]
        self.mft = self._stream(parts)
        # A very fragmented MFT has the rest of its runs in records that its first runs reach.
        for part in self._listed(0, own):
            if part.type == form.DATA and not part.name:
                self.mft.append(part)

    def record(self, number: int) -> bytes | None:
        """Return a record in use, or None when it is free, damaged or beyond the end."""
        size = self.geometry.record
        record = form.fixed_up(self.mft.read(number * size, size), b"FILE")
        return record if record is not None and record[0x16] & 1 else None

    def attributes(self, number: int) -> list[Attribute]:
        """Return a file's attributes, those of its extension records among them."""
        record = self.record(number)
        if record is None:
            return []
        own = list(form.attributes_of(record))
        return [*own, *self._listed(number, own)]

    def names(self, number: int) -> list[FileName]:
        """Return a file's names without 8.3 names: one for each hard link."""
        found = (
            form.file_name(one.value)
            for one in self.attributes(number)
            if one.type == form.FILE_NAME and one.value is not None
        )
        return [name for name in found if name is not None and not name.is_dos]

    def path(self, name: FileName) -> str | None:
        """Return the path of a name with `/`, None outside the tree that users see."""
        folder = self._folder(name.parent)
        return None if folder is None else f"{folder}/{name.name}"

    def content(self, attributes: Iterable[Attribute], length: int) -> bytes:
        """Return the first bytes of the value that these parts of one attribute make up."""
        parts = list(attributes)
        if parts and parts[0].value is not None:
            return parts[0].value[:length]
        return self._stream(parts).read(0, length)

    def read_through(self, number: int) -> None:
        """Read all of a file's streams. Raises the `OSError` of what the disk does not give."""
        names = {one.name for one in self.attributes(number) if one.type == form.DATA}
        for name in names:
            parts = [one for one in self.attributes(number) if one.type == form.DATA]
            stream = self._stream([one for one in parts if one.name == name and one.value is None])
            for offset in range(0, stream.size, _CHUNK):
                stream.read(offset, _CHUNK)

    def entries(self, folder: int) -> Iterator[tuple[int, FileName]]:
        """Yield (record number, name) of a folder's entries, 8.3 names left out."""
        attributes = [one for one in self.attributes(folder) if one.name == "$I30"]
        for one in attributes:
            if one.type == form.INDEX_ROOT and one.value is not None:
                yield from _named(one.value[16:])
        blocks = self._stream([one for one in attributes if one.type == form.INDEX_ALLOCATION])
        bits = self.content([one for one in attributes if one.type == form.BITMAP], 1 << 20)
        size = self.geometry.index_record
        for number in range(min(blocks.size // size, 8 * len(bits))):
            used = bits[number // 8] >> number % 8 & 1
            block = form.fixed_up(blocks.read(number * size, size), b"INDX") if used else None
            if block is not None:
                yield from _named(block[24:])

    def _stream(self, parts: Iterable[Attribute]) -> Stream:
        ordered = sorted(parts, key=lambda part: part.first_cluster)
        return Stream(self._descriptor, self.geometry.cluster, self._size, ordered)

    def _listed(self, number: int, own: list[Attribute]) -> Iterator[Attribute]:
        """Yield the attributes that a file's attribute list places in other records."""
        lists = [one for one in own if one.type == form.ATTRIBUTE_LIST]
        if not lists:
            return
        raw = self.content(lists, 1 << 18)
        seen = {number}
        at = 0
        while at + 26 <= len(raw):
            length = int.from_bytes(raw[at + 4 : at + 6], "little")
            if length < 26:
                return
            other = int.from_bytes(raw[at + 16 : at + 24], "little") & form.REFERENCE_MASK
            if other not in seen:
                seen.add(other)
                record = self.record(other)
                base = b"" if record is None else record[0x20:0x26]
                if record is not None and int.from_bytes(base, "little") == number:
                    yield from form.attributes_of(record)
            at += length

    def _folder(self, reference: int) -> str | None:
        number = reference & form.REFERENCE_MASK
        chain: list[tuple[int, str]] = []
        while number not in self._folders:
            names = self.names(number) if self._is_current(reference) else []
            if number < FIRST_USER_RECORD or not names or len(chain) > _DEEPEST:
                self._folders[number] = None
                break
            chain.append((number, names[0].name))
            reference = names[0].parent
            number = reference & form.REFERENCE_MASK
        path = self._folders[number]
        for below, name in reversed(chain):
            path = None if path is None else f"{path}/{name}"
            self._folders[below] = path
        return path

    def _is_current(self, reference: int) -> bool:
        record = self.record(reference & form.REFERENCE_MASK)
        return record is not None and int.from_bytes(record[0x10:0x12], "little") == reference >> 48


def _named(node: bytes) -> Iterator[tuple[int, FileName]]:
    for reference, name in form.index_entries(node):
        if not name.is_dos:
            yield reference & form.REFERENCE_MASK, name
