"""Running code in a process of its own, with bounded memory and time and without a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

_PROLOGUE = """
import os, resource, signal, sys
def forbid(event, arguments):
    # The schemas of the library itself are read through file: addresses.
    asks = event == "urllib.Request" and not str(arguments[0]).startswith("file:")
    if asks or event.startswith("socket."):
        os.write(2, b"touched the network: " + event.encode())
        os._exit(99)
sys.addaudithook(forbid)
import tasksequence as ts
import tasksequence.document.document, tasksequence.document.objects
megabytes, seconds = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
"""


def run_bounded(
    code: str, *arguments: str | Path, megabytes: int = 400, seconds: int = 20, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run code with `ts` and `sys.argv[3:]`; it cannot have more address space than this.

    Opening a socket ends it with exit code 99.
    """
    return subprocess.run(
        [
            sys.executable,
            "-c",
            _PROLOGUE + code,
            str(megabytes),
            str(seconds),
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
