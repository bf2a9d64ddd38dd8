"""The inside of one start tag, and how text is escaped."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["AttributeSpan", "StartTag", "escape_attribute", "escape_text"]

_NAME = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE = re.compile(rb"""(\s+)([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")


class AttributeSpan(NamedTuple):
    """Where an attribute stands in the text."""

    start: int
    """Start of the white space before its name."""
    value_start: int
    """Behind the opening quotation mark."""
    value_end: int
    """At the closing quotation mark."""
    quote: str

    @property
    def end(self) -> int:
        """Behind the closing quotation mark."""
        return self.value_end + 1


class StartTag:
    """The spans of a start tag that begins at `start` of a well-formed text."""

    def __init__(self, text: bytes, start: int) -> None:
        name = _NAME.match(text, start)
        assert name is not None, "the parser has seen a start tag here"
        position = name.end()
        self.name_end = position
        self.attributes: dict[str, AttributeSpan] = {}
        while match := _ATTRIBUTE.match(text, position):
            self.attributes[match[2].decode("utf-8")] = AttributeSpan(
                match.start(), match.start(3) + 1, match.end(3) - 1, match[3][:1].decode("ascii")
            )
            position = match.end()
        self.attributes_end = position
        self.end = text.index(b">", position) + 1
        """Behind the `>`."""


# XML normalises line ends and, in attributes, tabs: only references keep them.
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
_ATTRIBUTE_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "\r": "&#xD;",
    "\n": "&#xA;",
    "\t": "&#x9;",
}
_MARKUP = re.compile("[&<>\"'\t\n\r]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_problem(text: str) -> str | None:
    """Say which character keeps a text from being written, None for one that can be."""
    wrong = _NOT_IN_XML.search(text)
    if wrong is None:
        return None
    return f"U+{ord(wrong[0]):04X} at position {wrong.start()} cannot stand in XML"


def escape_text(text: str, line_end: str = "\n") -> str:
    """Escape character data; raises ValueError for characters that XML cannot hold.

    A line break is written as `line_end`; every one reads back the same.
    """
    escaped = _escape(text, _TEXT)
    return escaped if line_end == "\n" else escaped.replace("\n", line_end)


def escape_attribute(text: str, quote: str = '"') -> str:
    """Escape an attribute value for the given quotation mark; raises as `escape_text`."""
    quoted = {'"': "&quot;"} if quote == '"' else {"'": "&apos;"}
    return _escape(text, _ATTRIBUTE_ESCAPES | quoted)


def _escape(text: str, escapes: dict[str, str]) -> str:
    problem = xml_problem(text)
    if problem is not None:
        raise ValueError(problem)
    if not _MARKUP.search(text):
        return text
    return "".join(escapes.get(character, character) for character in text)
