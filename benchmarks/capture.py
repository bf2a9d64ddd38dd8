"""Time our capture of a volume against wimlib-imagex, and compare the memory that they take.

    python benchmarks/capture.py VOLUME [--compression lzx] [--pairs 7] [--through cli]

See README.md in this folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

CLI = (
    "{python} -m tasksequence capture {sequence} --volume {volume} --destination {destination}"
    " --compression {compression} --threads {threads} --quiet"
)
BACKEND = "{python} {script} --once {volume} {destination} {compression} {threads}"
SEQUENCE = """<?xml version="1.0" encoding="utf-8"?>
<sequence version="3.10">
  <step type="SMS_TaskSequence_CaptureSystemImageAction" name="Capture">
    <action>osdcapturesystemimage.exe</action>
    <defaultVarList>
      <variable name="OSDCaptureDestination" property="CaptureDestination">replaced.wim</variable>
      <variable name="OSDImageVersion" property="ImageVersion">1</variable>
    </defaultVarList>
  </step>
</sequence>
"""
MEGABYTE = 1 << 20
Commands = Sequence[Sequence[str]]


@attrs.frozen
class Cost:
    """Seconds that a capture took: on the clock, and of all processors."""

    clock: float
    processor: float

    def over(self, other: Cost) -> Cost:
        """Return this cost as a multiple of another."""
        return Cost(self.clock / other.clock, self.processor / other.processor)


def main() -> int:
    """Compare as the command line says."""
    if sys.argv[1:2] == ["--once"]:
        capture_once(*sys.argv[2:])
        return 0
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.scratch, prefix="capture-benchmark-") as name:
        folder = Path(name)
        ours, theirs = _commands(options, folder)
        ratios = []
        _cost(theirs, folder)  # brings the volume into the page cache for both
        for number in range(options.pairs):
            our_cost, their_cost = _measure(ours, theirs, folder, ours_first=number % 2 == 0)
            ratio = our_cost.over(their_cost)
            ratios.append(ratio)
            print(
                f"pair {number + 1}: ours {our_cost.clock:6.2f} s, wimlib-imagex"
                f" {their_cost.clock:6.2f} s, ratio {ratio.clock:.3f}"
                f" (processor time {ratio.processor:.3f})",
                flush=True,
            )
        print(f"{options.compression}, {options.threads} threads")
        print(f"time: {_summary([ratio.clock for ratio in ratios])}")
        print(f"processor time: {_summary([ratio.processor for ratio in ratios])}")
        # Looking at /proc takes time from the work, so memory has runs of its own.
        our_peak, their_peak = _peak_memory(ours, folder), _peak_memory(theirs, folder)
    print(
        f"peak memory: ours {our_peak / MEGABYTE:.1f} MB, wimlib-imagex"
        f" {their_peak / MEGABYTE:.1f} MB, difference {(our_peak - their_peak) / MEGABYTE:.1f} MB"
    )
    return 0


def capture_once(volume: str, destination: str, compression: str, threads: str) -> None:
    """Capture through the backend alone, without sequence, plan and command line."""
    from tasksequence.capture.backend import load_backend
    from tasksequence.request import (
        CaptureOptions,
        CaptureRequest,
        Compression,
        StepReference,
        VolumeSource,
    )

    step = StepReference(
        name="Capture", path=("Capture",), wmi_class="SMS_TaskSequence_CaptureSystemImageAction"
    )
    request = CaptureRequest(
        step=step,
        destination=destination,
        volumes=(VolumeSource(path=Path(volume)),),
        options=CaptureOptions(compression=Compression(compression), threads=int(threads)),
    )
    load_backend("wimlib").capture(request, lambda _event: None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("volume", type=Path, help="an NTFS volume in a file")
    parser.add_argument("--compression", choices=("lzx", "xpress", "none"), default="lzx")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument(
        "--through",
        choices=("cli", "backend"),
        default="cli",
        help="measure the command line, or a call of the backend alone",
    )
    parser.add_argument("--command", help="measure this instead; placeholders as in CLI, above")
    parser.add_argument("--scratch", type=Path, help="a folder for the WIMs")
    return parser.parse_args()


def _commands(options: argparse.Namespace, folder: Path) -> tuple[Commands, Commands]:
    sequence = folder / "capture.xml"
    sequence.write_text(SEQUENCE, encoding="utf-8")
    wim = str(folder / "out.wim")
    volume = str(options.volume.resolve())
    template = options.command or {"cli": CLI, "backend": BACKEND}[options.through]
    values = {
        "python": sys.executable,
        "script": str(Path(__file__).resolve()),
        "sequence": str(sequence),
        "volume": volume,
        "destination": wim,
        "compression": options.compression,
        "threads": options.threads,
    }
    ours = [part.format_map(values) for part in shlex.split(template)]
    settings = [f"--compress={options.compression.upper()}", f"--threads={options.threads}"]
    capture = ["wimlib-imagex", "capture", volume, wim, *settings]
    return [ours], [capture, ["wimlib-imagex", "verify", wim]]


def _summary(ratios: Sequence[float]) -> str:
    middle = statistics.median(ratios)
    return f"median ratio {middle:.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


def _measure(
    ours: Commands, theirs: Commands, folder: Path, *, ours_first: bool
) -> tuple[Cost, Cost]:
    if ours_first:
        first = _cost(ours, folder)
        return first, _cost(theirs, folder)
    first = _cost(theirs, folder)
    return _cost(ours, folder), first


def _cost(commands: Commands, folder: Path) -> Cost:
    _remove_wims(folder)
    os.sync()  # nobody waits for what the run before left to write
    started, used = time.perf_counter(), _processor_seconds()
    for command in commands:
        _finish(_start(command, folder), command, folder)
    return Cost(time.perf_counter() - started, _processor_seconds() - used)


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _peak_memory(commands: Commands, folder: Path) -> int:
    """Return the most bytes that a command and all its children took together at any time."""
    _remove_wims(folder)
    peak = 0
    for command in commands:
        process = _start(command, folder)
        while process.poll() is None:
            peak = max(peak, sum(map(_memory, _with_descendants(process.pid))))
            time.sleep(0.02)
        _finish(process, command, folder)
    return peak


def _remove_wims(folder: Path) -> None:
    for wim in folder.glob("*.wim"):
        wim.unlink()


def _start(command: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "output.txt").open("wb") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )


def _finish(process: subprocess.Popen[bytes], command: Sequence[str], folder: Path) -> None:
    if process.wait() != 0:
        output = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"{shlex.join(command)} failed:\n{output}")


def _with_descendants(pid: int) -> Iterator[int]:
    yield pid
    try:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text(encoding="ascii").split():
                yield from _with_descendants(int(child))
    except OSError:  # ended in the meantime
        return


def _memory(pid: int) -> int:
    """Return a process's share of memory in bytes: pages that several use count in part.

    Where smaps_rollup may not be read, all its resident pages count in full.
    """
    for source, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{pid}/{source}").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    sys.exit(main())
