"""An upload to a share that survives broken connections."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from tasksequence.capture.destinations.delivery import CHUNK, DeliveryReport
from tasksequence.capture.destinations.smb_errors import (
    ACCESS_DENIED,
    DELETE_PENDING,
    NAME_NOT_FOUND,
    SHARING_VIOLATION,
    is_lost,
    share_error,
    status_of,
    still_held,
)
from tasksequence.capture.destinations.smb_share import Share, ShareFile
from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import DestinationError
from tasksequence.request import Phase

__all__ = ["PAUSE", "Upload"]

_BACK = 1 << 20
"""Bytes before the end of a broken upload that are sent again: the last of them may be lost."""
PAUSE = 0.5
"""Seconds between two attempts to reach a server that was lost."""
_HELD_PATIENCE = 10.0
"""Seconds after which a file that the server still holds for a broken connection is left to it."""
_HELD = frozenset({SHARING_VIOLATION, ACCESS_DENIED, DELETE_PENDING})
_DAY = 86_400.0
"""Seconds: what lasts longer has no time of day at which it ends."""
_FRUITLESS = 3
"""How often a connection may be lost between a comparison that agrees and the end."""


class Upload:
    """One upload of a file through all the connections that it takes.

    The file on the share is created with a name that `new_name` gives, and handed to
    `put_in_place`, open, when it is complete and compared; `destination` is the name that it gets
    there, `root` is its share. `warn` hears of a lost connection, and of its being back.
    """

    def __init__(
        self,
        share: Share,
        source: int,
        *,
        new_name: Callable[[], str],
        destination: str,
        patience: float,
        report: DeliveryReport,
        warn: Callable[[str], None],
        root: str,
        put_in_place: Callable[[ShareFile], None],
    ) -> None:
        self._share = share
        self._source = source
        self._size = os.fstat(source).st_size
        self._new_name = new_name
        self._unfinished = new_name()
        self._destination = destination
        self._patience = patience
        self._report = report
        self._warn = warn
        self._root = root
        self._put_in_place = put_in_place
        self._sent = 0
        """Bytes that the server has, without a gap."""
        self._compared = 0
        """Bytes that a comparison found the same, at best."""
        self._agreed = 0
        self._phase = Phase.UPLOAD
        self._done = 0
        self._tried = False
        """True when a file may be there under the unfinished name."""
        self._served = False
        self._renaming = False
        self._differed = False
        self._lost_since: float | None = None
        self._held_since: float | None = None
        self._told_lost = False
        self.lost = False
        """True while the server was found gone, and not reached again."""

    def run(self) -> None:
        """Upload, compare and rename; raises `DestinationError`, and what the report raises."""
        try:
            with self._share.while_waiting(self._tell_again):
                while not self._attempt():
                    self._share.drop()
                    self._tell_again()
                    time.sleep(PAUSE)
        except _Stopped as stopped:
            raise stopped.reason from None

    def _attempt(self) -> bool:
        """Go on with one connection as far as it leads; True when the file is in its place."""
        file: ShareFile | None = None
        try:
            self._share.connect()
            self.lost = False
            file, in_place = self._open()
            self._served = True
            self._held_since = None
            done = self._is_ours(file) if in_place else self._through(file)
            if done:
                self._is_back()
            file.close()
        except (DestinationError, _Stopped):
            if file is not None:
                file.close()
            raise
        except Exception as error:
            if not isinstance(error, _Held) and not is_lost(error, begun=self._served):
                if file is not None:
                    file.close()
                raise share_error(error, self._destination) from None
            # A file that is held was told of by a server that is there.
            self.lost = not isinstance(error, _Held)
            if self._is_too_late():
                if isinstance(error, _Held):
                    raise still_held(self._destination) from None
                raise share_error(error, self._destination) from None
            if self.lost:
                self._tell_lost()
            return False
        finally:
            if file is not None:
                file.forget()
        return done

    def _open(self) -> tuple[ShareFile, bool]:
        """Open what there is to go on with; True with it where that has its place already."""
        if self._tried:
            try:
                return self._share.reopen(self._unfinished), False
            except Exception as error:
                if status_of(error) in _HELD:
                    self._leave_held()
                    raise _Held from None
                if status_of(error) != NAME_NOT_FOUND:
                    raise
            if self._renaming:
                # The answer to the renaming may have been lost, not the renaming.
                try:
                    return self._share.open_to_read(self._destination), True
                except Exception as error:
                    if status_of(error) in _HELD:
                        raise _Held from None
                    if status_of(error) != NAME_NOT_FOUND:
                        raise
        self._begin_anew()
        self._tried = True
        return self._share.create(self._unfinished), False

    def _leave_held(self) -> None:
        """Take another name when the server has held the file for a broken connection too long."""
        now = time.monotonic()
        if self._held_since is None:
            self._held_since = now
        if now - self._held_since >= _HELD_PATIENCE:
            self._held_since = None
            self._unfinished = self._new_name()
            self._tried = False
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._sent = 0
        self._renaming = False

    def _is_ours(self, file: ShareFile) -> bool:
        """Tell whether the file at the destination is the one that was to be renamed."""
        if self._different_at(file) is None:
            return True
        self._begin_anew()
        return False

    def _through(self, file: ShareFile) -> bool:
        """Do what is left to do with an open file; False where the comparison asks for more."""
        if not self._renaming:
            start = max(0, min(file.size, self._sent) - _BACK)
            self._tell(Phase.UPLOAD, start)
            file.write(self._chunk, start, self._size, self._was_sent)
            file.truncate(self._size)
        flushing = file.begin_flush()
        different = self._different_at(file)
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

    def _different_at(self, file: ShareFile) -> int | None:
        self._tell(Phase.CONFIRM, 0)
        different = file.compare(self._chunk, self._size, self._was_compared)
        if different is None:
            self._agreed += 1
            # It takes long, so that the next loss is no part of the last one.
            if self._agreed <= _FRUITLESS:
                self._is_back()
        return different

    def _chunk(self, offset: int) -> bytes:
        """Return a piece of the source; raises `DestinationError` where it cannot be read.

        That is no failure of the connection, which a new one could mend.
        """
        size = min(CHUNK, self._size - offset)
        chunk = b""
        while len(chunk) < size:
            try:
                piece = os.pread(self._source, size - len(chunk), offset + len(chunk))
            except OSError as error:
                raise DestinationError(
                    f"the WIM here cannot be read: {error.strerror}",
                    where=self._destination,
                    hint="Check the disk or share that it lies on, on this machine.",
                    hresult=hresult_of_errno(error.errno),
                ) from None
            if not piece:
                raise DestinationError(
                    "the WIM here became shorter while it was uploaded",
                    where=self._destination,
                    hint="See what else writes to it on this machine, and capture or copy it anew.",
                    hresult=0x80070026,
                )
            chunk = chunk + piece if chunk else piece
        return chunk

    def _was_sent(self, end: int) -> None:
        # What is only sent again is no progress: a server that dies each time would never be lost.
        if end > self._sent:
            self._sent = end
            self._is_back()
        self._tell(Phase.UPLOAD, end)

    def _was_compared(self, end: int) -> None:
        if end > self._compared:
            self._compared = end
            self._is_back()
        self._tell(Phase.CONFIRM, end)

    def _tell(self, phase: Phase, done: int) -> None:
        self._phase, self._done = phase, done
        self._tell_again()

    def _tell_again(self) -> None:
        try:
            self._report(self._phase, self._done, self._size)
        except Exception as error:
            # What the caller raises is no failure of the connection.
            raise _Stopped(error) from None

    def _tell_lost(self) -> None:
        """Warn once of a lost connection; again when it is lost again after it was back."""
        if self._told_lost or self._lost_since is None:
            return
        self._told_lost = True
        left = self._lost_since + self._patience - time.monotonic()
        until = ""
        if left < _DAY:
            until = f" until {datetime.now().astimezone() + timedelta(seconds=left):%H:%M:%S}"
        self._say(f"the connection to {self._root} is lost; trying again{until}")

    def _is_back(self) -> None:
        """Take note of progress, after which a loss is a new one."""
        self._lost_since = None
        if self._told_lost:
            self._told_lost = False
            self._say(f"the connection to {self._root} is back; the upload goes on")

    def _say(self, text: str) -> None:
        try:
            self._warn(text)
        except Exception as error:
            raise _Stopped(error) from None

    def _is_too_late(self) -> bool:
        now = time.monotonic()
        if self._lost_since is None:
            self._lost_since = now
        return now - self._lost_since >= self._patience


class _Held(Exception):
    """The server still has our file open for a connection that broke."""


class _Stopped(Exception):
    """The caller ended the delivery."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason
