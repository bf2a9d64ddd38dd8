"""A whole disk: its volumes, what each is for, and which of them the capture step takes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import attrs

from tasksequence.capture.sources.disk_checks import check_whole
from tasksequence.capture.sources.disk_files import DiskFile, disk_files
from tasksequence.capture.sources.disk_format import DISK_FORMATS
from tasksequence.capture.sources.exports import Part, exported
from tasksequence.capture.sources.fat32 import FatVolume, is_fat32
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.ntfs import is_ntfs, look_at
from tasksequence.capture.sources.partitions import (
    EFI_SYSTEM,
    Partition,
    read_failure,
    read_partitions,
)
from tasksequence.capture.sources.programs import run
from tasksequence.capture.sources.signatures import is_bitlocker
from tasksequence.capture.sources.usb import is_usb
from tasksequence.capture.sources.volume_kind import FAT32, NTFS
from tasksequence.capture.sources.volume_state import VolumeState, volume_state
from tasksequence.errors import VolumeError
from tasksequence.request import VolumePlace

__all__ = [
    "Disk",
    "DiskAccess",
    "DiskVolume",
    "OpenDisk",
    "open_disk",
    "read_disk",
    "writable_volume",
]

_RESERVED = {
    "e3c9e316-0b5c-4db8-817d-f92df00215ae": "Microsoft Reserved, which holds no files",
    "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3": "metadata of dynamic disks",
    "21686148-6449-6e6f-744e-656564454649": "boot loader of BIOS machines, without a file system",
}
_MANAGED = {
    "af9b60a0-1431-4f62-bc68-3311714a69ad": "a volume of a dynamic disk",
    "0x42": "a volume of a dynamic disk",
    "e75caf8f-f680-4cee-afa3-b001e56efc2d": "part of a storage pool",
    "0xee": "a disk with a GPT of its own",
}
_RECOVERY = frozenset({"de94bba4-06d1-4d40-a16a-bfd50179d6ac", "0x27"})
_EFI = frozenset({EFI_SYSTEM, "0xef"})
_FOR_WINDOWS = frozenset({"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "0x7", "0xb", "0xc"})
"""Types of partitions in which Windows has its volumes."""
_NAMES: dict[str, str] = {"ntfs": NTFS, "exfat": "exFAT", "BitLocker": "BitLocker", "ReFS": "ReFS"}
_SEVERAL = "several file systems"
_NOTHING_FOUND, _AMBIVALENT = 2, 8
"""Exit codes of blkid."""
_PROBED = 256 << 10
"""Bytes at the start of a volume in which nearly all file systems have their mark."""
_ESCAPED = re.compile(r"\\(.)")
_PAIR = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)
_ONLY = "the capture step takes NTFS and FAT32"


@attrs.frozen(kw_only=True)
class DiskVolume:
    """A volume of a disk, or a partition without one."""

    place: VolumePlace
    skipped: str | None = None
    """Why the capture step leaves it out; None where it takes it."""
    problem: str | None = None
    """Why a capture is refused that takes it: hibernated, dirty, damaged. Dirty alone can be
    overridden (allow_dirty)."""
    warning: str | None = None
    """What a capture that takes it, or leaves it out, warns of."""
    on_usb: bool = False
    """The disk hangs on USB; that alone can be overridden by naming the volume."""

    @property
    def is_capturable(self) -> bool:
        """Its file system is one that can be captured."""
        return self.place.file_system in {NTFS, FAT32} and (self.skipped is None or self.on_usb)


@attrs.frozen(kw_only=True)
class Disk:
    """A disk and what is on it."""

    path: Path
    index: int
    """From 0, in the order in which the disks were given."""
    format: str
    """QEMU's name of the format: raw, vpc (VHD), vhdx, vmdk, qcow2, vdi."""
    size: int
    """Bytes of the disk, not of the file that holds it."""
    style: str
    """GPT or MBR; empty where the whole disk is one volume."""
    volumes: tuple[DiskVolume, ...]
    """In the order of the partition numbers."""
    files: DiskFile
    """What it is made of: itself, its parts, and the parents of a snapshot."""


@attrs.frozen(kw_only=True)
class DiskAccess:
    """What the person says of how disks are to be read."""

    disk_format: str | None = None
    """raw, vhd, vhdx, vmdk, qcow2 or vdi; None takes that which content and name agree on."""
    allow_backing: tuple[Path | str, ...] = ()
    """Files, or folders of files, outside a disk's own folder that it may be made of."""


class OpenDisk:
    """A disk whose volumes can be read as files while its context lasts."""

    def __init__(self, disk: Disk, files: dict[int, Path]) -> None:
        self.disk = disk
        self._files = files

    def file(self, volume: DiskVolume) -> Path:
        """Return the file that shows a volume."""
        return self._files[volume.place.partition]


def read_disk(path: Path | str, index: int = 0, access: DiskAccess | None = None) -> Disk:
    """Return a disk's volumes. Raises `VolumeError` for what is no disk or cannot be read.

    A virtual disk that names other files is refused where they are not in its own folder, unless
    `access` allows them.
    """
    with open_disk(path, index, access) as opened:
        return opened.disk


@contextmanager
def open_disk(
    path: Path | str, index: int = 0, access: DiskAccess | None = None
) -> Iterator[OpenDisk]:
    """Open a disk for reading: nothing is copied, and nothing written.

    Raises `VolumeError` for what is no disk, is in use, cut off, or has a damaged partition table.
    """
    name = os.fspath(path)
    access = access or DiskAccess()
    files = disk_files(name, access.disk_format, access.allow_backing)
    for device in (*files.paths(), *_partition_devices(name)):
        check_not_mounted(device)
    check_whole(name, files)
    with exported(name, files, [Part("disk")]) as (whole,):
        size = whole.stat().st_size
        table = read_partitions(whole, name, size)
        style, partitions = table or ("", (Partition(0, 0, size, "", "", active=False),))
        systems = [_file_system(whole, partition, name) for partition in partitions]
        if table is None and not systems[0].kind:
            raise VolumeError(
                "this disk has neither a partition table nor a file system",
                where=name,
                hint="Check that it is the right file, and a whole disk or volume.",
                hresult=0x80070571,
            )
    usb = is_usb(name)
    with ExitStack() as stack:
        parts = [Part(f"{one.number}", one.offset, one.size) for one in partitions]
        points = stack.enter_context(exported(name, files, parts)) if parts else []
        volumes = [
            _volume(Path(name), index, style, partition, system, file, usb)
            for partition, system, file in zip(partitions, systems, points, strict=True)
        ]
        disk = Disk(
            path=Path(name), index=index, format=files.format, size=size, style=style,
            volumes=tuple(volumes), files=files,
        )  # fmt: skip
        yield OpenDisk(disk, dict(zip((one.number for one in partitions), points, strict=True)))


@contextmanager
def writable_volume(disk: Disk, volume: DiskVolume) -> Iterator[Path]:
    """Give a file through which one volume of a disk is written while the context lasts.

    Nothing else may have the disk open. Raises `VolumeError`, also for a disk that has a part
    outside its own folder, whatever was allowed for reading.
    """
    name, place = os.fspath(disk.path), volume.place
    disk_files(name, next(one for one, form in DISK_FORMATS.items() if form == disk.format))
    part = Part(f"{place.partition}", place.offset, place.size)
    with exported(name, disk.files, [part], writable=True) as (file,):
        yield file


def _partition_devices(path: str) -> list[str]:
    """Return the kernel's own partitions of a block device: one that is mounted is in use."""
    name = Path(os.path.realpath(path)).name
    folder = Path("/sys/class/block") / name
    if not Path(path).is_block_device() or not folder.is_dir():
        return []
    return [f"/dev/{entry.name}" for entry in folder.iterdir() if (entry / "partition").exists()]


class _FileSystem(NamedTuple):
    kind: str
    """Empty for none."""
    label: str = ""
    """As blkid tells it."""


def _file_system(whole: Path, partition: Partition, disk: str) -> _FileSystem:
    """Return what a partition holds, by its first bytes and by blkid.

    Raises `VolumeError` where the disk does not give the partition's first bytes: blkid would see
    no file system there, and the volume would be left out.
    """
    try:
        with whole.open("rb") as stream:
            stream.seek(partition.offset)
            head = stream.read(min(partition.size, _PROBED))
    except OSError as error:
        where = f"{disk}, partition {partition.number}" if partition.number else disk
        raise read_failure(error, where) from None
    # What it begins with decides: marks of an earlier file system may be left further on, and then
    # blkid does not say what is there.
    if is_bitlocker(head):
        return _FileSystem("BitLocker")
    if is_ntfs(head):
        return _FileSystem(NTFS)
    if is_fat32(head):
        return _FileSystem(FAT32)
    done = run(
        "blkid", "--probe", "--output", "export", "--offset", str(partition.offset),
        "--size", str(partition.size), "--usages", "filesystem,raid,crypto", whole,
    )  # fmt: skip
    if done.returncode == _AMBIVALENT:
        return _FileSystem(_SEVERAL)
    if done.returncode not in {0, _NOTHING_FOUND}:
        raise VolumeError(
            f"blkid cannot tell the file system: {done.stderr.strip() or done.returncode}",
            where=f"{disk}, partition {partition.number}" if partition.number else disk,
            hresult=0x8007001F,
        )
    found: dict[str, str] = dict(_PAIR.findall(done.stdout))
    kind = found.get("TYPE", "")
    if not kind:
        # Only the rest of the boot sector is damaged, then.
        kind = {b"NTFS    ": NTFS}.get(head[3:11], "")
        kind = FAT32 if head[0x52:0x5A] == b"FAT32   " else kind
    if kind == "vfat":
        kind = found.get("VERSION", "FAT")
    label = _ESCAPED.sub(r"\1", found.get("LABEL", "")).strip()
    return _FileSystem(_NAMES.get(kind, kind), label)


def _volume(
    disk: Path,
    index: int,
    style: str,
    partition: Partition,
    found: _FileSystem,
    file: Path,
    usb: bool,
) -> DiskVolume:
    system, label = found
    role, state = _role_by_type(partition), VolumeState()
    reason = _reason(partition, system)
    if reason is None:
        try:
            label, role, state = _look(system, partition, file)
        except VolumeError as error:
            state = VolumeState(refuses=error.problem)
    elif not system and partition.type in _FOR_WINDOWS:
        state = VolumeState(
            warns="no file system is found in it, and by its type Windows has a volume there: it "
            "may be damaged"
        )
    place = VolumePlace(
        disk=disk,
        disk_index=index,
        disk_style=style,
        partition=partition.number,
        type=partition.type,
        offset=partition.offset,
        size=partition.size,
        file_system=system,
        label=label,
        active=partition.active,
        role=role,
    )
    on_usb = reason is None and usb
    return DiskVolume(
        place=place,
        skipped="on USB" if on_usb else reason,
        problem=state.refuses,
        warning=state.warns,
        on_usb=on_usb,
    )


def _reason(partition: Partition, system: str) -> str | None:
    if partition.type in _RESERVED:
        return f"reserved partition ({_RESERVED[partition.type]})"
    if partition.type in _MANAGED:
        return f"{_MANAGED[partition.type]}; {_ONLY}"
    if system == "BitLocker":
        return "encrypted with BitLocker: unlock it first"
    if not system:
        return f"no file system; {_ONLY}"
    if system not in {NTFS, FAT32, _SEVERAL}:
        return f"file system {system}; {_ONLY}"
    return None


def _look(system: str, partition: Partition, file: Path) -> tuple[str, str, VolumeState]:
    """Return label, role and state of a volume that can be captured."""
    by_type = _role_by_type(partition)
    if system == _SEVERAL:
        state = VolumeState(
            refuses="it has signatures of several file systems (`wipefs` shows and removes them)"
        )
        return "", by_type, state
    if system == FAT32:
        with FatVolume(str(file)) as volume:
            state = volume_state(volume.marks, is_ntfs=False)
            return volume.label, by_type or "Data", state
    found = look_at(str(file))
    if found.hibernated:
        state = VolumeState(refuses="Windows is hibernated on it")
    else:
        state = volume_state(found.marks, is_ntfs=True)
    if found.has_windows:
        return found.label, "Windows", state
    if by_type:
        return found.label, by_type, state
    return found.label, "System Reserved" if "bootmgr" in found.names else "Data", state


def _role_by_type(partition: Partition) -> str:
    if partition.type in _EFI:
        return "EFI system"
    if partition.type in _RECOVERY:
        return "Recovery"
    return "Reserved" if partition.type in _RESERVED else ""
