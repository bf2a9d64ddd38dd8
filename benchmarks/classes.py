"""Importing the classes, and building a capture action; each beside what it is measured against.

The imports are whole processes, in turns within one run, with bytecode cached as an installed
package has it; the time of an empty process is taken off both sides for the second ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import timeit

EMPTY = "pass"
REFERENCE = "import attrs, lxml.etree"
LAZY = "import tasksequence"
ALL = "import tasksequence; tasksequence.registry"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="turns of the imports")
    rounds = parser.parse_args().rounds
    times = imports(rounds)
    empty, reference = times[EMPTY], times[REFERENCE]
    print(f"{'':44} {'median':>9}  {'ratio':>6}  {'without start':>13}")
    for code, median in times.items():
        ratio = median / reference
        net = (median - empty) / (reference - empty)
        print(f"{code:44} {median * 1e3:6.1f} ms  {ratio:6.2f}  {net:13.2f}")
    print(f"\nbuilding and checking a capture action: {construction():.2f} µs")


def imports(rounds: int) -> dict[str, float]:
    """Return the median time of a process for each import."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    codes = (EMPTY, REFERENCE, LAZY, ALL)
    taken: dict[str, list[float]] = {code: [] for code in codes}
    for turn in range(rounds + 1):
        for code in codes:
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, env=environment)
            if turn:  # the first turn fills the caches
                taken[code].append(time.perf_counter() - start)
    return {code: statistics.median(values) for code, values in taken.items()}


def construction() -> float:
    """Return microseconds for one capture action with six values given, the best of nine runs."""
    import tasksequence as ts

    def build() -> None:
        ts.CaptureSystemImageAction(
            name="Capture the Reference Machine",
            capture_destination=r"\\server\share\reference.wim",
            capture_username=r"domain\user",
            image_creator="Imaging",
            image_description="Reference image",
            image_version="1.0",
        )

    number = 20_000
    return min(timeit.repeat(build, number=number, repeat=9)) / number * 1e6


if __name__ == "__main__":
    main()
