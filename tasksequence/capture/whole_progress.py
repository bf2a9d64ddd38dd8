"""One figure for the whole that never goes back, and is 1 when all is done."""

from __future__ import annotations

import attrs

from tasksequence.request import CaptureEvent, EventHandler, Progress

__all__ = ["WholeProgress"]

_NOT_DONE = 0.999


class WholeProgress:
    """An event handler that passes events on with a steady overall figure.

    An upload that resumes begins again before where it broke; and after the last byte the file has
    still to take its place, which may fail: the figure stays below 1 until `finish`.
    """

    def __init__(self, on_event: EventHandler) -> None:
        self._on_event = on_event
        self._overall = 0.0
        self._last: Progress | None = None

    def __call__(self, event: CaptureEvent) -> None:
        """Pass an event on."""
        if isinstance(event, Progress):
            self._overall = max(self._overall, min(event.overall, _NOT_DONE))
            self._last = event = attrs.evolve(event, overall=self._overall)
        self._on_event(event)

    def finish(self) -> None:
        """Say that all is done, where progress was told at all."""
        if self._last is not None:
            self._on_event(attrs.evolve(self._last, overall=1.0))
