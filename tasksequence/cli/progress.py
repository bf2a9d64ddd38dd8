"""How a capture's progress shows: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

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
        print_error(f"{event.overall:4.0%} {_PHASES[event.phase]}, {_detail(event, pace)}")


@contextmanager
def _bar() -> Iterator[EventHandler]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True)
    progress = RichProgress(
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[detail]}"),
        console=console,
        transient=True,
        expand=True,
    )
    meter = PaceMeter()
    with progress:
        task = progress.add_task("Starting", total=1.0, detail="")

        def handle(event: CaptureEvent) -> None:
            if isinstance(event, CaptureWarning):
                console.print(f"warning: {event.message}", markup=False, highlight=False)
                return
            progress.update(
                task,
                completed=event.overall,
                description=_PHASES[event.phase],
                detail=_detail(event, meter.read(event)),
            )

        yield handle


def _detail(event: Progress, pace: Pace) -> str:
    """Say how much of the phase is done, how fast, and how long the whole still takes."""
    if event.total is None:
        parts = [f"{human_bytes(event.done)} found"]
    else:
        parts = [f"{human_bytes(event.done)} of {human_bytes(event.total)}"]
        if pace.rate is not None:
            parts.append(f"{human_bytes(pace.rate)}/s")
    if pace.seconds_left:
        parts.append(f"{_clock(pace.seconds_left)} left")
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
