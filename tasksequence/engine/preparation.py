"""The state of the volumes before a capture: refuse, warn, or go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tasksequence.errors import CaptureError
from tasksequence.offline.capture_state import Severity, StateFinding, capture_state

__all__ = ["check_preparation"]


def check_preparation(
    volumes: Iterable[Path], *, prepared: bool, tell: Callable[[str, Severity], None]
) -> str | None:
    """Check what the documents demand of a reference computer before its capture.

    `tell` hears of every finding. Raises `CaptureError` with the evidence where a volume must not
    be captured; `prepared` is the person's word that it may be nevertheless. Returns what that
    word overrode, in words; None for nothing.
    """
    refused: list[StateFinding] = []
    for volume in volumes:
        for finding in capture_state(volume) or ():
            if finding.severity is Severity.REFUSE:
                refused.append(finding)
            else:
                tell(f"{volume}: {finding}", finding.severity)
    if not refused:
        return None
    if not prepared:
        raise CaptureError(
            "; ".join(str(finding) for finding in refused),
            where=str(refused[0].volume),
            hint="Prepare the reference computer: join a workgroup, run Prepare ConfigMgr Client "
            "for Capture and Prepare Windows for Capture. Where it may be captured as it is, say "
            "so (command line: --prepared).",
        )
    overridden = "; ".join(str(finding) for finding in refused)
    tell(f"captured on the person's word that it is prepared, against: {overridden}", Severity.WARN)
    return overridden
