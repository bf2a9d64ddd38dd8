"""Reads an NTFS volume through ntfs-3g, to say whether two volumes hold the same.

The library captures with libwim; this reads the same volume by another way, a FUSE mount and the
extended attributes in which ntfs-3g shows what Windows would see.

Two things are left out, because no image can carry them: the change time of the MFT record, which
NTFS itself sets to "now" at every write, and the volume's own files ($MFT, $LogFile, ...), which
belong to one volume. Security descriptors are compared by what they say, not by where their parts
lie. All else has to agree.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import stat
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import attrs

__all__ = ["Entry", "Security", "differences", "missing_programs", "mounted", "snapshot"]

_PATIENCE = 30.0
"""Seconds that a mount and an unmount may take."""

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.lgetxattr.restype = ctypes.c_ssize_t
_LIBC.lgetxattr.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t]
_BUFFER = ctypes.create_string_buffer(65536)  # the kernel's limit for one attribute


@attrs.frozen(kw_only=True)
class Security:
    """What a security descriptor says, wherever its parts lie in the bytes."""

    control: int
    owner: str | None
    group: str | None
    dacl: tuple[str, ...] | None
    """Each entry as hex, in order; None means that there is no list."""
    sacl: tuple[str, ...] | None

    @classmethod
    def parse(cls, data: bytes) -> Security:
        """Read a self-relative descriptor ([MS-DTYP] 2.4.6)."""
        control, owner, group, sacl, dacl = struct.unpack_from("<2xHIIII", data)
        return cls(
            control=control,
            owner=_sid(data, owner),
            group=_sid(data, group),
            dacl=_acl(data, dacl),
            sacl=_acl(data, sacl),
        )


@attrs.frozen(kw_only=True)
class Entry:
    """One name on a volume, with all that Windows keeps about the file behind it."""

    kind: str
    """One of folder, file, reparse point."""
    size: int
    sha1: str | None
    """Of the unnamed stream; None where there is none to read (folders, reparse points)."""
    streams: Mapping[str, str]
    """SHA-1 of each named stream."""
    security: Security
    attributes: int
    created: int
    modified: int
    accessed: int
    short_name: str | None
    reparse: tuple[int, str] | None
    """Tag, and the data after it as hex."""
    object_id: str | None
    extended_attributes: str | None
    names: frozenset[str]
    """All paths of the same file, this one too."""


def snapshot(image: Path) -> dict[str, Entry]:
    """Return everything on the volume by path ("." for the root, then with "/")."""
    with mounted(image) as root:
        paths = ["."]
        for folder, folders, files in os.walk(root):
            paths += [os.path.relpath(Path(folder, name), root) for name in folders + files]
        names: dict[int, set[str]] = {}
        for path in paths:
            names.setdefault((root / path).lstat().st_ino, set()).add(path)
        entries: dict[str, Entry] = {}
        for same in names.values():
            first, *others = sorted(same)
            entry = _read(root / first, frozenset(same))
            entries[first] = entry
            for path in others:  # a DOS name belongs to one name of the file, the rest to all
                entries[path] = attrs.evolve(entry, short_name=_short_name(root / path))
        return dict(sorted(entries.items()))


def differences(a: Mapping[str, Entry], b: Mapping[str, Entry]) -> list[str]:
    """Return a line for each property of each path in which two snapshots differ."""
    lines = []
    for path in sorted(a.keys() | b.keys()):
        if path not in b or path not in a:
            lines.append(f"{path}: only on the {'first' if path in a else 'second'} volume")
            continue
        for field in attrs.fields(Entry):
            one, other = getattr(a[path], field.name), getattr(b[path], field.name)
            if one != other:
                lines.append(f"{path}: {field.name} {_shown(one)}, then {_shown(other)}")
    return lines


def missing_programs() -> list[str]:
    """Return what this machine lacks to make, apply and mount volumes."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    programs = ("mkntfs", "ntfs-3g", "wimlib-imagex")
    missing = [name for name in programs if shutil.which(name, path=places) is None]
    return missing if Path("/dev/fuse").exists() else [*missing, "/dev/fuse"]


@contextlib.contextmanager
def mounted(image: Path, *, writable: bool = False) -> Iterator[Path]:
    """Mount a volume for the time of a with block; afterwards nothing has it open any more.

    A stream of a file is the path `file:stream`.
    """
    options = f"no_detach,streams_interface=windows,{'rw' if writable else 'ro'}"
    with (
        tempfile.TemporaryDirectory(prefix="ntfs-tree-") as folder,
        tempfile.TemporaryFile() as log,  # a pipe that nobody empties would stop the driver
    ):
        root = Path(folder)
        command = ["ntfs-3g", "-o", options, str(image.resolve()), folder]
        # The driver stays our child, so that waiting for it waits for the last write.
        driver = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _await_mount(driver, root, log)
            try:
                yield root
            finally:
                _unmount(root)
            driver.wait(_PATIENCE)
        finally:
            driver.kill()
            driver.wait()


def _await_mount(driver: subprocess.Popen[bytes], root: Path, log: IO[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not root.is_mount():
        if driver.poll() is not None:
            log.seek(0)
            message = log.read().decode(errors="replace").strip()
            raise RuntimeError(f"ntfs-3g did not mount {driver.args!r}: {message}")
        if time.monotonic() > deadline:
            raise RuntimeError("ntfs-3g did not mount in time")
        time.sleep(0.005)


def _unmount(root: Path) -> None:
    command = ["umount"] if os.geteuid() == 0 else ["fusermount", "-u"]
    deadline = time.monotonic() + _PATIENCE
    while subprocess.run([*command, str(root)], capture_output=True, check=False).returncode != 0:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{root} cannot be unmounted")
        time.sleep(0.05)


def _read(path: Path, names: frozenset[str]) -> Entry:
    status = path.lstat()
    reparse = _attribute(path, "system.ntfs_reparse_data")
    is_file = stat.S_ISREG(status.st_mode)
    created, modified, accessed = struct.unpack_from("<QQQ", _present(path, "system.ntfs_times"))
    return Entry(
        kind="reparse point" if reparse else "file" if is_file else "folder",
        size=status.st_size if is_file else 0,
        sha1=_sha1(path) if is_file and not reparse else None,
        streams={name: _sha1(Path(f"{path}:{name}")) for name in _stream_names(path)},
        security=Security.parse(_present(path, "system.ntfs_acl")),
        attributes=int.from_bytes(_present(path, "system.ntfs_attrib_be"), "big"),
        created=created,
        modified=modified,
        accessed=accessed,
        short_name=None if "." in names else _short_name(path),
        reparse=(int.from_bytes(reparse[:4], "little"), reparse[8:].hex()) if reparse else None,
        object_id=_hex(_attribute(path, "system.ntfs_object_id")),
        extended_attributes=_hex(_attribute(path, "system.ntfs_ea")),
        names=names,
    )


def _sha1(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha1").hexdigest()


def _stream_names(path: Path) -> list[str]:
    listed = _attribute(path, "ntfs.streams.list") or b""
    return [os.fsdecode(name) for name in listed.split(b"\0") if name]


def _attribute(path: Path, name: str) -> bytes | None:
    # os.getxattr begins with 128 bytes, and ntfs-3g fails with EIO where more are needed.
    size = _LIBC.lgetxattr(os.fsencode(path), name.encode(), _BUFFER, len(_BUFFER))
    if size >= 0:
        return _BUFFER.raw[:size]
    code = ctypes.get_errno()
    if code == errno.ENODATA:
        return None
    raise OSError(code, os.strerror(code), f"{path} ({name})")


def _present(path: Path, name: str) -> bytes:
    value = _attribute(path, name)
    if value is None:
        raise RuntimeError(f"ntfs-3g shows no {name} for {path}")
    return value


def _short_name(path: Path) -> str | None:
    value = _attribute(path, "system.ntfs_dos_name")
    return None if value is None else os.fsdecode(value)


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _sid(data: bytes, offset: int) -> str | None:
    if not offset:
        return None
    revision, count = data[offset], data[offset + 1]
    authority = int.from_bytes(data[offset + 2 : offset + 8], "big")
    parts = struct.unpack_from(f"<{count}I", data, offset + 8)
    return "-".join(["S", *(str(part) for part in (revision, authority, *parts))])


def _acl(data: bytes, offset: int) -> tuple[str, ...] | None:
    if not offset:
        return None
    (count,) = struct.unpack_from("<4xH", data, offset)
    entries = []
    at = offset + 8
    for _ in range(count):
        (size,) = struct.unpack_from("<2xH", data, at)
        entries.append(data[at : at + size].hex())
        at += size
    return tuple(entries)


def _shown(value: object) -> str:
    if isinstance(value, frozenset):
        return str(sorted(value))
    return str(value)
