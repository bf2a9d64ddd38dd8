"""Conditions judged by what is known: true, false, or unknown with what would decide it.

In this version variables are known; files, the registry, software and WMI are not, so that
expressions on them are unknown.
"""

from __future__ import annotations

import enum
import fnmatch
from collections.abc import Iterable

import attrs

from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    VariableConditionExpression,
)
from tasksequence.model.condition_text import condition_text
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.plan.variables import Variables
from tasksequence.secret_text import SecretText

__all__ = ["Judgement", "Truth", "in_words", "judge"]


NO_VARIABLES = Variables({})


class Truth(enum.Enum):
    """What is known of a condition."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@attrs.frozen
class Judgement:
    """A condition's truth, and the facts that would decide it where it is unknown."""

    truth: Truth
    needs: tuple[str, ...] = ()


_TRUE = Judgement(Truth.TRUE)
_FALSE = Judgement(Truth.FALSE)


def judge(condition: Condition, variables: Variables) -> Judgement:
    """Judge a condition; one without operands is no restriction."""
    return _all(condition.operands, variables)


def _all(operands: Iterable[ConditionOperand], variables: Variables) -> Judgement:
    needs: dict[str, None] = {}
    for operand in operands:
        said = _operand(operand, variables)
        if said.truth is Truth.FALSE:
            return _FALSE
        needs.update(dict.fromkeys(said.needs))
    return Judgement(Truth.UNKNOWN, tuple(needs)) if needs else _TRUE


def _negated(said: Judgement) -> Judgement:
    if said.truth is Truth.UNKNOWN:
        return said
    return _FALSE if said.truth is Truth.TRUE else _TRUE


def _any(operands: Iterable[ConditionOperand], variables: Variables) -> Judgement:
    needs: dict[str, None] = {}
    for operand in operands:
        said = _operand(operand, variables)
        if said.truth is Truth.TRUE:
            return _TRUE
        needs.update(dict.fromkeys(said.needs))
    return Judgement(Truth.UNKNOWN, tuple(needs)) if needs else _FALSE


def _operand(operand: ConditionOperand, variables: Variables) -> Judgement:
    if isinstance(operand, ConditionOperator):
        kind = str(operand.operator_type).casefold()
        if not operand.operands or kind == "and":
            return _all(operand.operands, variables)
        if kind == "or":
            return _any(operand.operands, variables)
        if kind == "not":
            # The editor calls it None: none of the operands is true.
            return _negated(_any(operand.operands, variables))
        return Judgement(Truth.UNKNOWN, (in_words(operand, variables),))
    if isinstance(operand, VariableConditionExpression):
        return _variable(operand, variables)
    return Judgement(Truth.UNKNOWN, (in_words(operand, variables),))


def _variable(expression: VariableConditionExpression, variables: Variables) -> Judgement:
    name = expression.variable or ""
    need = f"variable {name}"
    deleted = variables.is_deleted(name)
    if name not in variables and not deleted:
        return Judgement(Truth.UNKNOWN, (need,))
    operator = (expression.operator or "").casefold()
    if operator in {"exists", "notexists"}:
        return _TRUE if (operator == "exists") is not deleted else _FALSE
    # A variable that does not exist compares as the empty string.
    held = "" if deleted else variables[name]
    actual = held.reveal() if isinstance(held, SecretText) else held
    expanded = variables.expand(expression.value or "")
    if expanded.unset:
        return Judgement(Truth.UNKNOWN, tuple(f"variable {unset}" for unset in expanded.unset))
    said = _compare(operator, actual, expanded.text)
    if said is None:
        return Judgement(Truth.UNKNOWN, (in_words(expression, variables),))
    return _TRUE if said else _FALSE


def _compare(operator: str, actual: str, wanted: str) -> bool | None:
    left, right = actual.casefold(), wanted.casefold()
    if operator == "equals":
        return left == right
    if operator == "notequals":
        return left != right
    if operator == "like":
        return fnmatch.fnmatchcase(left, right.replace("[", "[[]").replace("%", "*"))
    try:
        difference: float = int(actual) - int(wanted)
    except ValueError:
        difference = (left > right) - (left < right)
    return {
        "less": difference < 0,
        "lessequal": difference <= 0,
        "greater": difference > 0,
        "greaterequal": difference >= 0,
    }.get(operator)


def in_words(operand: Condition | ConditionOperand, variables: Variables = NO_VARIABLES) -> str:
    """Say a condition or a part of one as a person would, nesting kept.

    What is compared with a variable that holds a secret, by its name or in `variables`, is masked.
    """
    return condition_text(
        operand,
        is_secret=lambda name: (
            is_secret_variable(name) or isinstance(variables.get(name), SecretText)
        ),
    )
