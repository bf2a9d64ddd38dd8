"""The state of the volumes before a capture: refuse, warn, or go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tasksequence.capture.shown_names import ShownNames
from tasksequence.errors import CaptureError
from tasksequence.offline.capture_state import Severity, StateFinding, capture_state
from tasksequence.request import VolumeSource

__all__ = ["check_preparation"]


def check_preparation(
    volumes: Iterable[VolumeSource], *, prepared: bool, tell: Callable[[str, Severity], None]
) -> str | None:
    """Check what the documents demand of a reference computer before its capture.

    Looks at volumes that may hold Windows. `tell` hears of every finding. Raises `CaptureError`
    with the evidence where a volume must not be captured; `prepared` is the person's word that it
    may be nevertheless. Returns what that word overrode, in words; None for nothing.
    """
    candidates = [volume for volume in volumes if _may_hold_windows(volume)]
    names = ShownNames(candidates)
    refused: list[StateFinding] = []
    for volume in candidates:
        for finding in capture_state(volume.path) or ():
            if finding.severity is Severity.REFUSE:
                refused.append(finding)
            else:
                tell(names.text(f"{volume.path}: {finding}"), finding.severity)
    if not refused:
        return None
    if not prepared:
        raise CaptureError(
            names.text("; ".join(str(finding) for finding in refused)),
            where=names.text(str(refused[0].volume)),
            hint="Prepare the reference computer: join a workgroup, run Prepare ConfigMgr Client "
            "for Capture and Prepare Windows for Capture. Where it may be captured as it is, say "
            "so (command line: --prepared).",
        )
    overridden = names.text("; ".join(str(finding) for finding in refused))
    tell(f"captured on the person's word that it is prepared, against: {overridden}", Severity.WARN)
    return overridden


def _may_hold_windows(volume: VolumeSource) -> bool:
    """Tell whether a volume's state has to be looked at; of a disk's volumes the role is known."""
    return not volume.is_folder and (volume.place is None or volume.place.role == "Windows")
