"""The files that a virtual disk is made of: which are read, and whether they are whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence import images
from tasksequence.capture.sources import disk_checks
from tests.support import disks
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import QUICK, Slot, plan_to
from tests.support.leftovers import left_behind
from tests.support.volumes import make_volume, need_tools, run

pytestmark = [pytest.mark.wimlib, pytest.mark.usefixtures("own_scratch")]


@pytest.fixture(scope="module")
def full_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw disk with content up to its end, so that a cut takes some of it."""
    disks.need_disk_tools()
    need_tools()
    folder = tmp_path_factory.mktemp("full")
    data = os.urandom(6 << 20)
    volume = make_volume(folder / "a.ntfs", {"data.bin": data}, megabytes=12, label="Full")
    return disks.make_gpt_disk(folder / "full.raw", [Slot(disks.BASIC, volume)])


def test_what_is_not_told_by_name_and_content_alike_is_asked_for(
    full_disk: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "disk.img"
    shutil.move(disks.converted(full_disk, "qcow2"), odd)
    refused(command("volumes", odd), 1, "like that of a qcow2 disk", "--format qcow2")
    done = command("volumes", odd, "--format", "qcow2")
    assert "Full" in done.stdout, done.stderr
    assert "Full" in command("volumes", full_disk, "--format", "raw").stdout
    refused(command("volumes", full_disk, "--format", "vhdx"), 1, "cannot be opened")
    with pytest.raises(ts.VolumeError, match="no disk format 'iso'"):
        ts.read_disk(odd, access=ts.DiskAccess(disk_format="iso"))


def test_a_raw_disk_that_a_guest_made_look_like_qcow2_opens_no_other_file(
    full_disk: Path, tmp_path: Path
) -> None:
    """The guest writes a header with a backing file of the host into its first sector."""
    secret = tmp_path / "host" / "secret.raw"
    secret.parent.mkdir()
    shutil.copy(full_disk, secret)
    (tmp_path / "guests").mkdir()
    disk = tmp_path / "guests" / "guest.raw"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret, disk)
    refused(command("volumes", disk), 1, "like that of a qcow2 disk", "--format raw")
    refused(command("volumes", disk, "--format", "raw"), 1, "neither a partition table")
    refused(command("volumes", disk, "--format", "qcow2"), 1, str(secret), "outside of its folder")


@contextmanager
def loop_device(file: Path) -> Iterator[str]:
    """Show a file as a block device."""
    done = subprocess.run(
        ["losetup", "--find", "--show", "--read-only", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip("no loop device to be had")
    try:
        yield done.stdout.strip()
    finally:
        subprocess.run(["losetup", "--detach", done.stdout.strip()], check=True)


def test_a_block_device_is_raw_whatever_it_begins_with(full_disk: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.raw"
    shutil.copy(full_disk, secret)
    disk = tmp_path / "guest.qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret, disk)
    with loop_device(disk) as device:
        refused(command("volumes", device), 1, "neither a partition table")


def test_parents_are_read_beside_the_disk_and_elsewhere_when_they_are_allowed(
    full_disk: Path, tmp_path: Path
) -> None:
    folder, other = tmp_path / "machine", tmp_path / "parents"
    folder.mkdir()
    other.mkdir()
    base, middle, top = other / "base.raw", folder / "middle.qcow2", folder / "top.qcow2"
    shutil.copy(full_disk, base)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "../parents/base.raw", middle)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "middle.qcow2", top)
    refused(command("volumes", top), 1, "outside of its folder", f"--allow-backing '{base}'")
    for allowed in (base, other):
        done = command("volumes", top, "--allow-backing", allowed)
        assert "Full" in done.stdout, done.stderr
        assert f"reads {middle}" in done.stdout
    (found,) = json.loads(command("volumes", "--json", top, "--allow-backing", base).stdout)
    assert [Path(path).name for path in found["files"]] == ["top.qcow2", "middle.qcow2", "base.raw"]
    (folder / "base.raw").symlink_to(base)
    run("qemu-img", "rebase", "-u", "-F", "raw", "-b", "base.raw", middle)
    refused(command("volumes", top), 1, "outside of its folder")
    (folder / "base.raw").unlink()
    shutil.copy(base, folder / "base.raw")
    assert "Full" in command("volumes", top).stdout


@pytest.mark.parametrize("name", ["nbd://127.0.0.1:9/x", 'json:{"driver":"null-co"}', "nbd:a:1"])
def test_an_address_as_a_parent_is_not_called(full_disk: Path, tmp_path: Path, name: str) -> None:
    disk = tmp_path / "a.qcow2"
    shutil.move(disks.converted(full_disk, "qcow2"), disk)
    run("qemu-img", "rebase", "-u", "-F", "raw", "-b", name, disk)
    refused(command("volumes", disk), 1, "no file of this machine")


def test_a_ring_of_parents(tmp_path: Path) -> None:
    first, second = tmp_path / "a.qcow2", tmp_path / "b.qcow2"
    for path in (first, second):
        run("qemu-img", "create", "-q", "-f", "qcow2", path, "1M")
    run("qemu-img", "rebase", "-u", "-F", "qcow2", "-b", "b.qcow2", first)
    run("qemu-img", "rebase", "-u", "-F", "qcow2", "-b", "a.qcow2", second)
    refused(command("volumes", first), 1, "run in a ring")


def test_the_parts_of_a_vmdk_lie_beside_it(full_disk: Path, tmp_path: Path) -> None:
    disk = disks.converted(full_disk, "vmdk", "subformat=monolithicFlat")
    folder = tmp_path / "machine"
    folder.mkdir()
    flat = disk.with_name(f"{disk.stem}-flat.vmdk")
    own = Path(shutil.move(disk, folder / "d.vmdk"))
    shutil.move(flat, tmp_path / "elsewhere.bin")
    text = own.read_bytes().rstrip(b"\0").replace(flat.name.encode(), b"%s")
    own.write_bytes(text.replace(b"%s", str(tmp_path / "elsewhere.bin").encode()))
    refused(command("volumes", own), 1, "outside of its folder", "elsewhere.bin")
    done = command("volumes", own, "--allow-backing", tmp_path / "elsewhere.bin")
    assert "Full" in done.stdout, done.stderr
    own.write_bytes(text.replace(b"%s", b"absent.vmdk"))
    refused(command("volumes", own), 1, "the part", "absent.vmdk", "cannot be opened")
    shutil.move(tmp_path / "elsewhere.bin", folder / "absent.vmdk")
    os.truncate(folder / "absent.vmdk", 5 << 20)
    refused(command("volumes", own), 1, "cut off", "absent.vmdk")


def test_nothing_is_written_outside_of_the_folder(full_disk: Path, tmp_path: Path) -> None:
    wim = tmp_path / "a.wim"
    ts.capture_disks(plan_to(wim), full_disk, options=QUICK)
    (tmp_path / "machine").mkdir()
    disk = disks.converted(full_disk, "vmdk", "subformat=monolithicFlat")
    flat = disk.with_name(f"{disk.stem}-flat.vmdk")
    other = Path(shutil.move(flat, tmp_path / "other.bin"))
    own = tmp_path / "machine" / "d.vmdk"
    own.write_bytes(disk.read_bytes().replace(flat.name.encode(), str(other).encode()))
    before = other.read_bytes()
    with pytest.raises(ts.VolumeError, match="outside of its folder"):
        images.apply_images(wim, own, erase=True, access=ts.DiskAccess(allow_backing=(other,)))
    assert other.read_bytes() == before


# Copies that ended early: what is missing would be read as zeros.


@pytest.mark.parametrize("form", ["qcow2", "vmdk", "vdi", "vpc", "vhdx"])
@pytest.mark.parametrize("share", [0.97])
def test_a_virtual_disk_that_is_cut_off_is_refused(
    full_disk: Path, tmp_path: Path, form: str, share: float
) -> None:
    whole = disks.converted(full_disk, form)
    disk = tmp_path / whole.name
    shutil.move(whole, disk)
    assert "Full" in command("volumes", disk).stdout
    with disk.open("rb") as stream:
        content = stream.read().rstrip(b"\0")
    os.truncate(disk, int(len(content) * share) // 512 * 512)
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(tmp_path / "out.wim"), image_version="1"
    )
    ts.Document.new(ts.TaskSequence(steps=[step])).save(tmp_path / "s.xml")
    for words in (("volumes", disk), ("capture", tmp_path / "s.xml", "--disk", disk)):
        refused(command(*words), 1, str(disk), "cut off")
    assert not (tmp_path / "out.wim").exists()
    assert left_behind() == []


def test_a_split_vmdk_with_a_part_that_is_cut_off(full_disk: Path, tmp_path: Path) -> None:
    disk = disks.converted(full_disk, "vmdk", "subformat=twoGbMaxExtentSparse")
    part = disk.with_name(f"{disk.stem}-s001.vmdk")
    assert "Full" in command("volumes", disk).stdout
    os.truncate(part, part.stat().st_size // 2)
    refused(command("volumes", disk), 1, "cut off")


def test_a_parent_that_is_cut_off(full_disk: Path, tmp_path: Path) -> None:
    parent, child = tmp_path / "parent.qcow2", tmp_path / "child.qcow2"
    shutil.move(disks.converted(full_disk, "qcow2"), parent)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "parent.qcow2", child)
    assert "Full" in command("volumes", child).stdout
    os.truncate(parent, parent.stat().st_size // 2)
    refused(command("volumes", child), 1, "cut off", "parent.qcow2")


def test_a_data_file_that_is_cut_off(full_disk: Path, tmp_path: Path) -> None:
    disk, data = tmp_path / "d.qcow2", tmp_path / "content.bin"
    run("qemu-img", "convert", "-O", "qcow2", "-o", f"data_file={data}", full_disk, disk)
    assert "Full" in command("volumes", disk).stdout
    os.truncate(data, data.stat().st_size // 2)
    refused(command("volumes", disk), 1, "cut off", "content.bin")


@pytest.mark.parametrize("form", ["vpc", "vdi", "vmdk"])
def test_a_virtual_disk_on_a_block_device(full_disk: Path, tmp_path: Path, form: str) -> None:
    disk = disks.converted(full_disk, form)
    whole, half = tmp_path / "whole", tmp_path / "half"
    shutil.copy(disk, whole)
    os.truncate(whole, disk.stat().st_size + (1 << 20))
    shutil.copy(disk, half)
    os.truncate(half, disk.stat().st_size // 1024 * 512)
    words = ("--format", {"vpc": "vhd"}.get(form, form))
    with loop_device(whole) as device:
        done = command("volumes", device, *words)
        assert "Full" in done.stdout, done.stderr
    with loop_device(half) as device:
        refused(command("volumes", device, *words), 1, "cut off")


def test_a_look_at_a_disk_that_does_not_answer_ends(
    full_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = disks.converted(full_disk, "vdi")
    slow = tmp_path / "bin" / "qemu-img"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=":")
    monkeypatch.setattr(disk_checks, "_CHECK_TIME", 1)
    with pytest.raises(ts.CaptureError, match="qemu-img did not end within 1 seconds"):
        ts.read_disk(disk)


def test_counts_that_a_crash_left_behind_are_no_damage(full_disk: Path, tmp_path: Path) -> None:
    disk = tmp_path / "lazy.qcow2"
    run("qemu-img", "convert", "-O", "qcow2", "-o", "lazy_refcounts=on", full_disk, disk)
    write = f"write -q -P 7 {full_disk.stat().st_size - (3 << 19)} 128k"
    crash = ["-c", write, "-c", "flush", "-c", "sigraise 9"]
    subprocess.run(["qemu-io", *crash, disk], capture_output=True, check=False)
    check = subprocess.run(["qemu-img", "check", disk], capture_output=True, check=False)
    assert check.returncode == 2
    done = command("volumes", disk)
    assert "Full" in done.stdout, done.stderr
    with disk.open("r+b") as stream:  # the mark that the counts are stale
        stream.seek(79)
        stream.write(b"\0")
    refused(command("volumes", disk), 1, "damaged")


# Disks of which the rest is elsewhere.


def test_the_hint_for_a_parent_of_no_told_format_is_about_its_child(
    full_disk: Path, tmp_path: Path
) -> None:
    parent, child = tmp_path / "parent.img", tmp_path / "child.qcow2"
    shutil.move(disks.converted(full_disk, "qcow2"), parent)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "parent.img", child)
    raw = child.read_bytes()
    at = raw.index(b"\xe2\x79\x2a\xca")
    child.write_bytes(raw[:at] + b"\1\1\1\1" + raw[at + 4 :])  # an extension that nobody knows
    hint = f"qemu-img rebase -u -F qcow2 -b parent.img {child}"
    done = command("volumes", child)
    refused(done, 1, str(parent), hint)
    assert "--format" not in done.stderr
    run("qemu-img", "rebase", "-u", "-F", "qcow2", "-b", "parent.img", child)
    assert "Full" in command("volumes", child).stdout


@pytest.mark.parametrize(
    "line",
    ["RW 2048 ZERO", 'RW 2048 ZERO "x"', 'RDONLY 2048 FLAT "f" 0', "NOACCESS 2048 ZERO"],
)
def test_a_vmdk_with_a_part_that_qemu_passes_over(
    full_disk: Path, tmp_path: Path, line: str
) -> None:
    disk = disks.converted(full_disk, "vmdk", "subformat=monolithicFlat")
    own = tmp_path / "d.vmdk"
    text = disk.read_bytes().rstrip(b"\0")
    shutil.copy(disk.with_name(f"{disk.stem}-flat.vmdk"), tmp_path)
    own.write_bytes(text)
    assert "Full" in command("volumes", own).stdout
    own.write_bytes(text.replace(b"RW ", line.encode() + b"\nRW "))
    refused(command("volumes", own), 1, "cannot be opened", line)


def test_an_encrypted_qcow2(tmp_path: Path) -> None:
    disk = tmp_path / "locked.qcow2"
    run(
        "qemu-img", "create", "-q", "--object", "secret,id=s,data=opensesame", "-f", "qcow2",
        "-o", "encrypt.format=aes,encrypt.key-secret=s", disk, "4M",
    )  # fmt: skip
    refused(command("volumes", disk), 1, "the disk is encrypted")
