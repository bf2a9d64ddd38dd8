"""Volumes for captures that are meant to fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.volumes import make_volume, need_tools


@pytest.fixture(scope="session")
def small_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small NTFS volume labelled Windows, not to be changed."""
    need_tools()
    return make_volume(tmp_path_factory.mktemp("volumes") / "small.img", {"a.txt": b"a" * 5000})


@pytest.fixture(scope="session")
def slow_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume whose data does not compress, so that writing takes a second or two."""
    need_tools()
    files = {f"random {number}.bin": os.urandom(4 << 20) for number in range(12)}
    return make_volume(tmp_path_factory.mktemp("volumes") / "slow.img", files, megabytes=64)


@pytest.fixture
def volume(tmp_path: Path, small_volume: Path) -> Path:
    """A copy of the small volume, free to be damaged."""
    copy = tmp_path / "volume.img"
    copy.write_bytes(small_volume.read_bytes())
    return copy
