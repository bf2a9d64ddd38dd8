"""Text that must not be seen: passwords and product keys."""

from __future__ import annotations

from typing import final

__all__ = ["SecretText"]


@final
class SecretText:
    """A password or product key that no repr, message, log or format string shows.

    Compares by value; `reveal()` is the only way to the text, so that every place that
    needs it can be found by searching for that word.
    """

    __slots__ = ("_text",)

    _text: str

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a SecretText is made of str, not of {type(text).__name__}")
        object.__setattr__(self, "_text", text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a SecretText does not change: make another")

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)

    def reveal(self) -> str:
        """Return the secret itself; never put the result into a message."""
        return self._text

    def __repr__(self) -> str:
        return "SecretText('***')" if self._text else "SecretText('')"

    def __str__(self) -> str:
        return "***" if self._text else ""

    def __bool__(self) -> bool:
        return bool(self._text)

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SecretText):
            return self._text == other._text
        return NotImplemented

    def __hash__(self) -> int:
        return hash(("SecretText", self._text))

    def __reduce__(self) -> tuple[type[SecretText], tuple[str]]:
        if self._text:
            raise TypeError(
                "a set secret is not pickled: the pickle would hold it in plain text; "
                "blank it first, or pass it to the other process by a pipe"
            )
        return (SecretText, ("",))

    def __copy__(self) -> SecretText:
        return self

    def __deepcopy__(self, memo: object) -> SecretText:
        return self
