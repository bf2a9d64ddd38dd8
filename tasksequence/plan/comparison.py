"""How the values of conditions compare: text, numbers, versions and times."""

from __future__ import annotations

import fnmatch
import re
from datetime import UTC, datetime, timedelta

__all__ = ["compare_text", "compare_times", "compare_versions", "parse_time"]

_CIM_TIME = re.compile(r"(\d{14})(?:\.\d{1,6})?(?:([+-]\d{3}))?$")

_LONGEST_PART = 20
"""Digits of a part of a version: 64 bits have no more."""


def _by(operator: str, difference: int) -> bool | None:
    return {
        "equals": difference == 0,
        "notequals": difference != 0,
        "less": difference < 0,
        "lessequal": difference <= 0,
        "greater": difference > 0,
        "greaterequal": difference >= 0,
    }.get(operator.casefold())


def compare_text(operator: str, actual: str, wanted: str) -> bool | None:
    """Compare without letter case; as numbers where both are; None for an unknown operator."""
    left, right = actual.casefold(), wanted.casefold()
    kind = operator.casefold()
    if kind in {"like", "notlike"}:
        is_like = fnmatch.fnmatchcase(left, right.replace("[", "[[]").replace("%", "*"))
        return is_like is (kind == "like")
    if kind in {"equals", "notequals"}:
        return (left == right) is (kind == "equals")
    try:
        number = int(actual) - int(wanted)
    except ValueError:
        number = (left > right) - (left < right)
    return _by(kind, number)


def compare_versions(operator: str, actual: str, wanted: str) -> bool | None:
    """Compare versions part by part, missing parts as 0; None where one is no version."""
    left, right = _version(actual), _version(wanted)
    if left is None or right is None:
        return None
    length = max(len(left), len(right))
    one, other = (v + [0] * (length - len(v)) for v in (left, right))
    return _by(operator, (one > other) - (one < other))


def compare_times(operator: str, actual: datetime, wanted: str) -> bool | None:
    """Compare times; None where the wanted one cannot be read."""
    moment = parse_time(wanted)
    if moment is None:
        return None
    return _by(operator, (actual > moment) - (actual < moment))


def parse_time(text: str) -> datetime | None:
    """Read a time as WMI writes it, or ISO 8601; without a zone it is UTC."""
    found = _CIM_TIME.match(text.strip())
    try:
        if found is not None:
            moment = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            return moment - timedelta(minutes=int(found[2] or 0))
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _version(text: str) -> list[int] | None:
    parts = text.strip().split(".")
    if not all(part.isdecimal() and len(part) <= _LONGEST_PART for part in parts):
        return None
    return [int(part) for part in parts]
