"""Running the capture step of a plan with a backend."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tasksequence.capture.backend import CaptureBackend, load_backend
from tasksequence.errors import PlanError
from tasksequence.plan.steps import Outcome, Plan, PlannedStep
from tasksequence.request import (
    CaptureEvent,
    CaptureOptions,
    CaptureResult,
    EventHandler,
    VolumeSource,
)

__all__ = ["CAPTURE_CLASS", "capture_step", "capture_volumes"]

CAPTURE_CLASS = "SMS_TaskSequence_CaptureSystemImageAction"


def capture_volumes(
    plan: Plan,
    volumes: VolumeSource | Path | str | Iterable[VolumeSource | Path | str],
    *,
    backend: str | CaptureBackend = "wimlib",
    options: CaptureOptions | None = None,
    on_event: EventHandler | None = None,
    assume_conditions: bool = False,
) -> CaptureResult:
    """Carry out the capture step of a plan: write the volumes to its destination as one WIM.

    `volumes` are image files or block devices of one volume each, in the order of their images.
    `on_event` hears of progress and warnings. `assume_conditions` captures although a condition
    of the step cannot be judged here. Raises `PlanError` when the plan has no single capture step
    that runs, and `CaptureError` when the capture is refused or fails; an existing WIM at the
    destination is then as it was.
    """
    step = capture_step(plan, assume_conditions=assume_conditions)
    assert step.request is not None
    one = isinstance(volumes, (VolumeSource, Path, str))
    request = step.request.with_volumes([volumes] if one else volumes)  # type: ignore[arg-type, list-item]
    if options is not None:
        request = request.with_options(options)
    worker = load_backend(backend) if isinstance(backend, str) else backend
    return worker.capture(request, on_event if on_event is not None else _ignore)


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
    if step.outcome is Outcome.UNKNOWN and not assume_conditions:
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
