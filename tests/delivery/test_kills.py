"""Captures to a share that are killed at random moments, and sources that cannot be read."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.capture.sources.mounts import mount_points_below
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.errors import VolumeError
from tests.support import disks
from tests.support.captures import OLD, Events, is_alive, names_in, processes_below
from tests.support.disks import Slot
from tests.support.patience import PATIENCE
from tests.support.shares import (
    PASSWORD,
    assert_untouched,
    capture_arguments,
    put_old,
    sequence_for,
    share_request,
    verify,
)
from tests.support.volumes import make_volume, need_tools

pytestmark = pytest.mark.wimlib

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class Killing:
    """Captures of one disk or volume to one share, killed at random moments."""

    def __init__(self, share: SambaShare, folder: Path, source: Path, kind: str) -> None:
        self.share, self.source, self.kind = share, source, kind
        self.sequence = sequence_for(share, folder / "sequence.zip")
        self.scratch, self.temp = folder / "scratch", folder / "temp"
        self.temp.mkdir()

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tasksequence"),
                *capture_arguments(
                    self.share, self.scratch, self.sequence, self.source, kind=self.kind
                ),
                *("--secret", "OSDCaptureAccountPassword=env:SECRET", "--quiet"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "SECRET": PASSWORD,
                "TMPDIR": str(self.temp),
                "PYTHONFAULTHANDLER": "1",
            },
        )

    @staticmethod
    def errors_of(process: subprocess.Popen[str]) -> str:
        """Wait for the end of a capture and return what it said; one that hangs says where."""
        try:
            return process.communicate(timeout=PATIENCE)[1]
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            stacks = process.communicate()[1]
        pytest.fail(f"the capture does not end:\n{stacks}")

    def capture(self) -> None:
        """Capture to the end; nothing of earlier runs is left then."""
        process = self.start()
        errors = self.errors_of(process)
        assert process.returncode == 0, errors
        verify(self.share.folder / "out.wim")
        assert names_in(self.share.folder) == {"out.wim"}
        assert not names_in(self.scratch)
        assert not names_in(self.temp)
        assert not mount_points_below(str(self.temp))

    def kill(self, times: int, seed: int) -> dict[str, int]:
        """Kill captures, and see after each that the old image is whole; return what happened."""
        chance = random.Random(seed)
        begun = time.monotonic()
        self.capture()
        whole = time.monotonic() - begun
        old = put_old(self.share)
        seen = {"killed": 0, "finished": 0}
        for number in range(times):
            kind = SIGNALS[number % len(SIGNALS)]
            before = names_in(self.share.folder)
            process = self.start()
            moment = chance.uniform(0.0, whole)
            time.sleep(moment)
            if process.poll() is not None:
                # The machine has become faster than it was at the first one.
                whole = moment
            others = processes_below(process.pid)
            process.send_signal(kind)
            errors = self.errors_of(process)
            # Ctrl-C before Python has come to the program's first line is Python's own affair.
            assert "Traceback" not in errors or kind is signal.SIGINT, errors
            end = time.monotonic() + PATIENCE
            while any(is_alive(pid) for pid in others):
                assert time.monotonic() < end, f"a process outlives {kind.name}"
                time.sleep(0.02)
            if old.read_bytes() == OLD:
                seen["killed"] += 1
                if kind is not signal.SIGKILL:
                    # What a SIGKILL left before, it may not have come to clear up.
                    assert names_in(self.share.folder) <= before, kind.name
            else:
                # It was through already: then the new one is whole.
                verify(old)
                seen["finished"] += 1
                put_old(self.share)
        self.capture()
        return seen


@pytest.fixture(params=["--volume", "--disk"])
def killing(
    request: pytest.FixtureRequest,
    share: SambaShare,
    scratch: Path,
    large_volume: Path,
    tmp_path: Path,
) -> Killing:
    source = large_volume
    if request.param == "--disk":
        disks.need_disk_tools()
        disk = disks.make_gpt_disk(tmp_path / "disk.raw", [Slot(disks.BASIC, large_volume)])
        source = disks.converted(disk, "vhdx")
    assert scratch.parent == tmp_path
    return Killing(share, tmp_path, source, request.param)


def test_killed_captures_leave_the_old_image_and_nothing_after_the_next(killing: Killing) -> None:
    assert killing.kill(5, seed=random.randrange(1 << 30))["killed"]


@pytest.mark.deep
def test_fifty_kills(killing: Killing) -> None:
    assert killing.kill(50, seed=random.randrange(1 << 30))["killed"] >= 20


@contextmanager
def unreadable_at(image: Path, offset: int, point: Path) -> Iterator[Path]:
    """Show an image as a file of which one sector cannot be read (EIO), by QEMU's blkdebug."""
    program = shutil.which("qemu-storage-daemon")
    if program is None or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("needs qemu-storage-daemon (apt install qemu-system-common) and FUSE")
    point.touch()
    daemon = subprocess.Popen(
        [
            program,
            *("--blockdev", f"driver=file,node-name=file,filename={image},read-only=on"),
            *(
                "--blockdev",
                "driver=blkdebug,node-name=debug,image=file,read-only=on,"
                "inject-error.0.event=none,inject-error.0.iotype=read,inject-error.0.errno=5,"
                f"inject-error.0.sector={offset // 512}",
            ),
            *("--blockdev", "driver=raw,node-name=raw,file=debug,read-only=on"),
            *("--export", f"type=fuse,id=e,node-name=raw,mountpoint={point},writable=off"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        end = time.monotonic() + PATIENCE
        while point.stat().st_size != image.stat().st_size:
            if daemon.poll() is not None or time.monotonic() > end:
                daemon.kill()
                pytest.skip(f"no FUSE export here: {daemon.communicate()[1]}")
            time.sleep(0.02)
        yield point
    finally:
        daemon.terminate()
        daemon.communicate(timeout=PATIENCE)


def test_a_read_error_on_the_source_keeps_the_old_image(
    share: SambaShare, scratch: Path, tmp_path: Path
) -> None:
    need_tools()
    marker = b"here it breaks " * 100
    files = {"a.bin": os.urandom(1 << 20), "bad.bin": marker * 200}
    image = make_volume(tmp_path / "bad.img", files, megabytes=16)
    offset = image.read_bytes().index(marker) + (64 << 10)
    put_old(share)
    with (
        unreadable_at(image, offset, tmp_path / "shown.img") as volume,
        pytest.raises(VolumeError, match="cannot be read") as caught,
    ):
        WimlibBackend().capture(share_request(share, scratch, volume), Events())
    assert caught.value.hresult in {0x8007045D, 0x8007001E}
    assert caught.value.hint
    assert_untouched(share, scratch)


def test_a_source_cut_short_while_it_is_captured_keeps_the_old_image(
    share: SambaShare, scratch: Path, large_volume: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.img"
    shutil.copy(large_volume, copy)
    put_old(share)

    def cut(event: object) -> None:
        if isinstance(event, ts.Progress) and event.phase is ts.Phase.WRITE:
            os.truncate(copy, 20 << 20)

    with pytest.raises(VolumeError) as caught:
        WimlibBackend().capture(share_request(share, scratch, copy), cut)
    assert caught.value.hint
    assert_untouched(share, scratch)
