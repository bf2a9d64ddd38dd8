"""Captures to a share, by SMB against a real Samba server."""

from __future__ import annotations

import itertools
import os
import threading
import time
import types
from pathlib import Path

import attrs
import pytest

from examples.samba_share import SambaShare
from tasksequence.capture.destinations.smb import SmbDestination
from tasksequence.capture.wimlib import backend
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.errors import CaptureCancelled, CaptureError, DestinationError
from tasksequence.request import CaptureEvent, CaptureRequest, Overwrite, Phase, Progress
from tasksequence.secret_text import SecretText
from tests.support.captures import OLD, Events, names_in, needs_root
from tests.support.patience import PATIENCE
from tests.support.shares import PASSWORD, assert_untouched, put_old, share_request, verify
from tests.support.volumes import memory_disk

pytestmark = pytest.mark.wimlib


def fail(request: CaptureRequest, problem: str, hresult: int | None = None) -> CaptureError:
    """Capture, and return the error that it ends with."""
    with pytest.raises(CaptureError, match=problem) as caught:
        WimlibBackend().capture(request, Events())
    assert PASSWORD not in str(caught.value)
    if hresult is not None:
        assert caught.value.hresult == hresult
    assert caught.value.hint
    return caught.value


def test_a_capture_to_a_share_replaces_the_old_image(
    share: SambaShare, scratch: Path, large_volume: Path
) -> None:
    old = put_old(share)
    events = Events()
    result = WimlibBackend().capture(share_request(share, scratch, large_volume), events)
    assert result.destination == rf"{share.unc}\out.wim"
    assert result.file_bytes == old.stat().st_size
    verify(old)
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)
    phases = list(dict.fromkeys(one.phase for one in events.progress))
    assert phases == [Phase.SCAN, Phase.WRITE, Phase.VERIFY, Phase.UPLOAD, Phase.CONFIRM]
    shares = [one.overall for one in events.progress]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("folder", ["", "Büro images\\2026\\"])
def test_a_new_image_gets_its_name(
    share: SambaShare, scratch: Path, small_volume: Path, folder: str
) -> None:
    (share.folder / folder.replace("\\", "/")).mkdir(parents=True, exist_ok=True)
    request = share_request(share, scratch, small_volume, name=f"{folder}Bild ü 1.wim")
    WimlibBackend().capture(request, Events())
    verify(share.folder / folder.replace("\\", "/") / "Bild ü 1.wim")


def test_the_connection_is_encrypted_where_the_server_offers_it(
    share: SambaShare, scratch: Path
) -> None:
    request = share_request(share, scratch)
    destination = SmbDestination(
        request.destination, request.account, request.password, request.options
    )
    assert destination._share.encrypted
    assert destination.free_bytes()
    assert destination.file_system() == "NTFS"
    destination.close()


def test_a_server_without_encryption_is_used_signed(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    share.stop()
    share.configure({}, {"smb encrypt": "off", "server smb encrypt": "off"})
    share.start()
    WimlibBackend().capture(share_request(share, scratch, small_volume), Events())
    verify(share.folder / "out.wim")


@pytest.mark.parametrize(
    "server_options",
    [
        {"server min protocol": "SMB3_00", "server max protocol": "SMB3_00"},
        {"server smb3 encryption algorithms": "AES-256-GCM"},
        {"server smb3 encryption algorithms": "AES-256-CCM"},
    ],
    ids=["SMB 3.0", "AES-256-GCM", "AES-256-CCM"],
)
def test_every_kind_of_encryption_delivers_the_same(
    share: SambaShare, scratch: Path, large_volume: Path, server_options: dict[str, str]
) -> None:
    share.stop()
    share.configure({"smb encrypt": "required"}, server_options)
    share.start()
    WimlibBackend().capture(share_request(share, scratch, large_volume), Events())
    verify(share.folder / "out.wim")


@pytest.mark.parametrize(
    ("change", "problem", "hresult"),
    [
        ({"password": SecretText("wrong")}, "refuses the logon", 0x8007052E),
        ({"account": None}, "needs an account", 0x8007052E),
        ({"password": None}, "password of .* is missing", 0x8007052E),
        ({"destination": r"\\127.0.0.1\nothing\out.wim"}, "no such share", 0x80070043),
        ({"destination": r"\\127.0.0.1\images\no\out.wim"}, "no such folder", 0x80070003),
        ({"destination": r"\\127.0.0.1\images\no\no2\out.wim"}, "no such folder", 0x80070003),
        ({"destination": r"\\127.0.0.1\images\out.wim\a.wim"}, "is no folder", 0x8007010B),
        ({"destination": r"\\127.0.0.1\images"}, "names no file", None),
        ({"destination": r"\\127.0.0.1\images\..\out.wim"}, "no name", 0x8007007B),
        ({"destination": r"\\127.0.0.1\images\a*.wim"}, "no name", 0x8007007B),
    ],
)
def test_what_cannot_work_is_refused_before_the_capture(
    share: SambaShare,
    scratch: Path,
    small_volume: Path,
    change: dict[str, object],
    problem: str,
    hresult: int | None,
) -> None:
    put_old(share)
    request = attrs.evolve(share_request(share, scratch, small_volume), **change)  # type: ignore[arg-type]
    fail(request, problem, hresult)
    assert_untouched(share, scratch)


def test_a_server_that_is_not_there_is_named(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    request = share_request(share, scratch, small_volume)
    share.stop()
    fail(request, "cannot be reached", 0x800704C9)


def test_a_share_without_the_right_to_write_is_refused(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    put_old(share)
    share.stop()
    share.configure({"read only": "yes"}, {})
    share.start()
    fail(share_request(share, scratch, small_volume), "may not write", 0x80070005)
    assert_untouched(share, scratch)


@needs_root
def test_a_folder_of_the_share_without_the_right_to_write_is_refused(
    share: SambaShare,
    scratch: Path,
    small_volume: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The share allows it, the folder does not: both are needed."""
    base = tmp_path_factory.getbasetemp().parent.parent
    put_old(share)
    share.stop()
    share.configure({"force user": "nobody"}, {})
    share.folder.chmod(0o755)
    for folder in (share.folder, *share.folder.parents):
        # Folders of pytest let no other account through.
        if folder.is_relative_to(base):
            folder.chmod(folder.stat().st_mode | 0o055)
    share.start()
    fail(share_request(share, scratch, small_volume), "may not write", 0x80070005)
    assert_untouched(share, scratch)


def test_a_file_that_is_no_wim_stays(share: SambaShare, scratch: Path, small_volume: Path) -> None:
    (share.folder / "out.wim").write_bytes(b"letters to Anna")
    fail(share_request(share, scratch, small_volume), "exists and is no WIM")
    assert (share.folder / "out.wim").read_bytes() == b"letters to Anna"


def test_the_source_itself_on_the_share_is_refused(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    copy = share.folder / "out.wim"
    copy.write_bytes(small_volume.read_bytes())
    fail(share_request(share, scratch, copy), "is no WIM")
    assert copy.read_bytes() == small_volume.read_bytes()


def test_overwriting_can_be_refused(share: SambaShare, scratch: Path, small_volume: Path) -> None:
    put_old(share)
    request = share_request(share, scratch, small_volume, overwrite=Overwrite.REFUSE)
    fail(request, "overwriting was refused", 0x80070050)
    assert_untouched(share, scratch)


def test_a_file_that_came_meanwhile_is_not_replaced_where_that_is_refused(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    def come(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.UPLOAD:
            put_old(share)

    request = share_request(share, scratch, small_volume, overwrite=Overwrite.REFUSE)
    with pytest.raises(DestinationError, match="overwriting was refused"):
        WimlibBackend().capture(request, come)
    assert_untouched(share, scratch, kept=1)


def test_the_old_image_can_be_kept_with_its_time(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    old = put_old(share)
    os.utime(old, (1_700_000_000, 1_700_000_000))
    request = share_request(share, scratch, small_volume, overwrite=Overwrite.KEEP)
    WimlibBackend().capture(request, Events())
    assert (share.folder / "out.20231114T221320Z.wim").read_bytes() == OLD
    verify(share.folder / "out.wim")
    WimlibBackend().capture(request, Events())
    assert len(names_in(share.folder)) == 3


def test_a_broken_connection_is_made_anew_and_the_upload_resumes(
    share: SambaShare, scratch: Path, large_volume: Path
) -> None:
    put_old(share)
    sent: list[int] = []
    stopped = False

    def restart() -> None:
        time.sleep(1)
        share.start()

    thread = threading.Thread(target=restart)

    def break_it(event: CaptureEvent) -> None:
        nonlocal stopped
        if isinstance(event, Progress) and event.phase is Phase.UPLOAD:
            sent.append(event.done)
            if not stopped and event.total and event.done > event.total // 3:
                stopped = True
                share.stop()
                thread.start()

    WimlibBackend().capture(share_request(share, scratch, large_volume), break_it)
    thread.join()
    verify(share.folder / "out.wim")
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)
    again = [one for before, one in itertools.pairwise(sent) if one < before]
    assert again
    assert again[0] > 8 << 20, "it began anew"


def test_a_server_that_stays_away_is_an_error_that_keeps_the_finished_wim(
    share: SambaShare, scratch: Path, large_volume: Path
) -> None:
    put_old(share)

    def stop(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.UPLOAD and event.done > 5 << 20:
            share.stop()

    with pytest.raises(DestinationError, match="cannot be reached") as caught:
        WimlibBackend().capture(share_request(share, scratch, large_volume, patience=1), stop)
    (kept,) = scratch.glob("*.finished.wim")
    assert f"tasksequence deliver {kept} " in (caught.value.hint or "")
    verify(kept)
    share.start()
    WimlibBackend().capture(share_request(share, scratch, large_volume), Events())
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)


@pytest.mark.parametrize("overwrite", [Overwrite.REPLACE, Overwrite.KEEP])
def test_an_image_in_use_keeps_the_finished_upload(
    share: SambaShare, scratch: Path, small_volume: Path, overwrite: Overwrite
) -> None:
    put_old(share)
    request = share_request(share, scratch, small_volume, overwrite=overwrite)
    reader = SmbDestination(request.destination, request.account, request.password, request.options)
    reader._share.connect()
    import smbclient

    with smbclient.open_file(
        request.destination, mode="rb", buffering=0, share_access="r", **reader._share._arguments
    ):
        error = fail(request, "in use by a reader", 0x80070020)
        assert (share.folder / "out.wim").read_bytes() == OLD
        assert not names_in(scratch)
        (finished,) = names_in(share.folder) - {"out.wim"}
        verify(share.folder / finished)
        assert f"tasksequence deliver '{share.unc}\\{finished}' " in (error.hint or "")
    reader.finish(finished)
    reader.close()
    verify(share.folder / "out.wim")
    kept = names_in(share.folder) - {"out.wim"}
    assert len(kept) == (overwrite is Overwrite.KEEP)
    assert all((share.folder / name).read_bytes() == OLD for name in kept)


def test_a_share_that_is_full_halfway_says_so(
    share: SambaShare, scratch: Path, large_volume: Path
) -> None:
    with memory_disk(share.folder, "20m"):
        put_old(share)
        request = share_request(share, scratch, large_volume, check_space=False)
        fail(request, "no space left on the share", 0x80070070)
        assert_untouched(share, scratch, kept=1)
        share.stop()


def test_a_scratch_folder_that_is_full_halfway_says_so(
    share: SambaShare, scratch: Path, large_volume: Path
) -> None:
    put_old(share)
    with memory_disk(scratch, "20m"):
        request = share_request(share, scratch, large_volume, check_space=False)
        error = fail(request, "no space left", 0x80070070)
        assert error.where == str(scratch)
        assert "--scratch FOLDER" in (error.hint or "")
        assert_untouched(share, scratch)


def test_the_time_limit_counts_while_uploading(
    share: SambaShare, scratch: Path, large_volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_old(share)
    ahead = 0.0
    # However slow the machine is, the limit passes just after the upload has begun.
    clock = types.SimpleNamespace(monotonic=lambda: time.monotonic() + ahead)
    monkeypatch.setattr(backend, "time", clock)
    stopped_at: list[float] = []

    def stop(event: CaptureEvent) -> None:
        nonlocal ahead
        if isinstance(event, Progress) and event.phase is Phase.UPLOAD and not stopped_at:
            share.stop()
            stopped_at.append(time.monotonic())
            ahead = 998.0

    request = share_request(share, scratch, large_volume, timeout=1000, patience=1000)
    with pytest.raises(CaptureCancelled, match="time limit") as caught:
        WimlibBackend().capture(request, stop)
    assert caught.value.hresult == 0x800705B4
    assert time.monotonic() - stopped_at[0] < 20
    share.start()
    WimlibBackend().capture(share_request(share, scratch, large_volume), Events())
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)


def test_an_exception_while_uploading_leaves_nothing(
    share: SambaShare, scratch: Path, large_volume: Path
) -> None:
    put_old(share)

    def interrupt(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.UPLOAD and event.done > 5 << 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        WimlibBackend().capture(share_request(share, scratch, large_volume), interrupt)
    assert_untouched(share, scratch)


def test_two_captures_to_one_destination_both_stay_whole(
    share: SambaShare, scratch: Path, small_volume: Path, large_volume: Path
) -> None:
    put_old(share)
    failures: list[BaseException] = []
    all_upload = threading.Barrier(3, timeout=PATIENCE)

    def capture(volume: Path) -> None:
        met = False

        def meet(event: CaptureEvent) -> None:
            nonlocal met
            if isinstance(event, Progress) and event.phase is Phase.UPLOAD and not met:
                met = True
                all_upload.wait()

        try:
            WimlibBackend().capture(share_request(share, scratch, volume), meet)
        except BaseException as error:
            all_upload.abort()
            failures.append(error)

    threads = [
        threading.Thread(target=capture, args=(volume,))
        for volume in (small_volume, large_volume, small_volume)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    verify(share.folder / "out.wim")
    assert names_in(share.folder) == {"out.wim"}
    assert not names_in(scratch)


def test_a_destination_renamed_under_us_stays_what_it_is(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    old = put_old(share)

    def rename(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.UPLOAD and old.exists():
            old.rename(share.folder / "elsewhere.wim")

    WimlibBackend().capture(share_request(share, scratch, small_volume), rename)
    assert (share.folder / "elsewhere.wim").read_bytes() == OLD
    verify(share.folder / "out.wim")


def test_a_folder_renamed_under_us_keeps_the_finished_wim(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    folder, elsewhere = share.folder / "2026", share.folder / "elsewhere"
    folder.mkdir()
    (folder / "out.wim").write_bytes(OLD)

    def rename(event: CaptureEvent) -> None:
        if isinstance(event, Progress) and event.phase is Phase.VERIFY and folder.exists():
            folder.rename(elsewhere)

    request = share_request(share, scratch, small_volume, name="2026\\out.wim")
    with pytest.raises(DestinationError) as caught:
        WimlibBackend().capture(request, rename)
    assert caught.value.hresult in {0x80070002, 0x80070003}
    assert (elsewhere / "out.wim").read_bytes() == OLD
    (kept,) = scratch.iterdir()
    assert f"tasksequence deliver {kept} " in (caught.value.hint or "")
    elsewhere.rename(folder)
    WimlibBackend().capture(request, Events())
    verify(folder / "out.wim")
    assert names_in(folder) == {"out.wim"}
    assert not names_in(scratch)


def test_no_secret_is_in_what_is_shown(share: SambaShare, scratch: Path) -> None:
    request = share_request(share, scratch)
    destination = SmbDestination(
        request.destination, request.account, request.password, request.options
    )
    for shown in (request, destination, destination._share):
        assert PASSWORD not in repr(shown)
    destination.close()
