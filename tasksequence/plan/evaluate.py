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


def in_words(operand: Condition | ConditionOperand, variables: Variables = NO_VARIABLES) -> str:
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
        compared = operand.variable or ""
        hidden = is_secret_variable(compared) or isinstance(variables.get(compared), SecretText)
        value = "***" if hidden else operand.value or ""
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


def _operator_in_words(operand: ConditionOperator, variables: Variables) -> str:
    kind = str(operand.operator_type).casefold()
    if not operand.operands:
        return "always"
    if kind == "not":
        return f"none of ({_joined(operand.operands, 'or', variables)})"
    text = _joined(operand.operands, "or" if kind == "or" else "and", variables)
    return f"({text})" if len(operand.operands) > 1 else text


def _joined(operands: Iterable[ConditionOperand], word: str, variables: Variables) -> str:
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
