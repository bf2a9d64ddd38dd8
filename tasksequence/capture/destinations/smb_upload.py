"""An upload to a share that survives broken connections."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tasksequence.capture.destinations.delivery import CHUNK, DeliveryReport
from tasksequence.capture.destinations.smb_errors import (
    ACCESS_DENIED,
    NAME_NOT_FOUND,
    SHARING_VIOLATION,
    is_lost,
    share_error,
    status_of,
)
from tasksequence.capture.destinations.smb_share import Share, ShareFile
from tasksequence.errors import DestinationError
from tasksequence.request import Phase

__all__ = ["PAUSE", "Upload"]

_BACK = 1 << 20
"""Bytes before the end of a broken upload that are sent again: the last of them may be lost."""
PAUSE = 0.5
"""Seconds between two attempts to reach a server that was lost."""


class Upload:
    """One upload of a file through all the connections that it takes.

    The file on the share is created as `unfinished`, and handed to `put_in_place`, open, when it
    is complete and compared; `destination` is the name that it gets there.
    """

    def __init__(
        self,
        share: Share,
        source: int,
        *,
        unfinished: str,
        destination: str,
        patience: float,
        report: DeliveryReport,
        put_in_place: Callable[[ShareFile], None],
    ) -> None:
        self._share = share
        self._source = source
        self._size = os.fstat(source).st_size
        self._unfinished = unfinished
        self._destination = destination
        self._patience = patience
        self._report = report
        self._put_in_place = put_in_place
        self._sent = 0
        """Bytes that the server has, without a gap."""
        self._phase = Phase.UPLOAD
        self._done = 0
        self._begun = False
        self._renaming = False
        self._differed = False
        self._lost_since: float | None = None

    def run(self) -> None:
        """Upload, compare and rename; raises `DestinationError`, and what the report raises."""
        while True:
            file: ShareFile | None = None
            try:
                self._share.connect()
                file = self._open()
                if self._through(file):
                    return
            except DestinationError:
                raise
            except Exception as error:
                if isinstance(error, _Stopped):
                    raise error.reason from None
                lost = is_lost(error) or self._is_held(error)
                if not lost or self._is_too_late():
                    raise share_error(error, self._destination) from None
            finally:
                if file is not None:
                    file.close()
            self._wait()

    def _open(self) -> ShareFile:
        if not self._begun:
            file = self._share.create(self._unfinished)
            self._begun = True
            return file
        try:
            return self._share.reopen(self._unfinished)
        except Exception as error:
            if status_of(error) != NAME_NOT_FOUND:
                raise
        if self._renaming:
            # The answer to the renaming may have been lost, not the renaming.
            return self._share.reopen(self._destination)
        self._sent = 0
        return self._share.create(self._unfinished)

    def _through(self, file: ShareFile) -> bool:
        """Do what is left to do with an open file; False where the comparison asks for more."""
        if not self._renaming:
            start = max(0, min(file.size, self._sent) - _BACK)
            self._tell(Phase.UPLOAD, start)
            file.write(self._chunk, start, self._size, self._was_sent)
            file.truncate(self._size)
        flushing = file.begin_flush()
        self._tell(Phase.CONFIRM, 0)
        different = file.compare(
            self._chunk, self._size, lambda done: self._tell(Phase.CONFIRM, done)
        )
        if different is not None:
            if self._differed:
                raise DestinationError(
                    f"the file on the share differs from the WIM near byte {different:,}, twice",
                    where=self._destination,
                    hint="The server's disk does not give back what was written: check it.",
                    hresult=0x80070570,
                )
            self._differed = True
            self._renaming = False
            self._sent = different
            return False
        file.end_flush(flushing)
        self._renaming = True
        self._put_in_place(file)
        return True

    def _chunk(self, offset: int) -> bytes:
        return os.pread(self._source, min(CHUNK, self._size - offset), offset)

    def _was_sent(self, end: int) -> None:
        self._sent = max(self._sent, end)
        self._lost_since = None
        self._tell(Phase.UPLOAD, end)

    def _tell(self, phase: Phase, done: int) -> None:
        self._phase, self._done = phase, done
        try:
            self._report(phase, done, self._size)
        except Exception as error:
            # What the caller raises is no failure of the connection.
            raise _Stopped(error) from None

    def _is_held(self, error: Exception) -> bool:
        """Tell whether the server still holds our own file open for the connection that broke."""
        return self._begun and status_of(error) in {SHARING_VIOLATION, ACCESS_DENIED}

    def _is_too_late(self) -> bool:
        now = time.monotonic()
        if self._lost_since is None:
            self._lost_since = now
        return now - self._lost_since >= self._patience

    def _wait(self) -> None:
        self._share.drop()
        try:
            self._tell(self._phase, self._done)
        except _Stopped as stopped:
            raise stopped.reason from None
        time.sleep(PAUSE)


class _Stopped(Exception):
    """The caller ended the delivery."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason
