"""A whole disk of any format gives a WIM with one image for each NTFS and FAT32 volume."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence import images
from tasksequence.capture.sources.disks import open_disk, read_disk, writable_volume
from tasksequence.capture.sources.programs import ending_with_this_process
from tasksequence.capture.sources.scratch import clear_stale_scratch
from tests.support import disks
from tests.support.disks import QUICK, Slot, plan_to
from tests.support.leftovers import left_behind, use_own_scratch
from tests.support.patience import PATIENCE
from tests.support.volumes import make_volume, mounted, run

pytestmark = [pytest.mark.wimlib, pytest.mark.usefixtures("own_scratch")]


def hashes(wim: Path, image: int) -> dict[str, str]:
    """Return path and SHA-1 of every file, as wimlib's own program lists them."""
    listed = run("wimlib-imagex", "dir", wim, str(image), "--detailed")
    found = {}
    for entry in listed.split("-" * 76):
        path = re.search(r'^Full Path +=\s"(.*)"$', entry, re.MULTILINE)
        sha1 = re.search(r"^Hash +=\s0x([0-9a-f]{40})$", entry, re.MULTILINE)
        if path is not None and sha1 is not None:
            found[path[1]] = sha1[1]
    return found


def as_raw(disk: Path) -> Path:
    return disk


def as_format(form: str, *options: str) -> Callable[[Path], Path]:
    return lambda disk: disks.converted(disk, form, *options)


FORMATS = {
    "raw": as_raw,
    "vhdx": as_format("vhdx"),
    "vmdk": as_format("vmdk"),
    "flat vmdk": as_format("vmdk", "subformat=monolithicFlat"),
    "qcow2": as_format("qcow2"),
    "vhd": as_format("vpc"),
    "fixed vhd": as_format("vpc", "subformat=fixed"),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_a_gpt_disk_gives_the_same_images(
    gpt_disk: Path, tmp_path: Path, form: str
) -> None:
    disk = FORMATS[form](gpt_disk)
    result = ts.capture_disks(plan_to(tmp_path / "all.wim"), disk, options=QUICK)
    if disk != gpt_disk:
        disk.unlink()
    assert [(i.index, i.name, i.place and i.place.partition) for i in result.images] == [
        (1, "SYSTEM (EFI system)", 1),
        (2, "System (System Reserved)", 3),
        (3, "Data", 5),
    ]
    reasons = {one.place.partition: one.reason for one in result.skipped}
    assert set(reasons) == {2, 4}
    assert "reserved partition" in reasons[2]
    assert "file system ext4" in reasons[4]
    assert result.verified
    wim = tmp_path / "all.wim"
    run("wimlib-imagex", "verify", wim)
    found = [hashes(wim, index) for index in (1, 2, 3)]
    assert len(found[0]) >= 13
    assert len(found[1]) > 300
    assert found[2].keys() == {"/", "/Backup", "/Backup/old.txt"}
    expected = EXPECTED.setdefault("gpt", found)
    assert found == expected
    assert left_behind() == []


EXPECTED: dict[str, list[dict[str, str]]] = {}


def test_a_single_volume_has_the_same_files_as_the_volume_of_a_disk(
    gpt_disk: Path, reference_volume: Path, tmp_path: Path
) -> None:
    disk, volume = tmp_path / "disk.wim", tmp_path / "volume.wim"
    ts.capture_disks(plan_to(disk), gpt_disk, include=["3"], options=QUICK)
    ts.capture_volumes(plan_to(volume), reference_volume, options=QUICK)
    assert hashes(disk, 1) == hashes(volume, 1)


@pytest.mark.parametrize("form", ["raw", "vhdx"])
def test_a_logical_volume_of_an_mbr_disk_is_captured(
    mbr_disk: Path, tmp_path: Path, form: str
) -> None:
    result = ts.capture_disks(plan_to(tmp_path / "mbr.wim"), FORMATS[form](mbr_disk), options=QUICK)
    places = [image.place for image in result.images if image.place]
    assert [(p.disk_style, p.partition, p.active, p.label) for p in places] == [
        ("MBR", 1, True, "Data"),
        ("MBR", 5, False, "System"),
    ]
    assert [one.place.partition for one in result.skipped] == [2]


@pytest.fixture(scope="module")
def seven_zip() -> str:
    program = shutil.which("7z") or shutil.which("7zz")
    if program is None:
        pytest.skip("7-Zip is not installed")
    return program


@pytest.mark.parametrize("compression", [ts.Compression.LZX, ts.Compression.SOLID])
def test_seven_zip_lists_the_images(
    gpt_disk: Path, tmp_path: Path, seven_zip: str, compression: ts.Compression
) -> None:
    wim = tmp_path / "all.wim"
    options = ts.CaptureOptions(compression=compression, threads=1)
    ts.capture_disks(plan_to(wim), gpt_disk, options=options)
    listed = run(seven_zip, "l", "-slt", wim)
    assert "1/EFI/Microsoft/Boot/bootmgfw.efi" in listed
    assert "1/Grüße aus 東京" in listed
    assert "3/Backup/old.txt" in listed
    assert f"Version = {'0.14' if compression is ts.Compression.SOLID else '1.13'}" in listed
    run(seven_zip, "t", wim)


def test_seven_zip_reads_the_parts_of_a_split_wim(
    gpt_disk: Path, tmp_path: Path, seven_zip: str
) -> None:
    swm, out = tmp_path / "all.swm", tmp_path / "out"
    files = {f"folder/{number}.bin": os.urandom(900 << 10) for number in range(3)}
    data = make_volume(tmp_path / "v.ntfs", files, megabytes=16)
    disk = disks.make_gpt_disk(
        tmp_path / "disk.raw", [disks.Slot(disks.BASIC, data), disks.Slot(disks.BASIC, data)]
    )
    options = attrs.evolve(QUICK, split=1 << 20)
    # The names of the Windows volume are longer than Linux takes them.
    wanted = ["1-1", "1-2", "2-1", "2-5"]
    result = ts.capture_disks(plan_to(swm), [disk, gpt_disk], include=wanted, options=options)
    assert len(result.parts) > 2
    done = subprocess.run(
        [seven_zip, "x", f"-o{out}", swm], capture_output=True, text=True, check=False
    )
    # 7-Zip 16.02 compares the end of the last part with the size of the first, in any split WIM.
    complaints = {line for line in done.stderr.splitlines() if line and line != "ERRORS:"}
    assert complaints <= {"Unexpected end of archive"}
    for image in ("1", "2"):
        for name, content in files.items():
            assert (out / image / name).read_bytes() == content
    assert (out / "4" / "Backup" / "old.txt").read_bytes() == b"old" * 100
    assert (out / "3" / "EFI" / "Boot" / "bootx64.efi").is_file()


def test_several_disks_follow_each_other(gpt_disk: Path, mbr_disk: Path, tmp_path: Path) -> None:
    result = ts.capture_disks(
        plan_to(tmp_path / "two.wim"), [mbr_disk, gpt_disk], exclude=["1-5", "2-3"], options=QUICK
    )
    assert [i.place and i.place.selector for i in result.images] == ["1-1", "2-1", "2-5"]
    reasons = {one.place.selector: one.reason for one in result.skipped}
    assert reasons["2-3"] == "excluded by name"


def test_what_is_left_by_sigkill_is_gone_or_cleared_by_the_next_run(
    gpt_disk: Path, tmp_path: Path
) -> None:
    code = (
        "import sys, time\n"
        "from tasksequence.capture.sources.disks import open_disk\n"
        "with open_disk(sys.argv[1]) as disk:\n"
        "    print(disk.file(disk.disk.volumes[2]), flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(gpt_disk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        file = Path(process.stdout.readline().strip())
        assert file.stat().st_size > 1 << 20
        assert left_behind()
        process.send_signal(signal.SIGKILL)
    end = time.monotonic() + PATIENCE
    while left_behind():
        assert time.monotonic() < end, left_behind()
        time.sleep(0.05)
    assert file.parent.exists()
    clear_stale_scratch()
    assert not file.parent.exists()


def test_a_dead_daemon_leaves_a_mount_that_the_next_run_clears(gpt_disk: Path) -> None:
    code = (
        "import os, signal, subprocess, sys\n"
        "from tasksequence.capture.sources.disks import open_disk\n"
        "with open_disk(sys.argv[1]) as disk:\n"
        "    file = disk.file(disk.disk.volumes[2])\n"
        "    pid = int((file.parent / 'pid').read_text())\n"
        "    os.kill(pid, signal.SIGKILL)\n"
        "    print(file, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(gpt_disk)], capture_output=True, text=True, check=False
    )
    folder = Path(done.stdout.strip()).parent
    assert left_behind()
    clear_stale_scratch()
    assert left_behind() == []
    assert not folder.exists()


def test_a_folder_in_use_by_another_run_is_left_alone(small_disk: Path) -> None:
    with open_disk(small_disk) as disk:
        clear_stale_scratch()
        assert disk.file(disk.disk.volumes[0]).read_bytes()[3:7] == b"NTFS"
    assert left_behind() == []


@pytest.fixture
def left_mounted(
    tmp_path: Path, own_scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Path]]:
    """A volume mounted in the folder of a run that is gone, and TMPDIR goes through a link."""
    volume = make_volume(tmp_path / "precious.ntfs", {"kept/kept.txt": b"kept", "b.txt": b"b"})
    link = tmp_path / "link"
    link.symlink_to(own_scratch)
    use_own_scratch(link, monkeypatch)
    folder = own_scratch / f"tasksequence-{os.geteuid()}-gone"
    (folder / "volume").mkdir(parents=True)
    (folder / "staged.wim").touch()
    run("ntfs-3g", volume, folder / "volume")
    try:
        yield folder, volume
    finally:
        subprocess.run(["umount", folder / "volume"], check=False, capture_output=True)


def test_a_volume_mounted_below_a_linked_folder_is_unmounted_not_emptied(
    left_mounted: tuple[Path, Path],
) -> None:
    folder, volume = left_mounted
    clear_stale_scratch()
    assert not folder.exists()
    with mounted(volume, "ro") as root:
        assert (root / "kept" / "kept.txt").read_bytes() == b"kept"
        assert (root / "b.txt").read_bytes() == b"b"


def test_what_cannot_be_unmounted_is_not_emptied(
    left_mounted: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = left_mounted
    monkeypatch.setattr("tasksequence.capture.sources.scratch.run", lambda *_: None)
    clear_stale_scratch()
    assert (folder / "volume" / "kept" / "kept.txt").read_bytes() == b"kept"
    assert (folder / "volume" / "b.txt").read_bytes() == b"b"


def test_a_scratch_folder_is_named_without_links(
    tmp_path: Path, small_disk: Path, own_scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to(own_scratch)
    use_own_scratch(link, monkeypatch)
    with open_disk(small_disk) as disk:
        assert disk.file(disk.disk.volumes[0]).is_relative_to(own_scratch)
    assert list(own_scratch.iterdir()) == []


def test_a_capture_that_is_killed_leaves_no_daemon_and_no_file(
    gpt_disk: Path, tmp_path: Path
) -> None:
    sequence = tmp_path / "sequence.xml"
    destination = tmp_path / "out" / "all.wim"
    destination.parent.mkdir()
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(destination), image_version="1"
    )
    ts.Document.new(ts.TaskSequence(steps=[step])).save(sequence)
    command = ["-m", "tasksequence", "capture", str(sequence), "--disk", str(gpt_disk), "--quiet"]
    with subprocess.Popen([sys.executable, *command, "--threads", "1"]) as process:
        end = time.monotonic() + PATIENCE
        while not any(destination.parent.glob(".*.partial")):
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
    end = time.monotonic() + PATIENCE
    while left_behind() or any(destination.parent.iterdir()):
        assert time.monotonic() < end, (left_behind(), list(destination.parent.iterdir()))
        time.sleep(0.05)
    clear_stale_scratch()


# Writing to a disk: the end of it is waited for, and looked at.


def daemon_of(file: Path) -> int:
    return int((file.parent / "pid").read_text())


@pytest.fixture
def written_disk(small_disk: Path, tmp_path: Path) -> Path:
    return Path(shutil.move(disks.converted(small_disk, "qcow2"), tmp_path / "t.qcow2"))


def test_a_slow_end_of_writing_is_waited_for(
    written_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon is stopped when it should flush; it goes on after its usual patience is over."""
    monkeypatch.setattr("tasksequence.capture.sources.exports._PATIENCE", 0.3)
    monkeypatch.setattr("os.fsync", lambda _: None)  # it would wait for the stopped daemon
    disk = read_disk(written_disk)
    mark = b"written" * 100
    with writable_volume(disk, disk.volumes[1]) as file:
        with file.open("r+b") as stream:
            stream.seek(disk.volumes[1].place.size - 4096)
            stream.write(mark)
        daemon = daemon_of(file)
        os.kill(daemon, signal.SIGSTOP)
        timer = threading.Timer(1.5, os.kill, (daemon, signal.SIGCONT))
        timer.start()
    with open_disk(written_disk) as opened, opened.file(disk.volumes[1]).open("rb") as stream:
        stream.seek(disk.volumes[1].place.size - 4096)
        assert stream.read(len(mark)) == mark


def test_a_daemon_that_dies_while_it_writes_is_told(written_disk: Path) -> None:
    disk = read_disk(written_disk)
    with (
        pytest.raises(ts.VolumeError, match="may not have been written in full") as told,
        writable_volume(disk, disk.volumes[1]) as file,
    ):
        os.kill(daemon_of(file), signal.SIGKILL)
    assert told.value.where == str(written_disk)
    assert left_behind() == []


def test_a_child_of_a_parent_that_has_died_does_not_start(tmp_path: Path) -> None:
    """Between its start and its asking for the signal the parent may go."""
    command = ending_with_this_process(["touch", str(tmp_path / "started")])
    own = str(os.getpid())
    orphan = [text if text != own else "1" for text in command]
    assert subprocess.run(orphan, check=False).returncode != 0
    assert not (tmp_path / "started").exists()
    assert subprocess.run(command, check=False).returncode == 0
    assert (tmp_path / "started").exists()


def test_a_disk_without_images_and_the_labels_of_what_is_skipped_are_recorded(
    small_disk: Path, tmp_path: Path
) -> None:
    linux = disks.make_ext4(tmp_path / "linux.ext4")
    run("e2label", linux, "my linux")
    other = disks.make_gpt_disk(tmp_path / "other.raw", [Slot(disks.LINUX, linux)])
    wim = tmp_path / "out.wim"
    result = ts.capture_disks(plan_to(wim), [small_disk, other], options=QUICK)
    assert [one.place.label for one in result.skipped] == ["", "my linux"]
    found = [
        (one.disk_index, one.partition_index, one.partition_file_system, one.partition_label)
        for one in images.image_disks(wim)
    ]
    assert found == [(0, 1, "NTFS", "Data"), (0, 2, "ext4", ""), (1, 1, "ext4", "my linux")]
    second = ts.capture_disks(
        plan_to(wim), [other, small_disk], exclude=["my linux"], options=QUICK
    )
    assert {one.reason for one in second.skipped if one.place.label} == {"excluded by name"}
    assert {one.disk_index for one in images.image_disks(wim)} == {0, 1}
