"""The backend that captures with libwim, in a process of its own."""

from __future__ import annotations

import os
import re
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from tasksequence import errors
from tasksequence.capture.destinations.local import check_destination
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.ntfs import check_volume
from tasksequence.capture.wimlib._codes import write_error
from tasksequence.capture.wimlib._partial import new_partial, remove_if_present, remove_stale
from tasksequence.capture.wimlib._process import WorkerProcess
from tasksequence.errors import CaptureError, VolumeError
from tasksequence.file_access import give_access
from tasksequence.request import (
    CapturedImage,
    CaptureRequest,
    CaptureResult,
    CaptureWarning,
    EventHandler,
    Omission,
    OmissionReason,
    Phase,
    Progress,
    VolumeSource,
)

__all__ = ["WimlibBackend"]

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""

_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.BackendUnavailable,
        errors.CaptureError,
        errors.DestinationError,
        errors.VolumeError,
    )
}


class WimlibBackend:
    """Captures NTFS volumes with libwim.

    libwim runs in a worker process: what it does to its process, and its licence, stay there,
    and it can be ended at any time. The WIM is written beside the destination, read back in
    full, and only then moved there.
    """

    name = "wimlib"

    def capture(self, request: CaptureRequest, on_event: EventHandler) -> CaptureResult:
        """Write the request's volumes to its destination as one verified WIM.

        See `CaptureBackend.capture`. Any exception, KeyboardInterrupt among them, leaves an old
        file at the destination as it was, and no process, temporary file or descriptor behind.
        """
        _check_request(request)
        limit = request.time_limit
        deadline = None if limit is None else time.monotonic() + limit
        _check_volumes(request.volumes)
        paths = [volume.path for volume in request.volumes]
        destination = check_destination(request.destination, paths)
        remove_stale(destination)
        partial = new_partial(destination)
        try:
            with WorkerProcess(_job(request, destination, partial)) as worker:
                for event in worker.events(deadline):
                    if event["event"] == "done":
                        result = _result(event, request.volumes, destination)
                        _move(partial, destination)
                        break
                    _relay(event, on_event)
        finally:
            remove_if_present(partial)
        return result


def _check_request(request: CaptureRequest) -> None:
    if request.options.threads < 0:
        raise CaptureError(
            f"there cannot be {request.options.threads} threads",
            hint="Give 0 for one thread for each processor, or a positive number.",
        )
    limit = request.time_limit
    # So written, it refuses NaN too.
    if limit is not None and not 0 <= limit <= sys.float_info.max:
        raise CaptureError(
            "the time limit is negative, or no finite number",
            hint="Give a number of seconds, or none where the capture may take any time.",
        )
    named = [
        ("ImageCreator", request.metadata.creator),
        ("ImageDescription", request.metadata.description),
        ("ImageVersion", request.metadata.version),
        *(("the image's name", volume.image_name) for volume in request.volumes),
    ]
    for name, text in named:
        found = _NOT_IN_XML.search(text or "")
        if found is not None:
            raise CaptureError(
                f"{name} contains the character U+{ord(found[0]):04X}, which no WIM can hold",
                hint="Take it out.",
            )


def _check_volumes(volumes: tuple[VolumeSource, ...]) -> None:
    if not volumes:
        raise CaptureError(
            "there is no volume to capture",
            hint="Name at least one NTFS volume: an image file or a block device.",
        )
    seen: dict[tuple[int, int, int], Path] = {}
    for volume in volumes:
        check_volume(str(volume.path))
        status = volume.path.stat()
        # A device is the same under all its names (/dev/disk/by-id …); its number says so.
        device = status.st_rdev
        identity = (device, 0, 0) if device else (0, status.st_dev, status.st_ino)
        if identity in seen:
            raise VolumeError(
                "the same volume is named twice"
                + ("" if seen[identity] == volume.path else f", also as {seen[identity]}"),
                where=str(volume.path),
                hint="Name each volume once.",
            )
        seen[identity] = volume.path
        check_not_mounted(str(volume.path))


def _job(request: CaptureRequest, destination: str, partial: str) -> dict[str, object]:
    """Return what the worker has to know; account and password are not for it."""
    return {
        "volumes": [
            {"path": os.path.abspath(volume.path), "image_name": volume.image_name}  # noqa: PTH100
            for volume in request.volumes
        ],
        "destination": destination,
        "partial": partial,
        "compression": request.options.compression.value,
        "threads": request.options.threads,
        "creator": request.metadata.creator,
        "description": request.metadata.description,
        "version": request.metadata.version,
        "prepared": request.metadata.prepared,
    }


def _relay(event: dict[str, Any], on_event: EventHandler) -> None:
    """Pass an event on to the caller, or raise the error that the worker reports."""
    if event["event"] == "progress":
        on_event(
            Progress(
                phase=Phase(event["phase"]),
                done=event["done"],
                total=event["total"],
                overall=event["overall"],
            )
        )
    elif event["event"] == "warning":
        on_event(CaptureWarning(message=event["message"]))
    else:
        kind = _KINDS[event["kind"]]
        raise kind(event["problem"], where=event.get("where"), hint=event.get("hint"))


def _move(partial: str, destination: str) -> None:
    """Put the finished file in its place at once, and see that this lasts where it can.

    Raises nothing once the file is there.
    """
    with ExitStack() as opened:
        folder = None
        # Who may write to a folder need not be allowed to open it for reading.
        with suppress(OSError):
            folder = os.open(os.path.dirname(destination), os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH120
            opened.callback(os.close, folder)
        try:
            give_access(partial, destination)
            os.replace(partial, destination)  # noqa: PTH105
        except OSError as error:
            raise write_error(error, destination) from None
        # Some file systems refuse to bring a folder to the disk.
        if folder is not None:
            with suppress(OSError):
                os.fsync(folder)


def _result(
    done: dict[str, Any], volumes: tuple[VolumeSource, ...], destination: str
) -> CaptureResult:
    paths = {os.path.abspath(volume.path): volume.path for volume in volumes}  # noqa: PTH100
    return CaptureResult(
        backend=WimlibBackend.name,
        destination=Path(destination),
        images=tuple(
            CapturedImage(volume=volume.path, **image)
            for volume, image in zip(volumes, done["images"], strict=True)
        ),
        omissions=tuple(
            Omission(
                volume=paths[omission["volume"]],
                reason=OmissionReason[omission["reason"]],
                count=omission["count"],
                paths=tuple(omission["paths"]),
            )
            for omission in done["omissions"]
        ),
        file_bytes=done["file_bytes"],
        verified=True,
    )
