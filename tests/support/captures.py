"""Requests for captures, and looking for what a capture may have left behind."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tasksequence.request import (
    CaptureEvent,
    CaptureOptions,
    CaptureRequest,
    CaptureWarning,
    ImageMetadata,
    Progress,
    StepReference,
    VolumeSource,
)
from tests.support.patience import PATIENCE

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do this")

OLD = b"MSWIM\0\0\0" + b"the old image" * 1000
"""Content of a file that a capture may replace."""

STEP = StepReference(
    name="Capture",
    path=("Build", "Capture"),
    wmi_class="SMS_TaskSequence_CaptureSystemImageAction",
)


def request_for(
    destination: Path | str,
    *volumes: Path | VolumeSource,
    metadata: ImageMetadata | None = None,
    options: CaptureOptions | None = None,
) -> CaptureRequest:
    """Return a request as a plan would make it."""
    return CaptureRequest(
        step=STEP,
        destination=str(destination),
        metadata=metadata or ImageMetadata(),
        options=options or CaptureOptions(threads=2),
    ).with_volumes(volumes)


class Events(list[CaptureEvent]):
    """An event handler that keeps what it gets."""

    def __call__(self, event: CaptureEvent) -> None:
        self.append(event)

    @property
    def progress(self) -> list[Progress]:
        return [event for event in self if isinstance(event, Progress)]

    @property
    def warnings(self) -> list[str]:
        return [event.message for event in self if isinstance(event, CaptureWarning)]


def children() -> list[int]:
    """Return the processes that this one has started and not yet waited for."""
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        # A thread may end meanwhile.
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def processes_below(pid: int) -> set[int]:
    """Return the processes that a process has started, and what those have."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            started = {int(one) for one in task.read_text().split()}
        except OSError:
            continue
        found |= started
        for child in started:
            found |= processes_below(child)
    return found


def descriptors() -> dict[str, str]:
    """Return this process's open descriptors and what they lead to."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[entry.name] = str(entry.readlink())
        except FileNotFoundError:  # the listing's own
            continue
    return found


def thread_states(pid: int) -> set[str]:
    """Return the states of a process's threads, as in proc(5): R, S, T (stopped), Z …"""
    states = set()
    for task in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            states.add(task.read_text().rpartition(")")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return states


def is_alive(pid: int) -> bool:
    """Tell whether any thread of a process runs; one that waits to be collected does not."""
    return bool(thread_states(pid) - {"Z", "X"})


def stop(pid: int) -> None:
    """Stop a process and wait until all its threads stand still."""
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + PATIENCE
    while thread_states(pid) != {"T"}:
        assert time.monotonic() < end, "the process did not stop"
        time.sleep(0.01)


def names_in(folder: Path) -> set[str]:
    """Return all names in a folder, hidden ones too."""
    return {entry.name for entry in folder.iterdir()}
