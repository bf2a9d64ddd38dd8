"""Parts of a disk as files of their own, whatever format the disk has; nothing is copied.

One qemu-storage-daemon for each disk shows every wanted part as a file (a FUSE export), read-only
but where writing is asked for. The files lie in a scratch folder. The daemon ends with the thread
that started it, however that ends: the kernel signals it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tasksequence.capture.sources.disk_files import DiskFile
from tasksequence.capture.sources.disk_format import RAW
from tasksequence.capture.sources.programs import ending_with_this_process, program
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError

__all__ = ["Part", "exported"]

_PATIENCE = 30.0
"""Seconds that the daemon may take to start, and to end."""
_POLL = 0.005
_PID_FILE = "pid"
_FUSE = "/dev/fuse"


class Part(NamedTuple):
    """A part of a disk, in bytes; None for the size means all that follows."""

    name: str
    offset: int = 0
    size: int | None = None


@contextmanager
def exported(
    disk: str, file: DiskFile, parts: Sequence[Part], *, writable: bool = False
) -> Iterator[list[Path]]:
    """Show parts of a disk as files while the context lasts; their names are the parts' own.

    `disk` is what messages call it, `file` what it is made of. Raises `VolumeError` with QEMU's
    words for a disk that it cannot open: damaged, or in use.
    """
    for path in file.paths():
        _check_name(path, disk)
    daemon = program("qemu-storage-daemon")
    with scratch_folder() as folder:
        points = [folder / part.name for part in parts]
        for point in points:
            point.touch(0o600)
        command = [daemon]
        command += _arguments(file, parts, points, folder / _PID_FILE, writable)
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(  # noqa: S603 (no shell; the arguments are ours and paths)
                ending_with_this_process(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal is for this process alone, which then ends the daemon.
                start_new_session=True,
            )
            try:
                _await(process, folder / _PID_FILE, disk, log.fileno())
                yield points
                if writable:
                    _finish(process, points, disk)
            finally:
                _end(process)


def _check_name(path: str, disk: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise VolumeError(
            "the path of this disk is not UTF-8, which qemu-storage-daemon needs",
            where=disk,
            hint="Rename it, or name a link to it (`ln -s`).",
            hresult=0x8007007B,
        ) from None


def _arguments(
    file: DiskFile,
    parts: Sequence[Part],
    points: Sequence[Path],
    pid_file: Path,
    writable: bool,
) -> list[str]:
    nodes: list[dict[str, Any]] = [{**file.node(writable=writable), "node-name": "disk"}]
    exports: list[dict[str, Any]] = []
    for index, (part, point) in enumerate(zip(parts, points, strict=True)):
        node: dict[str, Any] = {
            "driver": RAW,
            "node-name": f"part{index}",
            "file": "disk",
            "offset": part.offset,
        }
        node["read-only"] = not writable
        if part.size is not None:
            node["size"] = part.size
        nodes.append(node)
        export: dict[str, Any] = {
            "type": "fuse",
            "id": f"export{index}",
            "node-name": f"part{index}",
        }
        export |= {"mountpoint": str(point), "writable": writable, "allow-other": "off"}
        exports.append(export)
    arguments = [text for node in nodes for text in ("--blockdev", json.dumps(node))]
    arguments += [text for export in exports for text in ("--export", json.dumps(export))]
    return [*arguments, "--pidfile", str(pid_file)]


def _await(process: subprocess.Popen[bytes], pid_file: Path, disk: str, log: int) -> None:
    """Wait until the daemon has exported all; it writes its number then."""
    deadline = time.monotonic() + _PATIENCE
    while not pid_file.exists():
        if process.poll() is not None:
            raise _failed(disk, os.pread(log, 1 << 16, 0).decode(errors="replace"))
        if time.monotonic() > deadline:
            raise VolumeError(
                f"qemu-storage-daemon did not show the disk within {_PATIENCE:.0f} seconds",
                where=disk,
                hresult=0x800705B4,
            )
        time.sleep(_POLL)


def _failed(disk: str, words: str) -> VolumeError:
    # The message repeats its option, which is JSON, before it says what is wrong.
    lines = [line.rpartition("}: ")[2] for line in words.strip().splitlines()]
    text = "; ".join(lines) or "it said nothing"
    lower = text.lower()
    if "could not open backing file" in lower or "parent" in lower:
        return VolumeError(
            f"this disk is a snapshot, and the disk that it builds on cannot be opened: {text}",
            where=disk,
            hint="Put the parent back to where the snapshot looks for it, or merge the chain in "
            "the hypervisor first.",
            hresult=0x80070002,
        )
    if "truncated" in lower or "points after end of file" in lower:
        return VolumeError(
            f"the virtual disk is cut off: {text}",
            where=disk,
            hint="Copy the file again; the copy ended early, or the disk was full.",
            hresult=0x80070026,
        )
    if re.search(r"\block\b", lower) or "resource busy" in lower:
        return VolumeError(
            f"the disk is in use: {text}",
            where=disk,
            hint="Switch the virtual machine off, or end the program that has the disk open.",
            hresult=0x800700AA,
        )
    if ("fuse" in lower or "mount" in lower) and _may_not_use_fuse():
        return VolumeError(
            f"this account may not use {_FUSE}, through which disks are shown",
            where=disk,
            hint=f"Give it the right to read and write {_FUSE} (on Debian every account has it), "
            "or run as root.",
            hresult=0x80070005,
        )
    if "fuse" in lower or "mount" in lower:
        return VolumeError(
            f"the disk cannot be shown through FUSE: {text}",
            where=disk,
            hint="FUSE needs /dev/fuse and the package fuse3.",
            hresult=0x8007001F,
        )
    return VolumeError(
        f"the virtual disk cannot be opened: {text}",
        where=disk,
        hint="It is damaged, cut off, or of a kind that QEMU does not read: copy it again, or "
        "convert it with `qemu-img convert -O raw`.",
        hresult=0x80070570,
    )


def _may_not_use_fuse() -> bool:
    return os.path.exists(_FUSE) and not os.access(_FUSE, os.R_OK | os.W_OK)  # noqa: PTH110


def _finish(process: subprocess.Popen[bytes], points: Sequence[Path], disk: str) -> None:
    """Wait until all is on the disk, however long that takes. Raises `VolumeError` if it is not."""
    try:
        for point in points:
            descriptor = os.open(point, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError as error:
        raise _incomplete(
            disk, error.strerror or str(error), hresult_of_errno(error.errno)
        ) from None
    process.terminate()
    code = process.wait()
    if code:
        raise _incomplete(disk, f"qemu-storage-daemon ended with {code}", 0x8007001D)


def _incomplete(disk: str, why: str, hresult: int | None) -> VolumeError:
    return VolumeError(
        f"the disk may not have been written in full: {why}",
        where=disk,
        hint="Look at what holds it (space, `dmesg`), and write it again.",
        hresult=hresult,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
