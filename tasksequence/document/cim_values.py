"""Values of WMI properties as CIM-XML writes them, both ways."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tasksequence.wmi_property import Property

__all__ = ["cim_type", "decode_cim", "encode_cim"]

_DATE_TIME = re.compile(r"(\d{14})\.(\d{6})(\*\*\*|[+-]\d{3})", re.ASCII)
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
        return _date_time(text)
    if type_name.startswith(("uint", "sint")):
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"is {text!r}, which is no whole number ({type_name})")
        return int(text)
    return text


def encode_cim(value: Any) -> str:
    """Turn a Python value, which is not None, into the text of a VALUE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        offset = value.utcoffset()
        zone = "+***" if offset is None else f"{offset // timedelta(minutes=1):+04d}"
        return f"{value.year:04d}{value:%m%d%H%M%S.%f}{zone}"
    return str(value)


def _date_time(text: str) -> datetime:
    match = _DATE_TIME.fullmatch(text.replace("+***", "***"))
    if match is None:
        raise ValueError(f"is {text!r}, which is no point in time (yyyymmddHHMMSS.mmmmmm+UUU)")
    try:
        moment = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S%f")
    except ValueError:
        raise ValueError(f"is {text!r}, which is no point in time") from None
    if match[3] == "***":
        # The zone is not known: such a time stays without one.
        return moment
    minutes = int(match[3])
    return moment.replace(tzinfo=UTC if minutes == 0 else timezone(timedelta(minutes=minutes)))
