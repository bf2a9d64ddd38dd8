"""The worker process seen from its parent: started, listened to, and always brought to its end."""

from __future__ import annotations

import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from tasksequence.errors import CaptureCancelled, CaptureError

__all__ = ["WorkerProcess", "search_path", "time_limit_passed"]

_MODULE = "tasksequence.capture.wimlib.worker"
_GRACE = 3.0
"""Seconds that a worker has to end by itself before it is killed."""
_LONGEST_WAIT = 3600.0
"""Seconds; epoll takes no more than 2**31 milliseconds."""
_KEPT_ERRORS = 4000
"""Bytes of the worker's stderr that are kept for the message about a crash."""
_SHOWN_LINES = 6
_STDERR = 2


def time_limit_passed() -> CaptureCancelled:
    """Return the error for a capture whose time is over."""
    return CaptureCancelled(
        "the capture took longer than its time limit and was ended",
        hint="Raise the step's Timeout, or the limit given for this capture.",
        hresult=0x800705B4,
    )


class WorkerProcess:
    """A running worker; leaving its context ends it, whatever state it is in."""

    def __init__(self, request: dict[str, object], module: str | None = None) -> None:
        """Start a module that takes the request and answers with events; the capture's for None."""
        self._name = "the capture process" if module is None else "the process that calls libwim"
        self._aim = " before the WIM was complete" if module is None else " before it was done"
        reading, writing = _pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
                [
                    sys.executable,
                    "-P",
                    # Names of files have to mean the same bytes there.
                    *("-X", f"utf8={sys.flags.utf8_mode}"),
                    *("-m", module or _MODULE, str(writing)),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(writing,),
                # Ctrl-C in a terminal is for this process alone, which then ends the worker.
                start_new_session=True,
                # The worker has to find the same packages, in the same order.
                env={**os.environ, "PYTHONPATH": search_path()},
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        # Pipes of the process are Optional in the types alone; they were asked for above.
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stderr = cast("IO[bytes]", self._process.stderr)
        self._events = os.fdopen(reading, "rb", buffering=0)
        self._errors = b""
        self._request = json.dumps(request).encode() + b"\n"

    def __enter__(self) -> WorkerProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the worker: gently by the end of its stdin, by SIGKILL if it does not listen."""
        try:
            # A request that could not be sent breaks the pipe again here.
            with suppress(BrokenPipeError):
                self._stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GRACE)
        finally:
            # A second Ctrl-C while waiting lands here, too.
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._events.close()
            self._stderr.close()

    @property
    def pid(self) -> int:
        """Number of the worker's process."""
        return self._process.pid

    def events(
        self, deadline: float | None, pulse: float | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the worker's events until it sends no more.

        A worker that is silent for `pulse` seconds is told of by the event `silent`, again and
        again: it may be frozen, and whoever listens may want to end it. Raises `CaptureCancelled`
        when the monotonic clock passes the deadline, and `CaptureError` for a worker that dies or
        writes what is no event.
        """
        pending = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._events, selectors.EVENT_READ)
            selector.register(self._stderr, selectors.EVENT_READ)
            self._send_request()
            while True:
                found = self._wait(selector, deadline, pulse)
                if not found:
                    yield {"event": "silent"}
                for ready in found:
                    piece = os.read(ready.fd, 1 << 16)
                    if ready.fileobj is self._stderr:
                        self._errors = (self._errors + piece)[-_KEPT_ERRORS:]
                        if not piece:
                            selector.unregister(ready.fileobj)
                        continue
                    if not piece:
                        raise self._crashed()
                    *lines, pending = (pending + piece).split(b"\n")
                    for line in lines:
                        yield self._event(line)

    def _send_request(self) -> None:
        try:
            self._stdin.write(self._request)
            self._stdin.flush()
        except BrokenPipeError:
            raise self._crashed() from None

    def _wait(
        self, selector: selectors.BaseSelector, deadline: float | None, pulse: float | None
    ) -> list[selectors.SelectorKey]:
        """Return what can be read; nothing when `pulse` seconds have passed without."""
        while True:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise time_limit_passed()
            waits = [wait for wait in (left, pulse) if wait is not None]
            ready = selector.select(min(*waits, _LONGEST_WAIT) if waits else None)
            if ready or pulse is not None:
                return [key for key, _ in ready]

    def _event(self, line: bytes) -> dict[str, Any]:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict) or "event" not in event:
            raise CaptureError(
                f"{self._name} wrote something that is no event: {line[:200]!r}",
                hint="This is a defect of tasksequence or of its installation; please report it.",
            )
        return event

    def _crashed(self) -> CaptureError:
        """Say how a worker that closed its events without a result came to its end."""
        try:
            code = self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            return CaptureError(f"{self._name} stopped answering", hint=self._last_words())
        while piece := os.read(self._stderr.fileno(), 1 << 16):
            self._errors = (self._errors + piece)[-_KEPT_ERRORS:]
        if code >= 0:
            how = f"ended with exit code {code}"
        else:
            how = f"was killed by {_signal_name(-code)}"
        return CaptureError(f"{self._name} {how}{self._aim}", hint=self._last_words(-code))

    def _last_words(self, number: int = 0) -> str:
        lines = self._errors.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
        if lines:
            return "Its last output:\n" + "\n".join(f"  {line}" for line in lines)
        if number == signal.SIGKILL:
            return "The system may have been out of memory: see `dmesg`."
        return "It said nothing before."


def _pipe() -> tuple[int, int]:
    """Return the two ends of a new pipe, neither with the number of a standard stream.

    They get those numbers where this process was started with a standard stream closed, and the
    worker's own streams would take their place.
    """
    ends = list(os.pipe())
    try:
        for index, end in enumerate(ends):
            if end <= _STDERR:
                ends[index] = fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _STDERR + 1)
                os.close(end)
    except OSError:
        for end in ends:
            os.close(end)
        raise
    return ends[0], ends[1]


def search_path() -> str:
    """Return where this process looks for modules; an empty entry means the current folder."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
