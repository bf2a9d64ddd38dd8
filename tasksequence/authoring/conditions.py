"""Conditions written as a person reads them: `Variable("_SMSTSInWinPE") == "false"`.

Every builder gives a condition class of the model, whose `str()` is its sentence. `when` makes
the condition of a step of one or more of them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Generic, NoReturn, TypeVar

import attrs

from tasksequence.errors import Problem, QualifierError
from tasksequence.model.condition import (
    NO_TRUTH,
    Condition,
    ConditionOperand,
    ConditionOperator,
    FileConditionExpression,
    FolderConditionExpression,
    RegistryConditionExpression,
    SoftwareConditionExpression,
    VariableConditionExpression,
    WMIConditionExpression,
)

__all__ = [
    "File",
    "Folder",
    "Registry",
    "Software",
    "Variable",
    "all_of",
    "any_of",
    "none_of",
    "query_wmi",
    "when",
]

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,255}")
_HIVES = {
    "HKCU": "HKEY_CURRENT_USER",
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}
_REGISTRY_TYPES = ("REG_SZ", "REG_EXPAND_SZ", "REG_DWORD")


def when(*operands: ConditionOperand) -> Condition:
    """Return the condition of a step: all operands must be true.

    Raises `QualifierError` without an operand: a condition that holds nothing restricts nothing.
    """
    return Condition(operands=_some(operands, "when"))


def all_of(*operands: ConditionOperand) -> ConditionOperator:
    """Join operands that must all be true (editor: All; XML: `and`)."""
    return ConditionOperator(operator_type="and", operands=_some(operands, "all_of"))


def any_of(*operands: ConditionOperand) -> ConditionOperator:
    """Join operands of which one must be true (editor: Any; XML: `or`)."""
    return ConditionOperator(operator_type="or", operands=_some(operands, "any_of"))


def none_of(*operands: ConditionOperand) -> ConditionOperator:
    """Join operands of which none may be true (editor: None; XML: `not`)."""
    return ConditionOperator(operator_type="not", operands=_some(operands, "none_of"))


def _some(operands: tuple[ConditionOperand, ...], builder: str) -> list[ConditionOperand]:
    if not operands:
        raise _refused(
            ConditionOperator, "Operands", f"is empty: give {builder}() at least one operand"
        )
    return list(operands)


def _refused(cls: type[Condition | ConditionOperand], name: str, text: str) -> QualifierError:
    return QualifierError([Problem(cls.wmi_name, name, "not_null", text)])


def _text(value: str | int | bool) -> str:
    """Return a value as variables and the registry hold it: text; true and false in small."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return value
    raise TypeError(f"a condition compares with text, a number, True or False, not {value!r}")


_Value_contra = TypeVar("_Value_contra", contravariant=True)
_Expression = TypeVar("_Expression", bound=ConditionOperand)


class _Comparable(ABC, Generic[_Value_contra, _Expression]):
    """What the six comparisons turn into an expression."""

    # == builds an expression: it does not tell whether two of these are the same.
    __hash__ = None  # type: ignore[assignment]
    __slots__ = ()

    @abstractmethod
    def _compared(self, operator: str, value: _Value_contra) -> _Expression: ...

    def __bool__(self) -> NoReturn:
        raise TypeError(NO_TRUTH)

    def __eq__(self, value: _Value_contra) -> _Expression:  # type: ignore[override]
        return self._compared("equals", value)

    def __ne__(self, value: _Value_contra) -> _Expression:  # type: ignore[override]
        return self._compared("notEquals", value)

    def __lt__(self, value: _Value_contra) -> _Expression:
        return self._compared("less", value)

    def __le__(self, value: _Value_contra) -> _Expression:
        return self._compared("lessEqual", value)

    def __gt__(self, value: _Value_contra) -> _Expression:
        return self._compared("greater", value)

    def __ge__(self, value: _Value_contra) -> _Expression:
        return self._compared("greaterEqual", value)


class Variable(_Comparable[str | int | bool, VariableConditionExpression]):
    """A task sequence variable, to compare with a value or to ask whether it exists.

    `Variable("_SMSTSInWinPE") == "false"` is a `VariableConditionExpression`. True and False are
    compared as `true` and `false`, numbers as their digits. Raises `QualifierError` for a name
    that no variable can have.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not _VARIABLE_NAME.fullmatch(name):
            raise _refused(
                VariableConditionExpression,
                "Variable",
                f"is {name!r}, which is no variable name: give letters, digits, _ and -, "
                "without percent signs",
            )
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
        return VariableConditionExpression(
            variable=self._name, operator=operator, value=_text(value)
        )


class Registry(_Comparable[str | int, RegistryConditionExpression]):
    r"""A registry value: `Registry(r"HKLM\SOFTWARE\Contoso", "Build") == "7"`.

    `value` None is the key's default value. The hive is HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER,
    HKEY_USERS or HKEY_CURRENT_CONFIG, or its short form. `type` is REG_SZ, REG_EXPAND_SZ or
    REG_DWORD; without it a number compares as REG_DWORD, anything else as REG_SZ.
    """

    __slots__ = ("_key", "_type", "_value")

    def __init__(self, key: str, value: str | None = None, *, type: str | None = None) -> None:
        hive, slash, rest = key.partition("\\")
        hive = _HIVES.get(hive.upper(), hive.upper())
        if hive not in _HIVES.values() or not slash or not rest:
            raise _refused(
                RegistryConditionExpression,
                "KeyPath",
                f"is {key!r}: give a key below {', '.join(_HIVES.values())}",
            )
        if type is not None and type not in _REGISTRY_TYPES:
            raise _refused(
                RegistryConditionExpression,
                "Type",
                f"is {type!r}, which is none of {', '.join(_REGISTRY_TYPES)}",
            )
        self._key = f"{hive}\\{rest}"
        self._value = value
        self._type = type

    def __repr__(self) -> str:
        return f"Registry({self._key!r}, {self._value!r})"

    def exists(self) -> RegistryConditionExpression:
        """True when the value exists."""
        return self._expression("exists", None, self._type)

    def not_exists(self) -> RegistryConditionExpression:
        """True when the value does not exist."""
        return self._expression("notExists", None, self._type)

    def _compared(self, operator: str, value: str | int) -> RegistryConditionExpression:
        implied = "REG_DWORD" if isinstance(value, int) else "REG_SZ"
        return self._expression(operator, _text(value), self._type or implied)

    def _expression(
        self, operator: str, data: str | None, kind: str | None
    ) -> RegistryConditionExpression:
        return RegistryConditionExpression(
            key_path=self._key, operator=operator, value=self._value, type=kind, data=data
        )


class _FileVersion(_Comparable[str, FileConditionExpression]):
    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def _compared(self, operator: str, value: str) -> FileConditionExpression:
        return FileConditionExpression(
            path=self._path, version=_text(value), version_operator=operator
        )


class _FileTime(_Comparable[datetime, FileConditionExpression]):
    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def _compared(self, operator: str, value: datetime) -> FileConditionExpression:
        return FileConditionExpression(
            path=self._path, date_time=_wmi_time(value), date_time_operator=operator
        )


class _FolderTime(_Comparable[datetime, FolderConditionExpression]):
    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def _compared(self, operator: str, value: datetime) -> FolderConditionExpression:
        return FolderConditionExpression(
            path=self._path, date_time=_wmi_time(value), date_time_operator=operator
        )


def _wmi_time(value: datetime) -> str:
    """Return a time as WMI writes its type DateTime, in UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise QualifierError(
            [
                Problem(
                    FileConditionExpression.wmi_name,
                    "DateTime",
                    "DateTime",
                    f"is {value!r}: give a datetime with its time zone, as in "
                    "datetime(2026, 11, 21, tzinfo=UTC)",
                )
            ]
        )
    return value.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f+000")


@attrs.frozen
class File:
    r"""A file of the device: `File(r"C:\Windows\explorer.exe").version >= "10.0.22000.1"`."""

    path: str

    def exists(self) -> FileConditionExpression:
        """True when the file exists."""
        return FileConditionExpression(path=self.path)

    @property
    def version(self) -> _FileVersion:
        """Its version, to compare with a text such as 10.0.22000.1."""
        return _FileVersion(self.path)

    @property
    def modified(self) -> _FileTime:
        """When it was last changed, to compare with a datetime that has a time zone."""
        return _FileTime(self.path)


@attrs.frozen
class Folder:
    """A folder of the device."""

    path: str

    def exists(self) -> FolderConditionExpression:
        """True when the folder exists."""
        return FolderConditionExpression(path=self.path)

    @property
    def modified(self) -> _FolderTime:
        """When it was last changed, to compare with a datetime that has a time zone."""
        return _FolderTime(self.path)


@attrs.frozen(kw_only=True)
class Software:
    """A product that Windows Installer installed, by the codes of its MSI file."""

    product_code: str
    """With its braces."""
    upgrade_code: str | None = None
    name: str | None = None
    version: str | None = None

    def installed(self) -> SoftwareConditionExpression:
        """True when this very version is installed (editor: ThisVersion)."""
        return self._expression("ThisVersion")

    def installed_in_any_version(self) -> SoftwareConditionExpression:
        """True when any version with the upgrade code is installed; raises without one."""
        if not self.upgrade_code:
            raise _refused(
                SoftwareConditionExpression,
                "UpgradeCode",
                "has no value: any version of a product is found by its upgrade code",
            )
        return self._expression("AnyVersion")

    def _expression(self, operator: str) -> SoftwareConditionExpression:
        return SoftwareConditionExpression(
            operator=operator,
            product_code=self.product_code,
            upgrade_code=self.upgrade_code,
            product_name=self.name,
            version=self.version,
        )


def query_wmi(query: str, namespace: str = r"root\cimv2") -> WMIConditionExpression:
    """Return a condition that is true when a WQL query returns something; it is not checked."""
    return WMIConditionExpression(namespace=namespace, query=query)
