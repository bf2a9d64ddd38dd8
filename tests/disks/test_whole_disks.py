"""A whole disk of any format gives a WIM with one image for each NTFS and FAT32 volume."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence.capture.sources.scratch import clear_stale_scratch
from tests.support import disks
from tests.support.disks import QUICK, plan_to
from tests.support.leftovers import left_behind
from tests.support.volumes import make_volume, run

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
    end = time.monotonic() + 20
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
    from tasksequence.capture.sources.disks import open_disk

    with open_disk(small_disk) as disk:
        clear_stale_scratch()
        assert disk.file(disk.disk.volumes[0]).read_bytes()[3:7] == b"NTFS"
    assert left_behind() == []


def test_what_cannot_be_unmounted_is_not_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume that stays mounted below a scratch folder keeps its files."""
    from tasksequence.capture.sources import scratch

    folder = tmp_path / "stale"
    (folder / "volume").mkdir(parents=True)
    (folder / "volume" / "kept.txt").write_text("kept")
    point = str(folder / "volume")
    monkeypatch.setattr(scratch, "mount_points_below", lambda _: [point])
    monkeypatch.setattr(scratch, "run", lambda *_: None)
    scratch._clear(str(folder))
    assert (folder / "volume" / "kept.txt").read_text() == "kept"


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
        end = time.monotonic() + 30
        while not any(destination.parent.glob(".*.partial")):
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
    end = time.monotonic() + 20
    while left_behind() or any(destination.parent.iterdir()):
        assert time.monotonic() < end, (left_behind(), list(destination.parent.iterdir()))
        time.sleep(0.05)
    clear_stale_scratch()
