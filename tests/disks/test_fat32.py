"""FAT32 volumes: read against mtools' own view, written and read back, damaged."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tasksequence as ts
from tasksequence import images
from tasksequence.capture.sources import _fat_format as form
from tasksequence.capture.sources.fat32 import FatVolume
from tasksequence.images._fat_writer import FatNode, replace_fat32
from tasksequence.images._names import check_paths, unusable_names
from tasksequence.images.contents import FileStream, ImageFile
from tests.support import disks
from tests.support.patience import PATIENCE
from tests.support.volumes import make_volume, run, tool_path

pytestmark = pytest.mark.wimlib

DAY = 864_000_000_000
Y1980 = 119_600_064_000_000_000


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    disks.need_disk_tools()
    path = tmp_path_factory.mktemp("fat") / "empty.fat"
    with path.open("wb") as stream:
        stream.truncate(34 << 20)
    run("mkfs.fat", "-F", "32", "-s", "1", "-n", "EMPTY", path)
    return path


def test_a_volume_of_mtools_is_read(tmp_path: Path) -> None:
    disks.need_disk_tools()
    path = disks.make_fat32(tmp_path / "efi.fat")
    with FatVolume(str(path)) as volume:
        assert volume.label == "SYSTEM"
        assert volume.marks == ()
        found = dict(volume.walk())
        assert b"".join(volume.read(found["/EFI/Microsoft/Boot/bootmgfw.efi"]))[:2] == b"MZ"
    long = found["/A long name with blanks.txt"]
    assert (long.short_name, long.attributes, long.size) == ("ALONGN~1.TXT", 0x20, 6)
    assert found["/UPPER.TXT"].attributes == 0x22
    assert found["/lower.txt"].attributes == 0x24
    assert found["/EFI/Microsoft/Boot/BCD"].attributes == 0x21
    assert found["/Empty folder"].is_folder
    assert any("東京" in name for name in found)


names = st.text(
    st.characters(exclude_characters='"*/:<>?\\|\x7f', exclude_categories=["Cs", "Cc"]),
    min_size=1, max_size=40,
).filter(lambda name: name.strip(" .") == name)  # fmt: skip
times = st.integers(0, 120 * 365).map(lambda day: Y1980 + DAY * day)


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> list[tuple[str, int, tuple[int, int, int], object]]:
    found = {}
    for name in draw(st.lists(names, max_size=5)):
        if depth and draw(st.booleans()):
            content: object = draw(trees(depth - 1))
        else:
            content = draw(st.binary(max_size=1500))
        attributes = draw(st.sampled_from([0, 1, 2, 4, 7, 0x20, 0x27]))
        key = name.upper().casefold()
        found[key] = (name, attributes, (draw(times), draw(times), draw(times)), content)
    return list(found.values())


def nodes(tree: list[tuple[str, int, tuple[int, int, int], object]], out: int) -> list[FatNode]:
    made = []
    for name, attributes, moments, content in tree:
        if isinstance(content, bytes):
            at = os.lseek(out, 0, os.SEEK_END)
            os.write(out, content)
            source, children = (at, len(content)), None
        else:
            source, children = (0, 0), nodes(content, out)  # type: ignore[arg-type]
        made.append(FatNode(name, "", attributes, moments, source[1], source, children))
    return made


def read_back(volume: FatVolume, folder: object = None) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for entry in volume.entries(folder):  # type: ignore[arg-type]
        content: object = b"".join(volume.read(entry))
        if entry.is_folder:
            content = read_back(volume, entry)
        moments = (entry.created, entry.accessed, entry.modified)
        found[entry.name] = (entry.attributes & 0x27, moments, content)
    return found


def expected(tree: object) -> dict[str, tuple[object, ...]]:
    return {
        name: (attributes, moments, content if isinstance(content, bytes) else expected(content))
        for name, attributes, moments, content in tree  # type: ignore[attr-defined]
    }


@settings(max_examples=25)
@given(tree=trees())
def test_any_tree_is_read_as_it_was_written(
    empty: Path, tree: list[tuple[str, int, tuple[int, int, int], object]]
) -> None:
    path = empty.with_name("written.fat")
    shutil.copy(empty, path)
    descriptor = os.open(empty.parent, os.O_TMPFILE | os.O_RDWR, 0o600)
    try:
        replace_fat32(str(path), nodes(tree, descriptor), descriptor)
    finally:
        os.close(descriptor)
    with FatVolume(str(path)) as volume:
        assert read_back(volume) == expected(tree)
        assert volume.label == "EMPTY"
    # An independent reader finds nothing to mend.
    sound(path)


@given(ticks=st.integers(Y1980, Y1980 + 127 * 365 * DAY))
def test_a_time_survives_to_the_hundredth_of_a_second(ticks: int) -> None:
    date, time, hundredths = form.fat_time(ticks)
    assert form.filetime(date, time, hundredths) == ticks - ticks % 100_000


@given(name=names)
def test_a_long_name_is_cut_into_entries_and_put_together(name: str) -> None:
    short = b"SHORT~1 TXT"
    raw = form.long_name_entries(name, short)
    parts = [form.long_name_part(raw[at : at + 32]) for at in range(0, len(raw), 32)]
    whole = b"".join(reversed(parts)).decode("utf-16-le").partition("\0")[0]
    assert whole == name
    assert {raw[at + 13] for at in range(0, len(raw), 32)} == {form.checksum(short)}


def test_control_files_stay(empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.fat"
    shutil.copy(empty, path)
    folder = tmp_path / "_SMSTaskSequence"
    (folder / "Logs").mkdir(parents=True)
    (folder / "TSEnv.dat").write_bytes(b"state" * 300)
    (tmp_path / "old.txt").write_bytes(b"old")
    for name in (folder, tmp_path / "old.txt"):
        run("mcopy", "-s", "-i", path, name, "::")
    with (tmp_path / "source").open("w+b") as source:
        source.write(b"new content")
        source.flush()
        node = FatNode("new.txt", "", 0x20, (0, 0, 0), 11, (0, 11), None)
        replace_fat32(str(path), [node], source.fileno())
    with FatVolume(str(path)) as volume:
        found = dict(volume.walk())
        assert set(found) == {
            "/_SMSTaskSequence", "/_SMSTaskSequence/Logs", "/_SMSTaskSequence/TSEnv.dat",
            "/new.txt",
        }  # fmt: skip
        state = found["/_SMSTaskSequence/TSEnv.dat"]
        assert b"".join(volume.read(state)) == b"state" * 300
        assert b"".join(volume.read(found["/new.txt"])) == b"new content"


def test_what_does_not_fit_changes_nothing(empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "small.fat"
    shutil.copy(empty, path)
    before = path.read_bytes()
    with (tmp_path / "source").open("w+b") as source:
        large = FatNode("large", "", 0, (0, 0, 0), 40 << 20, (0, 40 << 20), None)
        with pytest.raises(ts.VolumeError, match="the image needs"):
            replace_fat32(str(path), [large], source.fileno())
        huge = FatNode("huge", "", 0, (0, 0, 0), 1 << 32, (0, 1 << 32), None)
        with pytest.raises(ts.VolumeError, match="FAT32 takes at most"):
            replace_fat32(str(path), [huge], source.fileno())
    assert path.read_bytes() == before


def test_damage_is_told_and_never_runs_in_a_ring(tmp_path: Path) -> None:
    disks.need_disk_tools()
    path = disks.make_fat32(tmp_path / "efi.fat")
    with FatVolume(str(path)) as volume:
        geometry = volume.geometry
        program = dict(volume.walk())["/EFI/Microsoft/Boot/bootmgfw.efi"]
    for target, message in ((program.first_cluster, "ring"), (1, "leads to cluster 1")):
        copy = tmp_path / "damaged.fat"
        shutil.copy(path, copy)
        with copy.open("r+b") as stream:
            stream.seek(geometry.fat_start + 4 * (program.first_cluster + 3))
            stream.write(struct.pack("<I", target))
        large = program._replace(size=geometry.clusters * geometry.cluster * 2)
        with FatVolume(str(copy)) as volume, pytest.raises(ts.VolumeError, match="damaged") as told:
            list(volume.read(large))
        assert message in str(told.value)
    with path.open("r+b") as stream:
        stream.truncate(20 << 20)
    with pytest.raises(ts.VolumeError, match="cut off"):
        FatVolume(str(path))


# Short names, as fsck.fat and mtools see them.


def listed(path: Path) -> str:
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MTOOLS_SKIP_CHECK": "1"}
    done = subprocess.run(
        ["mdir", "-/", "-a", "-b", "-i", path, "::"], env=environment, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return done.stdout


def sound(path: Path) -> None:
    tool = tool_path("fsck.fat")
    assert tool is not None
    done = subprocess.run([tool, "-n", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def written(path: Path, *nodes: FatNode) -> None:
    with (path.parent / "source").open("w+b") as source:
        source.truncate(1 << 16)
        replace_fat32(str(path), list(nodes), source.fileno())


def file_node(name: str, short: str = "") -> FatNode:
    return FatNode(name, short, 0x20, (0, 0, 0), 0, (0, 0), None)


def test_no_two_short_names_of_a_folder_are_equal(empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "names.fat"
    shutil.copy(empty, path)
    nodes = [
        file_node("long name of it.txt"), file_node("LONGNA~1.TXT"), file_node("longna~2.txt"),
        file_node("another long name.txt", "ANOTHE~1.TXT"), file_node("ANOTHE~1.TXT"),
    ]  # fmt: skip
    written(path, *nodes)
    sound(path)
    with FatVolume(str(path)) as volume:
        entries = volume.entries()
    assert {entry.name for entry in entries} == {node.name for node in nodes}
    short = [(entry.short_name or entry.name).upper() for entry in entries]
    assert len(set(short)) == len(short)


def test_a_kept_control_file_has_its_short_name_alone(empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.fat"
    shutil.copy(empty, path)
    folder = tmp_path / "_SMSTaskSequence"
    folder.mkdir()
    run("mcopy", "-s", "-i", path, folder, "::")
    written(path, file_node("_SMSTasks.log"), file_node("_smstasks.log 2"))
    sound(path)
    assert "_SMSTasks.log" in listed(path)


@settings(max_examples=25)
@given(
    given_names=st.lists(
        st.from_regex(r"[A-Ca-c]{1,7}(~[1-3])?(\.[a-bA-B]{1,4})?", fullmatch=True),
        max_size=12, unique_by=str.upper,
    )
)  # fmt: skip
def test_names_with_tildes_are_never_in_each_others_way(
    empty: Path, given_names: list[str]
) -> None:
    path = empty.with_name("tildes.fat")
    shutil.copy(empty, path)
    written(path, *map(file_node, given_names))
    sound(path)
    with FatVolume(str(path)) as volume:
        assert sorted(entry.name for entry in volume.entries()) == sorted(given_names)


def test_a_folder_of_too_many_entries_changes_nothing(empty: Path, tmp_path: Path) -> None:
    path = tmp_path / "many.fat"
    shutil.copy(empty, path)
    before = path.read_bytes()
    children = [file_node(f"file with a long name {number:06}.txt") for number in range(17000)]
    folder = FatNode("many", "", 0x10, (0, 0, 0), 0, (0, 0), children)
    with pytest.raises(ts.VolumeError, match="the folder many needs 68,002 entries") as told:
        written(path, folder)
    assert "65,536" in str(told.value)
    assert path.read_bytes() == before


def test_a_dirty_volume_is_written_whole(tmp_path: Path) -> None:
    disks.need_disk_tools()
    source = disks.make_fat32(tmp_path / "efi.fat")
    wim = tmp_path / "efi.wim"
    ts.capture_volumes(disks.plan_to(wim), [source], options=disks.QUICK)
    with FatVolume(str(source)) as volume:
        at = volume.geometry.fat_start
    with source.open("r+b") as stream:
        stream.seek(at + 4)
        stream.write(struct.pack("<I", 0x07FFFFFF))
        stream.seek(0x41)
        stream.write(b"\x01")
    with FatVolume(str(source)) as volume:
        assert volume.marks
    images.apply_images(wim, source, erase=True)
    sound(source)
    with FatVolume(str(source)) as volume:
        assert not volume.marks


def test_names_that_windows_cannot_open_are_refused(empty: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("a:b?.txt", "CON", "dot.", "Same", "same"):
        (folder / name).write_bytes(b"1")
    wim = tmp_path / "folder.wim"
    source = ts.VolumeSource(path=folder, is_folder=True)
    ts.capture_volumes(disks.plan_to(wim), [source], options=disks.QUICK)
    target = tmp_path / "target.fat"
    shutil.copy(empty, target)
    before = target.read_bytes()
    with pytest.raises(ts.ImageError, match="Windows cannot open") as told:
        images.apply_images(wim, target, erase=True)
    reasons = ("'/a:b?.txt' has ':' in it", "'/CON' is the name", "'/dot.' ends", "in case alone")
    for reason in reasons:
        assert reason in str(told.value)
    assert target.read_bytes() == before
    ntfs = make_volume(tmp_path / "target.ntfs")
    warned: list[object] = []
    images.apply_images(wim, ntfs, erase=True, on_event=warned.append)
    assert any(all(reason in str(one) for reason in reasons) for one in warned)


def named(path: str) -> ImageFile:
    stream = FileStream(name="", size=0, sha1="")
    return ImageFile(
        path=path, short_name="", attributes=0, security="", reparse_tag=0, link_group=0,
        created=0, modified=0, accessed=0, data=stream,
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["com1.txt", "LPT9", "aux.tar.gz", "x" * 256, "a|b", "tab\t", "blank ", "CONOUT$", "com\u00b9"],
)
def test_a_name_that_windows_cannot_open_is_known(name: str) -> None:
    assert unusable_names([named(f"/folder/{name}")])


@pytest.mark.parametrize("name", ["com10.txt", "console", "x" * 255, ".hidden", "a b", "nulls.txt"])
def test_a_name_that_windows_opens_is_no_problem(name: str) -> None:
    assert unusable_names([named(f"/folder/{name}")]) == []


def test_a_name_with_a_slash_is_refused() -> None:
    root = named("/")
    check_paths([root, named("/long name")], "a.wim")
    with pytest.raises(ts.ImageError, match="has a slash in it"):
        check_paths([root, named("/SH/RT.TXT")], "a.wim")
    with pytest.raises(ts.ImageError, match="is empty"):
        check_paths([root, named("//a")], "a.wim")


def as_mtools_see_it(path: Path, folder: Path) -> tuple[list[str], list[str], dict[str, bytes]]:
    """Names, 8.3 names, sizes, times; attributes; contents: by programs that share no code."""
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MTOOLS_SKIP_CHECK": "1"}

    def said(*command: str | Path) -> list[str]:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE
        )
        return done.stdout.splitlines()

    entries = [
        line
        for line in said("mdir", "-/", "-a", "-i", path, "::")
        if "bytes" not in line and "Volume" not in line
    ]
    folder.mkdir()
    said("mcopy", "-s", "-i", path, "::*", folder)
    contents = {
        str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()
    }
    return sorted(entries), sorted(said("mattrib", "-/", "-i", path, "::")), contents


def test_an_applied_volume_is_to_mtools_what_it_was_captured_from(tmp_path: Path) -> None:
    disks.need_disk_tools()
    source = disks.make_fat32(tmp_path / "source.fat")
    run("mdel", "-i", source, "::pagefile.sys")
    wim = tmp_path / "all.wim"
    ts.capture_volumes(disks.plan_to(wim), [source], options=disks.QUICK)
    # Another size, other clusters, another number of tables, and old content.
    target = tmp_path / "target.fat"
    with target.open("wb") as stream:
        stream.truncate(300 << 20)
    run("mkfs.fat", "-F", "32", "-s", "4", "-f", "1", "-n", "TARGET", target)
    run("mcopy", "-i", target, source, "::old.bin")
    images.apply_images(wim, target, erase=True)
    sound(target)
    entries, attributes, contents = as_mtools_see_it(source, tmp_path / "a")
    assert len(contents) > 5
    assert as_mtools_see_it(target, tmp_path / "b") == (entries, attributes, contents)
