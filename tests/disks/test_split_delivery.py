"""A split WIM that takes the place of another, killed at every point: never a mixture of both."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence import images
from tasksequence.capture.destinations.local import LocalDestination
from tasksequence.capture.destinations.split_delivery import interrupted_delivery, put_parts
from tasksequence.capture.wim_file import read_wim_file
from tests.support.captures import names_in
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import QUICK, plan_to
from tests.support.volumes import make_volume, need_tools

pytestmark = pytest.mark.wimlib

SPLIT = attrs.evolve(QUICK, compression=ts.Compression.NONE, split=1 << 20)
KILL = """
import os, signal, sys
left = int(sys.argv[1])
def at_change(event, arguments):
    global left
    if event not in {"os.rename", "os.mkdir", "os.rmdir", "os.remove"}:
        return
    if not any(str(one).startswith(sys.argv[2]) for one in arguments[:2]):
        return
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(at_change)
"""
"""Ends the process before its n-th change of the folder."""
DELIVER = """
from tasksequence.capture.destinations.split_delivery import put_parts
put_parts(sys.argv[4:], sys.argv[3], replace=True)
"""
CAPTURE = """
from pathlib import Path
import tasksequence as ts
from tests.disks.test_split_delivery import SPLIT, plan_to
ts.capture_volumes(plan_to(Path(sys.argv[3])), sys.argv[4], options=SPLIT)
"""


@attrs.frozen
class Sets:
    """Two split WIMs of one name in two folders, the old one of more parts."""

    old: Path
    new: Path
    volume: Path


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    need_tools()
    folder = tmp_path_factory.mktemp("sets")
    found = {}
    for name, count in (("old", 4), ("new", 3)):
        files = {f"{name}{number}.bin": os.urandom(1000 << 10) for number in range(count)}
        volume = make_volume(folder / f"{name}.ntfs", files, megabytes=16)
        (folder / name).mkdir()
        found[name] = folder / name / "x.swm"
        ts.capture_volumes(plan_to(found[name]), volume, options=SPLIT)
    assert [len(names_in(path.parent)) for path in found.values()] == [4, 3]
    return Sets(found["old"], found["new"], folder / "new.ntfs")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run_killed(at: int, code: str, destination: Path, *more: Path) -> bool:
    """Run code that is killed before its n-th change; tell whether it was."""
    watched = f"{destination.parent}/"
    done = subprocess.run(
        [sys.executable, "-c", KILL + code, str(at), watched, destination, *more],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode == -9


def test_a_kill_at_any_point_leaves_one_whole_wim_to_the_next_run(
    sets: Sets, tmp_path: Path
) -> None:
    old, new = content(sets.old.parent), content(sets.new.parent)
    seen = set()
    at = 0
    killed = True
    while killed:
        folder = tmp_path / f"{at}"
        shutil.copytree(sets.old.parent, folder)
        destination = folder / "x.swm"
        parts = []
        for number, data in enumerate(new.values()):
            parts.append(folder / f".part{number}")
            parts[-1].write_bytes(data)
        names = list(new)
        parts = [parts[names.index(name)] for name in ("x.swm", "x2.swm", "x3.swm")]
        killed = run_killed(at, DELIVER, destination, *parts)
        mixed = interrupted_delivery(str(destination))
        LocalDestination(str(destination), [], SPLIT).close()
        for part in parts:
            part.unlink(missing_ok=True)
        left = content(folder)
        assert left in (old, new), (at, sorted(left))
        seen.add((mixed, left == new))
        images.verify_image_file(destination)
        shutil.rmtree(folder)
        at += 1
    # Killed before the decision, after it, and not at all.
    assert seen == {(False, False), (True, True), (False, True)}
    assert at > 8


def test_a_mixed_wim_is_named_and_finished_by_the_next_run(sets: Sets, tmp_path: Path) -> None:
    before = read_wim_file(str(sets.old)).guid
    # How many changes come before the second part is at its place is for the delivery to say.
    for at in range(4, 20):
        folder = tmp_path / f"images{at}"
        shutil.copytree(sets.old.parent, folder)
        destination = folder / "x.swm"
        assert run_killed(at, CAPTURE, destination, sets.volume)
        if read_wim_file(f"{folder}/x2.swm").guid != before:
            break
    assert read_wim_file(f"{folder}/x2.swm").guid != before
    assert read_wim_file(str(destination)).guid == read_wim_file(str(sets.old)).guid
    refused(
        command("image", "verify", destination), 1, str(destination), "parts of two WIMs are mixed",
        "x2.swm is part 2 of 3 of another WIM", "--check-only", "0x80070570",
    )  # fmt: skip
    shown = command("image", "show", destination)
    assert shown.returncode == 0
    assert "parts of two WIMs are mixed" in shown.stdout
    with pytest.raises(ts.DestinationError, match="overwriting was refused"):
        LocalDestination(str(destination), [], attrs.evolve(SPLIT, overwrite=ts.Overwrite.REFUSE))
    assert names_in(folder) == {"x.swm", "x2.swm", "x3.swm"}
    assert images.verify_image_file(destination).parts == 3
    assert "are mixed" not in command("image", "show", destination).stdout
    assert [one.path for one in images.image_files(destination)][1:] == [
        "/new0.bin", "/new1.bin", "/new2.bin",
    ]  # fmt: skip


def test_parts_that_somebody_mixed_are_told_apart(sets: Sets, tmp_path: Path) -> None:
    shutil.copytree(sets.old.parent, tmp_path / "a")
    destination = tmp_path / "a" / "x.swm"
    shutil.copy(sets.new.with_name("x3.swm"), tmp_path / "a")
    with pytest.raises(ts.ImageError, match=r"two WIMs are mixed.*x3.swm is part 3 of 3") as told:
        images.verify_image_file(destination)
    assert "one folder" in (told.value.hint or "")
    shutil.copy(sets.old.with_name("x2.swm"), tmp_path / "a" / "x3.swm")
    with pytest.raises(ts.ImageError, match=r"x3.swm is part 2 .* should be part 3"):
        images.verify_image_file(destination)


def test_a_file_of_a_parts_name_that_is_no_wim_stays(sets: Sets, tmp_path: Path) -> None:
    shutil.copytree(sets.old.parent, tmp_path / "a")
    other = tmp_path / "a" / "x3.swm"
    other.write_bytes(b"letters to Anna")
    before = content(tmp_path / "a")
    with pytest.raises(ts.DestinationError, match="is no WIM") as told:
        ts.capture_volumes(plan_to(tmp_path / "a" / "x.swm"), sets.volume, options=SPLIT)
    assert told.value.where == str(other)
    assert content(tmp_path / "a") == before


def test_parts_that_cannot_be_gathered_leave_all_as_it_was(sets: Sets, tmp_path: Path) -> None:
    shutil.copytree(sets.old.parent, tmp_path / "a")
    before = content(tmp_path / "a")
    with pytest.raises(ts.DestinationError):
        put_parts([str(tmp_path / "absent")], str(tmp_path / "a" / "x.swm"), replace=True)
    assert content(tmp_path / "a") == before


@pytest.mark.parametrize("overwrite", [ts.Overwrite.REPLACE, ts.Overwrite.REFUSE])
def test_another_image_with_the_name_of_a_part_stays(
    sets: Sets, tmp_path: Path, overwrite: ts.Overwrite
) -> None:
    """It is named before the capture, and again where it came meanwhile."""
    folder = tmp_path / "a"
    folder.mkdir()
    destination, other = folder / "office.swm", folder / "office2.swm"
    options = attrs.evolve(SPLIT, overwrite=overwrite)
    early = LocalDestination(str(destination), [], options)
    shutil.copy(sets.old, other)
    parts = [shutil.copy(part, tmp_path) for part in sorted(sets.new.parent.iterdir())]
    message = "would replace another image|overwriting was refused"
    with pytest.raises(ts.DestinationError, match=message) as told:
        early.deliver_parts([*map(str, parts)], lambda *_: None)
    early.close()
    assert (told.value.where, told.value.hresult) == (str(other), 0x80070050)
    assert told.value.hint
    with pytest.raises(ts.DestinationError, match=message) as told:
        LocalDestination(str(destination), [], options)
    assert told.value.where == str(other)
    assert content(folder) == {"office2.swm": sets.old.read_bytes()}


def test_a_second_run_leaves_a_live_ones_parts_alone(
    sets: Sets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination = tmp_path / "x.swm"
    notes: list[str] = []

    def second_run_first(parts: Sequence[str], place: str, *, replace: bool) -> tuple[Path, ...]:
        second = LocalDestination(str(destination), [], SPLIT)
        notes.extend(second.notes)
        second.close()
        return put_parts(parts, place, replace=replace)

    monkeypatch.setattr("tasksequence.capture.destinations.local.put_parts", second_run_first)
    result = ts.capture_volumes(plan_to(destination), sets.volume, options=SPLIT)
    assert "another capture is writing" in notes[0]
    assert names_in(tmp_path) == {"x.swm", "x2.swm", "x3.swm"}
    assert images.verify_image_file(destination).parts == len(result.parts) == 3
