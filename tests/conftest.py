"""Fixtures for all tests, and how hard hypothesis tries."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.ntfs_tree import missing_programs
from tests.support.reference_volume import build
from tests.support.volumes import make_volume, need_tools

ROOT = Path(__file__).resolve().parent.parent

# In CI the same examples each time: new ones are looked for where somebody can look at them.
settings.register_profile("default", deadline=None, derandomize="CI" in os.environ)
settings.register_profile(
    "deep",
    deadline=None,
    max_examples=2000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A job in the background ignores Ctrl-C, and what it starts would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def reference_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NTFS volume with one of everything; read only: a test that changes it takes a copy."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    image = tmp_path_factory.mktemp("volume") / "reference.ntfs"
    build(image, megabytes=24, files=400)
    return image


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


@pytest.fixture(scope="session")
def large_volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume with 48 MB that do not compress: writing and uploading take a second or two."""
    need_tools()
    files = {f"random {number}.bin": os.urandom(4 << 20) for number in range(12)}
    return make_volume(tmp_path_factory.mktemp("volumes") / "large.img", files, megabytes=64)


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """The folder of real exports, which are not part of this project."""
    named = os.environ.get("TASKSEQUENCE_CORPUS")
    folder = Path(named) if named else ROOT.parent / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip(f"no exports in {folder}; name their folder with TASKSEQUENCE_CORPUS")
    return folder
