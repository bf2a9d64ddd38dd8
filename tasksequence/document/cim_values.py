"""Values of WMI properties as CIM-XML writes them, both ways."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from tasksequence.cim_datetime import from_cim, to_cim
from tasksequence.wmi_property import Property

__all__ = ["cim_type", "decode_cim", "encode_cim"]

_NUMBER = re.compile(r"-?\d{1,20}", re.ASCII)


def cim_type(known: Property) -> str:
    """Return a property's type as CIM-XML spells it, without the array: `uint32`, `string`, …"""
    name = known.type.removesuffix("[]")
    return name if name.startswith("object:") else name.casefold()


def decode_cim(type_name: str, text: str) -> Any:
    """Turn the text of a VALUE into a Python value of this CIM type; raises ValueError."""
    if type_name == "boolean":
        if text not in {"TRUE", "FALSE"}:
            raise ValueError(f"is {text!r}, which is neither TRUE nor FALSE")
        return text == "TRUE"
    if type_name == "datetime":
        return from_cim(text)
    if type_name.startswith(("uint", "sint")):
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"is {text!r}, which is no whole number ({type_name})")
        return int(text)
    return text


def encode_cim(value: Any) -> str:
    """Turn a Python value, which is not None, into the text of a VALUE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (datetime, timedelta)):
        return to_cim(value)
    return str(value)
