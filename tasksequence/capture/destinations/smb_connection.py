"""A connection by SMB that waits for nothing for ever, and does not copy what it sends."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from smbprotocol.connection import Ciphers, Connection, Dialects
from smbprotocol.exceptions import SMBConnectionClosed
from smbprotocol.header import NtStatus
from smbprotocol.session import SMB2SessionSetupRequest

__all__ = ["CONNECT_TIMEOUT", "PatientConnection", "nothing"]

CONNECT_TIMEOUT = 15.0
"""Seconds that a server may take to accept a connection, and to negotiate."""
_ANSWER_TIMEOUT = 60.0
"""Seconds after which a server that does not answer, or takes nothing, counts as gone."""
_SLICE = 1
"""Seconds between two looks at whether waiting is still wanted."""
_GCM = frozenset({Ciphers.AES_128_GCM, Ciphers.AES_256_GCM})
_TAG_BYTES = 16
_MOST_BYTES = 0xFFFFFF


def nothing() -> None:
    """Do nothing while waiting."""


class PatientConnection(Connection):  # type: ignore[misc]
    """A connection on which no answer is waited for for ever.

    `waiting` is called about once a second while the server is waited for, and ends that by what
    it raises. `previous` is the number of an earlier session of ours: the server ends that, with
    all files that it still holds open for it.

    smbprotocol copies a message five times between its parts on the way to the socket, which
    takes more time than to encrypt it. Here an encrypted message stays in its parts.
    """

    _cipher: tuple[bytes, AESGCM] | None = None

    def __init__(
        self,
        client: Any,
        server: str,
        port: int = 445,
        *,
        waiting: Callable[[], None] = nothing,
        previous: int = 0,
    ) -> None:
        super().__init__(client, server, port, require_signing=True)
        self._waiting = waiting
        self._previous = previous

    def connect(self, *arguments: Any, **more: Any) -> None:
        super().connect(*arguments, **more)
        transport = self.transport
        transport.send = lambda message: _send(transport, message, self._waiting)
        with suppress(OSError):
            transport._sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SLICE, 0)
            )
            transport._sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def send(self, message: Any, *arguments: Any, **more: Any) -> Any:
        if self._previous and isinstance(message, SMB2SessionSetupRequest):
            # [MS-SMB2] 3.3.5.5.3: the server ends the session of a client that reconnects.
            message["previous_session_id"] = self._previous
        return super().send(message, *arguments, **more)

    def receive(
        self,
        request: Any,
        wait: bool = True,
        timeout: float | None = None,
        resolve_symlinks: bool = True,
    ) -> Any:
        limit = _ANSWER_TIMEOUT if timeout is None else timeout
        end = time.monotonic() + limit
        while not self._is_answered(request, wait):
            self._check_worker_running()
            self._waiting()
            if time.monotonic() >= end:
                raise SMBConnectionClosed(f"it did not answer for {limit:.0f} seconds")
        return super().receive(
            request, wait=wait, timeout=_SLICE, resolve_symlinks=resolve_symlinks
        )

    def _is_answered(self, request: Any, wait: bool) -> bool:
        """Wait a little, and tell whether there is an answer; one that it takes time is none."""
        if not request.response_event.wait(_SLICE):
            return False
        with request.response_event_lock:
            answer = request.response
            pending = (
                wait
                and answer is not None
                and answer["status"].get_value() == NtStatus.STATUS_PENDING
                and self.transport.connected
            )
            if pending:
                request.response_event.clear()
        return not pending

    def _encrypt(self, b_data: bytes, session: Any) -> Any:
        if self.dialect < Dialects.SMB_3_1_1 or self.cipher_id not in _GCM:
            return super()._encrypt(b_data, session)
        key: bytes = session.encryption_key
        if self._cipher is None or self._cipher[0] != key:
            self._cipher = (key, AESGCM(key))
        nonce = os.urandom(12)
        # [MS-SMB2] 2.2.41 SMB2 TRANSFORM_HEADER, from its nonce on: that part is authenticated.
        header = nonce + struct.pack("<4xIHHQ", len(b_data), 0, 1, session.session_id)
        sealed = memoryview(self._cipher[1].encrypt(nonce, b_data, header))
        return _Parts(b"\xfdSMB", sealed[-_TAG_BYTES:], header, sealed[:-_TAG_BYTES])


class _Parts:
    """A message in the parts that follow each other on the wire."""

    def __init__(self, *parts: bytes | memoryview) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum(map(len, self.parts))


def _send(transport: Any, message: Any, waiting: Callable[[], None] = nothing) -> None:
    """Do what smbprotocol's own transport does, without putting the parts together."""
    parts = message.parts if isinstance(message, _Parts) else (_packed(message),)
    size = sum(map(len, parts))
    if size > _MOST_BYTES:
        raise ValueError(f"a message of {size} bytes is longer than SMB over TCP allows")
    # [MS-SMB2] 2.1: the length of the message in network order goes first.
    left = [memoryview(part) for part in (struct.pack(">I", size), *parts) if len(part)]
    with transport._sock_lock:
        try:
            _send_all(transport._sock, left, waiting)
        except BaseException:
            # What follows half a message would be taken for its end.
            with suppress(OSError):
                transport._sock.shutdown(socket.SHUT_RDWR)
            raise


def _send_all(sock: socket.socket, left: list[memoryview], waiting: Callable[[], None]) -> None:
    end = time.monotonic() + _ANSWER_TIMEOUT
    while left:
        try:
            sent = sock.sendmsg(left)
        except BlockingIOError:
            waiting()
            if time.monotonic() >= end:
                raise SMBConnectionClosed(
                    f"it took nothing for {_ANSWER_TIMEOUT:.0f} seconds"
                ) from None
            continue
        end = time.monotonic() + _ANSWER_TIMEOUT
        while left and sent >= len(left[0]):
            sent -= len(left.pop(0))
        if sent:
            left[0] = left[0][sent:]


def _packed(message: Any) -> bytes:
    return message if isinstance(message, bytes) else message.pack()
