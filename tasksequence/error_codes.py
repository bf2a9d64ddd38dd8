"""One family for the codes of failures: errno, SMB status, Win32, HRESULT."""

from __future__ import annotations

import difflib
import errno
import os
import re
import textwrap
from typing import NamedTuple

from tasksequence.error_table import HRESULTS, STATUSES, WIN32
from tasksequence.libwim_table import LIBWIM

__all__ = [
    "KnownCode",
    "code_problem",
    "describe_code",
    "explain_code",
    "hresult_of_errno",
    "hresult_of_status",
    "win32_hresult",
]

_LIBWIM_NUMBER = re.compile(r"(LIBWIM)(?: ERROR)?[ :](?=\d+$)")
_FACILITIES = {
    0: "general",
    1: "remote procedure call",
    2: "OLE dispatch",
    3: "OLE storage",
    4: "interfaces",
    7: "Win32",
    8: "Windows",
    9: "security",
    10: "control",
    11: "certificates",
    15: "component servicing",
    24: "background transfer",
    2000: "Configuration Manager",
}

_OF_ERRNO = {
    errno.EPERM: 5,
    errno.ENOENT: 2,
    errno.EIO: 1117,
    errno.EACCES: 5,
    errno.EEXIST: 80,
    errno.EBADF: 6,
    errno.EXDEV: 17,
    errno.EMFILE: 4,
    errno.ENFILE: 4,
    errno.ENOTEMPTY: 145,
    errno.ELOOP: 1921,
    errno.ENODEV: 55,
    errno.ENOTDIR: 267,
    errno.EISDIR: 267,
    errno.EINVAL: 87,
    errno.EFBIG: 223,
    errno.ENOSPC: 112,
    errno.EROFS: 19,
    errno.EBUSY: 170,
    errno.ETXTBSY: 32,
    errno.ENOMEM: 8,
    errno.ENAMETOOLONG: 206,
    errno.EDQUOT: 1295,
    errno.EPIPE: 109,
    errno.ECONNREFUSED: 1225,
    errno.ECONNRESET: 64,
    errno.ECONNABORTED: 1236,
    errno.ENETUNREACH: 1231,
    errno.EHOSTUNREACH: 1232,
    errno.ETIMEDOUT: 121,
    errno.ESTALE: 64,
    errno.EOPNOTSUPP: 50,
    errno.ENXIO: 55,
}


class KnownCode(NamedTuple):
    """What is known of a code."""

    hresult: int
    """The code as Windows logs it, unsigned."""
    name: str
    """Its name in Windows' headers; empty where it is not known here."""
    meaning: str
    causes: tuple[str, ...] = ()
    """What imaging engineers found behind it."""
    hint: str = ""
    also: str = ""
    """The code that it was translated from: an NTSTATUS, an errno, a plain number."""


def win32_hresult(code: int) -> int:
    """Return the HRESULT of a Win32 error code."""
    return 0x80070000 | code


def hresult_of_errno(number: int | None) -> int | None:
    """Return the HRESULT for a system error of this machine; None where none fits."""
    code = _OF_ERRNO.get(number or 0)
    return None if code is None else win32_hresult(code)


def hresult_of_status(status: int) -> int | None:
    """Return the HRESULT for the NTSTATUS of an SMB server; None for one not known here."""
    known = STATUSES.get(status)
    return None if known is None else win32_hresult(known[1])


def explain_code(text: str) -> KnownCode | None:
    """Return what is known of a code as people write it; None for what is none.

    Takes an HRESULT or NTSTATUS in hexadecimal with or without 0x, as signed or unsigned decimal
    (exit codes in smsts.log), a Win32 code, names (ERROR_DISK_FULL, STATUS_DISK_FULL, ENOSPC,
    WIMLIB_ERR_WRITE), and the numbers of libwim as messages have them (libwim error 72).
    """
    wanted = text.strip().upper()
    if not wanted:
        return None
    number = _number(wanted)
    if number is not None:
        return _by_number(number)
    for status, (name, _) in STATUSES.items():
        if name == wanted:
            return _by_number(status)
    for code, row in WIN32.items():
        if row[0] == wanted:
            return _by_number(win32_hresult(code))
    for hresult, row in HRESULTS.items():
        if row[0] == wanted:
            return _by_number(hresult)
    for name, (number, meaning, win32) in LIBWIM.items():
        if wanted == name or _LIBWIM_NUMBER.sub(r"\1", wanted) == f"LIBWIM{number}":
            also = f"{name}, libwim error {number}: {meaning}"
            return _by_number(win32_hresult(win32))._replace(also=also)
    system = getattr(errno, wanted, None) if wanted.startswith("E") else None
    translated = hresult_of_errno(system) if isinstance(system, int) else None
    if translated is None or system is None:
        return None
    return _by_number(translated)._replace(also=f"{wanted}: {os.strerror(system)}")


def code_problem(text: str) -> str | None:
    """Return why a text that looks like a code is none; None where it does not look like one.

    Call it for what `explain_code` does not know.
    """
    wanted = text.strip().upper()
    if re.fullmatch(r"0X|0X.*[^0-9A-F].*", wanted):
        return "it is no hexadecimal number: 0x and up to eight of 0-9 and A-F"
    if re.fullmatch(r"0X[0-9A-F]+|-?[0-9]+", wanted):
        return "codes have 32 bits: up to eight hexadecimal digits, -2147483648 to 4294967295"
    if re.fullmatch(r"WIMLIB_\w*|LIBWIM(?: ERROR)?[ :]+\S*", wanted):
        near = difflib.get_close_matches(wanted, LIBWIM, 3, 0.7)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        return f"libwim has no such error.{meant} It has these:\n{_libwim_names()}"
    for prefix, names in (
        ("ERROR_", [row[0] for row in WIN32.values()]),
        ("STATUS_", [name for name, _ in STATUSES.values()]),
    ):
        if wanted.startswith(prefix):
            near = difflib.get_close_matches(wanted, names, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            return f"no code of that name is known here{meant}"
    return None


def _libwim_names() -> str:
    names = (f"{name}={number}" for name, (number, _, _) in LIBWIM.items())
    return textwrap.fill(", ".join(names), 98, break_on_hyphens=False)


def describe_code(known: KnownCode) -> str:
    """Return what is known of a code as text for people."""
    code = known.hresult
    name = f"  {known.name}" if known.name else ""
    lines = [f"0x{code:08X}{name}", f"  {known.meaning}"]
    numbers = f"{code} unsigned, {code - (1 << 32) if code >> 31 else code} signed"
    if code >> 16 == 0x8007:
        numbers += f", Win32 {code & 0xFFFF}"
    lines.append(f"  as a number  {numbers}")
    if known.also:
        lines.append(f"  read from    {known.also}")
    for at, cause in enumerate(known.causes):
        lines.append(f"  {'seen with' if not at else '':<12} {cause}")
    if known.hint:
        lines.append(f"  what to do   {known.hint}")
    return "\n".join(lines)


def _number(text: str) -> int | None:
    if re.fullmatch(r"0X[0-9A-F]{1,8}", text):
        return int(text, 16)
    # Without 0x only what has the form of a failure: other words are hexadecimal, too.
    if re.fullmatch(r"[89C][0-9A-F]{7}", text):
        return int(text, 16)
    if re.fullmatch(r"-?[0-9]{1,10}", text):
        value = int(text)
        return value & 0xFFFFFFFF if -(1 << 31) <= value < 1 << 32 else None
    return None


def _by_number(number: int) -> KnownCode:
    if number in STATUSES and number not in HRESULTS:
        name, code = STATUSES[number]
        return _by_number(win32_hresult(code))._replace(also=f"{name} (NTSTATUS 0x{number:08X})")
    also = ""
    if 0 < number <= 0xFFFF:
        also = f"Win32 code {number}"
        number = win32_hresult(number)
    row = HRESULTS.get(number)
    if row is None and number >> 16 == 0x8007:
        row = WIN32.get(number & 0xFFFF)
    if row is not None:
        return KnownCode(number, *row, also=also)
    if number == 0:
        return KnownCode(0, "S_OK", "success")
    facility = number >> 16 & 0x7FF
    area = _FACILITIES.get(facility, "unknown")
    meaning = (
        f"{'a failure' if number >> 31 else 'no failure by its top bit'}, facility {facility} "
        f"({area}), code {number & 0xFFFF}; its text is not known here"
    )
    return KnownCode(number, "", meaning, also=also)
