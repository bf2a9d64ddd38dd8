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

from tasksequence.capture.sources.disk_format import RAW
from tasksequence.capture.sources.programs import program
from tasksequence.capture.sources.scratch import scratch_folder
from tasksequence.errors import VolumeError

__all__ = ["Part", "exported"]

_PATIENCE = 30.0
"""Seconds that the daemon may take to start, and to end."""
_POLL = 0.005
_PID_FILE = "pid"


class Part(NamedTuple):
    """A part of a disk, in bytes; None for the size means all that follows."""

    name: str
    offset: int = 0
    size: int | None = None


@contextmanager
def exported(
    disk: str, disk_format: str, parts: Sequence[Part], *, writable: bool = False
) -> Iterator[list[Path]]:
    """Show parts of a disk as files while the context lasts; their names are the parts' own.

    `disk_format` is QEMU's name for it. Raises `VolumeError` with QEMU's words for a disk that it
    cannot open: damaged, part of a chain whose parent is missing, or in use.
    """
    _check_name(disk)
    daemon = program("qemu-storage-daemon")
    setpriv = program("setpriv")
    with scratch_folder() as folder:
        files = [folder / part.name for part in parts]
        for file in files:
            file.touch(0o600)
        command = [setpriv, "--pdeathsig", "TERM", daemon]
        command += _arguments(disk, disk_format, parts, files, folder / _PID_FILE, writable)
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(  # noqa: S603 (no shell; the arguments are ours and paths)
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in a terminal is for this process alone, which then ends the daemon.
                start_new_session=True,
            )
            try:
                _await(process, folder / _PID_FILE, disk, log.fileno())
                yield files
            finally:
                _end(process)


def _check_name(disk: str) -> None:
    try:
        os.path.abspath(disk).encode()  # noqa: PTH100
    except UnicodeEncodeError:
        raise VolumeError(
            "the path of this disk is not UTF-8, which qemu-storage-daemon needs",
            where=disk,
            hint="Rename it, or name a link to it (`ln -s`).",
            hresult=0x8007007B,
        ) from None


def _arguments(
    disk: str,
    disk_format: str,
    parts: Sequence[Part],
    files: Sequence[Path],
    pid_file: Path,
    writable: bool,
) -> list[str]:
    driver = "host_device" if Path(disk).is_block_device() else "file"
    # An absolute path: a name like `nbd:…` is a name of a file here, and nothing else.
    source: dict[str, Any] = {"driver": driver, "filename": os.path.abspath(disk)}  # noqa: PTH100
    source["read-only"] = not writable
    image: dict[str, Any] = {"driver": disk_format, "node-name": "disk", "file": source}
    image["read-only"] = not writable
    nodes: list[dict[str, Any]] = [image]
    exports: list[dict[str, Any]] = []
    for index, (part, file) in enumerate(zip(parts, files, strict=True)):
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
        export |= {"mountpoint": str(file), "writable": writable, "allow-other": "off"}
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


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
