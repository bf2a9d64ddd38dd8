"""The process that calls libwim: one capture, from a request on stdin to a finished file.

Run as `python -m tasksequence.capture.wimlib.worker FD`. The request is one line of JSON on
stdin; events go as lines of JSON to the descriptor FD, which the parent made for that. When
stdin ends, which it also does when the parent dies, the process deletes its unfinished file and
exits, whatever libwim is doing. It therefore ends that way after success too: the parent has
then moved the file to its place.

Imports nothing heavy: its memory counts beside libwim's own.
"""

from __future__ import annotations

import json
import os
import select
import sys
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from tasksequence.capture.destinations.local_errors import write_error
from tasksequence.capture.destinations.partial import create_locked, remove_if_present
from tasksequence.capture.exclusions import Exclusions, config_text
from tasksequence.capture.image_names import image_names
from tasksequence.capture.sources.fat32 import FatVolume
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.ntfs import Inspection, inspect
from tasksequence.capture.sources.volume_kind import FAT32, NTFS
from tasksequence.capture.sources.volume_state import CLEANING, volume_state
from tasksequence.capture.wimlib._base import Base, check_base
from tasksequence.capture.wimlib._images import stored_by_image
from tasksequence.capture.wimlib._meter import Meter
from tasksequence.capture.wimlib._omissions import Omissions
from tasksequence.capture.wimlib._split import split_wim
from tasksequence.capture.wimlib.codes import LibwimError, capture_error
from tasksequence.capture.wimlib.config import config_file
from tasksequence.capture.wimlib.events import error_event, send_event
from tasksequence.capture.wimlib.ffi import Library, Message, Progress, ScanStatus, Wim
from tasksequence.capture.wimlib.staging import staged_fat32
from tasksequence.capture.wimlib.unreadable import unreadable_source
from tasksequence.errors import TaskSequenceError, VolumeError

__all__ = ["main"]

_PARENT_CHECK = 1.0
"""Seconds between two looks at whether the parent lives (a fork of it may keep stdin open)."""
_CANCELLED = 3
_MOST_WARNINGS = 20


class _Capture:
    """One capture of some volumes into one WIM."""

    def __init__(self, request: dict[str, Any], events: int) -> None:
        self._request = request
        self._events = events
        self._volumes: list[dict[str, Any]] = request["volumes"]
        self._destination: str = request["destination"]
        self._partial: str = request["partial"]
        self._meter = Meter(request["compression"], self.send)
        self._scanning: Omissions | None = None
        self._scanned_before = (0, 0)
        self._records = 0
        self._reading_back = False
        self._omissions = [Omissions(volume["path"]) for volume in self._volumes]

    def send(self, event: dict[str, object]) -> None:
        """Write one event."""
        send_event(self._events, event)

    def run(self, complete: threading.Event) -> None:
        """Carry out the request and send its events; set `complete` before the last, `done`.

        Raises `CaptureError`.
        """
        library = Library()
        try:
            done = self._run(library)
        except LibwimError as failure:
            volume, file = self._scanning.volume if self._scanning else None, ""
            if volume is None:
                check_base(library, self._request["base"])
            if volume is None and failure.is_about_reading() and not self._reading_back:
                volume, file = unreadable_source(failure.log, self._volumes)
            raise capture_error(
                failure,
                volume=volume,
                destination=self._destination,
                file=file,
                reading_back=self._reading_back,
            ) from None
        complete.set()
        self.send(done)

    def _run(self, library: Library) -> dict[str, object]:
        inspections = [self._inspect(volume) for volume in self._volumes]
        names = image_names(
            (volume["image_name"], found.label, volume["path"])
            for volume, found in zip(self._volumes, inspections, strict=True)
        )
        try:
            lock = create_locked(self._partial)
        except OSError as error:
            raise write_error(error, self._destination) from None
        compression = self._request["compression"]
        with ExitStack() as stack:
            wim = stack.enter_context(library.new_wim(compression, self._on_progress))
            base = Base(library, wim, self._request["base"], stack)
            for index, found in enumerate(inspections, start=1):
                self._add_image(library, wim, index, names[index - 1], found, stack)
                volume = self._volumes[index - 1]
                base.use_for(index, names[index - 1], volume["kind"], volume["elements"])
            wim.write(
                self._partial,
                self._request["threads"],
                integrity=self._request["integrity"],
                solid=compression == "solid",
            )
            self._warn(library)
        for volume in self._volumes:
            if volume["kind"] != "folder":
                check_not_mounted(volume["path"])
        syncing = _Sync(lock)
        # From here on libwim reads what was written, and no source.
        self._reading_back = True
        with library.open_wim(self._partial, self._on_progress) as wim:
            wim.verify()
            images = self._images(wim, names)
        try:
            syncing.finish()
            size = os.fstat(lock).st_size
            parts: list[str] = []
            if self._request["split"]:
                parts = split_wim(library, self._partial, self._request["split"])
                size = sum(os.path.getsize(part) for part in parts)  # noqa: PTH202
        except OSError as error:
            raise write_error(error, self._destination) from None
        self._meter.finish()
        return {
            "event": "done",
            "images": images,
            "omissions": [record for left in self._omissions for record in left.records()],
            "file_bytes": size,
            "parts": parts,
        }

    def _inspect(self, volume: dict[str, Any]) -> Inspection:
        path: str = volume["path"]
        if volume["kind"] == "folder":
            return Inspection("", marks=(), records=0, encrypted={}, extended_attributes=[])
        check_not_mounted(path)
        found = _inspect_fat32(path) if volume["kind"] == FAT32 else inspect(path)
        self._records += found.records
        state = volume_state(
            found.marks,
            is_ntfs=volume["kind"] == NTFS,
            allow_dirty=self._request["allow_dirty"],
        )
        if state.refuses:
            raise VolumeError(
                f"the volume is {state.refuses}",
                where=path,
                hint=f"{CLEANING} To capture the volume as it is, say so (command line: "
                "--allow-dirty).",
                hresult=0x80070015,
            )
        if state.warns:
            message = f"{path}: the volume is {state.warns}; check the image afterwards"
            self.send({"event": "warning", "message": message})
        return found

    def _add_image(
        self,
        library: Library,
        wim: Wim,
        index: int,
        name: str,
        found: Inspection,
        stack: ExitStack,
    ) -> None:
        volume = self._volumes[index - 1]
        omissions = self._scanning = self._omissions[index - 1]
        exclude, keep = self._request["exclude"], self._request["keep"]
        if volume["kind"] == FAT32:
            check_not_mounted(omissions.volume)
            rules = Exclusions(exclude, keep)
            with staged_fat32(omissions.volume, self._partial, rules, omissions.exclude) as path:
                source = stack.enter_context(library.open_wim(path))
            source.export_image(1, wim, name)
        else:
            if volume["kind"] == NTFS:
                check_not_mounted(omissions.volume)
            with config_file(config_text(exclude, keep)) as config:
                wim.add_image(omissions.volume, name, config, ntfs=volume["kind"] == NTFS)
        self._scanning = None
        self._warn(library)
        omissions.complete(found)
        for element in ("description", "creator", "version", "prepared"):
            value: str | None = self._request[element]
            if value:
                wim.set_property(index, _ELEMENTS[element], value)
        for element, value in volume["elements"]:
            wim.set_property(index, element, value)

    def _warn(self, library: Library) -> None:
        """Pass on what libwim warned of; it may be about many files."""
        messages = library.new_warnings()
        if len(messages) > _MOST_WARNINGS:
            more = len(messages) - _MOST_WARNINGS
            messages[_MOST_WARNINGS:] = [f"libwim warned of {more} things more"]
        for message in messages:
            self.send({"event": "warning", "message": message})

    def _on_progress(self, progress: Progress) -> None:
        if progress.message is Message.WRITE_STREAMS or progress.message is Message.VERIFY_STREAMS:
            phase = "write" if progress.message is Message.WRITE_STREAMS else "verify"
            share = progress.done / progress.total if progress.total else 1.0
            self._meter.report(phase, progress.done, progress.total, share)
            return
        if self._scanning is not None and progress.status == ScanStatus.EXCLUDED:
            self._scanning.exclude_raw(progress.path)
        elif self._scanning is not None and progress.status == ScanStatus.UNSUPPORTED:
            self._scanning.leave_unsupported(progress.path)
        entries, size = self._scanned_before
        if progress.message is Message.SCAN_END:
            self._scanned_before = (entries + progress.entries, size + progress.done)
        share = (entries + progress.entries) / max(self._records, 1)
        self._meter.report("scan", size + progress.done, None, min(share, 0.999))

    def _images(self, wim: Wim, names: list[str]) -> list[dict[str, object]]:
        stored = stored_by_image(wim, len(names))
        return [
            {
                "index": index,
                "name": name,
                "files": wim.number(index, "FILECOUNT"),
                "directories": wim.number(index, "DIRCOUNT"),
                "bytes": wim.number(index, "TOTALBYTES"),
                "stored_bytes": stored[index - 1],
            }
            for index, name in enumerate(names, start=1)
        ]


def _inspect_fat32(path: str) -> Inspection:
    with FatVolume(path) as volume:
        records = sum(1 for _ in volume.walk())
        return Inspection(volume.label, volume.marks, records, {}, [])


_ELEMENTS = {
    "description": "DESCRIPTION",
    "creator": "TASKSEQUENCE/CREATOR",
    "version": "TASKSEQUENCE/VERSION",
    "prepared": "TASKSEQUENCE/PREPARED",
}
"""XML elements of an image; those below TASKSEQUENCE are this project's own."""


class _Sync:
    """Brings a written file to the disk while it is being verified."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._sync, daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until everything is on the disk; raise the `OSError` if it is not."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            self._error = error


def _watch_parent(stdin: int, partial: str, parent: int, complete: threading.Event) -> None:
    """Delete the unfinished file as soon as stdin ends or the parent dies, and end the process.

    A complete capture ends by itself then; one that is under way may be deep inside libwim.
    """
    while os.getppid() == parent:
        ready = select.select([stdin], [], [], _PARENT_CHECK)[0]
        if ready and not os.read(stdin, 4096):
            break
    remove_if_present(partial)
    if not complete.is_set():
        os._exit(_CANCELLED)


def _request_line(stdin: int) -> dict[str, Any]:
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(stdin, 1 << 16)
        if not piece:
            raise SystemExit(_CANCELLED)
        line += piece
    request: dict[str, Any] = json.loads(line)
    return request


def main(arguments: Iterable[str]) -> int:
    """Run one capture; the exit code is 0 when the parent was told how it ended."""
    parent = os.getppid()
    (events,) = map(int, arguments)
    request = _request_line(0)
    complete = threading.Event()
    watcher = threading.Thread(
        target=_watch_parent, args=(0, request["partial"], parent, complete), daemon=True
    )
    watcher.start()
    capture = _Capture(request, events)
    try:
        capture.run(complete)
    except TaskSequenceError as error:
        remove_if_present(request["partial"])
        capture.send(error_event(error))
        return 0
    except Exception as error:
        remove_if_present(request["partial"])
        capture.send(
            {
                "event": "error",
                "kind": "CaptureError",
                "problem": f"the capture process failed: {type(error).__name__}: {error}",
                "hint": "This is a defect of tasksequence; please report it with this message.",
            }
        )
        return 0
    watcher.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
