"""Which files are left out of an image: profiles in wimlib's and DISM's syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import CaptureError

if TYPE_CHECKING:
    from pathlib import Path

    from tasksequence.request import ExclusionProfile

__all__ = ["DEFAULT_EXCLUDED", "Exclusions", "config_text", "load_profile"]

DEFAULT_EXCLUDED = (
    "/$ntfs.log",
    "/hiberfil.sys",
    "/pagefile.sys",
    "/swapfile.sys",
    "/System Volume Information",
    "/RECYCLER",
    "/$Recycle.Bin",
    "/Windows/CSC",
    "/_SMSTaskSequence",
    "/SMSTSLog",
)
"""DISM's list, the recycle bin of newer Windows, and what a task sequence leaves on the disk. The
last three are this project's choice: what the site's own capture leaves out is not documented."""

_SECTION = re.compile(r"\[([^\]]+)\]\s*$")
_USED = {"exclusionlist": "exclude", "exclusionexception": "keep"}
_OTHERS = frozenset(
    {"compressionexclusionlist", "compressionfolderlist", "alignmentlist", "prepopulatelist"}
)
"""Sections of such files that do not say what is captured."""


def load_profile(path: Path | str) -> ExclusionProfile:
    """Read a profile from a file: sections [ExclusionList] and [ExclusionException].

    Quotes around a pattern are taken off (DISM keeps them, and then matches nothing), drive
    letters too; slashes may lean either way. Raises `CaptureError` with file and line.
    """
    from pathlib import Path

    from tasksequence.request import ExclusionProfile

    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise CaptureError(
            f"the exclusion profile cannot be read: {error.strerror}",
            where=str(path),
            hresult=hresult_of_errno(error.errno),
        ) from None
    lists: dict[str, list[str]] = {"exclude": [], "keep": []}
    section: str | None = None
    for number, line in enumerate(_text(raw, str(path)).splitlines(), start=1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        where = f"{path}, line {number}"
        head = _SECTION.match(text)
        if head is not None:
            name = head[1].strip().casefold()
            if name not in _USED and name not in _OTHERS:
                raise CaptureError(
                    f"there is no section {head[0].strip()} in an exclusion profile",
                    where=where,
                    hint="The sections are [ExclusionList] and [ExclusionException].",
                    hresult=0x8007000D,
                )
            section = _USED.get(name, "")
        elif section is None:
            raise CaptureError(
                "this pattern stands before any section",
                where=where,
                hint="Begin the file with a line [ExclusionList].",
                hresult=0x8007000D,
            )
        elif section:
            lists[section].append(_pattern(text, where))
    return ExclusionProfile(
        exclude=tuple(lists["exclude"]), keep=tuple(lists["keep"]), source=str(path)
    )


def config_text(exclude: Iterable[str], keep: Iterable[str]) -> str:
    """Return the lists as a configuration file that libwim reads."""
    return "\n".join(["[ExclusionList]", *exclude, "[ExclusionException]", *keep, ""])


class Exclusions:
    """Matches paths by libwim's rules, without regard to case."""

    def __init__(self, exclude: Iterable[str], keep: Iterable[str]) -> None:
        self._exclude = [_Pattern(text) for text in exclude]
        self._keep = [_Pattern(text) for text in keep]

    def excludes(self, path: str) -> bool:
        """Tell whether a path (with `/` at its start) is left out; all below goes with it."""
        parts = path.casefold().strip("/").split("/")
        if not any(one.matches(parts, ancestors=False) for one in self._exclude):
            return False
        return not any(one.matches(parts, ancestors=True) for one in self._keep)


class _Pattern:
    def __init__(self, text: str) -> None:
        self._is_absolute = text.startswith("/")
        self._parts = [part for part in text.casefold().split("/") if part]

    def matches(self, parts: list[str], *, ancestors: bool) -> bool:
        if not self._is_absolute:
            parts = parts[-1:]
        if len(parts) < len(self._parts) and not ancestors:
            return False
        pairs = zip(self._parts, parts, strict=False)
        return all(_glob(pattern).fullmatch(part) is not None for pattern, part in pairs)


@lru_cache(maxsize=1024)
def _glob(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _pattern(text: str, where: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    text = re.sub(r"^[A-Za-z]:(?=[\\/])", "", text).replace("\\", "/").rstrip("/")
    if not text:
        raise CaptureError(
            "this pattern would leave out the whole volume",
            where=where,
            hint="Name a file or folder, as in \\pagefile.sys or *.tmp.",
            hresult=0x8007000D,
        )
    if not text.startswith("/") and "/" in text:
        raise CaptureError(
            f"the pattern {text} is a path, and does not begin with a slash",
            where=where,
            hint=f"Begin it with a slash to count it from the root (/{text}), or give a name alone "
            "to match it in every folder.",
            hresult=0x8007000D,
        )
    return text


def _text(raw: bytes, path: str) -> str:
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise CaptureError(
            "the exclusion profile is neither UTF-8 nor UTF-16",
            where=path,
            hint="Save it as UTF-8.",
            hresult=0x8007000D,
        ) from None
