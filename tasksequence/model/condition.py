"""Conditions of steps and groups: expressions, and the operators that join them."""

from typing import NoReturn

import attrs

from tasksequence.errors import UndecidedError
from tasksequence.model.enumerations import Operator, OperatorType, RegistryType, SoftwareOperator
from tasksequence.qualifiers import AllowedLen, abstract, not_null, not_null_to_instance
from tasksequence.wmi import WmiObject, prop, wmi_class

__all__ = [
    "NO_TRUTH",
    "Condition",
    "ConditionExpression",
    "ConditionOperand",
    "ConditionOperator",
    "FileConditionExpression",
    "FolderConditionExpression",
    "OSConditionGroup",
    "OSExpressionGroup",
    "RegistryConditionExpression",
    "SoftwareConditionExpression",
    "UnknownOperand",
    "VariableConditionExpression",
    "WMIConditionExpression",
]

NO_TRUTH = (
    "a part of a condition is neither true nor false before the sequence runs: join parts with "
    "all_of, any_of and none_of, not with and, or, not or a chained comparison; "
    "compare with None by `is`"
)
_COMPARISONS = ("equals", "notEquals", "less", "lessEqual", "greater", "greaterEqual")
_OPERATORS = ("exists", "notExists", *_COMPARISONS)


@wmi_class("SMS_TaskSequence_ConditionOperand", abstract)
class ConditionOperand(WmiObject):
    """Base of all that a condition can hold; `str()` says it in words."""

    def __str__(self) -> str:
        return _in_words(self)

    def __bool__(self) -> NoReturn:
        """Raise `UndecidedError`: `and`, `or`, `not` and chained comparisons would lose a part."""
        raise UndecidedError(NO_TRUTH)


@wmi_class("SMS_TaskSequence_Condition")
class Condition(WmiObject):
    """When a step or group runs: all operands must be true. No operand means no restriction.

    `str()` says it in words.
    """

    operands: list[ConditionOperand] = prop("Operands", not_null_to_instance, factory=list)

    def __str__(self) -> str:
        return _in_words(self)


def _in_words(part: "Condition | ConditionOperand") -> str:
    # The words need all classes, these among them: for what holds a secret is declared there.
    from tasksequence.model.condition_text import condition_text

    return condition_text(part)


@wmi_class("SMS_TaskSequence_ConditionOperator")
class ConditionOperator(ConditionOperand):
    """Joins operands: `and` (editor: All), `or` (Any), `not` (None of them is true)."""

    operator_type: OperatorType | str = prop("OperatorType", not_null_to_instance)
    operands: list[ConditionOperand] = prop("Operands", not_null_to_instance, factory=list)


@wmi_class("SMS_TaskSequence_ConditionExpression", abstract)
class ConditionExpression(ConditionOperand):
    """Base of all expressions."""


@wmi_class("SMS_TaskSequence_VariableConditionExpression")
class VariableConditionExpression(ConditionExpression):
    """Compares a task sequence variable with a value."""

    variable: str = prop("Variable", not_null)
    operator: Operator | str = prop("Operator", not_null)
    value: str | None = prop("Value", default=None)


@wmi_class("SMS_TaskSequence_RegistryConditionExpression")
class RegistryConditionExpression(ConditionExpression):
    """Compares a registry value; `type` counts only for exists and notExists."""

    key_path: str = prop("KeyPath", not_null)
    # The class page prints nonExists; a real export has notExists.
    operator: Operator | str = prop("Operator", not_null, values=_OPERATORS)
    value: str | None = prop("Value", AllowedLen("0-250"), default=None)
    type: RegistryType | str | None = prop("Type", default=None)
    data: str | None = prop("Data", default=None)


@wmi_class("SMS_TaskSequence_FileConditionExpression")
class FileConditionExpression(ConditionExpression):
    """True when a file exists, and its version and time compare as asked."""

    path: str = prop("Path", not_null)
    version: str | None = prop("Version", default=None)
    version_operator: Operator | str | None = prop(
        "VersionOperator", default=None, values=_COMPARISONS
    )
    date_time: str | None = prop("DateTime", default=None)
    date_time_operator: Operator | str | None = prop(
        "DateTimeOperator", default=None, values=_COMPARISONS
    )


@wmi_class("SMS_TaskSequence_FolderConditionExpression")
class FolderConditionExpression(ConditionExpression):
    """True when a folder exists, and its time compares as asked."""

    path: str = prop("Path", not_null)
    date_time: str | None = prop("DateTime", default=None)
    date_time_operator: Operator | str | None = prop(
        "DateTimeOperator", default=None, values=_COMPARISONS
    )


@wmi_class("SMS_TaskSequence_SoftwareConditionExpression")
class SoftwareConditionExpression(ConditionExpression):
    """True when a product is installed: this version, or any version of its upgrade code."""

    operator: SoftwareOperator | str = prop("Operator", not_null)
    product_code: str = prop("ProductCode", not_null)
    product_name: str | None = prop("ProductName", default=None)
    upgrade_code: str | None = prop("UpgradeCode", default=None)
    version: str | None = prop("Version", default=None)


@wmi_class("SMS_TaskSequence_WMIConditionExpression")
class WMIConditionExpression(ConditionExpression):
    """True when a WMI query returns something."""

    namespace: str = prop("Namespace", not_null)
    query: str = prop("Query", not_null, AllowedLen("1-16384"))


@wmi_class("SMS_TaskSequence_OSConditionGroup")
class OSConditionGroup(ConditionOperator):
    """The operating systems that a step runs on: any of its expression groups."""

    operator_type: OperatorType | str = prop(
        "OperatorType", not_null_to_instance, default="or", values=("or",)
    )


@wmi_class("SMS_TaskSequence_OSExpressionGroup")
class OSExpressionGroup(ConditionOperator):
    """One operating system of an `OSConditionGroup`: all of its WMI expressions."""

    operator_type: OperatorType | str = prop(
        "OperatorType", not_null_to_instance, default="and", values=("and",)
    )
    name: str | None = prop("Name", default="")
    platform_arch_key: str = prop("PlatformArchKey", not_null)
    platform_min_ver_key: str = prop("PlatformMinVerKey", not_null)
    platform_max_ver_key: str = prop("PlatformMaxVerKey", not_null)
    platform_type_key: str = prop("PlatformTypeKey", not_null)


@wmi_class("")
class UnknownOperand(ConditionOperand):
    """An expression or element of a type that this library does not know; kept as it was read."""

    type: str | None = attrs.field(default=None)
    variables: dict[str, str] = attrs.field(factory=dict)

    def __repr__(self) -> str:
        return f"UnknownOperand(type={self.type!r}, variables=<{', '.join(self.variables)}>)"
