"""Parts of a condition that cannot be true together, so that its step never runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    VariableConditionExpression,
)

__all__ = ["contradictions"]


def contradictions(condition: Condition) -> Iterator[str]:
    """Yield pairs of comparisons of one variable of which only one can be true, in words.

    Only what is true of every value is told; other operators and kinds of expressions are not
    compared.
    """
    asked = [
        one for one in _all_true(condition.operands) if isinstance(one, VariableConditionExpression)
    ]
    for one, other in combinations(asked, 2):
        same = (one.variable or "").casefold() == (other.variable or "").casefold()
        if same and (_excludes(one, other) or _excludes(other, one)):
            yield f"{one} and {other}"


def _all_true(operands: Sequence[ConditionOperand]) -> Iterator[ConditionOperand]:
    """Yield what must all be true, of groups within groups too."""
    for operand in operands:
        if isinstance(operand, ConditionOperator) and operand.operator_type == "and":
            yield from _all_true(operand.operands or [])
        else:
            yield operand


def _excludes(one: VariableConditionExpression, other: VariableConditionExpression) -> bool:
    # Values compare without letter case on the device.
    value, against = (one.value or "").casefold(), (other.value or "").casefold()
    if one.operator == "notExists":
        return other.operator == "exists" or (other.operator == "equals" and against != "")
    if one.operator == "equals" and "%" not in value + against:
        return (other.operator == "equals" and value != against) or (
            other.operator == "notEquals" and value == against
        )
    return False
