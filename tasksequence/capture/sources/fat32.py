"""A FAT32 volume that is not mounted: its tree with all that FAT keeps, and its files' bytes."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from tasksequence.capture.sources import _fat_format as form
from tasksequence.capture.sources._fat_format import Geometry
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError

__all__ = ["FatEntry", "FatVolume", "is_fat32"]

_CHUNK = 1 << 20
_BOOT_FLAGS = 0x41
"""The reserved byte in which Linux and Windows mark a volume: 1 dirty, 2 to be tested."""
_DEEPEST = 128
_MOST_PARTS = 20
"""Entries of a long name, which has at most 255 characters."""
_LARGEST_FOLDER = 2 << 20
"""Bytes; FAT allows 65,536 entries in a folder."""


class FatEntry(NamedTuple):
    """A file or folder."""

    name: str
    """The long name; the short one where there is no long."""
    short_name: str
    """The 8.3 name beside a long one, else empty."""
    attributes: int
    """As Windows has them: read-only 1, hidden 2, system 4, folder 16, archive 32."""
    created: int
    """FILETIME; FAT's times have no zone and are taken as UTC. 0 for none."""
    accessed: int
    modified: int
    first_cluster: int
    size: int

    @property
    def is_folder(self) -> bool:
        """Tell a folder from a file."""
        return bool(self.attributes & form.DIRECTORY)


class FatVolume:
    """A FAT32 volume, opened for reading; use it as a context."""

    def __init__(self, path: str) -> None:
        """Open a volume; raise `VolumeError` for what is no whole FAT32 volume."""
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise VolumeError(
                f"the volume cannot be read: {error.strerror}",
                where=path,
                hresult=hresult_of_errno(error.errno),
            ) from None
        try:
            boot = self._pread(512, 0)
            geometry = Geometry.from_boot_sector(boot)
            if geometry is None:
                if boot[0x52:0x5A] == b"FAT32   ":
                    raise VolumeError(
                        "the boot sector of this FAT32 volume is damaged",
                        where=path,
                        hint="Repair it on Windows with `chkdsk /f`, or with `fsck.fat`: a copy of "
                        "it is in sector 6. Or copy the image again.",
                        hresult=0x80070571,
                    )
                raise VolumeError(
                    "this is no FAT32 volume",
                    where=path,
                    hresult=0x80070032,
                )
            self._boot_flags = boot[_BOOT_FLAGS]
            size = os.lseek(self._descriptor, 0, os.SEEK_END)
            if size < geometry.size:
                raise VolumeError(
                    f"the volume is cut off: its boot sector says {geometry.size:,} bytes, and "
                    f"there are {size:,}",
                    where=path,
                    hint="Copy the image again; the copy ended early, or the disk was full.",
                    hresult=0x80070026,
                )
            self.geometry = geometry
            at = geometry.fat_start + geometry.active_fat * geometry.fat_size
            self.fat = memoryview(self._pread(4 * (geometry.clusters + 2), at)).cast("I")
        except BaseException:
            os.close(self._descriptor)
            raise
        self._is_checked = False
        self.label, self._root = self._read_root()

    def __enter__(self) -> FatVolume:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the volume."""
        os.close(self._descriptor)

    @property
    def marks(self) -> tuple[str, ...]:
        """What the volume says against itself: it was not unmounted, or sectors failed."""
        found = []
        if not self.fat[1] & form.CLEAN or self._boot_flags & 1:
            found.append("not cleanly unmounted (dirty)")
        if not self.fat[1] & form.NO_ERRORS or self._boot_flags & 2:
            found.append("marked for a test of its surface: reading or writing failed")
        return tuple(found)

    def entries(self, folder: FatEntry | None = None) -> list[FatEntry]:
        """Return what a folder holds, None for the root; `.` and `..` left out.

        Before the first answer the whole tree is checked. Raises `VolumeError` for a volume in
        which a cluster belongs to two files or folders, a chain ends early or runs in a ring, or a
        name cannot be one.
        """
        self._check_tree()
        return self._children(folder)

    def _children(self, folder: FatEntry | None) -> list[FatEntry]:
        if folder is None:
            return self._root
        return list(_entries(self._folder(folder.first_cluster)))

    def _check_tree(self) -> None:
        """Follow every chain once; each cluster may be met once alone."""
        if self._is_checked:
            return
        met = bytearray(self.geometry.clusters + 2)
        self._claim(self.geometry.root, met, "the root folder")
        waiting = [("", self._root, 1)]
        while waiting:
            parent, entries, depth = waiting.pop()
            self.check_depth(depth - 1)
            for entry in entries:
                path = f"{parent}/{entry.name}"
                if not form.is_possible_name(entry.name):
                    raise self._damaged(f"{path!r} cannot be the name of a file")
                clusters = self._claim(entry.first_cluster, met, path)
                missing = entry.size - clusters * self.geometry.cluster
                if missing > 0:
                    raise self._damaged(f"the file {path} ends {missing:,} bytes too early")
                if entry.is_folder and entry.first_cluster:
                    waiting.append((path, self._children(entry), depth + 1))
        self._is_checked = True

    def _claim(self, first: int, met: bytearray, path: str) -> int:
        """Mark the clusters of a chain as used by a path, and return their count."""
        count = 0
        for cluster in self.chain(first) if first else ():
            if met[cluster]:
                raise self._damaged(
                    f"cluster {cluster} of {path} is used twice: its chain runs in a ring, or "
                    "another file or folder has it too"
                )
            met[cluster] = 1
            count += 1
        return count

    def root_entries(self) -> Iterator[tuple[bytes, FatEntry | None]]:
        """Yield the root's entries as they are on the disk, with what each is; None: the label."""
        return _grouped(self._root_raw)

    def walk(self) -> Iterator[tuple[str, FatEntry]]:
        """Yield path (with `/`) and entry of all below the root, a folder before its content.

        Raises `VolumeError` as `entries` does.
        """
        self._check_tree()
        waiting = [("", entry, 1) for entry in reversed(self._root)]
        while waiting:
            parent, entry, depth = waiting.pop()
            path = f"{parent}/{entry.name}"
            yield path, entry
            if entry.is_folder and entry.first_cluster:
                self.check_depth(depth)
                children = reversed(self._children(entry))
                waiting += [(path, child, depth + 1) for child in children]

    def check_depth(self, depth: int) -> None:
        """Raise `VolumeError` for folders nested deeper than any real tree: they run in a ring."""
        if depth >= _DEEPEST:
            raise self._damaged(f"folders are nested more than {_DEEPEST} deep")

    def read(self, entry: FatEntry) -> Iterator[bytes]:
        """Yield a file's bytes in pieces. Raises `VolumeError` for a damaged chain."""
        left = entry.size
        for offset, length in self._runs(entry.first_cluster, left):
            at, end = offset, offset + min(length, left)
            while at < end:
                piece = self._pread(min(_CHUNK, end - at), at)
                at += len(piece)
                left -= len(piece)
                yield piece
        if left:
            raise self._damaged(f"the file {entry.name} ends {left:,} bytes too early")

    def chain(self, cluster: int) -> Iterator[int]:
        """Yield the clusters of a chain. Raises `VolumeError` for a damaged one."""
        for _ in range(self.geometry.clusters + 1):
            if cluster >= form.END_OF_CHAIN:
                return
            if not 2 <= cluster < self.geometry.clusters + 2:
                raise self._damaged(f"a chain of clusters leads to cluster {cluster}")
            yield cluster
            cluster = self.fat[cluster] & form.CLUSTER_MASK
        raise self._damaged("a chain of clusters runs in a ring")

    def _runs(self, first: int, size: int) -> Iterator[tuple[int, int]]:
        """Yield (offset, bytes) of what lies together, as much as `size` needs."""
        if not first or not size:
            return
        cluster = self.geometry.cluster
        start = count = 0
        for number in self.chain(first):
            if count and number == start + count:
                count += 1
            else:
                if count:
                    yield self._offset(start), count * cluster
                start, count = number, 1
            size -= cluster
            if size <= 0:
                break
        yield self._offset(start), count * cluster

    def _offset(self, cluster: int) -> int:
        return self.geometry.data_start + (cluster - 2) * self.geometry.cluster

    def _folder(self, first: int) -> bytes:
        runs = list(self._runs(first, _LARGEST_FOLDER + self.geometry.cluster))
        if sum(length for _, length in runs) > _LARGEST_FOLDER:
            raise self._damaged("the chain of a folder runs in a ring, or is too long")
        return b"".join(self._pread(length, offset) for offset, length in runs)

    def _read_root(self) -> tuple[str, list[FatEntry]]:
        try:
            raw = self._folder(self.geometry.root)
        except VolumeError:
            self.close()
            raise
        self._root_raw = raw
        return _label(raw), list(_entries(raw))

    def _pread(self, length: int, offset: int) -> bytes:
        try:
            piece = os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise VolumeError(
                f"the volume cannot be read: {error.strerror}",
                where=self.path,
                hint="Rescue what can be read with ddrescue first, and name the copy.",
                hresult=hresult_of_errno(error.errno),
            ) from None
        if len(piece) < length:
            raise VolumeError(
                "the volume ends too early",
                where=self.path,
                hresult=0x80070026,
            )
        return piece

    def _damaged(self, what: str) -> VolumeError:
        return VolumeError(
            f"this FAT32 volume is damaged: {what}",
            where=self.path,
            hint="Repair it with `chkdsk /f` on Windows, then capture again.",
            hresult=0x80070571,
        )


def is_fat32(head: bytes) -> bool:
    """Tell from its first 512 bytes whether this is a FAT32 volume."""
    return Geometry.from_boot_sector(head[:512]) is not None


def _label(raw: bytes) -> str:
    for at in range(0, len(raw), form.ENTRY):
        entry = raw[at : at + form.ENTRY]
        if not entry[0]:
            break
        is_name = entry[0] == form.DELETED or entry[11] & 0x3F == form.LONG_NAME
        if not is_name and entry[11] & form.VOLUME_ID:
            return entry[:11].decode("cp437").rstrip(" ")
    return ""


def _entries(raw: bytes) -> Iterator[FatEntry]:
    return (entry for _, entry in _grouped(raw) if entry is not None)


def _grouped(raw: bytes) -> Iterator[tuple[bytes, FatEntry | None]]:
    """Yield the raw entries of each file or folder, its long name's before, and what they say."""
    long_name: list[bytes] = []
    # Which part of a long name comes next, and to which 8.3 name it belongs; Windows takes the 8.3
    # name alone where the parts are not whole and in their order.
    mark, start, expected = -1, 0, 0
    for at in range(0, len(raw) - form.ENTRY + 1, form.ENTRY):
        entry = raw[at : at + form.ENTRY]
        if not entry[0]:
            return
        if entry[0] == form.DELETED:
            long_name = []
        elif entry[11] & 0x3F == form.LONG_NAME:
            if entry[0] & 0x40:
                long_name, mark, start, expected = [], entry[13], at, entry[0] & 0x3F
            if not 0 < expected <= _MOST_PARTS or (entry[0] & 0x3F, entry[13]) != (expected, mark):
                long_name, expected = [], 0
                continue
            long_name.append(form.long_name_part(entry))
            expected -= 1
        else:
            if entry[11] & form.VOLUME_ID:
                yield entry, None
            elif entry[:1] != b".":
                tied = bool(long_name) and not expected and mark == form.checksum(entry)
                found = _entry(entry, b"".join(reversed(long_name)) if tied else b"")
                yield raw[start if tied else at : at + form.ENTRY], found
            long_name = []


def _entry(raw: bytes, long_name: bytes) -> FatEntry:
    attributes, case, tenths, created_time, created, accessed, high, time, date, low, size = (
        struct.unpack_from("<BBBHHHHHHHI", raw, 11)
    )
    short = form.short_name_text(raw)
    name = long_name.decode("utf-16-le", "replace").partition("\0")[0] if long_name else ""
    is_folder = attributes & form.DIRECTORY
    return FatEntry(
        name=name or form.short_name_text(raw, case),
        short_name=short if name else "",
        attributes=attributes & 0x37,
        created=form.filetime(created, created_time, tenths),
        accessed=form.filetime(accessed),
        modified=form.filetime(date, time),
        first_cluster=(high << 16 | low) & form.CLUSTER_MASK,
        size=0 if is_folder else size,
    )
