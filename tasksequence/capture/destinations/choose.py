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
from tasksequence.secret_text import SecretText

__all__ = ["local_path", "open_destination", "reach", "unmounted"]


def open_destination(request: CaptureRequest) -> Destination:
    """Return the checked destination of a request; raises `DestinationError`.

    A UNC path that a mapping covers is local; any other is reached by SMB.
    """
    text, options = request.destination, request.options
    if options.split is not None:
        check_split(local_path(text, options), text, options)
    options = attrs.evolve(options, timeout=request.time_limit)
    origins = [volume.origin for volume in request.volumes]
    destination = reach(text, request.account, request.password, options, origins)
    try:
        _check_outside(destination, request.volumes)
    except BaseException:
        destination.close()
        raise
    return destination


def reach(
    text: str,
    account: str | None,
    password: SecretText | None,
    options: CaptureOptions,
    origins: Iterable[Path],
) -> Destination:
    """Return the checked destination that a text means; it must not be one of the origins.

    Raises `DestinationError`.
    """
    local = local_path(text, options)
    if local is None:
        # Loaded late: what goes to a local file needs none of it.
        from tasksequence.capture.destinations.smb import SmbDestination

        return SmbDestination(text, account, password, options)
    destination = LocalDestination(local, origins, options)
    if is_unc(text):
        destination.notes += unmounted(local, text)
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
