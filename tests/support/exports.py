"""The exports in a folder: which of its files are some, and those that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import tasksequence as ts

__all__ = ["export_files", "loaded_exports"]

_SUFFIXES = (".xml", ".zip")


def export_files(folder: Path, *suffixes: str) -> Iterator[Path]:
    """Yield the files that may hold a sequence, or those of them with such a name, in order."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (suffixes or _SUFFIXES):
            yield path


def loaded_exports(folder: Path, *suffixes: str) -> Iterator[tuple[Path, ts.Document]]:
    """Yield those files that can be read, each read anew; the corpus tests say which cannot."""
    for path in export_files(folder, *suffixes):
        try:
            document = ts.load(path)
        except ts.DocumentError:
            continue
        yield path, document
