"""Property values from the text of variables and attributes."""

from __future__ import annotations

import re
from typing import Any

from tasksequence.cim_datetime import from_cim
from tasksequence.secret_text import SecretText
from tasksequence.wmi_property import Property

__all__ = ["decode", "decode_boolean"]

_MOST_DIGITS = 40
_INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*")


def decode_boolean(text: str) -> bool:
    """Read true or false in any letter case, as MDT writes it; raises ValueError."""
    folded = text.strip().casefold()
    if folded not in {"true", "false"}:
        raise ValueError(f"is {text!r}, which is neither true nor false")
    return folded == "true"


def decode(known: Property, text: str) -> Any:
    """Turn the text of a variable into the property's value; raises ValueError."""
    if known.is_array:
        return [_decode_item(known, item) for item in text.split(",")] if text else []
    return _decode_item(known, text)


def _decode_item(known: Property, text: str) -> Any:
    if known.is_boolean:
        return decode_boolean(text)
    if known.integer is not None:
        if not _INTEGER.fullmatch(text) or len(text) > _MOST_DIGITS:
            raise ValueError(f"is {text[:_MOST_DIGITS]!r}, which is no {known.type}")
        return int(text)
    if known.type == "DateTime":
        return from_cim(text)
    if known.type == "UInt8[]":
        try:
            return bytes.fromhex(text)
        except ValueError:
            shown = text[:_MOST_DIGITS]
            raise ValueError(f"is {shown!r}, which is no hexadecimal text ({known.type})") from None
    return SecretText(text) if known.is_secret else text
