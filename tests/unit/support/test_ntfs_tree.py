"""The reference volume holds what it promises, and no planted difference goes unseen."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.ntfs_tree import Entry, Security, differences, mounted, snapshot
from tests.support.reference_volume import MissingProgramError, build

pytestmark = pytest.mark.wimlib

READONLY, HIDDEN, SYSTEM, ARCHIVE = 0x1, 0x2, 0x4, 0x20
SPARSE, COMPRESSED = 0x200, 0x800
TINY = "ProgramData/tiny.dat"
AUDITED = "Users/reference/audited.txt"
DOWNLOAD = "Users/reference/Downloads/setup-0.exe"
LINKED = "Windows/System32/shell32.dll"

Tree = dict[str, Entry]


@pytest.fixture(scope="module")
def tree(reference_volume: Path) -> Tree:
    return snapshot(reference_volume)


@pytest.fixture
def copy(reference_volume: Path, tmp_path: Path) -> Path:
    image = tmp_path / "copy.ntfs"
    # cp keeps the holes of the image; shutil would write them out.
    subprocess.run(["cp", "--sparse=always", reference_volume, image], check=True)
    return image


def test_volume_has_the_size_asked_for(tree: Tree) -> None:
    files = [entry for entry in tree.values() if entry.kind == "file"]
    once = {entry.names: entry.size for entry in files if not entry.attributes & SPARSE}
    assert len(files) >= 400
    assert sum(once.values()) >= 24 << 20


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Windows/System32", "folder"),
        ("Windows/WinSxS", "folder"),
        ("Program Files", "folder"),
        ("ProgramData/empty folder", "folder"),
        ("Users/reference/desktop.ini", "file"),
        ("Documents and Settings", "reparse point"),
        ("Users/All Users", "reparse point"),
        ("ProgramData/latest.dat", "reparse point"),
    ],
)
def test_tree_is_shaped_like_windows(tree: Tree, path: str, kind: str) -> None:
    assert tree[path].kind == kind


def test_files_are_empty_tiny_and_large(tree: Tree) -> None:
    sizes = {entry.size for entry in tree.values() if entry.kind == "file"}
    assert {0, 1} <= sizes
    assert max(sizes) >= 5 << 20


@pytest.mark.parametrize(
    ("path", "attributes"),
    [
        ("ProgramData/journal.sparse", ARCHIVE | SPARSE),
        ("Windows/Logs/setup0.log", ARCHIVE | COMPRESSED),
        ("Users/reference/desktop.ini", HIDDEN | SYSTEM | ARCHIVE),
        ("Users/reference/read only.txt", READONLY),
    ],
)
def test_attributes_are_set(tree: Tree, path: str, attributes: int) -> None:
    assert tree[path].attributes == attributes


def test_folder_is_compressed(tree: Tree) -> None:
    assert tree["Windows/Logs"].attributes & COMPRESSED


def test_sparse_file_takes_less_room_than_it_shows(reference_volume: Path) -> None:
    with mounted(reference_volume) as root:
        status = (root / "ProgramData/journal.sparse").stat()
    assert status.st_blocks * 512 < status.st_size // 4


def test_security_descriptors_differ_in_every_part(tree: Tree) -> None:
    found = [entry.security for entry in tree.values()]
    assert len({security.owner for security in found}) >= 4
    assert "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464" in {
        security.owner for security in found
    }
    assert max(len(security.dacl or ()) for security in found) >= 5
    assert tree[AUDITED].security.sacl is not None
    assert tree["Users/reference/nobody may.txt"].security.dacl == ()
    inherited = {ace[2:4] for ace in tree[TINY].security.dacl or ()}
    assert inherited == {"10"}  # INHERITED_ACE alone, [MS-DTYP] 2.4.4.1


def test_files_and_a_folder_have_streams(tree: Tree) -> None:
    assert set(tree[DOWNLOAD].streams) == {"Zone.Identifier"}
    assert set(tree["Users/reference/Documents/streams.txt"].streams) == {"großer Strom", "empty"}
    assert set(tree["Windows/System32/config"].streams) == {"note"}


def test_hard_links_lie_in_several_folders(tree: Tree) -> None:
    names = tree[LINKED].names
    assert len({os.path.dirname(name) for name in names}) == len(names) == 4  # noqa: PTH120
    assert sum(len(entry.names) == 2 for entry in tree.values()) > 50


def test_reparse_points_are_those_of_windows(tree: Tree) -> None:
    targets = {}
    for path, entry in tree.items():
        if entry.reparse is not None:
            tag, data = entry.reparse
            targets[path] = (tag, bytes.fromhex(data).decode("utf-16-le", errors="replace"))
    assert {path: tag for path, (tag, _) in targets.items()} == {
        "Documents and Settings": 0xA0000003,
        "Users/All Users": 0xA000000C,
        "ProgramData/latest.dat": 0xA000000C,
    }
    assert "\\??\\C:\\Users" in targets["Documents and Settings"][1]


def test_names_cover_other_scripts_and_lengths(tree: Tree) -> None:
    names = [path.rpartition("/")[2] for path in tree]
    assert {"Übergrößenträger.txt", "文書と設定.txt", "Документы.txt", "report 📄🖋.txt"} <= set(
        names
    )
    assert max(map(len, names)) == 255
    assert max(map(len, tree)) > 300


def test_short_names_belong_to_files_and_folders(tree: Tree) -> None:
    assert tree["Program Files"].short_name == "PROGRA~1"
    assert tree["Users/reference/Documents/文書と設定.txt"].short_name == "5E4A~1.TXT"


def test_times_are_distinct(tree: Tree) -> None:
    for entry in tree.values():
        assert entry.created < entry.modified < entry.accessed
    assert len({entry.created for entry in tree.values()}) == len(
        {entry.names for entry in tree.values()}
    )


def test_same_seed_gives_the_same_tree(tree: Tree, tmp_path: Path) -> None:
    again, other = tmp_path / "again.ntfs", tmp_path / "other.ntfs"
    build(again, megabytes=24, files=400)
    build(other, megabytes=24, files=400, seed=2)
    assert differences(tree, snapshot(again)) == []
    assert differences(tree, snapshot(other)) != []
    assert {path.name for path in tmp_path.iterdir()} == {"again.ntfs", "other.ntfs"}


def test_missing_program_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str, path: str) -> None:
        return None

    monkeypatch.setattr(shutil, "which", nothing)
    with pytest.raises(MissingProgramError, match=r"mkntfs is not installed.*ntfs-3g"):
        build(tmp_path / "volume.ntfs")
    assert list(tmp_path.iterdir()) == []


def _change_byte(root: Path) -> None:
    (root / TINY).write_bytes(b"y")


def _add_file(root: Path) -> None:
    (root / "new.txt").write_bytes(b"")


def _remove_file(root: Path) -> None:
    (root / "ProgramData/empty.dat").unlink()


def _change_stream(root: Path) -> None:
    Path(f"{root / DOWNLOAD}:Zone.Identifier").write_bytes(b"[ZoneTransfer]")


def _add_stream(root: Path) -> None:
    Path(f"{root / TINY}:more").write_bytes(b"x")


def _change_permissions(root: Path) -> None:
    descriptor = bytearray(os.getxattr(root / TINY, "system.ntfs_acl"))
    (dacl,) = struct.unpack_from("<I", descriptor, 16)
    descriptor[dacl + 12] ^= 0x02  # one right in the first entry's mask
    os.setxattr(root / TINY, "system.ntfs_acl", bytes(descriptor))


def _change_attributes(root: Path) -> None:
    os.setxattr(root / TINY, "system.ntfs_attrib_be", HIDDEN.to_bytes(4, "big"))


def _change_time(index: int) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        times = list(struct.unpack_from("<3Q", os.getxattr(root / TINY, "system.ntfs_times")))
        times[index] += 1
        os.setxattr(root / TINY, "system.ntfs_times", struct.pack("<3Q", *times))

    return change


def _drop_link(root: Path) -> None:
    (root / LINKED).unlink()


def _break_link(root: Path) -> None:
    data = (root / LINKED).read_bytes()
    (root / LINKED).unlink()
    (root / LINKED).write_bytes(data)


def _change_reparse_point(root: Path) -> None:
    path = root / "Documents and Settings"
    data = bytearray(os.getxattr(path, "system.ntfs_reparse_data", follow_symlinks=False))
    data[-4:-2] = "S".encode("utf-16-le")
    os.setxattr(path, "system.ntfs_reparse_data", bytes(data), follow_symlinks=False)


def _change_short_name(root: Path) -> None:
    os.setxattr(root / "Program Files", "system.ntfs_dos_name", b"PROGRA~7")


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (_change_byte, f"{TINY}: sha1 "),
        (_add_file, "new.txt: only on the second volume"),
        (_remove_file, "ProgramData/empty.dat: only on the first volume"),
        (_change_stream, f"{DOWNLOAD}: streams "),
        (_add_stream, f"{TINY}: streams "),
        (_change_permissions, f"{TINY}: security "),
        (_change_attributes, f"{TINY}: attributes "),
        (_change_time(0), f"{TINY}: created "),
        (_change_time(1), f"{TINY}: modified "),
        (_change_time(2), f"{TINY}: accessed "),
        (_drop_link, f"{LINKED}: only on the first volume"),
        (_break_link, f"{LINKED}: names "),
        (_change_reparse_point, "Documents and Settings: reparse "),
        (_change_short_name, "Program Files: short_name "),
    ],
)
def test_planted_difference_is_found(
    tree: Tree, copy: Path, plant: Callable[[Path], None], expected: str
) -> None:
    with mounted(copy, writable=True) as root:
        plant(root)
    found = differences(tree, snapshot(copy))
    assert [line for line in found if line.startswith(expected)]
    assert differences(snapshot(copy), snapshot(copy)) == []


def _write_and_fail(image: Path, roots: list[Path]) -> None:
    with mounted(image, writable=True) as root:
        roots.append(root)
        (root / "new.txt").write_bytes(b"x")
        raise ZeroDivisionError


def test_mount_ends_with_an_exception_and_leaves_the_volume_clean(copy: Path) -> None:
    roots: list[Path] = []
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(copy, roots)
    assert not roots[0].exists()
    assert "new.txt" in snapshot(copy)


def test_what_is_not_ntfs_is_not_mounted(copy: Path) -> None:
    with copy.open("r+b") as stream:
        stream.write(bytes(512))
    with pytest.raises(RuntimeError, match="did not mount"), mounted(copy):
        pass


def test_place_of_the_parts_of_a_descriptor_does_not_matter() -> None:
    owner = bytes.fromhex("010100000000000512000000")
    group = bytes.fromhex("01020000000000052000000020020000")
    dacl = bytes.fromhex("0200080000000000")
    one = struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 32, 0, 48) + owner + group + dacl
    other = struct.pack("<BBHIIII", 1, 0, 0x8004, 28, 40, 0, 20) + dacl + owner + group + b"slack"
    assert Security.parse(one) == Security.parse(other)
    assert Security.parse(one).owner == "S-1-5-18"


def test_wim_brings_back_the_same_volume(
    tree: Tree, reference_volume: Path, tmp_path: Path
) -> None:
    wim, fresh = tmp_path / "reference.wim", tmp_path / "fresh.ntfs"
    with fresh.open("wb") as stream:
        stream.truncate(reference_volume.stat().st_size)
    commands: list[list[str | Path]] = [
        ["wimlib-imagex", "capture", reference_volume, wim, "--compress=none"],
        ["mkntfs", "--fast", "--force", "--quiet", fresh],
        ["wimlib-imagex", "apply", wim, "1", fresh],
    ]
    for command in commands:
        subprocess.run(command, check=True, capture_output=True)
    # wimlib-imagex leaves out what Microsoft's own list of exclusions names.
    assert differences(tree, snapshot(fresh)) == ["pagefile.sys: only on the first volume"]
