"""Writing a tree to a FAT32 volume in place of what is there.

The volume keeps its boot sector, label and size, and the control files of a task sequence; all
else gets new folders, chains and entries. While it is written the volume is marked as dirty, and
at any moment it can be read: first the root loses all but what is kept, last it gets the new tree.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from tasksequence.capture.sources import _fat_format as form
from tasksequence.capture.sources.fat32 import FatEntry, FatVolume
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError
from tasksequence.images._control_files import is_control_file

__all__ = ["FatNode", "check_fat32", "replace_fat32"]

_BAD = 0x0FFFFFF7
_END = 0x0FFFFFFF
_LARGEST_FILE = (1 << 32) - 1
_LARGEST_FOLDER = 65_536 * form.ENTRY
_FSINFO_FREE = 488
_BOOT_FLAGS, _BOOT_DIRTY = 0x41, 1
"""Where Linux and Windows mark a volume as dirty, too."""
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


def check_fat32(path: str, root: list[FatNode]) -> int:
    """Return the bytes of files and folders of a tree; nothing is written.

    Raises `VolumeError` for a tree that does not fit the volume.
    """
    with FatVolume(path) as volume:
        return _Writer(volume, path).check(root)


def replace_fat32(
    path: str, root: list[FatNode], source: int, on_change: Callable[[], None] = lambda: None
) -> None:
    """Replace what is on a FAT32 volume by a tree; contents are read from descriptor `source`.

    `on_change` is called before the first write. Raises `VolumeError` before anything is written
    for a tree that does not fit.
    """
    with FatVolume(path) as volume:
        _Writer(volume, path).write(root, source, on_change)


class _Writer:
    def __init__(self, volume: FatVolume, path: str) -> None:
        self._volume = volume
        self._geometry = volume.geometry
        self._path = path
        self._fat = array("I", volume.fat)
        self._kept = _kept_entries(volume)
        self._target = -1
        self._next = 2

    def check(self, root: list[FatNode]) -> int:
        taken = self._taken()
        for cluster in range(2, len(self._fat)):
            if self._fat[cluster] & form.CLUSTER_MASK != _BAD and cluster not in taken:
                self._fat[cluster] = 0
        return self._check_room(root)

    def write(self, root: list[FatNode], source: int, on_change: Callable[[], None]) -> None:
        self.check(root)
        clean = self._fat[1] | form.CLEAN
        try:
            self._target = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise VolumeError(
                f"the volume cannot be written: {error.strerror}",
                where=self._path,
                hresult=hresult_of_errno(error.errno or 0),
            ) from None
        try:
            on_change()
            self._fat[1] = clean & ~form.CLEAN
            self._write_root(root, source)
            os.fsync(self._target)
            self._fat[1] = clean
            self._write_fat()
            self._write_info()
            flags = os.pread(self._target, 1, _BOOT_FLAGS)[0]
            self._pwrite(bytes([flags & ~_BOOT_DIRTY]), _BOOT_FLAGS)
            os.fsync(self._target)
        except OSError as error:
            raise VolumeError(
                f"the volume cannot be written: {error.strerror}",
                where=self._path,
                hint="See that its disk is sound, and that the file system under a virtual disk "
                "has room; then apply again.",
                hresult=hresult_of_errno(error.errno or 0),
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

    def _check_room(self, root: list[FatNode]) -> int:
        kept = sum(len(raw) for raw, _ in self._kept)
        size = kept + _folder_bytes(root, is_root=True)
        self._check_folder("the root folder", size)
        needed = self._clusters(size)
        for node in _walk(root):
            if node.children is None and node.size > _LARGEST_FILE:
                raise VolumeError(
                    f"{node.name} has {node.size:,} bytes, and FAT32 takes at most "
                    f"{_LARGEST_FILE:,}",
                    where=self._path,
                    hresult=0x800700DF,
                )
            size = node.size if node.children is None else _folder_bytes(node.children)
            if node.children is not None:
                self._check_folder(f"the folder {node.name}", size)
            needed += self._clusters(size)
        free = sum(1 for cluster in range(2, len(self._fat)) if not self._fat[cluster])
        if needed > free:
            raise VolumeError(
                f"the image needs {needed * self._geometry.cluster:,} bytes, and the volume has "
                f"{free * self._geometry.cluster:,}",
                where=self._path,
                hint="Apply it to a larger volume.",
                hresult=0x80070070,
            )
        return needed * self._geometry.cluster

    def _check_folder(self, name: str, size: int) -> None:
        if size > _LARGEST_FOLDER:
            raise VolumeError(
                f"{name} needs {size // form.ENTRY:,} entries for its files and their long names, "
                f"and FAT32 takes at most {_LARGEST_FOLDER // form.ENTRY:,}",
                where=self._path,
                hint="Apply the image to an NTFS volume.",
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
        chain = self._allocate(size, self._geometry.root)
        self._write_chain(kept, chain)
        self._write_fat()
        short = {raw[-form.ENTRY :][:11] for raw, entry in self._kept if entry is not None}
        content = self._write_content(root, kept, 0, short, source)
        self._write_fat()
        os.fsync(self._target)
        self._write_chain(content, chain)

    def _write_content(
        self, nodes: list[FatNode], head: bytes, own: int, taken: set[bytes], source: int
    ) -> bytes:
        """Write what is in a folder; return its own entries, which begin with `head`.

        `own` is the folder's first cluster, 0 for the root; `taken` are 8.3 names in use.
        """
        content = bytearray(head)
        for node, short in _with_short_names(nodes, taken):
            if node.children is not None:
                below = self._allocate(_folder_bytes(node.children))
                first = below[0]
                dots = _dots(node, first, own)
                self._write_chain(
                    self._write_content(node.children, dots, first, set(), source), below
                )
            else:
                clusters = self._allocate(node.size)
                first = clusters[0] if clusters else 0
                self._copy(node, clusters, source)
            content += _entries_of(node, first, short)
        return bytes(content)

    def _write_chain(self, content: bytes, chain: list[int]) -> None:
        size = self._geometry.cluster
        content = content.ljust(len(chain) * size, b"\0")
        for at, cluster in enumerate(chain):
            self._pwrite(content[at * size : (at + 1) * size], self._offset(cluster))

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


def _with_short_names(
    nodes: list[FatNode], taken: set[bytes]
) -> Iterator[tuple[FatNode, bytes | None]]:
    """Yield each node with the 8.3 name beside its long one, None where its name is 8.3 itself."""
    short: dict[int, bytes | None] = {}
    for at, node in enumerate(nodes):
        plain = _plain_name(node)
        if plain is not None and plain not in taken:
            taken.add(plain)
            short[at] = None
    for at, node in enumerate(nodes):
        given = _short_bytes(node.short_name) if at not in short else None
        if given is not None and given not in taken:
            taken.add(given)
            short[at] = given
    for at, node in enumerate(nodes):
        yield node, short[at] if at in short else _invented(node.name, taken)


def _plain_name(node: FatNode) -> bytes | None:
    """Return the name of an entry that needs no long name, None if it needs one."""
    if node.short_name or _case_bits(node.name) is None:
        return None
    return _short_bytes(node.name.upper())


def _entries_of(node: FatNode, cluster: int, short: bytes | None) -> bytes:
    if short is not None:
        return form.long_name_entries(node.name, short) + _entry(short, node, cluster, 0)
    plain = _plain_name(node)
    assert plain is not None
    return _entry(plain, node, cluster, _case_bits(node.name) or 0)


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


def _invented(name: str, taken: set[bytes]) -> bytes:
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
        raw = _short_bytes(short)
        assert raw is not None
        if raw not in taken:
            taken.add(raw)
            return raw
        number += 1


def _folder_bytes(nodes: list[FatNode], *, is_root: bool = False) -> int:
    """Return the bytes of a folder's entries; in the root each name may need a long one."""
    units = form.LONG_NAME_CHARACTERS * 2
    entries = 0 if is_root else 2
    for node in nodes:
        entries += 1
        if is_root or _plain_name(node) is None:
            entries += -(-len(node.name.encode("utf-16-le", "surrogatepass")) // units)
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
