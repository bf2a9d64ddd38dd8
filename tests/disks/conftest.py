"""Disks of every kind with the same volumes on them."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from tests.support import disks
from tests.support.disks import Slot
from tests.support.leftovers import use_own_scratch
from tests.support.volumes import make_volume, need_tools


@attrs.frozen
class Volumes:
    """Single volumes, which the disks are made of."""

    efi: Path
    windows: Path
    linux: Path
    data: Path


@pytest.fixture(scope="session")
def volumes(tmp_path_factory: pytest.TempPathFactory, reference_volume: Path) -> Volumes:
    disks.need_disk_tools()
    need_tools()
    folder = tmp_path_factory.mktemp("parts")
    files = {"Backup/old.txt": b"old" * 100, "pagefile.sys": b"p" * 5000}
    return Volumes(
        efi=disks.make_fat32(folder / "efi.fat"),
        windows=reference_volume,
        linux=disks.make_ext4(folder / "linux.ext4"),
        data=make_volume(folder / "data.ntfs", files, label="Data"),
    )


@pytest.fixture(scope="session")
def gpt_disk(volumes: Volumes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EFI, Microsoft Reserved, Windows, ext4, and a second NTFS volume."""
    return disks.make_gpt_disk(
        tmp_path_factory.mktemp("gpt") / "reference.raw",
        [
            Slot(disks.EFI, volumes.efi, name="EFI system partition"),
            Slot(disks.RESERVED, megabytes=16, name="Microsoft reserved partition"),
            Slot(disks.BASIC, volumes.windows, name="Basic data partition"),
            Slot(disks.LINUX, volumes.linux),
            Slot(disks.BASIC, volumes.data),
        ],
    )


@pytest.fixture(scope="session")
def mbr_disk(volumes: Volumes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An active NTFS volume, ext4, and a logical NTFS volume."""
    return disks.make_mbr_disk(
        tmp_path_factory.mktemp("mbr") / "reference.raw",
        [Slot("7", volumes.data, options=", bootable"), Slot("83", volumes.linux)],
        [Slot("7", volumes.windows)],
    )


@pytest.fixture(scope="session")
def small_disk(volumes: Volumes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small NTFS volumes; a test that changes it takes a copy."""
    return disks.make_gpt_disk(
        tmp_path_factory.mktemp("small") / "small.raw",
        [Slot(disks.BASIC, volumes.data), Slot(disks.LINUX, volumes.linux)],
    )


@pytest.fixture
def own_scratch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder for this test alone, in which `left_behind` looks."""
    folder = tmp_path_factory.mktemp("scratch")
    use_own_scratch(folder, monkeypatch)
    return folder
