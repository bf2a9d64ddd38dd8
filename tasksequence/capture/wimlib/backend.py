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
from tasksequence.capture.exclusions import DEFAULT_EXCLUDED
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.volume_kind import volume_kind
from tasksequence.capture.wim_file import read_wim_file
from tasksequence.capture.wimlib._codes import write_error
from tasksequence.capture.wimlib._elements import elements_of
from tasksequence.capture.wimlib._partial import new_partial, remove_if_present, remove_stale
from tasksequence.capture.wimlib._process import WorkerProcess
from tasksequence.errors import (
    CaptureError,
    DestinationError,
    ImageError,
    TaskSequenceError,
    VolumeError,
)
from tasksequence.file_access import give_access
from tasksequence.request import (
    CapturedImage,
    CaptureEvent,
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
        shown = {str(volume.path): volume.shown for volume in request.volumes if volume.place}
        try:
            return _capture(request, _renaming(on_event, shown))
        except TaskSequenceError as error:
            raise _renamed(error, shown) from None


def _capture(request: CaptureRequest, on_event: EventHandler) -> CaptureResult:
    limit = request.time_limit
    deadline = None if limit is None else time.monotonic() + limit
    kinds = _check_volumes(request.volumes)
    paths = [volume.place.disk if volume.place else volume.path for volume in request.volumes]
    destination = check_destination(request.destination, paths)
    _check_outside(destination, request.volumes)
    if request.options.split is not None and not destination.casefold().endswith(".swm"):
        raise DestinationError(
            "the first part of a split WIM has to be called .swm, for Windows to find the others",
            where=destination,
            hint="Change the ending of the destination.",
        )
    remove_stale(destination)
    partial = new_partial(destination)
    try:
        with WorkerProcess(_job(request, kinds, destination, partial)) as worker:
            for event in worker.events(deadline):
                if event["event"] == "done":
                    parts = move_parts(event["parts"], destination)
                    result = _result(event, request.volumes, destination, parts)
                    if not parts:
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
    if request.options.base is not None and read_wim_file(str(request.options.base)).parts > 1:
        raise ImageError(
            "the base is a split WIM",
            where=str(request.options.base),
            hint="Join its parts first: wimlib-imagex join BASE.wim PART.swm …",
        )
    if request.options.split is not None and request.options.split < _SMALLEST_PART:
        raise CaptureError(
            f"parts of {request.options.split:,} bytes are too small",
            hint="Give at least 1 MiB for a part of a split WIM.",
        )
    if request.options.split is not None and request.options.compression is Compression.SOLID:
        raise CaptureError(
            "a solid WIM cannot be split",
            hint="Take another compression, or one file.",
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


def _renaming(on_event: EventHandler, shown: dict[str, str]) -> EventHandler:
    """Have warnings call the volumes of disks what people call them."""

    def handle(event: CaptureEvent) -> None:
        if isinstance(event, CaptureWarning):
            event = CaptureWarning(message=_shown(event.message, shown))
        on_event(event)

    return handle if shown else on_event


def _renamed(error: TaskSequenceError, shown: dict[str, str]) -> TaskSequenceError:
    error.problem = _shown(error.problem, shown)
    error.where = _shown(error.where, shown) if error.where else None
    error.hint = _shown(error.hint, shown) if error.hint else None
    return error


def _shown(text: str, shown: dict[str, str]) -> str:
    for path, name in shown.items():
        text = text.replace(path, name)
    return text


def _check_outside(destination: str, volumes: tuple[VolumeSource, ...]) -> None:
    """Refuse a destination in a folder that is to be captured: it would hold itself."""
    for volume in volumes:
        folder = volume.path.resolve()
        if volume.is_folder and Path(destination).is_relative_to(folder):
            raise DestinationError(
                f"the destination lies in the folder that is to be captured, {volume.path}",
                where=destination,
                hint="Name a destination elsewhere.",
            )


def _check_volumes(volumes: tuple[VolumeSource, ...]) -> list[str]:
    """Return the kind of each volume, or refuse it."""
    kinds = []
    if not volumes:
        raise CaptureError(
            "there is no volume to capture",
            hint="Name at least one NTFS volume: an image file or a block device.",
        )
    seen: dict[tuple[int, int, int], Path] = {}
    for volume in volumes:
        kinds.append(_kind(volume))
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
        if not volume.is_folder:
            check_not_mounted(str(volume.path))
    return kinds


def _kind(volume: VolumeSource) -> str:
    if not volume.is_folder:
        return volume_kind(str(volume.path))
    if not volume.path.is_dir():
        raise VolumeError(
            "this is no folder", where=str(volume.path), hint="A volume is given with --volume."
        )
    return "folder"


def _job(
    request: CaptureRequest, kinds: list[str], destination: str, partial: str
) -> dict[str, object]:
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
        "destination": destination,
        "partial": partial,
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


def move_parts(parts: list[str], destination: str) -> tuple[Path, ...]:
    """Put the parts of a split WIM in their places, the first last: it makes the others a WIM.

    Parts of an older WIM of that name that are left over are deleted.
    """
    stem, ending = os.path.splitext(destination)  # noqa: PTH122
    names = [destination, *(f"{stem}{number}{ending}" for number in range(2, len(parts) + 1))]
    for part, name in reversed(list(zip(parts, names, strict=False))):
        _move(part, name)
    number = len(parts) + 1
    while parts and _is_part(f"{stem}{number}{ending}", number):
        remove_if_present(f"{stem}{number}{ending}")
        number += 1
    return tuple(Path(name) for name in names[: len(parts)])


def _is_part(path: str, number: int) -> bool:
    try:
        return read_wim_file(path).part == number
    except errors.ImageError:
        return False


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
    done: dict[str, Any],
    volumes: tuple[VolumeSource, ...],
    destination: str,
    parts: tuple[Path, ...],
) -> CaptureResult:
    sources = {os.path.abspath(volume.path): volume for volume in volumes}  # noqa: PTH100
    return CaptureResult(
        backend=WimlibBackend.name,
        destination=Path(destination),
        images=tuple(
            CapturedImage(volume=_path(volume), place=volume.place, **image)
            for volume, image in zip(volumes, done["images"], strict=True)
        ),
        omissions=tuple(
            Omission(
                volume=_path(sources[omission["volume"]]),
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


def _path(volume: VolumeSource) -> Path:
    return volume.place.disk if volume.place else volume.path
