"""Conditions written as a person reads them: `Variable("_SMSTSInWinPE") == "false"`.

Every builder gives a condition class of the model, whose `str()` is its sentence. `when` makes
the condition of a step of one or more of them. What they are given and cannot take is refused with
a `QualifierError`.
"""

from __future__ import annotations

import re

from tasksequence.authoring.comparisons import Comparable, compared_text, operand_problem
from tasksequence.errors import Problem, QualifierError
from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    VariableConditionExpression,
    WMIConditionExpression,
)
from tasksequence.wmi_property import shown_value

__all__ = [
    "Variable",
    "all_of",
    "any_of",
    "condition_from",
    "none_of",
    "query_wmi",
    "when",
]

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,255}")


def when(*operands: ConditionOperand) -> Condition:
    """Return the condition of a step: all operands must be true.

    Raises `QualifierError` without an operand: a condition that holds nothing restricts nothing.
    """
    return Condition(operands=_some(operands, "when"))


def condition_from(value: object) -> Condition:
    """Return the condition that a value stands for: a whole one, an operand, or a list of them."""
    if isinstance(value, Condition):
        return value
    return when(*value) if isinstance(value, (list, tuple)) else when(value)  # type: ignore[arg-type]


def all_of(*operands: ConditionOperand) -> ConditionOperator:
    """Join operands that must all be true (editor: All; XML: `and`)."""
    return ConditionOperator(operator_type="and", operands=_some(operands, "all_of"))


def any_of(*operands: ConditionOperand) -> ConditionOperator:
    """Join operands of which one must be true (editor: Any; XML: `or`)."""
    return ConditionOperator(operator_type="or", operands=_some(operands, "any_of"))


def none_of(*operands: ConditionOperand) -> ConditionOperator:
    """Join operands of which none may be true (editor: None; XML: `not`)."""
    return ConditionOperator(operator_type="not", operands=_some(operands, "none_of"))


def _some(operands: tuple[object, ...], builder: str) -> list[ConditionOperand]:
    """Return operands as a list; raises `QualifierError` without any, and for what is none."""
    if not operands:
        text = f"is empty: give {builder}() at least one operand"
        raise QualifierError([operand_problem(ConditionOperator, "Operands", text, "not_null")])
    found = [operand for operand in operands if isinstance(operand, ConditionOperand)]
    if len(found) < len(operands):
        raise QualifierError(
            _no_operand(position, operand, builder)
            for position, operand in enumerate(operands)
            if not isinstance(operand, ConditionOperand)
        )
    return found


def _no_operand(position: int, operand: object, builder: str) -> Problem:
    kind = type(operand).__name__
    if isinstance(operand, Condition):
        said = f"is a whole condition: give {builder}() the operands of it"
    elif isinstance(operand, Comparable):
        said = f"is a {kind}: compare it with a value, or ask whether it exists"
    else:
        said = (
            f"is {kind}, which is no part of a condition: give a comparison, such as "
            'Variable("A") == "1"'
        )
    return operand_problem(
        ConditionOperator, f"Operands[{position}]", said, f"object:{ConditionOperand.wmi_name}"
    )


class Variable(Comparable[str | int | bool, VariableConditionExpression]):
    """A task sequence variable, to compare with a value or to ask whether it exists.

    `Variable("_SMSTSInWinPE") == "false"` is a `VariableConditionExpression`. True and False are
    compared as `true` and `false`, numbers as their digits. Raises `QualifierError` for a name
    that no variable can have.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not _VARIABLE_NAME.fullmatch(name):
            text = (
                f"is {shown_value(name)}, which is no variable name: give letters, digits, _ and "
                "-, without percent signs"
            )
            raise QualifierError([operand_problem(VariableConditionExpression, "Variable", text)])
        self._name = name

    def __repr__(self) -> str:
        return f"Variable({self._name!r})"

    def exists(self) -> VariableConditionExpression:
        """True when the variable has a value."""
        return VariableConditionExpression(variable=self._name, operator="exists")

    def not_exists(self) -> VariableConditionExpression:
        """True when the variable has no value."""
        return VariableConditionExpression(variable=self._name, operator="notExists")

    def like(self, pattern: str) -> VariableConditionExpression:
        """True when the value matches a pattern, in which % and * stand for any text."""
        return self._compared("like", pattern)

    def not_like(self, pattern: str) -> VariableConditionExpression:
        """True when the value does not match a pattern."""
        return self._compared("notLike", pattern)

    def _compared(self, operator: str, value: str | int | bool) -> VariableConditionExpression:
        text = compared_text(VariableConditionExpression, "Value", value)
        return VariableConditionExpression(variable=self._name, operator=operator, value=text)


def query_wmi(query: str, namespace: str = r"root\cimv2") -> WMIConditionExpression:
    """Return a condition that is true when a WQL query returns something; it is not checked."""
    return WMIConditionExpression(namespace=namespace, query=query)
