"""A destination on a share that is reached by SMB: uploaded, compared, put in place in one step."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from tasksequence.capture.destinations.deliver_command import deliver_command
from tasksequence.capture.destinations.delivery import DeliveryReport, unheard
from tasksequence.capture.destinations.local import (
    check_scratch,
    default_scratch,
    kept_finished,
)
from tasksequence.capture.destinations.overwrite import (
    check_is_wim,
    finished_name,
    is_finished,
    kept_name,
    protected,
    refuse,
)
from tasksequence.capture.destinations.partial import new_partial, remove_if_present, remove_stale
from tasksequence.capture.destinations.parts import split_refused
from tasksequence.capture.destinations.smb_errors import (
    ACCESS_DENIED,
    IS_A_FOLDER,
    NAME_COLLISION,
    NAME_NOT_FOUND,
    PATH_NOT_FOUND,
    SHARING_VIOLATION,
    folder_missing,
    is_lost,
    share_error,
    status_of,
)
from tasksequence.capture.destinations.smb_share import Share, ShareFile
from tasksequence.capture.destinations.smb_upload import PAUSE, Upload
from tasksequence.capture.destinations.unc import parse_unc
from tasksequence.capture.destinations.upload_record import (
    UploadRecord,
    dead_uploads,
    forget_upload,
)
from tasksequence.capture.wim_file import HEAD_BYTES, MAGIC_BYTES, check_whole_file
from tasksequence.errors import DestinationError
from tasksequence.request import CaptureOptions, Overwrite
from tasksequence.secret_text import SecretText

__all__ = ["SmbDestination"]

_IN_USE_PATIENCE = 3.0
"""Seconds for which a file that is in use is tried anew: a virus scanner reads it briefly."""
_MARK_BYTES = 4
_TAKE_BACK_SECONDS = 5.0
"""Seconds that clearing up on the share may take: who ended the capture waits for it."""
_LIVE_SECONDS = 120.0
"""Seconds in which a live upload is written to; servers may tell the time late."""
_STALE_SECONDS = 600.0
"""Seconds, besides the patience, after which what another machine does not write to is dead."""
_PARTIAL = re.compile(r"\.[0-9a-f]{8}\.partial")
T = TypeVar("T")


class SmbDestination:
    """A file on a share; the WIM is written in a scratch folder and uploaded when it is verified.

    What lies unfinished on the share is held open, so that nobody else can touch it.
    """

    weight = 0.3

    def __init__(
        self,
        text: str,
        account: str | None,
        password: SecretText | None,
        options: CaptureOptions,
    ) -> None:
        """Check name, server, logon, rights, and the file there; raises `DestinationError`.

        That takes no longer than the options' timeout.
        """
        self._target = parse_unc(text)
        self.text = str(self._target)
        if not account:
            raise DestinationError(
                "the share needs an account",
                where=self.text,
                hint="Set CaptureUsername in the step, or OSDCaptureAccount=domain\\user; "
                "`tasksequence deliver` takes --account domain\\user.",
                hresult=0x8007052E,
            )
        if not password:
            raise DestinationError(
                f"the password of {account} is missing",
                where=self.text,
                hint="An export holds none. Give it: --secret OSDCaptureAccountPassword=prompt, "
                "=env:VARIABLE or =fd:NUMBER.",
                hresult=0x8007052E,
            )
        self._account = account
        self._options = options
        self.warn: Callable[[str], None] = unheard
        self._overwrite = options.overwrite
        self._share = Share(
            self._target,
            account,
            password,
            options.smb_port,
            require_encryption=options.require_encryption,
        )
        self.place = check_scratch(options.scratch or default_scratch())
        beside = os.path.join(self.place, self._target.name)  # noqa: PTH118
        remove_stale(beside)
        self.partial = new_partial(beside)
        self._file_system = ""
        self._free: int | None = None
        self._clock_ahead = 0.0
        """Seconds by which the server's clock is ahead of this machine's."""
        self.notes: tuple[str, ...] = ()
        self._record = UploadRecord(self.place)
        self._created: list[str] = []
        """UNC paths at which something unfinished of ours may lie."""
        self._kept: str | None = None
        """Where the old image is while it has made room, and the new one has no place yet."""
        self._lies_beside = False
        """True when the finished upload could not take its place, and was kept on the share."""
        try:
            with self._share.while_waiting(self._limit(options.timeout)):
                self._asked(self._share.connect, self._target.root)
                self._check()
        finally:
            # A capture takes long; the connection is made anew when there is something to send.
            self._share.drop()

    def free_bytes(self) -> int | None:
        """Return what the account could write to the share when it was checked."""
        return self._free

    def file_system(self) -> str:
        """Return the file system's name as the server tells it."""
        return self._file_system

    def deliver(self, report: DeliveryReport, source: str | None = None) -> None:
        """Upload the verified WIM, compare it, and put it in place; see `Destination.deliver`.

        A connection that breaks is made anew, and the upload goes on where it ended.
        """
        self._remove_stale()
        try:
            with open(source or self.partial, "rb", buffering=0) as wim:  # noqa: PTH123
                upload = Upload(
                    self._share,
                    wim.fileno(),
                    new_name=self._new_unfinished,
                    destination=self.text,
                    patience=self._options.patience,
                    report=report,
                    warn=self.warn,
                    root=self._target.root,
                    put_in_place=self._put_in_place,
                )
                try:
                    upload.run()
                except BaseException:
                    self._take_back(lost=upload.lost)
                    raise
        except DestinationError as error:
            self._tell_of_kept(error)
            if source is None and not self._lies_beside:
                self._tell_of_finished(error)
            raise
        self._kept = None
        if source is None:
            # What an earlier run kept, this one has replaced.
            remove_if_present(kept_finished(self.partial, self.text))
        # The last of them has its place now.
        del self._created[-1:]
        with suppress(Exception), self._share.at_most(_TAKE_BACK_SECONDS):
            self._created = [path for path in self._created if not self._is_removed(path)]
            # What was kept earlier, and is delivered now, may be older than a finished upload.
            if source is None:
                self._clear_up()
        self._record.end(cleared=not self._created)

    def deliver_parts(
        self,
        parts: Sequence[str],  # noqa: ARG002
        report: DeliveryReport,  # noqa: ARG002
    ) -> tuple[Path, ...]:
        """Refuse: no share takes several files in one step. `open_destination` has asked before."""
        raise split_refused(self.text)

    def finish(self, name: str) -> None:
        """Put a finished WIM that lies beside the destination into its place.

        Raises `DestinationError`, also for a file that no upload has left there.
        """
        where = self._target.beside(name)
        if not is_finished(name, self._target.name):
            raise DestinationError(
                "this is no finished upload for the destination",
                where=where,
                hint="Name the file that the error of the upload named: "
                f"{finished_name(self._target.name, '12345678')}.",
            )
        with self._share.while_waiting(self._limit(self._options.timeout)):
            self._asked(self._share.connect, self._target.root)
            try:
                head = self._share.head(where, HEAD_BYTES)
            except Exception as error:
                if status_of(error) == NAME_NOT_FOUND:
                    raise DestinationError(
                        "the finished upload is not there",
                        where=where,
                        hint="Most likely it was delivered already, or a later capture took its "
                        f"place: look at {self.text}.",
                        hresult=0x80070002,
                    ) from None
                raise share_error(error, where) from None
            file = self._asked(lambda: self._share.reopen(where), where)
            try:
                check_whole_file(where, head, file.size)
                self._asked(lambda: self._put_in_place(file), self.text)
            except BaseException as error:
                file.close()
                # Without this an old image that was to be kept would have its name no more.
                self._take_back(lost=False)
                if isinstance(error, DestinationError):
                    self._tell_of_kept(error)
                raise
            file.close()

    def close(self) -> None:
        """Leave no unfinished file, here and on the share, and no connection."""
        remove_if_present(self.partial)
        self._share.drop()

    def _limit(self, seconds: float | None) -> Callable[[], None]:
        """Return what raises `DestinationError` when a time from now on is over."""
        end = None if seconds is None else time.monotonic() + seconds

        def look() -> None:
            if end is not None and time.monotonic() >= end:
                raise DestinationError(
                    "the server took longer than the time limit",
                    where=self.text,
                    hint="See whether it still answers, or raise the limit.",
                    hresult=0x800705B4,
                )

        return look

    def _new_unfinished(self) -> str:
        """Return a new name for what is uploaded, after it was noted on this machine."""
        mark = os.urandom(_MARK_BYTES).hex()
        path = self._target.beside(f".{self._target.name}.{mark}.partial")
        self._record.add(path)
        self._created.append(path)
        return path

    def _take_back(self, *, lost: bool) -> None:
        """Give the old image its name back and delete the upload, in seconds; raises nothing.

        A server that was just found gone is not waited for again.
        """
        if not lost and (self._created or self._kept):
            with suppress(Exception), self._share.at_most(_TAKE_BACK_SECONDS):
                self._share.connect()
                self._give_back()
                self._created = [path for path in self._created if not self._is_removed(path)]
        self._record.end(cleared=not self._created)

    def _give_back(self) -> None:
        """Rename the old image back; where another has its name by now, both stay."""
        if self._kept is None:
            return
        try:
            self._share.rename(self._kept, self.text)
        except Exception as error:
            if status_of(error) not in {NAME_COLLISION, NAME_NOT_FOUND}:
                raise
        self._kept = None

    def _is_removed(self, path: str) -> bool:
        """Delete a file of ours, and tell whether it is gone."""
        try:
            self._share.remove(path)
        except Exception as error:
            return status_of(error) in {NAME_NOT_FOUND, PATH_NOT_FOUND}
        return True

    def _check(self) -> None:
        share, text = self._share, self.text
        self._check_folder()
        with suppress(Exception):
            self._free = share.free_bytes()
        head: bytes | None = b""
        try:
            head = share.head(text, MAGIC_BYTES)
        except Exception as error:
            if status_of(error) == NAME_NOT_FOUND:
                head = None
            elif status_of(error) == SHARING_VIOLATION:
                self._note_in_use()
            elif status_of(error) == IS_A_FOLDER:
                raise DestinationError(
                    "the destination is a folder", where=text, hint="Add the name of the WIM file."
                ) from None
            else:
                raise share_error(error, text) from None
        if head is not None:
            self._check_existing(head)
        tried = self._asked(lambda: share.try_out(self._trial()), self._target.folder)
        self._file_system = tried.file_system
        self._clock_ahead = tried.clock - time.time()
        self._note_others(tried.clock)
        if not share.encrypted:
            self.notes += (
                "the server does not encrypt: the image crosses the network signed, and readable",
            )

    def _note_others(self, now: float) -> None:
        """Take note of an upload to this destination that seems to be alive."""
        with suppress(Exception):
            dead = {path for paths in dead_uploads(self.place).values() for path in paths}
            for name, written in self._share.names(f".{self._target.name}.*.partial").items():
                path = self._target.beside(name)
                if self._is_unfinished(path) and path not in dead and now - written < _LIVE_SECONDS:
                    self.notes += (
                        f"another capture may be writing to {self.text}, as {name} was written "
                        "just now: the last to end replaces it",
                    )

    def _check_folder(self) -> None:
        folder = self._target.folder
        try:
            if self._share.is_folder(folder):
                return
        except Exception as error:
            if status_of(error) == NAME_NOT_FOUND and self._target.folders:
                # Windows says so of a path whose last part alone is missing.
                raise folder_missing(folder) from None
            problem = share_error(error, folder)
            if status_of(error) == ACCESS_DENIED:
                problem.problem = "this account may not open the share or its folder, not even read"
            raise problem from None
        raise DestinationError(
            "a part of the destination's path is no folder",
            where=folder,
            hint="Correct the path.",
            hresult=0x8007010B,
        )

    def _trial(self) -> str:
        return self._target.beside(f".{self._target.name}.{os.urandom(_MARK_BYTES).hex()}.partial")

    def _check_existing(self, head: bytes) -> None:
        if self._overwrite is Overwrite.REFUSE:
            raise refuse(self.text)
        check_is_wim(head, self.text)
        if self._overwrite is Overwrite.REPLACE and self._asked(
            lambda: self._share.is_read_only(self.text), self.text
        ):
            raise protected(self.text)
        try:
            self._share.ask_to_replace(self.text)
        except Exception as error:
            if status_of(error) != SHARING_VIOLATION:
                raise share_error(error, self.text) from None
            self._note_in_use()

    def _note_in_use(self) -> None:
        self.notes = (f"{self.text} is in use now: it cannot be replaced while it is",)

    def _asked(self, ask: Callable[[], T], where: str) -> T:
        try:
            return ask()
        except DestinationError:
            raise
        except Exception as error:
            raise share_error(error, where) from None

    def _remove_stale(self) -> None:
        """Delete what killed runs left on the share, and raise nothing.

        A live upload is not held open there while its connection is broken. What this machine
        knows to be dead goes; of others' what was not written for longer than they try.
        """
        with suppress(Exception), self._share.at_most(_TAKE_BACK_SECONDS):
            self._share.connect()
            for record, paths in dead_uploads(self.place).items():
                if all(map(self._is_unfinished, paths)):
                    left = [path for path in paths if not self._is_removed(path)]
                    if not left:
                        forget_upload(record)
            oldest = time.time() + self._clock_ahead - self._options.patience - _STALE_SECONDS
            for name, written in self._share.names(f".{self._target.name}.*.partial").items():
                path = self._target.beside(name)
                if written < oldest and self._is_unfinished(path):
                    self._is_removed(path)

    def _is_unfinished(self, path: str) -> bool:
        """Tell whether a UNC path is that of an unfinished upload to this destination."""
        prefix = self._target.beside(f".{self._target.name}").casefold()
        path = path.casefold()
        return path.startswith(prefix) and _PARTIAL.fullmatch(path[len(prefix) :]) is not None

    def _clear_up(self) -> None:
        """Delete finished uploads of earlier runs: this one has taken their place."""
        for name in self._share.names("*.finished.wim"):
            if is_finished(name, self._target.name):
                with suppress(Exception):
                    self._share.remove(self._target.beside(name))

    def _put_in_place(self, file: ShareFile) -> None:
        """Rename a complete file to the destination's name, in one step."""
        end = time.monotonic() + _IN_USE_PATIENCE
        while True:
            try:
                if self._overwrite is not Overwrite.REFUSE:
                    self._ask_to_replace()
                if self._overwrite is Overwrite.KEEP and self._keep_old():
                    end = time.monotonic() + _IN_USE_PATIENCE
                # What came since the old image was kept has to be kept as well.
                file.rename(self._target.name, replace=self._overwrite is Overwrite.REPLACE)
                self._kept = None
                return
            except Exception as error:
                status = status_of(error)
                if status == NAME_COLLISION and self._overwrite is Overwrite.REFUSE:
                    raise refuse(self.text) from None
                if status is not None and not is_lost(error):
                    with suppress(Exception):
                        self._give_back()
                if status not in {ACCESS_DENIED, SHARING_VIOLATION, NAME_COLLISION}:
                    raise
                if time.monotonic() >= end:
                    raise self._not_replaced(file, error) from None
                time.sleep(PAUSE)

    def _ask_to_replace(self) -> None:
        try:
            self._share.ask_to_replace(self.text)
        except Exception as error:
            if status_of(error) != NAME_NOT_FOUND:
                raise

    def _not_replaced(self, file: ShareFile, error: Exception) -> DestinationError:
        """Keep the finished upload, and say how to finish."""
        with suppress(Exception):
            if not is_finished(file.name, self._target.name):
                mark = os.urandom(_MARK_BYTES).hex()
                file.rename(finished_name(self._target.name, mark), replace=False)
            del self._created[-1:]
            self._lies_beside = True
        finished = self._target.beside(file.name)
        try:
            self._share.ask_to_replace(self.text)
            in_use = True
        except Exception as asked:
            in_use = status_of(asked) == SHARING_VIOLATION
        problem = share_error(error, self.text)
        if in_use:
            problem = DestinationError(
                "the destination is in use by a reader; it is as it was",
                where=self.text,
                hint="Close its readers (on the server: Get-SmbOpenFile).",
                hresult=0x80070020,
            )
        if self._lies_beside:
            problem.hint = (
                f"{problem.hint or ''}\nThe new image lies beside it, complete and compared: "
                f"{finished}\nFinish with: {self._command(finished)}"
            ).strip()
        return problem

    def _keep_old(self) -> bool:
        """Rename the old image so that its name is free; False where there is none."""
        try:
            written = self._share.written(self.text)
        except Exception as error:
            if status_of(error) == NAME_NOT_FOUND:
                return False
            raise
        attempt = 0
        while True:
            kept = self._target.beside(kept_name(self._target.name, written, attempt))
            try:
                # Noted before: the answer may be lost, and not the renaming.
                self._kept = kept
                self._share.rename(self.text, kept)
                return True
            except Exception as error:
                if status_of(error) is not None:
                    self._kept = None
                if status_of(error) != NAME_COLLISION:
                    raise
                attempt += 1

    def _command(self, wim: str) -> str:
        return deliver_command(wim, self.text, account=self._account, options=self._options)

    def _tell_of_kept(self, error: DestinationError) -> None:
        """Add to an error where the old image is, if it is not in its place."""
        if self._kept is not None:
            old = f"The old image may have its name no more; it is {self._kept} then: rename it."
            error.hint = f"{error.hint}\n{old}" if error.hint else old

    def _tell_of_finished(self, error: DestinationError) -> None:
        """Keep the finished WIM here when it lies nowhere else, and add that to the error."""
        kept = kept_finished(self.partial, self.text)
        try:
            os.replace(self.partial, kept)  # noqa: PTH105
        except OSError:
            return
        hint = f"The finished WIM stays here: {kept}\nDeliver it later with: {self._command(kept)}"
        error.hint = f"{error.hint}\n{hint}" if error.hint else hint
