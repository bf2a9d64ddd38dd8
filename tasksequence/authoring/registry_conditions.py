"""Conditions on the registry of the device."""

from __future__ import annotations

import re

from tasksequence.authoring.comparisons import Comparable, compared_text, operand_problem
from tasksequence.authoring.text_forms import holds_reference
from tasksequence.errors import QualifierError
from tasksequence.model.condition import RegistryConditionExpression
from tasksequence.wmi_property import shown_value

__all__ = ["Registry"]

_HIVES = {
    "HKCU": "HKEY_CURRENT_USER",
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}
_DWORD = "REG_DWORD"
_TYPES = ("REG_SZ", "REG_EXPAND_SZ", _DWORD)
_HIGHEST = 2**32 - 1
_NUMBER = re.compile(r"0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10}", re.ASCII)


class Registry(Comparable[str | int, RegistryConditionExpression]):
    r"""A registry value: `Registry(r"HKLM\SOFTWARE\Contoso", "Build") == "7"`.

    `value` None is the key's default value. The hive is HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER,
    HKEY_USERS or HKEY_CURRENT_CONFIG, or its short form. `type` is REG_SZ, REG_EXPAND_SZ or
    REG_DWORD; without it a number compares as REG_DWORD, text as REG_SZ. Raises `QualifierError`
    for another key or type, and when it is compared with what such a value cannot hold.
    """

    __slots__ = ("_key", "_type", "_value")

    def __init__(self, key: str, value: str | None = None, *, type: str | None = None) -> None:
        problems = []
        hive, _, rest = key.partition("\\") if isinstance(key, str) else ("", "", "")
        hive = _HIVES.get(hive.upper(), hive.upper())
        if hive not in _HIVES.values() or not rest:
            text = f"is {shown_value(key)}: give a key below {', '.join(_HIVES.values())}"
            problems.append(operand_problem(RegistryConditionExpression, "KeyPath", text))
        if type is not None and not (isinstance(type, str) and type in _TYPES):
            text = f"is {shown_value(type)}, which is none of {', '.join(_TYPES)}: give one of them"
            problems.append(
                operand_problem(RegistryConditionExpression, "Type", text, "Enumeration")
            )
        if problems:
            raise QualifierError(problems)
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
        kind = self._type or (_DWORD if isinstance(value, int) else "REG_SZ")
        data = self._data(value) if kind == _DWORD else self._text(value)
        return self._expression(operator, data, kind)

    def _text(self, value: object) -> str:
        return compared_text(RegistryConditionExpression, "Data", value)

    def _data(self, value: str | int) -> str:
        """Return a value as a REG_DWORD; a text with a `%variable%` is left to the device."""
        text = ""
        if isinstance(value, bool):
            said = "is True or False, and a REG_DWORD is a number: give 1 or 0"
        else:
            text = self._text(value)
            said = (
                f"is {shown_value(value)}; a REG_DWORD is a number from 0 to {_HIGHEST}: give one, "
                'or type="REG_SZ" for text'
            )
            if holds_reference(text) or _is_dword(text):
                return text
        raise QualifierError([operand_problem(RegistryConditionExpression, "Data", said, _DWORD)])

    def _expression(
        self, operator: str, data: str | None, kind: str | None
    ) -> RegistryConditionExpression:
        return RegistryConditionExpression(
            key_path=self._key, operator=operator, value=self._value, type=kind, data=data
        )


def _is_dword(text: str) -> bool:
    if _NUMBER.fullmatch(text) is None:
        return False
    return int(text, 16 if text[:2] in ("0x", "0X") else 10) <= _HIGHEST
