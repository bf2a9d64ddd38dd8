"""A connection by SMB that waits for nothing for ever, and does not copy what it sends."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from smbprotocol.connection import Ciphers, Connection, Dialects

__all__ = ["CONNECT_TIMEOUT", "PatientConnection"]

CONNECT_TIMEOUT = 15
"""Seconds that a server may take to accept a connection, and to negotiate."""
_ANSWER_TIMEOUT = 60
"""Seconds after which a server that does not answer counts as gone."""
_GCM = frozenset({Ciphers.AES_128_GCM, Ciphers.AES_256_GCM})
_TAG_BYTES = 16
_MOST_BYTES = 0xFFFFFF


class PatientConnection(Connection):  # type: ignore[misc]
    """A connection on which no answer is waited for for ever.

    smbprotocol copies a message five times between its parts on the way to the socket, which
    takes more time than to encrypt it. Here an encrypted message stays in its parts.
    """

    _cipher: tuple[bytes, AESGCM] | None = None

    def connect(self, *arguments: Any, **more: Any) -> None:
        super().connect(*arguments, **more)
        transport = self.transport
        transport.send = lambda message: _send(transport, message)
        limit = struct.pack("ll", _ANSWER_TIMEOUT, 0)
        with suppress(OSError):
            transport._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            transport._sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def receive(
        self,
        request: Any,
        wait: bool = True,
        timeout: int | None = None,
        resolve_symlinks: bool = True,
    ) -> Any:
        return super().receive(
            request,
            wait=wait,
            timeout=_ANSWER_TIMEOUT if timeout is None else timeout,
            resolve_symlinks=resolve_symlinks,
        )

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


def _send(transport: Any, message: Any) -> None:
    """Do what smbprotocol's own transport does, without putting the parts together."""
    parts = message.parts if isinstance(message, _Parts) else (_packed(message),)
    size = sum(map(len, parts))
    if size > _MOST_BYTES:
        raise ValueError(f"a message of {size} bytes is longer than SMB over TCP allows")
    # [MS-SMB2] 2.1: the length of the message in network order goes first.
    parts = (struct.pack(">I", size), *parts)
    with transport._sock_lock:
        sent = transport._sock.sendmsg(parts)
        for part in parts:
            if sent < len(part):
                transport._sock.sendall(memoryview(part)[sent:])
            sent = max(0, sent - len(part))


def _packed(message: Any) -> bytes:
    return message if isinstance(message, bytes) else message.pack()
