"""The exception family: everything this library refuses, it refuses with one of these."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "AuthoringError",
    "BackendUnavailable",
    "CaptureCancelled",
    "CaptureError",
    "DestinationError",
    "DocumentError",
    "EditError",
    "FieldProblem",
    "ImageError",
    "PlanError",
    "Problem",
    "PropertyMissing",
    "QualifierError",
    "SettingError",
    "TaskSequenceError",
    "UndecidedError",
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
    """The rule as the class reference spells it, or the WMI type that the value does not fit;
    `name` where it is the name of a property that is wrong and not its value."""
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


class UndecidedError(TaskSequenceError, TypeError):
    """A part of a condition was asked whether it is true, which only a running sequence knows.

    `and`, `or`, `not`, `if` and chained comparisons ask so.
    """


class FieldProblem(NamedTuple):
    """One field of a wizard whose answer breaks one rule."""

    field: str
    """The argument, which is also the name in a TOML file; the option has dashes for `_`."""
    value: str | None
    """The answer as it was given, `***` for a secret; None where there is none."""
    rule: str
    """What must hold, and what to do."""
    source: str
    """Where the rule is stated: a page of the wizard, a class with its qualifier, a cmdlet."""

    def __str__(self) -> str:
        said = "is not given" if self.value is None else f"is {self.value}"
        return f"{self.field} {said}: {self.rule} ({self.source})"


class AuthoringError(TaskSequenceError, ValueError):
    """A wizard's answers break rules; nothing was made. `problems` holds every one of them."""

    def __init__(self, problems: Iterable[FieldProblem], *, where: str | None = None) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems), where=where)


class EditError(TaskSequenceError):
    """An edit was refused and nothing was changed: it names no step, several, or makes no sense.

    `candidates` holds the steps that may have been meant, as addresses that name one step each.
    """

    def __init__(
        self,
        problem: str,
        *,
        where: str | None = None,
        hint: str | None = None,
        candidates: Iterable[str] = (),
    ) -> None:
        self.candidates = tuple(candidates)
        super().__init__(problem, where=where, hint=hint)


class SettingError(EditError, QualifierError):
    """Properties given by name were refused, and none of them was set.

    `problems` holds everything that is wrong: names that mean nothing, properties that are given
    twice, values that break a rule. `candidates` holds the names that may have been meant.
    """

    def __init__(
        self,
        problems: Iterable[Problem],
        *,
        where: str | None = None,
        candidates: Iterable[str] = (),
    ) -> None:
        QualifierError.__init__(self, problems, where=where)
        self.candidates = tuple(candidates)


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


class ImageError(TaskSequenceError):
    """A WIM cannot be read, verified or applied: no WIM, damaged, split, encrypted, too new."""


class CaptureCancelled(CaptureError):
    """The capture was stopped on request, or ran out of its step's time."""
