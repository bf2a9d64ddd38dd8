"""Changing a text in places: patches, and replacing the child elements of a container."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from tasksequence.document.source import Element, Source
from tasksequence.document.tokens import StartTag

__all__ = [
    "Layout",
    "Patch",
    "apply",
    "cut",
    "fill_childless",
    "layout_inside",
    "splice",
    "staying",
]


class Patch(NamedTuple):
    """Replace the bytes from `start` to `end` by `text`."""

    start: int
    end: int
    text: bytes


class Layout(NamedTuple):
    """How a new element is laid out: the white space before it, and one step of indentation."""

    before: str
    """Line end and indentation; empty for a text on one line."""
    unit: str

    def deeper(self) -> Layout:
        """Return the layout of a child."""
        return Layout(self.before + self.unit, self.unit) if self.before else self


def apply(text: bytes, start: int, end: int, patches: Sequence[Patch]) -> bytes:
    """Return the bytes from `start` to `end` with the patches, which lie inside, applied."""
    if not patches:
        return text[start:end]
    parts: list[bytes] = []
    position = start
    for patch in sorted(patches, key=lambda patch: (patch.start, patch.end)):
        assert patch.start >= position, "patches overlap"
        parts += (text[position : patch.start], patch.text)
        position = patch.end
    parts.append(text[position:end])
    return b"".join(parts)


def space_before(text: bytes, position: int) -> bytes:
    """Return the white space that ends at `position`."""
    start = position
    while start and text[start - 1] in b" \t\r\n":
        start -= 1
    return text[start:position]


def cut(source: Source, element: Element) -> Patch:
    """Remove an element together with the white space before it."""
    return Patch(element.start - len(space_before(source.text, element.start)), element.end, b"")


def layout_inside(source: Source, container: Element) -> Layout:
    """Return how children of `container` are laid out, borrowed from what is there."""
    own = space_before(source.text, container.start).decode("ascii")
    unit = "  "
    for child in container.children:
        before = space_before(source.text, child.start).decode("ascii")
        if "\n" not in before:
            return Layout("", unit)
        before = _last_line(before)
        own_line = _last_line(own) if "\n" in own else before[: before.index("\n") + 1]
        if len(before) > len(own_line) and before.startswith(own_line):
            unit = before[len(own_line) :]
        return Layout(before, unit)
    if "\n" not in own:
        return Layout("", unit)
    if "\t" in own:
        unit = "\t"
    return Layout(_last_line(own) + unit, unit)


def _last_line(space: str) -> str:
    # Blank lines before a sibling are not borrowed: only its line end and indentation.
    line_start = space.rindex("\n")
    carriage = 1 if space[:line_start].endswith("\r") else 0
    return space[line_start - carriage :]


def splice(
    source: Source, container: Element, old: Sequence[Element], new: Sequence[Element | bytes]
) -> list[Patch]:
    """Turn the children `old` of a container into `new`: elements to keep, bytes to insert.

    The elements in `new` are some of `old`, in their old order (see `staying`). A container
    without any child element is not for this function but for `fill_childless`.
    """
    text = source.text
    stays = {id(item) for item in new if isinstance(item, Element)}
    patches = [cut(source, element) for element in old if id(element) not in stays]
    leading: list[bytes] = []
    following: dict[int, list[bytes]] = {}
    anchor: Element | None = None
    for item in new:
        if isinstance(item, Element):
            if anchor is None and leading:
                joined = b"".join(part + _borrowed(text, item) for part in leading)
                patches.append(Patch(item.start, item.start, joined))
            anchor = item
        elif anchor is None:
            leading.append(item)
        else:
            following.setdefault(anchor.end, []).append(_borrowed(text, anchor) + item)
    patches += [Patch(end, end, b"".join(parts)) for end, parts in following.items()]
    if anchor is None and leading:
        if old:
            neighbour = old[0]
            position = cut(source, neighbour).start
        else:
            neighbour = container.children[-1]
            position = neighbour.end
        joined = b"".join(_borrowed(text, neighbour) + part for part in leading)
        patches.append(Patch(position, position, joined))
    return patches


def _borrowed(text: bytes, element: Element) -> bytes:
    space = space_before(text, element.start).decode("ascii")
    return (_last_line(space) if "\n" in space else "").encode("ascii")


def fill_childless(source: Source, container: Element, parts: Sequence[bytes]) -> list[Patch]:
    """Put elements into a container that has no child element yet."""
    layout = layout_inside(source, container)
    before = layout.before.encode("ascii")
    closing = space_before(source.text, container.start) if before else b""
    closing = _last_line(closing.decode("ascii")).encode("ascii") if closing else b""
    inside = b"".join(before + part for part in parts)
    tag = StartTag(source.text, container.start)
    if container.is_empty_tag:
        end_tag = closing + b"</" + container.tag.encode("utf-8") + b">"
        return [Patch(tag.attributes_end, container.end, b">" + inside + end_tag)]
    if container.text.strip() or b"\n" in source.text[tag.end : container.close]:
        closing = b""
    return [Patch(tag.end, tag.end, inside + closing)]


def staying(order: Sequence[int | None]) -> set[int]:
    """Return which places of a new order keep their element where it is, moving the fewest.

    `order` holds, for each place, the old place of what now stands there, or None for new.
    """
    tails: list[int] = []
    tail_at: list[int] = []
    previous: dict[int, int] = {}
    for at, value in enumerate(order):
        if value is None:
            continue
        place = bisect_left(tails, value)
        if place == len(tails):
            tails.append(value)
            tail_at.append(at)
        else:
            tails[place] = value
            tail_at[place] = at
        previous[at] = tail_at[place - 1] if place else -1
    kept: set[int] = set()
    at = tail_at[-1] if tail_at else -1
    while at >= 0:
        kept.add(at)
        at = previous[at]
    return kept
