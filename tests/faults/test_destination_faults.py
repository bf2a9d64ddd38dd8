"""Local destinations that change, fill or collide while they are captured to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.errors import CaptureCancelled, CaptureError, DestinationError, VolumeError
from tasksequence.request import (
    CaptureEvent,
    CaptureOptions,
    Compression,
    EventHandler,
    Phase,
    Progress,
)
from tests.support import disks
from tests.support.captures import OLD, Events, children, names_in, request_for
from tests.support.disks import Slot
from tests.support.shares import verify
from tests.support.volumes import memory_disk, mounted

pytestmark = pytest.mark.wimlib

QUICK = CaptureOptions(compression=Compression.NONE, threads=1)


@pytest.fixture
def old_wim(tmp_path: Path) -> Path:
    """A destination that exists, in a folder of its own."""
    path = tmp_path / "images" / "win.wim"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def once(phase: Phase, act: Callable[[], object]) -> EventHandler:
    """Return an event handler that acts once, in a phase."""
    done: list[bool] = []

    def handle(event: CaptureEvent) -> None:
        if not done and isinstance(event, Progress) and event.phase is phase:
            done.append(True)
            act()

    return handle


@pytest.mark.parametrize("by_scratch", [False, True])
def test_a_destination_renamed_under_us_stays_what_it_is(
    small_volume: Path, old_wim: Path, tmp_path: Path, by_scratch: bool
) -> None:
    aside = old_wim.with_name("aside.wim")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    options = attrs.evolve(QUICK, scratch=scratch if by_scratch else None)
    request = request_for(old_wim, small_volume, options=options)
    rename = once(Phase.VERIFY, lambda: old_wim.rename(aside))
    WimlibBackend().capture(request, rename)
    assert aside.read_bytes() == OLD
    verify(old_wim)
    assert names_in(old_wim.parent) == {"win.wim", "aside.wim"}
    assert not names_in(scratch)


@pytest.mark.parametrize("by_scratch", [False, True])
def test_a_folder_renamed_under_us_is_an_error_and_the_next_run_clears_up(
    small_volume: Path, old_wim: Path, tmp_path: Path, by_scratch: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    options = attrs.evolve(QUICK, scratch=scratch if by_scratch else None)
    request = request_for(old_wim, small_volume, options=options)
    rename = once(Phase.VERIFY, lambda: old_wim.parent.rename(elsewhere))
    with pytest.raises(CaptureError) as caught:
        WimlibBackend().capture(request, rename)
    assert caught.value.hint
    assert (elsewhere / "win.wim").read_bytes() == OLD
    assert not children()
    elsewhere.rename(old_wim.parent)
    WimlibBackend().capture(request, Events())
    verify(old_wim)
    assert names_in(old_wim.parent) == {"win.wim"}
    assert all(name.endswith(".finished.wim") for name in names_in(scratch))


def test_a_scratch_folder_that_is_full_halfway_keeps_the_old(
    large_volume: Path, old_wim: Path, tmp_path: Path
) -> None:
    with memory_disk(tmp_path / "scratch", "20m") as scratch:
        options = attrs.evolve(QUICK, scratch=scratch, check_space=False)
        with pytest.raises(DestinationError, match="no space left") as caught:
            WimlibBackend().capture(request_for(old_wim, large_volume, options=options), Events())
        assert caught.value.where == str(scratch)
        assert caught.value.hresult == 0x80070070
        assert not names_in(scratch)
    assert old_wim.read_bytes() == OLD
    assert names_in(old_wim.parent) == {"win.wim"}


@pytest.mark.parametrize("by_scratch", [False, True])
def test_captures_to_one_local_destination_at_once_stay_whole(
    small_volume: Path, large_volume: Path, old_wim: Path, tmp_path: Path, by_scratch: bool
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    options = attrs.evolve(QUICK, scratch=scratch if by_scratch else None)
    failures: list[BaseException] = []

    def capture(volume: Path) -> None:
        try:
            WimlibBackend().capture(request_for(old_wim, volume, options=options), Events())
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=capture, args=(volume,))
        for volume in (large_volume, small_volume, large_volume)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    verify(old_wim)
    assert names_in(old_wim.parent) == {"win.wim"}
    assert not names_in(scratch)


def test_a_destination_on_the_source_is_refused(volume: Path) -> None:
    with mounted(volume) as point:
        (point / "old.wim").write_bytes(OLD)
        with pytest.raises(VolumeError, match="mounted on"):
            WimlibBackend().capture(request_for(point / "old.wim", volume), Events())
        assert (point / "old.wim").read_bytes() == OLD
        assert not [name for name in names_in(point) if "partial" in name]


@pytest.mark.parametrize("form", ["raw", "vhdx"])
def test_the_disk_as_destination_is_refused(small_volume: Path, tmp_path: Path, form: str) -> None:
    disks.need_disk_tools()
    disk = disks.make_gpt_disk(tmp_path / "disk.raw", [Slot(disks.BASIC, small_volume)])
    if form != "raw":
        disk = disks.converted(disk, form)
    before = disk.read_bytes()
    with pytest.raises(DestinationError) as caught:
        ts.capture_disks(disks.plan_to(disk), disk)
    assert caught.value.hint
    assert disk.read_bytes() == before
    assert not [name for name in names_in(tmp_path) if "partial" in name]


def test_the_timeout_of_the_step_itself_ends_the_capture(large_volume: Path, old_wim: Path) -> None:
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(old_wim), image_version="1", timeout=1
    )
    plan = ts.compile_plan(ts.TaskSequence(steps=[step]), {"_SMSTSInWinPE": "true"})
    options = attrs.evolve(QUICK, compression=Compression.SOLID)
    with pytest.raises(CaptureCancelled, match="time limit") as caught:
        ts.capture_volumes(plan, large_volume, options=options)
    assert caught.value.hresult == 0x800705B4
    assert old_wim.read_bytes() == OLD
    assert names_in(old_wim.parent) == {"win.wim"}
    assert not children()
