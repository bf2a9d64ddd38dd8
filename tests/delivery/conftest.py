"""A real Samba server for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.samba_share import SambaShare
from tests.support.shares import PASSWORD


@pytest.fixture
def share(tmp_path: Path) -> Iterator[SambaShare]:
    """A share with a server that runs."""
    if not SambaShare.is_available():
        pytest.skip("needs smbd (Debian: apt install samba)")
    with SambaShare(tmp_path / "share", tmp_path / "samba", password=PASSWORD) as server:
        yield server


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A folder of its own for unfinished files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder
