"""The example that captures a whole disk runs as printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import disks
from tests.support.disks import Slot
from tests.support.volumes import make_volume, need_tools

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "capture_disk.py"


@pytest.mark.wimlib
def test_the_example_lists_captures_and_reads_back(tmp_path: Path) -> None:
    disks.need_disk_tools()
    need_tools()
    data = make_volume(tmp_path / "data.ntfs", {"a.txt": b"a"}, label="Data")
    slots = [Slot(disks.EFI, disks.make_fat32(tmp_path / "efi.fat")), Slot(disks.BASIC, data)]
    disk = disks.make_gpt_disk(tmp_path / "disk.raw", slots)
    wim = tmp_path / "disk.wim"
    done = subprocess.run(
        [sys.executable, EXAMPLE, disk, wim], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "1-1 FAT32 SYSTEM     EFI system: captured" in done.stdout
    assert "Image 2: Data, version 1.0, 1 bytes" in done.stdout
    assert "Partition 1: FAT32" in done.stdout


def test_the_example_explains_itself_and_shows_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "DISK is the disk" in done.stderr
    done = subprocess.run(
        [sys.executable, EXAMPLE, tmp_path / "absent", tmp_path / "x.wim"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
