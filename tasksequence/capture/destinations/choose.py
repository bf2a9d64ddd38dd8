"""From a destination's text to what writes there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import attrs

from tasksequence.capture.destinations.delivery import Destination
from tasksequence.capture.destinations.local import LocalDestination, check_text
from tasksequence.capture.destinations.parts import check_split
from tasksequence.capture.destinations.unc import is_unc, mapped
from tasksequence.errors import DestinationError
from tasksequence.request import CaptureOptions, CaptureRequest, VolumeSource

__all__ = ["local_path", "open_destination", "unmounted"]


def open_destination(request: CaptureRequest) -> Destination:
    """Return the checked destination of a request; raises `DestinationError`.

    A UNC path that a mapping covers is local; any other is reached by SMB.
    """
    local = local_path(request.destination, request.options)
    if request.options.split is not None:
        check_split(local, request.destination, request.options)
    destination: Destination
    if local is not None:
        origins = [volume.origin for volume in request.volumes]
        destination = LocalDestination(local, origins, request.options)
        if is_unc(request.destination):
            destination.notes += unmounted(local, request.destination)
    else:
        # Loaded late: a capture to a local file needs none of it.
        from tasksequence.capture.destinations.smb import SmbDestination

        options = attrs.evolve(request.options, timeout=request.time_limit)
        destination = SmbDestination(
            request.destination, request.account, request.password, options
        )
    try:
        _check_outside(destination, request.volumes)
    except BaseException:
        destination.close()
        raise
    return destination


def unmounted(local: str, unc: str) -> tuple[str, ...]:
    """Return a warning where nothing is mounted at the folder that a share is mapped to."""
    folder = os.path.dirname(local)  # noqa: PTH120
    try:
        if os.stat(folder).st_dev != os.stat("/").st_dev:  # noqa: PTH116
            return ()
    except OSError:
        return ()
    return (
        f"{folder} is on this machine's own disk, no share is mounted there: it will not be at "
        f"{unc}",
    )


def _check_outside(destination: Destination, volumes: Iterable[VolumeSource]) -> None:
    """Refuse to write in a folder that is to be captured: the WIM would hold itself."""
    for volume in volumes:
        folder = volume.path.resolve()
        for written in (destination.text, destination.partial):
            if volume.is_folder and Path(written).is_relative_to(folder):
                what = "destination" if written == destination.text else "scratch folder"
                raise DestinationError(
                    f"the {what} lies in the folder that is to be captured, {volume.path}",
                    where=destination.text if what == "destination" else destination.place,
                    hint=f"Name a {what} elsewhere.",
                )


def local_path(text: str, options: CaptureOptions) -> str | None:
    """Return the path of this machine that a text means; None for a share to be reached by SMB."""
    check_text(text)
    return mapped(text, options.shares) if is_unc(text) else text
