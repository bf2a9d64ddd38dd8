"""What is wrong in a file that was read all the same."""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["Violation"]


@attrs.frozen(kw_only=True)
class Violation:
    """A value in a file that its WMI class does not allow; the bytes are kept as they are."""

    severity: Literal["error", "warning"]
    """`warning` for disabled steps and for what real sites have accepted."""
    message: str
    """What is wrong; never holds a secret."""
    step: tuple[str, ...]
    """Path of the step: names of its groups, then its own."""
    line: int
    """Line in the file, or in the sequence's text inside it, from 1."""
    wmi_class: str
    property: str
    qualifier: str

    def __str__(self) -> str:
        place = " > ".join(name or "(no name)" for name in self.step) or "(sequence)"
        return (
            f"line {self.line}, {place}: {self.severity}: "
            f"{self.wmi_class}.{self.property} {self.message}"
        )
