"""What a local destination has to be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasksequence.capture.destinations.local import LONGEST, check_destination, suffix_warning
from tasksequence.errors import DestinationError


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("x" * (LONGEST + 1), "256 characters"),
        ("/tmp/a\0b.wim", "zero character"),
        (r"\\server\share\images\a.wim", "network share"),
        ("//server/share/a.wim", "network share"),
        (r"C:\images\a.wim", "drive letter"),
        ("D:/a.wim", "drive letter"),
        ("/tmp/", "folder"),
        ("images\\", "folder"),
        ("/tmp", "folder"),
        ("/nowhere/at/all/a.wim", "no folder"),
        ("/dev/null", "no regular file"),
        ("/proc/version/a.wim", "no folder"),
        ("/tmp/" + "é" * 200, "too long"),
    ],
)
def test_impossible_destinations_are_refused(text: str, problem: str) -> None:
    with pytest.raises(DestinationError, match=problem):
        check_destination(text, [])


def test_a_share_is_refused_with_the_way_round() -> None:
    with pytest.raises(DestinationError) as caught:
        check_destination(r"\\server\share\a.wim", [])
    assert "mount the share" in (caught.value.hint or "")


def test_a_good_destination_becomes_absolute_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_destination("Büild 1.wim", []) == str(tmp_path / "Büild 1.wim")
    assert not list(tmp_path.iterdir())


def test_an_old_file_is_accepted_and_not_touched(tmp_path: Path) -> None:
    old = tmp_path / "old.wim"
    old.write_bytes(b"old")
    check_destination(str(old), [])
    assert old.read_bytes() == b"old"


def test_a_link_leads_to_its_target(tmp_path: Path) -> None:
    target = tmp_path / "target.wim"
    target.write_bytes(b"old")
    link = tmp_path / "link.wim"
    link.symlink_to(target)
    assert check_destination(str(link), []) == str(target)


def test_a_ring_of_links_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "ring.wim"
    link.symlink_to(link)
    with pytest.raises(DestinationError):
        check_destination(str(link), [])


@pytest.mark.parametrize("make", [os.link, os.symlink])
def test_the_volume_itself_is_refused_under_any_name(tmp_path: Path, make: object) -> None:
    volume = tmp_path / "volume.img"
    volume.write_bytes(b"x")
    other = tmp_path / "other.wim"
    assert callable(make)
    make(volume, other)
    with pytest.raises(DestinationError, match="volume that is to be captured"):
        check_destination(str(other), [tmp_path / "missing.img", volume])


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.swm", ".swm"), ("a", "no suffix"), ("a.esd", ".esd"), ("a.wim.old", ".old")],
)
def test_other_suffixes_are_worth_a_warning(name: str, said: str) -> None:
    assert said in (suffix_warning(name) or "")


@pytest.mark.parametrize("name", ["a.wim", "A.WIM", "a.b.Wim"])
def test_the_usual_suffix_is_not(name: str) -> None:
    assert suffix_warning(name) is None
