"""Names that tell of a secret, for variables that no class describes."""

from __future__ import annotations

import re

__all__ = ["names_a_secret"]

# Variables of MDT and of the engine whose name alone would not say so.
_KNOWN = frozenset({"bdepin", "osdbitlockerpin"})
_WORDS = re.compile(
    "pass(word|wd|phrase)|pwd|secret|token|credential|(api|private|startup|product|recovery)key"
    "|^_smstsreserved"
)


def names_a_secret(name: str) -> bool:
    """Tell whether a variable of this name is likely to hold a password, PIN or key."""
    folded = name.casefold()
    return folded in _KNOWN or _WORDS.search(folded) is not None
