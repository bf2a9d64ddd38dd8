"""Conditions as sentences, with their nesting."""

from collections.abc import Callable, Iterable

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
from tasksequence.model.secret_variables import is_secret_variable

__all__ = ["condition_text"]

_VERBS = {
    "exists": "exists",
    "notexists": "does not exist",
    "equals": "equals",
    "notequals": "does not equal",
    "less": "is less than",
    "lessequal": "is at most",
    "greater": "is greater than",
    "greaterequal": "is at least",
    "like": "is like",
    "notlike": "is not like",
}


def condition_text(
    operand: Condition | ConditionOperand,
    *,
    is_secret: Callable[[str], bool] = is_secret_variable,
) -> str:
    """Say a condition, or a part of one, as a person would; `str()` of it says the same.

    What is compared with a variable of which `is_secret` is true is masked.
    """
    if isinstance(operand, Condition):
        return _joined(operand.operands, "and", is_secret) or "always"
    if isinstance(operand, OSExpressionGroup):
        return f"operating system is {operand.name or operand.platform_min_ver_key}"
    if isinstance(operand, ConditionOperator):
        return _operator_text(operand, is_secret)
    if isinstance(operand, VariableConditionExpression):
        verb = _verb(operand.operator)
        if "exist" in verb:
            return f"variable {operand.variable} {verb}"
        value = "***" if is_secret(operand.variable or "") else operand.value or ""
        return f'variable {operand.variable} {verb} "{value}"'
    if isinstance(operand, WMIConditionExpression):
        return f"WMI query in {operand.namespace} returns something: {operand.query}"
    if isinstance(operand, FileConditionExpression):
        return f"file {operand.path} exists" + _also(operand)
    if isinstance(operand, FolderConditionExpression):
        return f"folder {operand.path} exists" + _also(operand)
    if isinstance(operand, RegistryConditionExpression):
        verb = _verb(operand.operator)
        shown = "***" if is_secret_variable(operand.value or "") else operand.data
        data = "" if operand.data is None or "exist" in verb else f' "{shown}"'
        return f"registry value {operand.key_path}\\{operand.value or '(Default)'} {verb}{data}"
    if isinstance(operand, SoftwareConditionExpression):
        name = operand.product_name or operand.product_code or operand.upgrade_code
        if (operand.operator or "").casefold() == "anyversion":
            return f"{name} is installed in any version"
        return f"{name} is installed" + (
            f" in version {operand.version}" if operand.version else ""
        )
    kind = operand.type if isinstance(operand, UnknownOperand) else operand.wmi_name
    return f"a condition of type {kind or 'unknown'}"


def _operator_text(operand: ConditionOperator, is_secret: Callable[[str], bool]) -> str:
    kind = str(operand.operator_type).casefold()
    if not operand.operands:
        return "always"
    if kind == "not":
        return f"none of ({_joined(operand.operands, 'or', is_secret)})"
    if kind not in {"and", "or"}:
        said = _joined(operand.operands, "and", is_secret)
        return f"operator {operand.operator_type} of ({said})"
    text = _joined(operand.operands, kind, is_secret)
    return f"({text})" if len(operand.operands) > 1 else text


def _joined(
    operands: Iterable[ConditionOperand], word: str, is_secret: Callable[[str], bool]
) -> str:
    return f" {word} ".join(condition_text(operand, is_secret=is_secret) for operand in operands)


def _verb(operator: str | None) -> str:
    return _VERBS.get((operator or "").casefold(), operator or "has no operator")


def _also(operand: FileConditionExpression | FolderConditionExpression) -> str:
    parts = []
    if isinstance(operand, FileConditionExpression) and operand.version:
        verb = _verb(operand.version_operator or "equals")
        parts.append(f" and its version {verb} {operand.version}")
    if operand.date_time:
        parts.append(f" and its time {_verb(operand.date_time_operator or 'equals')} ")
        parts.append(operand.date_time)
    return "".join(parts)
