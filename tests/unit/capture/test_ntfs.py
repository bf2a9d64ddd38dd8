"""The NTFS reader against volumes that ntfs-3g made."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from tasksequence.capture.sources import ntfs_format as form
from tasksequence.capture.sources.ntfs import check_volume, inspect, tree_below
from tasksequence.errors import VolumeError
from tests.support.volumes import (
    make_volume,
    mark_dirty,
    mark_encrypted,
    mounted,
    need_tools,
    patch_attribute,
    patch_record,
    record_of,
    set_extended_attribute,
    time_out,
)

pytestmark = pytest.mark.wimlib


def test_a_sound_volume_passes_and_shows_its_label(small_volume: Path) -> None:
    check_volume(str(small_volume))
    found = inspect(str(small_volume))
    assert found.label == "Windows"
    assert found.marks == ()
    assert not found.encrypted
    assert not found.extended_attributes
    assert found.records > 16


def test_a_unicode_label_is_read(tmp_path: Path) -> None:
    need_tools()
    path = make_volume(tmp_path / "v.img", label="Größe 10 €")
    assert inspect(str(path)).label == "Größe 10 €"


def test_the_dirty_flag_is_read(volume: Path) -> None:
    mark_dirty(volume)
    assert inspect(str(volume)).marks


def test_encrypted_files_are_found_under_all_their_names(volume: Path) -> None:
    with mounted(volume) as root:
        (root / "Ünï cödé").mkdir()
        (root / "Ünï cödé" / "secret file.txt").write_bytes(b"x" * 3000)
        os.link(root / "Ünï cödé" / "secret file.txt", root / "other name.txt")
    mark_encrypted(volume, "other name.txt")
    found = inspect(str(volume)).encrypted
    assert set(found) == {"/Ünï cödé/secret file.txt", "/other name.txt"}
    assert len(set(found.values())) == 1


def test_extended_attributes_are_found_once_for_each_file(volume: Path) -> None:
    with mounted(volume) as root:
        (root / "folder").mkdir()
        for name in ("folder/with.bin", "plain.bin"):
            (root / name).write_bytes(b"x")
        set_extended_attribute(root / "folder" / "with.bin")
        os.link(root / "folder" / "with.bin", root / "second name.bin")
        # The bytes of an $EA header as content are no attribute.
        (root / "looks like.bin").write_bytes(b"\xe0\0\0\0" * 20)
    found = inspect(str(volume)).extended_attributes
    assert len(found) == 1
    assert found[0] in {"/folder/with.bin", "/second name.bin"}


def test_an_attribute_list_is_followed(volume: Path) -> None:
    """Forty long hard links do not fit into one record, so names move to extension records."""
    names = {f"{number:02} {'long name ' * 10}.bin" for number in range(40)}
    with mounted(volume) as root:
        first = root / "first.bin"
        first.write_bytes(b"x")
        for name in names:
            os.link(first, root / name)
        set_extended_attribute(first)
    mark_encrypted(volume, "first.bin")
    found = inspect(str(volume))
    assert set(found.encrypted) == {"/first.bin", *(f"/{name}" for name in names)}
    assert len(found.extended_attributes) == 1


@pytest.mark.parametrize("cluster", [512, 4096, 65536])
def test_all_cluster_sizes_are_read(tmp_path: Path, cluster: int) -> None:
    need_tools()
    path = make_volume(tmp_path / "v.img", {"d/e.txt": b"x"}, cluster=cluster, megabytes=16)
    mark_encrypted(path, "d/e.txt")
    assert list(inspect(str(path)).encrypted) == ["/d/e.txt"]


@pytest.fixture(scope="module")
def fragmented_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A nearly full volume with free clusters here and there: its MFT grew in pieces.

    The file with the last record has an $EA.
    """
    need_tools()
    path = make_volume(tmp_path_factory.mktemp("v") / "v.img", megabytes=12, cluster=512)
    with mounted(path) as root:
        fill_in_pieces(root)
        for number in range(2400):
            (root / f"small {number}").touch()
        set_extended_attribute(root / "small 2399")
    return path


def first_record(path: Path) -> tuple[int, bytes]:
    """Return where the MFT begins, and its record 0."""
    with path.open("rb") as file:
        boot = file.read(512)
        start = struct.unpack_from("<Q", boot, 0x30)[0] * 512
        file.seek(start)
        record = form.fixed_up(file.read(1024), b"FILE")
    assert record is not None
    return start, record


def test_a_fragmented_master_file_table_is_read_to_its_end(fragmented_volume: Path) -> None:
    _, record = first_record(fragmented_volume)
    table = next(one for one in form.attributes_of(record) if one.type == form.DATA)
    assert len(table.runs) > 50, "the volume was to have a fragmented MFT"
    assert inspect(str(fragmented_volume)).extended_attributes == ["/small 2399"]


def test_a_master_file_table_with_an_attribute_list_is_read_to_its_end(
    fragmented_volume: Path, tmp_path: Path
) -> None:
    """Two thirds of the runs are moved to record 15, as Windows does when record 0 is full.

    ntfs-3g stops growing the MFT before that, so the records are put together here.
    """
    path = tmp_path / "v.img"
    path.write_bytes(fragmented_volume.read_bytes())
    _, record = first_record(path)
    table = next(one for one in form.attributes_of(record) if one.type == form.DATA)
    kept_runs = len(table.runs) // 3
    first_moved = sum(count for _, count in table.runs[:kept_runs])
    clusters = sum(count for _, count in table.runs)

    def data(first: int, runs: tuple[tuple[int | None, int], ...], size: int) -> bytes:
        pairs = mapping_pairs(runs)
        pairs += bytes(-len(pairs) % 8)
        last = first + sum(count for _, count in runs) - 1
        header = struct.pack("<IIBBHHH", form.DATA, 64 + len(pairs), 1, 0, 0, 0, 0)
        extent = struct.pack("<QQHHI", first, last, 64, 0, 0)
        return header + extent + struct.pack("<QQQ", clusters * 512, size, size) + pairs

    entries = b"".join(
        struct.pack("<IHBBQQHHI", type_, 32, 0, 26, first, number | 1 << 48, 0, 0, 0)
        for type_, first, number in (
            (form.STANDARD_INFORMATION, 0, 0),
            (form.FILE_NAME, 0, 0),
            (form.DATA, 0, 0),
            (form.DATA, first_moved, 15),
        )
    )
    list_header = struct.pack(
        "<IIBBHHHIHH", form.ATTRIBUTE_LIST, 24 + len(entries), 0, 0, 0, 0, 0, len(entries), 24, 0
    )

    def shorten(raw: bytearray) -> None:
        at = struct.unpack_from("<H", raw, 0x14)[0]
        kept = []
        while (type_ := struct.unpack_from("<I", raw, at)[0]) != 0xFFFFFFFF:
            length = struct.unpack_from("<I", raw, at + 4)[0]
            if type_ == form.DATA:
                kept.append(data(0, table.runs[:kept_runs], table.size))
            else:
                kept.append(bytes(raw[at : at + length]))
            if type_ == form.STANDARD_INFORMATION:
                kept.append(list_header + entries)
            at += length
        put_attributes(raw, kept)

    def extend(raw: bytearray) -> None:
        raw[0x16] = 1
        struct.pack_into("<Q", raw, 0x20, 1 << 48)
        put_attributes(raw, [data(first_moved, table.runs[kept_runs:], 0)])

    patch_record(path, 0, shorten)
    patch_record(path, 15, extend)
    assert inspect(str(path)).extended_attributes == ["/small 2399"]


def put_attributes(raw: bytearray, attributes: list[bytes]) -> None:
    """Replace all attributes of a record."""
    at = struct.unpack_from("<H", raw, 0x14)[0]
    body = b"".join(attributes) + b"\xff" * 8
    raw[at : at + len(body)] = body
    assert len(raw) == 1024, "the attributes do not fit"


def mapping_pairs(runs: tuple[tuple[int | None, int], ...]) -> bytes:
    """Encode runs with lengths of two and offsets of three bytes, zero-terminated."""
    raw = b""
    before = 0
    for cluster, count in runs:
        assert cluster is not None
        raw += b"\x32" + struct.pack("<H", count)
        raw += (cluster - before).to_bytes(3, "little", signed=True)
        before = cluster
    return raw + b"\0"


def fill_in_pieces(root: Path) -> None:
    """Fill a volume with small files, then delete every other one."""
    number = 0
    try:
        while True:
            (root / f"fill {number}").write_bytes(bytes(1024))
            number += 1
    except OSError:
        pass
    for even in range(0, number, 2):
        (root / f"fill {even}").unlink()


def test_a_damaged_record_is_passed_over(volume: Path) -> None:
    with mounted(volume) as root:
        for name in ("damaged.bin", "sound.bin"):
            (root / name).write_bytes(b"x")
            set_extended_attribute(root / name)
    number = record_of(volume, "damaged.bin")

    def damage(record: bytearray) -> None:
        struct.pack_into("<H", record, 0x14, 0xFFF0)

    patch_record(volume, number, damage)
    assert inspect(str(volume)).extended_attributes == ["/sound.bin"]


def test_names_below_a_folder_are_listed_through_index_blocks(volume: Path) -> None:
    with mounted(volume) as root:
        folder = root / "top"
        (folder / "sub").mkdir(parents=True)
        for number in range(200):
            (folder / f"file number {number}").touch()
        (folder / "sub" / "deep").touch()
    number = record_of(volume, "top")
    expected = {"/top/sub", "/top/sub/deep", *(f"/top/file number {n}" for n in range(200))}
    listed = list(tree_below(str(volume), "/top", number))
    assert set(listed) == expected
    assert len(listed) == len(expected)


@pytest.mark.parametrize("content", [b"hibr" + bytes(8188), b"HIBR" + bytes(8188), b"short"])
def test_a_hibernated_volume_is_refused(volume: Path, content: bytes) -> None:
    with mounted(volume) as root:
        (root / "hiberfil.sys").write_bytes(content)
    with pytest.raises(VolumeError, match="hibernated") as caught:
        inspect(str(volume))
    assert "shutdown /s /f" in (caught.value.hint or "")


@pytest.mark.parametrize("content", [bytes(8192), b"wake" + bytes(8188), b"WAKE" + bytes(8188)])
def test_a_hibernation_file_that_is_not_in_use_is_no_obstacle(volume: Path, content: bytes) -> None:
    with mounted(volume) as root:
        (root / "HiberFil.sys").write_bytes(content)
    inspect(str(volume))


def test_a_hibernation_file_elsewhere_is_just_a_file(volume: Path) -> None:
    with mounted(volume) as root:
        (root / "backup").mkdir()
        (root / "backup" / "hiberfil.sys").write_bytes(b"hibr" + bytes(8188))
    inspect(str(volume))


def test_a_missing_volume_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VolumeError, match="no such volume"):
        check_volume(str(tmp_path / "missing.img"))


def test_a_folder_is_no_volume(tmp_path: Path) -> None:
    with pytest.raises(VolumeError, match="folder"):
        check_volume(str(tmp_path))


def test_a_character_device_is_no_volume() -> None:
    with pytest.raises(VolumeError, match="neither a file nor a block device"):
        check_volume("/dev/null")


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for look in (check_volume, inspect):
        with time_out(10), pytest.raises(VolumeError, match="neither a file nor a block device"):
            look(str(path))


@pytest.mark.parametrize("name", ["a\0b.img", "\ud800.img"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(VolumeError, match="no file can have"):
        check_volume(name)


@pytest.mark.parametrize("content", [b"", b"some text", b"NTFS    " * 100])
def test_other_files_are_no_volumes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(VolumeError, match="not an NTFS volume"):
        check_volume(str(path))


def test_a_truncated_volume_is_refused_with_both_sizes(volume: Path) -> None:
    with volume.open("r+b") as file:
        file.truncate(5_000_000)
    with pytest.raises(VolumeError, match=r"cut off.*5,000,000"):
        check_volume(str(volume))


def test_a_damaged_boot_sector_is_refused(volume: Path) -> None:
    with volume.open("r+b") as file:
        file.seek(0x0B)
        file.write(b"\0\0\0")
    with pytest.raises(VolumeError, match="boot sector"):
        check_volume(str(volume))


def test_a_lost_master_file_table_is_refused(volume: Path) -> None:
    with volume.open("r+b") as file:
        boot = file.read(512)
        file.seek(struct.unpack_from("<Q", boot, 0x30)[0] * 4096)
        file.write(bytes(1024))
    with pytest.raises(VolumeError, match="master file table"):
        inspect(str(volume))


SIZES = struct.Struct("<QQQ")
"""Allocated, real and initialized size in the header of a non-resident attribute, at 40."""


def run_of(length: int, cluster: int | None) -> bytes:
    """Encode one run with as large numbers as the format takes; zero-terminated."""
    offset = b"" if cluster is None else cluster.to_bytes(7, "little", signed=True)
    return bytes([len(offset) << 4 | 7]) + length.to_bytes(7, "little") + offset + b"\0"


@pytest.mark.parametrize("size", [1 << 60, (1 << 64) - 1, 70 * 1024 + 5, 5, 0])
def test_a_wrong_size_of_the_master_file_table_is_survived(volume: Path, size: int) -> None:
    def damage(attribute: memoryview) -> None:
        SIZES.pack_into(attribute, 40, size, size, size)

    patch_attribute(volume, 0, form.DATA, damage)
    with time_out(20):
        found = inspect(str(volume))
    assert found.records <= inspect(str(volume)).records < 100


@pytest.mark.parametrize(
    "run",
    [(1 << 50, 4), (1 << 55, 4), (1 << 50, None), (1 << 50, 1 << 54), (1 << 50, -5)],
    ids=["far too long", "longest", "a hole", "beyond the volume", "before the volume"],
)
@pytest.mark.parametrize("size", [1 << 60, 1 << 62])
def test_wrong_runs_of_the_master_file_table_are_survived(
    volume: Path, run: tuple[int, int | None], size: int
) -> None:
    def damage(attribute: memoryview) -> None:
        SIZES.pack_into(attribute, 40, size, size, size)
        at = struct.unpack_from("<H", attribute, 32)[0]
        # What follows in the record is cut off: $BITMAP of the MFT, which nobody reads here.
        pairs = run_of(*run)[: len(attribute) - at]
        attribute[at : at + len(pairs)] = pairs

    patch_attribute(volume, 0, form.DATA, damage)
    with time_out(20):
        assert inspect(str(volume)).records < 10_000


@pytest.mark.parametrize("run", [(1 << 50, 4), (1 << 50, None), (1 << 50, 1 << 54)])
def test_a_wrong_size_of_the_root_folder_is_survived(
    volume: Path, run: tuple[int, int | None]
) -> None:
    with mounted(volume) as root:
        for number in range(200):
            (root / f"file number {number}").touch()

    def damage(attribute: memoryview) -> None:
        SIZES.pack_into(attribute, 40, 1 << 62, 1 << 62, 1 << 62)
        at = struct.unpack_from("<H", attribute, 32)[0]
        pairs = run_of(*run)[: len(attribute) - at]
        attribute[at : at + len(pairs)] = pairs

    patch_attribute(volume, 5, form.INDEX_ALLOCATION, damage)
    with time_out(20):
        assert inspect(str(volume)).records > 200


def test_a_master_file_table_beyond_the_volume_is_refused(volume: Path) -> None:
    with volume.open("r+b") as file:
        file.seek(0x30)
        file.write(struct.pack("<Q", 1 << 60))
    with pytest.raises(VolumeError, match="master file table"):
        inspect(str(volume))


def test_random_damage_never_ends_in_anything_but_a_volume_error(volume: Path) -> None:
    """Bytes of the MFT overwritten at fixed places, far more of them than a bad disk would."""
    sound = bytearray(volume.read_bytes())
    start = struct.unpack_from("<Q", sound, 0x30)[0] * 4096
    for seed in range(60):
        damaged = bytearray(sound)
        for step in range(40):
            at = start + (seed * 7919 + step * 104729) % (70 * 1024)
            damaged[at] ^= 1 + (seed + step) % 255
        volume.write_bytes(damaged)
        try:
            found = inspect(str(volume))
        except VolumeError:
            continue
        assert found.records >= 0
