"""Unfinished files: names, locks, and what a later run may delete."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tasksequence.capture.destinations.partial import (
    create_locked,
    new_part_files,
    new_partial,
    remove_if_present,
    remove_stale,
    staging_file,
)


def test_the_name_stands_beside_the_destination_and_is_new_each_time(tmp_path: Path) -> None:
    destination = str(tmp_path / "Büild 1.wim")
    first, second = Path(new_partial(destination)), Path(new_partial(destination))
    assert first != second
    assert first.parent == tmp_path
    assert first.name.startswith(".Büild 1.wim.")
    assert first.suffix == ".partial"


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127])
def test_the_longest_names_still_have_one(tmp_path: Path, name: str) -> None:
    path = new_partial(str(tmp_path / name))
    os.close(create_locked(path))
    assert Path(path).exists()
    remove_stale(str(tmp_path / name))
    assert not Path(path).exists()


def test_nobody_else_may_read_what_is_unfinished(tmp_path: Path) -> None:
    """It holds SAM and LSA secrets, and nobody has yet said who may see them."""
    path = new_partial(str(tmp_path / "a.wim"))
    os.close(create_locked(path))
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_a_file_that_nobody_holds_is_removed(tmp_path: Path) -> None:
    destination = str(tmp_path / "a [1].wim")
    stale = Path(new_partial(destination))
    stale.write_bytes(b"left behind")
    remove_stale(destination)
    assert not stale.exists()


def test_a_file_that_a_process_holds_stays(tmp_path: Path) -> None:
    destination = str(tmp_path / "a.wim")
    held = new_partial(destination)
    code = (
        "import sys\n"
        "from tasksequence.capture.destinations.partial import create_locked\n"
        "create_locked(sys.argv[1])\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        remove_stale(destination)
        assert Path(held).exists()
        holder.kill()
        holder.wait()
        remove_stale(destination)
        assert not Path(held).exists()


@pytest.mark.parametrize("mark", ["01234567", "abcdefff"])
def test_one_locked_file_holds_all_of_its_run(tmp_path: Path, mark: str) -> None:
    destination = str(tmp_path / "a.swm")
    held, dead = str(tmp_path / f".a.swm.{mark}.partial"), new_partial(destination)
    lock = create_locked(held)
    for path in (held, dead):
        first, other = new_part_files(path)
        for one in (first, other(2), other(3), staging_file(path)):
            Path(one).write_bytes(b"content")
    stale = [path for path in tmp_path.iterdir() if not path.name.startswith(Path(held).stem)]
    assert len(stale) == 4
    live = {*tmp_path.iterdir()} - {*stale}
    assert len(live) == 5
    assert remove_stale(destination)
    assert {*tmp_path.iterdir()} == live
    os.close(lock)
    assert not remove_stale(destination)
    assert not any(tmp_path.iterdir())


def test_a_first_part_that_is_gone_does_not_end_the_removal(tmp_path: Path) -> None:
    path = new_partial(str(tmp_path / "a.swm"))
    _, other = new_part_files(path)
    for number in (2, 3):
        Path(other(number)).write_bytes(b"content")
    remove_if_present(path)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "a.wim",
        ".b.wim.0123abcd.partial",
        ".a.wim.0123abcd.partial.txt",
        ".a.wim.notahexa.partial",
        ".aXwim.0123abcd.partial",
    ],
)
def test_other_files_stay(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    remove_stale(str(tmp_path / "a.wim"))
    assert (tmp_path / name).exists()


def test_a_link_of_that_name_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    link = tmp_path / ".a.wim.0123abcd.partial"
    link.symlink_to(target)
    remove_stale(str(tmp_path / "a.wim"))
    assert link.is_symlink()
    assert target.exists()


def test_removing_what_is_gone_is_no_error(tmp_path: Path) -> None:
    remove_if_present(str(tmp_path / "gone"))
    remove_stale(str(tmp_path / "no folder" / "a.wim"))


def test_an_existing_file_is_never_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        create_locked(str(path))
    assert path.read_bytes() == b"mine"
