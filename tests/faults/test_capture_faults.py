"""Captures that go wrong: what is said, and that an old WIM is bit for bit as it was."""

from __future__ import annotations

import os
import re
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasksequence.capture.wimlib import process as worker_process
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.capture.wimlib.ffi import LIBRARY_VARIABLE
from tasksequence.errors import (
    BackendUnavailable,
    CaptureCancelled,
    CaptureError,
    DestinationError,
    VolumeError,
)
from tasksequence.request import (
    CaptureEvent,
    CaptureOptions,
    CaptureRequest,
    ImageMetadata,
    OmissionReason,
    Phase,
    Progress,
    VolumeSource,
)
from tests.support.captures import (
    OLD,
    Events,
    children,
    descriptors,
    is_alive,
    names_in,
    needs_root,
    request_for,
)
from tests.support.volumes import (
    make_volume,
    mark_dirty,
    mark_encrypted,
    memory_disk,
    mounted,
    need_tools,
    run,
    set_extended_attribute,
    time_out,
)

pytestmark = pytest.mark.wimlib

PATIENCE = 30.0
"""Seconds within which anything here has to be over, on a slow machine too."""


@pytest.fixture
def old_wim(tmp_path: Path) -> Path:
    """A destination that exists, in a folder of its own."""
    path = tmp_path / "images" / "Büild 1.wim"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


def assert_untouched(old: Path) -> None:
    """The old file is as it was, and nothing else is there; no process, no descriptor."""
    assert old.read_bytes() == OLD
    assert names_in(old.parent) == {old.name}
    assert not children()


def fail(request: CaptureRequest, kind: type[CaptureError], problem: str) -> CaptureError:
    """Capture, and return the error of the given kind that it ends with."""
    before = descriptors()
    with pytest.raises(kind, match=problem) as caught:
        WimlibBackend().capture(request, Events())
    assert type(caught.value) is kind
    assert descriptors() == before
    return caught.value


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


# Volumes


def boot_sector(path: Path, *pieces: tuple[int, bytes]) -> None:
    """Make a file of 1 MB that starts with the given bytes."""
    with path.open("wb") as file:
        file.truncate(1 << 20)
        for offset, data in pieces:
            file.seek(offset)
            file.write(data)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_character_device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def make_fat32(path: Path) -> None:
    boot_sector(path, (3, b"mkfs.fat"), (0x52, b"FAT32   "), (510, b"\x55\xaa"))


def make_bitlocker(path: Path) -> None:
    boot_sector(path, (3, b"-FVE-FS-"), (510, b"\x55\xaa"))


def make_disk(path: Path) -> None:
    boot_sector(path, (510, b"\x55\xaa"), (512, b"EFI PART"))


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def hibernate(path: Path) -> None:
    with mounted(path) as root:
        (root / "hiberfil.sys").write_bytes(b"hibr" + bytes(8188))


def lose_the_table(path: Path) -> None:
    with path.open("r+b") as file:
        boot = file.read(512)
        file.seek(struct.unpack_from("<Q", boot, 0x30)[0] * 4096)
        file.write(bytes(4096))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (Path.unlink, "no such volume"),
        (make_folder, "folder"),
        (make_pipe, "neither a file nor a block device"),
        (make_character_device, "neither a file nor a block device"),
        (make_fat32, "FAT32"),
        (make_bitlocker, "BitLocker"),
        (make_disk, "whole disk"),
        (truncate, "cut off"),
        (hibernate, "hibernated"),
        (lose_the_table, "master file table"),
    ],
)
def test_a_volume_that_cannot_be_captured_is_refused(
    volume: Path, old_wim: Path, damage: Callable[[Path], None], problem: str
) -> None:
    damage(volume)
    with time_out(int(PATIENCE)):
        error = fail(request_for(old_wim, volume), VolumeError, problem)
    assert error.where == str(volume)
    assert error.hint
    assert_untouched(old_wim)


def test_one_bad_volume_among_good_ones_refuses_all(
    small_volume: Path, volume: Path, old_wim: Path
) -> None:
    hibernate(volume)
    fail(request_for(old_wim, small_volume, volume), VolumeError, "hibernated")
    assert_untouched(old_wim)


def test_a_mounted_volume_is_refused(volume: Path, old_wim: Path) -> None:
    with mounted(volume) as point:
        error = fail(request_for(old_wim, volume), VolumeError, f"mounted on {point}")
        assert "umount" in (error.hint or "")
    assert_untouched(old_wim)


def test_a_volume_that_gets_mounted_meanwhile_is_refused(large_volume: Path, old_wim: Path) -> None:
    point = old_wim.parent.parent / "point"
    point.mkdir()

    def mount(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.WRITE and not point.is_mount():
            run("ntfs-3g", "-o", "ro", large_volume, point)

    try:
        with pytest.raises(VolumeError, match="mounted on"):
            WimlibBackend().capture(request_for(old_wim, large_volume), mount)
    finally:
        run("umount", point)
    assert_untouched(old_wim)


@pytest.mark.parametrize("link", [None, os.link, os.symlink])
def test_the_same_volume_twice_is_refused(
    volume: Path, old_wim: Path, link: Callable[[Path, Path], None] | None
) -> None:
    other = volume
    if link is not None:
        other = volume.with_name("other.img")
        link(volume, other)
    fail(request_for(old_wim, volume, other), VolumeError, "named twice")
    assert_untouched(old_wim)


def test_a_dirty_volume_is_refused(volume: Path, old_wim: Path) -> None:
    mark_dirty(volume)
    error = fail(request_for(old_wim, volume), VolumeError, "dirty")
    assert error.hint is not None
    assert "chkdsk" in error.hint
    assert_untouched(old_wim)


def test_a_dirty_volume_is_captured_with_a_warning_on_request(volume: Path, tmp_path: Path) -> None:
    mark_dirty(volume)
    events = Events()
    options = CaptureOptions(threads=2, allow_dirty=True)
    request = request_for(tmp_path / "out.wim", volume, options=options)
    result = WimlibBackend().capture(request, events)
    assert result.verified
    assert any("dirty" in message for message in events.warnings)


def test_a_damaged_folder_fails_with_libwims_own_words(volume: Path, old_wim: Path) -> None:
    """The root folder's index is overwritten: the MFT is sound, the tree is not."""
    with mounted(volume) as root:
        for number in range(200):
            (root / f"file number {number}").touch()
    raw = volume.read_bytes()
    assert b"INDX" in raw
    volume.write_bytes(raw.replace(b"INDX", b"XXXX"))
    error = fail(request_for(old_wim, volume), VolumeError, "libwim error")
    assert error.where == str(volume)
    assert_untouched(old_wim)


# What is left out


def test_what_no_image_takes_is_counted_by_reason(volume: Path, tmp_path: Path) -> None:
    with mounted(volume) as root:
        for name in ("Docs", "System Volume Information", "Locked/inner"):
            (root / name).mkdir(parents=True)
        for name in (
            "Docs/gehëim 1.txt",
            "Docs/ea.bin",
            "Locked/open.txt",
            "Locked/inner/ea.bin",
            "System Volume Information/ea.bin",
            "pagefile.sys",
        ):
            (root / name).write_bytes(b"x" * 2000)
            if name.endswith("ea.bin"):
                set_extended_attribute(root / name)
    mark_encrypted(volume, "Docs/gehëim 1.txt")
    mark_encrypted(volume, "Locked")
    result = WimlibBackend().capture(request_for(tmp_path / "out.wim", volume), Events())
    omitted = {omission.reason: omission for omission in result.omissions}
    listing = run("wimlib-imagex", "dir", tmp_path / "out.wim", "1").splitlines()

    encrypted = {"/Docs/gehëim 1.txt"}
    if "/Locked" not in listing:
        encrypted |= {"/Locked", "/Locked/open.txt", "/Locked/inner", "/Locked/inner/ea.bin"}
    assert set(omitted[OmissionReason.ENCRYPTED].paths) == encrypted
    assert omitted[OmissionReason.ENCRYPTED].count == len(encrypted)
    assert set(omitted[OmissionReason.EXCLUDED].paths) == {
        "/pagefile.sys",
        "/System Volume Information",
    }
    assert "/Docs/ea.bin" in omitted[OmissionReason.EXTENDED_ATTRIBUTES].paths
    assert "/System Volume Information/ea.bin" not in (
        omitted[OmissionReason.EXTENDED_ATTRIBUTES].paths
    )
    assert not encrypted & set(listing)
    assert all(omission.volume == volume for omission in result.omissions)


def test_paths_are_cut_at_a_thousand_and_the_count_is_not(tmp_path: Path) -> None:
    need_tools()
    path = make_volume(tmp_path / "v.img", megabytes=16)
    with mounted(path) as root:
        for number in range(1100):
            (root / f"{number}.bin").touch()
            set_extended_attribute(root / f"{number}.bin")
    (omission,) = WimlibBackend().capture(request_for(tmp_path / "o.wim", path), Events()).omissions
    assert omission.reason is OmissionReason.EXTENDED_ATTRIBUTES
    assert omission.count == 1100
    assert len(omission.paths) == len(set(omission.paths)) == 1000


# Results


def test_two_volumes_share_data_that_counts_once(tmp_path: Path) -> None:
    need_tools()
    shared, first, second = os.urandom(200_000), os.urandom(50_000), os.urandom(30_000)
    one = make_volume(tmp_path / "one.img", {"s.bin": shared, "t.bin": shared, "f.bin": first})
    two = make_volume(tmp_path / "two.img", {"s.bin": shared, "g.bin": second})
    destination = tmp_path / "out put" / "Bild ü.wim"
    destination.parent.mkdir()
    metadata = ImageMetadata(creator="Jö <&>", description="two\nlines", version="1.0")
    request = request_for(destination, one, two, metadata=metadata)
    result = WimlibBackend().capture(request, Events())

    assert result.destination == destination
    assert result.file_bytes == destination.stat().st_size
    assert result.verified
    assert [image.name for image in result.images] == ["Windows", "Windows (2)"]
    assert [image.files for image in result.images] == [3, 2]
    assert [image.bytes for image in result.images] == [450_000, 230_000]
    assert [image.stored_bytes for image in result.images] == [250_000, 30_000]
    run("wimlib-imagex", "verify", destination)
    xml = subprocess.run(
        ["wimlib-imagex", "info", "--xml", destination], capture_output=True, check=True
    ).stdout.decode("utf-16")
    assert xml.count("<CREATOR>Jö &lt;&amp;&gt;</CREATOR><VERSION>1.0</VERSION>") == 2
    assert xml.count("<DESCRIPTION>two") == 2


def test_a_written_image_gives_the_files_back(tmp_path: Path) -> None:
    need_tools()
    files = {"Ordner/Datei ü.txt": os.urandom(70_000), "leer.txt": b""}
    volume = make_volume(tmp_path / "v.img", files)
    WimlibBackend().capture(request_for(tmp_path / "o.wim", volume), Events())
    run("wimlib-imagex", "apply", tmp_path / "o.wim", "1", tmp_path / "applied")
    for name, content in files.items():
        assert (tmp_path / "applied" / name).read_bytes() == content


def test_an_old_wim_is_replaced_whole(small_volume: Path, old_wim: Path) -> None:
    result = WimlibBackend().capture(request_for(old_wim, small_volume), Events())
    assert old_wim.read_bytes()[:8] == b"MSWIM\0\0\0"
    assert result.file_bytes == old_wim.stat().st_size
    assert names_in(old_wim.parent) == {old_wim.name}


def test_a_volume_without_any_data_is_captured(tmp_path: Path) -> None:
    need_tools()
    volume = make_volume(tmp_path / "v.img", {"empty.txt": b""})
    events = Events()
    (image,) = WimlibBackend().capture(request_for(tmp_path / "o.wim", volume), events).images
    assert (image.files, image.bytes, image.stored_bytes) == (1, 0, 0)
    assert events.progress[-1].overall == 1.0


def test_names_that_are_no_text_come_back_as_they_were(volume: Path, tmp_path: Path) -> None:
    """A path may hold any bytes, those of terminal sequences and of other encodings too."""
    named = volume.rename(tmp_path / os.fsdecode(b"v\xe9 \x1b[31m\r\n.img"))
    folder = tmp_path / os.fsdecode(b"f\xff")
    folder.mkdir()
    destination = folder / os.fsdecode(b"\xe9\n\x1b.wim")
    with mounted(named) as root:
        (root / "pagefile.sys").write_bytes(b"x")
    mark_dirty(named)
    events = Events()
    options = CaptureOptions(threads=2, allow_dirty=True)
    result = WimlibBackend().capture(request_for(destination, named, options=options), events)
    assert result.destination == destination
    assert [image.volume for image in result.images] == [named]
    assert [omission.volume for omission in result.omissions] == [named]
    assert any(message.startswith(f"{named}: ") for message in events.warnings)
    assert names_in(folder) == {destination.name}
    truncate(named)
    assert fail(request_for(destination, named), VolumeError, "cut off").where == str(named)
    lose_the_table(named)
    with named.open("r+b") as file:
        file.truncate(8 << 20)
    error = fail(request_for(destination, named), VolumeError, "master file table")
    assert error.where == str(named)


def test_a_new_wim_gets_the_usual_permissions(small_volume: Path, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        WimlibBackend().capture(request_for(tmp_path / "out.wim", small_volume), Events())
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.wim").stat().st_mode) == 0o640


@needs_root
def test_a_replaced_wim_keeps_permissions_and_owner(small_volume: Path, old_wim: Path) -> None:
    old_wim.chmod(0o640)
    os.chown(old_wim, 1000, 1000)
    seen: list[int] = []

    def look(event: CaptureEvent) -> None:
        unfinished = names_in(old_wim.parent) - {old_wim.name}
        seen.extend(stat.S_IMODE((old_wim.parent / name).stat().st_mode) for name in unfinished)

    WimlibBackend().capture(request_for(old_wim, small_volume), look)
    assert set(seen) == {0o600}
    status = old_wim.stat()
    assert old_wim.read_bytes() != OLD
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 1000, 1000)


@needs_root
def test_a_folder_that_cannot_be_read_takes_a_wim(tmp_path: Path) -> None:
    """Its owner may write there (mode 0300), and cannot open it to bring it to the disk."""
    # Folders of pytest let no other account through; nor need this Python, for a worker.
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent, "folder")
        folder.mkdir()
        (folder / "partial").write_bytes(b"new")
        (folder / "out.wim").write_bytes(OLD)
        for path in (folder, *folder.iterdir()):
            os.chown(path, 1000, 1000)
        folder.chmod(0o300)
        code = (
            "from tasksequence.capture.destinations.placing import move_into_place\n"
            "os.setgroups([])\n"
            "os.setgid(1000)\n"
            "os.setuid(1000)\n"
            "move_into_place(sys.argv[2], sys.argv[1])\n"
            "print('moved', flush=True)\n"
            # What measures coverage could not write its data as this account.
            "os._exit(0)\n"
        )
        with script(code, folder / "out.wim", folder / "partial") as process:
            output, _ = process.communicate(timeout=PATIENCE)
        assert output == "moved\n"
        assert names_in(folder) == {"out.wim"}
        assert (folder / "out.wim").read_bytes() == b"new"


def test_a_folder_that_cannot_be_synchronised_is_no_failure(
    small_volume: Path, old_wim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", refuse)
    before = descriptors()
    assert WimlibBackend().capture(request_for(old_wim, small_volume), Events()).verified
    assert descriptors() == before
    assert old_wim.read_bytes() != OLD


def test_a_destination_that_became_a_folder_keeps_it(small_volume: Path, old_wim: Path) -> None:
    def make_way(event: CaptureEvent) -> None:
        if old_wim.is_file():
            old_wim.unlink()
            old_wim.mkdir()

    before = descriptors()
    with pytest.raises(DestinationError, match="Is a directory"):
        WimlibBackend().capture(request_for(old_wim, small_volume), make_way)
    (finished,) = names_in(old_wim.parent) - {old_wim.name}
    assert finished.endswith(".finished.wim")
    assert descriptors() == before


# Destinations


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing/out.wim", "^there is no folder .*/missing$"),
        ("", "^the destination is empty$"),
        ("/", "^the destination is a folder$"),
        (r"\\server\share\out.wim", "^the share needs an account$"),
        ("C:/out.wim", "^this is a path of Windows$"),
    ],
)
def test_an_impossible_destination_is_refused(
    small_volume: Path, tmp_path: Path, name: str, problem: str
) -> None:
    text = str(tmp_path / name) if name == "missing/out.wim" else name
    with pytest.raises(DestinationError) as caught:
        WimlibBackend().capture(request_for(text, small_volume), Events())
    assert re.search(problem, caught.value.problem)
    assert caught.value.where == (text or None)
    assert not names_in(tmp_path)


def test_a_file_that_is_no_wim_stays(small_volume: Path, old_wim: Path) -> None:
    old_wim.write_bytes(b"letters to Anna")
    fail(request_for(old_wim, small_volume), DestinationError, "exists and is no WIM")
    assert old_wim.read_bytes() == b"letters to Anna"
    assert names_in(old_wim.parent) == {old_wim.name}


def test_the_volume_as_destination_is_refused(volume: Path) -> None:
    before = volume.read_bytes()
    fail(request_for(volume, volume), DestinationError, "volume that is to be captured")
    assert volume.read_bytes() == before


def test_a_full_destination_says_so_and_keeps_the_old_wim(
    large_volume: Path, tmp_path: Path
) -> None:
    with memory_disk(tmp_path / "full", "4m") as disk:
        old = disk / "out.wim"
        old.write_bytes(OLD)
        options = CaptureOptions(threads=2, check_space=False)
        error = fail(
            request_for(old, large_volume, options=options), DestinationError, "no space left"
        )
        assert error.where == str(old)
        assert "Free space" in (error.hint or "")
        assert_untouched(old)


def test_a_read_only_destination_is_refused_at_once(small_volume: Path, tmp_path: Path) -> None:
    with memory_disk(tmp_path / "readonly", "4m") as disk:
        old = disk / "out.wim"
        old.write_bytes(OLD)
        run("mount", "-o", "remount,ro", disk)
        fail(request_for(old, small_volume), DestinationError, "read-only")
        assert_untouched(old)


def test_a_file_size_limit_is_named(large_volume: Path, old_wim: Path, tmp_path: Path) -> None:
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try:\n"
        "    WimlibBackend().capture(request, print)\n"
        "except DestinationError as error:\n"
        "    print(error)\n"
    )
    with script(code, old_wim, large_volume) as process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert "File too large" in output
    assert_untouched(old_wim)


# libwim and its process


@pytest.mark.parametrize("library", ["/nowhere/libwim.so", "libc.so.6"])
def test_a_missing_libwim_is_named(
    small_volume: Path, old_wim: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, library)
    error = fail(request_for(old_wim, small_volume), BackendUnavailable, "libwim")
    assert error.hint
    assert_untouched(old_wim)


def test_a_negative_number_of_threads_is_refused(small_volume: Path, old_wim: Path) -> None:
    fail(
        request_for(old_wim, small_volume, options=CaptureOptions(threads=-1)),
        CaptureError,
        "-1 threads",
    )
    assert_untouched(old_wim)


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), -1.0, 10**400])
def test_a_time_limit_that_is_none_is_refused(
    small_volume: Path, old_wim: Path, limit: float
) -> None:
    options = CaptureOptions(timeout=limit)
    error = fail(
        request_for(old_wim, small_volume, options=options), CaptureError, "no finite number"
    )
    assert "seconds" in (error.hint or "")
    assert_untouched(old_wim)


def test_a_limit_of_no_time_is_over_at_once(small_volume: Path, old_wim: Path) -> None:
    options = CaptureOptions(timeout=0)
    fail(request_for(old_wim, small_volume, options=options), CaptureCancelled, "time limit")
    assert_untouched(old_wim)


@pytest.mark.parametrize("limit", [2_147_484, 4_294_967_295, 1e300])
def test_a_limit_of_years_is_no_obstacle(small_volume: Path, tmp_path: Path, limit: float) -> None:
    options = CaptureOptions(timeout=limit)
    request = request_for(tmp_path / "out.wim", small_volume, options=options)
    assert WimlibBackend().capture(request, Events()).verified


@pytest.mark.parametrize("field", ["creator", "description", "version"])
def test_text_that_no_wim_can_hold_is_refused(
    small_volume: Path, old_wim: Path, field: str
) -> None:
    metadata = ImageMetadata(**{field: "bell \x07"})
    fail(request_for(old_wim, small_volume, metadata=metadata), CaptureError, r"U\+0007")
    named = VolumeSource(path=small_volume, image_name="\x00")
    fail(request_for(old_wim, named), CaptureError, r"U\+0000")
    assert_untouched(old_wim)


def signal_worker(number: int) -> Callable[[CaptureEvent], None]:
    """Return a handler that sends a signal to the worker once, when it begins to write."""
    sent: list[int] = []

    def send(event: CaptureEvent) -> None:
        if not sent and isinstance(event, Progress) and event.phase is Phase.WRITE:
            (worker,) = children()
            sent.append(worker)
            os.kill(worker, number)

    return send


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_worker_that_dies_is_named_by_its_signal(
    large_volume: Path, old_wim: Path, number: signal.Signals
) -> None:
    before = descriptors()
    with pytest.raises(CaptureError, match=f"killed by {number.name}"):
        WimlibBackend().capture(request_for(old_wim, large_volume), signal_worker(number))
    assert descriptors() == before
    assert_untouched(old_wim)


def test_a_worker_that_hangs_is_ended_by_the_time_limit(
    large_volume: Path, old_wim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "_GRACE", 0.5)
    before = descriptors()
    options = CaptureOptions(timeout=2.0)
    with pytest.raises(CaptureCancelled, match="time limit"):
        WimlibBackend().capture(
            request_for(old_wim, large_volume, options=options), signal_worker(signal.SIGSTOP)
        )
    assert descriptors() == before
    assert_untouched(old_wim)


def test_a_time_limit_ends_a_healthy_capture(large_volume: Path, old_wim: Path) -> None:
    fail(
        request_for(old_wim, large_volume, options=CaptureOptions(timeout=0.2)),
        CaptureCancelled,
        "time limit",
    )
    assert_untouched(old_wim)


@pytest.mark.parametrize("kind", [ZeroDivisionError, KeyboardInterrupt])
def test_an_exception_of_the_handler_cancels_at_once(
    large_volume: Path, old_wim: Path, kind: type[BaseException]
) -> None:
    def refuse(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.WRITE:
            raise kind

    before = descriptors()
    started = time.monotonic()
    with pytest.raises(kind):
        WimlibBackend().capture(request_for(old_wim, large_volume), refuse)
    assert time.monotonic() - started < PATIENCE
    assert descriptors() == before
    assert_untouched(old_wim)


# The process that captures


@contextmanager
def script(code: str, destination: Path, *volumes: Path) -> Iterator[subprocess.Popen[str]]:
    """Run code in a Python of its own, in a process group of its own, like a shell would."""
    prologue = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tasksequence.capture.wimlib.backend import WimlibBackend\n"
        "from tasksequence.errors import *\n"
        "from tasksequence.request import *\n"
        "from tests.support.captures import children, request_for, stop\n"
        "request = request_for(*map(Path, sys.argv[1:]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", prologue + code, destination, *volumes],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
        cwd=Path(__file__).parents[2],
    ) as process:
        yield process


@pytest.mark.parametrize("closed", ["<&- >&-", "<&- >&- 2>&-"])
def test_a_process_without_standard_streams_captures(
    small_volume: Path, old_wim: Path, closed: str
) -> None:
    code = (
        "from pathlib import Path\n"
        "import sys\n"
        "from tasksequence.capture.wimlib.backend import WimlibBackend\n"
        "from tests.support.captures import request_for\n"
        "WimlibBackend().capture(request_for(*map(Path, sys.argv[1:])), lambda event: None)\n"
    )
    command = [sys.executable, "-c", code, str(old_wim), str(small_volume)]
    subprocess.run(
        ["bash", "-c", f'exec "$@" {closed}', "bash", *command],
        cwd=Path(__file__).parents[2],
        timeout=PATIENCE,
        check=True,
    )
    assert old_wim.read_bytes() != OLD
    assert names_in(old_wim.parent) == {old_wim.name}


WHEN_WRITING = (
    "def handler(event):\n"
    "    if isinstance(event, Progress) and event.phase is Phase.WRITE:\n"
    "        ACTION\n"
    "WimlibBackend().capture(request, handler)\n"
)


def test_a_killed_parent_takes_worker_and_file_with_it(large_volume: Path, old_wim: Path) -> None:
    action = "print(*children(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    with script(WHEN_WRITING.replace("ACTION", action), old_wim, large_volume) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        assert process.wait(PATIENCE) == -signal.SIGKILL
    wait_for(lambda: not is_alive(worker))
    assert_untouched(old_wim)


def test_what_a_killed_run_left_behind_goes_with_the_next(
    large_volume: Path, small_volume: Path, old_wim: Path
) -> None:
    action = (
        "stop(*children()); print(*children(), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    with script(WHEN_WRITING.replace("ACTION", action), old_wim, large_volume) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline())
        process.wait(PATIENCE)
    try:
        left = names_in(old_wim.parent) - {old_wim.name}
        assert len(left) == 1

        # The stopped worker still holds its file: a capture to the same place leaves it alone.
        WimlibBackend().capture(request_for(old_wim, small_volume), Events())
        assert names_in(old_wim.parent) == {old_wim.name, *left}
    finally:
        os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not is_alive(worker))
    WimlibBackend().capture(request_for(old_wim, small_volume), Events())
    assert names_in(old_wim.parent) == {old_wim.name}


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_ends_it_within_seconds(large_volume: Path, old_wim: Path, times: int) -> None:
    action = "print('writing', *children(), flush=True)"
    with script(WHEN_WRITING.replace("ACTION", action), old_wim, large_volume) as process:
        assert process.stdout is not None
        worker = int(process.stdout.readline().split()[1])
        started = time.monotonic()
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE)
    assert "KeyboardInterrupt" in output
    assert process.returncode != 0
    assert time.monotonic() - started < PATIENCE
    wait_for(lambda: not is_alive(worker))
    assert_untouched(old_wim)
