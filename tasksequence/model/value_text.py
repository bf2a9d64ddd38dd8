"""Property values as the text of variables and attributes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tasksequence.cim_datetime import to_cim
from tasksequence.secret_text import SecretText

__all__ = ["value_text"]


def value_text(value: Any) -> str:
    """Turn a property's value, which is not None, into text as a site writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, SecretText):
        return value.reveal()
    if isinstance(value, (datetime, timedelta)):
        return to_cim(value)
    if isinstance(value, bytes):
        # No step of the reference has bytes; hexadecimal is how the registry shows them.
        return value.hex().upper()
    if isinstance(value, (list, tuple)):
        return ",".join(value_text(item) for item in value)
    return str(value)
