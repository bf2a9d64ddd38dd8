"""Exclusion profiles: their syntax, what libwim makes of them, and the preview."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tasksequence as ts
from tasksequence.capture.exclusions import DEFAULT_EXCLUDED, Exclusions, load_profile
from tasksequence.capture.sources.excluded import excluded_from
from tasksequence.capture.sources.ntfs import NtfsTree
from tasksequence.engine.preview import describe_exclusions, preview_exclusions
from tests.support import disks
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import QUICK, plan_to
from tests.support.volumes import make_volume, need_tools

pytestmark = pytest.mark.wimlib

PATHS = (
    "pagefile.sys", "Temp/a.tmp", "Temp/keep/b.TMP", "Temp/keep/c.txt", "Users/x/a.tmp",
    "Users/x/Ordner/d.log", "Windows/CSC/v2/e.dat", "Windows/csc2.dat", "z.log",
)  # fmt: skip


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    disks.need_disk_tools()
    need_tools()
    folder = tmp_path_factory.mktemp("rules")
    files = {name: name.encode() * 10 for name in PATHS}
    return make_volume(folder / "rules.ntfs", files)


def test_quotes_drive_letters_comments_and_either_slash_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "profile.ini"
    path.write_text(
        "; of the site\n[ExclusionList]\n\"\\Temp\"\n'*.log'\nC:\\Users\\x\\\n\n"
        "[ExclusionException]\n\\Temp\\keep\n[CompressionExclusionList]\n*.zip\n",
        encoding="utf-8-sig",
    )
    profile = load_profile(path)
    assert profile.exclude == ("/Temp", "*.log", "/Users/x")
    assert profile.keep == ("/Temp/keep",)
    path.write_bytes("[exclusionlist]\r\n\\ünï\r\n".encode("utf-16"))
    assert load_profile(path).exclude == ("/ünï",)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("*.tmp\n", 1, "before any section"),
        ("[ExclusionList]\n\\\n", 2, "the whole volume"),
        ("[ExclusionList]\nWindows\\CSC\n", 2, "does not begin with a slash"),
        ("[Exclusions]\n", 1, "no section"),
    ],
)
def test_a_wrong_profile_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = tmp_path / "profile.ini"
    path.write_text(text)
    with pytest.raises(ts.CaptureError, match=message) as told:
        load_profile(path)
    assert told.value.where == f"{path}, line {line}"


patterns = st.sampled_from(
    ["*.tmp", "/Temp", "/temp/*", "/Users/*/a.tmp", "?.log", "/Windows/CSC", "csc*", "/*", "d.*"]
)


@settings(max_examples=12)
@given(exclude=st.lists(patterns, max_size=3), keep=st.lists(patterns, max_size=1))
def test_the_preview_is_what_libwim_leaves_out(
    volume: Path, tmp_path_factory: pytest.TempPathFactory, exclude: list[str], keep: list[str]
) -> None:
    profile = ts.ExclusionProfile(exclude=tuple(exclude), keep=tuple(keep))
    hits = preview_exclusions(volumes=[ts.VolumeSource(path=volume)], profile=profile)
    destination = tmp_path_factory.mktemp("out") / "x.wim"
    options = ts.CaptureOptions(compression=ts.Compression.NONE, exclusions=profile)
    result = ts.capture_volumes(plan_to(destination), volume, options=options)
    left_out = [path for one in result.omissions for path in one.paths]
    assert sorted(hit.path for hit in hits) == sorted(left_out)


def test_the_same_rules_hold_on_fat32(tmp_path: Path) -> None:
    disks.need_disk_tools()
    efi = disks.make_fat32(tmp_path / "efi.fat")
    profile = ts.ExclusionProfile(exclude=("/efi/microsoft", "*.TXT"), keep=("lower.txt",))
    (source,) = [ts.VolumeSource(path=efi)]
    hits = preview_exclusions(volumes=[source], profile=profile)
    found = {hit.path: (hit.files, hit.bytes) for hit in hits}
    assert found["/EFI/Microsoft"] == (2, 179202 + 5004)
    assert "/lower.txt" not in found
    assert "/UPPER.TXT" in found
    options = ts.CaptureOptions(exclusions=profile, compression=ts.Compression.NONE)
    result = ts.capture_volumes(plan_to(tmp_path / "x.wim"), efi, options=options)
    (omission,) = result.omissions
    assert sorted(omission.paths) == sorted(found)


def test_the_default_profile_is_documented() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "capture.md").read_text(encoding="utf-8")
    for pattern in DEFAULT_EXCLUDED:
        assert pattern.lstrip("/").replace("/", "\\") in text


def test_case_does_not_matter_and_a_wildcard_stays_within_a_name() -> None:
    rules = Exclusions(["/WINDOWS/csc", "/a/*"], [])
    assert rules.excludes("/Windows/CSC")
    assert rules.excludes("/windows/csc/below")
    assert not rules.excludes("/Windows/CSC2")
    assert rules.excludes("/A/b/c")
    assert not rules.excludes("/ab/c")


def test_the_command_shows_and_captures_nothing(volume: Path, tmp_path: Path) -> None:
    sequence = tmp_path / "sequence.xml"
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(tmp_path / "x.wim"), image_version="1"
    )
    ts.Document.new(ts.TaskSequence(steps=[step])).save(sequence)
    done = command("capture", sequence, "--volume", volume, "--show-exclusions")
    assert done.returncode == 0, done.stderr
    assert "/pagefile.sys" in done.stdout
    assert "/Windows/CSC " in done.stdout
    assert "2 files, 320 B would be left out." in done.stdout
    assert not (tmp_path / "x.wim").exists()
    missing = command("capture", sequence, "--volume", volume, "--exclusions", tmp_path / "no.ini")
    refused(missing, 1, "cannot be read", "no.ini")
    assert describe_exclusions([]) == "Nothing would be left out."


def test_an_excluded_file_may_have_a_name_in_any_encoding(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"a")
    (folder / os.fsdecode(b"caf\xe9.tmp")).write_bytes(b"t")
    source = ts.VolumeSource(path=folder, is_folder=True)
    options = attrs.evolve(QUICK, exclusions=ts.ExclusionProfile(exclude=("*.tmp",)))
    result = ts.capture_volumes(plan_to(tmp_path / "f.wim"), source, options=options)
    (path,) = (path for left in result.omissions for path in left.paths)
    assert path.endswith("/caf\ufffd.tmp")


def test_a_folder_is_captured_and_previewed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_bytes(b"a" * 10)
    (folder / "pagefile.sys").write_bytes(b"p" * 7)
    source = ts.VolumeSource(path=folder, is_folder=True)
    (hit,) = preview_exclusions(volumes=[source])
    assert (hit.path, hit.files, hit.bytes) == ("/pagefile.sys", 1, 7)
    result = ts.capture_volumes(plan_to(tmp_path / "x.wim"), source, options=QUICK)
    assert [(image.name, image.files) for image in result.images] == [("folder", 1)]
    with pytest.raises(ts.DestinationError, match="in the folder that is to be captured"):
        ts.capture_volumes(plan_to(folder / "x.wim"), source, options=QUICK)


def test_a_file_that_goes_while_the_preview_looks_counts_for_nothing(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.tmp").write_bytes(b"12345")
    source = ts.VolumeSource(path=tmp_path, is_folder=True)
    found = excluded_from(source, Exclusions(["*.tmp"], []))
    assert next(found) == ("/a.tmp", 1, 5)
    (tmp_path / "b.tmp").unlink()
    assert next(found) == ("/b.tmp", 0, 0)


def test_a_volume_that_cannot_be_read_is_told_with_the_size_of_a_file(volume: Path) -> None:
    with NtfsTree(str(volume)) as tree:
        assert any(tree.size(number) == 100 for _, number, _ in tree.walk())
    # Closed, as a disk that was pulled out.
    with pytest.raises(ts.VolumeError, match="cannot be read"):
        tree.size(64)
