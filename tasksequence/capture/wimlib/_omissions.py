"""What a capture leaves out of its images: counted in full, listed up to a limit."""

from __future__ import annotations

from collections.abc import Iterable

from tasksequence.capture.sources.ntfs import Inspection, tree_below

__all__ = ["KEPT_PATHS", "Omissions"]

KEPT_PATHS = 1000


class _Left:
    def __init__(self) -> None:
        self.count = 0
        self.paths: list[str] = []

    def add(self, path: str) -> None:
        self.count += 1
        if len(self.paths) < KEPT_PATHS:
            self.paths.append(path)


class Omissions:
    """What is left out of the image of one volume, by the name of an OmissionReason."""

    def __init__(self, volume: str) -> None:
        self.volume = volume
        self._left: dict[str, _Left] = {}
        self._excluded: list[str] = []
        self._unsupported: list[str] = []

    def exclude(self, path: str) -> None:
        """Add a path that the list of excluded files names; all below goes with it."""
        self._excluded.append(path)

    def exclude_raw(self, path: bytes) -> None:
        """Add such a path as libwim tells it."""
        self.exclude(_text(path))

    def leave_unsupported(self, path: bytes) -> None:
        """Add a path that libwim cannot capture."""
        self._unsupported.append(_text(path))

    def complete(self, found: Inspection) -> None:
        """Give each path its reason, once libwim has scanned the whole volume."""
        self._add("EXCLUDED", self._excluded)
        for path in self._unsupported:
            number = found.encrypted.get(path)
            if number is None:
                self._add("UNSUPPORTED", [path])
                continue
            self._add("ENCRYPTED", [path])
            # libwim before 1.14 leaves out an encrypted folder with all that is in it.
            self._add("ENCRYPTED", tree_below(self.volume, path, number))
        outside = {*self._excluded, *self._unsupported}
        # libwim drops extended attributes in NTFS mode and says nothing.
        kept = (path for path in found.extended_attributes if not _is_below(path, outside))
        self._add("EXTENDED_ATTRIBUTES", kept)

    def records(self) -> list[dict[str, object]]:
        """Return one plain record for each reason."""
        return [
            {"volume": self.volume, "reason": reason, "count": left.count, "paths": left.paths}
            for reason, left in self._left.items()
        ]

    def _add(self, reason: str, paths: Iterable[str]) -> None:
        for path in paths:
            self._left.setdefault(reason, _Left()).add(path)


def _is_below(path: str, outside: set[str]) -> bool:
    """Tell whether a path or a folder above it is among those that are left out."""
    while path:
        if path in outside:
            return True
        path = path.rpartition("/")[0]
    return False


def _text(path: bytes) -> str:
    """Decode libwim's UTF-8, with U+FFFD for halves of surrogate pairs as in `name_text`.

    What is excluded from a folder may have a name in any encoding: U+FFFD there, too.
    """
    try:
        wide = path.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    except UnicodeDecodeError:
        return path.decode("utf-8", "replace")
    return wide.decode("utf-16-le", "replace")
