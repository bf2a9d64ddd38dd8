"""A disk with sectors that cannot be read: QEMU's own fault injection behind the exports."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

_DAEMON = "qemu-storage-daemon"
_WRAPPER = """#!{python}
import json, os, sys
arguments = sys.argv[1:]
for at, text in enumerate(arguments):
    node = json.loads(text) if text.startswith("{{") else {{}}
    if node.get("node-name") == "disk":
        rule = {{"event": "none", "iotype": "read", "errno": 5, "sector": {sector}}}
        node["file"] = {{
            "driver": "blkdebug", "image": node["file"], "read-only": True,
            "inject-error": [rule | {{"once": False, "immediately": False}}],
        }}
        arguments[at] = json.dumps(node)
os.execv({daemon!r}, [{name!r}, *arguments])
"""


def fail_at(monkeypatch: pytest.MonkeyPatch, folder: Path, offset: int) -> None:
    """Let the sector at an offset of every disk's file fail, as long as the test lasts."""
    daemon = shutil.which(_DAEMON)
    assert daemon is not None
    folder.mkdir()
    wrapper = folder / _DAEMON
    wrapper.write_text(
        _WRAPPER.format(python=sys.executable, sector=offset // 512, daemon=daemon, name=_DAEMON)
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
