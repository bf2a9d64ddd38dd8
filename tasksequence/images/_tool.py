"""The process that calls libwim for WIM files that are there already.

Run as `python -m tasksequence.images._tool FD`: one request as a line of JSON on stdin, answers as
lines of JSON to the descriptor FD. It ends with its stdin, which also ends when its parent dies.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from tasksequence.capture.exclusions import Exclusions, config_text
from tasksequence.capture.sources.volume_kind import FAT32
from tasksequence.capture.wimlib.codes import LibwimError, capture_error, wim_error
from tasksequence.capture.wimlib.config import config_file
from tasksequence.capture.wimlib.events import error_event, send_event
from tasksequence.capture.wimlib.ffi import Entry, Library, Message, Progress, Wim
from tasksequence.capture.wimlib.hresults import hresult_of_libwim
from tasksequence.capture.wimlib.staging import staged_fat32
from tasksequence.capture.wimlib.unreadable import unreadable_source
from tasksequence.errors import DestinationError, ImageError, TaskSequenceError, VolumeError

__all__ = ["main"]

_BATCH = 500
_TOLD = frozenset({Message.VERIFY_STREAMS, Message.WRITE_STREAMS, Message.EXTRACT_STREAMS})
_MOST_WARNINGS = 20
_NO_WARNING = "Creating a pipable WIM"
"""A volume is hashed by writing such a WIM to nowhere."""
_ENDED = 3


class _Tool:
    def __init__(self, request: dict[str, Any], events: int) -> None:
        self._request = request
        self._events = events
        self._library = Library()
        self._last = -1.0

    def send(self, event: dict[str, object]) -> None:
        send_event(self._events, event)

    def run(self) -> None:
        """Do what the request names. Raises `LibwimError` and errors of this library."""
        try:
            getattr(self, self._request["job"])()
        finally:
            self._warn()
        self.send({"event": "done"})

    def verify(self) -> None:
        """Compare all data with its SHA-1, and all parts with their integrity tables."""
        for part in self._request["parts"] if self._request["check_integrity"] else ():
            try:
                with self._library.open_wim(part, check_integrity=True):
                    pass
            except LibwimError as failure:
                raise wim_error(failure, part) from None
        with self._opened(check_integrity=self._request["check_integrity"]) as wim:
            wim.verify()
            # Entries of its table that libwim cannot place are left out with a warning.
            for image in range(1, self._request["images"] + 1):
                wim.check_complete(image)

    def check(self) -> None:
        """Compare the data of some images with its SHA-1."""
        with self._opened() as source, self._library.new_wim("none", self._progress) as wim:
            for image in self._request["chosen"]:
                source.check_complete(image)
                source.export_image(image, wim, f"{image}")
            wim.verify()

    def files(self) -> None:
        """Send all files and folders of an image."""
        with self._opened() as wim:
            self._send_entries(wim, self._request["image"])

    def scan(self) -> None:
        """Send all files and folders of a volume, hashed."""
        volume = self._request["volume"]
        exclude, keep = self._request["exclude"], self._request["keep"]
        if self._request["kind"] == FAT32:
            rules = Exclusions(exclude, keep)
            with (
                staged_fat32(volume, self._request["scratch"], rules, lambda _: None) as path,
                self._library.open_wim(path) as wim,
            ):
                self._send_entries(wim, 1)
            return
        with self._library.new_wim("none", self._progress) as wim:
            with config_file(config_text(exclude, keep)) as config:
                wim.add_image(volume, "volume", config, ntfs=True)
            wim.hash_all()
            self._send_entries(wim, 1)

    def apply_ntfs(self) -> None:
        """Write an image to an NTFS volume."""
        with self._opened() as wim:
            for path in self._request["leave_out"]:
                wim.forget_path(self._request["image"], path)
            try:
                wim.extract_to_ntfs(self._request["image"], self._request["volume"])
            except LibwimError as failure:
                if failure.is_about_wim():
                    raise
                raise VolumeError(
                    f"the image could not be applied: {failure.sentence()}",
                    where=self._request["volume"],
                    hint="See that the volume, and the file system under a virtual disk, have "
                    "room and are sound, and apply again.",
                    hresult=hresult_of_libwim(failure.code, failure.number),
                ) from None

    def stage(self) -> None:
        """Write an image without compression, so that its files lie there as they are."""
        image, path = self._request["image"], self._request["scratch"]
        with self._opened() as source, self._library.new_wim("none", self._progress) as wim:
            for name in self._request["leave_out"]:
                source.forget_path(image, name)
            source.export_image(image, wim, "staged")
            try:
                wim.write_image(1, path)
            except LibwimError as failure:
                if not failure.is_caused_by(errno.ENOSPC):
                    raise
                raise DestinationError(
                    "the temporary folder is too small for the image, which is staged there",
                    where=path,
                    hint="Free space there, or name another folder in TMPDIR.",
                    hresult=0x80070070,
                ) from None

    def staged(self) -> None:
        """Send the files of a staged image with the offsets of their data."""
        try:
            with self._library.open_wim(self._request["scratch"]) as wim:
                self._send_entries(wim, 1)
        except LibwimError as failure:
            raise wim_error(failure, self._request["scratch"]) from None

    def _warn(self) -> None:
        """Pass on what libwim warned of; it may be about many files."""
        messages = [one for one in self._library.new_warnings() if not one.startswith(_NO_WARNING)]
        if len(messages) > _MOST_WARNINGS:
            more = len(messages) - _MOST_WARNINGS
            messages[_MOST_WARNINGS:] = [f"libwim warned of {more} things more"]
        for message in messages:
            self.send({"event": "warning", "message": message})

    def _opened(self, *, check_integrity: bool = False) -> Any:
        return _Opened(self._library, self._request, self._progress, check_integrity)

    def _send_entries(self, wim: Wim, image: int) -> None:
        batch: list[Entry] = []

        def add(entry: Entry) -> None:
            batch.append(entry)
            if len(batch) == _BATCH:
                self.send({"event": "entries", "entries": batch})
                batch.clear()

        wim.visit_entries(image, add)
        self.send({"event": "entries", "entries": batch})

    def _progress(self, progress: Progress) -> None:
        if progress.message in _TOLD:
            share = progress.done / progress.total if progress.total else 1.0
            if share - self._last >= 0.01 or share == 1.0:
                self._last = share
                self.send({"event": "progress", "done": progress.done, "total": progress.total})


class _Opened:
    """A WIM with all parts of a split one, opened for a with block."""

    def __init__(
        self,
        library: Library,
        request: dict[str, Any],
        on_progress: Callable[[Progress], None],
        check_integrity: bool,
    ) -> None:
        self._context = library.open_wim(
            request["wim"], on_progress, check_integrity=check_integrity
        )
        self._parts: list[str] = request["parts"]
        self._path: str = request["wim"]
        self._images: int = request["images"]

    def __enter__(self) -> Wim:
        wim = self._context.__enter__()
        try:
            for part in self._parts:
                wim.use_parts(part)
            self._check_images(wim)
        except BaseException:
            self._context.__exit__(*sys.exc_info())
            raise
        return wim

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)

    def _check_images(self, wim: Wim) -> None:
        """libwim counts the images whose metadata it finds, and is content with fewer."""
        found = wim.image_count()
        if found != self._images:
            raise ImageError(
                f"the WIM is damaged: its table has {found} of its {self._images} images",
                where=self._path,
                hint="Copy the file again.",
                hresult=0x80070570,
            )


def _error(failure: LibwimError, request: dict[str, Any]) -> TaskSequenceError:
    """Return the error for a failed call: of the WIM, or of the volume where there is none."""
    if request["wim"]:
        return wim_error(failure, request["wim"])
    volume, file = request["volume"], ""
    if failure.is_about_reading():
        _, file = unreadable_source(failure.log, [{"path": volume, "kind": request["kind"]}])
    return capture_error(failure, volume=volume, destination="", file=file)


def _defect(failure: Exception, wim: str) -> ImageError:
    return ImageError(
        f"the process that calls libwim failed: {type(failure).__name__}: {failure}",
        where=wim or None,
        hint="This is a defect of tasksequence; please report it with this message.",
        hresult=0x80004005,
    )


def _end_with_stdin(stdin: int) -> None:
    while os.read(stdin, 4096):
        pass
    os._exit(_ENDED)


def main(arguments: Iterable[str]) -> int:
    """Do one job; the exit code is 0 when the parent was told how it ended."""
    (events,) = map(int, arguments)
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_stdin, args=(0,), daemon=True).start()
    try:
        _Tool(request, events).run()
    except LibwimError as failure:
        send_event(events, error_event(_error(failure, request)))
    except TaskSequenceError as error:
        send_event(events, error_event(error))
    except Exception as failure:
        send_event(events, error_event(_defect(failure, request["wim"])))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
