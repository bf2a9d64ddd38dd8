"""A connection to a share, and the few operations on its files that a delivery needs."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, cast

import smbclient
from smbprotocol.exceptions import SMBConnectionClosed, SMBResponseException
from smbprotocol.file_info import (
    FileAttributes,
    FileEndOfFileInformation,
    FileRenameInformation,
    InfoType,
)
from smbprotocol.open import (
    CreateOptions,
    FilePipePrinterAccessMask,
    SMB2QueryInfoRequest,
    SMB2QueryInfoResponse,
    SMB2ReadResponse,
    SMB2SetInfoRequest,
    SMB2WriteResponse,
)
from smbprotocol.structure import BytesField, IntField, Structure

from tasksequence.capture.destinations.delivery import CHUNK
from tasksequence.capture.destinations.smb_connection import CONNECT_TIMEOUT
from tasksequence.capture.destinations.smb_errors import END_OF_FILE, status_of
from tasksequence.capture.destinations.smb_sessions import Sessions
from tasksequence.capture.destinations.unc import UncPath
from tasksequence.secret_text import SecretText

__all__ = ["Share", "ShareFile", "TriedOut"]

_FLUSH_TIMEOUT = 900
"""Seconds that a server may take to bring a whole image to its disks."""
_IN_FLIGHT = 8
"""Requests of one chunk each that wait for their answers at the same time."""
_CREDIT_BYTES = 1 << 16
_READ_WRITE_DELETE = (
    FilePipePrinterAccessMask.FILE_READ_DATA
    | FilePipePrinterAccessMask.FILE_WRITE_DATA
    | FilePipePrinterAccessMask.FILE_READ_ATTRIBUTES
    | FilePipePrinterAccessMask.FILE_WRITE_ATTRIBUTES
    | FilePipePrinterAccessMask.DELETE
)


class _FileSystemName(Structure):  # type: ignore[misc]
    """[MS-FSCC] 2.5.1 FileFsAttributeInformation."""

    INFO_TYPE = InfoType.SMB2_0_INFO_FILESYSTEM
    INFO_CLASS = 5

    def __init__(self) -> None:
        self.fields = OrderedDict(
            [
                ("attributes", IntField(size=4)),
                ("longest_name", IntField(size=4)),
                ("name_length", IntField(size=4)),
                ("name", BytesField(size=lambda s: s["name_length"].get_value())),
            ]
        )
        super().__init__()


class TriedOut(NamedTuple):
    """What the server tells of itself when a file is created on trial."""

    file_system: str
    """Name of its file system; empty where it does not tell."""
    clock: float
    """Its time, in seconds of Unix time."""


class ShareFile:
    """An open file on a share; nobody else may read, write or delete it, but for `open_to_read`."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._open = raw.fd
        self._connection = self._open.connection
        self._session = self._open.tree_connect.session
        self.size = int(self._open.end_of_file)
        """Bytes of the file when it was opened, or cut off."""
        self.name: str = self._open.file_name.rpartition("\\")[2]
        """Its name in its folder."""
        self.created: float = self._open.creation_time.timestamp()
        """When it was created by the server's clock, in seconds of Unix time."""

    def write(
        self, chunk_at: Callable[[int], bytes], start: int, size: int, done: Callable[[int], None]
    ) -> None:
        """Write what `chunk_at` gives from `start` on; `done` hears of what the server has."""
        waiting: deque[tuple[Any, int]] = deque()
        at = start

        def settle() -> None:
            request, end = waiting.popleft()
            answer = SMB2WriteResponse()
            answer.unpack(self._connection.receive(request)["data"].get_value())
            written = answer["count"].get_value()
            if written != request_sizes.popleft():
                raise SMBConnectionClosed("the server wrote less than it was sent")
            done(end)

        request_sizes: deque[int] = deque()
        while at < size:
            data = chunk_at(at)
            while waiting and self._is_full(len(waiting), len(data)):
                settle()
            message, _ = self._open.write(data, offset=at, send=False)
            at += len(data)
            request_sizes.append(len(data))
            waiting.append((self._send(message, len(data)), at))
        while waiting:
            settle()

    def compare(
        self, chunk_at: Callable[[int], bytes], size: int, done: Callable[[int], None]
    ) -> int | None:
        """Return where the file on the share first differs; None for nowhere."""
        if self.size != size:
            return min(self.size, size)
        waiting: deque[tuple[Any, int]] = deque()
        at = 0
        while at < size or waiting:
            if at < size and not (waiting and self._is_full(len(waiting), CHUNK)):
                message, _ = self._open.read(at, min(CHUNK, size - at), send=False)
                waiting.append((self._send(message, CHUNK), at))
                at += CHUNK
                continue
            request, offset = waiting.popleft()
            data = self._read(request)
            wanted = chunk_at(offset)
            if data != wanted:
                for request, _ in waiting:
                    with suppress(Exception):
                        self._connection.receive(request)
                same = next(
                    (i for i, (a, b) in enumerate(zip(data, wanted, strict=False)) if a != b),
                    min(len(data), len(wanted)),
                )
                return offset + same
            done(offset + len(data))
        return None

    def _read(self, request: Any) -> bytes:
        """Return what was read; nothing behind the end of the file."""
        try:
            header = self._connection.receive(request)
        except SMBResponseException as error:
            if status_of(error) != END_OF_FILE:
                raise
            return b""
        answer = SMB2ReadResponse()
        answer.unpack(header["data"].get_value())
        return cast("bytes", answer["buffer"].get_value())

    def truncate(self, size: int) -> None:
        """Cut the file off."""
        information = FileEndOfFileInformation()
        information["end_of_file"] = size
        self._set(information)
        self.size = size

    def begin_flush(self) -> Any:
        """Have the server bring the file to its disk, and go on meanwhile."""
        message, _ = self._open.flush(send=False)
        return self._send(message, 0)

    def end_flush(self, begun: Any) -> None:
        """Wait until the server has brought the file to its disk."""
        self._connection.receive(begun, timeout=_FLUSH_TIMEOUT)

    def rename(self, name: str, *, replace: bool) -> None:
        """Give the file another name in its folder, in one step; `replace` takes it from another.

        Raises what smbprotocol raises where the other is open or must not be replaced.
        """
        path = self._open.file_name
        tree = self._open.tree_connect
        if tree.is_dfs_share and path.startswith(tree.share_name[2:]):
            path = path[len(tree.share_name) - 1 :]
        folder, separator, _ = path.rpartition("\\")
        information = FileRenameInformation()
        information["replace_if_exists"] = replace
        information["file_name"] = f"{folder}{separator}{name}"
        self._set(information)
        self.name = name

    def file_system(self) -> str:
        """Return the name of the server's file system, as far as it tells: NTFS, FAT32 …"""
        query = SMB2QueryInfoRequest()
        query["info_type"] = _FileSystemName.INFO_TYPE
        query["file_info_class"] = _FileSystemName.INFO_CLASS
        query["file_id"] = self._open.file_id
        query["output_buffer_length"] = 512
        answer = SMB2QueryInfoResponse()
        header = self._connection.receive(self._send(query, 0))
        answer.unpack(header["data"].get_value())
        name: bytes = answer.parse_buffer(_FileSystemName)["name"].get_value()
        return name.decode("utf-16-le", "replace")

    def close(self) -> None:
        """Close the file; raises nothing, whatever became of the connection."""
        with suppress(Exception):
            self._open.close()
        self.forget()

    def forget(self) -> None:
        """Take the file for closed: its connection is gone."""
        # smbprotocol warns of handles that were not closed, and offers no other way to say so.
        self._open._connected = False

    def _send(self, message: Any, size: int) -> Any:
        charge = max(1, -(-size // _CREDIT_BYTES))
        window = self._connection.sequence_window
        few = window["high"] - window["low"] < charge * _IN_FLIGHT * 2
        return self._connection.send(
            message,
            sid=self._session.session_id,
            tid=self._open.tree_connect.tree_connect_id,
            credit_request=charge * 2 if few else charge,
        )

    def _is_full(self, waiting: int, size: int) -> bool:
        window = self._connection.sequence_window
        credits = window["high"] - window["low"]
        return waiting >= _IN_FLIGHT or credits < -(-size // _CREDIT_BYTES)

    def _set(self, information: Any) -> None:
        message = SMB2SetInfoRequest()
        message["info_type"] = information.INFO_TYPE
        message["file_info_class"] = information.INFO_CLASS
        message["file_id"] = self._open.file_id
        message["buffer"] = information
        self._connection.receive(self._send(message, 0))


class Share:
    """The share of a UNC path, reached with an account; `drop` it when it is done with.

    Methods raise what smbprotocol raises; `smb_errors` says what that means.
    """

    def __init__(
        self,
        target: UncPath,
        account: str,
        password: SecretText,
        port: int,
        *,
        require_encryption: bool = False,
    ) -> None:
        self._target = target
        self._sessions = Sessions(
            account, password, port, uuid.uuid4(), require_encryption=require_encryption
        )
        self.encrypted = False
        """True where the last connection was encrypted; it is signed in any case."""

    def connect(self) -> None:
        """Connect and log on anew, encrypted where the server offers that.

        The server ends what it still has of the last connection. Raises `DestinationError` for a
        logon that is not good enough, besides what smbprotocol raises.
        """
        self.drop()
        self._sessions.connect(self._target.server)
        self.encrypted = self._sessions.encrypted

    def drop(self) -> None:
        """Give the connection up; raises nothing."""
        self._sessions.drop()

    @contextmanager
    def while_waiting(self, call: Callable[[], None]) -> Iterator[None]:
        """Have `call` called about once a second while the server is waited for; it may raise."""
        before = self._sessions.waiting
        self._sessions.waiting = call
        try:
            yield
        finally:
            self._sessions.waiting = before

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Take a server for gone that lets all that is asked of it last longer."""
        end = time.monotonic() + seconds

        def look() -> None:
            if time.monotonic() >= end:
                raise SMBConnectionClosed(f"it did not answer for {seconds:.0f} seconds")

        self._sessions.timeout = min(seconds, CONNECT_TIMEOUT)
        try:
            with self.while_waiting(look):
                yield
        finally:
            self._sessions.timeout = CONNECT_TIMEOUT

    def create(self, path: str) -> ShareFile:
        """Create a file that is not there yet."""
        return self._opened(path, "x+b")

    def reopen(self, path: str) -> ShareFile:
        """Open a file that this run has begun."""
        return self._opened(path, "r+b")

    def open_to_read(self, path: str) -> ShareFile:
        """Open a file to compare it, whoever else uses it."""
        raw = smbclient.open_file(
            path,
            mode="rb",
            buffering=0,
            share_access="rwd",
            desired_access=FilePipePrinterAccessMask.FILE_READ_DATA
            | FilePipePrinterAccessMask.FILE_READ_ATTRIBUTES,
            **self._arguments,
        )
        return ShareFile(raw)

    def try_out(self, path: str) -> TriedOut:
        """Create a file and have it deleted as it is closed."""
        file = self._opened(path, "x+b", create_options=CreateOptions.FILE_DELETE_ON_CLOSE)
        try:
            name = ""
            # Not every server tells.
            with suppress(Exception):
                name = file.file_system()
            return TriedOut(name, file.created)
        finally:
            file.close()

    def head(self, path: str, length: int) -> bytes:
        """Return the first bytes of a file."""
        with smbclient.open_file(
            path, mode="rb", buffering=0, share_access="rwd", **self._arguments
        ) as stream:
            return cast("bytes", stream.read(length))

    def ask_to_replace(self, path: str) -> None:
        """Open a file with the right to delete it while nobody else has it open, and close it.

        Samba renames over a file that another connection reads, Windows does not: asked like
        this, both tell of the reader.
        """
        with smbclient.open_file(
            path,
            mode="rb",
            buffering=0,
            share_access=None,
            desired_access=FilePipePrinterAccessMask.DELETE,
            **self._arguments,
        ):
            pass

    def is_folder(self, path: str) -> bool:
        """Tell whether a path that is there is a folder."""
        return bool(smbclient.stat(path, **self._arguments).st_mode & 0o040000)

    def is_read_only(self, path: str) -> bool:
        """Tell whether a file has the attribute R."""
        attributes = smbclient.stat(path, **self._arguments).st_file_attributes
        return bool(attributes & FileAttributes.FILE_ATTRIBUTE_READONLY)

    def written(self, path: str) -> float:
        """Return when a file was last written, in seconds of Unix time."""
        return float(smbclient.stat(path, **self._arguments).st_mtime)

    def free_bytes(self) -> int:
        """Return what the account may still write to the share."""
        volume = smbclient.stat_volume(self._target.folder, **self._arguments)
        return int(volume.caller_available_size)

    def names(self, pattern: str) -> dict[str, float]:
        """Return the names in the destination's folder that match a pattern with `*`.

        With each, when it was last written by the server's clock, in seconds of Unix time.
        """
        folder = self._target.folder
        return {
            entry.name: entry.smb_info.last_write_time.timestamp()
            for entry in smbclient.scandir(folder, search_pattern=pattern, **self._arguments)
        }

    def rename(self, path: str, other: str) -> None:
        """Rename a file to a name that is free."""
        smbclient.rename(path, other, **self._arguments)

    def remove(self, path: str) -> None:
        """Delete a file; one that somebody holds open stays, and that raises."""
        file = self._opened(path, "r+b", create_options=CreateOptions.FILE_DELETE_ON_CLOSE)
        file.close()

    @property
    def _arguments(self) -> dict[str, Any]:
        if not self._sessions:
            raise SMBConnectionClosed("there is no connection to the server")
        return self._sessions.arguments

    def _opened(self, path: str, mode: str, **more: Any) -> ShareFile:
        raw = smbclient.open_file(
            path,
            mode=mode,
            buffering=0,
            share_access=None,
            desired_access=_READ_WRITE_DELETE,
            **more,
            **self._arguments,
        )
        return ShareFile(raw)
