"""What happens while a plan runs, and what came of it."""

from __future__ import annotations

import enum
from collections.abc import Callable

import attrs

from tasksequence.request import CaptureResult, CaptureWarning, Progress
from tasksequence.text_table import text_table

__all__ = [
    "RunEvent",
    "RunEventHandler",
    "RunReport",
    "StepFinished",
    "StepResult",
    "StepStarted",
    "StepStatus",
    "describe_run",
]


class StepStatus(enum.Enum):
    """What became of a step when the plan ran."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    LEFT = "left to the device"
    """No handler covers its class."""
    DEPENDS = "depends"
    """Its condition could not be judged."""
    NOT_REACHED = "not reached"
    """Something before it failed, or the run was cancelled."""


@attrs.frozen(kw_only=True)
class StepResult:
    """What became of one step."""

    path: tuple[str, ...]
    number: int | None
    wmi_class: str
    status: StepStatus
    exit_code: int | None = None
    """Unsigned, as the log has it; None for a step that did not run here."""
    message: str = ""
    attempts: int = 0
    seconds: float = 0.0


@attrs.frozen(kw_only=True)
class RunReport:
    """A finished run."""

    results: tuple[StepResult, ...]
    succeeded: bool
    """False where a failure went up to the sequence, or the run was cancelled."""
    cancelled: bool = False
    """True where the run was ended before its end, by a person or by its time limit."""
    timed_out: bool = False
    """True where its time limit ended it."""
    captures: tuple[CaptureResult, ...] = ()
    variables: tuple[tuple[str, str | None], ...] = ()
    """The variables at the end that are known, secrets masked; None for those known to be unset."""

    def with_status(self, status: StepStatus) -> tuple[StepResult, ...]:
        """Return the results of one kind."""
        return tuple(result for result in self.results if result.status is status)


@attrs.frozen(kw_only=True)
class StepStarted:
    """A group or step begins."""

    path: tuple[str, ...]
    number: int | None
    done: int
    """Steps before it, of `total`."""
    total: int


@attrs.frozen(kw_only=True)
class StepFinished:
    """A step has ended."""

    result: StepResult


RunEvent = StepStarted | StepFinished | Progress | CaptureWarning
RunEventHandler = Callable[[RunEvent], None]


def describe_run(report: RunReport, *, columns: int = 100) -> str:
    """Return what became of each step as a table, and the whole in one line."""
    rows = [
        (
            "" if one.number is None else str(one.number),
            "  " * (len(one.path) - 1) + one.path[-1],
            one.status.value,
            "" if one.exit_code is None else str(one.exit_code),
            one.message.partition("\n")[0],
        )
        for one in report.results
    ]
    head = ("No", "Step", "Status", "Code", "Message")
    table = text_table(head, rows, right={0, 3}, shrink=(4, 1), columns=columns)
    if report.timed_out:
        return f"{table}\nThe run was ended by its time limit."
    end = "cancelled" if report.cancelled else "succeeded" if report.succeeded else "failed"
    return f"{table}\nThe run {end}."
