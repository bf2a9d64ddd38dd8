"""How a capture's progress shows: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tasksequence.cli.output import print_error
from tasksequence.engine.pace import Pace, PaceMeter
from tasksequence.request import CaptureEvent, CaptureWarning, EventHandler, Phase, Progress
from tasksequence.text_table import human_bytes

__all__ = ["shown_progress"]

_PHASES = {
    Phase.SCAN: "Scanning",
    Phase.WRITE: "Writing",
    Phase.VERIFY: "Verifying",
    Phase.UPLOAD: "Uploading",
    Phase.CONFIRM: "Comparing",
}
_PLAIN_STEP = 0.1
# From which width of the terminal on a bar has room beside amount, rate and time left, and beside
# the last two, or time left alone; and the columns that are kept for them. The phase is the next to
# go, and the percentage the last.
_WIDE, _WIDE_DETAIL = 80, 46
_MIDDLE, _MIDDLE_DETAIL = 50, 22
_NARROW, _NARROW_DETAIL = 26, 9
_TITLE, _NO_TITLE = 9, 18


@contextmanager
def shown_progress(quiet: bool, *, plain: bool = False) -> Iterator[EventHandler]:
    """Give an event handler that shows progress on standard error while the context lasts."""
    if not quiet and not plain and sys.stderr is not None and sys.stderr.isatty():
        with _bar() as handler:
            yield handler
    else:
        yield _Plain(quiet)


class _Plain:
    """Prints a line when a phase begins, at each tenth of the whole, and at the end."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._phase: Phase | None = None
        self._next = 0.0
        self._meter = PaceMeter()

    def __call__(self, event: CaptureEvent) -> None:
        if isinstance(event, CaptureWarning):
            print_error(f"warning: {event.message}")
            return
        if self._quiet:
            return
        pace = self._meter.read(event)
        if event.phase is self._phase and event.overall < min(self._next, 1.0):
            return
        self._phase = event.phase
        self._next = 2.0 if event.overall >= 1.0 else event.overall + _PLAIN_STEP
        print_error(f"{_share(event.overall)} {_PHASES[event.phase]}, {_detail(event, pace)}")


@contextmanager
def _bar() -> Iterator[EventHandler]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress
    from rich.table import Column

    console = Console(stderr=True)
    progress = RichProgress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        # Of all that shows, this is what a narrow terminal keeps.
        TextColumn("{task.fields[share]}", table_column=Column(min_width=4, no_wrap=True)),
        TextColumn("{task.fields[detail]}"),
        console=console,
        transient=True,
        expand=True,
    )
    meter = PaceMeter()
    with progress:
        task = progress.add_task(
            _titled("Starting", console.width),
            total=1.0,
            share=_share(0.0),
            detail=_padded("", console.width),
        )

        def handle(event: CaptureEvent) -> None:
            if isinstance(event, CaptureWarning):
                console.print(f"warning: {event.message}", markup=False, highlight=False)
                return
            progress.update(
                task,
                completed=event.overall,
                description=_titled(_PHASES[event.phase], console.width),
                share=_share(event.overall),
                detail=_fitting(event, meter.read(event), console.width),
            )

        yield handle


def _titled(phase: str, columns: int) -> str:
    return f"{phase:<{_TITLE}}" if columns >= _NO_TITLE else ""


def _share(overall: float) -> str:
    """Return a share as whole percents; 100 of them are all."""
    return f"{math.floor(overall * 100):>3}%"


def _detail(event: Progress, pace: Pace) -> str:
    """Say how much of the phase is done, how fast, and how long the whole still takes."""
    return ", ".join(filter(None, (_amount(event), _rate(event, pace), _left(pace))))


def _fitting(event: Progress, pace: Pace, columns: int) -> str:
    """Return as much of the detail as stands beside a bar."""
    if columns >= _WIDE:
        return _padded(_detail(event, pace), columns)
    if columns < _NARROW:
        return ""
    if columns >= _MIDDLE:
        figures = ", ".join(filter(None, (_rate(event, pace), _left(pace))))
        return _padded(figures or _amount(event), columns)
    return _padded(_left(pace), columns)


def _padded(detail: str, columns: int) -> str:
    """Give a detail the same width always: a bar whose width followed the figures would flicker."""
    if columns >= _WIDE:
        return f"{detail:<{_WIDE_DETAIL}}"
    if columns < _NARROW:
        return ""
    return f"{detail:<{_MIDDLE_DETAIL if columns >= _MIDDLE else _NARROW_DETAIL}}"


def _amount(event: Progress) -> str:
    if event.total is None:
        return f"{human_bytes(event.done)} found"
    return f"{human_bytes(event.done)} of {human_bytes(event.total)}"


def _rate(event: Progress, pace: Pace) -> str:
    if event.total is None or pace.rate is None:
        return ""
    return f"{human_bytes(pace.rate)}/s"


def _left(pace: Pace) -> str:
    return f"{_clock(pace.seconds_left)} left" if pace.seconds_left else ""


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
