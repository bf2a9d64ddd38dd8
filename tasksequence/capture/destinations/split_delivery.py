"""Putting the parts of a split WIM into their places, so that a kill never leaves two WIMs mixed.

Several files cannot be renamed in one step. The new parts are therefore gathered in a hidden folder
beside the destination, and one renaming of that folder decides: before it the old WIM stands whole,
after it the new one counts. Whoever is next at the destination brings what is left in the folder to
its place. All of it happens under a lock on the destination's own folder.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice, takewhile
from pathlib import Path

from tasksequence.capture.destinations.local_errors import write_error
from tasksequence.capture.destinations.overwrite import check_is_wim, refuse
from tasksequence.capture.destinations.partial import hidden_name, hidden_pattern
from tasksequence.capture.destinations.parts import is_part, part_names, remove_left_over
from tasksequence.capture.wim_file import MAGIC_BYTES, read_wim_file
from tasksequence.errors import DestinationError, ImageError
from tasksequence.file_access import give_access

__all__ = ["check_places", "finish_interrupted", "interrupted_delivery", "put_parts"]

_GATHERED = ".gather"
"""Ending of a folder whose parts do not count yet."""
_DECIDED = ".parts"
"""Ending of a folder whose parts are the WIM."""


def check_places(destination: str, *, replace: bool) -> None:
    """Refuse what stands in the way of the second part and those that follow it.

    How many there will be is not known yet: the first name that is free is the last looked at.
    Raises `DestinationError`.
    """
    names = islice(part_names(destination), 1, None)
    for number, place in enumerate(takewhile(os.path.lexists, names), start=2):
        if not replace:
            raise refuse(place)
        try:
            _check_wims([(number, place)])
        except OSError as error:
            raise write_error(error, place) from None


def put_parts(parts: Sequence[str], destination: str, *, replace: bool) -> tuple[Path, ...]:
    """Put verified parts, which lie beside the destination, into their places; return those.

    Parts of an older WIM of that name that are left over are deleted. Raises `DestinationError`:
    while the parts are gathered, or without `replace`, with everything as it was; later with the
    new parts kept for `finish_interrupted`.
    """
    places = list(islice(part_names(destination), len(parts)))
    with _alone_in(os.path.dirname(destination)):  # noqa: PTH120
        _finish(destination)
        if not replace:
            for place in places:
                if os.path.lexists(place):
                    raise refuse(place)
        try:
            _check_wims(enumerate(places, start=1))
            _place(_gathered(parts, places, destination), destination)
        except OSError as error:
            raise write_error(error, destination) from None
    return tuple(map(Path, places))


def finish_interrupted(destination: str) -> None:
    """Finish what a killed run has decided at a destination, and remove what it only gathered.

    Raises `DestinationError` where that cannot be done.
    """
    if _folders(destination, _GATHERED, _DECIDED):
        with _alone_in(os.path.dirname(destination)):  # noqa: PTH120
            _finish(destination)


def interrupted_delivery(destination: str) -> bool:
    """Tell whether parts of a WIM are still to take their places at a destination."""
    return bool(_folders(os.path.realpath(destination), _DECIDED))


def _finish(destination: str) -> None:
    for folder in _folders(destination, _GATHERED):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        for folder in _folders(destination, _DECIDED):
            _place(folder, destination)
    except OSError as error:
        raise write_error(error, destination) from None


def _gathered(parts: Sequence[str], places: Sequence[str], destination: str) -> str:
    """Move parts into a hidden folder, and decide for them; return the folder."""
    folder = hidden_name(destination, _GATHERED)
    decided = folder.removesuffix(_GATHERED) + _DECIDED
    os.mkdir(folder, 0o700)  # noqa: PTH102
    try:
        for number, (part, place) in enumerate(zip(parts, places, strict=True), start=1):
            give_access(part, place)
            os.rename(part, os.path.join(folder, str(number)))  # noqa: PTH104, PTH118
        _sync(folder)
        os.rename(folder, decided)  # noqa: PTH104
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _sync(os.path.dirname(destination))  # noqa: PTH120
    return decided


def _place(folder: str, destination: str) -> None:
    """Bring what is left in a folder to its place, the first part last."""
    waiting = sorted((int(name) for name in os.listdir(folder)), reverse=True)  # noqa: PTH208
    names = list(islice(part_names(destination), waiting[0])) if waiting else []
    _check_wims((number, names[number - 1]) for number in waiting)
    for number in waiting:
        os.replace(os.path.join(folder, str(number)), names[number - 1])  # noqa: PTH105, PTH118
    # Somebody may have deleted the first part since.
    with suppress(ImageError):
        remove_left_over(destination, read_wim_file(destination).parts)
    _sync(os.path.dirname(destination))  # noqa: PTH120
    os.rmdir(folder)  # noqa: PTH106


def _check_wims(places: Iterable[tuple[int, str]]) -> None:
    """Refuse to replace what is no WIM, and from the second part on what is no such part."""
    for number, place in places:
        with suppress(FileNotFoundError):
            with open(place, "rb") as file:  # noqa: PTH123
                head = file.read(MAGIC_BYTES)
            check_is_wim(head, place)
            if head and number > 1 and not is_part(place, number):
                raise DestinationError(
                    f"part {number} of the split WIM would replace another image",
                    where=place,
                    hint="Only a part of that number is replaced by a new one: move this file "
                    "away, or name another destination.",
                    hresult=0x80070050,
                )


def _folders(destination: str, *endings: str) -> list[str]:
    """Return the hidden folders of a destination, the one that was made first at the head."""
    pattern = hidden_pattern(destination, f"(?:{'|'.join(map(re.escape, endings))})")
    found: list[tuple[int, str]] = []
    with suppress(OSError), os.scandir(os.path.dirname(destination)) as entries:  # noqa: PTH120
        for entry in entries:
            if pattern.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                found.append((entry.stat(follow_symlinks=False).st_ctime_ns, entry.path))
    return [path for _, path in sorted(found)]


@contextmanager
def _alone_in(folder: str) -> Iterator[None]:
    """Lock a folder against other deliveries; where nothing can be locked, do without."""
    descriptor = None
    # Who may write to a folder need not be allowed to open it for reading.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _sync(folder: str) -> None:
    # Some file systems refuse to bring a folder to the disk.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
