"""Log files: which belong together, in which order, and one that grows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from tasksequence.errors import TaskSequenceError
from tasksequence.logs.records import LogRecord, RecordReader, read_records

__all__ = ["follow_log", "log_files", "read_log"]

_PIECE = 1 << 21
_HEAD_RECORDS = 50
_PAUSE = 0.25


def log_files(paths: Iterable[Path | str]) -> list[Path]:
    """Return the log files that are named, oldest first; a folder stands for its smsts*.log.

    Rolled files (`smsts-20260314-091500.log`) are put in order by the time of their first record.
    Raises `TaskSequenceError` for what is not there.
    """
    found: dict[Path, None] = {}
    for given in map(Path, paths):
        try:
            is_folder = given.is_dir()
            inside = [one for one in given.iterdir() if _is_log(one.name)] if is_folder else []
        except OSError as error:
            raise _unreadable(given, error) from None
        if is_folder:
            if not inside:
                raise TaskSequenceError(
                    "the folder has no smsts*.log", where=str(given), hint="Name the log files."
                )
            found.update(dict.fromkeys(inside))
        else:
            found[given] = None
    moments = {path: _first_moment(path) for path in found}
    late = datetime.max.replace(tzinfo=UTC)
    # Without a time: by the name, whose stamp is older than the file without one.
    return sorted(found, key=lambda path: (moments[path] or late, path.stem == "smsts", path.name))


def read_log(path: Path | str) -> Iterator[LogRecord]:
    """Yield the records of a log file; raises `TaskSequenceError` if it cannot be read."""
    return read_records(_pieces(Path(path)))


def follow_log(path: Path | str, stop: Callable[[], bool] = lambda: False) -> Iterator[LogRecord]:
    """Yield the records of a log as it grows, until `stop` says so.

    Goes on with the new file when the log is rolled. A record is given out when its end is there.
    """
    path = Path(path)
    while not stop():
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            time.sleep(_PAUSE)
            continue
        except OSError as error:
            raise _unreadable(path, error) from None
        with stream:
            reader = RecordReader()
            identity = os.fstat(stream.fileno()).st_ino
            while True:
                piece = _read(stream, path, _PIECE)
                yield from reader.feed(piece)
                if piece:
                    continue
                if _was_replaced(path, identity, stream.tell()):
                    # What was written between the last look and the rolling.
                    yield from reader.feed(_read(stream, path))
                    yield from reader.finish()
                    break
                if stop():
                    yield from reader.finish()
                    return
                time.sleep(_PAUSE)


def _was_replaced(path: Path, identity: int, position: int) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return status.st_ino != identity or status.st_size < position


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except OSError as error:
        raise _unreadable(path, error) from None


def _read(stream: BinaryIO, path: Path, size: int = -1) -> bytes:
    try:
        return stream.read(size)
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> TaskSequenceError:
    return TaskSequenceError(
        f"the log cannot be read: {error.strerror}", where=str(path), hint="Check the path."
    )


def _first_moment(path: Path) -> datetime | None:
    for count, record in enumerate(read_log(path)):
        if record.moment is not None:
            moment = record.moment
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if count > _HEAD_RECORDS:
            break
    return None


def _is_log(name: str) -> bool:
    name = name.lower()
    return name.startswith("smsts") and name.endswith(".log")
