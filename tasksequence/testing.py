"""Help for testing what uses this library: a backend that captures nothing and remembers all."""

from __future__ import annotations

import os

from tasksequence.capture.image_names import image_names
from tasksequence.errors import CaptureError
from tasksequence.request import (
    CapturedImage,
    CaptureRequest,
    CaptureResult,
    EventHandler,
    Phase,
    Progress,
)

__all__ = ["RecordingBackend"]


class RecordingBackend:
    """Keeps the requests that it is given, and touches neither volumes nor destinations."""

    name = "recording"

    def __init__(self) -> None:
        self.requests: list[CaptureRequest] = []

    def capture(self, request: CaptureRequest, on_event: EventHandler) -> CaptureResult:
        """Remember the request, report progress from 0 to 1, and return empty images."""
        if not request.volumes:
            raise CaptureError(
                "there is no volume to capture",
                hint="Name at least one NTFS volume: an image file or a block device.",
            )
        self.requests.append(request)
        names = image_names(
            (volume.image_name, "", os.path.abspath(volume.path))  # noqa: PTH100
            for volume in request.volumes
        )
        for overall in (0.0, 1.0):
            on_event(Progress(phase=Phase.WRITE, done=0, total=0, overall=overall))
        return CaptureResult(
            backend=self.name,
            destination=None,
            images=tuple(
                CapturedImage(
                    index=index,
                    name=name,
                    volume=volume.path,
                    files=0,
                    directories=0,
                    bytes=0,
                    stored_bytes=0,
                )
                for index, (name, volume) in enumerate(
                    zip(names, request.volumes, strict=True), start=1
                )
            ),
        )
