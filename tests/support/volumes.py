"""Small NTFS volumes with chosen content, made with the tools of ntfs-3g."""

from __future__ import annotations

import os
import shutil
import signal
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

TOOLS = ("mkntfs", "ntfscp", "ntfs-3g", "wimlib-imagex")
RECORD = 1024
ENCRYPTED = 0x4000


def missing_tool() -> str | None:
    """Name the first tool that this machine lacks, or None."""
    return next((tool for tool in TOOLS if tool_path(tool) is None), None)


def need_tools() -> None:
    """Skip the test on a machine without the tools, or without the rights to mount."""
    missing = missing_tool()
    if missing is not None:
        pytest.skip(f"{missing} is not installed")
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("mounting with ntfs-3g needs root and /dev/fuse")


def tool_path(name: str) -> str | None:
    """Find a tool, also in the folders of root's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def run(*command: str | Path) -> str:
    """Run a tool, fail with its output, and return that output."""
    tool = tool_path(str(command[0]))
    assert tool is not None, f"{command[0]} is not installed"
    done = subprocess.run(
        [tool, *map(str, command[1:])],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def make_volume(
    path: Path,
    files: Mapping[str, bytes] | None = None,
    *,
    megabytes: int = 8,
    label: str = "Windows",
    cluster: int = 4096,
) -> Path:
    """Make an NTFS volume in a sparse file; `files` maps paths such as `a/b.txt` to content."""
    with path.open("wb") as file:
        file.truncate(megabytes << 20)
    run("mkntfs", "-F", "-q", "-Q", "-c", str(cluster), "-L", label, path)
    if files:
        with mounted(path) as root:
            for name, content in files.items():
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    return path


@contextmanager
def mounted(path: Path, options: str = "rw") -> Iterator[Path]:
    """Mount a volume with ntfs-3g for the time of the block."""
    point = path.parent / f"{path.name}.mnt"
    point.mkdir(exist_ok=True)
    run("ntfs-3g", "-o", f"{options},streams_interface=xattr", path, point)
    try:
        yield point
    finally:
        run("umount", point)
        point.rmdir()


@contextmanager
def memory_disk(point: Path, size: str) -> Iterator[Path]:
    """Mount a small file system in memory for the time of the block."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    point.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", point)
    try:
        yield point
    finally:
        _unmount(point)


def _unmount(point: Path) -> None:
    """Unmount; what was killed a moment ago may hold a file there until it is gone."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            run("umount", point)
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def set_extended_attribute(file: Path) -> None:
    """Give a file on a mounted volume an $EA: one entry FOO=bar, in the form of the disk."""
    name, value = b"FOO\0", b"bar"
    entry = struct.pack("<IBBH", 0, 0, len(name) - 1, len(value)) + name + value
    entry += bytes(-len(entry) % 4)
    entry = struct.pack("<I", len(entry)) + entry[4:]
    os.setxattr(file, "system.ntfs_ea", entry)


def record_of(path: Path, name: str) -> int:
    """Return the MFT record number of a file or folder of a volume."""
    with mounted(path, "ro") as root:
        return (root / name).stat().st_ino


def patch_record(path: Path, number: int, change: Callable[[bytearray], None]) -> None:
    """Change a record of a small volume's MFT in place, with the update sequence kept right.

    The MFT of a fresh volume starts with one run, in which the record has to be.
    """
    with path.open("r+b") as file:
        boot = file.read(512)
        sector, per_cluster = struct.unpack_from("<HB", boot, 0x0B)
        start, mirror = (
            cluster * sector * per_cluster for cluster in struct.unpack_from("<QQ", boot, 0x30)
        )
        file.seek(start + number * RECORD)
        raw = bytearray(file.read(RECORD))
        assert raw[:4] == b"FILE"
        usa = struct.unpack_from("<H", raw, 4)[0]
        mark = bytes(raw[usa : usa + 2])
        for block in range(2):
            raw[block * 512 + 510 : block * 512 + 512] = raw[usa + 2 + 2 * block :][:2]
        change(raw)
        for block in range(2):
            raw[usa + 2 + 2 * block : usa + 4 + 2 * block] = raw[block * 512 + 510 :][:2]
            raw[block * 512 + 510 : block * 512 + 512] = mark
        # $MFTMirr repeats the first four records, and ntfs-3g compares.
        for table in (start, mirror) if number < 4 else (start,):
            file.seek(table + number * RECORD)
            file.write(raw)


def patch_attribute(
    path: Path, number: int, type_: int, change: Callable[[memoryview], None]
) -> None:
    """Change the first attribute of a type in a record, as `patch_record` does."""

    def change_record(record: bytearray) -> None:
        at = struct.unpack_from("<H", record, 0x14)[0]
        while struct.unpack_from("<I", record, at)[0] != type_:
            at += struct.unpack_from("<I", record, at + 4)[0]
        length = struct.unpack_from("<I", record, at + 4)[0]
        change(memoryview(record)[at : at + length])

    patch_record(path, number, change_record)


@contextmanager
def time_out(seconds: int) -> Iterator[None]:
    """Raise `TimeoutError` in the middle of a block that does not come to its end."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def mark_encrypted(path: Path, name: str) -> None:
    """Set FILE_ATTRIBUTE_ENCRYPTED in a file's $STANDARD_INFORMATION."""

    def change(record: bytearray) -> None:
        at = struct.unpack_from("<H", record, 0x14)[0] + 24 + 32
        attributes = struct.unpack_from("<I", record, at)[0]
        struct.pack_into("<I", record, at, attributes | ENCRYPTED)

    patch_record(path, record_of(path, name), change)


def mark_dirty(path: Path) -> None:
    """Set the dirty flag in $VOLUME_INFORMATION of $Volume, record 3."""

    def change(attribute: memoryview) -> None:
        attribute[24 + 10] |= 1

    patch_attribute(path, 3, 0x70, change)
