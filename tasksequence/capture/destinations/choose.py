"""From a destination's text to what writes there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import attrs

from tasksequence.capture.destinations.delivery import Destination
from tasksequence.capture.destinations.local import LocalDestination, check_text
from tasksequence.capture.destinations.parts import check_split
from tasksequence.capture.destinations.unc import is_unc, mapped, parse_unc
from tasksequence.capture.space import check_room
from tasksequence.capture.wim_file import MAGIC_BYTES, WIM_MAGICS, read_wim_file
from tasksequence.errors import DestinationError, ImageError
from tasksequence.request import (
    CaptureOptions,
    CaptureRequest,
    EventHandler,
    Phase,
    Progress,
    VolumeSource,
)
from tasksequence.secret_text import SecretText

__all__ = ["deliver_wim", "open_destination"]


def open_destination(request: CaptureRequest) -> Destination:
    """Return the checked destination of a request; raises `DestinationError`.

    A UNC path that a mapping covers is local; any other is reached by SMB.
    """
    local = _local(request.destination, request.options)
    if request.options.split is not None:
        check_split(local, request.destination, request.options)
    destination: Destination
    if local is not None:
        origins = [volume.origin for volume in request.volumes]
        destination = LocalDestination(local, origins, request.options)
    else:
        # Loaded late: a capture to a local file needs none of it.
        from tasksequence.capture.destinations.smb import SmbDestination

        destination = SmbDestination(
            request.destination, request.account, request.password, request.options
        )
    try:
        _check_outside(destination, request.volumes)
    except BaseException:
        destination.close()
        raise
    return destination


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


def deliver_wim(
    wim: Path | str,
    destination: str,
    *,
    account: str | None = None,
    password: SecretText | None = None,
    options: CaptureOptions | None = None,
    on_event: EventHandler | None = None,
) -> None:
    """Bring a finished WIM to a destination, as the end of a capture does.

    For what a capture that could not deliver has kept: a file of this machine, which is uploaded
    or copied, compared, and put in place in one step; it stays where it is. Or a file that lies on
    the same share and folder already, which only takes its place. Raises `DestinationError`; the
    old file is then as it was.
    """
    options = options or CaptureOptions()
    local = _local(destination, options)
    if isinstance(wim, str) and is_unc(wim) and local is None:
        from tasksequence.capture.destinations.smb import SmbDestination

        source, target = parse_unc(wim), parse_unc(destination)
        if source.folder.casefold() != target.folder.casefold():
            raise DestinationError(
                "the finished WIM lies in another folder than the destination",
                where=wim,
                hint="Give a file of this machine, or one that lies beside the destination.",
            )
        share = SmbDestination(destination, account, password, options)
        try:
            share.finish(source.name)
        finally:
            share.close()
        return
    mapped_wim = _local(str(wim), options)
    source_path = Path(mapped_wim if mapped_wim is not None else wim)
    _check_source(source_path)
    to: Destination
    if local is not None:
        # A folder of its own, so that the file is copied and stays.
        away = attrs.evolve(options, scratch=source_path.absolute().parent)
        to = LocalDestination(local, [source_path], away)
    else:
        from tasksequence.capture.destinations.smb import SmbDestination

        to = SmbDestination(destination, account, password, options)
    started = time.monotonic()
    limit = options.timeout

    def report(phase: Phase, done: int, total: int) -> None:
        if limit is not None and time.monotonic() - started > limit:
            raise DestinationError("the delivery took longer than its time limit", where=to.text)
        share = done / total if total else 1.0
        overall = share / 2 if phase is Phase.UPLOAD else 0.5 + share / 2
        if on_event is not None:
            on_event(Progress(phase=phase, done=done, total=total, overall=overall))

    try:
        if options.check_space:
            check_room(to, source_path.stat().st_size)
        to.deliver(report, source=os.fspath(source_path))
    finally:
        to.close()


def _local(text: str, options: CaptureOptions) -> str | None:
    """Return the path of this machine that a text means; None for a share to be reached by SMB."""
    check_text(text)
    return mapped(text, options.shares) if is_unc(text) else text


def _check_source(wim: Path) -> None:
    try:
        with wim.open("rb") as stream:
            head = stream.read(MAGIC_BYTES)
    except OSError as error:
        raise DestinationError(
            f"the finished WIM cannot be read: {error.strerror}",
            where=str(wim),
            hint="Check its path.",
            hresult=0x80070002,
        ) from None
    if head not in WIM_MAGICS:
        raise DestinationError("this is no WIM", where=str(wim), hint="Check its path.")
    # What else is wrong with it was seen when it was made.
    with suppress(ImageError):
        if read_wim_file(str(wim)).parts > 1:
            raise DestinationError(
                "this is one part of a split WIM, and one file alone is delivered",
                where=str(wim),
                hint="Copy its parts by hand, or join them first: wimlib-imagex join.",
            )
