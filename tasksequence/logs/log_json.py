"""What a log says, as data for programs."""

from __future__ import annotations

import json

import attrs

from tasksequence.logs.runs import LogStep, LogSummary

__all__ = ["summary_to_json"]


def summary_to_json(summary: LogSummary) -> str:
    """Return a summary as JSON: times in ISO 8601, codes as numbers and as HRESULT text."""
    failure = summary.first_failure
    return json.dumps(
        {
            "records": summary.records,
            "damaged": summary.damaged,
            "errors": summary.errors,
            "warnings": summary.warnings,
            "first": summary.first.isoformat() if summary.first else None,
            "last": summary.last.isoformat() if summary.last else None,
            "failed": summary.failed or failure is not None,
            "first_failure": _step(failure) if failure is not None else None,
            "steps": [_step(one) for one in summary.steps],
        },
        indent=2,
        ensure_ascii=False,
    )


def _step(one: LogStep) -> dict[str, object]:
    known = one.code
    return {
        "name": one.name,
        "path": list(one.path),
        "number": one.number,
        "type": one.wmi_class,
        "group": one.is_group,
        "outcome": one.outcome.value,
        "started": one.started.isoformat() if one.started else None,
        "seconds": one.seconds,
        "exit_code": one.exit_code,
        "hresult": f"0x{known.hresult:08X}" if known is not None else None,
        "meaning": known.meaning if known is not None else None,
        "said": one.said,
        "errors": [attrs.asdict(error) for error in one.errors],
        "file": one.file,
        "line": one.line,
    }
