"""The command line with a share: credentials, and where they must not be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tests.support.captures import names_in
from tests.support.command_line import refused, run
from tests.support.shares import PASSWORD, assert_untouched, put_old, verify

pytestmark = pytest.mark.wimlib


@pytest.fixture
def sequence(share: SambaShare, tmp_path: Path) -> Path:
    """An export whose capture step names the share and the account."""
    step = ts.CaptureSystemImageAction(
        name="Capture",
        capture_destination=rf"{share.unc}\out.wim",
        capture_username=share.account,
        image_version="1",
    )
    path = tmp_path / "sequence.zip"
    ts.Document.new_export(ts.TaskSequence(steps=[step]), name="C", package_id="ABC00001").save(
        path
    )
    return path


def arguments(share: SambaShare, scratch: Path, sequence: Path, volume: Path) -> list[str]:
    return [
        *("capture", str(sequence), "--volume", str(volume), "--compression", "none"),
        *("--smb-port", str(share.port), "--scratch", str(scratch)),
    ]


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
        *arguments(share, scratch, sequence, small_volume),
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
    done = run(*arguments(share, scratch, sequence, small_volume))
    refused(done, 1, "password of", "--secret OSDCaptureAccountPassword=prompt", "0x8007052E")
    assert_untouched(share, scratch)


def test_a_mapping_out_of_form_is_a_wrong_command_line(
    share: SambaShare, scratch: Path, sequence: Path, small_volume: Path
) -> None:
    done = run(*arguments(share, scratch, sequence, small_volume), "--share", "images=/mnt")
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


def _processes_below(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += _processes_below(int(child))
        except OSError:
            continue
    return found


def _held(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("source", ["fd", "env"])
def test_the_secret_of_a_run_is_nowhere(
    share: SambaShare,
    scratch: Path,
    sequence: Path,
    large_volume: Path,
    tmp_path: Path,
    source: str,
) -> None:
    """In no log, event, argument, environment or temporary file while it runs."""
    log = tmp_path / "smsts.log"
    secret = PASSWORD.encode()
    forms = (secret, PASSWORD.encode("utf-16-le"))
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tasksequence"),
            *arguments(share, scratch, sequence, large_volume),
            *("--log", str(log), "--progress", "json", "--secret"),
            f"OSDCaptureAccountPassword={'env:SECRET' if source == 'env' else f'fd:{reading}'}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(reading,),
        env={
            **os.environ,
            **({"SECRET": PASSWORD} if source == "env" else {}),
            "TMPDIR": str(scratch),
            "TASKSEQUENCE_DEBUG": "1",
        },
    )
    os.close(reading)
    os.write(writing, secret + b"\n")
    os.close(writing)
    looked = 0
    is_under_way = False
    while process.poll() is None:
        is_under_way = is_under_way or log.exists()
        for pid in _processes_below(process.pid):
            for name in ("cmdline", "environ"):
                # Python has to start before it can take the variable out of its environment.
                if name == "environ" and not is_under_way:
                    continue
                held = _held(pid, name)
                looked += 1
                assert not any(form in held for form in forms)
        for folder in (scratch, tmp_path / "share"):
            for file in folder.iterdir():
                try:
                    held = file.read_bytes()
                except OSError:
                    continue
                assert not any(form in held for form in forms)
        time.sleep(0.02)
    assert process.stdout is not None
    output = process.stdout.read()
    process.stdout.close()
    assert process.returncode == 0, output
    assert is_under_way
    assert looked > 10
    for held in (output, log.read_bytes(), (share.folder / "out.wim").read_bytes()):
        assert not any(form in held for form in forms)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_capture_that_is_ended_while_uploading_cleans_up(
    share: SambaShare, scratch: Path, sequence: Path, large_volume: Path, number: int, code: int
) -> None:
    put_old(share)
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tasksequence"),
            *arguments(share, scratch, sequence, large_volume),
            *("--secret", "OSDCaptureAccountPassword=env:SECRET"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SECRET": PASSWORD},
    )
    end = time.monotonic() + 30
    while not any(name.endswith(".partial") for name in names_in(share.folder)):
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    assert_untouched(share, scratch)
