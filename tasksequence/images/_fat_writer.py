"""Writing a tree to a FAT32 volume in place of what is there.

The volume keeps its boot sector, label and size, and the control files of a task sequence; all
else gets new folders, chains and entries. While it is written the volume is marked as dirty.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from tasksequence.capture.sources import _fat_format as form
from tasksequence.capture.sources.fat32 import FatEntry, FatVolume
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError
from tasksequence.images._erase import is_control_file

__all__ = ["FatNode", "replace_fat32"]

_BAD = 0x0FFFFFF7
_END = 0x0FFFFFFF
_LARGEST_FILE = (1 << 32) - 1
_FSINFO_FREE = 488
_LOWER_BASE, _LOWER_EXTENSION = 0x08, 0x10
_NOT_SHORT = frozenset('"*+,./:;<=>?[\\]| ')


class FatNode(NamedTuple):
    """A file or folder to write; `children` is None for files."""

    name: str
    short_name: str
    """The 8.3 name beside a long one, else empty."""
    attributes: int
    times: tuple[int, int, int]
    """Created, accessed, modified, as FILETIME."""
    size: int
    source: tuple[int, int]
    """Offset and bytes of the content in the file that it is read from."""
    children: list[FatNode] | None


def replace_fat32(path: str, root: list[FatNode], source: int) -> None:
    """Replace what is on a FAT32 volume by a tree; contents are read from descriptor `source`.

    Raises `VolumeError` before anything is written for a tree that does not fit.
    """
    with FatVolume(path) as volume:
        _Writer(volume, path).write(root, source)


class _Writer:
    def __init__(self, volume: FatVolume, path: str) -> None:
        self._volume = volume
        self._geometry = volume.geometry
        self._path = path
        self._fat = array("I", volume.fat)
        self._kept = _kept_entries(volume)
        self._target = -1
        self._next = 2

    def write(self, root: list[FatNode], source: int) -> None:
        taken = self._taken()
        for cluster in range(2, len(self._fat)):
            if self._fat[cluster] & form.CLUSTER_MASK != _BAD and cluster not in taken:
                self._fat[cluster] = 0
        self._check_room(root)
        clean = self._fat[1] | form.CLEAN
        try:
            self._target = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise VolumeError(
                f"the volume cannot be written: {error.strerror}",
                where=self._path,
                hresult=hresult_of_errno(error.errno),
            ) from None
        try:
            self._fat[1] = clean & ~form.CLEAN
            self._write_fat()
            self._write_root(root, source)
            os.fsync(self._target)
            self._fat[1] = clean
            self._write_fat()
            self._write_info()
            os.fsync(self._target)
        except OSError as error:
            raise VolumeError(
                f"the volume cannot be written, and is incomplete: {error.strerror}",
                where=self._path,
                hresult=hresult_of_errno(error.errno),
            ) from None
        finally:
            os.close(self._target)

    def _taken(self) -> set[int]:
        """Return the clusters of what is kept."""
        volume = self._volume
        taken: set[int] = set()
        waiting = [entry for _, entry in self._kept if entry is not None]
        while waiting:
            entry = waiting.pop()
            if not entry.first_cluster or entry.first_cluster in taken:
                continue
            taken.update(volume.chain(entry.first_cluster))
            if entry.is_folder:
                waiting += volume.entries(entry)
        return taken

    def _check_room(self, root: list[FatNode]) -> None:
        kept = sum(len(raw) for raw, _ in self._kept)
        needed = self._clusters(kept + _folder_bytes(root, is_root=True))
        for node in _walk(root):
            if node.children is None and node.size > _LARGEST_FILE:
                raise VolumeError(
                    f"{node.name} has {node.size:,} bytes, and FAT32 takes at most "
                    f"{_LARGEST_FILE:,}",
                    where=self._path,
                    hresult=0x800700DF,
                )
            size = node.size if node.children is None else _folder_bytes(node.children)
            needed += self._clusters(size)
        free = sum(1 for cluster in range(2, len(self._fat)) if not self._fat[cluster])
        if needed > free:
            raise VolumeError(
                f"the image needs {needed * self._geometry.cluster:,} bytes, and the volume has "
                f"{free * self._geometry.cluster:,}",
                where=self._path,
                hint="Apply it to a larger volume; nothing was changed.",
                hresult=0x80070070,
            )

    def _clusters(self, size: int) -> int:
        return -(-size // self._geometry.cluster)

    def _allocate(self, size: int, first: int = 0) -> list[int]:
        """Chain free clusters for so many bytes; `first` is the one to begin with, if any."""
        count = self._clusters(size)
        chain = [first] if first else []
        while len(chain) < count:
            while self._fat[self._next]:
                self._next += 1
            chain.append(self._next)
            self._fat[self._next] = _END
        for cluster, following in pairwise([*chain, _END]):
            self._fat[cluster] = following
        return chain

    def _write_root(self, root: list[FatNode], source: int) -> None:
        kept = b"".join(raw for raw, _ in self._kept)
        size = max(1, len(kept) + _folder_bytes(root, is_root=True))
        self._fat[self._geometry.root] = _END
        self._write_folder(root, kept, self._allocate(size, self._geometry.root), source)

    def _write_folder(
        self, nodes: list[FatNode], head: bytes, chain: list[int], source: int
    ) -> None:
        """Write a folder's content and its own entries, which begin with `head`, to a chain."""
        parent = 0 if chain[0] == self._geometry.root else chain[0]
        content = bytearray(head)
        taken = {node.short_name.upper() for node in nodes if node.short_name}
        for node in nodes:
            if node.children is not None:
                below = self._allocate(_folder_bytes(node.children))
                self._write_folder(node.children, _dots(node, below[0], parent), below, source)
                content += _entries_of(node, below[0], taken)
            else:
                clusters = self._allocate(node.size)
                self._copy(node, clusters, source)
                content += _entries_of(node, clusters[0] if clusters else 0, taken)
        content += bytes(len(chain) * self._geometry.cluster - len(content))
        for at, cluster in enumerate(chain):
            start = at * self._geometry.cluster
            piece = bytes(content[start : start + self._geometry.cluster])
            self._pwrite(piece, self._offset(cluster))

    def _copy(self, node: FatNode, clusters: list[int], source: int) -> None:
        at, left = node.source[0], node.size
        for start, count in _runs(clusters):
            offset, room = self._offset(start), count * self._geometry.cluster
            while room and left:
                piece = os.pread(source, min(left, room, 1 << 20), at)
                if not piece:
                    raise VolumeError(
                        f"the content of {node.name} ends too early",
                        where=self._path,
                        hresult=0x80070026,
                    )
                self._pwrite(piece, offset)
                at, left = at + len(piece), left - len(piece)
                offset, room = offset + len(piece), room - len(piece)
            # Windows leaves what was there before; zeros give nothing of the old content away.
            if room and start + count - 1 == clusters[-1]:
                self._pwrite(bytes(room), offset)

    def _offset(self, cluster: int) -> int:
        return self._geometry.data_start + (cluster - 2) * self._geometry.cluster

    def _write_fat(self) -> None:
        raw = self._fat.tobytes()
        for number in range(self._geometry.fats):
            self._pwrite(raw, self._geometry.fat_start + number * self._geometry.fat_size)

    def _write_info(self) -> None:
        if not self._geometry.info:
            return
        free = sum(1 for cluster in range(2, len(self._fat)) if not self._fat[cluster])
        self._pwrite(struct.pack("<II", free, self._next), self._geometry.info + _FSINFO_FREE)

    def _pwrite(self, data: bytes, offset: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._target, view, offset)
            view, offset = view[written:], offset + written


def _kept_entries(volume: FatVolume) -> list[tuple[bytes, FatEntry | None]]:
    """Return raw entries of the root that stay, and the file or folder of each (None: label)."""
    return [
        (raw, entry)
        for raw, entry in volume.root_entries()
        if entry is None or is_control_file(entry.name)
    ]


def _dots(node: FatNode, own: int, parent: int) -> bytes:
    return _entry(b".          ", node, own, 0) + _entry(b"..         ", node, parent, 0)


def _entries_of(node: FatNode, cluster: int, taken: set[str]) -> bytes:
    if node.short_name:
        short = _short_bytes(node.short_name)
        case = 0
    else:
        plain = _short_bytes(node.name.upper())
        bits = _case_bits(node.name)
        if plain is not None and bits is not None:
            return _entry(plain, node, cluster, bits)
        short, case = _invented(node.name, taken), 0
    if short is None:
        short = _invented(node.name, taken)
    return form.long_name_entries(node.name, short) + _entry(short, node, cluster, case)


def _entry(short: bytes, node: FatNode, cluster: int, case: int) -> bytes:
    created, accessed, modified = node.times
    created_date, created_time, tenths = form.fat_time(created)
    accessed_date = form.fat_time(accessed)[0]
    date, time, _ = form.fat_time(modified)
    return short + struct.pack(
        "<BBBHHHHHHHI",
        node.attributes & 0x27 | (form.DIRECTORY if node.children is not None else 0),
        case,
        tenths,
        created_time,
        created_date,
        accessed_date,
        cluster >> 16,
        time,
        date,
        cluster & 0xFFFF,
        node.size if node.children is None else 0,
    )


def _short_bytes(name: str) -> bytes | None:
    """Return an 8.3 name as it stands in an entry, None for what is none."""
    base, dot, extension = name.rpartition(".") if "." in name else (name, "", "")
    if not base or (dot and not extension) or _NOT_SHORT & set(base + extension):
        return None
    try:
        raw_base, raw_extension = base.encode("cp437"), extension.encode("cp437")
    except UnicodeEncodeError:
        return None
    if len(raw_base) > 8 or len(raw_extension) > 3:
        return None
    raw = raw_base.ljust(8) + raw_extension.ljust(3)
    return b"\x05" + raw[1:] if raw[0] == form.DELETED else raw


def _case_bits(name: str) -> int | None:
    """Return the bits by which an 8.3 name is written in small letters; None for mixed case."""
    base, _, extension = name.partition(".")
    bits = 0
    for part, bit in ((base, _LOWER_BASE), (extension, _LOWER_EXTENSION)):
        if part == part.upper():
            continue
        if part != part.lower() or not part.isascii():
            return None
        bits |= bit
    return bits if name.isascii() else None


def _invented(name: str, taken: set[str]) -> bytes:
    """Make an 8.3 name for a long one, as Windows does: LONGNA~1.TXT."""
    stem, _, extension = name.upper().rpartition(".")
    stem = stem or name.upper()
    extension = extension if stem != name.upper() else ""
    keep = [text.encode("ascii", "ignore").decode() for text in (stem, extension)]
    stem, extension = ("".join(c for c in text if c not in _NOT_SHORT) for text in keep)
    number = 1
    while True:
        tail = f"~{number}"
        short = f"{(stem or 'FILE')[: 8 - len(tail)]}{tail}"
        short = f"{short}.{extension[:3]}" if extension else short
        if short not in taken:
            taken.add(short)
            raw = _short_bytes(short)
            assert raw is not None
            return raw
        number += 1


def _folder_bytes(nodes: list[FatNode], *, is_root: bool = False) -> int:
    """Return the bytes of a folder's entries, at most: each long name may need its own."""
    units = form.LONG_NAME_CHARACTERS * 2
    entries = 0 if is_root else 2
    for node in nodes:
        entries += 1 + -(-len(node.name.encode("utf-16-le", "surrogatepass")) // units)
    return entries * form.ENTRY


def _walk(nodes: Iterable[FatNode]) -> Iterator[FatNode]:
    for node in nodes:
        yield node
        yield from _walk(node.children or ())


def _runs(clusters: list[int]) -> Iterator[tuple[int, int]]:
    start = count = 0
    for cluster in clusters:
        if count and cluster == start + count:
            count += 1
            continue
        if count:
            yield start, count
        start, count = cluster, 1
    if count:
        yield start, count
