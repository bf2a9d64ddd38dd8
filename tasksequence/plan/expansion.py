"""%Name% references in texts, followed through whatever holds the variables."""

from __future__ import annotations

import re
from collections.abc import Callable

import attrs

from tasksequence.errors import PlanError
from tasksequence.secret_text import SecretText

__all__ = ["Expanded", "Held", "expand", "references_in"]

_REFERENCE = re.compile(r"%([A-Za-z_][A-Za-z0-9_-]{0,255})%")
_MAX_EXPANSION = 1_000_000


@attrs.frozen
class Held:
    """What is known of one variable at one moment."""

    value: str | SecretText | None = None
    """Its value; None where it is unset, or not known."""
    needs: tuple[str, ...] = ()
    """What would have to be known; empty where the variable is known, set or not."""
    source: str = ""
    """Where this comes from, in words: a fact, a step, a rule."""

    @property
    def is_unknown(self) -> bool:
        """True where nobody knows whether the variable is set, or to what."""
        return bool(self.needs)

    @property
    def text(self) -> str:
        """The value as the engine compares it: an unset variable is the empty string."""
        if isinstance(self.value, SecretText):
            return self.value.reveal()
        return self.value or ""

    @property
    def shown(self) -> str | None:
        """The value as it may be shown; None where there is none."""
        return None if self.value is None else str(self.value)


@attrs.frozen
class Expanded:
    """A text whose %Name% references were followed."""

    text: str
    unset: tuple[str, ...]
    """Names of variables that it needs and that are not known; they stay in `text` as written."""
    has_secret: bool
    """True when a secret variable went into the text."""
    absent: tuple[str, ...] = ()
    """Names of variables that are known not to exist; nothing stands for them in `text`."""
    needs: tuple[str, ...] = ()
    """What would have to be known to expand all of it."""


def references_in(text: str) -> list[str]:
    """Return the names that a text refers to, in order, each as often as it does."""
    return _REFERENCE.findall(text) if "%" in text else []


def expand(text: str, lookup: Callable[[str], Held | None]) -> Expanded:
    """Follow %Name% references, nested ones too; raises `PlanError` for a cycle.

    A percent sign that starts no name stays as it is, and so does a name of which `lookup` says
    None: it is no variable.
    """
    if "%" not in text:
        return Expanded(text, (), False)
    unset: dict[str, None] = {}
    absent: dict[str, None] = {}
    needs: dict[str, None] = {}
    secret = False

    done: dict[str, str] = {}

    def follow(text: str, within: tuple[str, ...]) -> str:
        length = 0

        def one(match: re.Match[str]) -> str:
            nonlocal secret, length
            name = match[1]
            folded = name.casefold()
            if folded in within:
                circle = " -> ".join([*within[within.index(folded) :], folded])
                raise PlanError(
                    f"the variables refer to each other in a circle: {circle}",
                    hint="Give one of them a value without the other's %Name%.",
                )
            held = lookup(name)
            if held is None:
                return match[0]
            if held.is_unknown:
                unset[name] = None
                needs.update(dict.fromkeys(held.needs))
                return match[0]
            if held.value is None:
                absent[name] = None
                return ""
            secret = secret or isinstance(held.value, SecretText)
            if folded not in done:
                # Each is followed once: values that double each other would take for ever.
                done[folded] = follow(held.text, (*within, folded))
            expanded = done[folded]
            length += len(expanded)
            if length > _MAX_EXPANSION:
                raise PlanError(
                    f"%{name}% expands to more than {_MAX_EXPANSION} characters",
                    hint="Look for variables that repeat each other.",
                )
            return expanded

        return _REFERENCE.sub(one, text)

    whole = follow(text, ())
    return Expanded(whole, tuple(unset), secret, tuple(absent), tuple(needs))
