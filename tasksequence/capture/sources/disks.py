"""A whole disk: its volumes, what each is for, and which of them the capture step takes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import attrs

from tasksequence.capture.sources.cut_off import check_not_cut_off
from tasksequence.capture.sources.differencing import check_not_differencing
from tasksequence.capture.sources.disk_format import disk_format
from tasksequence.capture.sources.exports import Part, exported
from tasksequence.capture.sources.fat32 import FatVolume
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.ntfs import look_at
from tasksequence.capture.sources.partitions import (
    EFI_SYSTEM,
    Partition,
    read_failure,
    read_partitions,
)
from tasksequence.capture.sources.programs import run
from tasksequence.capture.sources.usb import is_usb
from tasksequence.capture.sources.volume_kind import FAT32, NTFS
from tasksequence.errors import VolumeError
from tasksequence.request import VolumePlace

__all__ = ["Disk", "DiskVolume", "OpenDisk", "open_disk", "read_disk", "writable_volume"]

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
_NAMES: dict[str, str] = {"ntfs": NTFS, "exfat": "exFAT", "BitLocker": "BitLocker", "ReFS": "ReFS"}
_BITLOCKER = b"-FVE-FS-"
_PROBED = 256 << 10
"""Bytes at the start of a volume in which nearly all file systems have their mark."""
_PAIR = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)
_ONLY = "the capture step takes NTFS and FAT32"


@attrs.frozen(kw_only=True)
class DiskVolume:
    """A volume of a disk, or a partition without one."""

    place: VolumePlace
    skipped: str | None = None
    """Why the capture step leaves it out; None where it takes it."""
    problem: str | None = None
    """What stands against capturing it as it is: hibernated, dirty, damaged."""
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


class OpenDisk:
    """A disk whose volumes can be read as files while its context lasts."""

    def __init__(self, disk: Disk, files: dict[int, Path]) -> None:
        self.disk = disk
        self._files = files

    def file(self, volume: DiskVolume) -> Path:
        """Return the file that shows a volume."""
        return self._files[volume.place.partition]


def read_disk(path: Path | str, index: int = 0) -> Disk:
    """Return a disk's volumes. Raises `VolumeError` for what is no disk or cannot be read."""
    with open_disk(path, index) as opened:
        return opened.disk


@contextmanager
def open_disk(path: Path | str, index: int = 0) -> Iterator[OpenDisk]:
    """Open a disk for reading: nothing is copied, and nothing written.

    Raises `VolumeError` for what is no disk, is in use, or has a damaged partition table.
    """
    name = os.fspath(path)
    form = disk_format(name)
    for device in (name, *_partition_devices(name)):
        check_not_mounted(device)
    check_not_differencing(name, form)
    check_not_cut_off(name, form)
    with exported(name, form, [Part("disk")]) as (whole,):
        size = whole.stat().st_size
        table = read_partitions(whole, name, size)
        style, partitions = table or ("", (Partition(0, 0, size, "", "", active=False),))
        systems = [_file_system(whole, partition, name) for partition in partitions]
        if table is None and not systems[0]:
            raise VolumeError(
                "this disk has neither a partition table nor a file system",
                where=name,
                hint="Check that it is the right file, and a whole disk or volume.",
                hresult=0x80070571,
            )
    usb = is_usb(name)
    with ExitStack() as stack:
        parts = [Part(f"{one.number}", one.offset, one.size) for one in partitions]
        files = stack.enter_context(exported(name, form, parts)) if parts else []
        volumes = [
            _volume(Path(name), index, style, partition, system, file, usb)
            for partition, system, file in zip(partitions, systems, files, strict=True)
        ]
        disk = Disk(
            path=Path(name), index=index, format=form, size=size, style=style,
            volumes=tuple(volumes),
        )  # fmt: skip
        yield OpenDisk(disk, dict(zip((one.number for one in partitions), files, strict=True)))


@contextmanager
def writable_volume(disk: Disk, volume: DiskVolume) -> Iterator[Path]:
    """Give a file through which one volume of a disk is written while the context lasts.

    Nothing else may have the disk open. Raises `VolumeError`.
    """
    name, place = os.fspath(disk.path), volume.place
    part = Part(f"{place.partition}", place.offset, place.size)
    with exported(name, disk.format, [part], writable=True) as (file,):
        yield file


def _partition_devices(path: str) -> list[str]:
    """Return the kernel's own partitions of a block device: one that is mounted is in use."""
    name = Path(os.path.realpath(path)).name
    folder = Path("/sys/class/block") / name
    if not Path(path).is_block_device() or not folder.is_dir():
        return []
    return [f"/dev/{entry.name}" for entry in folder.iterdir() if (entry / "partition").exists()]


def _file_system(whole: Path, partition: Partition, disk: str) -> str:
    """Return what a partition holds, by blkid and for BitLocker by its mark; empty for nothing.

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
    if head[3:11] == _BITLOCKER:
        return "BitLocker"
    done = run(
        "blkid", "--probe", "--output", "export", "--offset", str(partition.offset),
        "--size", str(partition.size), "--usages", "filesystem,raid,crypto", whole,
    )  # fmt: skip
    found: dict[str, str] = dict(_PAIR.findall(done.stdout))
    kind = found.get("TYPE", "")
    if kind == "vfat":
        return found.get("VERSION", "FAT")
    return _NAMES.get(kind, kind)


def _volume(
    disk: Path, index: int, style: str, partition: Partition, system: str, file: Path, usb: bool
) -> DiskVolume:
    label, role, problem = "", _role_by_type(partition), None
    reason = _reason(partition, system)
    if reason is None:
        try:
            label, role, problem = _look(system, partition, file)
        except VolumeError as error:
            problem = error.problem
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
    if reason is None and usb:
        return DiskVolume(place=place, skipped="on USB", problem=problem, on_usb=True)
    return DiskVolume(place=place, skipped=reason, problem=problem)


def _reason(partition: Partition, system: str) -> str | None:
    if partition.type in _RESERVED:
        return f"reserved partition ({_RESERVED[partition.type]})"
    if partition.type in _MANAGED:
        return f"{_MANAGED[partition.type]}; {_ONLY}"
    if system == "BitLocker":
        return "encrypted with BitLocker: unlock it first"
    if not system:
        return f"no file system; {_ONLY}"
    if system not in {NTFS, FAT32}:
        return f"file system {system}; {_ONLY}"
    return None


def _look(system: str, partition: Partition, file: Path) -> tuple[str, str, str | None]:
    """Return label, role and problem of a volume that can be captured."""
    by_type = _role_by_type(partition)
    if system == FAT32:
        with FatVolume(str(file)) as volume:
            dirty = "not cleanly unmounted (dirty)" if volume.dirty else None
            return volume.label, by_type or "Data", dirty
    found = look_at(str(file))
    if found.hibernated:
        problem: str | None = "Windows is hibernated on it"
    else:
        problem = "not cleanly shut down (dirty)" if found.dirty else None
    if found.has_windows:
        return found.label, "Windows", problem
    if by_type:
        return found.label, by_type, problem
    return found.label, "System Reserved" if "bootmgr" in found.names else "Data", problem


def _role_by_type(partition: Partition) -> str:
    if partition.type in _EFI:
        return "EFI system"
    if partition.type in _RECOVERY:
        return "Recovery"
    return "Reserved" if partition.type in _RESERVED else ""
