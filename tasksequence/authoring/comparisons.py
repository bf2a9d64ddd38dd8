"""What the condition builders share: the six comparisons, and refusing what cannot be compared."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Generic, NoReturn, TypeVar

from tasksequence.cim_datetime import to_cim
from tasksequence.errors import Problem, QualifierError, UndecidedError
from tasksequence.model.condition import NO_TRUTH, Condition, ConditionOperand
from tasksequence.wmi_property import shown_value

__all__ = ["Comparable", "compared_text", "compared_time", "operand_problem"]

_Value_contra = TypeVar("_Value_contra", contravariant=True)
_Expression = TypeVar("_Expression", bound=ConditionOperand)


class Comparable(ABC, Generic[_Value_contra, _Expression]):
    """What the six comparisons turn into an expression."""

    # == builds an expression: it does not tell whether two of these are the same.
    __hash__ = None  # type: ignore[assignment]
    __slots__ = ()

    @abstractmethod
    def _compared(self, operator: str, value: _Value_contra) -> _Expression: ...

    def __bool__(self) -> NoReturn:
        raise UndecidedError(NO_TRUTH)

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


def operand_problem(
    cls: type[Condition | ConditionOperand], name: str, text: str, rule: str = "String"
) -> Problem:
    """Return the problem of a property of a condition; `rule` is the qualifier or the type."""
    return Problem(cls.wmi_name, name, rule, text)


def compared_text(cls: type[ConditionOperand], name: str, value: object) -> str:
    """Return a value as variables and files hold it: text; true and false in small.

    Raises `QualifierError`. Its message does not show the value, which may be a secret.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if not isinstance(value, int):
        text = (
            f"is {type(value).__name__}, and a condition compares with text, a whole number, "
            "True or False: give one of them"
        )
    else:
        try:
            return str(value)
        except ValueError:  # Python writes out only numbers of some thousand digits
            text = f"is {shown_value(value)}, which no variable holds: give a smaller one"
    raise QualifierError([operand_problem(cls, name, text)])


def compared_time(cls: type[ConditionOperand], value: object) -> str:
    """Return a time as WMI writes its type DateTime, in UTC; raises `QualifierError`."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        text = (
            f"is {shown_value(value)}: give a datetime with its time zone, as in "
            "datetime(2026, 11, 21, tzinfo=UTC)"
        )
    else:
        try:
            return to_cim(value.astimezone(UTC))
        except OverflowError:
            text = f"is {value.isoformat()}: give a time from year 1 to year 9999 in UTC"
    raise QualifierError([operand_problem(cls, "DateTime", text, "DateTime")])
