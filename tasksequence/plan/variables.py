"""The variables of a running sequence: names without letter case, %Name% expansion, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tasksequence.errors import PlanError
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.plan.expansion import Expanded, Held, expand
from tasksequence.secret_text import SecretText

__all__ = ["MAX_VALUE_LENGTH", "Variables", "check_variable", "is_secret_variable"]

MAX_VALUE_LENGTH = 4000
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,255}")


class Variables(Mapping[str, str | SecretText]):
    """An immutable set of variables; names match without letter case, an empty value is unset."""

    def __init__(self, values: Mapping[str, str | SecretText]) -> None:
        """Check and keep `values`; raises `PlanError` for a name or value out of the rules."""
        self._values: dict[str, tuple[str, str | SecretText]] = {}
        self._deleted: set[str] = set()
        for name, value in values.items():
            check_variable(name, value)
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

    @property
    def deleted(self) -> frozenset[str]:
        """Names, without letter case, that were given the empty value."""
        return frozenset(self._deleted)

    def expand(self, text: str) -> Expanded:
        """Follow %Name% references, nested ones too; raises `PlanError` for a cycle.

        A percent sign that starts no name stays as it is.
        """
        return expand(text, self.held)

    def held(self, name: str) -> Held:
        """Return what is known of a variable; one that was not given is unknown."""
        folded = name.casefold()
        if folded in self._values:
            return Held(self._values[folded][1])
        return Held() if folded in self._deleted else Held(needs=(f"variable {name}",))


def check_variable(name: str, value: str | SecretText) -> None:
    """Raise `PlanError` for a name or a value that no variable can have."""
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
    text = value.reveal() if isinstance(value, SecretText) else value
    if _HALF_CHARACTER.search(text):
        raise PlanError(
            f"the value of {name} holds half a character (a lone surrogate)",
            hint="Give the value as UTF-8.",
        )
    if len(value) > MAX_VALUE_LENGTH:
        raise PlanError(
            f"the value of {name} has {len(value)} characters; {MAX_VALUE_LENGTH} are the limit",
        )
