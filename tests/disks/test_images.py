"""What a WIM says of itself, and images compared with and applied to volumes."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import tasksequence as ts
from tasksequence import images
from tests.support import disks
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import QUICK, Slot, plan_to
from tests.support.hive import Data, build_hive
from tests.support.ntfs_tree import differences, snapshot
from tests.support.volumes import make_volume, mark_dirty, mounted, run

pytestmark = pytest.mark.wimlib

CURRENT = "Microsoft\\Windows NT\\CurrentVersion"
CONTROL = "ControlSet001\\Control"


def program_for_amd64() -> bytes:
    """Return the head of a program, as much as tells its processor."""
    head = bytearray(b"MZ" + bytes(510))
    struct.pack_into("<I", head, 0x3C, 0x80)
    head[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<HH", head, 0x84, 0x8664, 0)
    return bytes(head)


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NTFS volume with as much of a Windows as tells its version."""
    disks.need_disk_tools()
    software: dict[str, dict[str, Data]] = {
        CURRENT: {
            "CurrentMajorVersionNumber": 10, "CurrentMinorVersionNumber": 0,
            "CurrentBuildNumber": "26100", "CurrentBuild": "26100", "EditionID": "Enterprise",
            "ProductName": "Windows 11 Enterprise", "InstallationType": "Client",
            "SystemRoot": "C:\\Windows", "BuildLabEx": "26100.1.amd64fre",
        }
    }  # fmt: skip
    system: dict[str, dict[str, Data]] = {
        "Select": {"Current": 1, "Default": 1},
        f"{CONTROL}\\ProductOptions": {"ProductType": "WinNT", "ProductSuite": ["Terminal Server"]},
        f"{CONTROL}\\MUI\\UILanguages\\en-US": {"Type": 145},
        f"{CONTROL}\\Nls\\Language": {"InstallLanguage": "0409", "Default": "0409"},
    }
    files = {
        "Windows/System32/config/SOFTWARE": build_hive(software),
        "Windows/System32/config/SYSTEM": build_hive(system, "SYSTEM"),
        "Windows/System32/kernel32.dll": program_for_amd64(),
        "Windows/explorer.exe": b"MZ" * 999,
    }
    folder = tmp_path_factory.mktemp("windows")
    return make_volume(folder / "windows.ntfs", files, megabytes=16)


@pytest.fixture(scope="module")
def wim(gpt_disk: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three images: EFI, a system volume, data."""
    path = tmp_path_factory.mktemp("captured") / "all.wim"
    ts.capture_disks(plan_to(path), gpt_disk, options=QUICK)
    return path


def test_the_windows_fields_are_filled_and_read_back(windows: Path, tmp_path: Path) -> None:
    disk = disks.make_gpt_disk(tmp_path / "disk.raw", [Slot(disks.BASIC, windows)])
    path = tmp_path / "windows.wim"
    result = ts.capture_disks(plan_to(path), disk, options=QUICK, prepared=True)
    assert result.images[0].place is not None
    assert result.images[0].place.role == "Windows"
    (one,) = images.image_information(path)
    assert (one.index, one.name, one.architecture) == (1, "Windows", "x64")
    assert one.os_version is not None
    assert one.os_version.startswith("10.0.26100")
    assert one.product_type == "WinNT"
    assert (one.created_by, one.version, one.description) == ("Jürgen", "1.2", "all of it")
    assert one.creation_date is not None
    assert one.size is not None
    xml = ET.fromstring(images.get_image_properties(path))
    assert xml.findtext("IMAGE/WINDOWS/EDITIONID") == "Enterprise"
    assert xml.findtext("IMAGE/WINDOWS/PRODUCTNAME") == "Windows 11 Enterprise"


def test_a_package_is_read_from_a_wim_and_refreshed(wim: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.wim"
    shutil.copy(wim, copy)
    package = images.read_package(copy)
    assert isinstance(package, ts.ImagePackage)
    assert (package.name, package.package_type) == ("copy", ts.PackageType.IMAGE)
    assert (package.version, package.description) == ("1.2", "all of it")
    assert package.image_property == images.get_image_properties(copy)
    assert [one.name for one in images.image_information(package)] == [
        "SYSTEM (EFI system)", "System (System Reserved)", "Data",
    ]  # fmt: skip
    found = images.image_disks(package)
    assert [(one.partition_index, one.partition_file_system) for one in found] == [
        (1, "FAT32"), (2, ""), (3, "NTFS"), (4, "ext4"), (5, "NTFS"),
    ]  # fmt: skip
    assert {one.disk_style for one in found} == {"GPT"}
    assert found[0].partition_type == disks.EFI.lower()
    assert found[0].partition_offset == 1 << 20
    assert found[0].partition_size == 34 << 20
    subprocess.run(
        ["wimlib-imagex", "info", copy, "3", "--image-property", "TASKSEQUENCE/VERSION=9",
         "--image-property", "NAME=Renamed"], check=True, capture_output=True,
    )  # fmt: skip
    assert images.reload_image_properties(package) is package
    assert images.image_information(package)[2].name == "Renamed"
    assert images.image_information(package)[2].version == "9"
    with pytest.raises(ts.ImageError, match="no PkgSourcePath"):
        images.reload_image_properties(ts.ImagePackage(name="x"))
    copy.write_bytes(b"no WIM")
    before = package.image_property
    with pytest.raises(ts.ImageError, match="no WIM file"):
        images.reload_image_properties(package)
    assert package.image_property == before


def test_show_prints_images_and_disks(wim: Path) -> None:
    done = command("image", "show", wim)
    assert done.returncode == 0, done.stderr
    assert f"{wim}: " in done.stdout
    assert "XPRESS" in done.stdout
    assert "SYSTEM (EFI system)" in done.stdout
    assert "ext4" in done.stdout
    record = json.loads(command("image", "show", "--json", wim).stdout)
    assert record["SMS_ImagePackage"]["PackageType"] == 257
    assert record["SMS_ImageInformation"][0]["CreatedBy"] == "Jürgen"
    assert record["SMS_ImageDiskInformation"][2]["PartitionIndex"] == 3
    assert command("image", "show", "--xml", wim).stdout.strip().startswith("<WIM>")


def test_files_are_listed(wim: Path) -> None:
    lines = command("image", "files", wim, "--index", "3").stdout.splitlines()
    assert [line.split()[-1] for line in lines] == ["/", "/Backup", "/Backup/old.txt"]
    record = json.loads(
        command("image", "files", wim, "--index", "3", "--json").stdout.splitlines()[2]
    )
    assert (record["path"], record["size"]) == ("/Backup/old.txt", 300)


def test_an_image_equals_its_volume(wim: Path, volumes: object) -> None:
    parts = (volumes.efi, volumes.windows, volumes.data)  # type: ignore[attr-defined]
    for index, volume in enumerate(parts, start=1):
        assert images.diff_images(wim, volume, image=index) == []
    done = command("image", "diff", wim, parts[2], "--index", "3")
    assert (done.returncode, done.stdout) == (0, "No difference.\n")


def test_differences_are_told_by_path_and_field(wim: Path, volumes: object, tmp_path: Path) -> None:
    copy = tmp_path / "data.ntfs"
    shutil.copy(volumes.data, copy)  # type: ignore[attr-defined]
    with mounted(copy) as root:
        (root / "Backup" / "old.txt").write_bytes(b"changed")
        (root / "new").write_bytes(b"")
    done = command("image", "diff", wim, copy, "--index", "3", "--ignore", "accessed")
    assert done.returncode == 1
    assert "+ /new" in done.stdout.splitlines()
    assert "~ /Backup/old.txt  (content, modified)" in done.stdout
    found = json.loads(command("image", "diff", wim, copy, "--index", "3", "--json").stdout)
    assert {one["path"]: one["sizes"] for one in found}["/Backup/old.txt"] == [300, 7]


def test_a_volume_that_cannot_be_compared_is_named(wim: Path, tmp_path: Path) -> None:
    """The index of its root folder is overwritten: the records are sound, the tree is not."""
    files = {f"file number {number}": b"" for number in range(200)}
    volume = make_volume(tmp_path / "v.ntfs", files, megabytes=16)
    volume.write_bytes(volume.read_bytes().replace(b"INDX", b"XXXX"))
    with pytest.raises(ts.VolumeError, match="the volume cannot be read") as told:
        images.diff_images(wim, volume)
    assert told.value.where == str(volume)
    assert told.value.hresult


@pytest.mark.parametrize("form", ["raw", "vhdx"])
def test_images_applied_back_are_the_volumes_they_came_from(
    wim: Path, gpt_disk: Path, volumes: object, tmp_path: Path, form: str
) -> None:
    target = tmp_path / "target.raw"
    shutil.copy(gpt_disk, target)
    if form != "raw":
        target = disks.converted(target, form)
    done = command("image", "apply", wim, target, "--erase")
    assert done.returncode == 0, done.stderr
    assert "Image 2 (System (System Reserved)): applied to" in done.stdout
    again = tmp_path / "again.wim"
    ts.capture_disks(plan_to(again), target, options=QUICK)
    for index in (1, 2, 3):
        assert images.diff_images(wim, again, image=index, other_image=index) == []
    if form == "raw":
        # By ntfs-3g, which shares no code with libwim's or our comparison.
        start = (1 + 34 + 16) << 20
        size = volumes.windows.stat().st_size  # type: ignore[attr-defined]
        applied = tmp_path / "applied.ntfs"
        with target.open("rb") as source:
            source.seek(start)
            applied.write_bytes(source.read(size))
        original = snapshot(volumes.windows)  # type: ignore[attr-defined]
        original.pop("pagefile.sys")
        assert differences(original, snapshot(applied)) == []
        efi = tmp_path / "applied.fat"
        with target.open("rb") as source:
            source.seek(1 << 20)
            efi.write_bytes(source.read(34 << 20))
        run("fsck.fat", "-n", efi)


def test_what_was_there_goes_and_control_files_stay(wim: Path, tmp_path: Path) -> None:
    files = {"old/file.txt": b"old", "_SMSTaskSequence/TSEnv.dat": b"state"}
    target = make_volume(tmp_path / "target.ntfs", files, megabytes=16, label="Target")
    (one,) = images.apply_images(wim, target, index=3, erase=True)
    assert (one.index, one.name) == (3, "Data")
    with mounted(target, "ro") as root:
        names = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    expected = {"Backup", "Backup/old.txt", "_SMSTaskSequence", "_SMSTaskSequence/TSEnv.dat"}
    assert names - {"System Volume Information"} == expected


def test_nothing_is_removed_without_the_word(wim: Path, volumes: object, tmp_path: Path) -> None:
    target = tmp_path / "data.ntfs"
    shutil.copy(volumes.data, target)  # type: ignore[attr-defined]
    before = target.read_bytes()
    refused(command("image", "apply", wim, target, "--index", "3"), 1, "--erase", str(target))
    for arguments, message in (
        (["--index", "7"], "there is no image 7"),
        ([], "image 2 (partition 3, NTFS, System Reserved): no volume"),
        (["--volume", "1"], "choose it by its index"),
        (["--index", "3", "--volume", "9"], "there is no volume 9"),
        (["--index", "2"], "image 2 needs "),
    ):
        done = command("image", "apply", wim, target, "--erase", *arguments)
        refused(done, 1, message)
        assert target.read_bytes() == before


def test_an_image_of_ntfs_is_not_applied_to_fat32(
    wim: Path, volumes: object, tmp_path: Path
) -> None:
    target = tmp_path / "efi.fat"
    shutil.copy(volumes.efi, target)  # type: ignore[attr-defined]
    with pytest.raises(ts.VolumeError, match="captured from NTFS, and this volume is FAT32"):
        images.apply_images(wim, target, index=3, erase=True)
    images.apply_images(wim, target, index=1, erase=True)
    assert images.diff_images(wim, target) == []


# WIMs that cannot be read.


@pytest.mark.parametrize("what", ["show", "verify", "files"])
def test_a_file_that_is_no_whole_wim_is_refused(wim: Path, tmp_path: Path, what: str) -> None:
    absent = tmp_path / "absent.wim"
    refused(command("image", what, absent), 1, str(absent), "cannot be read")
    other = tmp_path / "other.wim"
    other.write_bytes(b"x" * 500)
    refused(command("image", what, other), 1, str(other), "no WIM file")
    cut = tmp_path / "cut.wim"
    cut.write_bytes(wim.read_bytes()[: 1 << 20])
    refused(command("image", what, cut), 1, str(cut), "cut off or damaged")
    newer = tmp_path / "newer.wim"
    raw = bytearray(wim.read_bytes())
    struct.pack_into("<I", raw, 12, 0x20000)
    newer.write_bytes(raw)
    refused(command("image", what, newer), 1, str(newer), "version 0x20000", "newer")


def test_an_encrypted_wim_is_told(wim: Path, tmp_path: Path) -> None:
    path = tmp_path / "encrypted.esd"
    raw = bytearray(wim.read_bytes()[:208])
    xml = "\ufeff<ESD><ENCRYPTED><KEYS/></ENCRYPTED></ESD>".encode("utf-16-le")
    struct.pack_into("<QQQ", raw, 72, len(xml), 208, len(xml))
    path.write_bytes(raw + xml)
    refused(command("image", "show", path), 1, "encrypted")


def test_damage_in_the_data_is_found(wim: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.wim"
    raw = bytearray(wim.read_bytes())
    for at in range(2000, 4000):
        raw[at] ^= 0x55
    path.write_bytes(raw)
    done = command("image", "verify", path, "--quiet")
    refused(done, 1, str(path), "damaged")
    assert command("image", "verify", wim, "--quiet").returncode == 0


def test_xml_with_declarations_is_not_read(wim: Path, tmp_path: Path) -> None:
    path = tmp_path / "bomb.wim"
    raw = bytearray(wim.read_bytes()[:208])
    bomb = '\ufeff<!DOCTYPE WIM [<!ENTITY a "aaaa">]><WIM>&a;</WIM>'.encode("utf-16-le")
    struct.pack_into("<QQQ", raw, 72, len(bomb), 208, len(bomb))
    path.write_bytes(raw + bomb)
    with pytest.raises(ts.ImageError, match="declarations"):
        images.read_package(path)


def test_numbers_in_the_xml_that_are_none_count_as_zero(wim: Path, tmp_path: Path) -> None:
    path = tmp_path / "numbers.wim"
    raw = bytearray(wim.read_bytes()[:208])
    digits = "9" * 5000
    place = f"<INDEX>{digits}</INDEX><OFFSET>x</OFFSET><SIZE>-1</SIZE>"
    own = f"<DISK><INDEX>two</INDEX></DISK><PARTITION>{place}</PARTITION>"
    text = (
        f'\ufeff<WIM><IMAGE INDEX="one"><TOTALBYTES>{digits}</TOTALBYTES>'
        f"<TASKSEQUENCE>{own}</TASKSEQUENCE></IMAGE></WIM>"
    ).encode("utf-16-le")
    struct.pack_into("<QQQ", raw, 72, len(text), 208, len(text))
    path.write_bytes(raw + text)
    xml = images.get_image_properties(path)
    package = ts.ImagePackage(name="x", pkg_source_path=str(path), image_property=xml)
    (one,) = images.image_information(package)
    assert (one.index, one.size) == (0, None)
    (disk,) = images.image_disks(path)
    assert (disk.disk_index, disk.partition_index, disk.partition_size) == (0, 0, 0)


# Looking, comparing.


def test_the_package_of_images_is_reached_from_the_top() -> None:
    code = "import tasksequence as ts; print(ts.images.read_package.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "read_package\n"


def test_an_image_is_compared_with_a_volume_of_a_disk(
    wim: Path, gpt_disk: Path, tmp_path: Path
) -> None:
    done = command("image", "diff", wim, gpt_disk, "--index", "3", "--volume", "5", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "No difference.\n", "")
    done = command("image", "diff", wim, gpt_disk, "--index", "3", "--volume", "1")
    assert done.returncode == 1
    refused(command("image", "diff", wim, gpt_disk), 1, "3 NTFS and FAT32 volumes", "--volume")
    refused(command("image", "diff", wim, gpt_disk, "--volume", "4"), 1, "file system ext4")
    refused(command("image", "diff", wim, wim, "--volume", "4"), 1, "this is a WIM")
    done = command("image", "diff", wim, tmp_path)
    refused(done, 1, "this is a folder")
    assert "--folder" not in done.stderr


def test_the_profile_of_the_capture_is_used_for_a_comparison(
    wim: Path, volumes: object, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.ini"
    profile.write_text("[ExclusionList]\n\\Nothing\n")
    data = volumes.data  # type: ignore[attr-defined]
    done = command("image", "diff", wim, data, "--index", "3", "--exclusions", profile)
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["+ /pagefile.sys", "1 difference"]


def test_the_state_of_a_compared_volume_is_told(wim: Path, volumes: object, tmp_path: Path) -> None:
    dirty = tmp_path / "dirty.ntfs"
    shutil.copy(volumes.data, dirty)  # type: ignore[attr-defined]
    mark_dirty(dirty)
    done = command("image", "diff", wim, dirty, "--index", "3")
    assert done.returncode == 0
    assert "warning: " in done.stderr
    assert "(dirty)" in done.stderr
    asleep = make_volume(tmp_path / "asleep.ntfs", {"hiberfil.sys": b"hibr" + bytes(5000)})
    refused(command("image", "diff", wim, asleep, "--index", "3"), 1, "Windows is hibernated")


def test_a_reader_that_has_seen_enough_is_no_failure(wim: Path) -> None:
    listing = [sys.executable, "-m", "tasksequence", "image", "files", str(wim), "--index", "2"]
    read, written = os.pipe()
    os.close(read)
    done = subprocess.run(listing, stdout=written, stderr=subprocess.PIPE, text=True, check=False)
    os.close(written)
    assert (done.returncode, done.stderr) == (141, "")


def test_progress_is_shown_or_not(wim: Path, volumes: object, tmp_path: Path) -> None:
    target = tmp_path / "data.ntfs"
    shutil.copy(volumes.data, target)  # type: ignore[attr-defined]
    calls: tuple[list[str | Path], ...] = (
        ["verify", wim],
        ["apply", wim, target, "--index", "3", "--erase"],
        ["diff", wim, target, "--index", "3"],
    )
    for arguments in calls:
        done = command("image", *arguments, "--progress", "plain")
        assert done.returncode == 0, done.stderr
        assert "100% " in done.stderr
        done = command("image", *arguments, "--quiet")
        assert (done.returncode, done.stderr) == (0, "")


def test_every_part_is_compared_with_its_own_integrity_table(tmp_path: Path) -> None:
    files = {f"{number}.bin": os.urandom(700_000) for number in range(5)}
    source = make_volume(tmp_path / "source.ntfs", files, megabytes=12)
    whole, first = tmp_path / "whole.wim", tmp_path / "parts.swm"
    ts.capture_volumes(plan_to(whole), [source], options=QUICK)
    run("wimlib-imagex", "split", whole, first, "1", "--check")
    done = command("image", "verify", first, "--quiet")
    assert done.returncode == 0, done.stderr
    assert "all data and its integrity table agree" in done.stdout
    second = tmp_path / "parts2.swm"
    raw = bytearray(second.read_bytes())
    (at,) = struct.unpack_from("<Q", raw, 124 + 8)
    assert at
    raw[at + 20] ^= 1  # data is as it was; its sum in the table is not
    second.write_bytes(raw)
    refused(command("image", "verify", first, "--quiet"), 1, f"{second}: the WIM is damaged")
