"""How a capture's progress shows: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tasksequence.cli.output import print_error
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
def shown_progress(quiet: bool) -> Iterator[EventHandler]:
    """Give an event handler that shows progress on standard error while the context lasts."""
    if not quiet and sys.stderr is not None and sys.stderr.isatty():
        with _bar() as handler:
            yield handler
    else:
        yield _Plain(quiet)


class _Plain:
    """Prints a line when a phase begins and at each tenth of it."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._phase: Phase | None = None
        self._next = 0.0
        self._started = 0.0

    def __call__(self, event: CaptureEvent) -> None:
        if isinstance(event, CaptureWarning):
            print_error(f"warning: {event.message}")
            return
        if self._quiet:
            return
        now = time.monotonic()
        if event.phase is not self._phase:
            self._phase, self._next, self._started = event.phase, 0.0, now
        share = event.done / event.total if event.total else 0.0
        if event.total is None:
            if self._next == 0.0:
                print_error(f"{_PHASES[event.phase]} …")
                self._next = 1.0
            return
        if share < self._next and not (share >= 1.0 > self._next - _PLAIN_STEP):
            return
        self._next = share + _PLAIN_STEP
        seconds = now - self._started
        rate = f", {human_bytes(event.done / seconds)}/s" if seconds > 1 and event.done else ""
        print_error(
            f"{_PHASES[event.phase]} {share:4.0%} "
            f"({human_bytes(event.done)} of {human_bytes(event.total)}{rate}), "
            f"whole capture {event.overall:.0%}"
        )


@contextmanager
def _bar() -> Iterator[EventHandler]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True)
    progress = RichProgress(
        TextColumn("{task.description:<9}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[detail]}"),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        expand=True,
    )
    started: dict[Phase, float] = {}
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
                detail=_detail(event, started),
            )

        yield handle


def _detail(event: Progress, started: dict[Phase, float]) -> str:
    now = time.monotonic()
    seconds = now - started.setdefault(event.phase, now)
    rate = f"{human_bytes(event.done / seconds)}/s" if seconds > 0.5 and event.done else "-- B/s"
    if event.total is None:
        return f"{human_bytes(event.done)} found"
    return f"{human_bytes(event.done)} of {human_bytes(event.total)}  {rate}"
