"""The plan, its groups and steps: frozen, and each says why it is as it is."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from functools import cached_property

import attrs

from tasksequence.plan.judgement import Judgement
from tasksequence.plan.truth import Truth
from tasksequence.request import CaptureRequest

__all__ = [
    "Guard",
    "NeededReference",
    "OpenFact",
    "Outcome",
    "Plan",
    "PlanStart",
    "PlannedGroup",
    "PlannedStep",
    "ResolvedProperty",
    "StartVariable",
    "VariableChange",
]


class Outcome(enum.Enum):
    """What becomes of a step or group."""

    RUN = "run"
    """It runs here: this machine can carry it out. A group is entered."""
    DEVICE = "left to the device"
    """It would run, on the device: this machine has nothing that carries it out."""
    SKIPPED = "skipped"
    UNKNOWN = "depends"
    """A condition cannot be judged by what is known."""
    INVALID = "invalid"
    """It would run, but its properties break a rule: see `problems`."""


@attrs.frozen(kw_only=True)
class Guard:
    """One condition that a step must pass: its own, or that of a group around it."""

    owner: tuple[str, ...]
    """Path of the step or group that has the condition."""
    text: str
    """The condition in words."""
    truth: Truth
    needs: tuple[str, ...] = ()
    """What would have to be known to judge it."""
    judgement: Judgement
    """The condition part by part, with what each part found."""


@attrs.frozen(kw_only=True)
class ResolvedProperty:
    """A property of a step after variables had their say."""

    name: str
    """The WMI name; members of arrays with the array's name and their index before it."""
    variable: str
    value: str | None
    """The value in force, `%Name%` expanded; masked for secrets; None for none."""
    source: str
    """Where it came from: the variable that was set, or the step's own property."""


@attrs.frozen(kw_only=True)
class VariableChange:
    """A variable that a step sets, deletes, or makes unknown."""

    name: str
    value: str | None
    """The value afterwards, masked for secrets; None where it is deleted or not known."""
    known: bool = True
    """False where only the device will know the value."""
    why: str = ""


@attrs.frozen(kw_only=True)
class NeededReference:
    """A package, program or application that a step needs."""

    kind: str
    """`package` or `application`."""
    id: str
    program: str | None = None


@attrs.frozen(kw_only=True)
class PlannedStep:
    """One action of the sequence with its outcome, the reason, and what it would use."""

    path: tuple[str, ...]
    """Names of the groups around it, outermost first, and its own name last."""
    wmi_class: str
    """Its type as the file writes it; empty for MDT's steps without one."""
    outcome: Outcome
    reason: str
    enabled: bool = True
    """False for a disabled step; one in a disabled group may be enabled itself."""
    number: int | None = None
    """Its number in the site's logs and status messages, from 0; None where a child sequence
    before it was not given, so that nobody can count."""
    guards: tuple[Guard, ...] = ()
    needs: tuple[str, ...] = ()
    """What would have to be known to tell what becomes of it; empty where that is told."""
    environment: str | None = None
    """Where the machine is when the step's turn comes: WinPE or FullOS; None where that is open."""
    runs_in: str = ""
    """Where the step can run (SupportedEnvironment); empty for any place."""
    continue_on_error: bool = False
    on_failure: str = ""
    """What a failure of the step leads to, in words."""
    success_codes: tuple[int, ...] = (0,)
    """Exit codes that mean success."""
    retries: int = 0
    """How often the step is tried again after a failure."""
    timeout: int | None = None
    """Seconds after which it is ended; None for no limit."""
    properties: tuple[ResolvedProperty, ...] = ()
    changes: tuple[VariableChange, ...] = ()
    """The variables that it sets when it runs."""
    restarts_into: str | None = None
    """WinPE or FullOS for a step after which the machine restarts into it."""
    references: tuple[NeededReference, ...] = ()
    problems: tuple[str, ...] = ()
    """Rules that the step breaks."""
    warnings: tuple[str, ...] = ()
    """Findings that keep nothing from running."""
    request: CaptureRequest | None = None
    """What a capture backend is asked; for a capture step without problems."""

    @property
    def name(self) -> str:
        """The step's own name."""
        return self.path[-1]


@attrs.frozen(kw_only=True)
class PlannedGroup:
    """A group, or a child sequence, with what is planned of its steps."""

    path: tuple[str, ...]
    outcome: Outcome
    reason: str
    children: tuple[PlannedGroup | PlannedStep, ...]
    enabled: bool = True
    number: int | None = None
    """Its number at its start."""
    end_number: int | None = None
    """Its number at its end; None for a child sequence, which takes none."""
    guards: tuple[Guard, ...] = ()
    continue_on_error: bool = False
    child_sequence: str | None = None
    """The package ID or name of the child sequence that this is; None for a group."""
    problems: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The group's own name."""
        return self.path[-1]


@attrs.frozen(kw_only=True)
class StartVariable:
    """A variable that is set before the sequence starts."""

    name: str
    value: str | None
    """Masked for secrets; None where it is known not to exist."""
    source: str


@attrs.frozen(kw_only=True)
class PlanStart:
    """What the plan was made from."""

    environment: str | None = None
    """Where the machine starts: WinPE, FullOS, or not known."""
    closed: bool = False
    variables: tuple[StartVariable, ...] = ()
    assumed: tuple[tuple[str, bool], ...] = ()
    """Expressions that the person decided."""
    pinned: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class OpenFact:
    """A fact that is not known, and how many steps wait for it."""

    text: str
    steps: int


@attrs.define(frozen=True, slots=False)
class Plan:
    """What a sequence would do, in the order in which it would do it."""

    nodes: tuple[PlannedGroup | PlannedStep, ...]
    """The groups and steps of the sequence as they nest."""
    start: PlanStart = attrs.field(factory=PlanStart)

    @cached_property
    def steps(self) -> tuple[PlannedStep, ...]:
        """The actions alone, in order, whatever becomes of them."""
        return tuple(node for node in self.walk() if isinstance(node, PlannedStep))

    def walk(self) -> Iterator[PlannedGroup | PlannedStep]:
        """Yield every group and step in order, a group before what is in it."""
        waiting = list(reversed(self.nodes))
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, PlannedGroup):
                waiting.extend(reversed(node.children))

    def of_class(self, wmi_class: str) -> tuple[PlannedStep, ...]:
        """Return the steps of a WMI class, whatever becomes of them."""
        return tuple(step for step in self.steps if step.wmi_class == wmi_class)

    @property
    def problems(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """All broken rules of steps that are not skipped, each with the path of its step."""
        return tuple((node.path, problem) for node in self.walk() for problem in node.problems)

    @cached_property
    def open_facts(self) -> tuple[OpenFact, ...]:
        """The facts that steps wait for, those that most steps wait for first."""
        counts: dict[str, int] = {}
        for step in self.steps:
            if step.outcome is Outcome.UNKNOWN:
                for need in step.needs:
                    counts[need] = counts.get(need, 0) + 1
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].casefold()))
        return tuple(OpenFact(text=text, steps=count) for text, count in ranked)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the plan as JSON (schemas/plan.schema.json); secrets are left out."""
        from tasksequence.plan.plan_json import plan_to_json

        return plan_to_json(self, indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """Read a plan that `to_json` wrote; raises `PlanError` for anything else."""
        from tasksequence.plan.plan_json import plan_from_json

        return plan_from_json(text)
