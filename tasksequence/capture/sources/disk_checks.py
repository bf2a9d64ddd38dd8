"""Whether a virtual disk is whole: what is missing of it would be read as zeros."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from tasksequence.capture.sources.disk_files import DiskFile
from tasksequence.capture.sources.disk_format import RAW
from tasksequence.capture.sources.programs import program, run
from tasksequence.errors import VolumeError

__all__ = ["check_whole"]

_UNSUPPORTED = 63
_LEAKS = 3
"""Clusters that nothing uses: no harm to who reads."""
_MAPPED = frozenset({"vmdk", "vdi", "vpc"})
"""Formats of which QEMU's own check does not tell where the content ends."""
_CHECK_TIME = 3600
_BEYOND_THE_END = ("after end of file", "after eof", "exceeding the end")
"""What QEMU says of a file that is too short."""


def check_whole(disk: str, file: DiskFile) -> None:
    """Raise `VolumeError` where a file of a disk is cut off or damaged; its tables are read."""
    for layer in file.chain():
        if layer.format == RAW:
            continue
        name = "json:" + json.dumps(layer.node(chained=False))
        if layer.format in _MAPPED and not layer.parts:
            end, size = _end_of_content(name), os.path.getsize(layer.path)  # noqa: PTH202
            if end > size:
                raise _cut_off(
                    disk, f"its content goes up to byte {end:,} of {layer.path}, which has {size:,}"
                )
        done = run("qemu-img", "check", "--output", "json", name, limit=_CHECK_TIME)
        if done.returncode in {0, _LEAKS, _UNSUPPORTED}:
            continue
        said = "; ".join(line for line in done.stderr.strip().splitlines() if line) or "damaged"
        words = said.replace(f"'{name}'", layer.path).replace("qemu-img: ", "")
        if any(
            mark in words.lower()
            for mark in ("after end of file", "after eof", "exceeding the end")
        ):
            raise _cut_off(disk, f"{layer.path}: {words.partition('; ')[0]}")
        if "Could not open" in words:
            # What shows the disk fails on it too, and says it in full.
            continue
        raise VolumeError(
            f"the virtual disk is damaged: {words.partition('; ')[0]}",
            where=disk,
            hint="Copy it again, or repair a copy with `qemu-img check -r all`.",
            hresult=0x80070570,
        )


def _end_of_content(name: str) -> int:
    """Return how far the content of a disk goes in its file; 0 where QEMU cannot open it."""
    end = 0
    command = [program("qemu-img"), "map", "--output", "json", name]
    with subprocess.Popen(  # noqa: S603 (no shell; the arguments are ours and paths)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        # One line for each piece: a large disk has millions.
        for line in process.stdout:
            try:
                piece: dict[str, Any] = json.loads(line.strip().strip(b"[],"))
            except ValueError:
                continue
            if "offset" in piece:
                end = max(end, piece["offset"] + piece["length"])
    return end


def _cut_off(disk: str, what: str) -> VolumeError:
    return VolumeError(
        f"the disk is cut off: {what}",
        where=disk,
        hint="Copy the file again; the copy ended early, or the disk was full.",
        hresult=0x80070026,
    )
