"""The exception family: everything this library refuses, it refuses with one of these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "BackendUnavailable",
    "CaptureCancelled",
    "CaptureError",
    "DestinationError",
    "DocumentError",
    "PlanError",
    "Problem",
    "PropertyMissing",
    "QualifierError",
    "TaskSequenceError",
    "VolumeError",
]


class TaskSequenceError(Exception):
    """Something was refused or failed; says what, where, and what to do.

    `problem` is one sentence on what is wrong, `where` names the place (a file and line, a step
    path, a class and property), `hint` says what to do about it. Any of the last two may be None.
    `hresult` is the code that Windows has for the failure, as the site's own logs show it; None
    where there is none.
    """

    def __init__(
        self,
        problem: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        hresult: int | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.hint = hint
        self.hresult = hresult

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        if self.hresult is not None:
            text += f" (0x{self.hresult:08X})"
        return f"{text}\n{self.hint}" if self.hint else text


class Problem(NamedTuple):
    """One value that breaks one rule of its WMI class."""

    wmi_class: str
    property: str
    qualifier: str
    """The rule as the class reference spells it, or the WMI type that the value does not fit."""
    text: str
    """What is wrong and what to do; never holds a secret."""
    is_advice: bool = False
    """True for good practice: a warning in a file, and no reason to refuse an object."""

    def __str__(self) -> str:
        return f"{self.wmi_class}.{self.property} {self.text}"


class QualifierError(TaskSequenceError, ValueError):
    """A value breaks a rule that its WMI class states; `problems` holds every broken rule."""

    def __init__(self, problems: Iterable[Problem], *, where: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), where=where)


class PropertyMissing(QualifierError, TypeError):
    """A required property was not given; a `TypeError` too, as Python has it for arguments."""


class DocumentError(TaskSequenceError):
    """A file cannot be read as, or written as, a task sequence; nothing was changed."""

    def __init__(
        self,
        problem: str,
        *,
        path: str | None = None,
        line: int | None = None,
        hint: str | None = None,
    ) -> None:
        where = path if line is None else f"{path or '<bytes>'}, line {line}"
        super().__init__(problem, where=where, hint=hint)
        self.path = path
        self.line = line


class PlanError(TaskSequenceError):
    """A sequence cannot be planned, or its plan does not allow what was asked."""


class CaptureError(TaskSequenceError):
    """A capture was refused or failed; an existing file at the destination is as it was."""


class BackendUnavailable(CaptureError):
    """The capture backend cannot run on this machine (missing or too old a library)."""


class VolumeError(CaptureError):
    """A volume cannot be captured: not NTFS, mounted, hibernated, truncated, unreadable."""


class DestinationError(CaptureError):
    """The place where the WIM should go does not take it."""


class CaptureCancelled(CaptureError):
    """The capture was stopped on request, or ran out of its step's time."""
