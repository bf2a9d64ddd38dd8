"""CIM datetime text, as WMI writes points in time and intervals (DSP0004, datetime type).

A point in time is `yyyymmddHHMMSS.mmmmmm` and the offset from UTC in minutes, `+060`. An interval
is `ddddddddHHMMSS.mmmmmm:000`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

__all__ = ["UNSPECIFIED_OFFSET", "datetime_problem", "from_cim", "to_cim"]

_TEXT = re.compile(r"([0-9]{14})\.([0-9]{6})(?:([+-])([0-9]{3})|(\+\*\*\*)|:000)", re.ASCII)
_MOST_DAYS = 99_999_999
_MOST_OFFSET = 999
_MINUTE = timedelta(minutes=1)


class _UnspecifiedOffset(tzinfo):
    """The offset `+***` of a site that leaves open whose clock it means.

    It counts as UTC in comparisons, as no better is known, and is written back as it was.
    """

    def utcoffset(self, _moment: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, _moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _moment: datetime | None) -> str:
        return "+***"

    def __repr__(self) -> str:
        return "UNSPECIFIED_OFFSET"

    def __reduce__(self) -> str:
        return "UNSPECIFIED_OFFSET"

    def __deepcopy__(self, memo: object) -> tzinfo:
        return self


UNSPECIFIED_OFFSET: tzinfo = _UnspecifiedOffset()
"""Time zone of a CIM datetime whose offset is `+***`."""


def from_cim(text: str) -> datetime | timedelta:
    """Read CIM text: a point in time becomes an aware `datetime`, an interval a `timedelta`.

    Raises `ValueError` for other text, also for fields of asterisks: a value of which parts are
    left open is no point in time.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise ValueError(
            f"is {text!r}, which is no CIM datetime (yyyymmddHHMMSS.mmmmmm+UUU, "
            "or ddddddddHHMMSS.mmmmmm:000 for an interval)"
        )
    digits, micros, sign, offset, unspecified = found.groups()
    if sign is None and unspecified is None:
        hours, minutes, seconds = int(digits[8:10]), int(digits[10:12]), int(digits[12:])
        if hours > 23 or minutes > 59 or seconds > 59:
            raise ValueError(f"is {text!r}, which has an hour, minute or second out of range")
        return timedelta(
            days=int(digits[:8]),
            hours=hours,
            minutes=minutes,
            seconds=seconds,
            microseconds=int(micros),
        )
    zone = UNSPECIFIED_OFFSET
    if unspecified is None:
        minutes_east = int(sign + offset)
        zone = UTC if minutes_east == 0 else timezone(minutes_east * _MINUTE)
    try:
        return datetime(
            int(digits[:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10]),
            int(digits[10:12]),
            int(digits[12:]),
            int(micros),
            tzinfo=zone,
        )
    except ValueError as error:
        raise ValueError(f"is {text!r}, which is no point in time: {error}") from None


def to_cim(value: datetime | timedelta) -> str:
    """Write a point in time or an interval as CIM text.

    Raises `ValueError` for what the text cannot hold: see `datetime_problem`.
    """
    problem = datetime_problem(value)
    if problem is not None:
        raise ValueError(f"{value!r} {problem}")
    if isinstance(value, timedelta):
        hours, rest = divmod(value.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        clock = f"{hours:02}{minutes:02}{seconds:02}"
        return f"{value.days:08}{clock}.{value.microseconds:06}:000"
    moment = (
        f"{value.year:04}{value.month:02}{value.day:02}"
        f"{value.hour:02}{value.minute:02}{value.second:02}.{value.microsecond:06}"
    )
    if value.tzinfo is UNSPECIFIED_OFFSET:
        return f"{moment}+***"
    offset = value.utcoffset()
    assert offset is not None
    minutes_east = offset // _MINUTE
    return f"{moment}{'-' if minutes_east < 0 else '+'}{abs(minutes_east):03}"


def datetime_problem(value: datetime | timedelta) -> str | None:
    """Say why CIM text cannot hold a value and what to do, or None when it can."""
    if isinstance(value, timedelta):
        if timedelta(0) <= value and value.days <= _MOST_DAYS:
            return None
        return f"is no interval of 0 to {_MOST_DAYS} days: give one in that range"
    offset = value.utcoffset()
    if offset is None:
        return "has no time zone: give it one, tzinfo=datetime.UTC or UNSPECIFIED_OFFSET for +***"
    if offset % _MINUTE:
        return "has an offset of no whole minutes: give it a time zone with whole minutes"
    if abs(offset // _MINUTE) > _MOST_OFFSET:
        return f"has an offset of more than {_MOST_OFFSET} minutes: give it in another time zone"
    return None
