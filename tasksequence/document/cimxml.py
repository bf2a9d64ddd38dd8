"""The CIM-XML instance around a sequence: reading properties, replacing the sequence's text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from tasksequence.document.source import Element, Source
from tasksequence.document.tokens import StartTag, escape_text
from tasksequence.errors import DocumentError

__all__ = ["EmbeddedText", "Instance", "instances", "sequence_text"]

_SECTION = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_SECTIONS = re.compile(rb"\s*(?:<!\[CDATA\[(?:(?!\]\]>).)*\]\]>)+\s*", re.DOTALL)
_ONE_CDATA = re.compile(rb"\A(\s*<!\[CDATA\[)(.*?)(\]\]>\s*)\Z", re.DOTALL)


@attrs.frozen
class Instance:
    """One INSTANCE element: its class and its properties' values."""

    source: Source
    element: Element

    @property
    def class_name(self) -> str:
        """The WMI class that the instance names."""
        return self.element.attributes.get("CLASSNAME", "")

    def value_element(self, name: str) -> Element | None:
        """Return the VALUE element of a property; None where it is absent or null."""
        for child in self.element.children:
            if child.tag == "PROPERTY" and child.attributes.get("NAME") == name:
                return child.child("VALUE")
        return None

    def value(self, name: str) -> str | None:
        """Return the text of a property; None where it is absent or null."""
        found = self.value_element(name)
        return None if found is None else found.text


def instances(source: Source) -> Iterator[Instance]:
    """Yield the INSTANCE elements of a source, outermost ones first."""
    if source.root.tag == "sequence":
        return
    pending = [source.root]
    while pending:
        element = pending.pop()
        if element.tag == "INSTANCE":
            yield Instance(source, element)
        else:
            pending += reversed(element.children)


@attrs.frozen
class EmbeddedText:
    """A text that lies inside a VALUE element, with what is needed to put another one there."""

    start: int
    end: int
    """Where the text's representation stands in the outer text."""
    raw: bytes = attrs.field(repr=False)
    """The embedded text itself."""
    is_cdata: bool
    line_end: str = "\n"
    """How a line break of escaped text is written, which the parser has made one character."""

    @classmethod
    def of(cls, source: Source, value: Element) -> EmbeddedText:
        """Find the text of a VALUE element; one CDATA section, or escaped text."""
        content_start = StartTag(source.text, value.start).end
        content = source.text[content_start : value.close]
        match = _ONE_CDATA.match(content)
        if match is not None and b"]]>" not in match[2]:
            start = content_start + len(match[1])
            return cls(start, start + len(match[2]), match[2], is_cdata=True)
        # A text with ]]> in it takes several sections in a row.
        if _SECTIONS.fullmatch(content):
            start = content_start + content.index(b"<![CDATA[") + len(b"<![CDATA[")
            end = content_start + content.rindex(b"]]>")
            return cls(start, end, b"".join(_SECTION.findall(content)), is_cdata=True)
        text = value.text.encode("utf-8")
        return cls(content_start, value.close, text, is_cdata=False, line_end=source.line_end)

    def represent(self, text: bytes) -> bytes:
        """Return how another text is written in its place."""
        if self.is_cdata:
            return text.replace(b"]]>", b"]]]]><![CDATA[>")
        return escape_text(text.decode("utf-8"), self.line_end).encode("utf-8")


def sequence_text(instance: Instance) -> EmbeddedText:
    """Return the sequence of a SMS_TaskSequencePackage instance; raises `DocumentError`."""
    value = instance.value_element("Sequence")
    if value is None or not value.text.strip():
        raise DocumentError(
            f"the {instance.class_name} {instance.value('PackageID') or ''} holds no sequence: "
            "its property Sequence is empty",
            path=instance.source.name or "<bytes>",
            line=instance.source.line_of(instance.element.start),
            hint="Sequence is a lazy property: read the object itself, not a query's row.",
        )
    return EmbeddedText.of(instance.source, value)
