"""Overwriting, scratch folders, mapped shares and late deliveries on local file systems."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence.capture.destinations.local import LocalDestination
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.engine.report import describe
from tasksequence.errors import DestinationError
from tasksequence.request import (
    CaptureEvent,
    CaptureOptions,
    Compression,
    Overwrite,
    Phase,
    Progress,
    ShareMapping,
)
from tests.support.captures import OLD, Events, names_in, needs_root, request_for
from tests.support.shares import verify
from tests.support.volumes import memory_disk, run

pytestmark = pytest.mark.wimlib

QUICK = CaptureOptions(compression=Compression.NONE, threads=1)


@pytest.fixture
def old_wim(tmp_path: Path) -> Path:
    """A destination that exists, in a folder of its own."""
    path = tmp_path / "images" / "win.wim"
    path.parent.mkdir()
    path.write_bytes(OLD)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_overwriting_can_be_refused(small_volume: Path, old_wim: Path) -> None:
    options = attrs.evolve(QUICK, overwrite=Overwrite.REFUSE)
    with pytest.raises(DestinationError, match="overwriting was refused") as caught:
        WimlibBackend().capture(request_for(old_wim, small_volume, options=options), Events())
    assert caught.value.hresult == 0x80070050
    assert old_wim.read_bytes() == OLD
    assert names_in(old_wim.parent) == {"win.wim"}


def test_a_file_that_came_meanwhile_stays_where_overwriting_is_refused(
    small_volume: Path, old_wim: Path
) -> None:
    old_wim.unlink()

    def come(event: CaptureEvent) -> None:
        old_wim.write_bytes(OLD)

    options = attrs.evolve(QUICK, overwrite=Overwrite.REFUSE)
    with pytest.raises(DestinationError, match="overwriting was refused"):
        WimlibBackend().capture(request_for(old_wim, small_volume, options=options), come)
    assert old_wim.read_bytes() == OLD
    (finished,) = names_in(old_wim.parent) - {"win.wim"}
    verify(old_wim.parent / finished)


@pytest.mark.parametrize("stem", ["像" * 80, "é" * 121, "short"])
def test_a_finished_wim_is_kept_whatever_the_length_of_its_name(tmp_path: Path, stem: str) -> None:
    path = tmp_path / f"{stem}.wim"
    options = attrs.evolve(QUICK, overwrite=Overwrite.REFUSE)
    destination = LocalDestination(str(path), [], options)
    Path(destination.partial).write_bytes(OLD)
    path.write_bytes(b"came meanwhile")
    with pytest.raises(DestinationError, match="overwriting was refused") as caught:
        destination.deliver(lambda *_: None)
    destination.close()
    (kept,) = (one for one in tmp_path.iterdir() if one != path)
    assert kept.name.endswith(".finished.wim")
    assert kept.name.startswith(stem[:70])
    assert kept.read_bytes() == OLD
    assert f"The finished WIM stays here: {kept}" in (caught.value.hint or "")


def test_without_an_old_one_refusing_is_no_obstacle(small_volume: Path, tmp_path: Path) -> None:
    options = attrs.evolve(QUICK, overwrite=Overwrite.REFUSE)
    destination = tmp_path / "new.wim"
    WimlibBackend().capture(request_for(destination, small_volume, options=options), Events())
    verify(destination)
    assert destination.stat().st_nlink == 1


def test_the_old_image_can_be_kept_with_its_time(small_volume: Path, old_wim: Path) -> None:
    request = request_for(
        old_wim, small_volume, options=attrs.evolve(QUICK, overwrite=Overwrite.KEEP)
    )
    WimlibBackend().capture(request, Events())
    assert (old_wim.parent / "win.20231114T221320Z.wim").read_bytes() == OLD
    verify(old_wim)
    os.utime(old_wim, (1_700_000_000, 1_700_000_000))
    WimlibBackend().capture(request, Events())
    assert names_in(old_wim.parent) == {
        "win.wim",
        "win.20231114T221320Z.wim",
        "win.20231114T221320Z-2.wim",
    }


def test_a_scratch_folder_holds_the_unfinished_file(
    small_volume: Path, old_wim: Path, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    seen: set[Path] = set()

    def look(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.VERIFY:
            seen.update(scratch.iterdir())
            assert names_in(old_wim.parent) == {"win.wim"}
            assert old_wim.read_bytes() == OLD

    options = attrs.evolve(QUICK, scratch=scratch)
    result = WimlibBackend().capture(request_for(old_wim, small_volume, options=options), look)
    assert seen
    assert result.destination == old_wim
    verify(old_wim)
    assert names_in(old_wim.parent) == {"win.wim"}
    assert not names_in(scratch)


def test_a_full_destination_behind_a_scratch_folder_keeps_the_old(
    large_volume: Path, tmp_path: Path
) -> None:
    with memory_disk(tmp_path / "disk", "20m") as disk:
        old = disk / "win.wim"
        old.write_bytes(OLD)
        options = attrs.evolve(QUICK, scratch=tmp_path, check_space=False)
        with pytest.raises(DestinationError, match="no space left") as caught:
            WimlibBackend().capture(request_for(old, large_volume, options=options), Events())
        assert caught.value.hresult == 0x80070070
        assert old.read_bytes() == OLD
        assert names_in(disk) == {"win.wim"}
        (finished,) = names_in(tmp_path) - {"disk"}
        verify(tmp_path / finished)


@needs_root
def test_a_disk_that_does_not_give_back_what_was_written_is_found_out(tmp_path: Path) -> None:
    """The copy is compared with what the disk has, which memory hides."""
    disk, point, scratch = tmp_path / "disk.img", tmp_path / "disk", tmp_path / "scratch"
    for folder in (point, scratch):
        folder.mkdir()
    with disk.open("wb") as file:
        file.truncate(32 << 20)
    run("mkfs.ext4", "-q", disk)
    run("mount", "-o", "loop", disk, point)
    marker = b"a mark that the disk is going to lose".ljust(4096)

    def lose(phase: Phase, done: int, total: int) -> None:
        if phase is Phase.UPLOAD and done == total:
            at = disk.read_bytes().index(marker)
            with disk.open("r+b") as file:
                file.seek(at)
                file.write(bytes(4096))

    try:
        destination = LocalDestination(
            str(point / "win.wim"), [], attrs.evolve(QUICK, scratch=scratch)
        )
        content = OLD.ljust(2 << 20) + marker + os.urandom(1 << 20)
        Path(destination.partial).write_bytes(content)
        with pytest.raises(DestinationError, match="the copy at the destination differs") as caught:
            destination.deliver(lose)
        destination.close()
        assert caught.value.hresult == 0x80070570
        assert names_in(point) == {"lost+found"}
        (finished,) = scratch.iterdir()
        assert finished.read_bytes() == content
    finally:
        run("umount", point)


def test_a_missing_scratch_folder_is_named(small_volume: Path, tmp_path: Path) -> None:
    options = attrs.evolve(QUICK, scratch=tmp_path / "no")
    with pytest.raises(DestinationError, match="no such scratch folder"):
        WimlibBackend().capture(
            request_for(tmp_path / "a.wim", small_volume, options=options), Events()
        )


def test_a_mapped_share_is_the_folder_where_it_is_mounted(
    small_volume: Path, tmp_path: Path
) -> None:
    (tmp_path / "mnt" / "2026").mkdir(parents=True)
    shares = (
        ShareMapping(unc=r"\\other\images", path=tmp_path / "no"),
        ShareMapping(unc=r"\\server\images", path=tmp_path / "mnt"),
    )
    result = WimlibBackend().capture(
        request_for(
            r"\\SERVER\Images\2026\a.wim", small_volume, options=attrs.evolve(QUICK, shares=shares)
        ),
        Events(),
    )
    assert result.destination == tmp_path / "mnt" / "2026" / "a.wim"
    said = describe(result)
    assert rf"{result.destination} (\\SERVER\Images\2026\a.wim): " in said
    verify(tmp_path / "mnt" / "2026" / "a.wim")


def test_a_mapping_to_a_missing_folder_is_refused(small_volume: Path, tmp_path: Path) -> None:
    shares = (ShareMapping(unc=r"\\server\images", path=tmp_path / "no"),)
    request = request_for(
        r"\\server\images\a.wim", small_volume, options=attrs.evolve(QUICK, shares=shares)
    )
    with pytest.raises(DestinationError, match="no such folder") as caught:
        WimlibBackend().capture(request, Events())
    assert caught.value.hresult == 0x80070003


def test_a_finished_wim_is_delivered_later_and_stays(
    small_volume: Path, old_wim: Path, tmp_path: Path
) -> None:
    finished = tmp_path / "finished.wim"
    WimlibBackend().capture(request_for(finished, small_volume, options=QUICK), Events())
    events = Events()
    ts.deliver_wim(finished, str(old_wim), on_event=events)
    assert old_wim.read_bytes() == finished.read_bytes()
    assert names_in(old_wim.parent) == {"win.wim"}
    assert events.progress[-1].overall == 1.0
    (tmp_path / "letter").write_bytes(b"no WIM at all")
    with pytest.raises(DestinationError, match="this is no WIM"):
        ts.deliver_wim(tmp_path / "letter", str(old_wim))


def test_the_engine_gives_a_failed_capture_its_hresult_as_exit_code(
    small_volume: Path, tmp_path: Path
) -> None:
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(tmp_path / "no" / "a.wim")
    )
    plan = ts.compile_plan(ts.TaskSequence(steps=[step]), {"_SMSTSInWinPE": "true"})
    report = ts.Engine(volumes=small_volume).run(plan)
    (result,) = report.results
    assert result.exit_code == 0x80070003
    assert "(0x80070003)" in result.message
