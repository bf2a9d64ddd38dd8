"""Carrying out the capture step of a plan with a backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tasksequence.capture.backend import CaptureBackend, load_backend
from tasksequence.engine.cmtrace import ERROR, INFO, WARNING, CMTraceLog
from tasksequence.engine.preparation import check_preparation
from tasksequence.errors import PlanError, TaskSequenceError
from tasksequence.offline.capture_state import Severity
from tasksequence.plan.steps import Outcome, Plan, PlannedStep
from tasksequence.plan.truth import Truth
from tasksequence.request import (
    CaptureEvent,
    CaptureOptions,
    CaptureRequest,
    CaptureResult,
    CaptureWarning,
    EventHandler,
    VolumeSource,
)

__all__ = [
    "CAPTURE_CLASS",
    "Volumes",
    "capture_step",
    "capture_volumes",
    "carry_out",
    "each_volume",
    "requested",
]

CAPTURE_CLASS = "SMS_TaskSequence_CaptureSystemImageAction"
COMPONENT = "OSDCaptureSystemImage"
Volumes = VolumeSource | Path | str | Iterable[VolumeSource | Path | str]


def capture_volumes(
    plan: Plan,
    volumes: Volumes,
    *,
    backend: str | CaptureBackend = "wimlib",
    options: CaptureOptions | None = None,
    on_event: EventHandler | None = None,
    assume_conditions: bool = False,
    prepared: bool = False,
    log: CMTraceLog | None = None,
) -> CaptureResult:
    """Carry out the capture step of a plan: write the volumes to its destination as one WIM.

    `volumes` are image files or block devices of one volume each, in the order of their images.
    `on_event` hears of progress and warnings. `assume_conditions` captures although a condition
    of the step cannot be judged here. A volume whose Windows is not generalised, or otherwise not
    prepared, is refused; `prepared` is the word that it may be captured as it is, and is recorded
    in the log and in the image. Raises `PlanError` when the plan has no single capture step that
    runs, and `CaptureError` when the capture is refused or fails; an existing WIM at the
    destination is then as it was.
    """
    step = capture_step(plan, assume_conditions=assume_conditions)

    def write(text: str, kind: int = INFO) -> None:
        if log is not None:
            log.write(_without_password(step, text), kind=kind)

    number = "" if step.number is None else step.number
    write(
        f"Start executing an instruction. Instruction name: '{step.name}'.  Pointer: {number}. "
        f"Type: '{step.wmi_class}'. Disabled: 0"
    )
    try:
        result = carry_out(
            step,
            volumes,
            backend=backend,
            options=options,
            on_event=on_event,
            prepared=prepared,
            log=log,
        )
    except TaskSequenceError as error:
        write(f"Failed to run the action: {step.name}.\n{error}", ERROR)
        raise
    write(f"Successfully completed the action ({step.name}) with the exit win32 code 0")
    return result


def carry_out(
    step: PlannedStep,
    volumes: Volumes,
    *,
    backend: str | CaptureBackend,
    options: CaptureOptions | None,
    on_event: EventHandler | None,
    prepared: bool,
    log: CMTraceLog | None,
    masked: Callable[[str], str] = str,
) -> CaptureResult:
    """Capture what one planned step asks for; see `capture_volumes`.

    `masked` takes the secrets out of what goes into the log.
    """
    assert step.request is not None

    def write(text: str, kind: int = INFO) -> None:
        if log is not None:
            log.write(masked(_without_password(step, text)), kind=kind, component=COMPONENT)

    request = requested(step, volumes, options)
    hear = on_event if on_event is not None else _ignore

    def tell(text: str, severity: Severity) -> None:
        hear(CaptureWarning(message=text))
        write(text, WARNING if severity is Severity.WARN else INFO)

    overridden = check_preparation(request.volumes, prepared=prepared, tell=tell)
    request = request.overriding(overridden)
    write(_asked(request))
    worker = load_backend(backend) if isinstance(backend, str) else backend
    result = worker.capture(request, _logging(hear, write))
    for image in result.images:
        write(
            f"Image {image.index} ({image.name}) of {image.shown}: {image.files} files, "
            f"{image.bytes} bytes"
        )
    written = result.destination or f"nothing, as the backend {result.backend} writes no file"
    write(f"Wrote {written}, {result.file_bytes} bytes")
    return result


def _without_password(step: PlannedStep, text: str) -> str:
    password = step.request.password if step.request is not None else None
    return text.replace(password.reveal(), "***") if password else text


def each_volume(volumes: Volumes) -> list[VolumeSource | Path | str]:
    """Return volumes as a list, where one alone may have been given."""
    return [volumes] if isinstance(volumes, (VolumeSource, Path, str)) else list(volumes)


def requested(
    step: PlannedStep, volumes: Volumes, options: CaptureOptions | None
) -> CaptureRequest:
    """Return the request of a planned capture step for volumes and with options."""
    assert step.request is not None
    request = step.request.with_volumes(each_volume(volumes))
    return request if options is None else request.with_options(options)


def _asked(request: CaptureRequest) -> str:
    volumes = ", ".join(volume.shown for volume in request.volumes)
    lines = [f"Capture to {request.destination}", f"Volumes: {volumes}"]
    if request.account:
        lines.append(f"Account: {request.account}")
    return "\n".join(lines)


def _logging(hear: EventHandler, write: Callable[[str, int], None]) -> EventHandler:
    def both(event: CaptureEvent) -> None:
        if isinstance(event, CaptureWarning):
            write(event.message, WARNING)
        hear(event)

    return both


def capture_step(plan: Plan, *, assume_conditions: bool = False) -> PlannedStep:
    """Return the one capture step of a plan that runs here; raises `PlanError` otherwise."""
    steps = plan.of_class(CAPTURE_CLASS)
    if not steps:
        raise PlanError(
            f"the sequence has no capture step ({CAPTURE_CLASS})",
            hint="Add the step Capture Operating System Image, or give another sequence.",
        )
    candidates = [step for step in steps if step.outcome is not Outcome.SKIPPED]
    if not candidates:
        reasons = "; ".join(f"{_place(step)}: {step.reason}" for step in steps)
        raise PlanError(
            f"the capture step does not run: {reasons}",
            hint="Enable the step, or set the variables that its conditions ask for (command line: "
            "--set NAME=VALUE).",
        )
    if len(candidates) > 1:
        places = ", ".join(_place(step) for step in candidates)
        raise PlanError(
            f"the sequence has {len(candidates)} capture steps that may run: {places}",
            hint="Disable all but one, or set the variables that their conditions ask for (command "
            "line: --set NAME=VALUE).",
        )
    (step,) = candidates
    if step.problems:
        raise PlanError(
            "\n".join(step.problems),
            where=_place(step),
            hint="Set the variables (command line: --set NAME=VALUE, and --destination PATH for "
            "OSDCaptureDestination), or correct the step's properties.",
        )
    # Where the machine is need not be known: its disk is read from here, so its Windows is not.
    is_open = any(guard.truth is Truth.UNKNOWN for guard in step.guards)
    if step.request is None or (is_open and not assume_conditions):
        raise PlanError(
            f"whether the capture step runs {step.reason}",
            where=_place(step),
            hint="Set the variables (command line: --set NAME=VALUE), or have the conditions taken "
            "as true (command line: --assume-conditions).",
        )
    return step


def _place(step: PlannedStep) -> str:
    return " > ".join(step.path)


def _ignore(_: CaptureEvent) -> None:
    pass
