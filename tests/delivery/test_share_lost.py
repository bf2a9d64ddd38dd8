"""Connections to a share that break at the worst moment, against a real Samba server."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from smbprotocol.exceptions import SMBConnectionClosed

from examples.samba_share import SambaShare
from tasksequence.capture.destinations import smb_connection, smb_upload
from tasksequence.capture.destinations.smb import SmbDestination
from tasksequence.capture.destinations.smb_share import ShareFile
from tasksequence.errors import DestinationError
from tasksequence.request import CaptureOptions, Overwrite, Phase
from tasksequence.secret_text import SecretText
from tests.support.captures import OLD, names_in
from tests.support.shares import (
    NEW,
    PASSWORD,
    deliver_new,
    destination_for,
    put_old,
)


class Ended(Exception):
    """Raised by a report, as the caller's own exceptions are."""


@pytest.mark.parametrize("overwrite", list(Overwrite))
def test_a_lost_answer_to_the_renaming_is_a_finished_upload(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch, overwrite: Overwrite
) -> None:
    if overwrite is not Overwrite.REFUSE:
        put_old(share)
    renamed: list[str] = []
    rename = ShareFile.rename

    def lose(self: ShareFile, name: str, *, replace: bool) -> None:
        rename(self, name, replace=replace)
        renamed.append(name)
        raise SMBConnectionClosed("the answer was lost")

    monkeypatch.setattr(ShareFile, "rename", lose)
    deliver_new(share, scratch, overwrite=overwrite)
    assert renamed == ["out.wim"]
    assert (share.folder / "out.wim").read_bytes() == NEW
    kept = names_in(share.folder) - {"out.wim"}
    assert len(kept) == (overwrite is Overwrite.KEEP)
    assert all((share.folder / name).read_bytes() == OLD for name in kept)
    assert not names_in(scratch)


@pytest.mark.parametrize("other", [NEW + b"and more", NEW[:-1], OLD])
def test_a_file_of_another_at_the_destination_is_not_taken_for_ours(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch, other: bytes
) -> None:
    rename = ShareFile.rename
    renamed: list[str] = []

    def lose(self: ShareFile, name: str, *, replace: bool) -> None:
        rename(self, name, replace=replace)
        renamed.append(name)
        if len(renamed) == 1:
            # Another run's file comes before anybody looks.
            (share.folder / "out.wim").write_bytes(other)
            raise SMBConnectionClosed("the answer was lost")

    monkeypatch.setattr(ShareFile, "rename", lose)
    deliver_new(share, scratch)
    assert len(renamed) == 2
    assert (share.folder / "out.wim").read_bytes() == NEW
    assert names_in(share.folder) == {"out.wim"}


def test_an_upload_that_the_server_cut_off_is_seen_and_sent_again(
    share: SambaShare, scratch: Path
) -> None:
    cut: list[Path] = []

    def report(phase: Phase, _done: int, _total: int) -> None:
        if phase is Phase.CONFIRM and not cut:
            cut.extend(share.folder.glob(".*.partial"))
            os.truncate(cut[0], 3 << 20)

    deliver_new(share, scratch, report=report)
    assert cut
    assert (share.folder / "out.wim").read_bytes() == NEW


def test_a_wim_that_becomes_shorter_while_it_is_uploaded_is_told_of(
    share: SambaShare, scratch: Path
) -> None:
    put_old(share)

    def report(phase: Phase, _done: int, _total: int) -> None:
        for one in scratch.glob(".out.wim.*.partial"):
            os.truncate(one, 3 << 20)

    with pytest.raises(DestinationError, match="became shorter") as caught:
        deliver_new(share, scratch, report=report)
    assert caught.value.hresult == 0x80070026
    assert (share.folder / "out.wim").read_bytes() == OLD
    assert names_in(share.folder) == {"out.wim"}


def test_a_wim_that_cannot_be_read_is_no_lost_connection(share: SambaShare, scratch: Path) -> None:
    def report(phase: Phase, _done: int, _total: int) -> None:
        # Reading a file that is open for writing alone fails.
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                target = link.readlink()
                if target.parent == scratch and target.name.startswith(".out.wim."):
                    other = os.open(target, os.O_WRONLY)
                    os.dup2(other, int(link.name))
                    os.close(other)

    with pytest.raises(DestinationError, match="WIM here cannot be read: Bad file"):
        deliver_new(share, scratch, report=report)
    assert names_in(share.folder) == set()


def test_what_comes_while_the_old_image_is_kept_is_kept_too(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = put_old(share)
    other = b"MSWIM\0\0\0of another run"
    keep_old = SmbDestination._keep_old
    times = 0

    def keep(self: SmbDestination) -> bool:
        nonlocal times
        kept = keep_old(self)
        times += 1
        if times == 1:
            old.write_bytes(other)
        return kept

    monkeypatch.setattr(SmbDestination, "_keep_old", keep)
    deliver_new(share, scratch, overwrite=Overwrite.KEEP)
    assert old.read_bytes() == NEW
    kept = [(share.folder / name).read_bytes() for name in names_in(share.folder) - {"out.wim"}]
    assert sorted(kept) == sorted([OLD, other])


def test_a_connection_lost_for_good_while_keeping_names_the_old_image(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_old(share)
    keep_old = SmbDestination._keep_old

    def keep(self: SmbDestination) -> bool:
        kept = keep_old(self)
        share.stop()
        return kept

    monkeypatch.setattr(SmbDestination, "_keep_old", keep)
    with pytest.raises(DestinationError, match="cannot be reached") as caught:
        deliver_new(share, scratch, overwrite=Overwrite.KEEP, patience=1)
    (kept,) = (name for name in names_in(share.folder) if "Z" in name)
    assert rf"{share.unc}\{kept}" in (caught.value.hint or "")
    assert (share.folder / kept).read_bytes() == OLD


def test_an_upload_that_is_ended_while_keeping_gives_the_old_image_its_name_back(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = put_old(share)
    keep_old = SmbDestination._keep_old

    def keep(self: SmbDestination) -> bool:
        keep_old(self)
        raise Ended

    monkeypatch.setattr(SmbDestination, "_keep_old", keep)
    with pytest.raises((Ended, DestinationError)):
        deliver_new(share, scratch, overwrite=Overwrite.KEEP)
    assert old.read_bytes() == OLD
    assert names_in(share.folder) == {"out.wim"}


def test_patience_ends_although_the_server_answers_each_time(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_old(share)
    attempts = 0

    def die(self: ShareFile, *_: object) -> None:
        nonlocal attempts
        attempts += 1
        raise SMBConnectionClosed("it dies while comparing")

    monkeypatch.setattr(ShareFile, "compare", die)
    started = time.monotonic()

    def report(*_: object) -> None:
        assert time.monotonic() - started < 60, f"still trying, after {attempts} attempts"

    with pytest.raises(DestinationError, match="cannot be reached"):
        deliver_new(share, scratch, report=report, patience=2)
    assert attempts > 1


@pytest.mark.parametrize("patience", [float("nan"), float("inf"), -1.0])
def test_patience_is_a_finite_number(patience: float) -> None:
    with pytest.raises(ValueError, match="patience"):
        CaptureOptions(patience=patience)


class DarkPath:
    """A way to a server on which everything is lost from some moment on, and nobody is told."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._server = port
        self._ends: list[socket.socket] = []
        self._dark: set[int] = set()
        self._count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def go_dark(self) -> None:
        """Lose what is sent on the connections that there are; new ones work."""
        self._dark.update(range(self._count))

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server))
            except OSError:
                return
            number = self._count
            self._count += 1
            self._ends += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(
                    target=self._carry, args=(number, source, target), daemon=True
                ).start()

    def _carry(self, number: int, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                if number not in self._dark:
                    target.sendall(data)
            if number not in self._dark:
                target.shutdown(socket.SHUT_WR)
        except OSError:
            return


@contextmanager
def dark_path(share: SambaShare) -> Iterator[DarkPath]:
    path = DarkPath(share.port)
    try:
        yield path
    finally:
        path.close()


def test_a_path_that_goes_dark_is_left_and_the_upload_resumes(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server holds the file for the old connection, until it is told that this is ours."""
    monkeypatch.setattr(smb_connection, "_ANSWER_TIMEOUT", 3.0)
    put_old(share)
    dark_at = 0.0
    sent: list[int] = []
    with dark_path(share) as path:

        def report(phase: Phase, done: int, _total: int) -> None:
            nonlocal dark_at
            if phase is Phase.UPLOAD:
                sent.append(done)
            if done > 3 << 20 and not dark_at:
                dark_at = time.monotonic()
                path.go_dark()

        deliver_new(share, scratch, report=report, smb_port=path.port)
    assert (share.folder / "out.wim").read_bytes() == NEW
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)
    assert sent[sent.index(max(sent[:-1])) :][0] > 1 << 20
    assert min(sent[5:]) >= 1 << 20, "it began anew"


def test_a_file_that_the_server_holds_on_to_is_left_to_it(
    share: SambaShare, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smb_upload, "_HELD_PATIENCE", 1.0)
    put_old(share)
    holder = destination_for(share, scratch)
    held: list[ShareFile] = []

    def report(phase: Phase, done: int, _total: int) -> None:
        if phase is Phase.UPLOAD and done > 3 << 20 and not held:
            share.stop()
            share.start()
            holder._share.connect()
            (name,) = (one.name for one in share.folder.glob(".*.partial"))
            held.append(holder._share.reopen(rf"{share.unc}\{name}"))

    try:
        deliver_new(share, scratch, report=report)
    finally:
        held[0].close()
        holder.close()
    assert (share.folder / "out.wim").read_bytes() == NEW
    assert len(names_in(share.folder)) == 2
    # The holder is gone, and this machine remembers what it held.
    deliver_new(share, scratch)
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)


def test_a_file_that_is_held_to_the_end_is_told_of(share: SambaShare, scratch: Path) -> None:
    put_old(share)
    holder = destination_for(share, scratch)
    held: list[ShareFile] = []

    def report(phase: Phase, done: int, _total: int) -> None:
        if phase is Phase.UPLOAD and done > 3 << 20 and not held:
            share.stop()
            share.start()
            holder._share.connect()
            (name,) = (one.name for one in share.folder.glob(".*.partial"))
            held.append(holder._share.reopen(rf"{share.unc}\{name}"))

    with pytest.raises(DestinationError, match="still holds our broken upload") as caught:
        deliver_new(share, scratch, report=report, patience=2)
    assert caught.value.hresult == 0x80070020
    held[0].close()
    holder.close()
    assert (share.folder / "out.wim").read_bytes() == OLD


def _frozen(share: SambaShare, number: int) -> None:
    for pid in _processes_of(share):
        # One of a connection may just have ended.
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _processes_of(share: SambaShare) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        # Field 6 of proc(5) is the session, which the server leads.
        if int(fields[3]) == share.pid:
            found.append(int(status.parent.name))
    return found


@pytest.mark.parametrize("phase", [Phase.UPLOAD, Phase.CONFIRM])
def test_a_frozen_server_does_not_keep_the_caller_from_ending(
    share: SambaShare, scratch: Path, phase: Phase
) -> None:
    put_old(share)
    frozen_at: list[float] = []

    def report(now: Phase, done: int, _total: int) -> None:
        if not frozen_at:
            if now is phase and done > 2 << 20:
                frozen_at.append(time.monotonic())
                _frozen(share, signal.SIGSTOP)
        elif time.monotonic() - frozen_at[0] > 1:
            raise Ended

    try:
        with pytest.raises(Ended):
            deliver_new(share, scratch, report=report)
        assert time.monotonic() - frozen_at[0] < 1 + 2 + 5 + 4
    finally:
        _frozen(share, signal.SIGCONT)
    assert (share.folder / "out.wim").read_bytes() == OLD
    deliver_new(share, scratch)
    assert (share.folder / "out.wim").read_bytes() == NEW


def test_checking_a_frozen_server_ends_with_the_time_limit(
    share: SambaShare, scratch: Path
) -> None:
    put_old(share)
    _frozen(share, signal.SIGSTOP)
    started = time.monotonic()
    try:
        with pytest.raises(DestinationError, match="time limit") as caught:
            destination_for(share, scratch, timeout=2)
    finally:
        _frozen(share, signal.SIGCONT)
    assert caught.value.hresult == 0x800705B4
    assert time.monotonic() - started < 10


def test_a_connection_that_broke_is_not_replaced_in_silence(
    share: SambaShare, scratch: Path
) -> None:
    put_old(share)
    destination = destination_for(share, scratch)
    destination._share.connect()
    share.stop()
    share.start()
    for _ in range(3):
        with pytest.raises(SMBConnectionClosed):
            destination._share.ask_to_replace(destination.text)
    destination.close()


def test_a_path_through_dfs_is_encrypted_to_its_end(share: SambaShare, scratch: Path) -> None:
    share.stop()
    share.configure({"msdfs root": "yes"}, {"host msdfs": "yes"})
    (share.folder / "real").mkdir()
    (share.folder / "link").symlink_to(rf"msdfs:localhost\{share.name}\real")
    share.start()
    destination = SmbDestination(
        rf"{share.unc}\link\out.wim",
        share.account,
        SecretText(PASSWORD),
        CaptureOptions(scratch=scratch, smb_port=share.port),
    )
    Path(destination.partial).write_bytes(NEW)
    seen: list[tuple[str, str, bool]] = []

    def report(*_: object) -> None:
        seen.extend(
            (name.partition(":")[0], type(made).__name__, one.encrypt_data)
            for name, made in destination._share._sessions.items()
            for one in made.session_table.values()
        )

    destination.deliver(report)
    destination.close()
    assert (share.folder / "real" / "out.wim").read_bytes() == NEW
    assert set(seen) == {
        (server, "PatientConnection", True) for server in ("127.0.0.1", "localhost")
    }


def test_a_live_upload_that_reconnects_is_left_alone_by_another_run(
    share: SambaShare, scratch: Path, tmp_path: Path
) -> None:
    put_old(share)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    sent: list[int] = []
    others = 0

    def report(phase: Phase, done: int, _total: int) -> None:
        nonlocal others
        if phase is Phase.UPLOAD:
            sent.append(done)
        if phase is Phase.UPLOAD and done > 4 << 20 and not others:
            others = 1
            share.stop()
            share.start()
            # Nobody holds the file open now. One on this machine, and one on another.
            for folder in (scratch, elsewhere):
                destination_for(share, folder)._remove_stale()

    deliver_new(share, scratch, report=report)
    assert others
    assert 0 not in sent[2:], "it began anew"
    assert names_in(share.folder) == {"out.wim"}


def test_a_check_deletes_nothing_and_the_next_upload_what_is_dead(
    share: SambaShare, scratch: Path
) -> None:
    old = share.folder / ".out.wim.0123abcd.partial"
    young = share.folder / ".out.wim.4567abcd.partial"
    foreign = share.folder / ".out.wim.letters.partial"
    for file in (old, young, foreign):
        file.write_bytes(b"MSWIM\0\0\0")
    hours_ago = time.time() - 7200
    for file in (old, foreign):
        os.utime(file, (hours_ago, hours_ago))
    destination_for(share, scratch).close()
    assert names_in(share.folder) == {old.name, young.name, foreign.name}
    deliver_new(share, scratch)
    assert names_in(share.folder) == {"out.wim", young.name, foreign.name}


def stopping(share: SambaShare) -> Callable[[Phase, int, int], None]:
    def report(phase: Phase, done: int, _total: int) -> None:
        if phase is Phase.UPLOAD and done > 3 << 20:
            share.stop()

    return report


def test_a_starting_server_counts_as_lost_once_it_has_served(
    share: SambaShare, scratch: Path
) -> None:
    put_old(share)
    done_once = False

    def restart() -> None:
        share.stop()
        share.start()

    later = threading.Timer(2, restart)

    def report(phase: Phase, done: int, _total: int) -> None:
        nonlocal done_once
        if phase is Phase.UPLOAD and done > 3 << 20 and not done_once:
            done_once = True
            # It is back before its share is.
            share.stop()
            name, share.name = share.name, "other"
            share.configure({}, {})
            share.start()
            share.name = name
            share.configure({}, {})
            later.start()

    try:
        deliver_new(share, scratch, report=report)
    finally:
        later.join()
    assert (share.folder / "out.wim").read_bytes() == NEW


def test_a_dead_upload_of_this_machine_goes_with_the_next(share: SambaShare, scratch: Path) -> None:
    put_old(share)
    with pytest.raises(DestinationError):
        deliver_new(share, scratch, report=stopping(share), patience=0)
    assert len(names_in(share.folder)) == 2
    share.start()
    deliver_new(share, scratch)
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)
