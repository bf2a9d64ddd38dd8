"""What a destination is to the backend that captures: a place to write, and a way to its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from tasksequence.request import Phase

__all__ = ["CHUNK", "DeliveryReport", "Destination", "unheard"]

CHUNK = 1 << 20
"""Bytes that are copied at once."""

DeliveryReport = Callable[[Phase, int, int], None]
"""Called with the phase, its bytes done, and its bytes in all; may raise to end the delivery."""


def unheard(_: str) -> None:
    """Take a warning where nobody listens."""


class Destination(Protocol):
    """A checked destination; `close` has to be called, whatever became of it."""

    text: str
    """The destination as errors and results name it."""
    partial: str
    """Local path at which the WIM is written."""
    place: str
    """Where that is, for errors: the destination itself, or the scratch folder."""
    weight: float
    """Share of a whole capture's time that the delivery is expected to take."""
    warn: Callable[[str], None]
    """Called while it delivers with what the person should know; whoever delivers sets it."""
    notes: tuple[str, ...]
    """What the person should know and that does not stop the capture."""

    def free_bytes(self) -> int | None:
        """Return what may still be written to the destination; None where nobody tells."""
        ...

    def file_system(self) -> str:
        """Return the name of the destination's file system; empty where nobody tells."""
        ...

    def deliver(self, report: DeliveryReport, source: str | None = None) -> None:
        """Put the verified WIM into its place in one step, complete and compared before.

        `source` is another file than `partial`, and stays where it is.
        The old file is as it was when this raises `DestinationError`.
        """
        ...

    def deliver_parts(self, parts: Sequence[str], report: DeliveryReport) -> tuple[Path, ...]:
        """Put the verified parts of a split WIM into their places, and return those.

        However that ends, it is the old WIM or the new one as soon as the next capture to this
        destination has looked at it. Raises `DestinationError`.
        """
        ...

    def close(self) -> None:
        """Leave no unfinished file and no connection; raises nothing."""
        ...
