"""Saving is whole or not at all: a full disk and a kill leave the old file as it was."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.bounded import run_bounded

OLD = b'<sequence version="3.10"><group name="old" description=""/></sequence>'
EDIT = """
document = ts.load(sys.argv[3])
document.sequence.steps.extend(ts.Group(name="g" * 100) for _ in range(5000))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ts.xml"
    path.write_bytes(OLD)
    path.chmod(0o640)
    return path


def test_a_full_disk_leaves_the_old_file_and_nothing_else(file: Path) -> None:
    code = (
        EDIT
        + """
# The kernel stops the file at this size as a full disk does; the signal would end the process.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    document.save()
except ts.DocumentError as error:
    print(error)
"""
    )
    # Coverage would have to write a file of its own.
    without = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = run_bounded(code, file, env=without)
    assert done.stderr == ""
    assert str(file) in done.stdout
    assert "The file is as it was" in done.stdout
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("moment", ["os.fsync", "os.replace", "os.chmod"])
def test_a_kill_leaves_the_old_file(moment: str, file: Path) -> None:
    code = f"""
{EDIT}
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{moment} = kill
import pathlib
pathlib.Path.replace = lambda self, target: os.replace(self, target)
document.save()
"""
    done = run_bounded(code, file)
    assert done.returncode == -signal.SIGKILL
    assert file.read_bytes() == OLD
    # What the killed process left is beside it under a name of its own, and hurts nobody.
    ts.load(file).save()
    assert file.read_bytes() == OLD


def test_kills_at_any_time_leave_the_old_file_or_the_new_one(file: Path) -> None:
    code = f"""
{EDIT}
new = document.to_bytes()
print(len(new), flush=True)
for _ in range(4):
    child = os.fork()
    if child == 0:
        while True:
            document.save()
    import time
    time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    now = open(sys.argv[3], "rb").read()
    assert now in (new, {OLD!r}), len(now)
"""
    done = run_bounded(code, file)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_link_is_kept_and_its_file_replaced(file: Path) -> None:
    link = file.parent / "link.xml"
    link.symlink_to(file)
    document = ts.load(link)
    document.sequence.steps.clear()
    document.save()
    assert link.is_symlink()
    assert ts.load(file).sequence.steps == []
    assert file.stat().st_mode & 0o777 == 0o640
