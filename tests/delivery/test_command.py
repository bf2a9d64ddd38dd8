"""The command line with a share: credentials, and where they must not be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.samba_share import SambaShare
from tests.support import disks
from tests.support.captures import names_in, processes_below
from tests.support.command_line import refused, run
from tests.support.disks import Slot
from tests.support.shares import (
    PASSWORD,
    assert_untouched,
    capture_arguments,
    put_old,
    sequence_for,
    verify,
)
from tests.support.spellings import spellings

pytestmark = pytest.mark.wimlib


@pytest.fixture
def sequence(share: SambaShare, tmp_path: Path) -> Path:
    """An export whose capture step names the share and the account."""
    return sequence_for(share, tmp_path / "sequence.zip")


@pytest.mark.parametrize("source", ["env", "fd"])
def test_a_capture_to_the_share_of_the_step(
    share: SambaShare, scratch: Path, sequence: Path, small_volume: Path, source: str
) -> None:
    put_old(share)
    reading, writing = os.pipe()
    os.write(writing, PASSWORD.encode() + b"\n")
    os.close(writing)
    given = "env:SECRET" if source == "env" else f"fd:{reading}"
    done = run(
        *capture_arguments(share, scratch, sequence, small_volume),
        *("--secret", f"OSDCaptureAccountPassword={given}"),
        environment={"SECRET": PASSWORD} if source == "env" else {},
        pass_fds=(reading,),
    )
    os.close(reading)
    assert done.returncode == 0, done.stderr
    assert rf"{share.unc}\out.wim: " in done.stdout
    verify(share.folder / "out.wim")
    assert not names_in(scratch)


def test_a_missing_password_is_asked_for_in_words(
    share: SambaShare, scratch: Path, sequence: Path, small_volume: Path
) -> None:
    put_old(share)
    done = run(*capture_arguments(share, scratch, sequence, small_volume))
    refused(done, 1, "password of", "--secret OSDCaptureAccountPassword=prompt", "0x8007052E")
    assert_untouched(share, scratch)


def test_a_mapping_out_of_form_is_a_wrong_command_line(
    share: SambaShare, scratch: Path, sequence: Path, small_volume: Path
) -> None:
    done = run(*capture_arguments(share, scratch, sequence, small_volume), "--share", "images=/mnt")
    refused(done, 2, "UNC=FOLDER")


def test_a_finished_wim_is_delivered_by_command(
    share: SambaShare, scratch: Path, tmp_path: Path
) -> None:
    wim = tmp_path / "finished.wim"
    (tmp_path / "folder").mkdir()
    subprocess.run(["wimlib-imagex", "capture", tmp_path / "folder", wim], check=True)
    put_old(share)
    done = run(
        *("deliver", wim, rf"{share.unc}\out.wim", "--account", share.account),
        *("--secret", "OSDCaptureAccountPassword=env:SECRET"),
        *("--smb-port", str(share.port), "--scratch", scratch),
        environment={"SECRET": PASSWORD},
    )
    assert done.returncode == 0, done.stderr
    assert (share.folder / "out.wim").read_bytes() == wim.read_bytes()


_WHOLE = 4 << 20
"""Bytes up to which a file is read whole while the capture runs; of others both ends."""


def held_by(path: Path) -> bytes:
    """Return what a file holds; nothing where it is gone, or no file."""
    try:
        if path.stat().st_size <= _WHOLE:
            return path.read_bytes()
        with path.open("rb") as stream:
            head = stream.read(_WHOLE // 2)
            stream.seek(-_WHOLE // 2, os.SEEK_END)
            return head + stream.read()
    except OSError:
        return b""


def files_of(pid: int) -> Iterator[Path]:
    """Yield the ordinary files that a process has open, those without a name among them."""
    for entry in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            if stat.S_ISREG(entry.stat().st_mode):
                yield entry
        except OSError:
            continue


@pytest.mark.parametrize("source", ["fd", "env"])
def test_the_secret_of_a_run_is_nowhere(
    share: SambaShare,
    scratch: Path,
    sequence: Path,
    large_volume: Path,
    tmp_path: Path,
    source: str,
) -> None:
    """In no log, event, argument, environment of a child, or file, while it runs and after."""
    disks.need_disk_tools()
    disk = disks.make_gpt_disk(tmp_path / "disk.raw", [Slot(disks.BASIC, large_volume)])
    folders = {name: tmp_path / "of the run" / name for name in ("home", "state", "temp")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    log = tmp_path / "of the run" / "smsts.log"
    forms = spellings(PASSWORD)
    reading, writing = os.pipe()
    inherited = {name: value for name, value in os.environ.items() if name != "SECRET"}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tasksequence", "capture", sequence, "--disk", disk),
            *("--compression", "none", "--smb-port", str(share.port), "--scratch", scratch),
            *("--log", log, "--progress", "json", "--secret"),
            f"OSDCaptureAccountPassword={'env:SECRET' if source == 'env' else f'fd:{reading}'}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(reading,),
        env={
            **inherited,
            **({"SECRET": PASSWORD} if source == "env" else {}),
            **dict.fromkeys(("HOME", "XDG_CONFIG_HOME"), str(folders["home"])),
            **dict.fromkeys(("XDG_STATE_HOME", "XDG_CACHE_HOME"), str(folders["state"])),
            "TMPDIR": str(folders["temp"]),
            "TASKSEQUENCE_DEBUG": "1",
        },
    )
    os.close(reading)
    os.write(writing, PASSWORD.encode() + b"\n")
    os.close(writing)
    assert process.stdout is not None
    output: list[bytes] = []
    # A pipe that nobody empties would stop the capture.
    reader = threading.Thread(target=lambda out: output.append(out.read()), args=(process.stdout,))
    reader.start()

    def look(held: bytes, place: object) -> None:
        assert not any(form in held for form in forms), place

    programs: set[str] = set()
    begun: dict[int, bytes] = {}
    try:
        while process.poll() is None:
            own = held_by(Path(f"/proc/{process.pid}/cmdline"))
            look(own, "arguments")
            # Python has to start before it can take the variable out of its environment.
            is_under_way = source == "fd" or log.exists()
            if is_under_way:
                look(held_by(Path(f"/proc/{process.pid}/environ")), "environment")
            for pid in processes_below(process.pid):
                arguments = held_by(Path(f"/proc/{pid}/cmdline"))
                look(arguments, "arguments of a child")
                if not arguments or (not is_under_way and arguments == own):
                    # A child is a copy of its parent until it runs its own program.
                    continue
                environment = held_by(Path(f"/proc/{pid}/environ"))
                if held_by(Path(f"/proc/{pid}/cmdline")) == arguments:
                    look(environment, arguments)
                    begun[pid] = arguments
                    programs.add(Path(os.fsdecode(arguments.split(b"\0")[0])).name)
            for place in (
                *files_of(process.pid),
                *(file for pid in begun for file in files_of(pid)),
            ):
                look(held_by(place), place)
            # Folders come and go meanwhile, which rglob takes for an error.
            for parent, _, names in os.walk(tmp_path):
                for file in (Path(parent, name) for name in names):
                    if file != disk and file.is_file():
                        look(held_by(file), file)
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
    assert process.returncode == 0, output
    look(output[0], "events")
    assert "qemu-storage-daemon" in programs
    assert any(b"worker" in arguments for arguments in begun.values()), begun
    for file in tmp_path.rglob("*"):
        if file.is_file() and file != disk:
            look(file.read_bytes(), file)
    assert log.stat().st_size
    verify(share.folder / "out.wim")
