"""What a log says of the steps that ran: in which order, how long, what failed and why."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from datetime import datetime

import attrs

from tasksequence.error_codes import KnownCode, explain_code
from tasksequence.logs.records import LogRecord
from tasksequence.plan.steps import Plan, PlannedGroup, PlannedStep

__all__ = ["LogLine", "LogOutcome", "LogStep", "LogSummary", "RunReader", "join_plan", "read_run"]

_START = b"Start executing an instruction. Instruction name:"
_STARTED = re.compile(
    r"Start executing an instruction\. Instruction name: (?:'(?P<quoted>.*)'\.\s+Pointer: "
    r"(?P<number>\d*)\. Type: '(?P<type>[^']*)'\. Disabled: (?P<disabled>\d)"
    r"|(?P<plain>.*?))\.?\s*$",
    re.DOTALL,
)
_PREFIXES = (
    _START,
    b"The group (",
    b"The action (",
    b"Process completed with exit code",
    b"Successfully completed the action",
    b"Failed to run the action",
    b"Failed to run the last action",
    b"The execution of the group",
    b"The task sequence execution engine",
    b"Task Sequence Engine",
    b"Execution of task sequence",
    b"The run ",
)
_EXIT = re.compile(r"Process completed with exit code (-?\d+)")
_SUCCEEDED = re.compile(r"Successfully completed the action \((.*?)\)(?: with|\.|$)", re.DOTALL)
_FAILED = re.compile(r"Failed to run the action: (.*?)\.(?:\s|$)", re.DOTALL)
_LAST_FAILED = re.compile(r"Failed to run the last action: (.*)\. Execution of task", re.DOTALL)
_GROUP = re.compile(r"The group \((.*)\) has been successfully started", re.DOTALL)
_GROUP_FAILED = re.compile(r"The execution of the group \((.*?)\) has failed", re.DOTALL)
_PASSED = re.compile(
    r"(?:The (?:action|group) \((?P<one>.*?)\).*\b(?:skipped|left to the device|depends)\b"
    r"|execution engine skipped the (?:action|group) \((?P<two>.*?)\))",
    re.DOTALL,
)
_CODE = re.compile(r"(?:0x|HRESULT=|Error: |hr=0x|code )([0-9A-Fa-f]{8})\b")
_KEPT_ERRORS = 20
_SHOWN = 500


class LogOutcome(enum.Enum):
    """What the log says became of a step."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    ENTERED = "entered"
    """A group whose steps were begun."""
    OPEN = "no end"
    """It began, and the log does not say how it ended: a restart, or the log stops there."""
    NOT_REACHED = "not in the log"


@attrs.frozen(kw_only=True)
class LogLine:
    """A record that says why: where it stands, and what it says."""

    file: str
    line: int
    component: str
    text: str
    """The message, cut where it is long."""


@attrs.define(kw_only=True)
class LogStep:
    """A step or group that the log speaks of."""

    name: str
    outcome: LogOutcome
    number: int | None = None
    """The engine's own number (Pointer), where the log has it."""
    wmi_class: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    errors: list[LogLine] = attrs.field(factory=list)
    """Its error records, the first 20."""
    said: str = ""
    """What the engine said as it failed or was passed over."""
    file: str = ""
    line: int = 0
    """Where it begins in the log."""
    path: tuple[str, ...] = ()
    """Its place in the sequence, where one was given and it was found there."""
    is_group: bool = False

    @property
    def seconds(self) -> float | None:
        """How long it took; None where the log does not tell."""
        if self.started is None or self.ended is None:
            return None
        if (self.started.tzinfo is None) is not (self.ended.tzinfo is None):
            return None
        return (self.ended - self.started).total_seconds()

    @property
    def code(self) -> KnownCode | None:
        """What is known of its exit code, or of the first code that its errors name."""
        if self.exit_code:
            return explain_code(str(self.exit_code & 0xFFFFFFFF))
        for text in (self.said, *(error.text for error in self.errors)):
            found = _CODE.search(text)
            if found is not None:
                return explain_code(f"0x{found[1]}")
        return None


@attrs.define(kw_only=True)
class LogSummary:
    """What logs say of a run."""

    steps: list[LogStep] = attrs.field(factory=list)
    """Steps and groups in the order of the log; with a sequence those it never came to, too."""
    records: int = 0
    damaged: int = 0
    """Pieces of text that are no whole record; they were read like others."""
    errors: int = 0
    warnings: int = 0
    first: datetime | None = None
    last: datetime | None = None
    failed: bool = False
    """The log says that the sequence failed."""

    @property
    def first_failure(self) -> LogStep | None:
        """The step that failed first."""
        failed = [one for one in self.steps if one.outcome is LogOutcome.FAILED]
        return next((one for one in failed if not one.is_group), failed[0] if failed else None)


class RunReader:
    """Collects what records say of steps; give it all records in order."""

    def __init__(self) -> None:
        self.summary = LogSummary()
        self._now: LogStep | None = None
        self._last: LogRecord | None = None
        self._file = ""

    def read(self, record: LogRecord, file: str = "") -> LogStep | None:
        """Take a record; return the step that it began, ended or failed, if any."""
        summary = self.summary
        summary.records += 1
        self._file = file
        if summary.first is None:
            summary.first = record.moment
        if not record.is_damaged:
            self._last = record
        kind = record.kind
        if kind != 1:
            if kind == 3:
                self._error(record)
            else:
                summary.warnings += 1
        elif record.is_damaged:
            summary.damaged += 1
        return self._event(record) if record.raw.startswith(_PREFIXES) else None

    def finish(self) -> LogSummary:
        """Return the summary."""
        if self._last is not None:
            self.summary.last = self._last.moment
        return self.summary

    def _error(self, record: LogRecord) -> None:
        self.summary.errors += 1
        now = self._now
        if now is not None and len(now.errors) < _KEPT_ERRORS:
            now.errors.append(
                LogLine(
                    file=self._file,
                    line=record.line,
                    component=record.component,
                    text=record.message[:_SHOWN],
                )
            )

    def _event(self, record: LogRecord) -> LogStep | None:
        message = record.message
        started = _STARTED.match(message)
        if started is not None:
            return self._start(record, started)
        ended = _EXIT.match(message)
        if ended is not None:
            if self._now is not None:
                self._now.exit_code = int(ended[1]) & 0xFFFFFFFF
            return None
        for pattern, outcome in (
            (_SUCCEEDED, LogOutcome.SUCCEEDED),
            (_FAILED, LogOutcome.FAILED),
            (_GROUP, LogOutcome.ENTERED),
            (_GROUP_FAILED, LogOutcome.FAILED),
            (_PASSED, LogOutcome.SKIPPED),
        ):
            found = pattern.search(message)
            if found is not None:
                name = next(group for group in found.groups() if group is not None)
                return self._end(record, name, outcome, message)
        if _LAST_FAILED.match(message) or message.startswith("Execution of task sequence failed"):
            self.summary.failed = True
        return None

    def _start(self, record: LogRecord, found: re.Match[str]) -> LogStep:
        name = found["quoted"] if found["quoted"] is not None else found["plain"]
        number = found["number"]
        self._now = LogStep(
            name=name.strip(),
            outcome=LogOutcome.SKIPPED if found["disabled"] == "1" else LogOutcome.OPEN,
            said="it is disabled" if found["disabled"] == "1" else "",
            number=int(number) if number else None,
            wmi_class=found["type"] or "",
            started=record.moment,
            file=self._file,
            line=record.line,
        )
        self.summary.steps.append(self._now)
        return self._now

    def _end(
        self, record: LogRecord, name: str, outcome: LogOutcome, message: str
    ) -> LogStep | None:
        group = "group (" in message[:48]
        step = next(
            (
                one
                for one in reversed(self.summary.steps)
                if one.name == name and (one.outcome in _UNDECIDED or one is self._now)
            ),
            None,
        )
        if step is None:
            # A log that begins in the middle, or one that does not write beginnings.
            step = LogStep(name=name, outcome=outcome, file=self._file, line=record.line)
            self.summary.steps.append(step)
        step.outcome = outcome
        step.is_group = step.is_group or group
        if outcome is not LogOutcome.ENTERED:
            step.ended = record.moment
        if outcome in {LogOutcome.FAILED, LogOutcome.SKIPPED}:
            step.said = message[:_SHOWN]
        return step


_UNDECIDED = frozenset({LogOutcome.OPEN, LogOutcome.ENTERED})


def read_run(records: Iterable[tuple[str, LogRecord]]) -> LogSummary:
    """Return what records, each with the name of its file, say of a run."""
    reader = RunReader()
    read = reader.read
    for file, record in records:
        read(record, file)
    return reader.finish()


def join_plan(summary: LogSummary, plan: Plan) -> None:
    """Find the steps of a log in a sequence, by name, and by number where names are not enough.

    Adds what the log has no line of, with the outcome NOT_REACHED, in the sequence's order.
    """
    nodes = list(plan.walk())
    at = 0
    seen: set[int] = set()
    for one in summary.steps:
        index = _find(nodes, one, at)
        if index is None:
            continue
        node = nodes[index]
        one.path = node.path
        one.is_group = isinstance(node, PlannedGroup)
        if one.number is None:
            one.number = node.number
        if isinstance(node, PlannedStep) and not one.wmi_class:
            one.wmi_class = node.wmi_class
        seen.add(index)
        at = index
    missing = [node for index, node in enumerate(nodes) if index not in seen]
    summary.steps += [
        LogStep(
            name=node.name,
            outcome=LogOutcome.NOT_REACHED,
            number=node.number,
            path=node.path,
            wmi_class=node.wmi_class if isinstance(node, PlannedStep) else "",
            is_group=isinstance(node, PlannedGroup),
        )
        for node in missing
    ]


def _find(nodes: list[PlannedGroup | PlannedStep], one: LogStep, at: int) -> int | None:
    """Return the index of a step: the one of its number, else the next of its name."""
    named = [index for index, node in enumerate(nodes) if node.name == one.name]
    for index in named:
        if one.number is not None and nodes[index].number == one.number:
            return index
    ahead = [index for index in named if index > at or (index == at == 0)]
    return next(iter(ahead or named), None)
