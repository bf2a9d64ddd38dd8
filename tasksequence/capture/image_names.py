"""What the images of a WIM are called, whichever backend writes it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

__all__ = ["image_names", "xml_text"]

_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and halves of surrogate pairs: a label or a path may hold them."""


def xml_text(text: str) -> str:
    """Return a text as XML can hold it."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def image_names(volumes: Iterable[tuple[str | None, str, str]]) -> list[str]:
    """Return a name for each image, all different.

    Each volume is given by the name asked for, its label and its path: the first of these that
    says something is taken, of the path the file's name without its suffix.
    """
    names: list[str] = []
    taken: set[str] = set()
    for asked, label, path in volumes:
        stem = os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122
        wanted = xml_text(asked or label or stem)
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted} ({number})"
        taken.add(name.casefold())
        names.append(name)
    return names
