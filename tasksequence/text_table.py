"""Tables and numbers as text that reads the same on a terminal and in a log."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

__all__ = ["human_bytes", "text_table"]

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def human_bytes(count: float) -> str:
    """Say a number of bytes with a unit: 512 B, 1.5 MiB."""
    unit = _UNITS[0]
    for unit in _UNITS:
        if abs(count) < 1024 or unit == _UNITS[-1]:
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


_NARROWEST = 8


def text_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[int] = (),
    shrink: Sequence[int] = (),
    columns: int | None = None,
) -> str:
    """Return rows under a head, columns as wide as their content; `right` aligns numbers.

    Where the whole is wider than `columns`, the columns in `shrink` lose their middle, in turn.
    """
    widths = [max(_width(row[column]) for row in [head, *rows]) for column in range(len(head))]
    if columns is not None:
        for column in shrink:
            excess = sum(widths) + 2 * (len(widths) - 1) - columns
            if excess > 0:
                widths[column] = max(min(_NARROWEST, widths[column]), widths[column] - excess)
        rows = [
            [
                _shortened(text, width) if at in shrink else text
                for at, (text, width) in enumerate(zip(row, widths, strict=True))
            ]
            for row in rows
        ]
    lines = [_line(head, widths, right), "  ".join("-" * width for width in widths)]
    lines += [_line(row, widths, right) for row in rows]
    return "\n".join(lines)


def _line(row: Sequence[str], widths: Sequence[int], right: Collection[int]) -> str:
    cells = []
    for column, (text, width) in enumerate(zip(row, widths, strict=True)):
        gap = " " * (width - _width(text))
        cells.append(gap + text if column in right else text + gap)
    return "  ".join(cells).rstrip()


def _shortened(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    head, tail = text[: (width - 1) // 2], text[(width - 1) // 2 :]
    while tail and _width(head) + 1 + _width(tail) > width:
        tail = tail[1:]
    return f"{head}…{tail}"


def _width(text: str) -> int:
    """Return the columns that a terminal needs; wide East Asian characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
