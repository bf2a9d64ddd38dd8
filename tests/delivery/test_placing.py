"""How a finished WIM takes its place: at once, lasting, and nobody's file is lost by it."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

from tasksequence.capture.destinations import placing
from tasksequence.capture.destinations._rename import exchange
from tasksequence.capture.destinations.local import LocalDestination
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.errors import DestinationError
from tasksequence.request import CaptureEvent, CaptureOptions, Compression, Overwrite
from tests.support.captures import OLD, Events, names_in, needs_root, request_for
from tests.support.command_line import run as command
from tests.support.shares import verify
from tests.support.volumes import run

NEW = b"MSWIM\0\0\0" + b"the new image" * 1000
OTHER = b"MSWIM\0\0\0" + b"another run's image" * 1000
QUICK = CaptureOptions(compression=Compression.NONE, threads=1)
STAMPED = "win.20231114T221320Z.wim"


@pytest.fixture
def old_wim(tmp_path: Path) -> Path:
    path = tmp_path / "images" / "win.wim"
    path.parent.mkdir()
    path.write_bytes(OLD)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


@pytest.fixture
def finished(old_wim: Path) -> Path:
    path = old_wim.parent / ".finished"
    path.write_bytes(NEW)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def fails(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_file_of_another_run_that_comes_last_is_kept(
    old_wim: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after_another(one: str, two: str) -> bool:
        other = old_wim.with_name("other")
        other.write_bytes(OTHER)
        os.utime(other, (1_700_000_001, 1_700_000_001))
        other.replace(old_wim)
        return exchange(one, two)

    monkeypatch.setattr(placing, "exchange", after_another)
    placing.move_and_keep(str(finished), str(old_wim))
    assert contents(old_wim.parent) == {"win.wim": NEW, "win.20231114T221321Z.wim": OTHER}


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("has_exchange", [True, False])
def test_keeping_succeeds_on_any_file_system(
    old_wim: Path,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_links: bool,
    has_exchange: bool,
) -> None:
    if not has_links:
        monkeypatch.setattr(os, "link", fails(errno.EPERM))
    if not has_exchange:
        monkeypatch.setattr(placing, "exchange", lambda *_: False)
        monkeypatch.setattr(placing, "rename_to_free", lambda *_: False)
    (old_wim.parent / STAMPED).write_bytes(OTHER)
    placing.move_and_keep(str(finished), str(old_wim))
    assert contents(old_wim.parent) == {
        "win.wim": NEW,
        STAMPED: OTHER,
        "win.20231114T221320Z-2.wim": OLD,
    }


@pytest.mark.parametrize("way", ["exchange", "link", "rename"])
def test_a_failure_to_keep_leaves_the_old_one_in_its_place(
    old_wim: Path, finished: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "exchange":
        monkeypatch.setattr(placing, "exchange", fails(errno.EIO))
    else:
        monkeypatch.setattr(placing, "exchange", lambda *_: False)
        monkeypatch.setattr(os, "replace", fails(errno.EIO))
    if way == "rename":
        take = placing._take_free

        def take_free(file: str, name: str) -> None:
            if file == str(finished):
                raise OSError(errno.EIO, "Input/output error")
            take(file, name)

        monkeypatch.setattr(os, "link", fails(errno.EPERM))
        monkeypatch.setattr(placing, "_take_free", take_free)
    with pytest.raises(DestinationError) as caught:
        placing.move_and_keep(str(finished), str(old_wim))
    assert caught.value.hresult == 0x8007045D
    assert contents(old_wim.parent) == {"win.wim": OLD, ".finished": NEW}


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("has_rename", [True, False])
def test_a_file_that_came_last_is_never_replaced_where_that_is_refused(
    old_wim: Path,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_links: bool,
    has_rename: bool,
) -> None:
    if not has_rename:
        monkeypatch.setattr(placing, "rename_to_free", lambda *_: False)
    if not has_links:
        monkeypatch.setattr(os, "link", fails(errno.EPERM))
    with pytest.raises(DestinationError, match="overwriting was refused"):
        placing.move_to_free(str(finished), str(old_wim))
    assert contents(old_wim.parent) == {"win.wim": OLD, ".finished": NEW}
    old_wim.unlink()
    placing.move_to_free(str(finished), str(old_wim))
    assert contents(old_wim.parent) == {"win.wim": NEW}


@pytest.mark.parametrize("move", [placing.move_to_free, placing.move_and_keep])
def test_a_file_in_its_place_is_brought_to_the_disk_with_its_folder(
    old_wim: Path,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    move: Callable[[str, str], None],
) -> None:
    if move is placing.move_to_free:
        old_wim.unlink()
    seen: list[bytes] = []

    def look(descriptor: int) -> None:
        assert os.path.samestat(os.fstat(descriptor), old_wim.parent.stat())
        seen.append(old_wim.read_bytes())

    monkeypatch.setattr(os, "fsync", look)
    move(str(finished), str(old_wim))
    assert seen == [NEW]


@pytest.mark.parametrize(
    "move", [placing.move_to_free, placing.move_and_keep, placing.move_into_place]
)
def test_a_folder_is_no_old_image(
    old_wim: Path, finished: Path, move: Callable[[str, str], None]
) -> None:
    old_wim.unlink()
    old_wim.mkdir()
    with pytest.raises(DestinationError):
        move(str(finished), str(old_wim))
    assert names_in(old_wim.parent) == {"win.wim", ".finished"}
    assert old_wim.is_dir()


def test_what_hides_the_old_files_rights_is_told_in_words(
    old_wim: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "give_access", fails(errno.EIO))
    with pytest.raises(DestinationError):
        placing.move_to_free(str(finished), str(old_wim))


@pytest.mark.parametrize("number", [errno.EBUSY, errno.ETXTBSY, errno.EACCES])
def test_a_reader_on_a_mounted_share_is_named(
    old_wim: Path, finished: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A mounted share answers so where Windows would say that the file is in use."""
    monkeypatch.setattr(os, "replace", fails(number))
    with pytest.raises(DestinationError, match="in use") as caught:
        placing.move_into_place(str(finished), str(old_wim))
    assert caught.value.hresult == 0x80070020
    assert names_in(old_wim.parent) == {"win.wim", ".finished"}


@needs_root
@pytest.mark.wimlib
@pytest.mark.parametrize("overwrite", list(Overwrite))
@pytest.mark.parametrize("by_scratch", [False, True])
def test_a_finished_wim_that_cannot_take_its_place_stays(
    small_volume: Path, old_wim: Path, tmp_path: Path, overwrite: Overwrite, by_scratch: bool
) -> None:
    """The file becomes immutable, or comes, while the capture runs: no check before can know."""
    if overwrite is Overwrite.REFUSE:
        old_wim.unlink()
    with _until_the_end(old_wim) as come:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        options = attrs.evolve(QUICK, overwrite=overwrite, scratch=scratch if by_scratch else None)
        with pytest.raises(DestinationError) as caught:
            WimlibBackend().capture(request_for(old_wim, small_volume, options=options), come)
        assert old_wim.read_bytes() == OLD
        (kept,) = (scratch if by_scratch else old_wim.parent).glob("*.finished.wim")
        assert names_in(old_wim.parent) | names_in(scratch) == {"win.wim", kept.name}
    verify(kept)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert str(kept) in (caught.value.hint or "")
    # What the hint says brings it there.
    if overwrite is Overwrite.REFUSE:
        old_wim.unlink()
    said = shlex.split((caught.value.hint or "").rpartition("Deliver it later with: ")[2])
    done = command(*said[1:])
    assert done.returncode == 0, done.stderr
    assert old_wim.read_bytes() == kept.read_bytes()
    # The next capture makes it needless.
    options = attrs.evolve(options, overwrite=Overwrite.REPLACE)
    WimlibBackend().capture(request_for(old_wim, small_volume, options=options), Events())
    assert not kept.exists()


@contextmanager
def _until_the_end(path: Path) -> Iterator[Callable[[CaptureEvent], None]]:
    """Let a file become immutable as soon as a capture tells of anything."""
    came: list[Path] = []

    def come(_: CaptureEvent) -> None:
        if not came:
            path.write_bytes(OLD)
            os.utime(path, (1_700_000_000, 1_700_000_000))
            if subprocess.run(["chattr", "+i", path], check=False, capture_output=True).returncode:
                pytest.skip("no immutable files on this file system")
            came.append(path)

    try:
        yield come
    finally:
        if came:
            run("chattr", "-i", path)


@needs_root
def test_a_full_destination_behind_a_scratch_folder_costs_no_finished_wim(tmp_path: Path) -> None:
    disk, scratch = tmp_path / "disk", tmp_path / "scratch"
    for folder in (disk, scratch):
        folder.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk)
    try:
        destination = LocalDestination(
            str(disk / "win.wim"), [], attrs.evolve(QUICK, scratch=scratch)
        )
        Path(destination.partial).write_bytes(NEW * 200)
        with pytest.raises(DestinationError, match="no space left") as caught:
            destination.deliver(lambda _phase, _done, _total: None)
        destination.close()
        assert not names_in(disk)
        (kept,) = scratch.iterdir()
        assert kept.read_bytes() == NEW * 200
        assert str(kept) in (caught.value.hint or "")
    finally:
        run("umount", disk)


@needs_root
@pytest.mark.parametrize("overwrite", [Overwrite.REPLACE, Overwrite.KEEP])
def test_a_protected_file_is_seen_before_the_capture(old_wim: Path, overwrite: Overwrite) -> None:
    options = attrs.evolve(QUICK, overwrite=overwrite)
    LocalDestination(str(old_wim), [], options).close()
    if subprocess.run(["chattr", "+i", old_wim], check=False, capture_output=True).returncode:
        pytest.skip("no immutable files on this file system")
    try:
        with pytest.raises(DestinationError, match="may not be replaced") as caught:
            LocalDestination(str(old_wim), [], options)
    finally:
        run("chattr", "-i", old_wim)
    assert caught.value.hresult == 0x80070005
    assert "chattr" in (caught.value.hint or "")
    assert contents(old_wim.parent) == {"win.wim": OLD}


@needs_root
def test_another_accounts_file_in_a_sticky_folder_is_seen_before_the_capture() -> None:
    # Folders of pytest let no other account through.
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o1777)
        path = Path(parent, "win.wim")
        path.write_bytes(OLD)
        code = (
            "import os, sys\n"
            "from tasksequence.capture.destinations.placing import check_replaceable\n"
            "from tasksequence.errors import DestinationError\n"
            "check_replaceable(sys.argv[1] + '.absent')\n"
            "os.setgroups([])\n"
            "os.setgid(1000)\n"
            "os.setuid(1000)\n"
            "try:\n"
            "    check_replaceable(sys.argv[1])\n"
            "except DestinationError as error:\n"
            "    print(error.hint, flush=True)\n"
            "os._exit(0)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, path], check=True, capture_output=True, text=True
        )
        assert "sticky" in done.stdout
        assert path.read_bytes() == OLD
