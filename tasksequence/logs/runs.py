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

_START = "Start executing an instruction. Instruction name:"
_STARTED = re.compile(
    r"\s*'(?P<name>.*)'\.\s+Pointer: (?P<number>\d*)\. Type: '(?P<type>[^']*)'\. "
    r"Disabled: (?P<disabled>\d)",
    re.DOTALL,
)
_PREFIXES = (
    _START.encode(),
    b"The group (",
    b"The action (",
    b"Process completed with exit code",
    b"Successfully completed the action",
    b"Failed to run the action",
    b"Failed to run the last action",
    b"The execution of the group",
    b"The task sequence execution engine",
    b"Execution of task sequence",
)
_EXIT = re.compile(r"Process completed with exit code (-?\d+)")
_PASSED = re.compile(r"\b(?:skipped|left to the device|depends)\b")
_CODE = re.compile(r"(?:0x|HRESULT=|Error: |hr=0x|code )([0-9A-Fa-f]{8})\b")
_KEPT_ERRORS = 20
_SHOWN = 500
_LONGEST = 4000
"""Characters of a message in which names and numbers are looked for."""


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
        self._begun: dict[str, list[LogStep]] = {}
        # By name, in the order of the log.

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
        message = record.message[:_LONGEST]
        if message.startswith(_START):
            return self._start(record, message[len(_START) :])
        ended = _EXIT.match(message)
        if ended is not None:
            if self._now is not None:
                self._now.exit_code = int(ended[1]) & 0xFFFFFFFF
            return None
        for sentence in _SENTENCES:
            rest = message.partition(sentence.before)[2]
            name = self._name_in(rest, sentence.after)
            if name is not None and sentence.then.search(rest, len(name)):
                return self._end(record, name, sentence.outcome, message)
        if message.startswith(("Failed to run the last action", "Execution of task sequence fail")):
            self.summary.failed = True
        return None

    def _start(self, record: LogRecord, rest: str) -> LogStep:
        found = _STARTED.match(rest)
        name = found["name"] if found is not None else rest.strip().removesuffix(".")
        number = found["number"] if found is not None else ""
        is_disabled = found is not None and found["disabled"] == "1"
        self._now = LogStep(
            name=name.strip(),
            outcome=LogOutcome.SKIPPED if is_disabled else LogOutcome.OPEN,
            said="it is disabled" if is_disabled else "",
            number=int(number) if number else None,
            wmi_class=found["type"] if found is not None else "",
            started=record.moment,
            file=self._file,
            line=record.line,
        )
        self.summary.steps.append(self._now)
        self._begun.setdefault(self._now.name, []).append(self._now)
        return self._now

    def _name_in(self, text: str, after: re.Pattern[str]) -> str | None:
        """Return the name with which a text begins: as far as `after`, which names may hold too.

        A name that was begun wins, the longest one; else it is the shortest.
        """
        ends = [found.start() for found in after.finditer(text)]
        for end in reversed(ends):
            if self._undecided(text[:end]) is not None:
                return text[:end]
        return text[: ends[0]] if ends else None

    def _undecided(self, name: str) -> LogStep | None:
        """Return the last step of a name of which an end may be told still."""
        begun = self._begun.get(name)
        while begun:
            if begun[-1].outcome in _UNDECIDED or begun[-1] is self._now:
                return begun[-1]
            begun.pop()
        return None

    def _end(self, record: LogRecord, name: str, outcome: LogOutcome, message: str) -> LogStep:
        step = self._undecided(name)
        if step is None:
            # A log that begins in the middle, or one that does not write beginnings.
            step = LogStep(name=name, outcome=outcome, file=self._file, line=record.line)
            self.summary.steps.append(step)
            self._begun.setdefault(name, []).append(step)
        step.outcome = outcome
        step.is_group = step.is_group or "group (" in message[:48]
        if outcome is not LogOutcome.ENTERED:
            step.ended = record.moment
        if outcome in {LogOutcome.FAILED, LogOutcome.SKIPPED}:
            step.said = message[:_SHOWN]
        return step


@attrs.frozen
class _Sentence:
    """A message in which the engine says what became of a step."""

    before: str
    """What it says before the step's name."""
    after: re.Pattern[str]
    """What it says behind the name."""
    outcome: LogOutcome
    then: re.Pattern[str] = re.compile("")
    """What has to come somewhere behind that."""


_SENTENCES = (
    _Sentence(
        "Successfully completed the action (",
        re.compile(r"\)(?= with|\.|\s*$)"),
        LogOutcome.SUCCEEDED,
    ),
    _Sentence("Failed to run the action: ", re.compile(r"\.(?=\s|$)"), LogOutcome.FAILED),
    _Sentence("The group (", re.compile(r"\) has been successfully started"), LogOutcome.ENTERED),
    _Sentence("The execution of the group (", re.compile(r"\) has failed"), LogOutcome.FAILED),
    *(
        _Sentence(before, re.compile(r"\)(?=\s|\.|$)"), LogOutcome.SKIPPED, _PASSED)
        for before in ("The action (", "The group (")
    ),
    *(
        _Sentence(before, re.compile(r"\)"), LogOutcome.SKIPPED)
        for before in ("engine skipped the action (", "engine skipped the group (")
    ),
)

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
    named: dict[str, list[int]] = {}
    for index, node in enumerate(nodes):
        named.setdefault(node.name, []).append(index)
    at = 0
    seen: set[int] = set()
    for one in summary.steps:
        found = _find(nodes, named.get(one.name, []), one.number, at)
        if found is None:
            continue
        node = nodes[found]
        one.path = node.path
        one.is_group = isinstance(node, PlannedGroup)
        if one.number is None:
            one.number = node.number
        if isinstance(node, PlannedStep) and not one.wmi_class:
            one.wmi_class = node.wmi_class
        seen.add(found)
        at = found
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


def _find(
    nodes: list[PlannedGroup | PlannedStep], named: list[int], number: int | None, at: int
) -> int | None:
    """Return which of the nodes of a name: the one of the number, else the next from `at` on."""
    if number is not None:
        for index in named:
            if nodes[index].number == number:
                return index
    ahead = [index for index in named if index > at or (index == at == 0)]
    return next(iter(ahead or named), None)
