"""Events of a capture as lines of JSON for programs; schemas/capture-event.schema.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import attrs

from tasksequence.engine.pace import PaceMeter
from tasksequence.engine.preflight import PreflightCheck
from tasksequence.errors import TaskSequenceError
from tasksequence.request import (
    CaptureEvent,
    CaptureRequest,
    CaptureResult,
    CaptureWarning,
    VolumePlace,
)

__all__ = ["CaptureEventWriter"]

VERSION = 1


class CaptureEventWriter:
    """Gives each event of a capture to `write` as one line of JSON, without its end of line.

    An instance is an event handler for `capture_volumes`; the other methods tell of the beginning
    and the end, which are no events of a backend.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._pace = PaceMeter()

    def __call__(self, event: CaptureEvent) -> None:
        """Write progress or a warning."""
        if isinstance(event, CaptureWarning):
            self._send("warning", message=event.message)
            return
        pace = self._pace.read(event)
        self._send(
            "progress",
            phase=event.phase.value,
            done=event.done,
            total=event.total,
            overall=round(event.overall, 4),
            rate=None if pace.rate is None else round(pace.rate),
            seconds_left=None if pace.seconds_left is None else round(pace.seconds_left, 1),
        )

    def started(self, request: CaptureRequest) -> None:
        """Write that a capture begins."""
        self._send(
            "started",
            step=list(request.step.path),
            destination=request.destination,
            volumes=[volume.shown for volume in request.volumes],
        )

    def checked(self, check: PreflightCheck) -> None:
        """Write one check of a preflight."""
        self._send(
            "check",
            subject=check.subject,
            standing=check.standing.value,
            text=check.text,
            hint=check.hint,
            hresult=_hresult(check.hresult),
        )

    def finished(self, result: CaptureResult) -> None:
        """Write that the WIM is in its place, and what is in it."""
        self._send(
            "finished",
            destination=None if result.destination is None else str(result.destination),
            bytes=result.file_bytes,
            verified=result.verified,
            parts=[str(part) for part in result.parts],
            images=[
                {
                    **attrs.asdict(image, filter=attrs.filters.exclude("place")),
                    "volume": str(image.volume),
                    "partition": _partition(image.place),
                }
                for image in result.images
            ],
            skipped=[
                {
                    "volume": str(one.place.disk),
                    "partition": _partition(one.place),
                    "reason": one.reason,
                }
                for one in result.skipped
            ],
            omissions=[
                {
                    "volume": str(one.volume),
                    "partition": _partition(one.place),
                    "reason": one.reason.value,
                    "count": one.count,
                    "paths": list(one.paths),
                }
                for one in result.omissions
            ],
        )

    def failed(self, error: TaskSequenceError) -> None:
        """Write that the capture was refused or failed, and why."""
        self._send(
            "failed",
            problem=error.problem,
            where=error.where,
            hint=error.hint,
            hresult=_hresult(error.hresult),
        )

    def ended(self, how: str) -> None:
        """Write that the person or the system ended the capture."""
        self._send("failed", problem=how, where=None, hint=None, hresult=None)

    def _send(self, kind: str, **fields: object) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        # Names of files may hold what no text has; escaped, every line is plain ASCII.
        self._write(json.dumps({"v": VERSION, "event": kind, "time": now, **fields}))


def _partition(place: VolumePlace | None) -> int | None:
    return place.partition if place is not None else None


def _hresult(code: int | None) -> str | None:
    return None if code is None else f"0x{code:08X}"
