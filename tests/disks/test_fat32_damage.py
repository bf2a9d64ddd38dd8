"""FAT32 volumes that are damaged: told, in bounded time, and never captured as something else."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tasksequence as ts
from tasksequence.capture.exclusions import Exclusions
from tasksequence.capture.sources import _fat_format as form
from tasksequence.capture.sources.excluded import excluded_from
from tasksequence.capture.sources.fat32 import FatVolume
from tests.support import disks
from tests.support.disks import QUICK, plan_to
from tests.support.volumes import run, time_out

pytestmark = pytest.mark.wimlib


class Patch:
    """A FAT32 volume of sectors as clusters, to be damaged in place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.raw = bytearray(path.read_bytes())
        geometry = form.Geometry.from_boot_sector(bytes(self.raw[:512]))
        assert geometry is not None
        self.geometry = geometry

    def link(self, cluster: int, to: int) -> None:
        for copy in range(self.geometry.fats):
            at = self.geometry.fat_start + copy * self.geometry.fat_size + 4 * cluster
            struct.pack_into("<I", self.raw, at, to)

    def next(self, cluster: int) -> int:
        return int(struct.unpack_from("<I", self.raw, self.geometry.fat_start + 4 * cluster)[0])

    def at(self, cluster: int) -> int:
        return self.geometry.data_start + (cluster - 2) * self.geometry.cluster

    def replace(self, old: bytes, new: bytes) -> None:
        assert self.raw.count(old) == 1
        assert len(old) == len(new)
        at = self.raw.index(old)
        self.raw[at : at + len(old)] = new

    def save(self) -> None:
        self.path.write_bytes(self.raw)


@pytest.fixture(scope="module")
def efi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    disks.need_disk_tools()
    return disks.make_fat32(tmp_path_factory.mktemp("efi") / "efi.fat")


@pytest.fixture
def patch(efi: Path, tmp_path: Path) -> Patch:
    return Patch(Path(shutil.copy(efi, tmp_path / "copy.fat")))


def first(patch: Patch, path: str) -> int:
    with FatVolume(str(patch.path)) as volume:
        return dict(volume.walk())[path].first_cluster


PROGRAM = "/EFI/Microsoft/Boot/bootmgfw.efi"


def ring_in_a_file(patch: Patch) -> None:
    program = first(patch, PROGRAM)
    patch.link(program + 3, program)


def ring_in_the_root(patch: Patch) -> None:
    patch.link(patch.geometry.root, patch.geometry.root)


def ring_in_a_folder(patch: Patch) -> None:
    folder = first(patch, "/EFI/Microsoft")
    patch.link(folder, folder)


def two_files_with_one_cluster(patch: Patch) -> None:
    patch.link(first(patch, "/EFI/Boot/bootx64.efi") + 2, first(patch, PROGRAM))


def a_file_that_ends_early(patch: Patch) -> None:
    patch.link(first(patch, PROGRAM) + 4, form.END_OF_CHAIN)


def a_folder_that_holds_its_parent(patch: Patch) -> None:
    at = patch.raw.index(b"BOOTX64 EFI")
    patch.raw[at + 11] = 0x10
    struct.pack_into("<H", patch.raw, at + 26, first(patch, "/EFI"))


def a_slash_in_a_long_name(patch: Patch) -> None:
    patch.replace("A long".encode("utf-16-le")[:10], "A/lon".encode("utf-16-le"))


def a_control_character_in_a_short_name(patch: Patch) -> None:
    patch.replace(b"UPPER   TXT", b"UP\x07ER   TXT")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (ring_in_a_file, "bootmgfw.efi is used twice: its chain runs in a ring"),
        (ring_in_the_root, "ring"),
        (ring_in_a_folder, "ring"),
        (two_files_with_one_cluster, "another file or folder has it too"),
        (a_file_that_ends_early, "bootmgfw.efi ends .* bytes too early"),
        (a_folder_that_holds_its_parent, "is used twice"),
        (a_slash_in_a_long_name, "cannot be the name of a file"),
        (a_control_character_in_a_short_name, "cannot be the name of a file"),
    ],
)
def test_damage_is_refused_by_whatever_reads_the_volume(
    patch: Patch, tmp_path: Path, damage: Callable[[Patch], None], message: str
) -> None:
    damage(patch)
    patch.save()
    wim = tmp_path / "out.wim"
    with time_out(60):
        with pytest.raises(ts.VolumeError, match=message) as told:
            ts.capture_volumes(plan_to(wim), patch.path, options=QUICK)
        assert told.value.hresult == 0x80070571
        with pytest.raises(ts.VolumeError, match=message):
            list(excluded_from(ts.VolumeSource(path=patch.path), Exclusions(("/x",), ())))
    assert not wim.exists()


def test_folders_that_branch_into_the_same_clusters_end_at_once(patch: Patch) -> None:
    """22 levels with two entries each to the same next folder: four million paths."""

    def entry(name: str, cluster: int) -> bytes:
        raw = name.ljust(11).encode() + bytes([form.DIRECTORY]) + bytes(20)
        high, low = struct.pack("<H", cluster >> 16), struct.pack("<H", cluster & 0xFFFF)
        return raw[:20] + high + raw[22:26] + low + raw[28:]

    start = patch.geometry.root
    for level in range(23):
        patch.link(start + level, form.END_OF_CHAIN)
        below = start + level + 1
        content = entry("A", below) + entry("B", below) if level < 22 else b""
        at = patch.at(start + level)
        patch.raw[at : at + 512] = content.ljust(512, b"\0")
    patch.save()
    with (
        time_out(20),
        FatVolume(str(patch.path)) as volume,
        pytest.raises(ts.VolumeError, match="is used twice"),
    ):
        list(volume.walk())


def test_a_long_name_with_a_missing_part_leaves_the_short_one(patch: Patch) -> None:
    """As Windows does; the parts of `A long name with blanks.txt` are three."""
    at = patch.raw.index("A lon".encode("utf-16-le")) - 1
    patch.raw[at] = 2
    patch.save()
    with FatVolume(str(patch.path)) as volume:
        found = dict(volume.walk())
    assert found["/ALONGN~1.TXT"].short_name == ""
    assert "/A long name with blanks.txt" not in found


def test_the_active_table_counts_where_they_are_no_mirrors(patch: Patch) -> None:
    """BPB_ExtFlags: the second FAT is right here, and the first is rubbish."""
    second = patch.geometry.fat_start + patch.geometry.fat_size
    patch.raw[patch.geometry.fat_start : second] = b"\xaa" * patch.geometry.fat_size
    struct.pack_into("<H", patch.raw, 40, 0x81)
    patch.save()
    with FatVolume(str(patch.path)) as volume:
        found = dict(volume.walk())
        assert b"".join(volume.read(found[PROGRAM]))[:2] == b"MZ"
    struct.pack_into("<H", patch.raw, 40, 0x85)
    patch.save()
    with pytest.raises(ts.VolumeError, match="boot sector of this FAT32 volume is damaged"):
        FatVolume(str(patch.path))


@pytest.mark.parametrize(
    ("offset", "value", "mark"),
    [
        (0x41, 1, "dirty"),
        (0x41, 2, "test of its surface"),
        ("fat", 0x0FFFFFFF & ~form.CLEAN, "dirty"),
        ("fat", 0x0FFFFFFF & ~form.NO_ERRORS, "test of its surface"),
    ],
)
def test_every_mark_of_a_volume_is_seen(
    patch: Patch, offset: int | str, value: int, mark: str
) -> None:
    with FatVolume(str(patch.path)) as volume:
        assert volume.marks == ()
    if isinstance(offset, int):
        patch.raw[offset] = value
    else:
        patch.link(1, value)
    patch.save()
    with FatVolume(str(patch.path)) as volume:
        (told,) = volume.marks
    assert mark in told


def test_a_volume_that_linux_has_mounted_is_dirty_until_it_is_unmounted(
    efi: Path, tmp_path: Path
) -> None:
    path, point = Path(shutil.copy(efi, tmp_path / "mounted.fat")), tmp_path / "point"
    point.mkdir()
    done = subprocess.run(["mount", "-o", "loop", path, point], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("FAT cannot be mounted here")
    try:
        subprocess.run(["sync"], check=True)
        copy = Path(shutil.copy(path, tmp_path / "taken.fat"))
    finally:
        run("umount", point)
    with FatVolume(str(copy)) as volume:
        assert volume.marks
    with FatVolume(str(path)) as volume:
        assert volume.marks == ()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_damaged_table_never_hangs_or_fails_in_another_way(
    efi: Path, data: st.DataObject
) -> None:
    copy = efi.with_name("shaken.fat")
    shutil.copy(efi, copy)
    patch = Patch(copy)
    used = [n for n in range(2, patch.geometry.clusters + 2) if patch.next(n)]
    for _ in range(data.draw(st.integers(1, 4))):
        target = data.draw(st.sampled_from([*used, 0, 1, 0x0FFFFFF7, 0x0FFFFFFF]))
        patch.link(data.draw(st.sampled_from(used)), target)
    patch.save()
    told: list[str] = []
    with time_out(20):
        try:
            with FatVolume(str(copy)) as volume:
                for _, entry in volume.walk():
                    sum(map(len, volume.read(entry)))
        except ts.VolumeError as error:
            told.append(error.problem)
    assert all("this FAT32 volume is damaged" in problem for problem in told)
