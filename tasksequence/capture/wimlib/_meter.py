"""One figure for the progress of a whole capture, out of phases that know nothing of each other."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Meter"]

_INTERVAL = 0.1
"""Seconds between two events of one phase."""

# Shares of a capture's time that scanning and writing take; verifying takes the rest. Measured
# with libwim 1.13.6 and two threads on 320 MB of programs and random data in 533 files, and on
# 60 MB in 60,000 files: between the two.
_SHARES = {"none": (0.04, 0.57), "xpress": (0.04, 0.66), "lzx": (0.02, 0.87)}
_SHARES["solid"] = (0.01, 0.93)


class Meter:
    """Turns the progress of each phase into events, about ten a second, that never go back."""

    def __init__(self, compression: str, send: Callable[[dict[str, object]], None]) -> None:
        scan, write = _SHARES[compression]
        self._ranges = {"scan": (0.0, scan), "write": (scan, scan + write)}
        self._ranges["verify"] = (scan + write, 1.0)
        self._send = send
        self._overall = 0.0
        self._next = 0.0
        self._phase = ""

    def report(self, phase: str, done: int, total: int | None, share: float) -> None:
        """Report progress of a phase, `share` (0.0 to 1.0) of which is done.

        The first report of a phase and one with share 1.0 always become an event.
        """
        now = time.monotonic()
        if phase == self._phase and now < self._next and share < 1.0:
            return
        self._phase = phase
        self._next = now + _INTERVAL
        start, end = self._ranges[phase]
        self._overall = max(self._overall, start + (end - start) * min(share, 1.0))
        self._send(
            {
                "event": "progress",
                "phase": phase,
                "done": done,
                "total": total,
                "overall": self._overall,
            }
        )

    def finish(self) -> None:
        """Report the end, if libwim did not: it says nothing where no file has data."""
        if self._overall < 1.0:
            self.report("verify", 0, 0, 1.0)
