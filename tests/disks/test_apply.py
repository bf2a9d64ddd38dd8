"""What applying images refuses before it removes anything, and what it says when it fails later."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence import images
from tests.support import disks
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import BASIC, EFI, QUICK, Slot, plan_to
from tests.support.patience import PATIENCE
from tests.support.volumes import make_volume, mark_dirty, mounted, run

pytestmark = pytest.mark.wimlib

NOISE = b"".join(hashlib.sha256(bytes([n, m])).digest() for n in range(256) for m in range(40))


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    disks.need_disk_tools()


def captured(path: Path, *volumes: Path) -> Path:
    ts.capture_volumes(plan_to(path), list(volumes), options=QUICK)
    return path


def captured_disk(path: Path, *volumes: tuple[str, Path], include: tuple[str, ...] = ()) -> Path:
    disk = disks.make_gpt_disk(path.with_suffix(".raw"), [Slot(*one) for one in volumes])
    ts.capture_disks(plan_to(path), disk, include=include, options=QUICK, prepared=True)
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(volume: Path) -> set[str]:
    with mounted(volume, "ro") as root:
        return {path.relative_to(root).as_posix() for path in root.rglob("*")}


def unchanged(wim: Path, target: Path, *arguments: str) -> str:
    """Apply in vain: the target keeps every byte. Return what was said."""
    before = digest(target)
    done = command("image", "apply", wim, target, "--erase", *arguments)
    refused(done, 1)
    assert digest(target) == before
    return done.stderr


@pytest.fixture(scope="module")
def precious(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume with something to lose; tests take copies."""
    path = tmp_path_factory.mktemp("precious") / "precious.ntfs"
    return make_volume(path, {"PRECIOUS.txt": b"precious"}, label="Old")


@pytest.fixture(scope="module")
def small_wim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    volume = make_volume(folder / "new.ntfs", {"new.txt": b"new", "noise.bin": NOISE})
    return captured(folder / "small.wim", volume)


# Looked at before anything is removed.


def test_a_later_volume_that_is_too_small_spares_the_first(tmp_path: Path, precious: Path) -> None:
    first = make_volume(tmp_path / "first.ntfs", {"new.txt": b"new"})
    second = disks.make_fat32(tmp_path / "second.fat", megabytes=40)
    (tmp_path / "large").write_bytes(NOISE * 12)
    run("mcopy", "-i", second, tmp_path / "large", "::")
    wim = captured_disk(tmp_path / "two.wim", (BASIC, first), (BASIC, second))
    small = tmp_path / "small.fat"
    with small.open("wb") as stream:
        stream.truncate(3 << 20)
    run("mkfs.fat", "-F", "32", "-s", "1", small)
    target = disks.make_gpt_disk(
        tmp_path / "target.raw", [Slot(BASIC, precious), Slot(BASIC, small)]
    )
    said = unchanged(wim, target)
    assert "the image needs" in said
    assert "partition 2" in said
    assert "0x80070070" in said


def test_a_damaged_wim_is_told_before_anything_is_removed(
    tmp_path: Path, small_wim: Path, precious: Path
) -> None:
    raw = bytearray(small_wim.read_bytes())
    at = bytes(raw).find(NOISE[1000:1064])
    assert at > 0
    raw[at : at + 50] = bytes(50)
    damaged = tmp_path / "damaged.wim"
    damaged.write_bytes(raw)
    target = shutil.copy(precious, tmp_path / "target.ntfs")
    said = unchanged(damaged, Path(target), "--index", "1")
    assert f"{damaged}: the WIM is damaged" in said


def test_room_on_ntfs_counts_clusters_and_records(tmp_path: Path) -> None:
    files = {f"f{number}.bin": bytes([number % 256]) * 1000 for number in range(1500)}
    source = make_volume(tmp_path / "many.ntfs", files, megabytes=16)
    wim = captured(tmp_path / "many.wim", source)
    target = make_volume(tmp_path / "target.ntfs", {"PRECIOUS.txt": b"precious"}, megabytes=9)
    assert "image 1 needs " in unchanged(wim, target)
    # Nearly what it was captured from: that there is no room must not be said too early.
    target = make_volume(tmp_path / "fits.ntfs", {"old.bin": NOISE}, megabytes=12)
    images.apply_images(wim, target, erase=True)
    assert images.diff_images(wim, target) == []


def test_a_broken_xml_is_told_in_words(tmp_path: Path, small_wim: Path, precious: Path) -> None:
    raw = small_wim.read_bytes()
    end = "</WIM>".encode("utf-16-le")
    broken = tmp_path / "broken.wim"
    broken.write_bytes(raw.replace(end, "[".encode("utf-16-le") + end[2:]))
    target = Path(shutil.copy(precious, tmp_path / "target.ntfs"))
    assert "the XML of the WIM is damaged" in unchanged(broken, target, "--index", "1")


def test_a_target_that_cannot_be_written_is_told_with_its_cause(
    tmp_path: Path, small_wim: Path, precious: Path
) -> None:
    disk = disks.make_gpt_disk(tmp_path / "disk.raw", [Slot(BASIC, precious)])
    packed = disks.converted(disk, "vmdk", "subformat=streamOptimized")
    assert "stream-optimized" in unchanged(small_wim, packed)
    done = command("image", "apply", small_wim, tmp_path, "--erase")
    refused(done, 1, "this is a folder")
    assert "--folder" not in done.stderr
    if subprocess.run(["chattr", "+i", disk], capture_output=True, check=False).returncode:
        return  # this file system has no such attribute
    try:
        said = unchanged(small_wim, disk)
    finally:
        run("chattr", "-i", disk)
    assert "cannot be written: Operation not permitted" in said
    assert "right to write" in said


# What stays, and what goes.


@pytest.mark.parametrize("folder", ["SMSTSLog", "_SMSTaskSequence"])
def test_control_files_of_the_volume_win_over_those_of_an_image(
    tmp_path: Path, folder: str
) -> None:
    source = make_volume(tmp_path / "source.ntfs", {f"{folder}/state": b"OLD", "x": b"1"})
    wim = tmp_path / "all.wim"
    run("wimlib-imagex", "capture", source, wim, "--compress=none")
    target = make_volume(tmp_path / "target.ntfs", {f"{folder}/state": b"RUNNING", "y": b"2"})
    images.apply_images(wim, target, erase=True)
    with mounted(target, "ro") as root:
        assert (root / folder / "state").read_bytes() == b"RUNNING"
        assert (root / "x").read_bytes() == b"1"
        assert not (root / "y").exists()
    # A volume without them gets none either: they were another machine's.
    target = make_volume(tmp_path / "fresh.ntfs")
    images.apply_images(wim, target, erase=True)
    assert folder not in names(target)


def test_the_default_profile_leaves_a_task_sequences_log_out(tmp_path: Path) -> None:
    source = make_volume(tmp_path / "source.ntfs", {"SMSTSLog/smsts.log": b"log", "x": b"1"})
    wim = captured(tmp_path / "log.wim", source)
    assert {file.path for file in images.image_files(wim)} == {"/", "/x"}


def test_folders_that_are_reparse_points_are_removed_with_their_content(
    tmp_path: Path, small_wim: Path
) -> None:
    files = {"OneDrive/doc.txt": b"2", "OneDrive/deep/er/x.txt": b"3", "zz/last.txt": b"4"}
    target = make_volume(tmp_path / "cloud.ntfs", files)
    with mounted(target) as root:
        data = struct.pack("<IHH", 0x9000001A, 8, 0) + bytes(8)
        os.setxattr(root / "OneDrive/deep", "system.ntfs_reparse_data", data)
        os.setxattr(root / "OneDrive", "system.ntfs_reparse_data", data)
    images.apply_images(small_wim, target, erase=True)
    assert names(target) == {"new.txt", "noise.bin"}


def test_paths_longer_than_the_kernel_takes_are_removed(tmp_path: Path, small_wim: Path) -> None:
    target = make_volume(tmp_path / "deep.ntfs")
    with mounted(target) as root:
        folder = os.open(root, os.O_RDONLY)
        for _ in range(25):
            os.mkdir("d" * 200, dir_fd=folder)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=folder)
            os.close(folder)
            folder = below
        os.close(folder)
    images.apply_images(small_wim, target, erase=True)
    assert names(target) == {"new.txt", "noise.bin"}


# When it fails on the way.


def test_a_later_volume_that_fails_is_told_with_those_that_are_done(tmp_path: Path) -> None:
    first = make_volume(tmp_path / "first.ntfs", {"new.txt": b"new"})
    second = make_volume(tmp_path / "second.ntfs", {"large": NOISE * 16}, megabytes=12)
    wim = captured_disk(tmp_path / "two.wim", (BASIC, first), (BASIC, second))
    full = make_volume(tmp_path / "full.ntfs", {"old": NOISE * 16}, megabytes=12)
    empty = make_volume(tmp_path / "empty.ntfs", megabytes=12)
    host = tmp_path / "host"
    host.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=18m", "none", host)
    try:
        slots = [Slot(BASIC, full), Slot(BASIC, empty)]
        # What the first holds is room that the second cannot use.
        target = disks.make_gpt_disk(host / "target.raw", slots)
        done = command("image", "apply", wim, target, "--erase")
    finally:
        run("umount", host)
    refused(done, 1, "partition 1 (image 1) is complete", "partition 2 (image 2) is incomplete")
    assert "nothing was changed" not in done.stderr
    assert "may grow" in done.stderr


@pytest.mark.parametrize(
    ("kind", "number"),
    [("ntfs", signal.SIGKILL), ("fat", signal.SIGTERM), ("fat", signal.SIGKILL)],
)
def test_an_interrupted_apply_can_be_done_again(tmp_path: Path, kind: str, number: int) -> None:
    many = {f"d{n % 20}/{n}": NOISE[n : n + 3000] for n in range(3000)}
    if kind == "ntfs":
        source = make_volume(tmp_path / "source.ntfs", many, megabytes=32)
    else:
        source = disks.make_fat32(tmp_path / "source.fat", megabytes=60)
        (tmp_path / "large").write_bytes(NOISE * 100)
        run("mcopy", "-i", source, tmp_path / "large", "::")
    wim = captured(tmp_path / "many.wim", source)
    target = disks.make_gpt_disk(tmp_path / "target.raw", [Slot(BASIC, source)])
    before = digest(target)
    apply = subprocess.Popen(
        [sys.executable, "-m", "tasksequence", "image", "apply", wim, target, "--erase"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    # The target's own state says when writing has begun.
    written = target.stat().st_mtime_ns
    while target.stat().st_mtime_ns == written and apply.poll() is None:
        time.sleep(0.002)
    apply.send_signal(number)
    _, said = apply.communicate(timeout=PATIENCE)
    if apply.returncode == 0:
        pytest.skip("it was done before the signal came")
    if number == signal.SIGTERM:
        assert apply.returncode == 143
        assert "partition 1 (image 1) is " in said
    assert digest(target) != before
    done = command("image", "apply", wim, target, "--erase", "--quiet")
    deadline = time.monotonic() + PATIENCE
    while "in use" in done.stderr and time.monotonic() < deadline:  # the old daemon still ends
        time.sleep(0.2)
        done = command("image", "apply", wim, target, "--erase", "--quiet")
    assert done.returncode == 0, done.stderr
    again = tmp_path / "again.wim"
    ts.capture_disks(plan_to(again), target, options=QUICK)
    assert images.diff_images(wim, again) == []


# Which volume takes which image.


def test_images_go_to_the_partitions_that_they_came_from(tmp_path: Path) -> None:
    system = make_volume(tmp_path / "system.ntfs", {"bootmgr": b"b"}, label="System")
    windows = make_volume(tmp_path / "windows.ntfs", {"x": b"x"}, label="Windows")
    wim = captured_disk(tmp_path / "one.wim", (BASIC, system), (BASIC, windows), include=("2",))
    (one,) = images.apply_images(wim, wim.with_suffix(".raw"), erase=True)
    assert one.volume.endswith("partition 2")


def test_a_disk_laid_out_otherwise_takes_images_in_order_or_not_at_all(
    tmp_path: Path, precious: Path
) -> None:
    efi = disks.make_fat32(tmp_path / "efi.fat")
    windows = make_volume(tmp_path / "windows.ntfs", {"x": b"x"}, label="Windows")
    disk = disks.make_gpt_disk(
        tmp_path / "source.raw",
        [Slot(EFI, efi), Slot(disks.RESERVED), Slot(BASIC, windows)],
    )
    wim = tmp_path / "all.wim"
    ts.capture_disks(plan_to(wim), disk, options=QUICK, prepared=True)
    target = disks.make_gpt_disk(tmp_path / "a.raw", [Slot(EFI, efi), Slot(BASIC, precious)])
    done = images.apply_images(wim, target, erase=True)
    assert [one.volume.rpartition(" ")[2] for one in done] == ["1", "2"]
    # The third partition is for recovery now: its number alone does not make it the Windows one.
    slots = [Slot(EFI, efi), Slot(BASIC, precious), Slot(disks.RECOVERY, precious)]
    target = disks.make_gpt_disk(tmp_path / "b.raw", slots)
    said = unchanged(wim, target)
    assert "do not correspond" in said
    assert "--index N --volume VOLUME" in said
    slots = [Slot(BASIC, precious), Slot(EFI, efi)]
    target = disks.make_gpt_disk(tmp_path / "c.raw", slots)
    assert "image 1 (partition 1, FAT32, EFI system)" in unchanged(wim, target)


def test_a_dirty_ntfs_target_is_refused(tmp_path: Path, small_wim: Path, precious: Path) -> None:
    target = Path(shutil.copy(precious, tmp_path / "dirty.ntfs"))
    mark_dirty(target)
    assert "not cleanly shut down" in unchanged(small_wim, target)
