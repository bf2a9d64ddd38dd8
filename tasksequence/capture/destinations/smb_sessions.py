"""The logged-on connections of one account, for smbclient to take them from."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from smbprotocol.connection import Dialects
from smbprotocol.exceptions import SMBConnectionClosed, SMBException
from smbprotocol.session import Session

from tasksequence.capture.destinations.smb_connection import (
    CONNECT_TIMEOUT,
    PatientConnection,
    nothing,
)
from tasksequence.capture.destinations.smb_errors import (
    encryption_missing,
    guest_refused,
    too_old,
)
from tasksequence.secret_text import SecretText

__all__ = ["Sessions"]


class Sessions(dict[str, PatientConnection]):
    """Connections by server and port, made when they are first asked for.

    smbclient looks into it for each operation, also for servers that a DFS path leads to. It would
    replace a connection that broke by a plain one, in silence; here that is an error.
    """

    def __init__(
        self,
        account: str,
        password: SecretText,
        port: int,
        client: uuid.UUID,
        *,
        require_encryption: bool,
    ) -> None:
        super().__init__()
        self._account = account
        self._password = password
        self._port = port
        self._client = client
        self._require_encryption = require_encryption
        self._numbers: dict[str, int] = {}
        """The last session's number at each server: it is ended by the next one."""
        self.waiting: Callable[[], None] = nothing
        """Called about once a second while a server is waited for; ends that by what it raises."""
        self.timeout = CONNECT_TIMEOUT

    def __repr__(self) -> str:
        return f"<Sessions of {self._account}: {', '.join(self)}>"

    @property
    def arguments(self) -> dict[str, Any]:
        """What smbclient's functions take to find their connection here."""
        return {
            "username": self._account,
            "password": self._password.reveal(),
            "port": self._port,
            "connection_timeout": CONNECT_TIMEOUT,
            "connection_cache": self,
        }

    @property
    def encrypted(self) -> bool:
        """True where all sessions are encrypted; they are signed in any case."""
        sessions = [one for made in self.values() for one in made.session_table.values()]
        return bool(sessions) and all(one.encrypt_data for one in sessions)

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002 (smbclient gives it)
        """Return the connection of `server:port`, with its session.

        Raises what smbprotocol raises, and `DestinationError` for a logon that is not good enough.
        """
        made = super().get(key)
        if made is None:
            return self._made(key)
        if not made.transport.connected:
            raise SMBConnectionClosed("the connection to the server broke")
        return made

    def connect(self, server: str) -> None:
        """Connect and log on, encrypted where the server offers that."""
        self.get(f"{server.lower()}:{self._port}")

    def drop(self) -> None:
        """Give all connections up; raises nothing."""
        while self:
            _, made = self.popitem()
            # Logging off politely may wait for a server that is gone.
            with suppress(Exception):
                made.disconnect(close=False)

    def _made(self, key: str) -> PatientConnection:
        server = key.rpartition(":")[0]
        made = PatientConnection(
            self._client,
            server,
            self._port,
            waiting=self._wait,
            previous=self._numbers.get(key, 0),
        )
        try:
            made.connect(timeout=self.timeout)
            self._numbers[key] = self._log_on(made)
        except BaseException:
            with suppress(Exception):
                made.disconnect(close=False)
            raise
        self[key] = made
        return made

    def _wait(self) -> None:
        self.waiting()

    def _log_on(self, made: PatientConnection) -> int:
        where = rf"\\{made.server_name}"
        if made.dialect < Dialects.SMB_3_0_0:
            raise too_old(where)
        if self._require_encryption and not made.supports_encryption:
            raise encryption_missing(where)
        session = Session(
            made,
            username=self._account,
            password=self._password.reveal(),
            require_encryption=bool(made.supports_encryption),
        )
        try:
            session.connect()
        except SMBException:
            # smbprotocol takes the number away from the session of a guest, and of nobody else.
            if session.session_id is None:
                raise guest_refused(self._account, where) from None
            raise
        return int(session.session_id)
