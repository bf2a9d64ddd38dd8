"""What can be known before a capture: every obstacle at once, before a byte is read."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import attrs

from tasksequence.capture.backend import CaptureBackend, CheckingBackend, load_backend
from tasksequence.capture.destinations.choose import open_destination
from tasksequence.capture.shown_names import ShownNames
from tasksequence.capture.sources.disks import DiskAccess
from tasksequence.capture.sources.fat32 import FatVolume
from tasksequence.capture.sources.mounts import check_not_mounted
from tasksequence.capture.sources.ntfs import inspect
from tasksequence.capture.sources.source_kind import source_kind
from tasksequence.capture.sources.used_space import used_space
from tasksequence.capture.sources.volume_kind import FAT32, FOLDER, NTFS
from tasksequence.capture.sources.volume_state import CLEANING, VolumeState, volume_state
from tasksequence.capture.space import check_space, estimate_size
from tasksequence.engine.capture_disks import chosen_sources
from tasksequence.engine.capture_step import Volumes, capture_step, each_volume, requested
from tasksequence.engine.preparation import check_preparation
from tasksequence.errors import TaskSequenceError
from tasksequence.offline.capture_state import Severity
from tasksequence.plan.steps import Plan
from tasksequence.request import CaptureOptions, CaptureRequest, VolumeSource
from tasksequence.text_table import human_bytes

__all__ = ["PreflightCheck", "Standing", "describe_checks", "preflight"]

T = TypeVar("T")


class Standing(enum.Enum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@attrs.frozen(kw_only=True)
class PreflightCheck:
    """One thing that was looked at before a capture."""

    subject: str
    """What was looked at: step, backend, disk, options, volume, state, destination, space."""
    standing: Standing
    text: str
    """What was found."""
    hint: str | None = None
    """What to do about it."""
    hresult: int | None = None


def preflight(
    plan: Plan,
    volumes: Volumes = (),
    *,
    disks: Sequence[Path | str] | Path | str = (),
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    access: DiskAccess | None = None,
    backend: str | CaptureBackend = "wimlib",
    options: CaptureOptions | None = None,
    assume_conditions: bool = False,
    prepared: bool = False,
) -> tuple[PreflightCheck, ...]:
    """Look at everything that a capture needs, and change nothing; raises nothing of that.

    The destination is reached with the step's account and really written to, with a file that is
    deleted at once. Takes what `capture_volumes` and, with whole disks, `capture_disks` take.
    """
    found: list[PreflightCheck] = []
    step = _checked(found, "step", lambda: capture_step(plan, assume_conditions=assume_conditions))
    if step is None:
        return tuple(found)
    place = " > ".join(step.path)
    found.append(PreflightCheck(subject="step", standing=Standing.OK, text=f"{place} runs"))
    found += [
        PreflightCheck(subject="step", standing=Standing.WARNING, text=text)
        for text in step.warnings
    ]
    checking = _check_backend(found, backend)
    with ExitStack() as stack:
        opened = _checked(
            found,
            "disk",
            lambda: stack.enter_context(
                chosen_sources(disks, include=include, exclude=exclude, access=access)
            ),
        )
        sources, skipped = opened or ([], [])
        found += [
            PreflightCheck(
                subject="volume",
                standing=Standing.OK if one.warning is None else Standing.WARNING,
                text=f"{one.place}: skipped, {one.warning or one.reason}",
            )
            for one in skipped
        ]
        request = requested(step, [*sources, *each_volume(volumes)], options)
        names = ShownNames(request.volumes)
        _look_at(request, found, prepared, checking, no_volumes=opened is not None)
        return tuple(_named(check, names) for check in found)


def _look_at(
    request: CaptureRequest,
    found: list[PreflightCheck],
    prepared: bool,
    backend: CheckingBackend | None,
    *,
    no_volumes: bool,
) -> None:
    """Check a request; `no_volumes` says that none is an obstacle that was not told of yet."""
    if backend is not None:
        _checked(found, "options", lambda: backend.check_request(request))
    good = [one for one in request.volumes if _check_volume(found, one, request.options)]
    alone = (good and len(good) == len(request.volumes)) or (not request.volumes and no_volumes)
    if backend is not None and alone:
        # What concerns several of them; what is wrong with one alone was said.
        _checked(found, "volume", lambda: backend.check_volumes(request.volumes))
    _check_state(found, good, prepared)
    _check_destination(found, request)


def _named(check: PreflightCheck, names: ShownNames) -> PreflightCheck:
    hint = names.text(check.hint) if check.hint else None
    return attrs.evolve(check, text=names.text(check.text), hint=hint)


def describe_checks(checks: Iterable[PreflightCheck]) -> str:
    """Return checks as text, one a line, what failed with its hint."""
    lines = []
    for one in checks:
        code = f" (0x{one.hresult:08X})" if one.hresult is not None else ""
        lines.append(f"{one.standing.value:<8} {one.subject:<12} {one.text}{code}")
        if one.hint and one.standing is not Standing.OK:
            lines += [f"{'':<21} {line}" for line in one.hint.splitlines()]
    return "\n".join(lines)


def _checked(found: list[PreflightCheck], subject: str, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except TaskSequenceError as error:
        where = f"{error.where}: " if error.where else ""
        found.append(
            PreflightCheck(
                subject=subject,
                standing=Standing.FAILED,
                text=f"{where}{error.problem}",
                hint=error.hint,
                hresult=error.hresult,
            )
        )
        return None


def _check_backend(
    found: list[PreflightCheck], backend: str | CaptureBackend
) -> CheckingBackend | None:
    """Ask a backend what it works with, and return it where it can be asked for more."""
    if isinstance(backend, str):
        name = backend
        loaded = _checked(found, "backend", lambda: load_backend(name))
        if loaded is None:
            return None
        backend = loaded
    if not isinstance(backend, CheckingBackend):
        text = f"{backend.name}; it has no checks of its own"
        found.append(PreflightCheck(subject="backend", standing=Standing.OK, text=text))
        return None
    said = _checked(found, "backend", backend.check_installed)
    if said is not None:
        text = f"{backend.name}: {said}"
        found.append(PreflightCheck(subject="backend", standing=Standing.OK, text=text))
    return backend


def _check_volume(
    found: list[PreflightCheck], volume: VolumeSource, options: CaptureOptions
) -> bool:
    path = str(volume.path)

    def look() -> str:
        kind = source_kind(volume)
        if kind == FOLDER:
            return f"{path}: folder, {human_bytes(used_space(volume, kind).high)} of data"
        check_not_mounted(path)
        if kind == FAT32:
            with FatVolume(path) as fat:
                label, marks, records = fat.label, fat.marks, sum(1 for _ in fat.walk())
        else:
            seen = inspect(path)
            label, marks, records = seen.label, seen.marks, seen.records
        state = volume_state(marks, is_ntfs=kind == NTFS, allow_dirty=options.allow_dirty)
        if state.refuses or state.warns:
            found.append(_unclean(path, state))
        named = f" {label!r}" if label else ""
        return (
            f"{path}: {kind}{named}, {human_bytes(used_space(volume, kind).high)} of data in about "
            f"{records:,} files and folders"
        )

    text = _checked(found, "volume", look)
    if text is None:
        return False
    found.append(PreflightCheck(subject="volume", standing=Standing.OK, text=text))
    return True


def _unclean(path: str, state: VolumeState) -> PreflightCheck:
    return PreflightCheck(
        subject="volume",
        standing=Standing.FAILED if state.refuses else Standing.WARNING,
        text=f"{path}: {state.refuses or state.warns}",
        hint=CLEANING + (" To capture it as it is: --allow-dirty." if state.refuses else ""),
    )


def _check_state(found: list[PreflightCheck], volumes: list[VolumeSource], prepared: bool) -> None:
    def tell(text: str, severity: Severity) -> None:
        standing = Standing.WARNING if severity is not Severity.NOTE else Standing.OK
        found.append(PreflightCheck(subject="state", standing=standing, text=text))

    before = len(found)
    _checked(found, "state", lambda: check_preparation(volumes, prepared=prepared, tell=tell))
    if volumes and len(found) == before:
        text = "nothing speaks against a capture"
        found.append(PreflightCheck(subject="state", standing=Standing.OK, text=text))


def _check_destination(found: list[PreflightCheck], request: CaptureRequest) -> None:
    destination = _checked(found, "destination", lambda: open_destination(request))
    if destination is None:
        return
    try:
        system = destination.file_system()
        text = f"{destination.text} can be written" + (f" ({system})" if system else "")
        found.append(PreflightCheck(subject="destination", standing=Standing.OK, text=text))
        found += [
            PreflightCheck(subject="destination", standing=Standing.WARNING, text=note)
            for note in destination.notes
        ]
        if not request.volumes:
            return
        estimate = estimate_size(request.volumes, request.options)
        warnings = _checked(found, "space", lambda: check_space(destination, estimate))
        if warnings is None:
            if not request.options.check_space:
                # The person's word: a capture begins nevertheless.
                found[-1] = attrs.evolve(found[-1], standing=Standing.WARNING)
            return
        found += [
            PreflightCheck(subject="space", standing=Standing.WARNING, text=text)
            for text in warnings
        ]
        free = destination.free_bytes()
        if not warnings and free is not None:
            text = f"{human_bytes(free)} free; the WIM is estimated at {estimate}"
            found.append(PreflightCheck(subject="space", standing=Standing.OK, text=text))
    finally:
        destination.close()
