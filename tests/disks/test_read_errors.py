"""Sectors that cannot be read: disk, partition and cause are named, and nothing is left."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence.capture.sources._fat_format import Geometry
from tests.support import disks
from tests.support.captures import OLD, names_in
from tests.support.disks import BASIC, EFI, MEGABYTE, QUICK, Slot, plan_to
from tests.support.failing_disk import fail_at
from tests.support.leftovers import left_behind
from tests.support.volumes import make_volume, need_tools

pytestmark = [pytest.mark.wimlib, pytest.mark.usefixtures("own_scratch")]

MARK = os.urandom(512)


@attrs.frozen
class Reference:
    """A disk with FAT32, NTFS and NTFS, and where on it what lies that is going to fail."""

    path: Path
    offsets: dict[str, int]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    disks.need_disk_tools()
    need_tools()
    folder = tmp_path_factory.mktemp("failing")
    efi = disks.make_fat32(folder / "efi.fat")
    one = make_volume(folder / "one.ntfs", {"good.bin": os.urandom(MEGABYTE)}, label="One")
    content = os.urandom(MEGABYTE) + MARK + os.urandom(MEGABYTE)
    two = make_volume(folder / "two.ntfs", {"Users/anna/bad.bin": content}, label="Two")
    disk = disks.make_gpt_disk(
        folder / "disk.raw", [Slot(EFI, efi), Slot(BASIC, one), Slot(BASIC, two)]
    )
    raw = disk.read_bytes()
    start = MEGABYTE + efi.stat().st_size + one.stat().st_size
    geometry = Geometry.from_boot_sector(efi.read_bytes()[:512])
    assert geometry is not None
    offsets = {
        "file": raw.index(MARK),
        "boot sector": start,
        "records": start + 4096 * int.from_bytes(two.read_bytes()[0x30:0x38], "little"),
        "table": 512,
        "FAT32 file": MEGABYTE + efi.read_bytes().index(bytes(range(256)) * 2),
        "FAT": MEGABYTE + geometry.fat_start,
    }
    return Reference(disk, offsets)


@pytest.mark.parametrize(
    ("what", "place", "said"),
    [
        ("file", ", partition 3", "/Users/anna/bad.bin"),
        ("boot sector", ", partition 3", "cannot be read here"),
        ("records", ", partition 3", "cannot be read"),
        ("FAT32 file", ", partition 1", "cannot be read"),
        ("FAT", ", partition 1", "cannot be read"),
        ("table", "", "cannot be read here"),
    ],
)
def test_a_sector_that_cannot_be_read_ends_the_capture(
    reference: Reference,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    place: str,
    said: str,
) -> None:
    destination = tmp_path / "images" / "out.wim"
    destination.parent.mkdir()
    destination.write_bytes(OLD)
    fail_at(monkeypatch, tmp_path / "bin", reference.offsets[what])
    with pytest.raises(ts.VolumeError) as caught:
        ts.capture_disks(plan_to(destination), reference.path, options=QUICK)
    assert caught.value.where == f"{reference.path}{place}"
    assert said in caught.value.problem
    assert "Input/output error" in caught.value.problem
    assert caught.value.hint
    assert caught.value.hresult == 0x8007045D
    assert names_in(destination.parent) == {"out.wim"}
    assert destination.read_bytes() == OLD
    assert left_behind() == []


def test_a_volume_that_is_not_wanted_may_fail(
    reference: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, tmp_path / "bin", reference.offsets["file"])
    plan = plan_to(tmp_path / "out.wim")
    result = ts.capture_disks(plan, reference.path, exclude=["3"], options=QUICK)
    assert result.verified
    assert [image.place and image.place.partition for image in result.images] == [1, 2]
