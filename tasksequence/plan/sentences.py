"""Conditions said as a person would say them, nesting kept, secrets masked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    FileConditionExpression,
    FolderConditionExpression,
    OSExpressionGroup,
    RegistryConditionExpression,
    SoftwareConditionExpression,
    UnknownOperand,
    VariableConditionExpression,
    WMIConditionExpression,
)
from tasksequence.plan.variables import Variables, is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["in_words", "masked"]

NO_VARIABLES = Variables({})


class _Holder(Protocol):
    """Whatever holds variables: asked only whether one holds a secret."""

    def get(self, name: str, /) -> str | SecretText | None:
        """Return a variable's value."""


_WORDS = {
    "exists": "exists",
    "notexists": "does not exist",
    "equals": "equals",
    "notequals": "does not equal",
    "less": "is less than",
    "lessequal": "is at most",
    "greater": "is greater than",
    "greaterequal": "is at least",
    "like": "is like",
}


def in_words(operand: Condition | ConditionOperand, variables: _Holder = NO_VARIABLES) -> str:
    """Say a condition or a part of one as a person would, nesting kept.

    What is compared with a variable that holds a secret, by its name or in `variables`, is masked.
    """
    if isinstance(operand, Condition):
        return _joined(operand.operands, "and", variables) or "always"
    if isinstance(operand, OSExpressionGroup):
        return f"operating system is {operand.name or operand.platform_min_ver_key}"
    if isinstance(operand, ConditionOperator):
        return _operator_in_words(operand, variables)
    if isinstance(operand, VariableConditionExpression):
        verb = _WORDS.get((operand.operator or "").casefold(), operand.operator)
        if "exist" in str(verb):
            return f"variable {operand.variable} {verb}"
        value = "***" if masked(operand.variable or "", variables) else operand.value or ""
        return f'variable {operand.variable} {verb} "{value}"'
    if isinstance(operand, WMIConditionExpression):
        return f"WMI query in {operand.namespace} returns something: {operand.query}"
    if isinstance(operand, FileConditionExpression):
        return f"file {operand.path} exists" + _also(operand)
    if isinstance(operand, FolderConditionExpression):
        return f"folder {operand.path} exists" + _also(operand)
    if isinstance(operand, RegistryConditionExpression):
        verb = _WORDS.get((operand.operator or "").casefold(), operand.operator)
        value = operand.value or "(Default)"
        data = "" if operand.data is None or "exist" in str(verb) else f' "{operand.data}"'
        return f"registry value {operand.key_path}\\{value} {verb}{data}"
    if isinstance(operand, SoftwareConditionExpression):
        any_version = (operand.operator or "").casefold() == "anyversion"
        version = "in any version" if any_version else f"in version {operand.version}"
        name = operand.product_name or operand.product_code or operand.upgrade_code
        return f"{name} is installed {version}"
    assert isinstance(operand, UnknownOperand)
    return f"a condition of type {operand.type or 'unknown'}"


def masked(variable: str, variables: _Holder) -> bool:
    """Tell whether what a variable is compared with must not be shown."""
    return is_secret_variable(variable) or isinstance(variables.get(variable), SecretText)


def _operator_in_words(operand: ConditionOperator, variables: _Holder) -> str:
    kind = str(operand.operator_type).casefold()
    if not operand.operands:
        return "always"
    if kind == "not":
        return f"none of ({_joined(operand.operands, 'or', variables)})"
    text = _joined(operand.operands, "or" if kind == "or" else "and", variables)
    return f"({text})" if len(operand.operands) > 1 else text


def _joined(operands: Iterable[ConditionOperand], word: str, variables: _Holder) -> str:
    return f" {word} ".join(in_words(operand, variables) for operand in operands)


def _also(operand: FileConditionExpression | FolderConditionExpression) -> str:
    parts = []
    version = getattr(operand, "version", None)
    if version:
        verb = _WORDS.get(str(getattr(operand, "version_operator", "")).casefold(), "equals")
        parts.append(f" and its version {verb} {version}")
    if operand.date_time:
        verb = _WORDS.get(str(operand.date_time_operator).casefold(), "equals")
        parts.append(f" and its time {verb} {operand.date_time}")
    return "".join(parts)
