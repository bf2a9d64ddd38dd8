"""What becomes of the WIM that is at a destination already."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tasksequence.capture.wim_file import MAGIC_BYTES, WIM_MAGICS
from tasksequence.errors import DestinationError

__all__ = ["check_is_wim", "finished_name", "is_finished", "kept_name", "protected", "refuse"]

_FINISHED = re.compile(r"\.[0-9a-f]{8}\.finished\.wim")


def kept_name(name: str, written: float, attempt: int = 0) -> str:
    """Return the name under which an old WIM stays: with the time (UTC) at which it was written."""
    stem, dot, suffix = name.rpartition(".")
    stamp = f"{datetime.fromtimestamp(written, UTC):%Y%m%dT%H%M%SZ}"
    if attempt:
        stamp += f"-{attempt + 1}"
    return f"{stem}.{stamp}.{suffix}" if dot and stem else f"{name}.{stamp}"


def finished_name(name: str, mark: str) -> str:
    """Return the name of a finished WIM that could not take its place; `mark`: 8 hex digits."""
    return f"{_stem(name)}.{mark}.finished.wim"


def is_finished(name: str, destination: str) -> bool:
    """Tell whether a name is a finished WIM of a destination's name, in any letter case."""
    stem = _stem(destination).casefold()
    name = name.casefold()
    return name.startswith(stem) and _FINISHED.fullmatch(name[len(stem) :]) is not None


def _stem(name: str) -> str:
    return name[:-4] if name.casefold().endswith(".wim") else name


def refuse(where: str) -> DestinationError:
    """Return the error for a destination that is there and must not be replaced."""
    return DestinationError(
        "there is a file at the destination already, and overwriting was refused",
        where=where,
        hint="Name another file, or choose `replace` or `keep` (command line: --overwrite).",
        hresult=0x80070050,
    )


def protected(where: str) -> DestinationError:
    """Return the error for an image that somebody protects from being replaced."""
    return DestinationError(
        "the image there is read-only, and would be replaced",
        where=where,
        hint="Take the mark off (attrib -r, chmod u+w), name another file, or keep it beside the "
        "new one (command line: --overwrite keep).",
        hresult=0x80070005,
    )


def check_is_wim(head: bytes, where: str) -> None:
    """Refuse to replace a file with content that does not begin as a WIM does."""
    if head and head[:MAGIC_BYTES] not in WIM_MAGICS:
        raise DestinationError(
            "the destination exists and is no WIM",
            where=where,
            hint="Only an image is replaced by a new one: move this file away, or name another.",
            hresult=0x80070050,
        )
