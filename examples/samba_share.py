"""A Samba server for one share on the loopback interface, for trying out and for tests.

Runs on a port that needs no rights, with a configuration, a password file and a folder of its
own, as the account that starts it. Needs Debian's package `samba`.
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

__all__ = ["SambaShare"]

_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
_PATIENCE = 60.0
"""Seconds that the server may take to listen."""
_CHILDREN_PATIENCE = 5.0
"""Seconds that the processes of its connections may take to end."""


class SambaShare:
    """A share on 127.0.0.1; a context that starts its server and ends it."""

    def __init__(
        self,
        folder: Path,
        state: Path,
        *,
        password: str,
        name: str = "images",
        options: Mapping[str, str] | None = None,
        server_options: Mapping[str, str] | None = None,
    ) -> None:
        """Share `folder` as `name`; `state` gets configuration, password file, and log."""
        # The server has a working folder of its own.
        self.folder = folder.resolve()
        state = state.resolve()
        self.name = name
        self.port = _free_port()
        self.user = getpass.getuser()
        self.account = f"CONTOSO\\{self.user}"
        self._state = state
        self._configuration = state / "smb.conf"
        # The server's sockets are here: their paths have at most 107 characters.
        self._run_folder = Path(tempfile.mkdtemp(prefix="smbd-"))
        weakref.finalize(self, shutil.rmtree, self._run_folder, ignore_errors=True)
        self._process: subprocess.Popen[bytes] | None = None
        for place in (folder, state / "private"):
            place.mkdir(parents=True, exist_ok=True)
        self.configure(options or {}, server_options or {})
        # An earlier run's accounts have passwords that nobody knows.
        (state / "private" / "passwords.tdb").unlink(missing_ok=True)
        # The password goes by a pipe: no argument, no file.
        self._run(
            ["pdbedit", "--create", "--password-from-stdin", "--user", self.user],
            f"{password}\n{password}\n",
        )

    @staticmethod
    def is_available() -> bool:
        """Tell whether this machine has a Samba server."""
        return shutil.which("smbd", path=_PATH) is not None

    @property
    def unc(self) -> str:
        """The share's UNC path."""
        return rf"\\127.0.0.1\{self.name}"

    @property
    def pid(self) -> int | None:
        """Number of the server's process; None while it does not run."""
        return None if self._process is None else self._process.pid

    def configure(self, options: Mapping[str, str], server_options: Mapping[str, str]) -> None:
        """Write the configuration; a running server reads it when it is started again."""
        settings = {
            "workgroup": "CONTOSO",
            "server role": "standalone server",
            "smb ports": str(self.port),
            "interfaces": "127.0.0.1",
            "bind interfaces only": "yes",
            "server min protocol": "SMB3",
            "server signing": "mandatory",
            "smb encrypt": "desired",
            "map to guest": "never",
            "passdb backend": f"tdbsam:{self._state / 'private' / 'passwords.tdb'}",
            "private dir": str(self._state / "private"),
            **{
                f"{kind} directory": str(self._run_folder)
                for kind in ("lock", "state", "cache", "pid")
            },
            "ncalrpc dir": str(self._run_folder / "ncalrpc"),
            "log file": str(self._state / "smbd.log"),
            "load printers": "no",
            "printing": "bsd",
            "printcap name": os.devnull,
            "disable spoolss": "yes",
            **server_options,
        }
        share = {"path": str(self.folder), "read only": "no", **options}
        lines = ["[global]", *(f"{key} = {value}" for key, value in settings.items())]
        lines += [f"[{self.name}]", *(f"{key} = {value}" for key, value in share.items())]
        self._configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        with (self._state / "smbd.out").open("ab") as output:
            self._process = subprocess.Popen(
                ["smbd", "--foreground", "--no-process-group", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PATH": _PATH},
                start_new_session=True,
            )
        end = time.monotonic() + _PATIENCE
        while not self._listens():
            code = self._process.poll()
            if code is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError(
                    f"smbd does not listen on port {self.port}: "
                    + (f"it ended with {code}" if code is not None else f"after {_PATIENCE:.0f} s")
                    + f"\n{self._said('smbd.out')}{self._said('smbd.log')}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server and the processes of its connections, at once."""
        if self._process is None:
            return
        group = self._process.pid
        # It leads a session of its own, so that this reaches its children and nobody else.
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._process.wait()
        self._process = None
        # Its children may end a moment later, and hold port and folder until then.
        end = time.monotonic() + _CHILDREN_PATIENCE
        while _runs(group) and time.monotonic() < end:
            time.sleep(0.01)

    def __enter__(self) -> SambaShare:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _arguments(self) -> list[str]:
        return ["--configfile", str(self._configuration)]

    def _run(self, command: list[str], text: str) -> None:
        done = subprocess.run(
            [*command, *self._arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": _PATH},
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stderr or done.stdout}")

    def _said(self, name: str) -> str:
        with suppress(FileNotFoundError):
            return (self._state / name).read_text(encoding="utf-8", errors="replace")
        return ""

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _runs(group: int) -> bool:
    """Tell whether a process of a group is alive; one that waits to be collected is not."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # proc(5): after the name in brackets state, parent and group follow.
            state, _, number = status.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(number) == group and state not in "ZX":
                return True
    return False


def _free_port() -> int:
    """Find a port below those that systems give to outgoing connections.

    While the server is down, a client that tries such a one may come to be connected to itself.
    """
    while True:
        number = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return number
