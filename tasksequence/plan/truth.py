"""True, false and unknown, and how they join (Kleene's logic)."""

from __future__ import annotations

import enum
from collections.abc import Iterable

__all__ = ["Truth", "all_of", "any_of", "none_of"]


class Truth(enum.Enum):
    """What is known of a condition."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> Truth:
        """Return the truth of a Python value; None is unknown."""
        if value is None:
            return cls.UNKNOWN
        return cls.TRUE if value else cls.FALSE


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return what is known of `a and b and …`; of nothing, true."""
    found = set(truths)
    if Truth.FALSE in found:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.TRUE


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return what is known of `a or b or …`; of nothing, false."""
    found = set(truths)
    if Truth.TRUE in found:
        return Truth.TRUE
    return Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.FALSE


def none_of(truths: Iterable[Truth]) -> Truth:
    """Return what is known of `none of a, b, …`, which the editor calls None."""
    found = any_of(truths)
    if found is Truth.UNKNOWN:
        return found
    return Truth.FALSE if found is Truth.TRUE else Truth.TRUE
