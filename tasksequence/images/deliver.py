"""Bringing a finished WIM to its destination, apart from a capture."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import attrs

from tasksequence.capture.delivery_progress import DeliveryProgress, Stretches
from tasksequence.capture.destinations.choose import local_path, reach
from tasksequence.capture.destinations.unc import UncPath, is_unc, mapped, parse_unc
from tasksequence.capture.space import check_room
from tasksequence.capture.whole_progress import WholeProgress
from tasksequence.capture.wim_file import HEAD_BYTES, MAGIC_BYTES, WIM_MAGICS, check_whole_file
from tasksequence.errors import DestinationError
from tasksequence.images.contents import verify_image_file
from tasksequence.request import CaptureEvent, CaptureOptions, CaptureWarning, EventHandler, Phase
from tasksequence.secret_text import SecretText

__all__ = ["deliver_wim"]


def deliver_wim(
    wim: Path | str,
    destination: str,
    *,
    account: str | None = None,
    password: SecretText | None = None,
    options: CaptureOptions | None = None,
    verify: bool = True,
    on_event: EventHandler | None = None,
) -> None:
    """Bring a finished WIM to a destination, as the end of a capture does.

    For what a capture that could not deliver has kept: a file of this machine, which is read in
    full and compared with its hashes (`verify`), uploaded or copied, compared, and put in place in
    one step; it stays where it is. Or a finished upload that lies beside the destination on its
    share, which only takes its place.

    Raises `DestinationError`, and `ImageError` for a file that is damaged, incomplete or no WIM;
    the old file is then as it was.
    """
    options = options or CaptureOptions()
    started = time.monotonic()
    local = local_path(destination, options)
    progress = WholeProgress(_ignore if on_event is None else on_event)

    def warn(text: str) -> None:
        progress(CaptureWarning(message=text))

    if isinstance(wim, str) and is_unc(wim) and local is None:
        _finish(parse_unc(wim), parse_unc(destination), account, password, options, warn)
        return
    # The file that is brought may have a longer name than a step's destination.
    mapped_wim = mapped(str(wim), options.shares) if is_unc(str(wim)) else None
    source = Path(mapped_wim if mapped_wim is not None else wim)
    _check_source(source)
    if local is not None and os.path.exists(local) and source.samefile(local):  # noqa: PTH110
        raise DestinationError(
            "the WIM is at its destination already",
            where=local,
            hint="Name another destination, or another WIM.",
            hresult=0x80070050,
        )

    def check_time() -> None:
        if options.timeout is not None and time.monotonic() - started > options.timeout:
            raise DestinationError(
                "the delivery took longer than its time limit",
                where=destination,
                hint="Raise the limit, or deliver when the server is less busy.",
                hresult=0x800705B4,
            )

    report = DeliveryProgress(progress, _STRETCHES if verify else _UNVERIFIED, check_time)
    reached = options
    if local is not None:
        # A scratch folder makes it a copy, so that the source stays; nothing is written there.
        reached = attrs.evolve(options, scratch=Path(local).absolute().parent)
    to = reach(destination, account, password, reached, [source])
    to.warn = warn
    try:
        for note in to.notes:
            warn(note)
        if options.check_space:
            check_room(to, source.stat().st_size)
        if verify:
            verify_image_file(source, lambda done, total: report(Phase.VERIFY, done, total), warn)
        to.deliver(report, source=os.fspath(source))
        progress.finish()
    finally:
        to.close()


def _ignore(_: CaptureEvent) -> None:
    pass


_STRETCHES: Stretches = {
    Phase.VERIFY: (0.0, 0.2),
    Phase.UPLOAD: (0.2, 0.6),
    Phase.CONFIRM: (0.6, 1.0),
}
_UNVERIFIED: Stretches = {Phase.UPLOAD: (0.0, 0.5), Phase.CONFIRM: (0.5, 1.0)}


def _finish(
    source: UncPath,
    target: UncPath,
    account: str | None,
    password: SecretText | None,
    options: CaptureOptions,
    warn: Callable[[str], None],
) -> None:
    from tasksequence.capture.destinations.smb import SmbDestination

    if str(source).casefold() == str(target).casefold():
        raise DestinationError(
            "the WIM is at its destination already",
            where=str(target),
            hint="Name the finished upload that lies beside it.",
            hresult=0x80070057,
        )
    if source.folder.casefold() != target.folder.casefold():
        raise DestinationError(
            "the finished WIM lies in another folder than the destination",
            where=str(source),
            hint="Give a file of this machine, or one that lies beside the destination.",
            hresult=0x80070011,
        )
    share = SmbDestination(str(target), account, password, options)
    try:
        for note in share.notes:
            warn(note)
        share.finish(source.name)
    finally:
        share.close()


def _check_source(wim: Path) -> None:
    try:
        with wim.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            size = stream.seek(0, os.SEEK_END)
    except (OSError, ValueError) as error:
        # No file can have a name with a zero character, or one that has no encoding.
        said = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise DestinationError(
            f"the finished WIM cannot be read: {said}",
            where=str(wim) if isinstance(error, OSError) else repr(str(wim)),
            hint="Check its path.",
            hresult=0x80070002,
        ) from None
    if head[:MAGIC_BYTES] not in WIM_MAGICS:
        raise DestinationError(
            "this is no WIM", where=str(wim), hint="Check its path.", hresult=0x8007000D
        )
    check_whole_file(str(wim), head, size)
