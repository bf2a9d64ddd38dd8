"""An export that is edited, beside an oracle that tells which of its bytes must stay.

The oracle shares no code with the library: it cuts the text of the sequence into elements by
itself, keeps them as a tree, and does each edit to that tree. The edited file is cut up again and
compared with it, piece by piece: what an edit did not name must have the bytes that it had.
"""

from __future__ import annotations

import copy
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TypedDict
from xml.parsers import expat

import tasksequence as ts

STEPS = ("step", "group", "subtasksequence")
LISTS = ("referenceList", "globalVarList")
_EDITED_ATTRIBUTES = re.compile(
    r"""\s+(name|disable|description|continueOnError|timeout)\s*=\s*("[^"]*"|'[^']*')"""
)
_LIST = re.compile(
    r"<(?:referenceList|globalVarList)\b(?:[^>]*/>|[^>]*>.*?</(?:referenceList|globalVarList)\s*>)",
    re.DOTALL,
)
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_REFERENCE = re.compile(r"<reference\b[^>]*>")
_VARIABLE = re.compile(r"<variable\b[^>]*>.*?</variable\s*>|<variable\b[^>]*/>", re.DOTALL)


class Said(TypedDict, total=False):
    """Where something goes, as the editor is told."""

    before: str
    after: str
    into: str
    at: int


@dataclass
class Node:
    """One element of the sequence: the sequence, a group or a step."""

    tag: str
    name: str
    whole: str = ""
    """Its text as it was read."""
    start: str = ""
    end: str = ""
    own: list[tuple[str, str]] = field(default_factory=list)
    """Child elements that are no steps: tag and text."""
    body: list[str] = field(default_factory=list)
    """All text after its start tag, cut where the steps in it stand."""
    between: str = ""
    """What stands between child elements, without white space: comments, stray text."""
    children: list[Node] = field(default_factory=list)
    were: list[Node] = field(default_factory=list)
    """The children as they were read."""
    is_new: bool = False
    tag_edited: bool = False
    condition_edited: bool = False
    variables_edited: bool = False
    children_edited: bool = False

    @property
    def is_untouched(self) -> bool:
        return not (
            self.is_new
            or self.tag_edited
            or self.condition_edited
            or self.variables_edited
            or self.children_edited
        ) and all(child.is_untouched for child in self.children)


def cut(text: str) -> Node:
    """Cut the text of a `<sequence>` into nodes."""
    raw = text.encode("utf-8")
    parser = expat.ParserCreate("utf-8")
    root: list[Node] = []
    # Element, its node (None inside what is no step), where it and its inside start, and what of
    # its inside was not yet seen.
    stack: list[tuple[str, Node | None, int, list[tuple[int, int]]]] = []
    steps_of: dict[int, list[tuple[int, int]]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        parent = stack[-1][1] if stack else None
        node = None
        if not stack or (
            parent is not None and parent.tag in ("group", "sequence") and tag in STEPS
        ):
            node = Node(tag, attributes.get("name", ""))
        stack.append((tag, node, at, []))

    def end(tag: str) -> None:
        close = parser.CurrentByteIndex
        _, node, at, seen = stack.pop()
        opening_end = _tag_end(raw, at)
        is_empty = raw[opening_end - 2 : opening_end] == b"/>"
        finish = opening_end if is_empty else _tag_end(raw, close)
        if node is not None:
            node.whole = raw[at:finish].decode()
            node.start = raw[at:opening_end].decode()
            node.end = "" if is_empty else raw[close:finish].decode()
            inside_end = opening_end if is_empty else close
            edges = [opening_end, *(edge for pair in seen for edge in pair), inside_end]
            gaps = zip(edges[::2], edges[1::2], strict=True)
            node.between = "".join(raw[a:b].decode().strip() for a, b in gaps)
            steps = [edge for pair in steps_of.pop(id(node), []) for edge in pair]
            node.were = list(node.children)
            cuts = [opening_end, *steps, finish]
            node.body = [raw[a:b].decode() for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
        if stack:
            stack[-1][3].append((at, finish))
            parent = stack[-1][1]
            if parent is not None:
                if node is not None:
                    parent.children.append(node)
                    steps_of.setdefault(id(parent), []).append((at, finish))
                else:
                    parent.own.append((tag, raw[at:finish].decode()))
        else:
            assert node is not None
            root.append(node)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(raw, True)
    return root[0]


def _tag_end(raw: bytes, at: int) -> int:
    """Return where a tag ends; `>` may stand in the value of an attribute."""
    found = _TAG.match(raw, at)
    assert found, "a tag without an end"
    return found.end()


def nodes_of(node: Node) -> Iterator[tuple[Node, list[Node]]]:
    """Yield every step and group below a node with the list that it stands in."""
    for child in node.children:
        yield child, node.children
        yield from nodes_of(child)


def same(before: Node, now: Node, lists_may_change: bool) -> None:
    """Assert that a node has the bytes that the oracle says."""
    where = f"<{before.tag} {before.name!r}>"
    assert now.tag == before.tag, where
    assert [child.name for child in now.children] == [c.name for c in before.children], where
    assert now.name == before.name, where
    if not before.is_new:
        _same_bytes(before, now, lists_may_change, where)
    for was, is_now in zip(before.children, now.children, strict=True):
        same(was, is_now, lists_may_change)


def _same_bytes(before: Node, now: Node, lists_may_change: bool, where: str) -> None:
    if before.is_untouched and not (before.tag == "sequence" and lists_may_change):
        assert now.whole == before.whole, where
        return
    was, is_now = before.start, now.start
    if before.tag_edited:
        was, is_now = (_EDITED_ATTRIBUTES.sub("", tag) for tag in (was, is_now))
    if before.start.endswith("/>") != now.start.endswith("/>"):
        # A group that was empty was opened.
        was, is_now = was.removesuffix("/>").rstrip(), is_now.removesuffix(">").rstrip()
    else:
        assert now.end == before.end, where
    assert is_now == was, where
    assert now.between == before.between, where
    if not (before.children_edited or before.condition_edited or before.variables_edited):
        # White space too: nothing in it was edited, but for what stands in its steps.
        old, new = ([one for one in node.own if one[0] in LISTS] for node in (before, now))
        assert _without_lists(now.body, old != new) == _without_lists(before.body, old != new), (
            where
        )
    elif not before.condition_edited:
        # (MDT writes conditions between steps as well.)
        _same_gaps(before, now, where)
    if before.tag == "sequence":
        _same_references(before, now)
    changed = {"condition"} if before.condition_edited else set()
    changed |= {"defaultVarList"} if before.variables_edited else set()
    changed |= set(LISTS) if before.tag == "sequence" and lists_may_change else set()
    kept = [text for tag, text in before.own if tag not in changed]
    assert [text for tag, text in now.own if tag not in changed] == kept, where
    if before.variables_edited:
        # All variables but the one that was set.
        was_there, is_there = (
            [
                variable
                for tag, text in node.own
                if tag == "defaultVarList"
                for variable in _VARIABLE.findall(text)
                if "WorkingDirectory" not in variable
            ]
            for node in (before, now)
        )
        assert is_there == was_there, where


def _same_gaps(before: Node, now: Node, where: str) -> None:
    """What stood between two steps stands there, where they follow each other still."""
    old = {id(child): place for place, child in enumerate(before.were)}
    places = [old.get(id(child)) for child in before.children]
    kept = [place for place in places if place is not None]
    if kept != sorted(set(kept)):
        return  # some of them moved, with the white space of their new place
    for place, (one, other) in enumerate(itertools.pairwise(places)):
        if one is not None and other == one + 1:
            assert now.body[place + 1] == before.body[one + 1], where


def _without_lists(body: list[str], lists_changed: bool) -> list[str]:
    if not lists_changed:
        return body
    return [re.sub(r"\s*" + _LIST.pattern, "", text, flags=re.DOTALL) for text in body]


def _same_references(before: Node, now: Node) -> None:
    """References that stay have their bytes; new ones are of what was not there."""
    old, new = (
        [entry for tag, text in node.own if tag in LISTS for entry in _REFERENCE.findall(text)]
        for node in (before, now)
    )
    kept = [entry for entry in new if entry in old]
    assert kept == [entry for entry in old if entry in kept]
    named = [set(re.findall(r"['\"]([^'\"]*)['\"]", entry)) for entry in old]
    for entry in new:
        assert entry in old or set(re.findall(r"['\"]([^'\"]*)['\"]", entry)) not in named, entry


class EditedExport:
    """A document of real life and its oracle, edited together by the operations of the editor."""

    def __init__(self, path: Path, part: int = 0) -> None:
        self.path = path
        self.raw = path.read_bytes()
        self.document = ts.load(self.raw)
        self.part = self.document.parts[part % len(self.document.parts)]
        self.editor = ts.SequenceEditor(self.part.sequence)
        self.before, self.text, self.after = self._region(self.raw)
        self.root = cut(self.text)
        self.lists_may_change = False
        self.serial = 0

    def _region(self, raw: bytes) -> tuple[str, str, str]:
        """Return the text before the sequence, the sequence, and what follows."""
        if raw.startswith(b"PK"):
            assert self.part.member is not None
            with zipfile.ZipFile(BytesIO(raw)) as archive:
                raw = archive.read(self.part.member)
        encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
        # Surrogates stand for bytes of other encodings, which are in no sequence here.
        text = raw.decode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
        found = re.search(r"<sequence\b.*</sequence\s*>|<sequence\b[^>]*/>", text, re.DOTALL)
        assert found, f"{self.path} holds no sequence in plain sight"
        return text[: found.start()], found[0], text[found.end() :]

    def check(self) -> None:
        """Assert that the edited file has every byte that no edit named."""
        raw = self.document.to_bytes(secrets="keep")
        before, text, after = self._region(raw)
        assert (before, after) == (self.before, self.after)
        same(self.root, cut(text), self.lists_may_change)
        if raw.startswith(b"PK"):
            with zipfile.ZipFile(BytesIO(raw)) as new, zipfile.ZipFile(BytesIO(self.raw)) as old:
                assert new.namelist() == old.namelist()
                for name in old.namelist():
                    assert name == self.part.member or new.read(name) == old.read(name), name

    # What is picked, always by its address

    def pairs(self) -> list[tuple[Node, list[Node], ts.LocatedStep]]:
        found = self.editor.find_all()
        nodes = list(nodes_of(self.root))
        assert len(found) == len(nodes)
        return [(*pair, one) for pair, one in zip(nodes, found, strict=True)]

    def pick(
        self, at: int, *, group: bool = False
    ) -> tuple[Node, list[Node], ts.LocatedStep] | None:
        pairs = [pair for pair in self.pairs() if not group or isinstance(pair[2].step, ts.Group)]
        return pairs[at % len(pairs)] if pairs else None

    def _owner(self, holder: list[Node]) -> Node:
        return next(
            node
            for node in [self.root, *(node for node, _ in nodes_of(self.root))]
            if node.children is holder
        )

    def _new(self) -> tuple[Node, ts.Step]:
        self.serial += 1
        name = f"new {self.serial} & <more>"
        if self.serial % 2:
            return Node("group", name, is_new=True), ts.Group(name=name)
        return Node("step", name, is_new=True), ts.RebootAction(name=name, target="HD")

    # The operations; each takes numbers that pick what it works on

    def rename(self, at: int, to: int) -> None:
        if picked := self.pick(at):
            node, _, one = picked
            self.editor.rename(one.address, f"renamed {to} 'so' \"and\" so")
            node.name, node.tag_edited = f"renamed {to} 'so' \"and\" so", True

    def describe(self, at: int, to: int) -> None:
        if picked := self.pick(at):
            self.editor.set(picked[2].address, description=f"described {to} > here")
            picked[0].tag_edited = True

    def switch(self, at: int, to: int) -> None:
        if picked := self.pick(at):
            (self.editor.enable if to % 2 else self.editor.disable)(picked[2].address)
            picked[0].tag_edited = self.lists_may_change = True

    def limit(self, at: int, to: int) -> None:
        if (picked := self.pick(at)) and isinstance(picked[2].step, ts.Action):
            self.editor.set(picked[2].address, {"Timeout": to, "IsContinueOnError": True})
            picked[0].tag_edited = True

    def set_property(self, at: int, to: int) -> None:
        steps = [p for p in self.pairs() if type(p[2].step) is ts.RunCommandLineAction]
        if steps:
            node, _, one = steps[at % len(steps)]
            self.editor.set(one.address, {"WorkingDirectory": rf"C:\{to} & more"})
            node.variables_edited = True

    def set_condition(self, at: int, to: int) -> None:
        if picked := self.pick(at):
            self.editor.set_condition(picked[2].address, ts.Variable("X") == to)
            picked[0].condition_edited = True

    def add_condition(self, at: int, to: int) -> None:
        if picked := self.pick(at):
            self.editor.add_condition(picked[2].address, ts.none_of(ts.Variable("Y") > to))
            picked[0].condition_edited = True

    def clear_condition(self, at: int, to: int) -> None:
        del to
        if picked := self.pick(at):
            self.editor.clear_condition(picked[2].address)
            picked[0].condition_edited = True

    def insert(self, at: int, to: int) -> None:
        node, step = self._new()
        where = self._place(at, to, None)
        self._put(node, where)
        self.editor.insert(step, **where[2])
        self.lists_may_change = True

    def move(self, at: int, to: int) -> None:
        picked = self.pick(at)
        if picked is None:
            return
        node, holder, one = picked
        where = self._place(to, at, node)
        self._take(node, holder)
        self._put(node, where)
        self.editor.move(one.address, **where[2])
        self.lists_may_change = True

    def copy(self, at: int, to: int) -> None:
        picked = self.pick(at)
        if picked is None or len(self.pairs()) > 300:
            return
        self.serial += 1
        twin = copy.deepcopy(picked[0])
        twin.name, twin.tag_edited = f"copy {self.serial}", True
        where = self._place(to, at, None)
        self._put(twin, where)
        self.editor.copy(picked[2].address, name=twin.name, **where[2])
        self.lists_may_change = True

    def copy_out(self, at: int, to: int) -> None:
        """Copy to another document, where the bytes of an untouched step arrive as they were."""
        del to
        if picked := self.pick(at):
            other = ts.Document.new(ts.TaskSequence(steps=[ts.Group(name="there")]))
            self.editor.copy(picked[2].address, to=ts.SequenceEditor(other.sequence), into="there")
            if picked[0].is_untouched:
                assert picked[0].whole in other.to_bytes(secrets="keep").decode("utf-8")

    def remove(self, at: int, to: int) -> None:
        del to
        if picked := self.pick(at):
            self._take(picked[0], picked[1])
            self.editor.remove(picked[2].address)
            self.lists_may_change = True

    def replace(self, at: int, to: int) -> None:
        del to
        if picked := self.pick(at):
            node, holder, one = picked
            new, step = self._new()
            self._owner(holder).children_edited = self.lists_may_change = True
            holder[_index(holder, node)] = new
            self.editor.replace(one.address, step)

    def wrap(self, at: int, to: int) -> None:
        if picked := self.pick(at):
            node, holder, one = picked
            first = _index(holder, node)
            wrapped = holder[first : first + 1 + to % 3]
            targets = [one.holder[first + offset] for offset in range(len(wrapped))]
            self.serial += 1
            group = Node("group", f"wrapped {self.serial}", is_new=True, children=wrapped)
            self._owner(holder).children_edited = True
            holder[first : first + len(wrapped)] = [group]
            self.editor.wrap(*(self.editor.address(target) for target in targets), group=group.name)

    def swap(self, at: int, to: int) -> None:
        if picked := self.pick(at):
            node, holder, one = picked
            here = _index(holder, node)
            there = here + (1 if to % 2 else -1)
            if 0 <= there < len(holder):
                holder[here], holder[there] = holder[there], holder[here]
                self._owner(holder).children_edited = self.lists_may_change = True
                (self.editor.move_down if to % 2 else self.editor.move_up)(one.address)

    def _place(
        self, at: int, kind: int, moved: Node | None
    ) -> tuple[list[Node], Node | int | None, Said]:
        """Choose where something goes: list, the node that it stands beside, and what is said."""
        inside = {id(moved), *(id(n) for n, _ in nodes_of(moved))} if moved is not None else set()
        free = [p for p in self.pairs() if id(p[0]) not in inside]
        groups = [p for p in free if isinstance(p[2].step, ts.Group)]
        if kind % 4 == 0 and groups:
            node, _, one = groups[at % len(groups)]
            return node.children, 0, {"into": one.address, "at": 0}
        if kind % 4 == 1 and groups:
            node, _, one = groups[at % len(groups)]
            return node.children, None, {"into": one.address}
        if not free or kind % 8 == 6:
            return self.root.children, 0, {"at": 0}
        node, holder, one = free[at % len(free)]
        if kind % 4 == 2:
            return holder, node, {"before": one.address}
        return holder, _After(node), {"after": one.address}

    def _put(self, node: Node, where: tuple[list[Node], Node | int | None, Said]) -> None:
        holder, beside, _ = where
        if beside is None:
            place = len(holder)
        elif isinstance(beside, int):
            place = beside
        elif isinstance(beside, _After):
            place = _index(holder, beside.node) + 1
        else:
            place = _index(holder, beside)
        self._owner(holder).children_edited = True
        holder.insert(place, node)

    def _take(self, node: Node, holder: list[Node]) -> None:
        self._owner(holder).children_edited = True
        del holder[_index(holder, node)]


class _After(Node):
    def __init__(self, node: Node) -> None:
        super().__init__(node.tag, node.name)
        self.node = node


def _index(holder: list[Node], node: Node) -> int:
    return next(place for place, other in enumerate(holder) if other is node)


OPERATIONS = (
    EditedExport.rename,
    EditedExport.describe,
    EditedExport.switch,
    EditedExport.limit,
    EditedExport.set_property,
    EditedExport.set_condition,
    EditedExport.add_condition,
    EditedExport.clear_condition,
    EditedExport.insert,
    EditedExport.move,
    EditedExport.swap,
    EditedExport.wrap,
    EditedExport.copy,
    EditedExport.copy_out,
    EditedExport.replace,
    EditedExport.remove,
)
"""Every operation that changes a sequence."""
