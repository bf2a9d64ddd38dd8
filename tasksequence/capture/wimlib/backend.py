"""The backend that captures with libwim, in a process of its own."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

from tasksequence.capture.delivery_progress import DeliveryProgress
from tasksequence.capture.destinations.choose import open_destination
from tasksequence.capture.destinations.delivery import Destination
from tasksequence.capture.destinations.unc import is_unc
from tasksequence.capture.exclusions import DEFAULT_EXCLUDED
from tasksequence.capture.shown_names import ShownNames
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.source_kind import source_kind
from tasksequence.capture.space import check_space, estimate_size
from tasksequence.capture.whole_progress import WholeProgress
from tasksequence.capture.wim_file import read_wim_file
from tasksequence.capture.wimlib._elements import elements_of
from tasksequence.capture.wimlib.abilities import libwim_abilities
from tasksequence.capture.wimlib.events import reported_error
from tasksequence.capture.wimlib.process import WorkerProcess, time_limit_passed
from tasksequence.errors import (
    BackendUnavailable,
    CaptureError,
    DestinationError,
    ImageError,
    TaskSequenceError,
    VolumeError,
)
from tasksequence.request import (
    CapturedImage,
    CaptureRequest,
    CaptureResult,
    CaptureWarning,
    Compression,
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

_SMALLEST_PART = 1 << 20
_PULSE = 1.0
"""Seconds after which the last progress is told again: what hears it may end the capture."""
_UPLOAD_PART = 0.6
"""Share of a delivery's time that the copying takes; comparing takes the rest."""


class WimlibBackend:
    """Captures NTFS and FAT32 volumes, and folders, with libwim.

    libwim runs in a worker process: what it does to its process, and its licence, stay there,
    and it can be ended at any time. The WIM is written beside the destination or in a scratch
    folder, read back in full, and only then brought to its place.
    """

    name = "wimlib"

    def capture(self, request: CaptureRequest, on_event: EventHandler) -> CaptureResult:
        """Write the request's volumes to its destination as one verified WIM.

        See `CaptureBackend.capture`. Any exception, KeyboardInterrupt among them, leaves an old
        file at the destination as it was, and no process, temporary file or descriptor behind.
        """
        names = ShownNames(request.volumes)
        progress = WholeProgress(names.events(on_event))
        try:
            result = _capture(request, progress)
        except TaskSequenceError as error:
            raise names.error(error) from None
        progress.finish()
        return result

    def check_installed(self) -> str:
        """Say which libwim there is; raises `BackendUnavailable` for none that reads NTFS."""
        abilities = libwim_abilities()
        text = f"{abilities.name} {abilities.version}"
        if not abilities.ntfs:
            raise BackendUnavailable(
                f"{text} cannot read NTFS volumes",
                hint="It was built without libntfs-3g; Debian's libwim15 has it.",
                hresult=0x80070032,
            )
        return f"{text} reads NTFS"

    def check_request(self, request: CaptureRequest) -> None:
        """Refuse what no capture can do, whatever the volumes; raises `CaptureError`."""
        _check_request(request)

    def check_volumes(self, volumes: tuple[VolumeSource, ...]) -> None:
        """Refuse volumes of no known kind, mounted ones, and one that is named twice.

        Raises `CaptureError`.
        """
        _check_volumes(volumes)


def _capture(request: CaptureRequest, on_event: EventHandler) -> CaptureResult:
    _check_request(request)
    limit = request.time_limit
    deadline = None if limit is None else time.monotonic() + limit
    kinds = _check_volumes(request.volumes)
    destination = open_destination(request)
    destination.warn = lambda text: on_event(CaptureWarning(message=text))
    try:
        for note in (*destination.notes, *_space_warnings(request, destination)):
            on_event(CaptureWarning(message=note))
        with WorkerProcess(_job(request, kinds, destination)) as worker:
            latest = Progress(phase=Phase.SCAN, done=0, total=None, overall=0.0)
            for event in worker.events(deadline, _PULSE):
                if event["event"] == "silent":
                    on_event(latest)
                elif event["event"] == "done":
                    report = _delivery_progress(destination.weight, deadline, on_event)
                    parts: tuple[Path, ...] = ()
                    if event["parts"]:
                        parts = destination.deliver_parts(event["parts"], report)
                    else:
                        destination.deliver(report)
                    result = _result(event, request, destination.text, parts)
                    break
                elif event["event"] == "progress":
                    latest = _progress(event, 1 - destination.weight)
                    on_event(latest)
                else:
                    _relay(event, on_event)
    except DestinationError as error:
        if error.where == destination.place != destination.text:
            error.hint = (
                "The WIM is written in the scratch folder first: free space there, or choose "
                "another (command line: --scratch FOLDER)."
            )
        raise
    finally:
        destination.close()
    return result


def _check_request(request: CaptureRequest) -> None:
    """Refuse what no capture can do, whatever the volumes; raises `CaptureError`."""
    if request.options.threads < 0:
        raise CaptureError(
            f"there cannot be {request.options.threads} threads",
            hint="Give 0 for one thread for each processor, or a positive number.",
            hresult=0x80070057,
        )
    limit = request.time_limit
    # So written, it refuses NaN too.
    if limit is not None and not 0 <= limit <= sys.float_info.max:
        raise CaptureError(
            "the time limit is negative, or no finite number",
            hint="Give a number of seconds, or none where the capture may take any time.",
            hresult=0x80070057,
        )
    if request.options.base is not None and read_wim_file(str(request.options.base)).parts > 1:
        raise ImageError(
            "the base is a split WIM",
            where=str(request.options.base),
            hint="Join its parts first: wimlib-imagex join BASE.wim PART.swm …",
            hresult=0x80070032,
        )
    if request.options.split is not None and request.options.split < _SMALLEST_PART:
        raise CaptureError(
            f"parts of {request.options.split:,} bytes are too small",
            hint="Give at least 1 MiB for a part of a split WIM.",
            hresult=0x80070057,
        )
    if request.options.split is not None and request.options.compression is Compression.SOLID:
        raise CaptureError(
            "a solid WIM cannot be split",
            hint="Take another compression, or one file.",
            hresult=0x80070032,
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
                hresult=0x80070057,
            )


def _check_volumes(volumes: tuple[VolumeSource, ...]) -> list[str]:
    """Return the kind of each volume: NTFS, FAT32 or folder.

    Raises `CaptureError` for what is none of them, is mounted, or named twice.
    """
    kinds = []
    if not volumes:
        raise CaptureError(
            "there is no volume to capture",
            hint="Name at least one NTFS volume: an image file or a block device.",
            hresult=0x80070490,
        )
    seen: dict[tuple[int, int, int], Path] = {}
    for volume in volumes:
        kinds.append(source_kind(volume))
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
                hresult=0x800700AA,
            )
        seen[identity] = volume.path
        if not volume.is_folder:
            check_not_mounted(str(volume.path))
    return kinds


def _space_warnings(request: CaptureRequest, destination: Destination) -> list[str]:
    if not request.options.check_space:
        return []
    return check_space(destination, estimate_size(request.volumes, request.options))


def _job(request: CaptureRequest, kinds: list[str], destination: Destination) -> dict[str, object]:
    """Return what the worker has to know; account and password are not for it."""
    profile = request.options.exclusions
    return {
        "volumes": [
            {
                "path": os.path.abspath(volume.path),  # noqa: PTH100
                "image_name": volume.image_name,
                "kind": kind,
                "elements": elements_of(volume),
            }
            for volume, kind in zip(request.volumes, kinds, strict=True)
        ],
        "destination": destination.place,
        "partial": destination.partial,
        "compression": request.options.compression.value,
        "threads": request.options.threads,
        "integrity": request.options.integrity,
        "allow_dirty": request.options.allow_dirty,
        "base": None if request.options.base is None else str(request.options.base),
        "split": request.options.split,
        "exclude": DEFAULT_EXCLUDED if profile is None else profile.exclude,
        "keep": () if profile is None else profile.keep,
        "creator": request.metadata.creator,
        "description": request.metadata.description,
        "version": request.metadata.version,
        "prepared": request.metadata.prepared,
    }


def _delivery_progress(
    weight: float, deadline: float | None, on_event: EventHandler
) -> DeliveryProgress:
    """Return what turns a delivery's progress into events, and ends it when its time is over."""

    def check_time() -> None:
        if deadline is not None and time.monotonic() >= deadline:
            raise time_limit_passed()

    middle = 1 - weight * (1 - _UPLOAD_PART)
    stretches = {Phase.UPLOAD: (1 - weight, middle), Phase.CONFIRM: (middle, 1.0)}
    return DeliveryProgress(on_event, stretches, check_time)


def _progress(event: dict[str, Any], scale: float) -> Progress:
    return Progress(
        phase=Phase(event["phase"]),
        done=event["done"],
        total=event["total"],
        overall=event["overall"] * scale,
    )


def _relay(event: dict[str, Any], on_event: EventHandler) -> None:
    """Pass a warning on to the caller, or raise the error that the worker reports."""
    if event["event"] == "warning":
        on_event(CaptureWarning(message=event["message"]))
    else:
        raise reported_error(event)


def _result(
    done: dict[str, Any],
    request: CaptureRequest,
    destination: str,
    parts: tuple[Path, ...],
) -> CaptureResult:
    volumes = request.volumes
    is_mapped = is_unc(request.destination) and not is_unc(destination)
    sources = {os.path.abspath(volume.path): volume for volume in volumes}  # noqa: PTH100
    return CaptureResult(
        backend=WimlibBackend.name,
        destination=destination if is_unc(destination) else Path(destination),
        mapped_from=request.destination if is_mapped else None,
        images=tuple(
            CapturedImage(volume=volume.origin, place=volume.place, **image)
            for volume, image in zip(volumes, done["images"], strict=True)
        ),
        omissions=tuple(
            Omission(
                volume=sources[omission["volume"]].origin,
                place=sources[omission["volume"]].place,
                reason=OmissionReason[omission["reason"]],
                count=omission["count"],
                paths=tuple(omission["paths"]),
            )
            for omission in done["omissions"]
        ),
        parts=parts,
        file_bytes=done["file_bytes"],
        verified=True,
    )
