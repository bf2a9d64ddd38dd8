"""What the SMB connection sends, against smbprotocol's own reading of it."""

from __future__ import annotations

import socket
import threading
import types
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smbprotocol.connection import Ciphers, Connection, Dialects, SMB2TransformHeader

from tasksequence.capture.destinations.smb_connection import PatientConnection, _Parts, _send


@given(
    data=st.binary(min_size=1, max_size=3000),
    cipher=st.sampled_from([Ciphers.AES_128_GCM, Ciphers.AES_256_GCM, Ciphers.AES_128_CCM]),
)
def test_what_is_encrypted_is_what_smbprotocol_decrypts(data: bytes, cipher: int) -> None:
    connection = PatientConnection(uuid.uuid4(), "server")
    key = bytes(range(32 if cipher == Ciphers.AES_256_GCM else 16))
    session = types.SimpleNamespace(session_id=77, encryption_key=key, decryption_key=key)
    connection.dialect = Dialects.SMB_3_1_1
    connection.cipher_id = cipher
    connection.session_table[77] = session
    # A second key on the same connection: the first must not be used again.
    for last in (0, 1):
        session.encryption_key = session.decryption_key = key[:-1] + bytes([last])
        sealed = connection._encrypt(data, session)
        wire = b"".join(sealed.parts) if isinstance(sealed, _Parts) else sealed.pack()
        assert len(sealed) == len(wire) == 52 + len(data)
        message = SMB2TransformHeader()
        message.unpack(wire)
        assert Connection._decrypt(connection, message) == data


@pytest.mark.parametrize("sizes", [(5,), (4, 16, 32, 3_000_000), (1_000_000, 0, 1, 1_000_000)])
def test_everything_arrives_however_little_the_socket_takes_at_once(sizes: tuple[int, ...]) -> None:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    parts = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
    came = bytearray()

    def read() -> None:
        while piece := theirs.recv(70_000):
            came.extend(piece)

    reader = threading.Thread(target=read)
    reader.start()
    transport = types.SimpleNamespace(_sock=ours, _sock_lock=threading.Lock())
    _send(transport, _Parts(*parts))
    _send(transport, b"plain")
    ours.close()
    reader.join()
    theirs.close()
    whole = b"".join(parts)
    assert bytes(came) == len(whole).to_bytes(4, "big") + whole + b"\0\0\0\x05plain"


def test_a_message_that_is_too_long_for_the_wire_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than SMB"):
        _send(None, b"a" * (1 << 24))
