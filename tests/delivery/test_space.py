"""The estimate of a WIM's size, and the file systems that it is held against."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence.capture import space
from tasksequence.capture.destinations.local import LocalDestination
from tasksequence.capture.sources.mounts import file_system_of
from tasksequence.capture.space import SizeEstimate, check_space, estimate_size
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.errors import DestinationError
from tasksequence.request import CaptureOptions, Compression, ExclusionProfile, VolumeSource
from tests.support.captures import Events, needs_root, request_for
from tests.support.shares import verify
from tests.support.volumes import make_volume, need_tools, run

NONE = CaptureOptions(compression=Compression.NONE)
"""Low is a half of the data, high is all."""


def folder_source(folder: Path) -> VolumeSource:
    return VolumeSource(path=folder, is_folder=True)


def sparse(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


@contextmanager
def mounted_at(point: Path, *mount: str | Path) -> Iterator[Path]:
    point.mkdir()
    run("mount", *mount, point)
    try:
        yield point
    finally:
        run("umount", point)


@pytest.mark.wimlib
def test_holes_and_further_names_take_no_room(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    sparse(folder / "hole.bin", 4 << 40)
    (folder / "data.bin").write_bytes(os.urandom(1 << 20))
    before = estimate_size([folder_source(folder)], NONE)
    assert before.low < 2 << 20
    assert before.high > 4 << 40
    for number in range(5):
        (folder / f"name {number}").hardlink_to(folder / "data.bin")
    assert estimate_size([folder_source(folder)], NONE) == before
    (folder / "hole.bin").unlink()
    # What was refused for its holes is captured.
    sparse(folder / "hole.bin", 64 << 20)
    out = LocalDestination(str(tmp_path / "out.wim"), [], NONE)
    out.close()
    request = request_for(tmp_path / "out.wim", folder_source(folder))
    WimlibBackend().capture(request, Events())
    verify(tmp_path / "out.wim")


def test_what_a_profile_leaves_out_of_a_folder_is_not_counted(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("Data/Deep/a.bin", "Data/b.bin", "keep.bin", "x.tmp", "pagefile.sys"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a" * 100_000)
    source = folder_source(folder)
    assert estimate_size([source], NONE).data == 400_000
    profile = ExclusionProfile(exclude=("/data", "*.tmp"), keep=())
    options = attrs.evolve(NONE, exclusions=profile)
    assert estimate_size([source], options).data == 200_000


@pytest.mark.wimlib
def test_what_a_profile_leaves_out_of_a_volume_is_not_counted(tmp_path: Path) -> None:
    need_tools()
    files = {
        "Data/deep/a.bin": os.urandom(10 << 20),
        "keep.bin": os.urandom(6 << 20),
        "pagefile.sys": bytes(8 << 20),
    }
    source = VolumeSource(path=make_volume(tmp_path / "v.img", files, megabytes=48))
    plain = estimate_size([source], NONE)
    profile = ExclusionProfile(exclude=("/DATA", "/pagefile.sys"), keep=())
    less = estimate_size([source], attrs.evolve(NONE, exclusions=profile))
    assert plain.data - less.data == 10 << 20
    assert less.data >= 6 << 20


@needs_root
@pytest.mark.parametrize("checked", [True, False])
def test_a_late_delivery_that_cannot_fit_is_refused_before_it_begins(
    tmp_path: Path, checked: bool
) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.bin").write_bytes(os.urandom(3 << 20))
    wim = tmp_path / "finished.wim"
    run("wimlib-imagex", "capture", tmp_path / "files", wim)
    with mounted_at(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as disk:
        events = Events()
        options = CaptureOptions(check_space=checked)
        with pytest.raises(DestinationError, match="no space left") as caught:
            ts.deliver_wim(wim, str(disk / "out.wim"), options=options, on_event=events)
        assert caught.value.hresult == 0x80070070
        assert bool(events.progress) is not checked
        assert not list(disk.iterdir())


@needs_root
def test_the_file_system_of_a_folder_with_any_name_is_known(tmp_path: Path) -> None:
    for name in ("Büro", "two words", "back\\slash", "new\nline"):
        with mounted_at(tmp_path / name, "-t", "tmpfs", "tmpfs") as point:
            (point / "below").mkdir()
            assert file_system_of(str(point)) == file_system_of(str(point / "below")) == "tmpfs"
            assert file_system_of(f"{point}2") != "tmpfs"


def test_a_scratch_folder_on_fat32_has_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, high = 4200 << 20, 4300 << 20
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    kinds = {str(scratch): "vfat", str(tmp_path): "ext4"}
    monkeypatch.setattr(space, "file_system_of", kinds.__getitem__)
    destination = LocalDestination(
        str(tmp_path / "out.wim"), [], attrs.evolve(NONE, scratch=scratch)
    )
    try:
        if (destination.free_bytes() or 0) < 2 * high:
            pytest.skip("too little room for the check to be one of the file system alone")
        with pytest.raises(DestinationError, match="FAT32 takes no file") as caught:
            check_space(destination, SizeEstimate(high, low, high))
        assert caught.value.hresult == 0x800700DF
        assert caught.value.where == str(scratch)
        assert "--scratch" in (caught.value.hint or "")
        (warning,) = check_space(destination, SizeEstimate(high, 1, high))
        assert warning.startswith(f"{scratch}: FAT32 takes no file")
    finally:
        destination.close()
