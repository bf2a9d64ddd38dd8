"""The plan and its steps: frozen, and each step says why it is as it is."""

from __future__ import annotations

import enum

import attrs

from tasksequence.plan.evaluate import Truth
from tasksequence.request import CaptureRequest

__all__ = ["Guard", "Outcome", "Plan", "PlannedStep", "ResolvedProperty"]


class Outcome(enum.Enum):
    """What becomes of a step."""

    RUN = "run"
    """It runs here: this machine can carry it out."""
    DEVICE = "left to the device"
    """It would run, on the device: this machine has nothing that carries it out."""
    SKIPPED = "skipped"
    UNKNOWN = "depends"
    """A condition cannot be judged by what is known."""
    INVALID = "invalid"
    """It would run here, but its properties break a rule: see `problems`."""


@attrs.frozen(kw_only=True)
class Guard:
    """One condition that a step must pass: its own, or that of a group around it."""

    owner: tuple[str, ...]
    """Path of the step or group that has the condition."""
    text: str
    """The condition in words."""
    truth: Truth
    needs: tuple[str, ...] = ()
    """What would have to be known to judge it."""


@attrs.frozen(kw_only=True)
class ResolvedProperty:
    """A property of a step after variables had their say."""

    name: str
    """The WMI name."""
    variable: str
    value: str | None
    """The value in force, `%Name%` expanded; masked for secrets; None for none."""
    source: str
    """Where it came from: the variable that was set, or the step's own property."""


@attrs.frozen(kw_only=True)
class PlannedStep:
    """One action of the sequence with its outcome, the reason, and what it would use."""

    path: tuple[str, ...]
    """Names of the groups around it, outermost first, and its own name last."""
    wmi_class: str
    """Its type as the file writes it; empty for MDT's steps without one."""
    outcome: Outcome
    reason: str
    guards: tuple[Guard, ...] = ()
    properties: tuple[ResolvedProperty, ...] = ()
    """Of the capture step; other classes follow."""
    problems: tuple[str, ...] = ()
    """Rules that the resolved properties break."""
    warnings: tuple[str, ...] = ()
    request: CaptureRequest | None = None
    """What a capture backend is asked; for a capture step without problems."""

    @property
    def name(self) -> str:
        """The step's own name."""
        return self.path[-1]


@attrs.frozen
class Plan:
    """The planned steps of a sequence in the order in which they run."""

    steps: tuple[PlannedStep, ...]

    def of_class(self, wmi_class: str) -> tuple[PlannedStep, ...]:
        """Return the steps of a WMI class, whatever becomes of them."""
        return tuple(step for step in self.steps if step.wmi_class == wmi_class)
