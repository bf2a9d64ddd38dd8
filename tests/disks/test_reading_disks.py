"""What is on a disk, which volumes are chosen, and what is refused, with place and cause."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.capture.sources.disks import read_disk
from tasksequence.capture.sources.selection import choose_volumes
from tasksequence.capture.sources.usb import is_usb
from tests.support import disks
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import Slot
from tests.support.volumes import make_volume, mark_dirty, run

pytestmark = pytest.mark.wimlib


def test_the_listing_says_what_is_captured_and_why_not(gpt_disk: Path) -> None:
    done = command("volumes", gpt_disk)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{gpt_disk}: raw, ")
    assert lines[0].endswith("GPT")
    assert lines[3].split() == ["1-1", "SYSTEM", "EFI", "system", "FAT32", "34.0", "MiB", "yes"]
    assert "no: reserved partition (Microsoft Reserved, which holds no files)" in lines[4]
    assert "no: file system ext4" in lines[6]


def test_the_listing_as_json(mbr_disk: Path) -> None:
    (disk,) = json.loads(command("volumes", "--json", mbr_disk).stdout)
    assert disk["style"] == "MBR"
    assert [one["partition"] for one in disk["volumes"]] == [1, 2, 5]
    assert [one["captured"] for one in disk["volumes"]] == [True, False, True]
    assert disk["volumes"][0]["active"] is True


def test_a_bare_volume_is_a_disk_of_one_volume(reference_volume: Path) -> None:
    disk = read_disk(reference_volume)
    assert disk.style == ""
    assert [volume.place.file_system for volume in disk.volumes] == ["NTFS"]


def test_bitlocker_fat16_and_nothing_are_skipped_with_their_reason(tmp_path: Path) -> None:
    disks.need_disk_tools()
    locked = tmp_path / "locked"
    locked.write_bytes(b"\xeb\x58\x90-FVE-FS-" + bytes(499) + b"\x55\xaa" + bytes(1 << 20))
    small = tmp_path / "small.fat"
    with small.open("wb") as stream:
        stream.truncate(20 << 20)
    run("mkfs.fat", "-F", "16", small)
    disk = disks.make_gpt_disk(
        tmp_path / "disk.raw",
        [Slot(disks.BASIC, locked), Slot(disks.BASIC, small), Slot(disks.BASIC, megabytes=2)],
    )
    reasons = [volume.skipped or "" for volume in read_disk(disk).volumes]
    assert reasons[0].startswith("encrypted with BitLocker")
    assert reasons[1].startswith("file system FAT16")
    assert reasons[2].startswith("no file system")
    with pytest.raises(ts.VolumeError, match=r"no volume to capture.*BitLocker"):
        choose_volumes(read_disk(disk).volumes)


def test_a_dirty_volume_is_told_in_the_listing(volumes: object, tmp_path: Path) -> None:
    copy = tmp_path / "data.ntfs"
    shutil.copy(volumes.data, copy)  # type: ignore[attr-defined]
    mark_dirty(copy)
    disk = disks.make_gpt_disk(tmp_path / "disk.raw", [Slot(disks.BASIC, copy)])
    (volume,) = read_disk(disk).volumes
    assert volume.problem is not None
    assert "dirty" in volume.problem
    assert "refused: not cleanly shut down or damaged (dirty)" in command("volumes", disk).stdout


def test_sectors_of_4096_bytes(volumes: object, tmp_path: Path) -> None:
    """Such a GPT begins at byte 4,096, and counts in sectors of that size."""
    disk = tmp_path / "4k.raw"
    data: Path = volumes.data  # type: ignore[attr-defined]
    with disk.open("wb") as stream:
        stream.truncate(data.stat().st_size + (4 << 20))
    done = subprocess.run(
        ["losetup", "--find", "--show", "--sector-size", "4096", disk],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip("no loop device to be had")
    loop = done.stdout.strip()
    try:
        subprocess.run(
            [shutil.which("sfdisk", path="/usr/sbin:/sbin") or "sfdisk", "--quiet", loop],
            input=f"label: gpt\nstart=256, type={disks.BASIC}\n",
            text=True, check=False, capture_output=True,
        )  # fmt: skip
    finally:
        subprocess.run(["losetup", "--detach", loop], check=True)
    with disk.open("r+b") as stream:
        stream.seek(1 << 20)
        stream.write(data.read_bytes())
    (volume,) = read_disk(disk).volumes
    assert (volume.place.offset, volume.place.file_system) == (1 << 20, "NTFS")


@pytest.mark.parametrize("name", ["3", "1-3", "system", "System Reserved"])
def test_a_volume_is_named_by_number_place_label_or_role(gpt_disk: Path, name: str) -> None:
    found = read_disk(gpt_disk).volumes
    if name == "system":
        with pytest.raises(ts.VolumeError, match="fits several volumes: 1-1, 1-3"):
            choose_volumes(found, [name])
        return
    chosen, skipped = choose_volumes(found, [name])
    assert [volume.place.partition for volume in chosen] == [3]
    assert [one.place.partition for one in skipped] == [1, 2, 4, 5]


@pytest.mark.parametrize(
    ("include", "exclude", "message"),
    [
        (["3"], ["System Reserved"], "both included .3. and excluded .System Reserved."),
        (["9"], [], "there is no volume 9"),
        (["4"], [], "cannot be captured: file system ext4"),
        ([], ["1", "3", "5"], "no volume to capture"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(
    gpt_disk: Path, include: list[str], exclude: list[str], message: str
) -> None:
    with pytest.raises(ts.VolumeError, match=message):
        choose_volumes(read_disk(gpt_disk).volumes, include, exclude)


def test_a_name_that_is_the_label_of_one_volume_and_the_role_of_another_is_refused(
    volumes: object, tmp_path: Path
) -> None:
    data: Path = volumes.data  # type: ignore[attr-defined]
    other = make_volume(tmp_path / "other.ntfs", {"a": b"a"}, label="Other")
    disk = disks.make_gpt_disk(
        tmp_path / "d.raw", [Slot(disks.BASIC, data), Slot(disks.BASIC, other)]
    )
    found = read_disk(disk).volumes
    assert [(one.place.label, one.place.role) for one in found] == [
        ("Data", "Data"), ("Other", "Data"),
    ]  # fmt: skip
    with pytest.raises(ts.VolumeError, match="fits several volumes: 1-1, 1-2"):
        choose_volumes(found, exclude=["Data"])


def test_usb_is_told_by_the_place_in_the_device_tree(tmp_path: Path) -> None:
    device = next(
        (path for path in Path("/dev").glob("loop[0-9]*") if path.is_block_device()), None
    )
    if device is None:
        pytest.skip("no block device to look at")
    status = device.stat()
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    for place, expected in (
        ("pci0000:00/usb2/2-1/block/sdb", True),
        ("pci0000:00/ata1/sda", False),
    ):
        sysfs = tmp_path / ("usb" if expected else "ata")
        (sysfs / "devices" / place).mkdir(parents=True)
        (sysfs / "dev" / "block").mkdir(parents=True)
        (sysfs / "dev" / "block" / number).symlink_to(sysfs / "devices" / place)
        assert is_usb(str(device), str(sysfs)) is expected
    assert not is_usb(str(tmp_path))


def test_a_usb_volume_is_skipped_but_when_it_is_included(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasksequence.capture.sources.disks.is_usb", lambda _: True)
    found = read_disk(small_disk).volumes
    assert found[0].skipped == "on USB"
    with pytest.raises(ts.VolumeError, match="on USB"):
        choose_volumes(found)
    chosen, _ = choose_volumes(found, ["1"])
    assert [volume.place.label for volume in chosen] == ["Data"]


# Bad input: disk, partition and cause are named, and nothing is written.


def captured(disk: Path, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(tmp_path / "out.wim"), image_version="1"
    )
    sequence = tmp_path / "sequence.xml"
    ts.Document.new(ts.TaskSequence(steps=[step])).save(sequence)
    return command("capture", sequence, "--disk", disk, *options)


def assert_refused(disk: Path, tmp_path: Path, *parts: str) -> None:
    before = {path.name for path in tmp_path.iterdir()} | {"sequence.xml"}
    refused(captured(disk, tmp_path), 1, str(disk), *parts)
    assert {path.name for path in tmp_path.iterdir()} == before
    refused(command("volumes", disk), 1, str(disk), *parts)


def test_a_disk_without_table_or_file_system(tmp_path: Path) -> None:
    disks.need_disk_tools()
    disk = tmp_path / "noise.raw"
    disk.write_bytes(b"x" * (2 << 20))
    assert_refused(disk, tmp_path, "neither a partition table nor a file system")


def test_a_disk_that_is_not_there_empty_or_a_folder(tmp_path: Path) -> None:
    assert_refused(tmp_path / "absent.vhdx", tmp_path, "there is no such disk")
    (tmp_path / "empty.raw").touch()
    assert_refused(tmp_path / "empty.raw", tmp_path, "no bytes")
    (tmp_path / "folder").mkdir()
    assert_refused(tmp_path / "folder", tmp_path, "a folder")
    (tmp_path / "image.wim").write_bytes(b"MSWIM\0\0\0" + bytes(1000))
    assert_refused(tmp_path / "image.wim", tmp_path, "a WIM file")


@pytest.mark.parametrize("form", ["vhdx", "qcow2", "vmdk"])
def test_a_damaged_virtual_disk(small_disk: Path, tmp_path: Path, form: str) -> None:
    disk = tmp_path / f"damaged.{form}"
    shutil.move(disks.converted(small_disk, form), disk)
    raw = bytearray(disk.read_bytes())
    for at in range(16, min(len(raw), 1 << 20)):
        raw[at] = 0xA5
    disk.write_bytes(raw)
    assert_refused(disk, tmp_path, "virtual disk cannot be opened")


def test_a_snapshot_without_its_parent(small_disk: Path, tmp_path: Path) -> None:
    parent = tmp_path / "parent.raw"
    shutil.copy(small_disk, parent)
    child = tmp_path / "child.qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", parent, child)
    assert [volume.place.label for volume in read_disk(child).volumes] == ["Data", ""]
    parent.unlink()
    assert_refused(child, tmp_path, "snapshot", "parent.raw")


def test_a_truncated_gpt_disk(gpt_disk: Path, tmp_path: Path) -> None:
    disk = tmp_path / "cut.raw"
    with gpt_disk.open("rb") as source:
        disk.write_bytes(source.read(40 << 20))
    assert_refused(disk, tmp_path, "cut off")


def test_a_damaged_gpt(tmp_path: Path, small_disk: Path) -> None:
    """Both copies are damaged: what is left says only that there was one."""
    disk = tmp_path / "damaged.raw"
    shutil.copy(small_disk, disk)
    with disk.open("r+b") as stream:
        stream.seek(512 + 20)
        stream.write(b"\xff\xff")
        stream.seek(-512 + 20, os.SEEK_END)
        stream.write(b"\xff\xff")
    assert_refused(disk, tmp_path, "GPT partition table", "damaged")


def mbr_entry(disk: Path, number: int, start: int, sectors: int) -> None:
    with disk.open("r+b") as stream:
        stream.seek(446 + 16 * (number - 1))
        stream.write(struct.pack("<B3xB3xII", 0, 7, start, sectors))


def test_overlapping_and_too_long_partitions(mbr_disk: Path, tmp_path: Path) -> None:
    disk = tmp_path / "overlap.raw"
    with mbr_disk.open("rb") as source:
        disk.write_bytes(source.read(24 << 20))
    mbr_entry(disk, 3, 0, 0)
    mbr_entry(disk, 2, 4096, 8192)
    assert_refused(disk, tmp_path, "partition 2", "overlaps partition 1")
    mbr_entry(disk, 2, 2048 + 16384, 1 << 24)
    assert_refused(disk, tmp_path, "partition 2", "ends at byte", "cut off")


def test_a_disk_in_use(small_disk: Path, tmp_path: Path) -> None:
    disk = tmp_path / "used.qcow2"
    shutil.move(disks.converted(small_disk, "qcow2"), disk)
    pid = tmp_path / "pid"
    node = f'{{"driver":"qcow2","node-name":"d","file":{{"driver":"file","filename":"{disk}"}}}}'
    export = '{"type":"fuse","id":"e","node-name":"d","mountpoint":"%s","writable":true}'
    point = tmp_path / "point"
    point.touch()
    with subprocess.Popen(
        ["qemu-storage-daemon", "--blockdev", node, "--export", export % point, "--pidfile", pid]
    ) as daemon:
        try:
            while not pid.exists():
                assert daemon.poll() is None
            refused(command("volumes", disk), 1, str(disk), "in use")
        finally:
            daemon.terminate()


def test_a_disk_with_a_mounted_partition(gpt_disk: Path, tmp_path: Path) -> None:
    disk = tmp_path / "mounted.raw"
    shutil.copy(gpt_disk, disk)
    linux = read_disk(disk).volumes[3].place
    point = tmp_path / "point"
    point.mkdir()
    options = f"loop,ro,offset={linux.offset},sizelimit={linux.size}"
    done = subprocess.run(["mount", "-o", options, disk, point], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("no loop mount to be had")
    try:
        refused(command("volumes", disk), 1, str(disk), "is mounted on", str(point))
    finally:
        subprocess.run(["umount", point], check=True)


def test_the_same_disk_twice(small_disk: Path, tmp_path: Path) -> None:
    refused(captured(small_disk, tmp_path, "--disk", str(small_disk)), 1, "named twice")


def test_wrong_uses_of_the_options(tmp_path: Path, small_disk: Path) -> None:
    refused(command("capture", "x.xml"), 2, "at least one --disk")
    refused(command("capture", "x.xml", "--volume", "a", "--include", "1"), 2, "of a --disk")
    refused(captured(small_disk, tmp_path, "--split", "much"), 2, "no size")


def test_a_missing_program_is_named(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(ts.BackendUnavailable, match="qemu-storage-daemon is not installed"):
        read_disk(small_disk)


def test_an_account_without_rights_on_fuse_is_told_so(small_disk: Path) -> None:
    """In a mount namespace of its own, where /dev/fuse is root's alone."""
    # The folders of pytest are private.
    open_to_all = Path(tempfile.mkdtemp())
    try:
        open_to_all.chmod(0o777)
        disk = Path(shutil.copy(small_disk, open_to_all / "d.raw"))
        disk.chmod(0o644)
        nobody = f"TMPDIR={open_to_all} HOME=/ setpriv --reuid 65534 --regid 65534 --clear-groups"
        script = (
            f"mknod {open_to_all}/fuse c 10 229 && chmod 600 {open_to_all}/fuse && "
            f"mount --bind {open_to_all}/fuse /dev/fuse && cd / && "
            f"{nobody} {sys.executable} -c 'import tasksequence' || exit 99; "
            f"{nobody} {sys.executable} -m tasksequence volumes {disk}"
        )
        # What measures the tests' coverage could not write its file as nobody.
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        )
        if done.returncode == 99 or "unshare" in done.stderr:
            pytest.skip("no mount namespace, or nobody may not run this Python")
        refused(done, 1, "this account may not use /dev/fuse", "0x80070005")
    finally:
        shutil.rmtree(open_to_all)
