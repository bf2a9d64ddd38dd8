"""Make an NTFS volume in a file that looks like the system volume of a Windows machine.

    python -m tests.support.reference_volume PATH [--size MB] [--files N] [--seed N]

Run it from the root of the repository.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.support.reference_volume import build


def main() -> int:
    """Build the volume that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.reference_volume",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("path", type=Path, help="the image file to write")
    parser.add_argument("--size", type=int, default=220, metavar="MB", help="file content")
    parser.add_argument("--files", type=int, default=4000, metavar="N", help="file names")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    arguments = parser.parse_args()
    started = time.monotonic()
    try:
        build(arguments.path, megabytes=arguments.size, files=arguments.files, seed=arguments.seed)
    except (RuntimeError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.path}: built in {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
