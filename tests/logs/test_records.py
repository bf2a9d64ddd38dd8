"""Records of both forms, whole and damaged, whatever the pieces they come in."""

from __future__ import annotations

import codecs
import itertools
import random
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasksequence.engine.cmtrace import cmtrace_record
from tasksequence.logs.records import LogRecord, read_records

NEW = (
    b"<![LOG[%s]LOG]!>"
    b'<time="09:14:05.120+420" date="03-14-2026" component="TSManager" context="" type="%d" '
    b'thread="1234" file="engine.cxx:42">\r\n'
)
OLD = b"%s  $$<OSDSetup><03-14-2026 09:14:05.120-60><thread=1234 (0x4D2)>\r\n"


def read(data: bytes) -> list[LogRecord]:
    return list(read_records([data]))


def test_a_record_of_the_new_form() -> None:
    (record,) = read(NEW % (b"Executing in non SMS standalone mode", 2))
    assert record.message == "Executing in non SMS standalone mode"
    assert (record.component, record.kind, record.thread) == ("TSManager", 2, "1234")
    assert record.source == "engine.cxx:42"
    zone = timezone(timedelta(minutes=-420))
    assert record.moment == datetime(2026, 3, 14, 9, 14, 5, 120_000, zone)
    assert not record.is_damaged


def test_a_record_of_the_older_form() -> None:
    first, second = read(OLD % b"one" + OLD % b"two\r\nlines")
    assert (first.message, first.component, first.thread) == ("one", "OSDSetup", "1234")
    assert first.moment == datetime(2026, 3, 14, 8, 14, 5, 120_000, UTC)
    assert (second.message, second.line) == ("two\nlines", 2)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b'a < b and "c"',
        b"several\r\nlines\r\nof it",
        b"\r\nalone on its line",
        b"]LOG]",
        b"[x]",
    ],
)
def test_messages_may_hold_anything(message: bytes) -> None:
    first, second = read(NEW % (message, 1) + NEW % (b"next", 3))
    assert first.raw == message
    assert second.message == "next"
    assert second.is_error
    assert second.line == 2 + message.count(b"\n")


def test_a_beginning_inside_a_message_belongs_to_it() -> None:
    (record,) = read(NEW % (b"it said <![LOG[ there", 1))
    assert record.message == "it said <![LOG[ there"


def test_a_beginning_at_the_start_of_a_message_line_is_written_so_that_it_is_read_back() -> None:
    moment = datetime(2026, 3, 14, tzinfo=UTC)
    text = "".join(cmtrace_record(one, moment) + "\n" for one in ["a\n<![LOG[b", "c"])
    assert [one.message for one in read(text.encode())] == ["a\n<! [LOG[b", "c"]


@pytest.mark.parametrize(
    "block", [b"<![LOG[x", b"text without a mark\n", b"\n", b"$$<", b"<![LOG["]
)
def test_hostile_text_is_read_in_time_that_grows_with_its_length(block: bytes) -> None:
    def seconds(size: int) -> float:
        data = block * (size // len(block))
        taken = []
        for _ in range(3):
            began = time.process_time()
            assert not [one for one in read(data) if not one.is_damaged]
            taken.append(time.process_time() - began)
        return min(taken)

    # Eight times the text: eight times as long where the time grows with it, 64 with its square.
    assert seconds(1 << 22) < 32 * max(seconds(1 << 19), 1e-3)


@pytest.mark.parametrize(
    ("message", "is_error"),
    [
        (b"Failed to run the action: Prepare.", True),
        (b"The execution of the group (A) has failed and was aborted", True),
        (b"CcmIsPathAccessible(), HRESULT=80070005 (x.cpp,12)", True),
        (b"The network name is gone (Error: 80070040; Source: Windows)", True),
        (b"Error: 0x80070040", True),
        (b"Found 0 errors, nothing failed", False),
        (b"HRESULT=00000000", False),
        (b"Process completed with exit code 0", False),
    ],
)
def test_the_plain_form_has_errors_where_the_message_says_so(
    message: bytes, is_error: bool
) -> None:
    (plain,) = read(OLD % message)
    assert plain.is_error is is_error
    (newer,) = read(NEW % (message, 1))
    assert not newer.is_error


def test_scripts_write_attributes_in_any_order_and_leave_some_out() -> None:
    (record,) = read(
        b'<![LOG[hi]LOG]!><date="03-14-2026" time="09:14:05.1" type="3" component="MDT" thread="">'
    )
    assert (record.message, record.component, record.is_error) == ("hi", "MDT", True)
    assert record.moment == datetime(2026, 3, 14, 9, 14, 5, 100_000)


def test_damaged_records_are_kept() -> None:
    whole = NEW % (b"whole", 1)
    data = b"torn off]LOG]!><time=\r\n" + whole + b"<![LOG[cut sho\r\n" + whole + b"<![LOG[the end"
    records = read(data)
    assert [one.message for one in records] == [
        "torn off]LOG]!><time=",
        "whole",
        "<![LOG[cut sho",
        "whole",
        "<![LOG[the end",
    ]
    assert [one.is_damaged for one in records] == [True, False, True, False, True]
    assert [one.line for one in records] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("text", ["99:99:99.9+0", "", "24:00:00.000+000", "12:00:00.000+9999"])
def test_times_that_are_none_are_none(text: str) -> None:
    data = (NEW % (b"x", 1)).replace(b"09:14:05.120+420", text.encode())
    assert read(data)[0].moment is None


NEWER = (NEW % ("Büro größer".encode(), 1)).decode()
OLDER = (OLD % "Büro größer".encode()).decode()


@pytest.mark.parametrize("text", [NEWER, OLDER])
@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_encodings_of_real_logs(encoding: str, text: str, size: int) -> None:
    data = text.encode(encoding)
    (record,) = read_records(data[at : at + size] for at in range(0, len(data), size))
    assert record.message == "Büro größer"
    assert not record.is_damaged


def test_big_endian_with_a_mark_and_half_a_character_at_the_end() -> None:
    first, rest = read(codecs.BOM_UTF16_BE + (NEWER + "<").encode("utf-16-be") + b"\0")
    assert first.message == "Büro größer"
    assert rest.is_damaged


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf"])
def test_a_log_without_records_has_none(data: bytes) -> None:
    assert [one for one in read(data) if not one.is_damaged] == []


def test_zeros_that_a_crash_left_take_no_record_with_them() -> None:
    """NTFS gives a file that grew before a power cut its length, and zeros for its content."""
    zeros = bytes(4096)
    records = read(NEW % (b"before", 1) + zeros + NEW % (b"after", 3) + zeros)
    assert [one.message for one in records if not one.is_damaged] == ["before", "after"]
    assert [one.raw for one in records if one.is_damaged] == [zeros, zeros]


def test_what_is_no_text_is_kept_and_the_record_after_it_read() -> None:
    noise = random.Random(1).randbytes(50_000).translate(None, b"<\r")
    *damaged, last = read(noise + b"\r\n" + NEW % (b"whole", 1))
    assert last.message == "whole"
    assert b"".join(one.raw for one in damaged).rstrip() == noise.rstrip()


LINES = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]))
MARKS = st.sampled_from(["<![LOG[", "]LOG]!>", "\n", "$$<", "<", "x"])


@given(
    st.lists(LINES | st.lists(MARKS).map("".join)),
    st.integers(-720, 720),
)
def test_what_our_own_log_writes_is_read_back(messages: list[str], minutes: int) -> None:
    moment = datetime(2026, 3, 14, 9, 14, 5, 120_000, timezone(timedelta(minutes=minutes)))
    text = "".join(
        cmtrace_record(one, moment, component="C", kind=2, thread=7, source="s") + "\n"
        for one in messages
    )
    records = read(text.encode())
    plain = [one.replace("]LOG]!>", "]LOG]! >").replace("<![LOG[", "<! [LOG[") for one in messages]
    assert [one.message for one in records] == plain
    assert all(one.moment == moment for one in records)


PARTS = st.sampled_from(
    [
        NEW % (b"new", 1),
        NEW % (b"two\r\nlines", 3),
        OLD % b"old",
        OLD % b"",
        b"<![LOG[",
        b"]LOG]!>",
        b"junk\r\n",
        b"\r\n",
        b"\xff\xfe$$<",
        b'<time="',
    ]
)


@given(st.lists(PARTS, max_size=8).map(b"".join), st.lists(st.integers(0, 400), max_size=6))
def test_pieces_make_no_difference(data: bytes, cuts: list[int]) -> None:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = b"x" + data
    at = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(at)]

    def said(records: list[LogRecord]) -> bytes:
        # Where damaged text is cut into records may differ; what it says may not.
        return b"".join(b"".join(one.raw for one in records).split())

    assert said(list(read_records(pieces))) == said(read(data))


@given(st.lists(st.sampled_from(["a", "two\r\nlines", "", "x < y"])), st.lists(st.integers(0, 900)))
def test_whole_records_are_the_same_from_any_pieces(messages: list[str], cuts: list[int]) -> None:
    data = b"".join(
        NEW % (one.encode(), 1) if number % 3 else OLD % one.encode()
        for number, one in enumerate(messages)
    )
    at = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    records = list(read_records(data[start:end] for start, end in itertools.pairwise(at)))
    assert [one.raw.decode() for one in records if not one.is_damaged] == [
        one if number % 3 else one.replace("\r\n", "\n") for number, one in enumerate(messages)
    ]
    assert not any(one.is_damaged for one in records)
