"""What the installed libwim can do, asked in a process of its own, which alone loads it.

Run as `python -m tasksequence.capture.wimlib.abilities` it prints them as one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import NamedTuple

from tasksequence.capture.wimlib.process import search_path
from tasksequence.errors import BackendUnavailable

__all__ = ["Abilities", "libwim_abilities"]

_PATIENCE = 60


class Abilities(NamedTuple):
    """What a libwim can do."""

    name: str
    """The library file that was loaded."""
    version: str
    ntfs: bool
    """It reads NTFS volumes (libntfs-3g is built in)."""


def libwim_abilities() -> Abilities:
    """Return what the installed libwim can do; raises `BackendUnavailable` for a missing one."""
    done = subprocess.run(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-P", "-m", __name__],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
        env={**os.environ, "PYTHONPATH": search_path()},
    )
    try:
        said = json.loads(done.stdout)
        if "problem" in said:
            raise BackendUnavailable(said["problem"], hint=said["hint"])
        return Abilities(**said)
    except (ValueError, TypeError):
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise BackendUnavailable(
            f"libwim could not be asked what it can do: {last[0]}",
            hint="Install it again (`apt install --reinstall libwim15`).",
        ) from None


def _ask() -> dict[str, object]:
    from tasksequence.capture.wimlib.codes import LibwimError
    from tasksequence.capture.wimlib.config import config_file
    from tasksequence.capture.wimlib.ffi import Library

    library = Library()
    ntfs = True
    with library.new_wim("none", lambda _: None) as wim, config_file("") as config:
        try:
            wim.add_image(os.devnull, "x", config, ntfs=True)
        except LibwimError as error:
            # No volume is there; one that could read it fails otherwise.
            ntfs = error.code != _UNSUPPORTED
    return Abilities(name=library.name, version=library.version, ntfs=ntfs)._asdict()


_UNSUPPORTED = 68


if __name__ == "__main__":
    try:
        answer = _ask()
    except BackendUnavailable as error:
        answer = {"problem": error.problem, "hint": error.hint}
    print(json.dumps(answer))  # noqa: T201
