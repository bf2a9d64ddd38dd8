"""The sequences that Run Task Sequence steps call."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.sequence import TaskSequence

__all__ = ["Children"]


class Children:
    """The child sequences that were given, by package ID or name; letter case does not matter."""

    def __init__(self, given: Mapping[str, TaskSequence]) -> None:
        self._given = {name.casefold(): child for name, child in given.items()}

    def __bool__(self) -> bool:
        return bool(self._given)

    def nearest(self, name: str) -> str | None:
        """Return the name that is closest to one that was not given."""
        near = difflib.get_close_matches(name.casefold(), self._given, 1)
        return near[0] if near else None

    def called(self, step: SubTasksequence) -> tuple[str | None, TaskSequence | None]:
        """Return what a Run Task Sequence step calls: its name here, and the sequence if given."""
        name = step.ts_name or ""
        candidates = [
            step.ts_package_id or "",
            name,
            name.partition(",")[0],
            name.partition(",")[2],
        ]
        for candidate in candidates:
            child = self._given.get(candidate.strip().casefold())
            if candidate and child is not None:
                return candidate.strip(), child
        return next((one for one in candidates if one), None), None
