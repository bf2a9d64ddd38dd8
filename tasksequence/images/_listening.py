"""What a job of the tool process says, told to whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tasksequence.errors import TaskSequenceError
from tasksequence.request import CaptureWarning, EventHandler, Phase, Progress

__all__ = ["heard", "named_by_place"]


def heard(
    events: Iterator[dict[str, Any]],
    phase: Phase,
    on_event: EventHandler,
    part: tuple[float, float] = (0.0, 1.0),
) -> Iterator[dict[str, Any]]:
    """Yield a job's events; its progress, as a part of the whole, and warnings are told."""
    begin, end = part
    for event in events:
        if event["event"] == "warning":
            on_event(CaptureWarning(message=event["message"]))
        elif event["event"] == "progress":
            done, total = event["done"], event["total"]
            overall = begin + (end - begin) * (done / total if total else 1.0)
            on_event(Progress(phase=phase, done=done, total=total, overall=overall))
        yield event


@contextmanager
def named_by_place(file: str, place: str) -> Iterator[None]:
    """Call a volume by its place on the disk, not by the file that shows it for a while."""
    try:
        yield
    except TaskSequenceError as error:
        error.where = (error.where or place).replace(file, place)
        error.problem = error.problem.replace(file, place)
        raise
