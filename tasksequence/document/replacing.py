"""Replacing text and attribute values in place."""

from __future__ import annotations

from tasksequence.document.source import Element, Source
from tasksequence.document.splice import Patch
from tasksequence.document.tokens import StartTag, escape_attribute, escape_text
from tasksequence.errors import DocumentError

__all__ = ["attribute_patches", "escaped_text", "text_patches"]


def attribute_patches(
    source: Source, element: Element, old: dict[str, str], new: dict[str, str]
) -> list[Patch]:
    """Turn the attributes that an element had into others, touching only what differs.

    `new` is in the order in which a site writes them: a new attribute goes behind those before it.
    """
    if old == new:
        return []
    tag = StartTag(source.text, element.start)
    patches: list[Patch] = []
    inserted: dict[int, list[str]] = {}
    order = list(new)
    for name, text in new.items():
        if old.get(name) == text:
            continue
        span = tag.attributes.get(name)
        if span is not None:
            value = _escaped_attribute(source, element, name, text, span.quote)
            patches.append(Patch(span.value_start, span.value_end, value.encode("utf-8")))
            continue
        earlier = [tag.attributes[n].end for n in order[: order.index(name)] if n in tag.attributes]
        value = _escaped_attribute(source, element, name, text, '"')
        inserted.setdefault(max(earlier, default=tag.name_end), []).append(f' {name}="{value}"')
    for name in old.keys() - new.keys():
        span = tag.attributes.get(name)
        if span is None:
            continue
        if source.writes_attribute(name, "false"):
            # A file that writes false out elsewhere (MDT) gets it here too.
            patches.append(Patch(span.value_start, span.value_end, b"false"))
        else:
            patches.append(Patch(span.start, span.end, b""))
    for position, parts in inserted.items():
        patches.append(Patch(position, position, "".join(parts).encode("utf-8")))
    return patches


def text_patches(source: Source, element: Element, what: str, text: str) -> list[Patch]:
    """Replace all that an element holds by a text; `what` names the value for messages."""
    escaped = escaped_text(source, element, what, text).encode("utf-8")
    tag = StartTag(source.text, element.start)
    if element.is_empty_tag:
        end_tag = b"</" + element.tag.encode("utf-8") + b">"
        return [Patch(tag.attributes_end, element.end, b">" + escaped + end_tag)]
    return [Patch(tag.end, element.close, escaped)]


def escaped_text(source: Source, element: Element, what: str, text: str) -> str:
    """Escape character data; raises `DocumentError`, naming the place, for what XML cannot hold."""
    try:
        return escape_text(text, source.line_end)
    except ValueError as error:
        raise _unwritable(source, element, what, error) from None


def _escaped_attribute(source: Source, element: Element, what: str, text: str, quote: str) -> str:
    try:
        return escape_attribute(text, quote)
    except ValueError as error:
        raise _unwritable(source, element, what, error) from None


def _unwritable(source: Source, element: Element, what: str, error: ValueError) -> DocumentError:
    return DocumentError(
        f"the new value of {what} cannot be written: {error}",
        path=source.name or "<bytes>",
        line=source.line_of(element.start),
    )
