"""A destination on a share that is reached by SMB: uploaded, compared, put in place in one step."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from tasksequence.capture.destinations.delivery import DeliveryReport
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
    refuse,
)
from tasksequence.capture.destinations.partial import new_partial, remove_if_present, remove_stale
from tasksequence.capture.destinations.parts import split_refused
from tasksequence.capture.destinations.smb_errors import (
    ACCESS_DENIED,
    NAME_COLLISION,
    NAME_NOT_FOUND,
    SHARING_VIOLATION,
    share_error,
    status_of,
)
from tasksequence.capture.destinations.smb_share import Share, ShareFile
from tasksequence.capture.destinations.smb_upload import PAUSE, Upload
from tasksequence.capture.destinations.unc import parse_unc
from tasksequence.capture.wim_file import MAGIC_BYTES
from tasksequence.errors import DestinationError
from tasksequence.request import CaptureOptions, Overwrite
from tasksequence.secret_text import SecretText

__all__ = ["SmbDestination"]

_IN_USE_PATIENCE = 3.0
"""Seconds for which a file that is in use is tried anew: a virus scanner reads it briefly."""
_MARK_BYTES = 4
_PARTIAL = re.compile(r"\.[0-9a-f]{8}\.partial")
T = TypeVar("T")


class SmbDestination:
    """A file on a share; the WIM is written in a scratch folder and uploaded when it is verified.

    What lies unfinished on the share is held open, so that nobody else can take it for stale.
    """

    weight = 0.3

    def __init__(
        self,
        text: str,
        account: str | None,
        password: SecretText | None,
        options: CaptureOptions,
    ) -> None:
        """Check name, server, logon, rights, and the file there; raises `DestinationError`."""
        self._target = parse_unc(text)
        self.text = str(self._target)
        if not account:
            raise DestinationError(
                "the share needs an account",
                where=self.text,
                hint=r"Set CaptureUsername in the step, or OSDCaptureAccount=domain\user.",
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
        self._overwrite = options.overwrite
        self._patience = options.patience
        self._share = Share(self._target, account, password, options.smb_port, uuid.uuid4())
        self.place = check_scratch(options.scratch or default_scratch())
        beside = os.path.join(self.place, self._target.name)  # noqa: PTH118
        remove_stale(beside)
        self.partial = new_partial(beside)
        mark = os.urandom(_MARK_BYTES).hex()
        self._unfinished = self._target.beside(f".{self._target.name}.{mark}.partial")
        self._finished = self._target.beside(finished_name(self._target.name, mark))
        self._file_system = ""
        self._free: int | None = None
        self.notes: tuple[str, ...] = ()
        self._is_uploading = False
        self._lies_beside = False
        """True when the finished upload could not take its place, and was kept on the share."""
        try:
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
        try:
            with open(source or self.partial, "rb", buffering=0) as wim:  # noqa: PTH123
                self._is_uploading = True
                Upload(
                    self._share,
                    wim.fileno(),
                    unfinished=self._unfinished,
                    destination=self.text,
                    patience=self._patience,
                    report=report,
                    put_in_place=self._put_in_place,
                ).run()
        except DestinationError as error:
            if source is not None or self._lies_beside:
                raise
            raise self._with_kept_file(error) from None
        self._is_uploading = False
        # What an earlier run kept, this one has replaced.
        remove_if_present(kept_finished(self.partial, self.text))
        with suppress(Exception):
            self._clear_up()

    def deliver_parts(
        self,
        parts: Sequence[str],  # noqa: ARG002
        report: DeliveryReport,  # noqa: ARG002
    ) -> tuple[Path, ...]:
        """Refuse: no share takes several files in one step. `open_destination` has asked before."""
        raise split_refused(self.text)

    def finish(self, name: str) -> None:
        """Put a finished WIM that lies beside the destination into its place."""
        self._asked(self._share.connect, self._target.root)
        file = self._asked(lambda: self._share.reopen(self._target.beside(name)), name)
        try:
            self._put_in_place(file)
        finally:
            file.close()

    def close(self) -> None:
        """Leave no unfinished file, here and on the share, and no connection."""
        remove_if_present(self.partial)
        if self._is_uploading:
            with suppress(Exception):
                self._share.connect()
                self._share.remove(self._unfinished)
        self._share.drop()

    def _check(self) -> None:
        share, text = self._share, self.text
        self._asked(lambda: share.is_folder(self._target.folder), self._target.folder)
        with suppress(Exception):
            self._free = share.free_bytes()
        head: bytes | None = b""
        try:
            head = share.head(text, MAGIC_BYTES)
        except Exception as error:
            if status_of(error) == NAME_NOT_FOUND:
                head = None
            elif status_of(error) == SHARING_VIOLATION:
                self.notes = (f"{text} is in use now: it cannot be replaced while it is",)
            elif status_of(error) == 0xC00000BA:
                raise DestinationError(
                    "the destination is a folder", where=text, hint="Add the name of the WIM file."
                ) from None
            else:
                raise share_error(error, text) from None
        if head is not None:
            self._check_existing(head)
        self._asked(self._try_out, self._target.folder)
        self._remove_stale()

    def _check_existing(self, head: bytes) -> None:
        if self._overwrite is Overwrite.REFUSE:
            raise refuse(self.text)
        check_is_wim(head, self.text)
        try:
            self._share.ask_to_replace(self.text)
        except Exception as error:
            if status_of(error) != SHARING_VIOLATION:
                raise share_error(error, self.text) from None
            self.notes = (f"{self.text} is in use now: it cannot be replaced while it is",)

    def _try_out(self) -> None:
        self._file_system = self._share.try_out(self._unfinished)

    def _asked(self, ask: Callable[[], T], where: str) -> T:
        try:
            return ask()
        except DestinationError:
            raise
        except Exception as error:
            raise share_error(error, where) from None

    def _remove_stale(self) -> None:
        """Delete what killed runs left here; what a live one holds open stays."""
        prefix = f".{self._target.name}"
        with suppress(Exception):
            for name in self._share.names(f"{prefix}.*.partial"):
                if name.startswith(prefix) and _PARTIAL.fullmatch(name[len(prefix) :]):
                    with suppress(Exception):
                        self._share.remove(self._target.beside(name))

    def _clear_up(self) -> None:
        """Delete finished uploads of earlier runs: this one has taken their place."""
        for name in self._share.names("*.finished.wim"):
            if is_finished(name, self._target.name):
                with suppress(Exception):
                    self._share.remove(self._target.beside(name))

    def _put_in_place(self, file: ShareFile) -> None:
        """Rename a complete file to the destination's name, in one step."""
        replace = self._overwrite is not Overwrite.REFUSE
        end = time.monotonic() + _IN_USE_PATIENCE
        while True:
            kept: str | None = None
            try:
                if replace:
                    self._ask_to_replace()
                if self._overwrite is Overwrite.KEEP:
                    kept = self._keep_old()
                file.rename(self._target.name, replace=replace)
                return
            except Exception as error:
                if kept is not None:
                    with suppress(Exception):
                        self._share.rename(kept, self.text)
                status = status_of(error)
                if status == NAME_COLLISION and not replace:
                    raise refuse(self.text) from None
                if status not in {ACCESS_DENIED, SHARING_VIOLATION, NAME_COLLISION}:
                    raise
                if time.monotonic() < end:
                    time.sleep(PAUSE)
                    continue
                raise self._not_replaced(file, error) from None

    def _ask_to_replace(self) -> None:
        try:
            self._share.ask_to_replace(self.text)
        except Exception as error:
            if status_of(error) != NAME_NOT_FOUND:
                raise

    def _not_replaced(self, file: ShareFile, error: Exception) -> DestinationError:
        """Keep the finished upload, and say how to finish."""
        with suppress(Exception):
            file.rename(self._finished.rpartition("\\")[2], replace=False)
            self._is_uploading = False
            self._lies_beside = True
        try:
            self._share.ask_to_replace(self.text)
            in_use = True
        except Exception as asked:
            in_use = status_of(asked) == SHARING_VIOLATION
        finish = f"tasksequence deliver '{self._finished}' '{self.text}'"
        if not in_use:
            refused = share_error(error, self.text)
            if self._lies_beside:
                refused.hint = (
                    f"{refused.hint or ''}\nThe new image lies beside it, complete and compared. "
                    f"Finish with: {finish}"
                ).strip()
            return refused
        return DestinationError(
            "the destination is in use by a reader; it is as it was, and the new image lies "
            f"beside it, complete and compared: {self._finished}",
            where=self.text,
            hint="Close its readers (on the server: Get-SmbOpenFile), then finish with: " + finish,
            hresult=0x80070020,
        )

    def _keep_old(self) -> str | None:
        """Rename the old image, and return the UNC path that it has then; None for no old one."""
        try:
            written = self._share.written(self.text)
        except Exception as error:
            if status_of(error) == NAME_NOT_FOUND:
                return None
            raise
        attempt = 0
        while True:
            kept = self._target.beside(kept_name(self._target.name, written, attempt))
            try:
                self._share.rename(self.text, kept)
                return kept
            except Exception as error:
                if status_of(error) != NAME_COLLISION:
                    raise
                attempt += 1

    def _with_kept_file(self, error: DestinationError) -> DestinationError:
        """Keep the finished WIM here when it lies nowhere else, and add that to the error."""
        kept = kept_finished(self.partial, self.text)
        try:
            os.replace(self.partial, kept)  # noqa: PTH105
        except OSError:
            return error
        hint = (
            f"The finished WIM stays here: {kept}\nDeliver it later with: "
            f"tasksequence deliver '{kept}' '{self.text}'"
        )
        error.hint = f"{error.hint}\n{hint}" if error.hint else hint
        return error
