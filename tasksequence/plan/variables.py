"""The variables of a running sequence: names without letter case, %Name% expansion, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

from tasksequence.errors import PlanError
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["MAX_VALUE_LENGTH", "Expanded", "Variables", "is_secret_variable"]

MAX_VALUE_LENGTH = 4000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,255}")
_REFERENCE = re.compile(r"%([A-Za-z_][A-Za-z0-9_-]{0,255})%")


@attrs.frozen
class Expanded:
    """A text whose %Name% references were followed."""

    text: str
    unset: tuple[str, ...]
    """Names of variables that it needs and that are not set; they stay in `text` as they were."""
    has_secret: bool
    """True when a secret variable went into the text."""


class Variables(Mapping[str, str | SecretText]):
    """An immutable set of variables; names match without letter case, an empty value is unset."""

    def __init__(self, values: Mapping[str, str | SecretText]) -> None:
        """Check and keep `values`; raises `PlanError` for a name or value out of the rules."""
        self._values: dict[str, tuple[str, str | SecretText]] = {}
        self._deleted: set[str] = set()
        for name, value in values.items():
            _check(name, value)
            folded = name.casefold()
            if folded in self._values and self._values[folded][0] != name:
                raise PlanError(
                    f"the variable {name} is given twice, in two spellings",
                    hint="Variable names match without letter case: keep one of them.",
                )
            if len(value) == 0:
                # The engine deletes a variable that is set to the empty string.
                self._deleted.add(folded)
                continue
            hidden = isinstance(value, str) and is_secret_variable(name)
            self._values[folded] = (name, SecretText(str(value)) if hidden else value)

    def __getitem__(self, name: str) -> str | SecretText:
        return self._values[name.casefold()][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.casefold() in self._values

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Variables({dict(self.items())!r})"

    def is_deleted(self, name: str) -> bool:
        """Tell whether the variable was given the empty value: it is known not to exist."""
        return name.casefold() in self._deleted

    def without(self, name: str) -> Variables:
        """Return these variables with one of them not known any more."""
        others = {
            other: value for other, value in self.items() if other.casefold() != name.casefold()
        }
        return Variables({**others, **dict.fromkeys(self._deleted - {name.casefold()}, "")})

    def expand(self, text: str) -> Expanded:
        """Follow %Name% references, nested ones too; raises `PlanError` for a cycle.

        A percent sign that starts no name stays as it is.
        """
        unset: dict[str, None] = {}
        secret = False

        def follow(text: str, within: tuple[str, ...]) -> str:
            def one(match: re.Match[str]) -> str:
                nonlocal secret
                name = match[1]
                folded = name.casefold()
                if folded in within:
                    circle = " -> ".join([*within[within.index(folded) :], folded])
                    raise PlanError(
                        f"the variables refer to each other in a circle: {circle}",
                        hint="Give one of them a value without the other's %Name%.",
                    )
                if folded in self._deleted:
                    return ""
                if folded not in self._values:
                    unset[name] = None
                    return match[0]
                value = self._values[folded][1]
                if isinstance(value, SecretText):
                    secret = True
                    value = value.reveal()
                expanded = follow(value, (*within, folded))
                if len(expanded) > _MAX_EXPANSION:
                    raise PlanError(
                        f"%{name}% expands to more than {_MAX_EXPANSION} characters",
                        hint="Look for variables that repeat each other.",
                    )
                return expanded

            return _REFERENCE.sub(one, text)

        return Expanded(follow(text, ()), tuple(unset), secret)


_MAX_EXPANSION = 1_000_000


def _check(name: str, value: str | SecretText) -> None:
    if not isinstance(value, (str, SecretText)):
        raise PlanError(
            f"the value of {name} is {type(value).__name__}, not text",
            hint="Variables hold text: write numbers and booleans as text.",
        )
    if not _NAME.fullmatch(name):
        raise PlanError(
            f"{name!r} is no variable name",
            hint="A name has 1 to 256 letters, digits, _ and -, and starts with a letter or _.",
        )
    if len(value) > MAX_VALUE_LENGTH:
        raise PlanError(
            f"the value of {name} has {len(value)} characters; {MAX_VALUE_LENGTH} are the limit",
        )
