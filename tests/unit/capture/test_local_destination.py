"""What a local destination has to be."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasksequence.capture.destinations.local import LONGEST, check_destination
from tasksequence.errors import DestinationError
from tasksequence.file_access import give_access
from tests.support.captures import needs_root

OLD_WIM = b"MSWIM\0\0\0 and more"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("x" * (LONGEST + 1), "256 characters"),
        ("/tmp/a\0b.wim", "zero character"),
        ("smb://server/share/a.wim", "network share"),
        (r"C:\images\a.wim", "path of Windows"),
        ("D:/a.wim", "path of Windows"),
        ("images\\", "path of Windows"),
        (r"images\a.wim", "path of Windows"),
        ("/tmp/", "is a folder"),
        ("/tmp", "is a folder"),
        ("//tmp", "is a folder"),
        ("/tmp/\ud800.wim", "no file can have"),
        ("/nowhere/at/all/a.wim", "no folder"),
        ("/dev/null", "no regular file"),
        ("/proc/version/a.wim", "no folder"),
        ("/tmp/" + "é" * 200, "too long"),
    ],
)
def test_impossible_destinations_are_refused(text: str, problem: str) -> None:
    with pytest.raises(DestinationError, match=problem):
        check_destination(text, [])


def test_a_good_destination_becomes_absolute_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_destination("Büild 1.wim", []) == str(tmp_path / "Büild 1.wim")
    assert not list(tmp_path.iterdir())


def test_an_old_file_is_accepted_and_not_touched(tmp_path: Path) -> None:
    old = tmp_path / "old.wim"
    old.write_bytes(OLD_WIM)
    check_destination(str(old), [])
    assert old.read_bytes() == OLD_WIM


@pytest.mark.parametrize("content", [b"", b"MSWIM\0\0\0", b"WLPWM\0\0\0"])
def test_an_empty_file_and_each_kind_of_wim_may_be_replaced(tmp_path: Path, content: bytes) -> None:
    old = tmp_path / "old.wim"
    old.write_bytes(content)
    assert check_destination(str(old), []) == str(old)


@pytest.mark.parametrize("content", [b"MSWIM", b"letters to Anna"])
def test_a_file_that_is_no_wim_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    old = tmp_path / "old.wim"
    old.write_bytes(content)
    with pytest.raises(DestinationError, match="exists and is no WIM"):
        check_destination(str(old), [])
    assert old.read_bytes() == content


def test_an_old_file_that_cannot_be_read_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    old = tmp_path / "old.wim"
    old.write_bytes(OLD_WIM)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DestinationError, match="may not read the file at the destination"):
        check_destination(str(old), [])


@pytest.mark.parametrize("slashes", ["//", "///"])
def test_more_slashes_than_one_before_a_folder_that_exists_are_one(
    tmp_path: Path, slashes: str
) -> None:
    path = tmp_path / "x.wim"
    assert check_destination(slashes + str(path).lstrip("/"), []) == str(path)


def test_a_link_leads_to_its_target(tmp_path: Path) -> None:
    target = tmp_path / "target.wim"
    target.write_bytes(OLD_WIM)
    link = tmp_path / "link.wim"
    link.symlink_to(target)
    assert check_destination(str(link), []) == str(target)


def test_a_ring_of_links_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "ring.wim"
    link.symlink_to(link)
    with pytest.raises(DestinationError, match="ring of links"):
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


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A finished WIM that only its owner may read yet."""
    path = tmp_path / "finished"
    path.touch(0o600)
    return path


@pytest.fixture
def _group_reads() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@needs_root
def test_a_new_wim_takes_permissions_and_owner_of_the_old_one(
    tmp_path: Path, finished: Path
) -> None:
    old = tmp_path / "old.wim"
    old.touch()
    os.chown(old, 1000, 1001)
    old.chmod(0o640)
    give_access(str(finished), str(old))
    status = finished.stat()
    assert (mode(finished), status.st_uid, status.st_gid) == (0o640, 1000, 1001)


@pytest.mark.usefixtures("_group_reads")
def test_where_there_is_no_old_wim_the_umask_decides(tmp_path: Path, finished: Path) -> None:
    give_access(str(finished), str(tmp_path / "missing.wim"))
    assert mode(finished) == 0o640


@pytest.mark.usefixtures("_group_reads")
def test_the_umask_is_found_without_proc_too(
    tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasksequence.file_access._STATUS", str(tmp_path / "no"))
    give_access(str(finished), str(tmp_path / "missing.wim"))
    assert mode(finished) == 0o640
    assert os.umask(0o027) == 0o027


def test_another_group_gets_no_rights_of_the_old_one(
    tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for an account that may not give files away."""

    def refuse(*_: object) -> None:
        raise PermissionError

    old = tmp_path / "old.wim"
    old.touch()
    old.chmod(0o664)
    monkeypatch.setattr(os, "chown", refuse)
    give_access(str(finished), str(old))
    assert mode(finished) == 0o644


def test_a_file_system_without_permissions_is_no_obstacle(
    tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chmod", refuse)
    give_access(str(finished), str(tmp_path / "missing.wim"))
    assert mode(finished) == 0o600
