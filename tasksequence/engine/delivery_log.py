"""The log of a delivery apart from a capture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tasksequence.engine.cmtrace import ERROR, WARNING, CMTraceLog
from tasksequence.errors import TaskSequenceError
from tasksequence.request import CaptureEvent, CaptureWarning, EventHandler

__all__ = ["logged_delivery"]

_COMPONENT = "tasksequence deliver"


@contextmanager
def logged_delivery(
    log: CMTraceLog | None, wim: str, destination: str, on_event: EventHandler
) -> Iterator[EventHandler]:
    """Write a delivery to a log while the context lasts: beginning, warnings, and how it ended.

    Gives the event handler to deliver with; without a log that is `on_event` itself.
    """
    if log is None:
        yield on_event
        return

    def hear(event: CaptureEvent) -> None:
        if isinstance(event, CaptureWarning):
            log.write(event.message, kind=WARNING, component=_COMPONENT)
        on_event(event)

    log.write(f"Deliver {wim} to {destination}", component=_COMPONENT)
    try:
        yield hear
    except TaskSequenceError as error:
        log.write(str(error), kind=ERROR, component=_COMPONENT)
        raise
    except BaseException as error:
        log.write(f"ended by {type(error).__name__}", kind=ERROR, component=_COMPONENT)
        raise
    log.write(f"Delivered {destination}, compared", component=_COMPONENT)
