"""Records of a log in the two forms of smsts.log, read from bytes piece by piece."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

__all__ = ["LogRecord", "RecordReader", "read_records"]

_BEGIN = b"<![LOG["
_END = b"]LOG]!>"
# The form that ConfigMgr, MDT and scripts write; the attributes stand in this order.
_TAIL = re.compile(
    rb'<time="([^"]*)" date="([^"]*)" component="([^"]*)" context="[^"]*" '
    rb'type="([^"]*)" thread="([^"]*)" file="([^"]*)">'
)
_ATTRIBUTES = re.compile(rb'<((?:\s*\w+="[^"]*")+)\s*/?>')
_ATTRIBUTE = re.compile(rb'(\w+)="([^"]*)"')
_PLAIN = re.compile(rb"\s*\$\$<([^>]*)><([^>]*)><thread=(\d*)[^>]*>")
_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,6})\d*)?\s*([+-]\d{1,4})?")
_DATE = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})")
_FAILURE = re.compile(
    rb"\A\s*(?:Failed|Error|Fatal|Unable)\b|\bhas failed\b|HRESULT=[89A-Fa-f][0-9A-Fa-f]{7}\b"
    rb"|\bError:? (?:0x)?[89A-Fa-f][0-9A-Fa-f]{7}\b"
)
_LONGEST = 1 << 24
"""Bytes of one record; what is longer is no record, and is given out in parts."""
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_HEAD = 4
"""Bytes by which an encoding is recognised."""
_BEFORE = frozenset({b"\r", b"\n", b">", b"\0"})
"""What stands before a record; zeros where a crash kept the disk from writing what was there."""


_KINDS = {b"1": 1, b"2": 2, b"3": 3}
_NOTHING = (b"",) * 7


class LogRecord:
    """One record of a log; its parts are decoded when they are asked for."""

    __slots__ = ("_held", "line", "raw")

    def __init__(self, line: int, raw: bytes, held: re.Match[bytes] | tuple[bytes, ...]) -> None:
        self.line = line
        """Line of the log at which it begins, from 1."""
        self.raw = raw
        """The message as bytes."""
        self._held = held
        # From 1 on: time, date, component, type, thread, file. Taken apart when asked for: a log
        # has hundreds of thousands of records.

    @property
    def message(self) -> str:
        """What was logged; may have several lines."""
        return _text(self.raw).replace("\r\n", "\n")

    @property
    def component(self) -> str:
        """The program that wrote it: TSManager, OSDCaptureSystemImage …"""
        return _text(self._held[3])

    @property
    def thread(self) -> str:
        """Number of the thread; may be empty."""
        return _text(self._held[5])

    @property
    def source(self) -> str:
        """Source file and line of the program that wrote it; may be anything."""
        return _text(self._held[6])

    @property
    def kind(self) -> int:
        """1 information, 2 warning, 3 error.

        The plain form does not say: there 3 where the message says so itself, by how it begins
        (Failed, Error) or by the code of a failure in it.
        """
        said = self._held[4]
        if said or self._held is _NOTHING:
            return _KINDS.get(said, 1)
        return 3 if _FAILURE.search(self.raw) else 1

    @property
    def is_error(self) -> bool:
        """True for an error; see `kind`."""
        return self.kind == 3

    @property
    def is_damaged(self) -> bool:
        """True for text without the head or tail of a record; `message` has all of it."""
        return self._held is _NOTHING

    @property
    def moment(self) -> datetime | None:
        """When it was written, with its time zone where the record has one; None if unreadable."""
        date, time = _DATE.match(_text(self._held[2])), _TIME.match(_text(self._held[1]))
        if date is None or time is None:
            return None
        month, day, year = map(int, date.groups())
        hour, minute, second, fraction, bias = time.groups()
        micro = int((fraction or "0").ljust(6, "0"))
        try:
            # Windows counts the minutes that local time lacks to UTC.
            zone = None if bias is None else timezone(-timedelta(minutes=int(bias)))
            return datetime(year, month, day, int(hour), int(minute), int(second), micro, zone)
        except ValueError:
            return None

    def __repr__(self) -> str:
        return (
            f"LogRecord(line={self.line}, component={self.component!r}, message={self.message!r})"
        )


def read_records(pieces: Iterable[bytes]) -> Iterator[LogRecord]:
    """Yield the records of a log whose bytes come in pieces; text that is none comes damaged.

    Holds about one piece in memory.
    """
    reader = RecordReader()
    for piece in pieces:
        yield from reader.feed(piece)
    yield from reader.finish()


class RecordReader:
    """Turns pieces of a log into records, as far as they are complete."""

    def __init__(self) -> None:
        self._head = b""
        self._rest = b""
        self._line = 1
        self._decoder: codecs.IncrementalDecoder | None = None
        self._begun = False

    def feed(self, piece: bytes) -> Iterator[LogRecord]:
        """Yield the records that are complete with this piece."""
        data = self._rest + self._utf8(piece)
        cut = self._complete(data)
        self._rest = data[cut:]
        yield from self._records(data[:cut])

    def finish(self) -> Iterator[LogRecord]:
        """Yield what is left, as it is."""
        data, self._rest = self._rest + self._utf8(b"", is_last=True), b""
        yield from self._records(data)

    def _utf8(self, piece: bytes, *, is_last: bool = False) -> bytes:
        if not self._begun:
            piece, self._head = self._head + piece, b""
            if len(piece) < _HEAD and not is_last:
                self._head = piece
                return b""
            self._begun = True
            encoding, mark = _encoding_of(piece)
            piece = piece[mark:]
            if encoding is not None:
                self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        if self._decoder is not None:
            return self._decoder.decode(piece).encode("utf-8", "replace")
        return piece

    @staticmethod
    def _complete(data: bytes) -> int:
        """Return up to where the data is complete: to the end of a record's line."""
        end = data.rfind(b"\n") + 1
        begin = _last_begin(data, end)
        last = data.find(_END, begin, end) if begin >= 0 else -1
        if begin >= 0 and last < 0:
            # A record that is still being written, or one that never ended.
            complete = begin
        else:
            complete = data.find(b"\n", last, end) + 1 if last >= 0 else 0
            # What stands before the mark of the older form may have several lines.
            mark = data.rfind(b"$$<", complete, end)
            if mark >= 0:
                complete = data.find(b"\n", mark, end) + 1
        if len(data) - complete < _LONGEST:
            return complete
        return end or len(data)

    def _records(self, data: bytes) -> Iterator[LogRecord]:
        if not data:
            return
        line = self._line
        first, *parts = _split(data)
        if first:
            yield from _plain_records(first, line)
            line += first.count(b"\n")
        match_tail = _TAIL.match
        for part in parts:
            end = part.find(_END)
            if end < 0:
                yield LogRecord(line, _BEGIN + part.rstrip(b"\r\n"), _NOTHING)
                line += part.count(b"\n")
                continue
            tail = match_tail(part, end + 7)
            if tail is not None:
                yield LogRecord(line, part[:end], tail)
                after = tail.end()
            else:
                record, after = _unusual(part, end, line)
                yield record
            # Nearly always the end of the line, and nothing else.
            if len(part) - after > 2:
                yield from _plain_records(part[after:], line + part.count(b"\n", 0, after))
            line += part.count(b"\n")
        self._line = line


def _encoding_of(head: bytes) -> tuple[str | None, int]:
    """Return the encoding where it is UTF-16, and how long the mark is that says so."""
    encoding = _UTF16.get(head[:2])
    if encoding is not None:
        return encoding, 2
    if head.startswith(codecs.BOM_UTF8):
        return None, len(codecs.BOM_UTF8)
    # Without a mark: what a log begins with is ASCII, whose other half is zero.
    zeros = [not byte for byte in head[:_HEAD]]
    if zeros == [False, True, False, True]:
        return "utf-16-le", 0
    return ("utf-16-be" if zeros == [True, False, True, False] else None), 0


def _last_begin(data: bytes, end: int) -> int:
    while True:
        at = data.rfind(_BEGIN, 0, end)
        if at <= 0 or data[at - 1 : at] in _BEFORE:
            return at
        end = at


def _split(data: bytes) -> list[bytes]:
    """Split at the beginnings of records; one inside a line belongs to the message there."""
    before, *parts = data.split(_BEGIN)
    joined: list[bytes] = []
    open_parts = [before]
    for part in parts:
        if before[-1:] in _BEFORE or not (joined or before or len(open_parts) > 1):
            joined.append(_BEGIN.join(open_parts))
            open_parts = []
        open_parts.append(part)
        before = part
    joined.append(_BEGIN.join(open_parts))
    return joined


def _unusual(part: bytes, end: int, line: int) -> tuple[LogRecord, int]:
    """Read a record whose attributes stand in another order, or are not all there."""
    tail = _ATTRIBUTES.match(part, end + 7)
    if tail is None:
        stop = part.find(b"\n", end)
        stop = len(part) if stop < 0 else stop + 1
        return LogRecord(line, _BEGIN + part[:stop].rstrip(b"\r\n"), _NOTHING), stop
    held = {name.lower(): value for name, value in _ATTRIBUTE.findall(tail[1])}
    names = (b"time", b"date", b"component", b"type", b"thread", b"file")
    record = LogRecord(line, part[:end], (b"", *(held.get(name, b"") for name in names)))
    return record, tail.end()


def _plain_records(data: bytes, line: int) -> Iterator[LogRecord]:
    """Read the older form: the message, then `$$<component><date time><thread=…>`."""
    begun: list[bytes] = []
    start = line
    for text in data.split(b"\n"):
        stripped = text.rstrip(b"\r")
        at = stripped.find(b"$$<")
        tail = _PLAIN.match(stripped, at) if at >= 0 else None
        if tail is None:
            if begun or stripped.strip():
                if not begun:
                    start = line
                begun.append(stripped)
        else:
            if not begun:
                start = line
            component, moment, thread = tail.groups()
            date, _, time = moment.partition(b" ")
            message = b"\n".join((*begun, stripped[:at])).rstrip()
            yield LogRecord(start, message, (b"", time, date, component, b"", thread, b""))
            begun = []
        line += 1
    rest = b"\n".join(begun)
    if rest.strip():
        yield LogRecord(start, rest.rstrip(b"\n"), _NOTHING)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
