"""Put a reference volume on a disk as a Windows machine has it: EFI system, reserved, Windows.

    python -m tests.support.reference_disk VOLUME DISK.vhdx

VOLUME is an NTFS volume in a file. Run it from the root of the repository; needs `sfdisk`,
`mkfs.fat`, `mtools` and `qemu-img`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.disks import BASIC, EFI, RESERVED, Slot, make_fat32, make_gpt_disk
from tests.support.volumes import run, tool_path

__all__ = ["build_disk"]

_PROGRAMS = ("sfdisk", "mkfs.fat", "mcopy", "mattrib", "qemu-img")


def _missing_programs() -> list[str]:
    """Return what this machine lacks to make a disk."""
    return [name for name in _PROGRAMS if tool_path(name) is None]


def build_disk(volume: Path, disk: Path) -> None:
    """Write a VHDX with a GPT: FAT32 EFI system, Microsoft reserved, and the given volume."""
    # Beside the disk: as large as the volume, which a temporary folder in memory may not hold.
    with tempfile.TemporaryDirectory(dir=disk.parent) as folder:
        place = Path(folder)
        slots = [
            Slot(EFI, make_fat32(place / "efi.fat"), name="EFI system partition"),
            Slot(RESERVED, megabytes=16, name="Microsoft reserved partition"),
            Slot(BASIC, volume, name="Basic data partition"),
        ]
        raw = make_gpt_disk(place / "disk.raw", slots)
        run("qemu-img", "convert", "-O", "vhdx", "-o", "subformat=dynamic", raw, disk)


def main() -> int:
    """Build the disk that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.support.reference_disk",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("volume", type=Path, help="an NTFS volume in a file")
    parser.add_argument("disk", type=Path, help="the VHDX to write")
    arguments = parser.parse_args()
    missing = _missing_programs()
    if missing:
        print(f"{parser.prog}: needs {', '.join(missing)}", file=sys.stderr)
        return 1
    try:
        build_disk(arguments.volume, arguments.disk)
    except (OSError, AssertionError, subprocess.CalledProcessError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.disk}: {arguments.disk.stat().st_size / 1e6:,.0f} MB, three partitions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
