"""A real Samba server for each test, and volumes to capture to its share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.samba_share import SambaShare
from tests.support.shares import PASSWORD
from tests.support.volumes import make_volume, need_tools


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


@pytest.fixture(scope="session")
def small_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small NTFS volume, not to be changed."""
    need_tools()
    return make_volume(tmp_path_factory.mktemp("volumes") / "small.img", {"a.txt": b"a" * 5000})


@pytest.fixture(scope="session")
def large_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume with 48 MB that do not compress."""
    need_tools()
    files = {f"random {number}.bin": os.urandom(4 << 20) for number in range(12)}
    return make_volume(tmp_path_factory.mktemp("volumes") / "large.img", files, megabytes=64)
