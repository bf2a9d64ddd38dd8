"""The boundary to libwim, with the real library."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasksequence.capture.wimlib import ffi
from tasksequence.capture.wimlib.codes import LibwimError, capture_error
from tasksequence.capture.wimlib.ffi import LIBRARY_VARIABLE, Library, Message, Progress
from tasksequence.errors import BackendUnavailable, DestinationError


@pytest.fixture(scope="module")
def library() -> Library:
    try:
        return Library()
    except BackendUnavailable as error:
        pytest.skip(str(error))


def ignore(progress: Progress) -> None:
    """Take no notice."""


def test_a_missing_library_says_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "/nowhere/libwim.so.15")
    with pytest.raises(BackendUnavailable, match=r"tried /nowhere/libwim\.so\.15") as caught:
        Library()
    assert LIBRARY_VARIABLE in (caught.value.hint or "")


def test_a_missing_system_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LIBRARY_VARIABLE, raising=False)
    monkeypatch.setattr(ffi, "_LIBRARY_NAMES", ("libwim-not-there.so",))
    with pytest.raises(BackendUnavailable) as caught:
        Library()
    assert "apt install libwim15" in (caught.value.hint or "")


def test_another_library_is_no_libwim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "libc.so.6")
    with pytest.raises(BackendUnavailable, match="no function wimlib_"):
        Library()


@pytest.mark.wimlib
def test_too_old_a_library_is_refused(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    monkeypatch.setattr(ffi, "MINIMUM_VERSION", (99, 0, 0))
    with pytest.raises(BackendUnavailable, match=r"99\.0\.0 is the oldest"):
        Library()


@pytest.mark.wimlib
def test_a_failed_call_raises_with_code_text_and_log(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "not.wim"
    path.write_bytes(b"this is no WIM file" * 100)
    with pytest.raises(LibwimError) as caught, library.open_wim(str(path), ignore):
        pass
    assert caught.value.code == 43
    assert "WIM" in caught.value.text


@pytest.mark.wimlib
def test_the_last_words_are_found_after_a_long_log(tmp_path: Path) -> None:
    library = Library()

    def write(messages: bytes) -> None:
        with Path(f"/proc/self/fd/{library._log}").open("ab") as log:
            log.write(messages)

    write(b"\r[WARNING] about a file\n" * 20_000)
    with (
        pytest.raises(LibwimError) as caught,
        library.open_wim(str(tmp_path / "missing.wim"), ignore),
    ):
        pass
    assert "[ERROR]" in caught.value.log
    assert "missing.wim" in caught.value.sentence()
    assert len(caught.value.log) < 100_000
    assert library.new_warnings() == ["about a file"] * 20_000
    write("\r[WARNING] Ü\u2028 and a\x85.\n".encode())
    assert library.new_warnings() == ["Ü\u2028 and a\x85."]
    assert not library.new_warnings()


@pytest.mark.wimlib
@pytest.mark.parametrize("when", [Message.SCAN_END, Message.WRITE_STREAMS])
def test_an_exception_in_the_callback_comes_out_of_the_call(
    library: Library, small_volume: Path, tmp_path: Path, when: Message
) -> None:
    def refuse(progress: Progress) -> None:
        if progress.message is when:
            raise ZeroDivisionError("from the callback")

    def capture() -> None:
        with library.new_wim("lzx", refuse) as wim:
            wim.add_image(str(small_volume), "x", os.devnull, ntfs=True)
            wim.write(str(tmp_path / "x.wim"), 1)

    with pytest.raises(ZeroDivisionError, match="from the callback"):
        capture()


@pytest.mark.wimlib
def test_a_damaged_file_is_found_by_verifying(
    library: Library, small_volume: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.wim"
    with library.new_wim("none", ignore) as wim:
        wim.add_image(str(small_volume), "x", os.devnull, ntfs=True)
        wim.write(str(path), 1)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"a" * 5000) + 2500] ^= 1
    path.write_bytes(raw)
    with library.open_wim(str(path), ignore) as wim, pytest.raises(LibwimError) as caught:
        wim.verify()
    error = capture_error(caught.value, volume=None, destination="/d.wim")
    assert isinstance(error, DestinationError)
    assert "damaged" in error.problem


@pytest.mark.wimlib
def test_properties_and_sizes_come_back(
    library: Library, small_volume: Path, tmp_path: Path
) -> None:
    path = str(tmp_path / "Bild 1 ü.wim")
    with library.new_wim("none", ignore) as wim:
        wim.add_image(str(small_volume), "Näme <&>", os.devnull, ntfs=True)
        wim.set_property(1, "TASKSEQUENCE/CREATOR", "Jo")
        wim.write(path, 1)
    pieces: list[tuple[int, int]] = []
    with library.open_wim(path, ignore) as wim:
        wim.verify()
        wim.visit_data(1, lambda offset, size: pieces.append((offset, size)))
        assert wim.number(1, "FILECOUNT") == 1
        assert wim.number(1, "NOT/THERE") == 0
        assert wim.stored_bytes() == sum({size for _, size in pieces}) == 5000
