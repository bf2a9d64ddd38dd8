"""What a volume says of itself, judged alike by the listing, the preflight and the capture."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import uuid
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence.capture.sources import ntfs_format as ntfs_form
from tasksequence.capture.sources.disks import read_disk
from tasksequence.capture.sources.ntfs import inspect
from tasksequence.capture.sources.ntfs_volume import NtfsVolume
from tests.support import disks
from tests.support.command_line import run as command
from tests.support.disks import QUICK, Slot, plan_to
from tests.support.volumes import make_volume, mark_dirty, mounted, need_tools, run, tool_path

pytestmark = pytest.mark.wimlib

IN_USE, CLOSED = 0, 0xFFFF
CLEAN = 2


@pytest.fixture(scope="module")
def ntfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tools()
    disks.need_disk_tools()
    return make_volume(tmp_path_factory.mktemp("ntfs") / "a.ntfs", {"a.txt": b"a"}, megabytes=32)


@pytest.fixture
def volume(ntfs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(ntfs, tmp_path / "copy.ntfs"))


def restart_page(number: int, client: int, flags: int, log: int) -> bytes:
    """A restart page of $LogFile as in the NTFS documentation's layout, one client called NTFS."""
    page = bytearray(4096)
    page[:4] = b"RSTR"
    struct.pack_into("<HHQIIHHH", page, 4, 0x1E, 9, 0, 4096, 4096, 0x30, 1, 1)
    area = 0x30
    struct.pack_into(
        "<QHHHHIHHqIHHII", page, area, number, 1, 0xFFFF if client == IN_USE else 0, client, flags,
        67 - log.bit_length(), 0x40 + 160, 0x40, log, 0, 0x30, 0x40, 1, 0,
    )  # fmt: skip
    struct.pack_into("<QQHHH6xI", page, area + 0x40, number, number, 0xFFFF, 0xFFFF, 0, 8)
    page[area + 0x60 : area + 0x68] = "NTFS".encode("utf-16-le")
    page[0x1E:0x20] = b"\x01\0"
    for block in range(8):
        end = (block + 1) * 512
        page[0x20 + 2 * block : 0x22 + 2 * block] = page[end - 2 : end]
        page[end - 2 : end] = b"\x01\0"
    return bytes(page)


def write_journal(path: Path, *pages: tuple[int, int, int]) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        geometry = ntfs_form.Geometry.from_boot_sector(os.pread(descriptor, 512, 0))
        assert geometry is not None
        found = NtfsVolume(descriptor, geometry, str(path)).attributes(2)
        (log,) = [one for one in found if one.type == ntfs_form.DATA]
        start = log.runs[0][0]
        assert start is not None
        for at, (number, client, flags) in enumerate(pages):
            page = restart_page(number, client, flags, log.size)
            os.pwrite(descriptor, page, start * geometry.cluster + at * 4096)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("pages", "in_use"),
    [
        ([(5, IN_USE, 0), (6, IN_USE, 0)], True),
        ([(5, IN_USE, CLEAN), (6, IN_USE, CLEAN)], False),
        ([(5, CLOSED, 0), (6, CLOSED, 0)], False),
        ([(7, IN_USE, 0), (6, CLOSED, CLEAN)], True),
        ([(5, IN_USE, 0), (6, CLOSED, CLEAN)], False),
        ([(5, CLOSED, CLEAN), (6, IN_USE, 0)], True),
    ],
)
def test_the_newer_restart_page_tells_whether_the_journal_is_in_use(
    volume: Path, pages: list[tuple[int, int, int]], in_use: bool
) -> None:
    write_journal(volume, *pages)
    assert any("journal" in mark for mark in inspect(str(volume)).marks) is in_use
    probe = subprocess.run(
        [tool_path("ntfs-3g.probe") or "ntfs-3g.probe", "--readwrite", volume],
        capture_output=True, check=False,
    )  # fmt: skip
    assert (probe.returncode != 0) is in_use, probe.stderr


def test_volumes_without_an_open_journal_are_clean(ntfs: Path, reference_volume: Path) -> None:
    """Just formatted, mounted by ntfs-3g, and with large clusters."""
    fresh = make_volume(ntfs.with_name("fresh.ntfs"))
    large = make_volume(ntfs.with_name("large.ntfs"), {"a": b"a"}, cluster=65536, megabytes=64)
    for path in (fresh, large, ntfs, reference_volume):
        assert inspect(str(path)).marks == ()
        run("ntfs-3g.probe", "--readwrite", path)
    with mounted(fresh):
        copy = Path(shutil.copy(fresh, ntfs.with_name("taken.ntfs")))
    assert inspect(str(fresh)).marks == ()
    assert inspect(str(copy)).marks == ()


def test_an_open_journal_is_refused_unless_it_is_allowed(volume: Path, tmp_path: Path) -> None:
    write_journal(volume, (5, IN_USE, 0), (6, IN_USE, 0))
    disk = disks.make_gpt_disk(tmp_path / "d.raw", [Slot(disks.BASIC, volume)])
    (found,) = read_disk(disk).volumes
    assert found.problem == "not cleanly shut down: its journal ($LogFile) is in use"
    wim = tmp_path / "out.wim"
    with pytest.raises(ts.VolumeError, match=r"journal .* is in use") as told:
        ts.capture_disks(plan_to(wim), disk, options=QUICK)
    assert "--allow-dirty" in (told.value.hint or "")
    checks = ts.preflight(plan_to(wim), disks=disk)
    assert any("journal" in one.text and one.standing is ts.Standing.FAILED for one in checks)
    heard: list[object] = []
    allowed = attrs.evolve(QUICK, allow_dirty=True)
    ts.capture_disks(plan_to(wim), disk, options=allowed, on_event=heard.append)
    assert any("journal" in str(event) for event in heard)


def test_fat32_marked_as_dirty_is_taken_with_a_warning_everywhere(tmp_path: Path) -> None:
    disks.need_disk_tools()
    fat = disks.make_fat32(tmp_path / "efi.fat")
    with fat.open("r+b") as stream:
        stream.seek(0x41)
        stream.write(b"\x01")
    disk = disks.make_gpt_disk(tmp_path / "d.raw", [Slot(disks.EFI, fat)])
    assert "yes, with a warning: not cleanly unmounted" in command("volumes", disk).stdout
    (listed,) = json.loads(command("volumes", "--json", disk).stdout)
    assert listed["volumes"][0]["captured"] is True
    assert listed["volumes"][0]["problem"] is None
    assert "dirty" in listed["volumes"][0]["warning"]
    checks = ts.preflight(plan_to(tmp_path / "out.wim"), disks=disk)
    assert any("dirty" in one.text and one.standing is ts.Standing.WARNING for one in checks)
    heard: list[object] = []
    ts.capture_disks(plan_to(tmp_path / "out.wim"), disk, options=QUICK, on_event=heard.append)
    assert any("dirty" in str(event) for event in heard)


def test_a_dirty_volume_is_judged_alike(volume: Path, tmp_path: Path) -> None:
    mark_dirty(volume)
    disk = disks.make_gpt_disk(tmp_path / "d.raw", [Slot(disks.BASIC, volume)])
    assert "refused: not cleanly shut down or damaged (dirty)" in command("volumes", disk).stdout
    with pytest.raises(ts.VolumeError, match="not cleanly shut down or damaged"):
        ts.capture_disks(plan_to(tmp_path / "out.wim"), disk, options=QUICK)


# Several file systems in one partition, and none.


def blkid_is_torn(path: Path) -> bool:
    tool = tool_path("blkid") or "blkid"
    return subprocess.run([tool, "--probe", path], capture_output=True, check=False).returncode == 8


def test_what_an_earlier_file_system_left_does_not_hide_a_volume(
    volume: Path, tmp_path: Path
) -> None:
    with volume.open("r+b") as stream:
        stream.seek(0x10040)
        stream.write(b"_BHRfS_M")
    assert blkid_is_torn(volume)
    fat = disks.make_fat32(tmp_path / "data.fat")
    ext = disks.make_ext4(tmp_path / "old.ext4").read_bytes()
    with fat.open("r+b") as stream:
        stream.seek(1024)
        stream.write(ext[1024:2048])
    disk = disks.make_gpt_disk(
        tmp_path / "d.raw", [Slot(disks.BASIC, volume), Slot(disks.BASIC, fat)]
    )
    found = read_disk(disk).volumes
    assert [(one.place.file_system, one.skipped) for one in found] == [
        ("NTFS", None), ("FAT32", None),
    ]  # fmt: skip


def test_several_signatures_without_a_boot_sector_are_a_problem(tmp_path: Path) -> None:
    disks.need_disk_tools()
    torn = disks.make_ext4(tmp_path / "torn.ext4", megabytes=40)
    with torn.open("r+b") as stream:
        stream.seek(0x10040)
        stream.write(b"_BHRfS_M")
    if not blkid_is_torn(torn):
        pytest.skip("this blkid decides for one of them")
    good = make_volume(tmp_path / "good.ntfs", {"a": b"a"})
    disk = disks.make_gpt_disk(
        tmp_path / "d.raw", [Slot(disks.BASIC, torn), Slot(disks.BASIC, good)]
    )
    first, _ = read_disk(disk).volumes
    assert first.skipped is None
    assert "signatures of several file systems" in (first.problem or "")
    wim = tmp_path / "out.wim"
    with pytest.raises(ts.VolumeError, match=r"signatures of several file systems.*wipefs"):
        ts.capture_disks(plan_to(wim), disk, options=QUICK)
    with pytest.raises(ts.VolumeError, match="signatures of several file systems"):
        ts.capture_disks(plan_to(wim), disk, options=QUICK, include=["1"])
    result = ts.capture_disks(plan_to(wim), disk, options=QUICK, exclude=["1"])
    assert len(result.images) == 1


def test_a_partition_for_windows_without_a_file_system_is_warned_of(
    ntfs: Path, tmp_path: Path
) -> None:
    slots = [Slot(disks.BASIC, ntfs), Slot(disks.BASIC), Slot(disks.LINUX)]
    disk = disks.make_gpt_disk(tmp_path / "d.raw", slots)
    heard: list[object] = []
    ts.capture_disks(plan_to(tmp_path / "o.wim"), disk, options=QUICK, on_event=heard.append)
    warned = [event.message for event in heard if isinstance(event, ts.CaptureWarning)]
    assert [text for text in warned if "partition 2 is skipped" in text and "damaged" in text]
    assert not [text for text in warned if "partition 3" in text]
    mbr = disks.make_mbr_disk(tmp_path / "m.raw", [Slot("7", ntfs), Slot("c"), Slot("83")], [])
    assert [bool(one.warning) for one in read_disk(mbr).volumes] == [False, True, False]


def test_a_damaged_boot_sector_is_said_to_be_one(volume: Path, tmp_path: Path) -> None:
    fat = disks.make_fat32(tmp_path / "data.fat")
    for path in (volume, fat):
        with path.open("r+b") as stream:
            stream.seek(11)
            stream.write(b"\xff\xff")
    disk = disks.make_gpt_disk(
        tmp_path / "d.raw", [Slot(disks.BASIC, volume), Slot(disks.BASIC, fat)]
    )
    for one, name in zip(read_disk(disk).volumes, ("NTFS", "FAT32"), strict=True):
        assert one.skipped is None
        assert one.problem == f"the boot sector of this {name} volume is damaged"
    with pytest.raises(ts.VolumeError, match="a FAT32 volume whose boot sector is damaged"):
        ts.capture_volumes(plan_to(tmp_path / "o.wim"), fat, options=QUICK)


def test_bitlocker_to_go_is_no_fat32(tmp_path: Path) -> None:
    disks.need_disk_tools()
    fat = disks.make_fat32(tmp_path / "togo.fat")
    with fat.open("r+b") as stream:
        stream.seek(3)
        stream.write(b"MSWIN4.1")
        stream.seek(424)
        stream.write(uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le)
    disk = disks.make_gpt_disk(tmp_path / "d.raw", [Slot(disks.BASIC, fat)])
    (found,) = read_disk(disk).volumes
    assert (found.skipped or "").startswith("encrypted with BitLocker")
    with pytest.raises(ts.VolumeError, match="encrypted with BitLocker"):
        ts.capture_volumes(plan_to(tmp_path / "o.wim"), fat, options=QUICK)
