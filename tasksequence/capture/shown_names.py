"""Volumes of disks by the names that people know, not the files through which they are read."""

from __future__ import annotations

from collections.abc import Iterable

from tasksequence.errors import TaskSequenceError
from tasksequence.request import CaptureEvent, CaptureWarning, EventHandler, VolumeSource

__all__ = ["ShownNames"]


class ShownNames:
    """Puts what people call some volumes in the place of their paths."""

    def __init__(self, volumes: Iterable[VolumeSource]) -> None:
        self._names = {str(one.path): one.shown for one in volumes if one.place is not None}

    def text(self, text: str) -> str:
        """Return a text with the names that people know."""
        for path, name in self._names.items():
            text = text.replace(path, name)
        return text

    def error(self, error: TaskSequenceError) -> TaskSequenceError:
        """Change an error's words, and return it."""
        error.problem = self.text(error.problem)
        error.where = self.text(error.where) if error.where else None
        error.hint = self.text(error.hint) if error.hint else None
        return error

    def events(self, on_event: EventHandler) -> EventHandler:
        """Return a handler that passes events on, warnings with the names that people know."""

        def handle(event: CaptureEvent) -> None:
            if isinstance(event, CaptureWarning):
                event = CaptureWarning(message=self.text(event.message))
            on_event(event)

        return handle if self._names else on_event
