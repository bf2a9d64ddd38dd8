"""Time captures of a disk against those of its volume, and recaptures against first captures.

    python benchmarks/sources.py VOLUME [--compression lzx] [--pairs 7] [--what disk|base]

`disk` puts the volume on a GPT disk in a VHDX and compares its capture with that of the volume;
`base` changes one file in a hundred and compares a capture with --base with one without.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tasksequence as ts
from tests.support import disks
from tests.support.volumes import mounted


def main() -> int:
    """Compare as the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("volume", type=Path, help="an NTFS volume in a file")
    parser.add_argument("--compression", choices=("lzx", "xpress", "none"), default="lzx")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--what", choices=("disk", "base"), default="disk")
    parser.add_argument("--scratch", type=Path, help="a folder for disks and WIMs")
    options = parser.parse_args()
    choices = ts.CaptureOptions(
        compression=ts.Compression(options.compression), threads=options.threads
    )
    with tempfile.TemporaryDirectory(dir=options.scratch, prefix="sources-benchmark-") as name:
        folder = Path(name)
        make = {"disk": _disk_and_volume, "base": _base_and_first}[options.what]
        _compare(*make(options.volume, folder, choices), options.pairs)
    return 0


def _disk_and_volume(
    volume: Path, folder: Path, options: ts.CaptureOptions
) -> tuple[Callable[[], object], Callable[[], object]]:
    raw = disks.make_gpt_disk(folder / "disk.raw", [disks.Slot(disks.BASIC, volume)])
    vhdx = folder / "disk.vhdx"
    subprocess.run(["qemu-img", "convert", "-O", "vhdx", raw, vhdx], check=True)
    raw.unlink()
    plan = disks.plan_to(folder / "out.wim")
    return (
        lambda: ts.capture_disks(plan, vhdx, options=options),
        lambda: ts.capture_volumes(plan, volume, options=options),
    )


def _base_and_first(
    volume: Path, folder: Path, options: ts.CaptureOptions
) -> tuple[Callable[[], object], Callable[[], object]]:
    import attrs

    changed = folder / "changed.ntfs"
    shutil.copy(volume, changed)
    base = folder / "base.wim"
    ts.capture_volumes(disks.plan_to(base), changed, options=options)
    with mounted(changed) as root:
        files = sorted(path for path in root.rglob("*") if path.is_file() and path.stat().st_size)
        for path in files[::100]:
            path.write_bytes(path.read_bytes()[::-1])
    plan = disks.plan_to(folder / "out.wim")
    based = attrs.evolve(options, base=base)
    return (
        lambda: ts.capture_volumes(plan, changed, options=based),
        lambda: ts.capture_volumes(plan, changed, options=options),
    )


def _compare(one: Callable[[], object], other: Callable[[], object], pairs: int) -> None:
    _seconds(other)  # brings the volume into the page cache
    ratios = []
    for number in range(pairs):
        if number % 2:
            second = _seconds(other)
            first = _seconds(one)
        else:
            first = _seconds(one)
            second = _seconds(other)
        ratios.append(first / second)
        print(f"pair {number + 1}: {first:.2f} s, {second:.2f} s, ratio {first / second:.3f}")
    middle = statistics.median(ratios)
    print(f"median ratio {middle:.3f} ({min(ratios):.3f} to {max(ratios):.3f})")


def _seconds(capture: Callable[[], object]) -> float:
    started = time.perf_counter()
    capture()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
