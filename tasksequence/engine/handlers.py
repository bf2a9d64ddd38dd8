"""What the engine and the handlers of steps know of each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tasksequence.engine.cmtrace import INFO
from tasksequence.engine.runtime import RunVariables
from tasksequence.plan.steps import PlannedStep
from tasksequence.secret_text import SecretText

__all__ = ["Handler", "RunContext"]


class RunContext:
    """What a handler may use: variables, the log, and whether it should stop."""

    def __init__(
        self,
        variables: RunVariables,
        log: Callable[[str, int], None],
        cancelled: threading.Event,
        deadline: float | None,
    ) -> None:
        self._variables = variables
        self._log = log
        self._cancelled = cancelled
        self._deadline = deadline
        self._closed = False

    def get(self, name: str) -> str | SecretText | None:
        """Return a variable's value; None where it is unset, or not known here."""
        return self._variables.get(name)

    def set(self, name: str, value: str | SecretText) -> None:
        """Set a variable for the steps to come; the empty value deletes it.

        Raises `PlanError` for a name or value out of the rules.
        """
        if not self._closed:
            self._variables.set(name, value)

    def log(self, message: str, kind: int = INFO) -> None:
        """Write to the run's log; 1 is information, 2 a warning, 3 an error."""
        if not self._closed:
            self._log(message, kind)

    @property
    def cancelled(self) -> bool:
        """True when the run was cancelled or the step's time is over: return soon then."""
        return self._closed or self._cancelled.is_set()

    @property
    def remaining(self) -> float | None:
        """Seconds that the step has left; None for no limit."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def close(self) -> None:
        """Let nothing more come from a handler that was given up."""
        self._closed = True


Handler = Callable[[PlannedStep, RunContext], int | None]
"""Carries out a step; returns its exit code, None for 0. What it raises fails the step."""
