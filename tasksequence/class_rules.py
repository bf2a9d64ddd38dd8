"""Rules of WMI classes that no qualifier states: between properties, and of good practice.

They come from the prose of the class reference and from what the console refuses. Each belongs to
the property that it judges. A rule of good practice (`is_advice`) never keeps an object from being
built; it is a warning where a file is read.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from enum import IntEnum
from typing import Any, ClassVar

import attrs

__all__ = [
    "AdvisedEnding",
    "AdvisedLen",
    "AdvisedWith",
    "ExcludedWhen",
    "NeededWhen",
    "OnlyOneOf",
    "Rule",
]


@attrs.frozen
class Rule:
    """A rule on one property, which may look at other properties of the same object."""

    name: ClassVar[str]
    is_advice: ClassVar[bool] = False
    property: str
    """WMI name of the property that the rule judges."""
    other: str = ""
    """WMI name of the property beside it; empty where there is none."""
    argument: Any = None
    """What the rule compares with."""

    @builtins.property
    def properties(self) -> tuple[str, ...]:
        """WMI names of all properties that the rule looks at."""
        return tuple(name for name in (self.property, self.other) if name)

    def broken(self, value_of: Callable[[str], Any]) -> str | None:
        """Say what is wrong and what to do, without values that could be secret; None if nothing.

        `value_of` gives the value of a property by its WMI name.
        """
        raise NotImplementedError

    def explain(self) -> str:
        """Say in a phrase what the rule means for an author."""
        raise NotImplementedError


def _is_given(value: Any) -> bool:
    return (
        value is not None and value is not False and not (hasattr(value, "__len__") and not value)
    )


def _said(value: Any) -> str:
    return f"{value} ({value.name.lower()})" if isinstance(value, IntEnum) else str(value)


class NeededWhen(Rule):
    """The property must be given while another has a certain value."""

    __slots__ = ()
    name: ClassVar[str] = "NeededWhen"

    def __init__(self, property: str, other: str, equals: object) -> None:
        super().__init__(property, other, equals)

    def broken(self, value_of: Callable[[str], Any]) -> str | None:
        if value_of(self.other) != self.argument or _is_given(value_of(self.property)):
            return None
        return f"has no value, and {self.other} {_said(self.argument)} asks for one: give it one"

    def explain(self) -> str:
        return f"needed when {self.other} is {_said(self.argument)}"


class ExcludedWhen(Rule):
    """The property must not be given while another has a certain value."""

    __slots__ = ()
    name: ClassVar[str] = "ExcludedWhen"

    def __init__(self, property: str, other: str, equals: object) -> None:
        super().__init__(property, other, equals)

    def broken(self, value_of: Callable[[str], Any]) -> str | None:
        if value_of(self.other) != self.argument or not _is_given(value_of(self.property)):
            return None
        change = f"change {self.other}"
        if isinstance(self.argument, bool):
            change = f"set {self.other} to {not self.argument}"
        return (
            f"is given, and {self.other} {_said(self.argument)} excludes it: "
            f"leave it out, or {change}"
        )

    def explain(self) -> str:
        return f"not with {self.other} {_said(self.argument)}"


class OnlyOneOf(Rule):
    """The property must not be given beside others that say the same in another way."""

    __slots__ = ()
    name: ClassVar[str] = "OnlyOneOf"

    def __init__(self, property: str, others: tuple[str, ...]) -> None:
        super().__init__(property, argument=others)

    @builtins.property
    def properties(self) -> tuple[str, ...]:
        return (self.property, *self.argument)

    def broken(self, value_of: Callable[[str], Any]) -> str | None:
        if not _is_given(value_of(self.property)):
            return None
        also = [other for other in self.argument if _is_given(value_of(other))]
        if not also:
            return None
        return f"is given beside {', '.join(also)}, and only one of them counts: give one"

    def explain(self) -> str:
        return f"not together with {' or '.join(self.argument)}"


class AdvisedLen(Rule):
    """The property's text should have at most so many characters."""

    __slots__ = ()
    name: ClassVar[str] = "AdvisedLen"
    is_advice: ClassVar[bool] = True

    def __init__(self, property: str, most: int, source: str) -> None:
        super().__init__(property, argument=(most, source))

    def broken(self, value_of: Callable[[str], Any]) -> str | None:
        value = value_of(self.property)
        most, source = self.argument
        if not isinstance(value, str) or len(value) <= most:
            return None
        return (
            f"has {len(value)} characters, {source} allows {most}: "
            f"shorten it by {len(value) - most}"
        )

    def explain(self) -> str:
        most, source = self.argument
        return f"{source} allows {most} characters"


class AdvisedEnding(Rule):
    """The property's text should end so; a text with a %variable% at its end is left alone."""

    __slots__ = ()
    name: ClassVar[str] = "AdvisedEnding"
    is_advice: ClassVar[bool] = True

    def __init__(self, property: str, ending: str) -> None:
        super().__init__(property, argument=ending)

    def broken(self, value_of: Callable[[str], Any]) -> str | None:
        value = value_of(self.property)
        if not isinstance(value, str) or not value or value.endswith("%"):
            return None
        if value.casefold().endswith(self.argument):
            return None
        return f"does not end in {self.argument}: name a file with that ending"

    def explain(self) -> str:
        return f"should end in {self.argument}"


class AdvisedWith(Rule):
    """The property should be given beside another."""

    __slots__ = ()
    name: ClassVar[str] = "AdvisedWith"
    is_advice: ClassVar[bool] = True

    def __init__(self, property: str, other: str) -> None:
        super().__init__(property, other)

    def broken(self, value_of: Callable[[str], Any]) -> str | None:
        if _is_given(value_of(self.property)) or not _is_given(value_of(self.other)):
            return None
        return f"has no value, and {self.other} mostly needs it: give it one if the share asks"

    def explain(self) -> str:
        return f"mostly given with {self.other}"
