"""The log of a run, in the form of smsts.log that CMTrace reads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path

from tasksequence.errors import TaskSequenceError

__all__ = ["ERROR", "INFO", "WARNING", "CMTraceLog", "cmtrace_record"]

INFO, WARNING, ERROR = 1, 2, 3
_LARGEST = 5 << 20
_KEPT = 3
"""As ConfigMgr since 1806: 5 MB, and three older files."""


def cmtrace_record(
    message: str,
    moment: datetime,
    *,
    component: str = "TSManager",
    kind: int = INFO,
    thread: int = 0,
    source: str = "",
) -> str:
    """Return one record; `moment` needs a time zone. The message may have several lines."""
    offset = moment.utcoffset()
    # Windows counts the other way round: minutes to add to local time to get UTC.
    bias = -round(offset.total_seconds() / 60) if offset is not None else 0
    text = message.replace("]LOG]!>", "]LOG]! >").replace("<![LOG[", "<! [LOG[")
    time = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}{bias:+04d}"
    return (
        f'<![LOG[{text}]LOG]!><time="{time}" date="{moment:%m-%d-%Y}" component="{component}" '
        f'context="" type="{kind}" thread="{thread}" file="{source}">'
    )


def _now() -> datetime:
    return datetime.now().astimezone()


class CMTraceLog:
    """Appends records to a file; a file that grows beyond 5 MB is put aside, three are kept."""

    def __init__(
        self,
        path: Path | str,
        *,
        clock: Callable[[], datetime] = _now,
        largest: int = _LARGEST,
    ) -> None:
        """Open the file for appending; raises `TaskSequenceError` where that fails."""
        self.path = Path(path)
        self._clock = clock
        self._largest = largest
        self._lock = threading.Lock()
        self._file: TextIOWrapper | None = None
        self._open()

    def _open(self) -> None:
        try:
            self._file = self.path.open(
                "a", encoding="utf-8", errors="backslashreplace", newline="\r\n"
            )
        except OSError as error:
            raise TaskSequenceError(
                f"the log cannot be written: {error.strerror}",
                where=str(self.path),
                hint="Name a file in a folder that exists and that this account may write to.",
            ) from None

    def write(
        self,
        message: str,
        *,
        kind: int = INFO,
        component: str = "TSManager",
        source: str = "tasksequence",
    ) -> None:
        """Append one record, and bring it to the file at once.

        Where the file cannot be written any more, that is warned of once, and the log ends: what
        it tells of goes on without it.
        """
        try:
            self._append(message, kind, component, source)
        except OSError as error:
            self._give_up(f"the log cannot be written: {error.strerror}: {self.path}")
        except TaskSequenceError as error:
            self._give_up(f"{error.problem}: {self.path}")

    def _append(self, message: str, kind: int, component: str, source: str) -> None:
        with self._lock:
            if self._file is None:
                return
            record = cmtrace_record(
                message,
                self._clock(),
                component=component,
                kind=kind,
                thread=threading.get_native_id(),
                source=source,
            )
            self._file.write(record + "\n")
            self._file.flush()
            if self._file.tell() > self._largest:
                self._roll()

    def _give_up(self, problem: str) -> None:
        with self._lock:
            if self._file is None:
                return
            # Closing writes what is left once more, and fails as before.
            with suppress(OSError):
                self._file.close()
            self._file = None
        logging.getLogger("tasksequence").warning("%s; it ends here", problem)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                with suppress(OSError):
                    self._file.close()
                self._file = None

    def __enter__(self) -> CMTraceLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _roll(self) -> None:
        """Put the file aside and begin a new one; where it cannot be, the same one goes on."""
        assert self._file is not None
        self._file.close()
        with suppress(OSError):
            self._put_aside()
        self._open()

    def _put_aside(self) -> None:
        base = f"{self.path.stem}-{self._clock():%Y%m%d-%H%M%S}"
        aside = self.path.with_name(f"{base}{self.path.suffix}")
        count = 1
        while aside.exists():
            aside = self.path.with_name(f"{base}-{count}{self.path.suffix}")
            count += 1
        self.path.rename(aside)
        olds = sorted(
            self.path.parent.glob(f"{self.path.stem}-*{self.path.suffix}"),
            key=lambda old: (old.stat().st_mtime_ns, old.name),
        )
        for old in olds[:-_KEPT]:
            with suppress(OSError):
                old.unlink()
