"""The second example starts a share, captures to it, and leaves what it promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.capture.wim_file import read_wim_file
from tests.support import disks
from tests.support.reference_disk import build_disk
from tests.support.shares import verify

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.wimlib
@pytest.mark.skipif(not SambaShare.is_available(), reason="needs smbd (Debian: apt install samba)")
def test_the_example_captures_to_the_share_that_it_starts(
    reference_volume: Path, tmp_path: Path
) -> None:
    disks.need_disk_tools()
    disk = tmp_path / "reference.vhdx"
    build_disk(reference_volume, disk)
    assert ts.read_disk(disk).format == "vhdx"
    # Longer than the path of a socket may be.
    place = tmp_path / ("long " * 20)
    folder = os.path.relpath(place, ROOT)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "examples.capture_to_share", disk, folder],
            capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    verify(place / "share" / "reference.wim")
    assert [one.name for one in (place / "share").iterdir()] == ["reference.wim"]
    assert "100% Comparing" in done.stderr
    shares = [int(line[:3]) for line in done.stderr.splitlines() if line[3:4] == "%"]
    assert shares == sorted(shares)
    # The EFI system volume and Windows; the reserved partition between them holds nothing.
    image_file = read_wim_file(str(place / "share" / "reference.wim"))
    assert image_file.images == 2
    assert "partition 2 (Reserved, 16.0 MiB): reserved partition" in done.stdout
    assert "Capture Operating System Image  succeeded" in done.stdout
    assert not [one for one in Path("/proc").glob("[0-9]*/cmdline") if _is_server(one, place)]


def _is_server(cmdline: Path, folder: Path) -> bool:
    try:
        return str(folder).encode() in cmdline.read_bytes()
    except OSError:
        return False


def test_the_example_explains_itself_without_arguments() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.capture_to_share"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert "DISK is whatever" in done.stderr
