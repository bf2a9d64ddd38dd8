"""Slips of people who capture and deliver: each is named for what it is."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from pathlib import Path

import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.capture.destinations.choose import open_destination, unmounted
from tasksequence.capture.destinations.local import LocalDestination, check_scratch
from tasksequence.capture.destinations.partial import create_locked, new_partial
from tasksequence.capture.destinations.smb_errors import share_error
from tasksequence.capture.destinations.unc import parse_unc
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.request import StepReference
from tests.support.captures import OLD
from tests.support.command_line import refused, run
from tests.support.shares import PASSWORD, destination_for, put_old

pytestmark = pytest.mark.wimlib


@pytest.fixture
def wim(tmp_path: Path) -> Path:
    path = tmp_path / "ro.wim"
    path.write_bytes(OLD)
    return path


@pytest.mark.parametrize(
    "name", ["con.wim", "NUL", "Aux.tar.wim", "com1.wim", "LPT9", "x.wim.", "x.wim "]
)
def test_names_that_windows_cannot_open_are_refused(name: str) -> None:
    with pytest.raises(ts.DestinationError, match="Windows could not open it"):
        parse_unc(rf"\\server\images\{name}")
    with pytest.raises(ts.DestinationError, match="Windows could not open it"):
        parse_unc(rf"\\server\images\{name}\x.wim")


@pytest.mark.parametrize("name", ["console.wim", "com.wim", "com10.wim", "a.con", "x.con.wim"])
def test_names_that_only_look_like_devices_are_taken(name: str) -> None:
    assert parse_unc(rf"\\server\images\{name}").name == name


def test_a_scratch_folder_that_is_a_file_is_called_that(wim: Path) -> None:
    with pytest.raises(ts.DestinationError, match="the scratch folder is no folder"):
        check_scratch(wim)
    with pytest.raises(ts.DestinationError, match="there is no such scratch folder"):
        check_scratch(wim.with_name("absent"))


@pytest.mark.parametrize("patience", ["abc", "", "nan", "-1"])
def test_patience_that_is_no_number_is_told_in_words(wim: Path, patience: str) -> None:
    done = run("deliver", wim, r"\\server\images\out.wim", "--patience", patience)
    refused(done, 2, f"{patience!r} is no finite number of seconds")


def test_a_wim_onto_itself_is_no_volume(small_volume: Path, tmp_path: Path) -> None:
    wim = tmp_path / "good.wim"
    request = ts.CaptureRequest(
        step=StepReference(name="c", path=("c",), wmi_class="x"), destination=str(wim)
    )
    WimlibBackend().capture(request.with_volumes([small_volume]), lambda _: None)
    before = wim.read_bytes()
    done = run("deliver", wim, wim)
    refused(done, 1, "the WIM is at its destination already")
    assert "volume" not in done.stderr
    assert wim.read_bytes() == before


def test_a_secret_with_a_mistyped_name_is_told_of(tmp_path: Path) -> None:
    done = run(
        *("capture", tmp_path / "absent.xml", "--volume", "v"),
        *("--secret", "OSDCaptureAcountPassword=env:SECRET"),
        environment={"SECRET": PASSWORD},
    )
    refused(done, 1, "unknown variable; did you mean OSDCaptureAccountPassword?")


def test_a_connection_that_is_ended_at_once_may_be_smb_1() -> None:
    said = str(share_error(ConnectionResetError(104, "reset"), r"\\s\x"))
    assert "SMB 1 only" in said
    assert "SMB 1" not in str(share_error(ConnectionRefusedError(111, "refused"), r"\\s\x"))


def test_an_old_image_that_is_read_only_is_not_replaced(small_volume: Path, tmp_path: Path) -> None:
    old = tmp_path / "out.wim"
    old.write_bytes(OLD)
    old.chmod(0o444)
    request = ts.CaptureRequest(
        step=StepReference(name="c", path=("c",), wmi_class="x"), destination=str(old)
    ).with_volumes([small_volume])
    with pytest.raises(ts.DestinationError, match="read-only, and would be replaced"):
        open_destination(request)
    keeping = request.with_options(ts.CaptureOptions(overwrite=ts.Overwrite.KEEP))
    open_destination(keeping).close()
    assert old.read_bytes() == OLD
    assert not old.stat().st_mode & stat.S_IWUSR


def test_an_old_image_with_the_attribute_r_on_a_share_is_not_replaced(
    share: SambaShare, scratch: Path
) -> None:
    put_old(share)
    subprocess.run(
        [
            *("smbclient", f"//127.0.0.1/{share.name}", "-p", str(share.port)),
            *("-U", share.account.replace("\\", "/"), "-c", "setmode out.wim +r"),
        ],
        env={"PASSWD": PASSWORD, "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    with pytest.raises(ts.DestinationError, match="read-only, and would be replaced"):
        destination_for(share, scratch)
    destination_for(share, scratch, overwrite=ts.Overwrite.KEEP).close()
    assert (share.folder / "out.wim").read_bytes() == OLD


def test_a_finished_upload_that_is_gone_was_delivered(share: SambaShare, scratch: Path) -> None:
    gone = rf"{share.unc}\out.01234567.finished.wim"
    done = run(
        *("deliver", gone, rf"{share.unc}\out.wim", "--smb-port", str(share.port)),
        *("--account", share.account, "--scratch", scratch),
        *("--secret", "OSDCaptureAccountPassword=env:SECRET"),
        environment={"SECRET": PASSWORD},
    )
    refused(done, 1, "the finished upload is not there", "delivered already", r"out.wim")


def test_a_mapping_to_a_folder_where_nothing_is_mounted_is_warned_of() -> None:
    (said,) = unmounted("/x.wim", r"\\server\images\x.wim")
    assert "no share is mounted there" in said
    # A file system of its own on every Linux.
    assert unmounted("/proc/x.wim", r"\\server\images\x.wim") == ()


def test_two_captures_to_one_local_destination_are_told_of_each_other(
    small_volume: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.wim"
    lock = create_locked(new_partial(str(out)))
    try:
        destination = LocalDestination(str(out), [small_volume], ts.CaptureOptions())
        destination.close()
    finally:
        os.close(lock)
    assert "another capture is writing" in destination.notes[0]
    alone = LocalDestination(str(out), [small_volume], ts.CaptureOptions())
    alone.close()
    assert not alone.notes


def test_two_captures_to_one_share_are_told_of_each_other(share: SambaShare, scratch: Path) -> None:
    other = share.folder / ".out.wim.0123abcd.partial"
    other.write_bytes(b"MSWIM")
    first = destination_for(share, scratch)
    first.close()
    (note,) = [one for one in first.notes if "another capture" in one]
    assert other.name in note
    long_ago = time.time() - 3600
    os.utime(other, (long_ago, long_ago))
    alone = destination_for(share, scratch)
    alone.close()
    assert not [one for one in alone.notes if "another capture" in one]


def test_a_delivery_has_a_log_and_plain_progress(small_volume: Path, tmp_path: Path) -> None:
    wim, log = tmp_path / "good.wim", tmp_path / "d.log"
    request = ts.CaptureRequest(
        step=StepReference(name="c", path=("c",), wmi_class="x"), destination=str(wim)
    )
    WimlibBackend().capture(request.with_volumes([small_volume]), lambda _: None)
    done = run("deliver", wim, tmp_path / "to.wim", "--log", log, "--progress", "plain")
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    quiet = run("deliver", wim, tmp_path / "to.wim", "--log", log, "--progress", "none")
    assert not quiet.stderr
    refused(run("deliver", wim, wim, "--log", log), 1, "at its destination already")
    records = list(ts.read_log(log))
    assert not any(one.is_damaged for one in records)
    assert [one.kind for one in records] == [1, 1, 1, 1, 1, 3]
    assert "already" in records[-1].message
