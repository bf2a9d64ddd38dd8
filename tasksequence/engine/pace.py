"""How fast a capture goes, and how long it still takes, out of its progress events."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import attrs

from tasksequence.request import Phase, Progress

__all__ = ["Pace", "PaceMeter"]

_WINDOW = 10.0
"""Seconds of the past that count: a share may get slower, another may begin."""
_SHORTEST = 0.5
"""Seconds before which nothing can be told."""


@attrs.frozen(kw_only=True)
class Pace:
    """Speed and time left at one moment; None where it is too early to tell."""

    rate: float | None
    """Bytes a second of the present phase, over its last ten seconds."""
    seconds_left: float | None
    """Seconds to the end of the whole capture, at the speed of the last ten seconds."""


class PaceMeter:
    """Turns progress events into speed and time left; give it all of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._phase: Phase | None = None
        self._done: deque[tuple[float, int]] = deque()
        self._overall: deque[tuple[float, float]] = deque()

    def read(self, event: Progress) -> Pace:
        """Take an event, and return the pace at it."""
        now = self._clock()
        if event.phase is not self._phase or (self._done and event.done < self._done[-1][1]):
            # A new phase, or an upload that resumed before where it broke.
            self._phase = event.phase
            self._done.clear()
        self._done.append((now, event.done))
        self._overall.append((now, event.overall))
        for kept in (self._done, self._overall):
            while len(kept) > 2 and kept[0][0] < now - _WINDOW:
                kept.popleft()
        rate = _slope(self._done)
        speed = _slope(self._overall)
        left = max(0.0, 1.0 - event.overall) / speed if speed else None
        return Pace(rate=rate, seconds_left=0.0 if event.overall >= 1.0 else left)


def _slope(points: deque[tuple[float, int]] | deque[tuple[float, float]]) -> float | None:
    (start, low), (end, high) = points[0], points[-1]
    if end - start < _SHORTEST or high <= low:
        return None
    return (high - low) / (end - start)
