"""Codes as people write them, and one family for all of them."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksequence.capture.wimlib.codes import LibwimError, capture_error
from tasksequence.capture.wimlib.hresults import hresult_of_libwim
from tasksequence.error_codes import (
    describe_code,
    explain_code,
    hresult_of_errno,
    hresult_of_status,
    win32_hresult,
)
from tasksequence.error_table import HRESULTS, STATUSES, WIN32
from tasksequence.libwim_table import LIBWIM
from tests.support.command_line import refused, run


@pytest.mark.parametrize(
    "text",
    [
        *("0x80070070", "80070070", "2147942512", "-2147024784", "112", "0x70"),
        *("0X80070070", " 0x80070070 ", "0xc000007f", "status_disk_full"),
        *("-1073741697", "3221225599", "enospc"),
        *("error_disk_full", "0xC000007F", "STATUS_DISK_FULL", "ENOSPC"),
    ],
)
def test_every_spelling_of_a_full_disk_is_one_code(text: str) -> None:
    known = explain_code(text)
    assert known is not None
    assert known.hresult == 0x80070070
    assert known.name == "ERROR_DISK_FULL"
    assert "FAT32" in describe_code(known)


# The codes of captures that imaging engineers report.
@pytest.mark.parametrize(
    "code",
    [
        *(0x80070040, 0x80070003, 0x80070035, 0x80070043, 0x80070005, 0x8007052E, 0x80070050),
        *(0x80070070, 0x80070490, 0x80073CF2, 0x800F0975, 0x800700C1, 0x80004005, 0x80070002),
        0x8000FFFF,
    ],
)
def test_codes_of_captures_have_a_meaning_and_a_hint(code: int) -> None:
    known = explain_code(f"{code:08x}")
    assert known is not None
    assert known.meaning
    assert known.hint
    assert explain_code(str(code)) == known


@pytest.mark.parametrize(
    "text",
    ["WIMLIB_ERR_NTFS_3G", "wimlib_err_ntfs_3g", "libwim error 46", "libwim 46", "libwim:46"],
)
def test_every_spelling_of_an_error_of_libwim_is_one_code(text: str) -> None:
    known = explain_code(text)
    assert known is not None
    assert known.hresult == 0x8007001E
    assert "WIMLIB_ERR_NTFS_3G, libwim error 46: the NTFS volume" in describe_code(known)


@pytest.mark.parametrize("name", LIBWIM)
def test_errors_of_libwim_have_a_meaning_in_windows(name: str) -> None:
    known = explain_code(name)
    assert known is not None
    assert known.name.startswith("ERROR_")
    assert known == explain_code(f"libwim error {LIBWIM[name][0]}")


@pytest.mark.parametrize(
    ("code", "volume"), [(39, None), (72, None), (46, "v"), (65, "v"), (68, "v"), (28, None)]
)
def test_a_captures_error_has_the_code_that_is_explained(code: int, volume: str | None) -> None:
    failure = LibwimError(code, "said", 0, "")
    known = explain_code(f"libwim error {code}")
    assert known is not None
    error = capture_error(failure, volume=volume, destination="d")
    assert error.hresult == known.hresult


@pytest.mark.parametrize("name", LIBWIM)
def test_a_capture_and_explain_have_the_same_code_for_an_error_of_libwim(name: str) -> None:
    known = explain_code(name)
    assert known is not None
    assert known.hresult == hresult_of_libwim(LIBWIM[name][0])


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0xFFFFFFFFFF", ("32 bits",)),
        ("99999999999", ("32 bits",)),
        ("-2147483649", ("32 bits",)),
        ("0x", ("0-9 and A-F",)),
        ("0x8007O070", ("0-9 and A-F",)),
        ("WIMLIB_ERR_NOSPC", ("libwim has no such error", "WIMLIB_ERR_WRITE=72")),
        ("WIMLIB_ERR_WRIT", ("Did you mean WIMLIB_ERR_WRITE",)),
        ("libwim error 9999", ("libwim has no such error",)),
        ("ERROR_DISK_FUL", ("did you mean ERROR_DISK_FULL?",)),
        ("STATUS_DISK_FUL", ("did you mean STATUS_DISK_FULL?",)),
    ],
)
def test_what_looks_like_a_code_and_is_none_says_why(text: str, parts: tuple[str, ...]) -> None:
    done = run("explain", text)
    refused(done, 1, f"{text!r} is no code", *parts)
    assert "class" not in done.stderr


def test_codes_of_the_network_and_of_configuration_manager_are_known() -> None:
    bad_path = explain_code("0x800704B3")
    assert bad_path is not None
    assert (bad_path.name, bool(bad_path.hint)) == ("ERROR_NO_NET_OR_BAD_PATH", True)
    blocked = explain_code("0xC0000418")
    assert blocked is not None
    assert (blocked.hresult, blocked.name) == (0x80070791, "ERROR_NTLM_BLOCKED")
    assert "kerberos" in blocked.hint
    unknown = explain_code("0x87D0FFFF")
    assert unknown is not None
    assert "facility 2000 (Configuration Manager)" in unknown.meaning
    content = explain_code("0x87D00607")
    assert content is not None
    assert "content was not found" in content.meaning


@pytest.mark.parametrize("name", ["EXDEV", "EMFILE", "ENFILE", "ELOOP", "ENOTEMPTY", "EBADF"])
def test_system_errors_of_moving_and_opening_are_known(name: str) -> None:
    known = explain_code(name)
    assert known is not None
    assert known.name
    assert known.also.startswith(f"{name}: ")


def test_the_command_takes_signed_codes_and_still_knows_its_options() -> None:
    done = run("explain", "-2147024784")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0x80070070  ERROR_DISK_FULL")
    refused(run("explain", "--nope"), 2, "No such option")
    assert run("explain", "--json", "-2147024784").stdout.startswith("{")


@pytest.mark.parametrize(
    "text", ["", "libwim", "libwim 0", "CaptureSystemImageAction", "0x", "E", "OSDImageCreator"]
)
def test_what_is_no_code_is_none(text: str) -> None:
    assert explain_code(text) is None


@given(st.integers(-(1 << 31), (1 << 32) - 1))
def test_every_number_is_described_and_keeps_its_value(number: int) -> None:
    known = explain_code(str(number))
    assert known is not None
    assert describe_code(known).startswith(f"0x{known.hresult:08X}")
    unsigned = number & 0xFFFFFFFF
    # Eight digits from 8 on are read as hexadecimal.
    if unsigned > 99_999_999 and unsigned not in STATUSES:
        assert known.hresult == unsigned


def test_the_table_agrees_with_itself() -> None:
    assert not {win32_hresult(code) for code in WIN32} & set(HRESULTS)
    for name, code in STATUSES.values():
        assert code in WIN32, name
    names = [row[0] for row in (*WIN32.values(), *HRESULTS.values()) if row[0]]
    assert len(names) == len(set(names))


def test_system_errors_and_statuses_are_translated() -> None:
    assert hresult_of_errno(errno.ENOSPC) == 0x80070070
    assert hresult_of_errno(None) is None
    assert hresult_of_errno(errno.ENOTTY) is None
    assert hresult_of_status(0xC000006D) == 0x8007052E
    assert hresult_of_status(0xDEADBEEF) is None


def test_the_command_explains_a_code() -> None:
    done = run("explain", "0x8007052E")
    assert done.returncode == 0
    assert "ERROR_LOGON_FAILURE" in done.stdout
    assert r"domain\user" in done.stdout
    assert '"hresult": 2147943726' in run("explain", "0x8007052E", "--json").stdout
    refused(run("explain", "NoSuchThing"), 1, "NoSuchThing")
