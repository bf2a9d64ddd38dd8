"""Names that a WIM can hold and Windows cannot open."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasksequence.errors import ImageError
from tasksequence.images.contents import ImageFile

__all__ = ["check_paths", "unusable_names"]

_FORBIDDEN = re.compile(r'[\x00-\x1f"*/:<>?\\|]')
_DEVICE = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3])(?:\..*)?",
    re.IGNORECASE | re.DOTALL,
)
"""Microsoft, "Naming Files, Paths, and Namespaces"."""
_LONGEST = 255
"""UTF-16 units."""


def check_paths(files: Iterable[ImageFile], where: str) -> None:
    """Raise `ImageError` for a name that no file system can take: one with a slash, or none."""
    folders = {""}
    for file in files:
        path = file.path.rstrip("/") if file.path == "/" else file.path
        parent, _, name = path.rpartition("/")
        if path and (parent not in folders or not name or "\0" in name):
            raise ImageError(
                f"a name in {file.path!r} has a slash in it or is empty, which no volume takes",
                where=where,
                hint="Repair the volume that it was captured from (`chkdsk /f`), and capture "
                "again.",
                hresult=0x8007007B,
            )
        if file.is_folder:
            folders.add(path)


def unusable_names(files: Iterable[ImageFile]) -> list[str]:
    """Return path and reason of each name that Windows cannot open.

    Two names of one folder that differ in case alone are among them.
    """
    seen: dict[str, str] = {}
    found = []
    for file in files:
        if file.path == "/":
            continue
        reason = _reason(file.path.rpartition("/")[2])
        other = seen.setdefault(file.path.upper(), file.path)
        if reason is None and other != file.path:
            reason = f"differs from {other!r} in case alone"
        if reason is not None:
            found.append(f"{file.path!r} {reason}")
    return found


def _reason(name: str) -> str | None:
    forbidden = _FORBIDDEN.search(name)
    if forbidden is not None:
        return f"has {forbidden[0]!r} in it"
    if name[-1] in " .":
        return "ends with a blank or dot"
    if _DEVICE.fullmatch(name):
        return "is the name of a device"
    if len(name.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST:
        return f"is longer than {_LONGEST} characters"
    return None
