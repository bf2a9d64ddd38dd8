"""Edits of a loaded document change the expected slices and nothing else.

The oracle below knows nothing of the library: it keeps a document as nested pieces of text, in a
spelling that no writer would choose, and applies each edit to those pieces. After every edit the
library's bytes must be the oracle's text.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import tasksequence as ts
from tasksequence.document.document import Document

NAMES = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=8
)
TEXTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")) | st.just("\n"), max_size=12
)


def in_attribute(text: str) -> str:
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\n", "&#xA;")):
        text = text.replace(plain, escaped)
    return text


@dataclass
class Layout:
    newline: str
    quote: str
    line_end: str = "\n"
    """How a line break inside a value is written: as the file's others, or CR LF in one line."""

    def in_text(self, text: str) -> str:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return text.replace("\n", self.line_end)

    def before(self, depth: int) -> str:
        return self.newline + "  " * depth if self.newline else ""

    def attribute(self, text: str) -> str:
        quoted = {'"': "&quot;", "'": "&apos;"}[self.quote]
        return self.quote + in_attribute(text).replace(self.quote, quoted) + self.quote


@dataclass
class Node:
    """One group or step as the oracle sees it."""

    kind: str
    name: str
    is_new: bool
    message: str | None = ""
    condition: str | None = None
    disabled: bool = False
    children: list[Node] = field(default_factory=list)
    depth_written: int = 0
    """Where its inside was laid out: a moved node keeps its bytes."""
    was_empty_tag: bool = False
    number: int = 0

    def render(self, layout: Layout) -> str:
        return self._new(layout) if self.is_new else self._original(layout)

    def _original(self, layout: Layout) -> str:
        inner = layout.before(self.depth_written + 1)
        outer = layout.before(self.depth_written)
        disabled = f"  disable={layout.attribute('true')}" if self.disabled else ""
        name = f"name  =  {layout.attribute(self.name)}"
        if self.kind == "group":
            head = f"<group\t{name}{disabled} unknown={layout.attribute(str(self.number))}"
            if not self.children and self.was_empty_tag:
                return head + " />"
            # An empty tag loses the blank before its slash when it is opened.
            start = head + (">" if self.was_empty_tag else " >")
            inside = "".join(inner + child.render(layout) for child in self.children)
            end = "</group>" if self.was_empty_tag else "</group >"
            return f"{start}{inside}{outer}{end}"
        return (
            f"<step type={layout.attribute('SMS_TaskSequence_RebootAction')} {name}{disabled}"
            f" startIn=''  runIn = {layout.attribute('WinPEandFullOS')}>"
            f"{self._condition(layout, inner)}{inner}<!-- kept {self.number} -->"
            f"{inner}<action>smsboot.exe  /target:HD</action><defaultVarList >"
            f"{self._original_message(layout)}"
            "<variable name='Odd' property='Odd'><![CDATA[<&>]]></variable>"
            f"<variable name='SMSRebootTarget' property='Target' hidden='true' >HD</variable>"
            f"</defaultVarList>{outer}</step>"
        )

    def _original_message(self, layout: Layout) -> str:
        if self.message is None:
            return ""
        return (
            f"<variable  property='Message' name='SMSRebootMessage'>{layout.in_text(self.message)}"
            "</variable >"
        )

    def _condition(self, layout: Layout, inner: str) -> str:
        if self.condition is None:
            return ""
        return (
            f"{inner}<condition ><expression type='SMS_TaskSequence_VariableConditionExpression'>"
            "<variable name='Variable'>A</variable><variable name='Operator'>equals</variable>"
            f"<variable name='Value'>{layout.in_text(self.condition)}</variable>"
            "</expression></condition>"
        )

    def _new(self, layout: Layout) -> str:
        inner, outer = layout.before(self.depth_written + 1), layout.before(self.depth_written)
        second = layout.before(self.depth_written + 2)
        name = in_attribute(self.name).replace('"', "&quot;")
        disabled = ' disable="true"' if self.disabled else ""
        if self.kind == "group":
            head = f'<group name="{name}" description=""{disabled}'
            if not self.children:
                return head + "/>"
            inside = "".join(inner + child.render(layout) for child in self.children)
            return f"{head}>{inside}{outer}</group>"
        return (
            f'<step type="SMS_TaskSequence_RebootAction" name="{name}" description=""{disabled}'
            ' runIn="WinPEandFullOS" successCodeList="0" retryCount="0" runFromNet="false">'
            f"{inner}<action>smsboot.exe /target:HD</action>{inner}<defaultVarList>"
            f"{self._new_message(layout, second)}"
            f'{second}<variable name="SMSRebootTimeout" property="MessageTimeout">0</variable>'
            f'{second}<variable name="SMSRebootTarget" property="Target" hidden="true">HD'
            f"</variable>{inner}</defaultVarList>{outer}</step>"
        )

    def _new_message(self, layout: Layout, before: str) -> str:
        if self.message is None:
            return ""
        text = layout.in_text(self.message)
        return f'{before}<variable name="SMSRebootMessage" property="Message">{text}</variable>'


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    newline = draw(st.sampled_from(["", "\n", "\r\n"]))
    return Layout(newline, draw(st.sampled_from(["'", '"'])), newline or "\n")


@st.composite
def originals(draw: st.DrawFn, depth: int = 1) -> Node:
    number = draw(st.integers(0, 99))
    is_group = depth < 4 and draw(st.booleans())
    node = Node(
        "group" if is_group else "step",
        draw(NAMES),
        is_new=False,
        depth_written=depth,
        number=number,
        disabled=draw(st.booleans()),
    )
    if is_group:
        node.children = draw(st.lists(originals(depth + 1), max_size=3))
        node.was_empty_tag = not node.children and draw(st.booleans())
    else:
        # XML reads CR LF and LF as one line end; the oracle writes what the library would read.
        node.message = draw(TEXTS)
        node.condition = draw(TEXTS)
    return node


class DocumentMachine(RuleBasedStateMachine):
    """Edits the same thing in the library and in the oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.layout = Layout("", '"')
        self.roots: list[Node] = []
        self.document: Document | None = None

    @initialize(layout=layouts(), roots=st.lists(originals(), min_size=1, max_size=4))
    def start(self, layout: Layout, roots: list[Node]) -> None:
        self.layout = layout
        self.roots = roots
        self.original = self.text()
        if "\n" not in self.original:
            self.layout.line_end = "\r\n"
        self.document = ts.load(self.original.encode("utf-8"))
        self.before = copy.deepcopy(self.document.sequence.steps)

    def text(self) -> str:
        inside = "".join(self.layout.before(1) + node.render(self.layout) for node in self.roots)
        newline = self.layout.newline
        return (
            f"<?xml version='1.0'?>{newline}<sequence  version='3.10' odd=''>{inside}"
            f"{newline}</sequence >{newline}<!-- end -->"
        )

    @property
    def steps(self) -> list[ts.Step]:
        assert self.document is not None
        return self.document.sequence.steps

    def pairs(self) -> list[tuple[Node, ts.Step, list[Node], list[ts.Step], int]]:
        """Return every node with its step, the lists that hold them, and their depth."""
        found = []
        pending = [(self.roots, self.steps, 1)]
        while pending:
            nodes, steps, depth = pending.pop(0)
            assert len(nodes) == len(steps)
            for node, step in zip(nodes, steps, strict=True):
                found.append((node, step, nodes, steps, depth))
                if isinstance(step, ts.Group):
                    pending.append((node.children, step.steps, depth + 1))
        return found

    def lists(self) -> list[tuple[list[Node], list[ts.Step], int, Node | None]]:
        found: list[tuple[list[Node], list[ts.Step], int, Node | None]] = [
            (self.roots, self.steps, 1, None)
        ]
        for node, step, _, _, _ in self.pairs():
            if isinstance(step, ts.Group):
                # What stands inside a moved group is laid out where the group came from.
                inner = node.depth_written + 1
                found.append((node.children, step.steps, inner, node))
        return found

    def pick(self, at: int) -> tuple[Node, ts.Step, list[Node], list[ts.Step], int] | None:
        pairs = self.pairs()
        return pairs[at % len(pairs)] if pairs else None

    @rule(at=st.integers(0, 50), name=NAMES)
    def rename(self, at: int, name: str) -> None:
        picked = self.pick(at)
        if picked is not None:
            picked[0].name = picked[1].name = name

    @rule(at=st.integers(0, 50))
    def switch(self, at: int) -> None:
        picked = self.pick(at)
        # The oracle does not know where the library puts an attribute that was never there.
        if picked is not None and picked[0].is_new:
            picked[0].disabled = not picked[0].disabled
            picked[1].enabled = not picked[1].enabled

    @rule(at=st.integers(0, 50), message=TEXTS)
    def say(self, at: int, message: str) -> None:
        picked = self.pick(at)
        # A message that was dropped comes back in the library's own spelling, not the oracle's.
        if picked is not None and isinstance(picked[1], ts.RebootAction) and picked[0].message:
            picked[0].message = picked[1].message = message

    @rule(at=st.integers(0, 50), value=TEXTS)
    def compare_with(self, at: int, value: str) -> None:
        picked = self.pick(at)
        if picked is None or picked[1].condition is None:
            return
        expression = picked[1].condition.operands[0]
        assert isinstance(expression, ts.VariableConditionExpression)
        picked[0].condition = expression.value = value

    @rule(at=st.integers(0, 50))
    def drop_condition(self, at: int) -> None:
        picked = self.pick(at)
        if picked is not None:
            picked[0].condition = picked[1].condition = None

    @rule(at=st.integers(0, 50))
    def drop_message(self, at: int) -> None:
        picked = self.pick(at)
        if picked is not None and isinstance(picked[1], ts.RebootAction):
            picked[0].message = picked[1].message = None

    @rule(at=st.integers(0, 50))
    def remove(self, at: int) -> None:
        picked = self.pick(at)
        if picked is not None:
            _, step, nodes, steps, _ = picked
            place = next(i for i, other in enumerate(steps) if other is step)
            del nodes[place], steps[place]

    @rule(at=st.integers(0, 50), place=st.integers(0, 9), name=NAMES, group=st.booleans())
    def insert(self, at: int, place: int, name: str, group: bool) -> None:
        lists = self.lists()
        nodes, steps, depth, _ = lists[at % len(lists)]
        place %= len(nodes) + 1
        kind = "group" if group else "step"
        nodes.insert(place, Node(kind, name, is_new=True, depth_written=depth))
        new: ts.Step = (
            ts.Group(name=name) if group else ts.RebootAction(name=name, target="HD", message="")
        )
        steps.insert(place, new)

    @rule(at=st.integers(0, 50), to=st.integers(0, 50), place=st.integers(0, 9))
    def move(self, at: int, to: int, place: int) -> None:
        picked = self.pick(at)
        if picked is None:
            return
        node, step, nodes, steps, _ = picked
        lists = self.lists()
        new_nodes, new_steps, depth, owner = lists[to % len(lists)]
        if owner is not None and self.contains(node, owner):
            return
        if node.is_new and depth != node.depth_written:
            # A new node is laid out for the place it ends up in, its children too.
            return
        index = next(i for i, other in enumerate(steps) if other is step)
        del nodes[index], steps[index]
        place %= len(new_nodes) + 1
        new_nodes.insert(place, node)
        new_steps.insert(place, step)

    @staticmethod
    def contains(node: Node, wanted: Node) -> bool:
        pending = [node]
        while pending:
            current = pending.pop()
            if current is wanted:
                return True
            pending += current.children
        return False

    @rule(at=st.integers(0, 50))
    @precondition(lambda self: len(self.pairs()) < 40)
    def duplicate(self, at: int) -> None:
        picked = self.pick(at)
        if picked is None:
            return
        node, step, nodes, steps, _ = picked
        place = next(i for i, other in enumerate(steps) if other is step)
        nodes.insert(place + 1, copy.deepcopy(node))
        steps.insert(place + 1, copy.deepcopy(step))

    @rule()
    def reload(self) -> None:
        """Saving and loading is no edit, and what is loaded is what was edited."""
        assert self.document is not None
        again = ts.load(self.document.to_bytes())
        assert again.sequence.steps == self.steps
        assert again.to_bytes() == self.document.to_bytes()

    @invariant()
    def bytes_are_as_expected(self) -> None:
        if self.document is not None:
            assert self.document.to_bytes().decode("utf-8") == self.text()


DocumentMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25)
TestDocumentMachine = DocumentMachine.TestCase


@pytest.mark.deep
def test_many_more_edits() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        DocumentMachine, settings=settings(max_examples=5000, stateful_step_count=40, deadline=None)
    )
