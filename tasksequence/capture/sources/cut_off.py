"""Virtual disks whose file ends too early: QEMU reads zeros there, and a WIM would hold them.

VHD and VHDX tell QEMU themselves where they end, and it refuses to open what is shorter. The others
are looked at here, before they are opened, with every disk that a snapshot builds on.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasksequence.capture.sources.disk_format import RAW
from tasksequence.capture.sources.programs import run
from tasksequence.errors import VolumeError

__all__ = ["check_not_cut_off"]

_TELL_THEMSELVES = frozenset({RAW, "vhdx", "vpc"})
_BEYOND_THE_END = re.compile(r"after EOF|exceeding the end of the file")
_TIME_LIMIT = 3600
"""Seconds; the tables of a disk of many terabytes take long on a slow medium."""


def check_not_cut_off(disk: str, disk_format: str) -> None:
    """Raise `VolumeError` for a virtual disk, or a parent of it, whose file ends too early.

    What cannot be opened at all is left to who opens it.
    """
    if disk_format in _TELL_THEMSELVES:
        return
    top = {"driver": disk_format, "file": {"driver": "file", "filename": os.path.abspath(disk)}}  # noqa: PTH100
    done = run("qemu-img", "info", "--backing-chain", "--output=json", f"json:{json.dumps(top)}")
    layers: list[dict[str, Any]] = json.loads(done.stdout) if done.returncode == 0 else []
    for layer in layers:
        short = next(_short_files(layer), None)
        if short is not None:
            raise VolumeError(
                f"the virtual disk is cut off: it has data beyond the end of {short}",
                where=disk,
                hint="Copy the file again; the copy ended early, or the disk was full.",
                hresult=0x80070026,
            )


def _short_files(layer: dict[str, Any]) -> Iterator[str]:
    """Yield the files of one disk of a chain that end too early."""
    file, form = layer["filename"], layer["format"]
    if not os.path.isfile(file):  # noqa: PTH113
        return
    source = json.dumps({"driver": form, "file": {"driver": "file", "filename": file}})
    if form == "vdi":
        done = run("qemu-img", "map", "--output=json", f"json:{source}", limit=_TIME_LIMIT)
        areas = json.loads(done.stdout) if done.returncode == 0 else []
        ends = (area["offset"] + area["length"] for area in areas if "offset" in area)
        if max(ends, default=0) > os.path.getsize(file):  # noqa: PTH202
            yield file
        return
    for extent in layer.get("format-specific", {}).get("data", {}).get("extents", ()):
        if extent["format"] == "FLAT":
            flat = Path(file).parent / extent["filename"]
            if flat.is_file() and flat.stat().st_size < extent["virtual-size"]:
                yield str(flat)
    if form in {"qcow2", "vmdk"}:
        done = run("qemu-img", "check", f"json:{source}", limit=_TIME_LIMIT)
        if _BEYOND_THE_END.search(done.stdout + done.stderr):
            yield file
