"""From bytes to a tree of elements that know where they stand.

The text is decoded once to UTF-8 and parsed by expat, which tells the byte position of every
tag; all later writing copies slices of that text. A DOCTYPE is refused: entities would make
positions meaningless, and documents of this kind never carry one.
"""

from __future__ import annotations

import codecs
import gc
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import accumulate
from xml.parsers import expat

from tasksequence.document.limits import Limits
from tasksequence.errors import DocumentError

__all__ = ["Element", "Encoding", "Source", "without_collection"]

_DECLARED_ENCODING = re.compile(
    rb"""\A<\?xml[^>]*?\sencoding\s*=\s*(?:"([A-Za-z0-9._-]+)"|'([A-Za-z0-9._-]+)')"""
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Python's codecs also hold some that are no text encodings of files, and slow ones.
_TEXT_ENCODINGS = re.compile(
    "utf-(8|16|32)(-[bl]e)?|ascii|iso8859-[0-9]+|cp[0-9]+|koi8-[ru]|mac-[a-z]+"
    "|gb2312|gbk|gb18030|big5|euc_(jp|kr)|shift_jis"
)
_UTF8_DECODER = codecs.getincrementaldecoder("utf-8")
_PIECE = 1 << 20
_NO_CHILDREN: tuple[Element, ...] = ()
_HINTS = {
    "XML or text declaration not at start of entity": "The line <?xml …?> must be the first of the "
    "file: take out comments, spaces and empty lines that stand before it.",
    "junk after document element": "A file holds one sequence: give each further one a file of its "
    "own.",
    "not well-formed (invalid token)": "In texts and attributes, & has to be &amp; and < has to be "
    "&lt;.",
    "no element found": "The file ends too early: export or copy it again.",
    "unclosed token": "The file ends too early: export or copy it again.",
}
"""What to do about some of expat's errors."""


@contextmanager
def without_collection() -> Iterator[None]:
    """Keep the garbage collector from walking again and again through a tree that grows.

    Nothing of it is garbage before it is whole; for large files this takes half of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Element:
    """One element, as the parser makes it: tag, attributes, text, children, place in the text."""

    __slots__ = ("attributes", "children", "close", "end", "start", "tag", "text")

    tag: str
    attributes: dict[str, str]
    start: int
    """Position of the `<` of its start tag."""
    close: int
    """Position of the `</` of its end tag; equal to `end` for `<a/>`."""
    end: int
    """Position behind its last `>`."""
    text: str
    """Character data directly inside it, joined."""
    children: Sequence[Element]

    @property
    def is_empty_tag(self) -> bool:
        """True when the element is written as `<a/>`."""
        return self.close == self.end

    def child(self, tag: str) -> Element | None:
        """Return the first child with this tag, or None."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None


class Encoding:
    """How a text was encoded, so that it can be written back in the same way."""

    __slots__ = ("bom", "name")

    def __init__(self, name: str, bom: bytes) -> None:
        self.name = name
        self.bom = bom

    @classmethod
    def of(cls, raw: bytes) -> Encoding:
        """Find the encoding by byte order mark, then by the XML declaration, else UTF-8."""
        for bom, name in _BOMS:
            if raw.startswith(bom):
                return cls(name, bom)
        if raw.startswith(b"<\x00"):
            return cls("utf-16-le", b"")
        if raw.startswith(b"\x00<"):
            return cls("utf-16-be", b"")
        declared = _DECLARED_ENCODING.match(raw)
        name = (declared[1] or declared[2]).decode("ascii") if declared else "utf-8"
        if name.lower().replace("_", "-") in {"utf-16", "utf16"}:
            # Text that was stored again in a byte encoding kept its old declaration.
            name = "utf-8"
        return cls(name, b"")

    @property
    def is_utf8(self) -> bool:
        """True where the bytes need no other form."""
        return self.name.lower() in {"utf-8", "utf8"}

    def decode(self, raw: bytes) -> bytes:
        """Return all of `raw` as UTF-8 without mark; raises UnicodeError or LookupError."""
        body = raw[len(self.bom) :] if self.bom else raw
        if self.is_utf8:
            # Python's decoder is strict: what it takes, it gives back. In pieces, as the text
            # that comes out is not needed.
            decoder = _UTF8_DECODER()
            try:
                for start in range(0, len(body), _PIECE):
                    decoder.decode(body[start : start + _PIECE])
                decoder.decode(b"", True)
            except UnicodeDecodeError:
                # The same error, with its place in the whole.
                body.decode("utf-8")
                raise
            return body
        if not _TEXT_ENCODINGS.fullmatch(codecs.lookup(self.name).name):
            raise LookupError(self.name)
        return body.decode(self.name).encode("utf-8")

    def encode(self, text: bytes) -> bytes:
        """Encode UTF-8 text as it was; what the encoding lacks becomes a character reference."""
        if self.is_utf8:
            return self.bom + text if self.bom else text
        return self.bom + text.decode("utf-8").encode(self.name, "xmlcharrefreplace")


class Source:
    """The text of one XML document, as UTF-8 bytes, with the tree of its elements."""

    def __init__(
        self,
        raw: bytes,
        *,
        name: str | None = None,
        first_line: int = 1,
        encoding: Encoding | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Parse `raw`; raises `DocumentError` for anything that is not well-formed XML.

        `name` and `first_line` place the text for messages: a sequence inside another file.
        `encoding` is that of bytes whose encoding is known, whatever they declare.
        """
        self.raw = raw
        self.name = name
        self.first_line = first_line
        """The line, from 1, of its first byte in the file."""
        self.limits = limits if limits is not None else Limits()
        self.encoding = encoding if encoding is not None else Encoding.of(raw)
        self.text = self._decode(raw)
        self.root = self._parse()
        self._written: dict[tuple[str, str], bool] = {}

    def line_of(self, position: int) -> int:
        """Return the line, from 1, of a position in the text."""
        return self.first_line + bisect_right(self._line_starts, position) - 1

    @cached_property
    def _line_starts(self) -> list[int]:
        lengths = [len(line) + 1 for line in self.text.split(b"\n")]
        return list(accumulate(lengths, initial=0))

    @cached_property
    def line_end(self) -> str:
        """How this text ends its lines: CR LF when it does so anywhere, or has only one line."""
        return "\n" if b"\n" in self.text and b"\r\n" not in self.text else "\r\n"

    def writes_attribute(self, name: str, value: str) -> bool:
        """Tell whether some element of the text has an attribute with this value."""
        asked = (name, value)
        if asked not in self._written:
            self._written[asked] = any(
                element.attributes.get(name) == value for element in self._elements()
            )
        return self._written[asked]

    def _elements(self) -> Iterator[Element]:
        pending = [self.root]
        while pending:
            element = pending.pop()
            yield element
            pending += element.children

    def slice(self, element: Element) -> bytes:
        """Return the bytes of an element, tags included."""
        return self.text[element.start : element.end]

    def _decode(self, raw: bytes) -> bytes:
        try:
            text = self.encoding.decode(raw)
            same = self.encoding.is_utf8 or self.encoding.encode(text) == raw
        except LookupError:
            raise self._error(
                f"declares the encoding {self.encoding.name!r}, which is not known",
                1,
                hint="Save the file as UTF-8, and declare that or nothing.",
            ) from None
        except UnicodeError as error:
            position = getattr(error, "start", 0) + len(self.encoding.bom)
            raise self._error(
                f"is not valid {self.encoding.name} at byte {position}",
                raw.count(b"\n", 0, position) + 1,
                hint="Save it in the encoding that it declares, or correct the declaration.",
            ) from None
        if not same:
            raise self._error(
                f"cannot be kept byte for byte: its {self.encoding.name} text has more than one"
                " spelling",
                1,
                hint="Save the file as UTF-8.",
            )
        return text

    def _parse(self) -> Element:  # noqa: PLR0915 - closures save a look-up for each tag
        text = self.text
        self._check_lengths()
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        # What is looked up again and again for each tag of a large file.
        depth_limit, longest = self.limits.depth, self.limits.value_bytes
        find = text.find
        new = object.__new__
        stack: list[Element] = []
        push, pop = stack.append, stack.pop
        roots: list[Element] = []
        seen_to = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal seen_to
            position = parser.CurrentByteIndex
            element = new(Element)
            element.tag = tag
            element.attributes = attributes
            element.start = position
            element.text = ""
            element.children = _NO_CHILDREN
            if stack:
                parent = stack[-1]
                if parent.children is _NO_CHILDREN:
                    parent.children = [element]
                else:
                    parent.children.append(element)  # type: ignore[attr-defined]
                if len(stack) >= depth_limit:
                    raise self._error(
                        f"nests elements more than {depth_limit} deep (limit depth)",
                        self.line_of(position),
                    )
            else:
                roots.append(element)
            if position - seen_to > longest:
                raise self._too_long(seen_to)
            seen_to = position
            push(element)

        def end(_: str) -> None:
            nonlocal seen_to
            element = pop()
            position = parser.CurrentByteIndex
            element.close = position
            # expat reports the end of `<a/>` behind the tag, and that of `<a></a>` before `</a>`.
            if (
                not element.text
                and element.children is _NO_CHILDREN
                and text[position - 2 : position] == b"/>"
            ):
                element.end = position
            else:
                element.end = find(b">", position) + 1
            if position - seen_to > longest:
                raise self._too_long(seen_to)
            seen_to = position

        def characters(data: str) -> None:
            element = stack[-1]
            element.text = element.text + data if element.text else data

        def doctype(*_: object) -> None:
            raise self._error(
                "has a DOCTYPE, which task sequences never have and which is refused",
                parser.CurrentLineNumber + self.first_line - 1,
                hint="Remove the <!DOCTYPE …> line if you trust the file.",
            )

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = characters
        parser.StartDoctypeDeclHandler = doctype
        try:
            parser.Parse(text, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            hint = _HINTS.get(reason)
            if text.lstrip()[:4] == b"&lt;":
                hint = (
                    "The file was stored with its markup escaped (&lt; for <): unescape it first."
                )
            raise self._error(
                f"is not well-formed XML: {reason}, column {error.offset + 1}",
                self.first_line + error.lineno - 1,
                hint=hint,
            ) from None
        finally:
            # The parser and these functions know each other: a circle that would keep the tree.
            parser.StartElementHandler = parser.EndElementHandler = None
            parser.CharacterDataHandler = parser.StartDoctypeDeclHandler = None
        return roots[0]

    def _check_lengths(self) -> None:
        """Refuse a stretch without any tag that is too long, before the parser copies it."""
        text, longest = self.text, self.limits.value_bytes
        position = 0
        while len(text) - position > longest:
            tag = text.rfind(b"<", position, position + longest + 1)
            if tag <= position:
                raise self._too_long(position)
            position = tag

    def _too_long(self, position: int) -> DocumentError:
        return self._error(
            f"holds a text, attribute or tag of more than {self.limits.value_bytes:,} bytes"
            " (limit value_bytes)",
            self.line_of(position),
        )

    def _error(self, problem: str, line: int, *, hint: str | None = None) -> DocumentError:
        return DocumentError(problem, path=self.name or "<bytes>", line=line, hint=hint)
