r"""UNC paths: \\server\share\folder\file.wim."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import attrs

from tasksequence.errors import DestinationError
from tasksequence.request import ShareMapping

__all__ = ["UncPath", "is_unc", "mapped", "parse_unc"]

_UNC = re.compile(r"(?:\\\\|//)([^\\/]+)(?:[\\/]|$)")
_LONG_FORM = re.compile(r"[\\/]{2}\?[\\/]UNC[\\/]", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f"*:<>?|]')
"""What no name on a Windows server may hold."""
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|(?:COM|LPT)[0-9¹²³]) *(?:\..*)?", re.IGNORECASE)
"""Names that Windows takes for devices, whatever their ending."""


@attrs.frozen
class UncPath:
    """The parts of a UNC path to a file."""

    server: str
    share: str
    folders: tuple[str, ...]
    name: str

    @property
    def folder(self) -> str:
        """UNC path of the folder that holds the file."""
        return "\\\\" + "\\".join((self.server, self.share, *self.folders))

    @property
    def root(self) -> str:
        """UNC path of the share."""
        return rf"\\{self.server}\{self.share}"

    def beside(self, name: str) -> str:
        """Return the UNC path of another name in the same folder."""
        return rf"{self.folder}\{name}"

    def __str__(self) -> str:
        return self.beside(self.name)


def is_unc(text: str) -> bool:
    """Tell a share from a local path; `//tmp/x.wim` is local where there is a folder /tmp."""
    share = _UNC.match(text)
    return share is not None and not (text[0] == "/" and Path("/", share[1]).is_dir())


def parse_unc(text: str) -> UncPath:
    """Take a UNC path to a file apart; raises `DestinationError` for what names none."""
    plain = _LONG_FORM.sub(r"\\\\", text)
    parts = [part for part in re.split(r"[\\/]+", plain) if part not in {"", "."}]
    if len(parts) < 3 or plain.endswith(("\\", "/")):
        raise DestinationError(
            "the UNC path names no file",
            where=text,
            hint=r"Write \\server\share\folder\image.wim.",
            hresult=0x800700A1,
        )
    for part in parts:
        if part == ".." or _FORBIDDEN.search(part):
            raise DestinationError(
                f"{part!r} is no name that a UNC path may hold",
                where=text,
                hint='Correct the path: no "..", and none of " * : < > ? |.',
                hresult=0x8007007B,
            )
    server, share, *folders, name = parts
    for part in (*folders, name):
        if _DEVICE.fullmatch(part) or part != part.rstrip(". "):
            why = "ends in a dot or space" if part[-1] in ". " else "is a device's name in Windows"
            raise DestinationError(
                f"{part!r} {why}, so Windows could not open it",
                where=text,
                hint="Choose another name.",
                hresult=0x8007007B,
            )
    return UncPath(server, share, tuple(folders), name)


def mapped(text: str, mappings: Iterable[ShareMapping]) -> str | None:
    """Return the local path of a UNC path by the longest mapping that covers it; None for none.

    Raises `DestinationError` for a mapping whose folder is missing.
    """
    wanted = _folded(text)
    best: ShareMapping | None = None
    for one in mappings:
        prefix = _folded(one.unc)
        longer = best is None or len(prefix) > len(_folded(best.unc))
        if prefix and wanted[: len(prefix)] == prefix and longer:
            best = one
    if best is None:
        return None
    if not best.path.is_dir():
        raise DestinationError(
            f"{best.unc} is said to be mounted on {best.path}, and there is no such folder",
            where=text,
            hint="Mount the share there, or correct --share.",
            hresult=0x80070003,
        )
    target = parse_unc(text)
    rest = (target.server, target.share, *target.folders, target.name)[len(_folded(best.unc)) :]
    return os.path.join(best.path, *rest)  # noqa: PTH118


def _folded(text: str) -> tuple[str, ...]:
    plain = _LONG_FORM.sub(r"\\\\", text)
    return tuple(part.casefold() for part in re.split(r"[\\/]+", plain) if part not in {"", "."})
