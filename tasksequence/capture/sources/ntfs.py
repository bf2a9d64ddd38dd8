"""What has to be known of an NTFS volume before it is captured, read without mounting it."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tasksequence.capture.sources import ntfs_format as form
from tasksequence.capture.sources._ntfs_journal import LARGEST_PAGE, journal_in_use
from tasksequence.capture.sources.ntfs_format import FileName, Geometry
from tasksequence.capture.sources.ntfs_volume import FIRST_USER_RECORD, ROOT, NtfsVolume
from tasksequence.capture.sources.signatures import HEAD_BYTES, identify
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError

__all__ = [
    "PAGE_FILES",
    "Inspection",
    "Look",
    "NtfsTree",
    "check_volume",
    "data_bytes",
    "inspect",
    "is_ntfs",
    "look_at",
    "tree_below",
    "unreadable_file",
]

_CHUNK = 1 << 21
"""Bytes of the MFT that are scanned at once; a multiple of every record size."""

_VOLUME_RECORD = 3
_IS_DIRTY = 0x0001
_IS_ENCRYPTED = 0x4000
"""FILE_ATTRIBUTE_ENCRYPTED in $STANDARD_INFORMATION."""

# Where these lie in a record of NTFS 3.1, whose first attribute is $STANDARD_INFORMATION at 0x38.
_FIRST_ATTRIBUTE = 0x38
_ATTRIBUTES_BYTE = _FIRST_ATTRIBUTE + 24 + 33
_ENCRYPTED_BIT = bytes(1 if byte & _IS_ENCRYPTED >> 8 else 0 for byte in range(256))
_USED_BIT = bytes(byte & 1 for byte in range(256))
_EA_HEADER = re.compile(re.escape(form.EA.to_bytes(4, "little")))

_HIBERNATION_HEADER = 4096
"""Windows' hibernation header is one page; ntfs-3g takes a shorter file for hibernation too."""


class Inspection(NamedTuple):
    """What a look at a volume's metadata found."""

    label: str
    marks: tuple[str, ...]
    """What the volume says against itself: dirty, or its journal is in use."""
    records: int
    """Records of the master file table in use, about one for each file and folder."""
    encrypted: dict[str, int]
    """Paths of encrypted files and folders, with each one's record number."""
    extended_attributes: list[str]
    """One path of each file that has extended attributes ($EA)."""


def is_ntfs(head: bytes) -> bool:
    """Tell from its first 512 bytes whether this is an NTFS volume."""
    is_whole = len(head) >= 512 and head[510:512] == b"\x55\xaa"
    return is_whole and head[3:11] == b"NTFS    " and Geometry.from_boot_sector(head) is not None


def check_volume(path: str) -> None:
    """Refuse a path that cannot be one whole NTFS volume, by its first bytes and its size.

    Raises `VolumeError`.
    """
    with _opened(path) as (descriptor, geometry):
        size = os.lseek(descriptor, 0, os.SEEK_END)
    if size < geometry.volume:
        raise VolumeError(
            f"the volume is cut off: its boot sector says {geometry.volume:,} bytes, "
            f"and there are {size:,}",
            where=path,
            hint="Copy the image again; the copy ended early, or the disk was full.",
            hresult=0x80070026,
        )


def inspect(path: str) -> Inspection:
    """Read the volume's own state and find the files whose content no WIM takes from here.

    Scans the master file table once, at about the speed of reading it. Raises `VolumeError` for
    a hibernated volume and for one that cannot be read; damaged records are passed over.
    """
    with _opened(path) as (descriptor, geometry):
        try:
            volume = NtfsVolume(descriptor, geometry, path)
            _refuse_hibernated(volume, path)
            label, dirty = _volume_information(volume)
            return _scan(volume, label, _marks(volume, dirty=dirty))
        except OSError as error:
            raise _unreadable(path, error) from None


class Look(NamedTuple):
    """What a short look at a volume says of it."""

    label: str
    marks: tuple[str, ...]
    """What the volume says against itself: dirty, or its journal is in use."""
    hibernated: bool
    names: frozenset[str]
    """Names in the root folder, in lower case."""
    has_windows: bool
    """There is a Windows with its registry."""


_REGISTRY = ("windows", "system32", "config", "software")


def look_at(path: str) -> Look:
    """Read label, state and root folder of a volume. Raises `VolumeError` if it is no NTFS."""
    with _opened(path) as (descriptor, geometry):
        try:
            volume = NtfsVolume(descriptor, geometry, path)
            label, dirty = _volume_information(volume)
            names = frozenset(name.name.lower() for _, name in volume.entries(ROOT))
            return Look(
                label=label,
                marks=_marks(volume, dirty=dirty),
                hibernated=_is_hibernated(volume),
                names=names,
                has_windows=_holds(volume, _REGISTRY),
            )
        except OSError as error:
            raise _unreadable(path, error) from None


def _holds(volume: NtfsVolume, path: tuple[str, ...]) -> bool:
    number = ROOT
    for part in path:
        found = [child for child, name in volume.entries(number) if name.name.lower() == part]
        if not found:
            return False
        number = found[0]
    return True


def tree_below(path: str, folder: str, number: int) -> Iterator[str]:
    """Yield the paths of all files and folders below a folder, given by path and record number.

    For a file, and for what cannot be read, yields nothing. Raises `VolumeError`.
    """
    with _opened(path) as (descriptor, geometry):
        try:
            volume = NtfsVolume(descriptor, geometry, path)
            waiting = [(folder.rstrip("/"), number)]
            seen = {number}
            while waiting:
                parent, at = waiting.pop()
                for child, name in volume.entries(at):
                    if child < FIRST_USER_RECORD:
                        continue
                    below = f"{parent}/{name.name}"
                    yield below
                    if name.is_folder and child not in seen:
                        seen.add(child)
                        waiting.append((below, child))
        except OSError as error:
            raise _unreadable(path, error) from None


class NtfsTree:
    """The files and folders of a volume, by path and record number; use it as a context."""

    def __init__(self, path: str) -> None:
        """Open a volume. Raises `VolumeError`."""
        self._path = path
        self._stack = ExitStack()
        descriptor, geometry = self._stack.enter_context(_opened(path))
        try:
            self._volume = NtfsVolume(descriptor, geometry, path)
        except OSError as error:
            self._stack.close()
            raise _unreadable(path, error) from None
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> NtfsTree:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def walk(
        self, number: int = ROOT, skip: Callable[[str], bool] | None = None
    ) -> Iterator[tuple[str, int, bool]]:
        """Yield path, record number and whether it is a folder, of all below a folder.

        Below a folder for whose path `skip` is true nothing is yielded.
        """
        waiting = [("", number)]
        seen = {number}
        while waiting:
            parent, at = waiting.pop()
            try:
                entries = list(self._volume.entries(at))
            except OSError as error:
                raise _unreadable(self._path, error) from None
            for child, name in entries:
                if child < FIRST_USER_RECORD:
                    continue
                path = f"{parent}/{name.name}"
                yield path, child, name.is_folder
                if name.is_folder and child not in seen and not (skip and skip(path)):
                    seen.add(child)
                    waiting.append((path, child))

    def size(self, number: int) -> int:
        """Return the bytes of a file's main stream."""
        try:
            attributes = self._volume.attributes(number)
        except OSError as error:
            raise _unreadable(self._path, error) from None
        for one in attributes:
            if one.type == form.DATA and not one.name and not one.first_cluster:
                return one.size
        return 0

    def allocated(self, number: int) -> tuple[int, int]:
        """Return the bytes that a file's main stream takes on the volume, and its names' number."""
        try:
            return _allocated(self._volume, number), len(self._volume.names(number))
        except OSError as error:
            raise _unreadable(self._path, error) from None


def unreadable_file(path: str, number: int) -> str | None:
    """Return the path of a file that the disk does not give in full, None where it does.

    Reads the whole file. The path is empty where it is not known. Raises `VolumeError` where not
    even the volume's own records can be read.
    """
    with _opened(path) as (descriptor, geometry):
        try:
            volume = NtfsVolume(descriptor, geometry, path)
            names = _paths(volume, number)
        except OSError as error:
            raise _unreadable(path, error) from None
        try:
            volume.read_through(number)
        except OSError:
            return names[0] if names else ""
        return None


def data_bytes(path: str) -> int:
    """Return the bytes of the clusters in use that a capture reads, about.

    From the volume's own bitmap, without the master file table, the log and the page files. Raises
    `VolumeError`.
    """
    with _opened(path) as (descriptor, geometry):
        try:
            volume = NtfsVolume(descriptor, geometry, path)
            bitmap = volume.content(_data_of(volume, _BITMAP_RECORD), geometry.volume)
            used = int.from_bytes(bitmap, "little").bit_count() * geometry.cluster
            left_out = volume.mft.size + _allocated(volume, _LOG_RECORD)
            for number, name in volume.entries(ROOT):
                if name.name.lower() in PAGE_FILES:
                    left_out += _allocated(volume, number)
            return max(0, used - left_out)
        except OSError as error:
            raise _unreadable(path, error) from None


_LOG_RECORD = 2
_BITMAP_RECORD = 6
PAGE_FILES = frozenset({"pagefile.sys", "hiberfil.sys", "swapfile.sys"})
"""Names in the root of what Windows keeps of its memory there; no capture needs them."""


def _data_of(volume: NtfsVolume, number: int) -> list[form.Attribute]:
    return [one for one in volume.attributes(number) if one.type == form.DATA and not one.name]


def _allocated(volume: NtfsVolume, number: int) -> int:
    clusters = sum(
        count for one in _data_of(volume, number) for start, count in one.runs if start is not None
    )
    return clusters * volume.geometry.cluster


@contextmanager
def _opened(path: str) -> Iterator[tuple[int, Geometry]]:
    """Open a volume for reading, its boot sector checked."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 (pathlib costs the worker memory)
        if stat.S_ISREG(mode) or stat.S_ISBLK(mode):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        else:
            descriptor = -1
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError:  # a zero character, or what this system's encoding does not have
        raise VolumeError(
            "no file can have this name",
            where=repr(path),
            hint="Correct the path.",
            hresult=0x8007007B,
        ) from None
    if descriptor < 0:
        what = "a folder" if stat.S_ISDIR(mode) else "neither a file nor a block device"
        raise VolumeError(
            f"the volume is {what}",
            where=path,
            hint="Name an unmounted NTFS volume: an image file of one volume, or a block device "
            "such as /dev/sda2.",
            hresult=0x8007010B,
        )
    try:
        try:
            head = os.pread(descriptor, HEAD_BYTES, 0)
        except OSError as error:
            raise _unreadable(path, error) from None
        yield descriptor, _geometry(head, path)
    finally:
        os.close(descriptor)


def _geometry(head: bytes, path: str) -> Geometry:
    if head[3:11] != b"NTFS    ":
        what, hint = identify(head) or (
            "not an NTFS volume: its first bytes are not those of a boot sector",
            "Name an image file of one NTFS volume, or a block device such as /dev/sda2.",
        )
        raise VolumeError(
            f"this is {what}",
            where=path,
            hint=hint,
            hresult=0x80070032,
        )
    geometry = Geometry.from_boot_sector(head) if len(head) >= 512 else None
    if geometry is None:
        raise VolumeError(
            "the boot sector of this NTFS volume is damaged",
            where=path,
            hint="Repair it on Windows with `chkdsk /f`, or copy the image again.",
            hresult=0x80070571,
        )
    return geometry


def _unreadable(path: str, error: OSError) -> VolumeError:
    hints = {
        errno.ENOENT: "Check the path.",
        errno.ENOTDIR: "Check the path.",
        errno.EACCES: "Give this account the right to read it, or run as root.",
        errno.EPERM: "Give this account the right to read it, or run as root.",
        errno.EIO: "The disk reports a read error: rescue what can be read with ddrescue first.",
    }
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return VolumeError(
            "there is no such volume",
            where=path,
            hint=hints[error.errno],
            hresult=0x80070002,
        )
    return VolumeError(
        f"the volume cannot be read: {error.strerror}",
        where=path,
        hint=hints.get(error.errno or 0),
        hresult=hresult_of_errno(error.errno),
    )


def _volume_information(volume: NtfsVolume) -> tuple[str, bool]:
    label, dirty = "", False
    for one in volume.attributes(_VOLUME_RECORD):
        if one.type == form.VOLUME_NAME and one.value is not None:
            label = form.name_text(one.value)
        elif one.type == form.VOLUME_INFORMATION and one.value is not None:
            dirty = bool(int.from_bytes(one.value[10:12], "little") & _IS_DIRTY)
    return label, dirty


def _refuse_hibernated(volume: NtfsVolume, path: str) -> None:
    if _is_hibernated(volume):
        raise VolumeError(
            "Windows is hibernated on this volume (hiberfil.sys is in use), "
            "so what it wrote last is not all on the disk",
            where=path,
            hint="Start Windows and shut it down fully with `shutdown /s /f /t 0`; fast "
            "startup hibernates too, `powercfg /hibernate off` ends that.",
            hresult=0x800700AA,
        )


def _is_hibernated(volume: NtfsVolume) -> bool:
    """Tell whether Windows left its memory in this volume, by the rule of ntfs-3g."""
    for number, name in volume.entries(ROOT):
        if name.name.lower() != "hiberfil.sys":
            continue
        parts = [one for one in volume.attributes(number) if one.type == form.DATA and not one.name]
        header = volume.content(parts, _HIBERNATION_HEADER)
        if len(header) < _HIBERNATION_HEADER or header[:4].lower() == b"hibr":
            return True
    return False


def _marks(volume: NtfsVolume, *, dirty: bool) -> tuple[str, ...]:
    found = []
    if dirty:
        found.append("not cleanly shut down or damaged (dirty)")
    if journal_in_use(volume.content(_data_of(volume, _LOG_RECORD), 2 * LARGEST_PAGE)):
        found.append("not cleanly shut down: its journal ($LogFile) is in use")
    return tuple(found)


def _scan(volume: NtfsVolume, label: str, marks: tuple[str, ...]) -> Inspection:
    records = 0
    encrypted: set[int] = set()
    with_attributes: dict[int, None] = {}
    size = volume.geometry.record
    for offset in range(0, volume.mft.size, _CHUNK):
        chunk = volume.mft.read(offset, _CHUNK)
        if not chunk:
            break
        records += sum(chunk[0x16::size].translate(_USED_BIT))
        for index in sorted(_suspects(chunk, size)):
            record = form.fixed_up(chunk[index * size : (index + 1) * size], b"FILE")
            if record is None or not record[0x16] & 1:
                continue
            base = int.from_bytes(record[0x20:0x26], "little")
            number = base or offset // size + index
            for one in form.attributes_of(record):
                if one.type == form.EA and not one.first_cluster:
                    with_attributes[number] = None
                elif one.type == form.STANDARD_INFORMATION and one.value is not None:
                    bits = int.from_bytes(one.value[32:36], "little")
                    if bits & _IS_ENCRYPTED:
                        encrypted.add(number)
    return Inspection(
        label=label,
        marks=marks,
        records=records,
        encrypted={path: number for number in sorted(encrypted) for path in _paths(volume, number)},
        extended_attributes=[
            path for number in with_attributes for path in _paths(volume, number)[:1]
        ],
    )


def _suspects(chunk: bytes, size: int) -> set[int]:
    """Return the records that may matter, found by searches that run in C.

    Looks at one byte of each record for the encrypted flag, and anywhere for the header of an
    $EA attribute (attributes are aligned to 8, so the update sequence never cuts their type).
    Records of an unusual layout are all looked at.
    """
    found = {match.start() // size for match in _EA_HEADER.finditer(chunk) if not match.start() % 8}
    found |= _marked(chunk[_ATTRIBUTES_BYTE::size].translate(_ENCRYPTED_BIT))
    unusual = bytes(byte != _FIRST_ATTRIBUTE for byte in range(256))
    found |= _marked(chunk[0x14::size].translate(unusual))
    unusual = bytes(byte != form.STANDARD_INFORMATION for byte in range(256))
    found |= _marked(chunk[_FIRST_ATTRIBUTE::size].translate(unusual))
    return found


def _marked(flags: bytes) -> set[int]:
    marked = set()
    at = flags.find(1)
    while at >= 0:
        marked.add(at)
        at = flags.find(1, at + 1)
    return marked


def _paths(volume: NtfsVolume, number: int) -> list[str]:
    if number == ROOT:
        return ["/"]
    names: list[FileName] = volume.names(number)
    return [path for path in map(volume.path, names) if path is not None]
