"""Volumes for the tests of the capture part."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.volumes import make_volume, need_tools


@pytest.fixture(scope="session")
def small_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small NTFS volume labelled Windows, not to be changed."""
    need_tools()
    return make_volume(tmp_path_factory.mktemp("volumes") / "small.img", {"a.txt": b"a" * 5000})


@pytest.fixture
def volume(tmp_path: Path, small_volume: Path) -> Path:
    """A copy of the small volume, free to be damaged."""
    copy = tmp_path / "volume.img"
    copy.write_bytes(small_volume.read_bytes())
    return copy
