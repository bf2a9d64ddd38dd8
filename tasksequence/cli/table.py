"""Tables on standard output that read the same on a terminal and in a log."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

import click

__all__ = ["print_table"]


def print_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = ()
) -> None:
    """Print rows under a head, columns as wide as their content; `right` aligns numbers."""
    widths = [max(_width(row[column]) for row in [head, *rows]) for column in range(len(head))]
    click.echo(_line(head, widths, right))
    click.echo("  ".join("-" * width for width in widths))
    for row in rows:
        click.echo(_line(row, widths, right))


def _line(row: Sequence[str], widths: Sequence[int], right: Collection[int]) -> str:
    cells = []
    for column, (text, width) in enumerate(zip(row, widths, strict=True)):
        gap = " " * (width - _width(text))
        cells.append(gap + text if column in right else text + gap)
    return "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Return the columns that a terminal needs; wide East Asian characters take two."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
