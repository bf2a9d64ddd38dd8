"""Whether a virtual disk is whole: what is missing of it would be read as zeros."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from typing import Any

from tasksequence.capture.sources.disk_files import DiskFile
from tasksequence.capture.sources.disk_format import RAW
from tasksequence.capture.sources.programs import program, run, too_slow
from tasksequence.errors import VolumeError

__all__ = ["check_whole"]

_UNSUPPORTED = 63
_CORRUPT = 2
_LEAKS = 3
"""Clusters that nothing uses: no harm to who reads."""
_MAPPED = frozenset({"vmdk", "vdi", "vpc"})
"""Formats of which QEMU's own check does not tell where the content ends."""
_CHECK_TIME = 3600
_BEYOND_THE_END = ("after end of file", "after eof", "exceeding the end")
"""What QEMU says of a file that is too short."""
_COUNTS = re.compile(
    r"(ERROR|Leaked) cluster \d+ refcount=\d+ reference=[01]"
    r"|ERROR OFLAG_COPIED (data|L2) cluster: .* refcount=\d+"
)
"""What QEMU says of a cluster that is used once or not at all, and is not counted so."""


def check_whole(disk: str, file: DiskFile) -> None:
    """Raise `VolumeError` where a file of a disk is cut off or damaged; its tables are read."""
    for layer in file.chain():
        if layer.format == RAW:
            continue
        name = "json:" + json.dumps(layer.node(chained=False))
        if layer.format in _MAPPED and not layer.parts:
            _check_end(disk, layer.path, _end_of_content(name))
        elif layer.format == "qcow2" and layer.parts:
            # QEMU's check looks at the tables alone, which are not in the file of the data.
            _check_end(disk, layer.parts[0], _end_of_content(name, data_only=True))
        done = run("qemu-img", "check", "--output", "json", name, limit=_CHECK_TIME)
        if done.returncode in {0, _LEAKS, _UNSUPPORTED}:
            continue
        said = "; ".join(line for line in done.stderr.strip().splitlines() if line) or "damaged"
        words = said.replace(f"'{name}'", layer.path).replace("qemu-img: ", "")
        if any(mark in words.lower() for mark in _BEYOND_THE_END):
            raise _cut_off(disk, f"{layer.path}: {words.partition('; ')[0]}")
        if "Could not open" in words:
            # What shows the disk fails on it too, and says it in full.
            continue
        if done.returncode == _CORRUPT and _is_only_uncounted(name, done.stderr):
            continue
        raise VolumeError(
            f"the virtual disk is damaged: {words.partition('; ')[0]}",
            where=disk,
            hint="Copy it again, or repair a copy with `qemu-img check -r all`.",
            hresult=0x80070570,
        )


def _is_only_uncounted(name: str, said: str) -> bool:
    """Tell whether a qcow2 has but stale counts of its clusters, as after a crash of its host.

    With lazy_refcounts they are brought up to date at the end, and the disk is marked until then:
    the content is whole, and QEMU mends the counts itself before it writes. A cluster that is used
    twice is no such case.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines or not all(_COUNTS.fullmatch(line) for line in lines):
        return False
    done = run("qemu-img", "info", "--output", "json", name)
    return done.returncode == 0 and bool(json.loads(done.stdout).get("dirty-flag"))


def _check_end(disk: str, path: str, end: int) -> None:
    if not end:
        return
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        # What stat says of a block device is 0.
        size = file.seek(0, os.SEEK_END)
    if end > size:
        raise _cut_off(disk, f"its content goes up to byte {end:,} of {path}, which has {size:,}")


def _end_of_content(name: str, *, data_only: bool = False) -> int:
    """Return how far the content of a disk goes in its file; 0 where QEMU cannot open it.

    With `data_only` what is allocated and reads as zeros does not count.
    """
    end = 0
    command = [program("qemu-img"), "map", "--output", "json", name]
    with subprocess.Popen(  # noqa: S603 (no shell; the arguments are ours and paths)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        late = threading.Event()

        def end_it() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(_CHECK_TIME, end_it)
        timer.daemon = True
        timer.start()
        try:
            # One line for each piece: a large disk has millions.
            for line in process.stdout:
                try:
                    piece: dict[str, Any] = json.loads(line.strip().strip(b"[],"))
                except ValueError:
                    continue
                if "offset" in piece and (piece["data"] or not data_only):
                    end = max(end, piece["offset"] + piece["length"])
        finally:
            timer.cancel()
    if late.is_set():
        raise too_slow("qemu-img", _CHECK_TIME)
    return end


def _cut_off(disk: str, what: str) -> VolumeError:
    return VolumeError(
        f"the disk is cut off: {what}",
        where=disk,
        hint="Copy the file again; the copy ended early, or the disk was full.",
        hresult=0x80070026,
    )
