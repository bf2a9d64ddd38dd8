"""The canonical form of a sequence: the same content in one spelling, made for comparing.

One element a line, so one variable a line; attributes and variables in the order in which a site
writes them; UTF-8 and LF. What a reader of task sequences sees does not change: names, values,
comments, unknown elements and attributes, and the order of steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tasksequence.document.document import Document
from tasksequence.document.source import Element, Source
from tasksequence.document.tokens import StartTag, escape_attribute, escape_text
from tasksequence.errors import DocumentError

__all__ = ["canonical_bytes", "canonical_text"]

_Write = Callable[[bool], bytes]
_INDENT = "  "
# CDATA first: what looks like a comment in it is none.
_BETWEEN = re.compile(rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>", re.DOTALL)
_DECLARATION = re.compile(rb"\A\s*<\?xml\s.*?\?>", re.DOTALL)
_NUMBERS = re.compile(r"([0-9]+)")
_ATTRIBUTES = (
    "version",
    "type",
    "name",
    "property",
    "hidden",
    "description",
    "disable",
    "continueOnError",
    "timeout",
    "runIn",
    "successCodeList",
    "retryCount",
    "runFromNet",
    "package",
    "program",
    "application",
)
_RANK = {name: rank for rank, name in enumerate(_ATTRIBUTES)}
_CHILDREN = {"condition": 0, "action": 1, "defaultVarList": 2}
_STEPS = frozenset({"step", "subtasksequence"})
# Elements whose text is a value, also where it is nothing but white space.
_VALUES = frozenset({"variable", "action"})


def canonical_bytes(document: Document) -> bytes:
    """Return the file of a document, as it is now, with its sequences in canonical form.

    A bare sequence, MDT's, and an older package file are canonical as a whole; in an object.xml
    the sequence is, and the rest stays. Raises `DocumentError` for a zip, whose members are
    another thing, and for values that XML cannot hold.
    """
    if document.kind == "zip":
        raise DocumentError(
            "is a zip: its canonical form is a text, and no zip any more",
            path=str(document.path) if document.path is not None else "<bytes>",
            hint="Print it (tasksequence format FILE), or convert it to a sequence first.",
        )
    now = Document.load(document.to_bytes(), limits=document.limits)
    if document.kind == "object":
        return now.with_texts([_element_text(now, at) for at in range(len(now.parts))])
    return _checked(now, lambda is_sorted: _file_text(now.sources[0], is_sorted=is_sorted))


def canonical_text(document: Document) -> str:
    """Return the sequences of a document, as they are now, in canonical form for people to read.

    Each sequence of an export follows a comment with its name and package ID. Raises
    `DocumentError` for values that XML cannot hold.
    """
    if document.kind not in {"zip", "object"}:
        return canonical_bytes(document).decode("utf-8")
    now = Document.load(document.to_bytes(), limits=document.limits)
    texts = []
    for at, part in enumerate(now.parts):
        named = f"{part.name or '(no name)'} [{part.package_id or '-'}]".replace("--", "- -")
        texts.append(f"<!-- {named} -->\n{_element_text(now, at).decode('utf-8')}\n")
    return "\n".join(texts)


def _element_text(document: Document, at: int) -> bytes:
    source, element = document.sources[at], document.sequences[at]._origin.element
    alone = Document.load(document.sequence_text(at), limits=document.limits)

    def written(is_sorted: bool) -> bytes:
        lines = _Writer(source, is_sorted=is_sorted).lines(element, "")
        return "\n".join(lines).encode("utf-8")

    return _checked(alone, written)


def _checked(document: Document, write: _Write) -> bytes:
    """Return what is written sorted, or unsorted where the order of variables means something."""
    for is_sorted in (True, False):
        made = write(is_sorted)
        if Document.load(made, limits=document.limits).sequences == document.sequences:
            return made
    raise DocumentError(
        "cannot be brought into canonical form without changing what it says",
        path=str(document.path) if document.path is not None else "<bytes>",
    )


def _file_text(source: Source, *, is_sorted: bool) -> bytes:
    root = source.root
    before, after = source.text[: root.start], source.text[root.end :]
    lines = ['<?xml version="1.0"?>'] if _DECLARATION.match(before) else []
    writer = _Writer(source, is_sorted=is_sorted)
    lines += writer.between(_DECLARATION.sub(b"", before), "")
    lines += writer.lines(root, "")
    lines += writer.between(after, "")
    return ("\n".join(lines) + "\n").encode("utf-8")


def _comments(text: bytes) -> Iterator[bytes]:
    """Yield the comments and instructions of a text."""
    for match in _BETWEEN.finditer(text):
        if not match[0].startswith(b"<![CDATA["):
            yield match[0]


class _Writer:
    """Writes elements of one source, line by line."""

    def __init__(self, source: Source, *, is_sorted: bool) -> None:
        self._source = source
        self._is_sorted = is_sorted

    def between(self, text: bytes, indent: str) -> list[str]:
        """Return the comments and instructions of a text between elements, a line each."""
        return [indent + _lf(found) for found in _comments(text)]

    def lines(self, element: Element, indent: str) -> Iterator[str]:
        """Yield the lines of an element."""
        start = indent + self._start(element)
        tag = element.tag
        content = self._source.text[StartTag(self._source.text, element.start).end : element.close]
        if element.is_empty_tag:
            content = b""
        if not element.children and not any(_comments(content)):
            text = element.text if tag in _VALUES or element.text.strip() else ""
            empty = f"{start}/>" if tag != "variable" else f"{start}></{tag}>"
            yield f"{start}>{escape_text(text)}</{tag}>" if text else empty
        elif element.text.strip() or tag in _VALUES:
            # Text with elements or comments in it: nobody knows which white space counts.
            yield f"{start}>{_lf(content)}</{tag}>"
        else:
            yield f"{start}>"
            yield from self._inside(element, indent + _INDENT)
            yield f"{indent}</{tag}>"

    def _start(self, element: Element) -> str:
        attributes = sorted(
            element.attributes.items(), key=lambda item: (_RANK.get(item[0], len(_RANK)), item[0])
        )
        written = "".join(f' {name}="{escape_attribute(value)}"' for name, value in attributes)
        return f"<{element.tag}{written}"

    def _inside(self, element: Element, indent: str) -> Iterator[str]:
        text = self._source.text
        position = StartTag(text, element.start).end
        entries: list[tuple[list[str], Element]] = []
        for child in element.children:
            entries.append((self.between(text[position : child.start], indent), child))
            position = child.end
        if self._is_sorted and element.tag in {"defaultVarList", "expression"}:
            entries.sort(key=lambda entry: _variable_order(entry[1]))
        elif self._is_sorted and element.tag in _STEPS:
            entries.sort(key=lambda entry: _CHILDREN.get(entry[1].tag, len(_CHILDREN)))
        for before, child in entries:
            yield from before
            yield from self.lines(child, indent)
        yield from self.between(text[position : element.close], indent)


def _variable_order(element: Element) -> tuple[object, ...]:
    """Order variables as a site does: by property, members of an array by index as a number."""
    key = element.attributes.get("property") or element.attributes.get("name") or ""
    parts = _NUMBERS.split(key)
    return tuple(int(part) if at % 2 else part for at, part in enumerate(parts))


def _lf(text: bytes) -> str:
    return text.decode("utf-8").replace("\r\n", "\n")
