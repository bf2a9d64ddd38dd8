"""CIM datetime text, both ways."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts
from tasksequence.cim_datetime import UNSPECIFIED_OFFSET, datetime_problem, from_cim, to_cim

OFFSETS = st.just(UNSPECIFIED_OFFSET) | st.integers(-999, 999).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20160920101530.000000+000", datetime(2016, 9, 20, 10, 15, 30, tzinfo=UTC)),
        (
            "20160920101530.123456-420",
            datetime(2016, 9, 20, 10, 15, 30, 123456, timezone(timedelta(minutes=-420))),
        ),
        ("19700201000000.000000+***", datetime(1970, 2, 1, tzinfo=UNSPECIFIED_OFFSET)),
        ("00000003041500.000001:000", timedelta(days=3, hours=4, minutes=15, microseconds=1)),
        ("99999999235959.999999:000", timedelta(99999999, 86399, 999999)),
        ("00010101000000.000000+999", datetime(1, 1, 1, tzinfo=timezone(timedelta(minutes=999)))),
    ],
)
def test_both_ways(text: str, value: datetime | timedelta) -> None:
    assert from_cim(text) == value
    assert to_cim(from_cim(text)) == text
    assert datetime_problem(value) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2016-09-20T10:15:30Z",
        "20160920101530.000000",
        "20160920101530.000000+00",
        "20161320101530.000000+000",
        "20160230101530.000000+000",
        "20160920241530.000000+000",
        "00000000000000.000000+000",
        "20160920******.000000+000",
        "20160920101530.000000-***",
        "00000003240000.000000:000",
        "00000003006000.000000:000",
        "00000003000060.000000:000",
        "00000003041500.000001:001",
        "２0160920101530.000000+000",
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is '"):
        from_cim(text)


@given(st.datetimes(timezones=OFFSETS))
def test_points_in_time_come_back(moment: datetime) -> None:
    again = from_cim(to_cim(moment))
    assert isinstance(again, datetime)
    assert again.replace(tzinfo=None) == moment.replace(tzinfo=None)
    assert again.utcoffset() == moment.utcoffset()
    assert (again.tzinfo is UNSPECIFIED_OFFSET) == (moment.tzinfo is UNSPECIFIED_OFFSET)


@given(st.timedeltas(timedelta(0), timedelta(99_999_999, 86_399, 999_999)))
def test_intervals_come_back(interval: timedelta) -> None:
    assert from_cim(to_cim(interval)) == interval


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (datetime(2020, 1, 1), "no time zone"),
        (datetime(2020, 1, 1, tzinfo=timezone(timedelta(seconds=61))), "whole minutes"),
        (datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=23))), "more than 999 minutes"),
        (timedelta(-1), "0 to 99999999 days"),
        (timedelta(100_000_000), "0 to 99999999 days"),
    ],
)
def test_what_the_text_cannot_hold(value: datetime | timedelta, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        to_cim(value)
    with pytest.raises(ts.QualifierError, match=said):
        ts.ST_NonRecurring(start_time=value)  # type: ignore[arg-type]


def test_the_unspecified_offset_is_one_object() -> None:
    assert copy.deepcopy(UNSPECIFIED_OFFSET) is UNSPECIFIED_OFFSET
    assert pickle.loads(pickle.dumps(UNSPECIFIED_OFFSET)) is UNSPECIFIED_OFFSET
    token = ts.ST_NonRecurring()
    assert token.start_time is not None
    assert to_cim(token.start_time) == "19700201000000.000000+***"
    assert copy.deepcopy(token) == token
