"""The variables that only a sequence itself sets, as far as it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    VariableConditionExpression,
)
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.plan.children import Children
from tasksequence.plan.effects import names_set_by

__all__ = ["own_names"]


def own_names(
    sequence: TaskSequence, children: Children, seen: dict[str, frozenset[str]] | None = None
) -> Iterator[str]:
    """Yield the names that only the sequence sets, as far as it shows.

    A step that sets a variable where it is not set yet gives a default to what comes from
    outside: such a name is not the sequence's own.
    """
    known: dict[str, frozenset[str]] = {} if seen is None else seen
    own: set[str] = set()
    outside: set[str] = set()

    def look(steps: Sequence[Step], tested: frozenset[str]) -> None:
        for step in steps:
            if not step.enabled:
                continue
            here = tested | tested_names(step.condition)
            if isinstance(step, Group):
                look(step.steps, here)
                continue
            for name in names_set_by(step):
                (outside if name.casefold() in here else own).add(name.casefold())
            if isinstance(step, SubTasksequence):
                called, child = children.called(step)
                stands = (called or "").casefold()
                if child is not None:
                    if stands not in known:
                        known[stands] = frozenset()  # while it is looked at: it may call itself
                        known[stands] = frozenset(own_names(child, children, known))
                    own.update(known[stands])

    look(sequence.steps, frozenset())
    yield from own - outside - {""}


def tested_names(condition: Condition | None) -> frozenset[str]:
    """Return the names that a condition tests, folded."""
    if condition is None:
        return frozenset()
    found: set[str] = set()
    waiting: list[ConditionOperand] = list(condition.operands)
    while waiting:
        operand = waiting.pop()
        if isinstance(operand, ConditionOperator):
            waiting += operand.operands
        elif isinstance(operand, VariableConditionExpression):
            found.add((operand.variable or "").casefold())
    return frozenset(found)
