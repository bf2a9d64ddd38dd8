"""What a process that runs libwim tells its parent: lines of JSON, errors among them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from tasksequence import errors
from tasksequence.errors import TaskSequenceError

__all__ = ["error_event", "reported_error", "send_event"]

_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.BackendUnavailable,
        errors.CaptureError,
        errors.DestinationError,
        errors.ImageError,
        errors.VolumeError,
    )
}


def send_event(descriptor: int, event: Mapping[str, object]) -> None:
    """Write one event; a parent that is gone ends the process by stdin, not here."""
    line = json.dumps(event).encode() + b"\n"
    while line:
        line = line[os.write(descriptor, line) :]


def error_event(error: TaskSequenceError) -> dict[str, object]:
    """Return the event that tells of an error."""
    return {
        "event": "error",
        "kind": type(error).__name__,
        "problem": error.problem,
        "where": error.where,
        "hint": error.hint,
        "hresult": error.hresult,
    }


def reported_error(event: Mapping[str, Any]) -> TaskSequenceError:
    """Return the error that an event tells of."""
    return _KINDS[event["kind"]](
        event["problem"],
        where=event.get("where"),
        hint=event.get("hint"),
        hresult=event.get("hresult"),
    )
