"""How far a delivery has come, as events, about ten a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from tasksequence.request import EventHandler, Phase, Progress

__all__ = ["DeliveryProgress", "Stretches"]

_INTERVAL = 0.1
"""Seconds between two events of one phase."""
Stretches = Mapping[Phase, tuple[float, float]]
"""Where the figure for the whole begins and ends in a phase, 0.0 to 1.0."""


class DeliveryProgress:
    """The report that a destination asks for (`DeliveryReport`)."""

    def __init__(
        self, on_event: EventHandler, stretches: Stretches, check_time: Callable[[], None]
    ) -> None:
        """`check_time` raises when the time is over; it is called with every report."""
        self._on_event = on_event
        self._stretches = stretches
        self._check_time = check_time
        self._next = 0.0
        self._last: tuple[Phase | None, int] = (None, -1)

    def __call__(self, phase: Phase, done: int, total: int) -> None:
        """Turn a report into an event, unless the last one of its phase was just now."""
        self._check_time()
        now = time.monotonic()
        is_news = phase is not self._last[0] or (done >= total and done != self._last[1])
        if now < self._next and not is_news:
            return
        self._next, self._last = now + _INTERVAL, (phase, done)
        first, last = self._stretches[phase]
        share = done / total if total else 1.0
        overall = first * (1 - share) + last * share
        self._on_event(Progress(phase=phase, done=done, total=total, overall=overall))
