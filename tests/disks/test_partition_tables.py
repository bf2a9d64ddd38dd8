"""Partition tables in every state, and disks under every name."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.capture.sources.disks import read_disk
from tests.support import disks
from tests.support.captures import names_in
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import BASIC, MEGABYTE, QUICK, Slot, plan_to
from tests.support.volumes import make_volume, need_tools, run

pytestmark = pytest.mark.wimlib


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tools()
    disks.need_disk_tools()
    path = tmp_path_factory.mktemp("volume") / "data.ntfs"
    return make_volume(path, {"a.txt": b"a" * 5000}, label="Data", megabytes=8)


@pytest.fixture(scope="module")
def disk_512(volume: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return disks.make_gpt_disk(tmp_path_factory.mktemp("512") / "d.raw", [Slot(BASIC, volume)])


@pytest.fixture(scope="module")
def disk_4096(volume: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPT with sectors of 4,096 bytes, written by hand: not every sfdisk makes one in a file."""
    sector, path = 4096, tmp_path_factory.mktemp("4096") / "d.raw"
    sectors = (volume.stat().st_size + 2 * MEGABYTE) // sector
    guid = struct.Struct("<IHH8s")

    def packed(text: str) -> bytes:
        a, b, c, d, e = text.split("-")
        return guid.pack(int(a, 16), int(b, 16), int(c, 16), bytes.fromhex(d + e))

    first, last = MEGABYTE // sector, (MEGABYTE + volume.stat().st_size) // sector - 1
    entry = struct.pack("<16s16sQQQ72x", packed(BASIC), os.urandom(16), first, last, 0)
    table = entry.ljust(128 * 128, b"\0")
    disk_guid = os.urandom(16)

    def header(own: int, other: int, entries: int) -> bytes:
        def made(checksum: int) -> bytes:
            return struct.pack(
                "<8sIII4xQQQQ16sQIII", b"EFI PART", 0x10000, 92, checksum, own, other, 6,
                sectors - 6, disk_guid, entries, 128, 128, zlib.crc32(table),
            )  # fmt: skip

        return made(zlib.crc32(made(0)))

    protective = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, sectors - 1)
    with path.open("wb") as stream:
        stream.truncate(sectors * sector)
        for at, data in (
            (446, protective),
            (510, b"\x55\xaa"),
            (sector, header(1, sectors - 1, 2)),
            (2 * sector, table),
            ((sectors - 5) * sector, table),
            ((sectors - 1) * sector, header(sectors - 1, 1, sectors - 5)),
            (MEGABYTE, volume.read_bytes()),
        ):
            stream.seek(at)
            stream.write(data)
    return path


def write(disk: Path, offset: int, data: bytes) -> None:
    with disk.open("r+b") as stream:
        stream.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
        stream.write(data)


def assert_captured(disk: Path, destination: Path, style: str = "GPT") -> None:
    found = read_disk(disk)
    assert (found.style, [one.place.label for one in found.volumes]) == (style, ["Data"])
    result = ts.capture_disks(plan_to(destination), disk, options=QUICK)
    assert [(image.name, image.files) for image in result.images] == [("Data", 1)]
    destination.unlink()


@pytest.mark.parametrize("sector", [512, 4096])
def test_the_copy_of_a_gpt_serves_where_the_first_is_damaged(
    disk_512: Path, disk_4096: Path, tmp_path: Path, sector: int
) -> None:
    source = disk_512 if sector == 512 else disk_4096
    disk = tmp_path / "d.raw"
    damages: list[Callable[[], None]] = [
        lambda: None,
        lambda: write(disk, sector + 16, b"\xff" * 4),  # the header's checksum
        lambda: write(disk, sector + 48, b"\xff" * 7),  # its last usable sector
        lambda: write(disk, sector, bytes(sector)),  # the whole header
        lambda: write(disk, sector, bytes(5 * sector)),  # header and entries
        lambda: write(disk, 2 * sector + 40, b"\x11"),  # an entry
        lambda: write(disk, -sector, bytes(sector)),  # the copy alone
    ]
    for damage in damages:
        shutil.copy(source, disk)
        damage()
        assert_captured(disk, tmp_path / "out.wim")
    for offset in (sector, -sector):
        write(disk, offset, bytes(sector))
    with pytest.raises(ts.VolumeError, match="GPT partition table of this disk is damaged") as told:
        read_disk(disk)
    assert told.value.where == str(disk)
    assert "gdisk" in (told.value.hint or "")
    assert told.value.hresult == 0x80070571


@pytest.mark.parametrize("form", ["vhdx", "qcow2"])
def test_sectors_of_4096_bytes_in_a_virtual_disk(
    disk_4096: Path, tmp_path: Path, form: str
) -> None:
    disk = tmp_path / f"d.{form}"
    shutil.move(disks.converted(disk_4096, form), disk)
    assert_captured(disk, tmp_path / "out.wim")


def test_a_cut_off_disk_with_sectors_of_4096_bytes(disk_4096: Path, tmp_path: Path) -> None:
    disk = tmp_path / "d.raw"
    disk.write_bytes(disk_4096.read_bytes()[: 6 * MEGABYTE])
    with pytest.raises(ts.VolumeError, match="cut off"):
        read_disk(disk)


def test_the_gpt_of_a_hybrid_disk_counts(disk_512: Path, tmp_path: Path) -> None:
    """Beside the protective entry the MBR names the volume once more, for older systems."""
    disk = tmp_path / "d.raw"
    shutil.copy(disk_512, disk)
    entry = struct.Struct("<B3sB3sII")
    protective = entry.pack(0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, 2047)
    write(disk, 446, protective + entry.pack(0x80, b"\0" * 3, 7, b"\xff" * 3, 2048, 16384))
    assert_captured(disk, tmp_path / "out.wim")
    write(disk, 512, bytes(512))
    assert_captured(disk, tmp_path / "out.wim")


NAMES = [
    "with blanks.raw", "a,b=c,,d.raw", "nbd:host:10809.raw", "json:{}.raw", "Büro 東京 é.raw",
    "quote\"s'.raw", "back\\slash.raw", "per%20cent%s.raw", "line\nbreak.raw", "-dash.raw",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_may_have_any_name(disk_512: Path, tmp_path: Path, name: str) -> None:
    disk = tmp_path / name
    shutil.copy(disk_512, disk)
    assert_captured(disk, tmp_path / "out.wim")


@pytest.mark.parametrize("form", ["qcow2", "vhdx", "vmdk", "vpc"])
def test_a_virtual_disk_and_its_parent_may_have_any_name(
    disk_512: Path, tmp_path: Path, form: str
) -> None:
    disk = tmp_path / f"a,b=c d: é 東京.{form}"
    shutil.move(disks.converted(disk_512, form), disk)
    assert_captured(disk, tmp_path / "out.wim")
    if form == "qcow2":
        child = tmp_path / "child, é.qcow2"
        backing = f'json:{{"driver":"qcow2","file.filename":"{disk}"}}'
        run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing, child)
        assert_captured(child, tmp_path / "out.wim")


def test_a_flat_vmdk_beside_its_description(disk_512: Path, tmp_path: Path) -> None:
    source = tmp_path / "made here"
    source.mkdir()
    shutil.copy(disk_512, source / "d.raw")
    disks.converted(source / "d.raw", "vmdk", "subformat=monolithicFlat")
    (source / "d.raw").unlink()
    moved = source.rename(tmp_path / "moved, é")
    (description,) = [one for one in moved.iterdir() if "flat.vmdk" not in one.name]
    assert_captured(description, tmp_path / "out.wim")
    (data,) = [one for one in moved.iterdir() if one != description]
    data.unlink()
    with pytest.raises(ts.VolumeError, match=r"flat\.vmdk") as told:
        read_disk(description)
    assert told.value.where == str(description)


def test_a_name_that_is_no_text_is_refused(disk_512: Path, tmp_path: Path) -> None:
    disk = tmp_path / os.fsdecode(b"b\xfcro.raw")
    shutil.copy(disk_512, disk)
    with pytest.raises(ts.VolumeError, match="path of this disk is not UTF-8") as told:
        read_disk(disk)
    assert "link" in (told.value.hint or "")
    link = tmp_path / "link.raw"
    link.symlink_to(disk)
    assert_captured(link, tmp_path / "out.wim")
    refused(command("volumes", disk), 1, "not UTF-8")


def test_relative_paths_links_and_read_only_files(
    disk_512: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "disks"
    folder.mkdir()
    shutil.copy(disk_512, folder / "d.raw")
    (folder / "d.raw").chmod(0o400)
    (tmp_path / "link.raw").symlink_to("disks/d.raw")
    monkeypatch.chdir(tmp_path)
    for path in ("disks/d.raw", "./disks/../disks/d.raw", "link.raw"):
        assert_captured(Path(path), tmp_path / "out.wim")
    before = (folder / "d.raw").read_bytes()
    with pytest.raises(ts.VolumeError, match="named twice"):
        ts.capture_disks(plan_to(tmp_path / "out.wim"), ["link.raw", "disks/d.raw"], options=QUICK)
    assert (folder / "d.raw").read_bytes() == before
    assert names_in(tmp_path) == {"disks", "link.raw"}


CUT = [
    ("qcow2", ()), ("vmdk", ()), ("vmdk", ("subformat=streamOptimized",)), ("vhdx", ()),
    ("vpc", ()), ("vdi", ()), ("vmdk", ("subformat=monolithicFlat",)),
]  # fmt: skip


@pytest.mark.parametrize(("form", "options"), CUT)
def test_a_virtual_disk_that_is_cut_off_is_refused(
    tmp_path_factory: pytest.TempPathFactory, form: str, options: tuple[str, ...]
) -> None:
    """Its table and its volumes are whole: what is missing would be read as zeros."""
    need_tools()
    folder = tmp_path_factory.mktemp("cut off, é")
    full = make_volume(folder / "v.ntfs", {"a.bin": os.urandom(5 << 20)}, megabytes=8)
    disk = disks.make_gpt_disk(folder / "d.raw", [Slot(BASIC, full)])
    image = disks.converted(disk, form, *options)
    (data,) = [image, *folder.glob("*-flat.vmdk")][-1:]
    assert [one.place.file_system for one in read_disk(image).volumes] == ["NTFS"]
    os.truncate(data, data.stat().st_size * 2 // 3)
    with pytest.raises(ts.VolumeError, match="cut off") as told:
        ts.capture_disks(plan_to(folder / "out.wim"), image, options=QUICK)
    assert told.value.where == str(image)
    assert told.value.hresult == 0x80070026
    assert "Copy the file again" in (told.value.hint or "")
    assert not (folder / "out.wim").exists()


def test_a_snapshot_of_a_disk_that_is_cut_off_is_refused(disk_512: Path, tmp_path: Path) -> None:
    parent, child = tmp_path / "parent.qcow2", tmp_path / "child.qcow2"
    shutil.move(disks.converted(disk_512, "qcow2"), parent)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", parent, child)
    assert_captured(child, tmp_path / "out.wim")
    os.truncate(parent, parent.stat().st_size * 2 // 3)
    with pytest.raises(ts.VolumeError, match=r"cut off: .*parent\.qcow2") as told:
        read_disk(child)
    assert told.value.where == str(child)


# The chain of tables in an extended partition: where it breaks, partx ends without a word.


@pytest.fixture(scope="module")
def logical_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logical")
    volume = make_volume(folder / "v.ntfs", {"a": b"a"}, megabytes=4)
    slots = [Slot("7", volume) for _ in range(3)]
    return disks.make_mbr_disk(folder / "d.raw", [Slot("7", volume)], slots)


def table_of(disk: Path, number: int) -> int:
    """Return where the table of a logical partition is: a megabyte before it."""
    return read_disk(disk).volumes[number - 4].place.offset - disks.MEGABYTE


def test_a_chain_that_is_whole_is_followed(logical_disk: Path) -> None:
    found = read_disk(logical_disk).volumes
    assert [one.place.partition for one in found] == [1, 5, 6, 7]


@pytest.mark.parametrize(
    ("offset", "raw", "message"),
    [
        (510, b"\0\0", "has no signature"),
        (446 + 16 + 8, struct.pack("<I", 1 << 30), "beyond the end of the disk"),
        (446 + 16 + 8, struct.pack("<I", 5 * MEGABYTE // 512), "ring"),  # to itself
    ],
)
def test_a_chain_that_breaks_is_damage(
    logical_disk: Path, tmp_path: Path, offset: int, raw: bytes, message: str
) -> None:
    disk = Path(shutil.copy(logical_disk, tmp_path / "d.raw"))
    with disk.open("r+b") as stream:
        stream.seek(table_of(logical_disk, 6) + offset)
        stream.write(raw)
    with pytest.raises(ts.VolumeError, match=f"extended partition .* damaged: .*{message}") as told:
        read_disk(disk)
    assert told.value.where == str(disk)
    assert told.value.hresult == 0x80070571


def test_links_and_entries_that_lead_nowhere_are_passed_over(
    logical_disk: Path, tmp_path: Path
) -> None:
    disk = Path(shutil.copy(logical_disk, tmp_path / "d.raw"))
    nowhere = struct.pack("<4xB3xII", 0x5, 0, 16)
    write(disk, table_of(logical_disk, 7) + 446 + 16, nowhere)
    write(disk, 446 + 32, struct.pack("<4xB3xII", 0x5, 1 << 30, 0))
    assert [one.place.partition for one in read_disk(disk).volumes] == [1, 5, 6, 7]


def test_an_extended_partition_may_be_new(volume: Path, tmp_path: Path) -> None:
    disk = disks.make_mbr_disk(tmp_path / "d.raw", [Slot("7", volume), Slot("f")], [])
    write(disk, MEGABYTE + volume.stat().st_size, bytes(512))
    assert_captured(disk, tmp_path / "out.wim", "MBR")


def test_slices_of_bsd_inside_a_partition_are_none_of_the_disk(
    volume: Path, tmp_path: Path
) -> None:
    disk = disks.make_mbr_disk(tmp_path / "d.raw", [Slot("7", volume), Slot("a5", megabytes=4)], [])
    start = MEGABYTE + volume.stat().st_size
    label = bytearray(512)
    for at in (0, 132):
        struct.pack_into("<I", label, at, 0x82564557)
    struct.pack_into("<H", label, 138, 2)
    for number in range(2):
        struct.pack_into(
            "<IIIBB", label, 148 + 16 * number, 2048, start // 512 + 4096 * number, 0, 7, 0
        )
    checksum = 0
    for (word,) in struct.iter_unpack("<H", label[:180]):
        checksum ^= word
    struct.pack_into("<H", label, 136, checksum)
    write(disk, start + 512, bytes(label))
    assert 'SCHEME="freebsd"' in run("partx", "--pairs", "--output", "SCHEME", disk)
    assert [one.place.partition for one in read_disk(disk).volumes] == [1, 2]


def test_a_disk_of_a_mac_is_refused(tmp_path: Path) -> None:
    need_tools()
    disks.need_disk_tools()
    disk = tmp_path / "d.raw"
    disk.write_bytes(bytes(8 * MEGABYTE))
    write(disk, 0, struct.pack(">2sHI", b"ER", 512, 16384))
    parts = [(1, 63, b"map", b"Apple_partition_map"), (64, 8192, b"disk", b"Apple_HFS")]
    for number, (start, sectors, name, kind) in enumerate(parts, start=1):
        entry = struct.pack(">2sHIII32s32s", b"PM", 0, 2, start, sectors, name, kind)
        write(disk, 512 * number, entry)
    with pytest.raises(ts.VolumeError, match=r"another kind \(mac\)") as told:
        read_disk(disk)
    assert told.value.where == str(disk)
    assert "Copy the volume out" in (told.value.hint or "")
    assert told.value.hresult == 0x80070032


def test_an_old_copy_of_a_gpt_behind_a_volume_counts_for_nothing(
    disk_512: Path, tmp_path: Path
) -> None:
    """As a stick has it that was formatted whole."""
    disk = disks.make_fat32(tmp_path / "d.raw")
    last = disk_512.read_bytes()[-512:]
    write(disk, -512, last)
    found = read_disk(disk)
    assert (found.style, [one.place.file_system for one in found.volumes]) == ("", ["FAT32"])
    disk = make_volume(tmp_path / "n.raw", megabytes=8)
    with disk.open("ab") as stream:
        stream.write(bytes(MEGABYTE - 512) + last)
    found = read_disk(disk)
    assert (found.style, [one.place.file_system for one in found.volumes]) == ("", ["NTFS"])


def as_checkpoint(disk: Path, form: str) -> None:
    """Say in a disk's own head that it has a parent."""
    raw = bytearray(disk.read_bytes())
    if form == "vpc":
        for at in (0, len(raw) - 512):
            footer = raw[at : at + 512]
            footer[60:68] = struct.pack(">II", 4, 0)
            footer[64:68] = struct.pack(">I", ~sum(footer) & 0xFFFFFFFF)
            raw[at : at + 512] = footer
    else:
        name = bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b")
        item = raw.index(name)
        table = item // 65536 * 65536
        raw[table + struct.unpack_from("<I", raw, item + 16)[0] + 4] |= 2
    disk.write_bytes(raw)


@pytest.mark.parametrize("form", ["vpc", "vhdx"])
def test_a_checkpoint_of_hyper_v_is_refused(disk_512: Path, tmp_path: Path, form: str) -> None:
    disk = tmp_path / {"vpc": "d.avhd", "vhdx": "d.avhdx"}[form]
    shutil.move(disks.converted(disk_512, form), disk)
    assert_captured(disk, tmp_path / "out.wim")
    as_checkpoint(disk, form)
    with pytest.raises(ts.VolumeError, match="this disk is a checkpoint") as told:
        ts.capture_disks(plan_to(tmp_path / "out.wim"), disk, options=QUICK)
    assert told.value.where == str(disk)
    assert "Merge-VHD" in (told.value.hint or "")
    assert told.value.hresult == 0x80070032
    assert names_in(tmp_path) == {disk.name}
