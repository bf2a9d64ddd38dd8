"""What a log says, as text for people."""

from __future__ import annotations

from tasksequence.logs.runs import LogOutcome, LogStep, LogSummary
from tasksequence.text_table import text_table

__all__ = ["describe_log", "describe_log_step"]

_HEAD = ("No", "Step", "Outcome", "Began", "Took", "Code", "Log line")
_SHOWN_ERRORS = 5


def describe_log(summary: LogSummary, *, columns: int | None = None) -> str:
    """Return what ran, how long, and what failed first and why."""
    lines = []
    if summary.steps:
        rows = [_row(one) for one in summary.steps]
        lines.append(text_table(_HEAD, rows, right={0, 4}, shrink=(1, 6), columns=columns))
    else:
        lines.append("The log speaks of no step.")
    span = ""
    if summary.first is not None and summary.last is not None:
        span = f", {summary.first:%Y-%m-%d %H:%M:%S} to {summary.last:%Y-%m-%d %H:%M:%S}"
    lines.append(
        f"{summary.records:,} records{span}; {summary.errors:,} errors, {summary.warnings:,} "
        f"warnings, {summary.damaged:,} damaged"
    )
    failure = summary.first_failure
    if failure is not None:
        lines += _why(failure)
    elif summary.failed:
        lines.append("The log says that the sequence failed, and not in which step.")
    return "\n".join(lines)


def describe_log_step(step: LogStep) -> str:
    """Return one line on what became of a step, for following a log."""
    began = f"{step.started:%H:%M:%S}" if step.started else "--:--:--"
    number = "" if step.number is None else f"{step.number} "
    code = f", {_code(step)}" if _code(step) else ""
    took = f", {_took(step)}" if step.seconds is not None else ""
    # It has no end yet, which of a log that grows says nothing.
    outcome = "began" if step.outcome is LogOutcome.OPEN else step.outcome.value
    return f"{began}  {number}{' > '.join(step.path) or step.name}: {outcome}{took}{code}"


def _row(one: LogStep) -> tuple[str, ...]:
    return (
        "" if one.number is None else str(one.number),
        " > ".join(one.path) or one.name,
        one.outcome.value,
        f"{one.started:%H:%M:%S}" if one.started else "",
        _took(one),
        _code(one),
        f"{one.file}:{one.line}" if one.line else "",
    )


def _took(one: LogStep) -> str:
    seconds = one.seconds
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _code(one: LogStep) -> str:
    if one.exit_code is None:
        return ""
    return f"0x{one.exit_code:08X}" if one.exit_code > 0xFFFF else str(one.exit_code)


def _why(failure: LogStep) -> list[str]:
    lines = [f"First failure: {' > '.join(failure.path) or failure.name}"]
    if failure.outcome is LogOutcome.FAILED and failure.line:
        lines.append(f"  began at {failure.file}:{failure.line}")
    known = failure.code
    if known is not None:
        name = f" {known.name}" if known.name else ""
        lines.append(f"  0x{known.hresult:08X}{name}: {known.meaning}")
        lines += [f"    seen with {cause}" for cause in known.causes]
        if known.hint:
            lines.append(f"    {known.hint}")
    for error in failure.errors[:_SHOWN_ERRORS]:
        text = "\n    ".join(error.text.splitlines())
        lines.append(f"  {error.file}:{error.line} {error.component}: {text}")
    if failure.said and all(error.text != failure.said for error in failure.errors):
        lines.append("  the engine: " + "\n    ".join(failure.said.splitlines()))
    if len(failure.errors) > _SHOWN_ERRORS:
        lines.append(f"  … and {len(failure.errors) - _SHOWN_ERRORS} more error records")
    return lines
