"""Every error code of libwim becomes an error with the code that Windows has for it."""

from __future__ import annotations

import ast
import errno
import subprocess
import sys
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.capture.wimlib.codes import LibwimError, capture_error, wim_error
from tasksequence.capture.wimlib.hresults import WIN32_OF_LIBWIM, hresult_of_libwim
from tasksequence.error_codes import explain_code

WIM = "/images/a.wim"

# What has a documented Windows code of the same name or text.
SAME = [
    (18, 1168, "ERROR_NOT_FOUND"),
    (27, 4392, "ERROR_INVALID_REPARSE_DATA"),
    (31, 1113, "ERROR_NO_UNICODE_TRANSLATION"),
    (39, 14, "ERROR_OUTOFMEMORY"),
    (41, 145, "ERROR_DIR_NOT_EMPTY"),
    (49, 3, "ERROR_PATH_NOT_FOUND"),
    (65, 38, "ERROR_HANDLE_EOF"),
    (67, 1305, "ERROR_UNKNOWN_REVISION"),
    (68, 50, "ERROR_NOT_SUPPORTED"),
    (74, 6002, "ERROR_FILE_ENCRYPTED"),
    (76, 1223, "ERROR_CANCELLED"),
]


def failure(code: int, number: int = 0, log: str = "") -> LibwimError:
    return LibwimError(code, f"text of {code}", number, log)


@pytest.fixture(scope="module")
def codes() -> list[int]:
    """The codes that the installed libwim has a text for; asked in a process of its own."""
    ask = (
        "from tasksequence.capture.wimlib.ffi import Library\n"
        "library = Library()\n"
        "for code in range(1, 300):\n"
        "    if library('wimlib_get_error_string', code) != b'Unknown error':\n"
        "        print(code)\n"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    if "BackendUnavailable" in done.stderr:
        pytest.skip("libwim is not installed")
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.split()]


@pytest.mark.wimlib
def test_every_code_of_the_installed_libwim_has_one(codes: list[int]) -> None:
    assert len(codes) > 70
    assert set(codes) <= WIN32_OF_LIBWIM.keys()


@pytest.mark.parametrize("code", sorted(WIN32_OF_LIBWIM))
def test_every_code_gives_an_error_that_explain_knows(code: int) -> None:
    raised: list[ts.TaskSequenceError] = [
        wim_error(failure(code), WIM),
        capture_error(failure(code), volume=None, destination=WIM),
        capture_error(failure(code), volume="/dev/sda2", destination=WIM),
    ]
    for error in raised:
        assert error.hresult is not None
        known = explain_code(f"{error.hresult:#010x}")
        assert known is not None
        assert known.name, hex(error.hresult)
        assert f"(0x{error.hresult:08X})" in str(error)
        assert f"libwim error {code}" in error.problem
    assert raised[0].where == WIM
    assert raised[0].hresult == 0x80070000 | WIN32_OF_LIBWIM[code]


@pytest.mark.parametrize(("code", "win32", "name"), SAME)
def test_codes_that_windows_has_too(code: int, win32: int, name: str) -> None:
    assert hresult_of_libwim(code) == 0x80070000 | win32
    known = explain_code(name)
    assert known is not None
    assert known.hresult == 0x80070000 | win32


def test_the_system_error_says_more_than_the_code() -> None:
    full = capture_error(failure(72, errno.ENOSPC), volume=None, destination=WIM)
    assert full.hresult == 0x80070070
    assert wim_error(failure(47, errno.EACCES), WIM).hresult == 0x80070005
    assert wim_error(failure(47, errno.ENOENT), WIM).hresult == 0x80070002
    # errno may be left over from anything where no system call has failed.
    assert wim_error(failure(28, errno.ENOENT), WIM).hresult == 0x80070570
    bad = capture_error(failure(46, errno.EIO), volume="/dev/sda2", destination=WIM)
    assert bad.hresult == 0x8007045D
    assert (bad.where, type(bad)) == ("/dev/sda2", ts.VolumeError)


def test_a_code_of_a_newer_libwim_is_an_unspecified_failure() -> None:
    assert wim_error(failure(250), WIM).hresult == 0x80004005


ROOT = Path(ts.__file__).parent
SOURCES = [
    *sorted((ROOT / "capture" / "sources").glob("*.py")),
    *sorted((ROOT / "images").glob("*.py")),
    ROOT / "capture" / "wim_file.py",
    ROOT / "capture" / "exclusions.py",
    ROOT / "capture" / "wimlib" / "codes.py",
]
KINDS = {"VolumeError", "ImageError", "CaptureError", "BackendUnavailable", "DestinationError"}


@pytest.mark.parametrize("module", SOURCES, ids=lambda path: path.stem)
def test_no_error_of_sources_and_images_lacks_its_code(module: Path) -> None:
    """Written codes are known to `explain`; what is computed is tested where it is computed."""
    for call in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        if call.func.id not in KINDS or not call.args:
            continue
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        assert "hresult" in given, f"{module.name}, line {call.lineno}"
        written = given["hresult"]
        if isinstance(written, ast.Constant) and isinstance(written.value, int):
            known = explain_code(f"{written.value:#010x}")
            assert known is not None
            assert known.name, f"{module.name}, line {call.lineno}"
