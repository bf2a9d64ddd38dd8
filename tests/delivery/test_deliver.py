"""`tasksequence deliver`: what a capture could not bring to its place."""

from __future__ import annotations

import os
import pty
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.capture.destinations.deliver_command import deliver_command
from tasksequence.capture.destinations.local import kept_finished
from tasksequence.capture.destinations.overwrite import finished_name, is_finished, kept_name
from tasksequence.capture.destinations.smb import SmbDestination
from tasksequence.request import CaptureOptions, Overwrite, Phase
from tasksequence.secret_text import SecretText
from tests.support.captures import OLD, Events, names_in, needs_root
from tests.support.command_line import refused, run
from tests.support.patience import PATIENCE
from tests.support.shares import (
    NEW,
    PASSWORD,
    deliver_new,
    destination_for,
    options_for,
    put_old,
    verify,
)

pytestmark = pytest.mark.wimlib


@pytest.fixture(scope="module")
def wim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WIM of 1 MB that is whole."""
    folder = tmp_path_factory.mktemp("wim")
    (folder / "in").mkdir()
    (folder / "in" / "a.bin").write_bytes(os.urandom(1 << 20))
    subprocess.run(
        ["wimlib-imagex", "capture", folder / "in", folder / "good.wim", "--compress=none"],
        check=True,
        capture_output=True,
    )
    return folder / "good.wim"


def cut_off(whole: bytes) -> bytes:
    return whole[:100_000]


def cut_off_at_the_end(whole: bytes) -> bytes:
    return whole[:-1]


def damaged(whole: bytes) -> bytes:
    return whole[:500_000] + bytes(1000) + whole[501_000:]


@pytest.mark.parametrize("spoil", [cut_off, cut_off_at_the_end, damaged])
@pytest.mark.parametrize("to_share", [False, True], ids=["local", "share"])
def test_a_damaged_wim_replaces_no_good_one(
    share: SambaShare,
    scratch: Path,
    wim: Path,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    to_share: bool,
) -> None:
    (tmp_path / "bad.wim").write_bytes(spoil(wim.read_bytes()))
    old = put_old(share)
    with pytest.raises(ts.ImageError) as caught:
        ts.deliver_wim(
            tmp_path / "bad.wim",
            rf"{share.unc}\out.wim" if to_share else str(old),
            account=share.account,
            password=SecretText(PASSWORD),
            options=options_for(share, scratch) if to_share else None,
        )
    assert caught.value.hint
    assert old.read_bytes() == OLD
    assert names_in(share.folder) == {"out.wim"}


def test_verifying_can_be_left_out(wim: Path, tmp_path: Path) -> None:
    bad = damaged(wim.read_bytes())
    (tmp_path / "bad.wim").write_bytes(bad)
    events = Events()
    destination = tmp_path / "out.wim"
    ts.deliver_wim(tmp_path / "bad.wim", str(destination), verify=False, on_event=events)
    assert destination.read_bytes() == bad
    assert {one.phase for one in events.progress} == {Phase.UPLOAD, Phase.CONFIRM}
    assert events.progress[-1].overall == 1.0
    events.clear()
    ts.deliver_wim(wim, str(destination), on_event=events)
    assert next(iter(events.progress)).phase is Phase.VERIFY
    overall = [one.overall for one in events.progress]
    assert overall == sorted(overall)
    assert overall[-1] == 1.0


def test_a_wim_onto_itself_on_the_share_is_refused(share: SambaShare, scratch: Path) -> None:
    put_old(share)
    with pytest.raises(ts.DestinationError, match="at its destination already"):
        ts.deliver_wim(
            rf"{share.unc}\OUT.wim",
            rf"{share.unc}\out.wim",
            account=share.account,
            password=SecretText(PASSWORD),
            options=options_for(share, scratch),
        )
    assert (share.folder / "out.wim").read_bytes() == OLD
    assert names_in(share.folder) == {"out.wim"}


@pytest.mark.parametrize(
    ("name", "spoil", "problem"),
    [
        ("letters.doc", bytes, "no finished upload"),
        ("other.0123abcd.finished.wim", bytes, "no finished upload"),
        ("out.0123abcd.finished.wim", lambda _: b"letters to Anna", "no WIM"),
        ("out.0123abcd.finished.wim", cut_off, "cut off"),
        ("out.0123abcd.finished.wim", cut_off_at_the_end, "cut off"),
        ("out.9999abcd.finished.wim", None, "upload is not there"),
    ],
)
def test_only_a_finished_upload_takes_its_place_on_the_share(
    share: SambaShare,
    scratch: Path,
    wim: Path,
    name: str,
    spoil: Callable[[bytes], bytes] | None,
    problem: str,
) -> None:
    put_old(share)
    if spoil is not None:
        (share.folder / name).write_bytes(spoil(wim.read_bytes()))
    before = names_in(share.folder)
    with pytest.raises((ts.DestinationError, ts.ImageError), match=problem):
        ts.deliver_wim(
            rf"{share.unc}\{name}",
            rf"{share.unc}\out.wim",
            account=share.account,
            password=SecretText(PASSWORD),
            options=options_for(share, scratch),
        )
    assert (share.folder / "out.wim").read_bytes() == OLD
    assert names_in(share.folder) == before


def test_a_wim_that_was_kept_deletes_no_finished_upload(
    share: SambaShare, scratch: Path, wim: Path
) -> None:
    newer = share.folder / "out.0123abcd.finished.wim"
    newer.write_bytes(NEW)
    ts.deliver_wim(
        wim,
        rf"{share.unc}\out.wim",
        account=share.account,
        password=SecretText(PASSWORD),
        options=options_for(share, scratch),
    )
    assert newer.read_bytes() == NEW
    deliver_new(share, scratch)
    assert names_in(share.folder) == {"out.wim"}


def test_finishing_that_is_ended_while_keeping_gives_the_old_image_its_name_back(
    share: SambaShare, scratch: Path, wim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = put_old(share)
    name = "out.0123abcd.finished.wim"
    (share.folder / name).write_bytes(wim.read_bytes())
    keep_old = SmbDestination._keep_old

    def keep(self: SmbDestination) -> bool:
        keep_old(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(SmbDestination, "_keep_old", keep)
    with pytest.raises(KeyboardInterrupt):
        ts.deliver_wim(
            rf"{share.unc}\{name}",
            rf"{share.unc}\out.wim",
            account=share.account,
            password=SecretText(PASSWORD),
            options=options_for(share, scratch, overwrite=Overwrite.KEEP),
        )
    assert old.read_bytes() == OLD
    assert names_in(share.folder) == {"out.wim", name}


def test_finishing_tells_what_there_is_to_know_of_the_share(
    share: SambaShare, scratch: Path, wim: Path
) -> None:
    share.stop()
    share.configure({}, {"smb encrypt": "off", "server smb encrypt": "off"})
    share.start()
    (share.folder / "out.0123abcd.finished.wim").write_bytes(wim.read_bytes())
    events = Events()
    ts.deliver_wim(
        rf"{share.unc}\out.0123abcd.finished.wim",
        rf"{share.unc}\out.wim",
        account=share.account,
        password=SecretText(PASSWORD),
        options=options_for(share, scratch),
        on_event=events,
    )
    assert any("does not encrypt" in text for text in events.warnings)


@pytest.mark.parametrize("to_share", [False, True], ids=["local", "share"])
def test_a_wim_with_a_long_path_is_delivered(
    share: SambaShare, scratch: Path, wim: Path, tmp_path: Path, to_share: bool
) -> None:
    deep = tmp_path / ("d" * 200) / ("e" * 200)
    deep.mkdir(parents=True)
    shutil.copy(wim, deep / "w.wim")
    ts.deliver_wim(
        deep / "w.wim",
        rf"{share.unc}\out.wim" if to_share else str(share.folder / "out.wim"),
        account=share.account,
        password=SecretText(PASSWORD),
        options=options_for(share, scratch),
    )
    assert (share.folder / "out.wim").read_bytes() == wim.read_bytes()


def test_a_source_that_no_file_can_be_is_told_of(tmp_path: Path) -> None:
    for name in ("a\0b.wim", "a\ud800.wim", ""):
        with pytest.raises(ts.DestinationError, match="cannot be read"):
            ts.deliver_wim(name, str(tmp_path / "out.wim"))


def test_a_destination_that_links_to_nothing_yet_is_written_there(
    wim: Path, tmp_path: Path
) -> None:
    (tmp_path / "link.wim").symlink_to(tmp_path / "real.wim")
    ts.deliver_wim(wim, str(tmp_path / "link.wim"))
    assert (tmp_path / "link.wim").is_symlink()
    assert (tmp_path / "real.wim").read_bytes() == wim.read_bytes()


def test_a_delivery_to_a_mapped_folder_without_a_mount_warns(wim: Path, tmp_path: Path) -> None:
    if tmp_path.stat().st_dev != Path("/").stat().st_dev:
        pytest.skip("the folder for tests is on a file system of its own")
    events = Events()
    options = CaptureOptions(shares=(ts.ShareMapping(unc=r"\\s\images", path=tmp_path),))
    ts.deliver_wim(wim, r"\\s\images\out.wim", options=options, on_event=events)
    assert (tmp_path / "out.wim").read_bytes() == wim.read_bytes()
    (said,) = events.warnings
    assert "no share is mounted there" in said


def test_a_kept_file_that_is_delivered_stays(share: SambaShare, scratch: Path, wim: Path) -> None:
    destination = rf"{share.unc}\out.wim"
    kept = Path(kept_finished(str(scratch / ".x.partial"), destination))
    kept.write_bytes(wim.read_bytes())
    ts.deliver_wim(
        kept,
        destination,
        account=share.account,
        password=SecretText(PASSWORD),
        options=options_for(share, scratch),
    )
    assert (share.folder / "out.wim").read_bytes() == wim.read_bytes()
    assert names_in(scratch) == {kept.name}


@needs_root
def test_a_wim_on_read_only_media_is_delivered(wim: Path, tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", media], check=True)
    try:
        (media / "w.wim").write_bytes(wim.read_bytes())
        subprocess.run(["mount", "-o", "remount,ro", media], check=True)
        ts.deliver_wim(media / "w.wim", str(tmp_path / "out.wim"))
    finally:
        subprocess.run(["umount", media], check=True)
    assert (tmp_path / "out.wim").read_bytes() == wim.read_bytes()


def test_the_time_limit_of_a_delivery_has_its_code(wim: Path, tmp_path: Path) -> None:
    with pytest.raises(ts.DestinationError, match="time limit") as caught:
        ts.deliver_wim(wim, str(tmp_path / "out.wim"), options=CaptureOptions(timeout=0))
    assert caught.value.hresult == 0x800705B4
    assert not names_in(tmp_path) - {"out.wim"}


def run_printed(hint: str, *, folder: Path) -> tuple[int, str]:
    """Run the command of an error as a person does: pasted in a terminal, the password typed."""
    command = hint.rpartition("tasksequence deliver ")[2].partition("\n")[0]
    program = shlex.join([sys.executable, "-m", "tasksequence", "deliver"])
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        # Opened by the leader of a session, the terminal becomes its own.
        ["/bin/sh", "-c", f"exec <{os.ttyname(theirs)} && {program} {command}"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    typed = False
    # Reading a terminal that nobody has open any more is an error.
    with suppress(OSError):
        while piece := os.read(ours, 4096):
            said += piece
            if not typed and said.endswith(b"OSDCaptureAccountPassword: "):
                typed = True
                os.write(ours, PASSWORD.encode() + b"\n")
    os.close(ours)
    assert typed, said
    assert PASSWORD.encode() not in said
    return process.wait(timeout=PATIENCE), said.decode()


@pytest.mark.parametrize("overwrite", [Overwrite.REPLACE, Overwrite.KEEP])
def test_the_printed_command_finishes_after_a_reader(
    share: SambaShare, scratch: Path, wim: Path, tmp_path: Path, overwrite: Overwrite
) -> None:
    import smbclient

    put_old(share)
    reader = destination_for(share, scratch)
    reader._share.connect()
    path = rf"{share.unc}\out.wim"
    with (
        smbclient.open_file(
            path, mode="rb", buffering=0, share_access="r", **reader._share._arguments
        ),
        pytest.raises(ts.DestinationError, match="in use") as caught,
    ):
        deliver_new(share, scratch, wim.read_bytes(), overwrite=overwrite)
    reader.close()
    code, said = run_printed(caught.value.hint or "", folder=tmp_path)
    assert code == 0, said
    assert (share.folder / "out.wim").read_bytes() == wim.read_bytes()
    kept = names_in(share.folder) - {"out.wim"}
    assert len(kept) == (overwrite is Overwrite.KEEP)
    assert all((share.folder / name).read_bytes() == OLD for name in kept)


def test_the_printed_command_keeps_what_was_to_be_kept(
    share: SambaShare, scratch: Path, wim: Path, tmp_path: Path
) -> None:
    def stop(phase: Phase, _done: int, _total: int) -> None:
        if phase is Phase.CONFIRM:
            share.stop()

    with pytest.raises(ts.DestinationError) as caught:
        deliver_new(share, scratch, wim.read_bytes(), stop, patience=0, overwrite=Overwrite.REFUSE)
    share.start()
    put_old(share)
    code, said = run_printed(caught.value.hint or "", folder=tmp_path)
    assert code == 1, said
    assert "overwriting was refused" in said
    assert (share.folder / "out.wim").read_bytes() == OLD
    (share.folder / "out.wim").unlink()
    code, said = run_printed(caught.value.hint or "", folder=tmp_path)
    assert code == 0, said
    verify(share.folder / "out.wim")


def test_a_log_that_cannot_be_written_does_not_end_the_delivery(wim: Path, tmp_path: Path) -> None:
    done = run("deliver", wim, tmp_path / "out.wim", "--log", "/dev/full", "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("warning: the log cannot be written: No space left") == 1
    assert (tmp_path / "out.wim").read_bytes() == wim.read_bytes()


def test_deliver_without_an_account_names_the_option(wim: Path) -> None:
    done = run("deliver", wim, r"\\server\images\out.wim")
    refused(done, 1, "needs an account", "--account")


@pytest.mark.parametrize("patience", ["nan", "inf", "-1"])
def test_patience_on_the_command_line_is_finite(wim: Path, patience: str) -> None:
    done = run("deliver", wim, r"\\server\images\out.wim", "--patience", patience)
    refused(done, 2, "--patience")


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(wim=names, destination=names, account=st.none() | names, port=st.integers(1, 65535))
def test_the_command_is_read_by_a_shell_as_it_is_meant(
    wim: str, destination: str, account: str | None, port: int
) -> None:
    options = CaptureOptions(
        overwrite=Overwrite.KEEP,
        smb_port=port,
        require_encryption=True,
        shares=(ts.ShareMapping(unc=r"\\a b\c", path=Path("/mnt/a b")),),
    )
    words = shlex.split(deliver_command(wim, destination, account=account, options=options))
    assert words[:4] == ["tasksequence", "deliver", wim, destination]
    assert (account in words) == (account is not None) or account in words[:4]
    assert words[words.index("--overwrite") + 1] == "keep"
    on_share = account is not None
    assert (r"\\a b\c=/mnt/a b" in words) == on_share
    assert ("--smb-port" in words[6:]) == (on_share and port != 445)
    assert (words[-1] == "--require-encryption") == on_share


def test_the_command_has_what_the_space_and_the_scratch_folder_ask_for() -> None:
    options = CaptureOptions(check_space=False, scratch=Path("/mnt/big disk"))
    local = shlex.split(deliver_command("w", "d", account=None, options=options))
    assert local[4:] == ["--no-space-check"]
    shared = shlex.split(deliver_command("w", "d", account="a", options=options))
    assert "--no-space-check" in shared
    assert shared[shared.index("--scratch") + 1] == "/mnt/big disk"


@given(name=names, mark=st.integers(0, 0xFFFFFFFF), upper=st.booleans())
def test_a_finished_name_is_known_again(name: str, mark: int, upper: bool) -> None:
    for one in (name, f"{name}.wim", f"{name}.WIM"):
        finished = finished_name(one, f"{mark:08x}")
        assert is_finished(finished.upper() if upper and finished.isascii() else finished, one)
        assert not is_finished(one, one)
        assert not is_finished(kept_name(one, 0.0), one)


def test_a_server_that_does_not_encrypt_gets_a_warning_or_is_refused(
    share: SambaShare, scratch: Path
) -> None:
    plain = destination_for(share, scratch)
    plain.close()
    assert not plain.notes
    share.stop()
    share.configure({}, {"smb encrypt": "off", "server smb encrypt": "off"})
    share.start()
    signed = destination_for(share, scratch)
    signed.close()
    assert any("does not encrypt" in note for note in signed.notes)
    deliver_new(share, scratch)
    assert (share.folder / "out.wim").read_bytes() == NEW
    with pytest.raises(ts.DestinationError, match="encryption is required") as caught:
        destination_for(share, scratch, require_encryption=True)
    assert caught.value.hresult == 0x80070032


def test_a_server_without_smb_3_is_refused(share: SambaShare, scratch: Path) -> None:
    share.stop()
    share.configure({}, {"server min protocol": "SMB2_02", "server max protocol": "SMB2_10"})
    share.start()
    with pytest.raises(ts.DestinationError, match="speaks no SMB 3") as caught:
        destination_for(share, scratch)
    assert caught.value.hresult == 0x80070032


def test_a_guest_is_a_wrong_logon(share: SambaShare, scratch: Path) -> None:
    share.stop()
    share.configure({"guest ok": "yes"}, {"map to guest": "bad user", "server signing": "auto"})
    share.start()
    with pytest.raises(ts.DestinationError, match="as a guest") as caught:
        SmbDestination(
            rf"{share.unc}\out.wim",
            "nobody-such",
            SecretText(PASSWORD),
            attrs.evolve(options_for(share, scratch), patience=60),
        )
    assert caught.value.hresult == 0x8007052E
    assert PASSWORD not in str(caught.value)
