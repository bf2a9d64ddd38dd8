"""Changing a text in places: patches, and replacing the child elements of a container."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from tasksequence.document.source import Element, Source
from tasksequence.document.tokens import StartTag

__all__ = ["Children", "Layout", "Patch", "Swap", "apply", "layout_inside", "staying"]


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
    line_end: str = "\r\n"
    """What a line break inside a value is written as; a site writes CR LF."""

    def deeper(self) -> Layout:
        """Return the layout of a child."""
        return self._replace(before=self.before + self.unit) if self.before else self


def apply(text: bytes, start: int, end: int, patches: Sequence[Patch]) -> bytes:
    """Return the bytes from `start` to `end` with the patches, which lie inside, applied."""
    if not patches:
        return text[start:end]
    parts: list[bytes] = []
    position = start
    for patch in sorted(patches, key=lambda patch: (patch.start, patch.end)):
        if patch.start < position:
            raise RuntimeError("two patches change the same bytes: a fault of tasksequence")
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


def _cut(source: Source, element: Element) -> Patch:
    """Remove an element together with the white space before it."""
    return Patch(element.start - len(space_before(source.text, element.start)), element.end, b"")


def layout_inside(source: Source, container: Element) -> Layout:
    """Return how children of `container` are laid out, borrowed from what is there."""
    own = space_before(source.text, container.start).decode("ascii")
    unit = "  "
    for child in container.children:
        before = space_before(source.text, child.start).decode("ascii")
        if "\n" not in before:
            return Layout("", unit, source.line_end)
        before = _last_line(before)
        own_line = _last_line(own) if "\n" in own else before[: before.index("\n") + 1]
        if len(before) > len(own_line) and before.startswith(own_line):
            unit = before[len(own_line) :]
        return Layout(before, unit, source.line_end)
    if "\n" not in own:
        return Layout("", unit, source.line_end)
    if "\t" in own:
        unit = "\t"
    return Layout(_last_line(own) + unit, unit, source.line_end)


def _last_line(space: str) -> str:
    # Blank lines before a sibling are not borrowed: only its line end and indentation.
    line_start = space.rindex("\n")
    carriage = 1 if space[:line_start].endswith("\r") else 0
    return space[line_start - carriage :]


class Swap(NamedTuple):
    """New bytes that stand exactly where an element stood."""

    element: Element
    text: bytes


class Children:
    """The child elements of an element as they are to be.

    All changes to one element's children go through one of these, so that what stays, goes and
    comes is known together when it is turned into patches.
    """

    def __init__(self, source: Source, element: Element) -> None:
        self._source = source
        self._element = element
        self._items: list[Element | Swap | bytes] | None = None

    @property
    def items(self) -> list[Element | Swap | bytes]:
        """The children in their order; whoever asks for them is going to change them."""
        if self._items is None:
            self._items = list(self._element.children)
        return self._items

    def place_of(self, element: Element) -> int:
        """Return where an element that stays, or is swapped, stands among the items."""
        for place, item in enumerate(self.items):
            if item is element or (isinstance(item, Swap) and item.element is element):
                return place
        raise ValueError("the element is not among these children any more")

    def swap(self, element: Element, text: bytes) -> None:
        """Put new bytes in the place of an element."""
        self.items[self.place_of(element)] = Swap(element, text)

    def remove(self, element: Element) -> None:
        """Take an element out, with the white space before it."""
        del self.items[self.place_of(element)]

    def remove_all(self, elements: Sequence[Element]) -> None:
        """Take many elements out, as `remove` does each."""
        gone = {id(element) for element in elements}
        self._items = [item for item in self.items if id(item) not in gone]

    def arrange(self, old: Sequence[Element], wanted: Sequence[Element | bytes]) -> None:
        """Turn the elements `old` among the items into `wanted`.

        The elements in `wanted` are some of `old`, in their old order (see `staying`); what
        stands between them stays.
        """
        stays = {id(item) for item in wanted if isinstance(item, Element)}
        goes = {id(element) for element in old} - stays
        first = next((element for element in old if id(element) in stays), old[0] if old else None)
        leading: list[bytes] = []
        following: dict[int, list[bytes]] = {}
        last = leading
        for item in wanted:
            if isinstance(item, Element):
                last = following.setdefault(id(item), [])
            else:
                last.append(item)
        items: list[Element | Swap | bytes] = []
        for present in self.items:
            element = None if isinstance(present, bytes) else _anchor(present)
            if element is first and element is not None:
                items += leading
            if id(element) not in goes:
                items.append(present)
            items += following.get(id(element), ())
        self._items = items if first is not None else [*items, *leading]

    def patches(self) -> list[Patch]:
        """Return what turns the element's children into the items."""
        source, element = self._source, self._element
        if self._items is None:
            return []
        if not element.children:
            texts = [item for item in self.items if isinstance(item, bytes)]
            return _fill_childless(source, element, texts) if texts else []
        return _splice(source, element.children, self.items)


def _splice(
    source: Source, old: Sequence[Element], new: Sequence[Element | Swap | bytes]
) -> list[Patch]:
    text = source.text
    anchors = {id(_anchor(item)) for item in new if not isinstance(item, bytes)}
    patches = [_cut(source, element) for element in old if id(element) not in anchors]
    leading: list[bytes] = []
    following: dict[int, list[bytes]] = {}
    anchor: Element | None = None
    for item in new:
        if isinstance(item, bytes):
            if anchor is None:
                leading.append(item)
            else:
                following.setdefault(anchor.end, []).append(_borrowed(text, anchor) + item)
            continue
        here = _anchor(item)
        if isinstance(item, Swap):
            patches.append(Patch(here.start, here.end, item.text))
        if anchor is None and leading:
            joined = b"".join(part + _borrowed(text, here) for part in leading)
            patches.append(Patch(here.start, here.start, joined))
        anchor = here
    patches += [Patch(end, end, b"".join(parts)) for end, parts in following.items()]
    if anchor is None and leading:
        joined = b"".join(_borrowed(text, old[0]) + part for part in leading)
        position = _cut(source, old[0]).start
        patches.append(Patch(position, position, joined))
    return patches


def _anchor(item: Element | Swap) -> Element:
    return item.element if isinstance(item, Swap) else item


def _borrowed(text: bytes, element: Element) -> bytes:
    space = space_before(text, element.start).decode("ascii")
    return (_last_line(space) if "\n" in space else "").encode("ascii")


def _fill_childless(source: Source, container: Element, parts: Sequence[bytes]) -> list[Patch]:
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
