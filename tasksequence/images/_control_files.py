"""The files in a volume's root by which a running task sequence keeps its state and log."""

from __future__ import annotations

__all__ = ["is_control_file"]

_CONTROL_FILES = frozenset({"_smstasksequence", "smstslog"})
"""In lower case."""


def is_control_file(name: str) -> bool:
    """Tell whether a name in the root belongs to a task sequence that runs."""
    return name.casefold() in _CONTROL_FILES
