"""Plans as text: a tree of all steps, and one step's whole derivation."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator

from tasksequence.errors import PlanError
from tasksequence.plan.judgement import Judgement
from tasksequence.plan.steps import Outcome, Plan, PlannedGroup, PlannedStep
from tasksequence.plan.truth import Truth
from tasksequence.text_table import text_table

__all__ = ["describe_plan", "explain_step", "find_step"]

_MARKS = {
    Outcome.RUN: "*",
    Outcome.DEVICE: "+",
    Outcome.SKIPPED: "-",
    Outcome.UNKNOWN: "?",
    Outcome.INVALID: "!",
}
_LEGEND = "* runs here   + runs on the device   - skipped   ? depends on a fact   ! breaks a rule"
_DEEPEST = 12
"""Levels of groups that are indented; more would leave no room for the words."""
_Node = PlannedGroup | PlannedStep


def describe_plan(plan: Plan, *, columns: int = 100) -> str:
    """Return the plan as a tree: number, mark, name, and the reason where it needs one."""
    start = plan.start
    where = {"WinPE": "Windows PE", "FullOS": "full Windows"}.get(start.environment or "")
    lines = [
        f"Starts in {where or 'a place that is not known'}; facts are "
        f"{'closed: what was not given is absent' if start.closed else 'open'}.",
        _LEGEND,
        "",
    ]
    for node, depth in _walk(plan):
        lines += _lines(node, depth, columns)
    counts = dict.fromkeys(Outcome, 0)
    for step in plan.steps:
        counts[step.outcome] += 1
    lines.append("")
    steps = f"{len(plan.steps)} step" + ("" if len(plan.steps) == 1 else "s")
    lines.append(
        f"{steps}: {counts[Outcome.RUN]} run here, {counts[Outcome.DEVICE]} on the "
        f"device, {counts[Outcome.SKIPPED]} skipped, {counts[Outcome.UNKNOWN]} depend, "
        f"{counts[Outcome.INVALID]} break a rule."
    )
    if plan.open_facts:
        lines.append("Facts that would tell more, and how many steps wait for them:")
        for fact in plan.open_facts:
            lines += _wrapped(f"{fact.steps:>5}  ", fact.text, columns)
    return "\n".join(lines)


def explain_step(node: _Node, *, columns: int = 100) -> str:
    """Return all that is known of one step or group, and why it is so."""
    if isinstance(node, PlannedStep):
        kind = node.wmi_class or "a command line without a type"
    else:
        kind = f"child sequence {node.child_sequence}" if node.child_sequence else "group"
    number = "not known" if node.number is None else str(node.number)
    lines = _wrapped("", " > ".join(node.path), columns)
    lines += _wrapped("  type         ", kind, columns)
    lines += _wrapped("  number       ", number, columns)
    lines += _wrapped("  outcome      ", f"{node.outcome.value}: {node.reason}", columns)
    if isinstance(node, PlannedStep):
        here = node.environment or "not known"
        lines += _wrapped(
            "  place        ",
            f"the machine is in: {here}; runs in: {node.runs_in or 'any'}",
            columns,
        )
    for guard in node.guards:
        owner = "its own" if guard.owner == node.path else f"of {' > '.join(guard.owner)}"
        lines += _wrapped("  condition    ", f"{owner}: {guard.truth.value}", columns)
        lines += _judged(guard.judgement, 2, columns)
    if isinstance(node, PlannedStep):
        lines += _step_details(node, columns)
    for problem in node.problems:
        lines += _wrapped("  problem      ", problem, columns)
    return "\n".join(lines)


def find_step(plan: Plan, wanted: str) -> _Node:
    """Return the step or group of a number, a path (`Group > Step`) or a name.

    Raises `PlanError` where there is none, or more than one.
    """
    nodes = list(plan.walk())
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", wanted):
        number = int(wanted)
        found = [node for node in nodes if number in _numbers(node)]
    else:
        plain = _plain(wanted)
        found = [node for node in nodes if _plain(" > ".join(node.path)) == plain]
        found = found or [node for node in nodes if _plain(node.name) == plain]
    if len(found) == 1:
        return found[0]
    if found:
        places = "; ".join(f"{node.number}: {' > '.join(node.path)}" for node in found[:10])
        raise PlanError(
            f"{len(found)} steps are called {wanted!r}: {places}",
            hint="Give the number, or the whole path.",
        )
    near = difflib.get_close_matches(wanted, [node.name for node in nodes], 1)
    raise PlanError(
        f"the plan has no step {wanted!r}",
        hint=f"Did you mean {near[0]!r}?" if near else "Give a number, a name, or Group > Step.",
    )


def _numbers(node: _Node) -> tuple[int | None, ...]:
    return (node.number, node.end_number) if isinstance(node, PlannedGroup) else (node.number,)


def _plain(text: str) -> str:
    return " > ".join(" ".join(part.split()) for part in text.casefold().split(">"))


def _walk(plan: Plan) -> Iterator[tuple[_Node, int]]:
    waiting: list[tuple[_Node, int]] = [(node, 0) for node in reversed(plan.nodes)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        if isinstance(node, PlannedGroup):
            waiting += [(child, depth + 1) for child in reversed(node.children)]


def _lines(node: _Node, depth: int, columns: int) -> list[str]:
    number = "" if node.number is None else str(node.number)
    indent = "  " * min(depth, _DEEPEST)
    head = f"{number:>5} {_MARKS[node.outcome]} {indent}"
    what = node.name
    if isinstance(node, PlannedGroup):
        what = f"[{node.name}]"
        if node.child_sequence:
            what += f" child sequence {node.child_sequence}"
    if node.continue_on_error:
        what += " (continues on error)"
    lines = _wrapped(head, what, columns)
    note = _note(node)
    blank = " " * (len(head) + 2)
    for text in note:
        lines += _wrapped(blank, text, columns)
    return lines


def _note(node: _Node) -> Iterator[str]:
    """Yield what a reader of the tree needs: the reason, changes, warnings."""
    if node.outcome in {Outcome.SKIPPED, Outcome.UNKNOWN, Outcome.INVALID}:
        yield node.reason
    if isinstance(node, PlannedGroup):
        return
    if node.outcome is not Outcome.SKIPPED:
        for change in node.changes:
            if not change.known:
                yield f"sets {change.name}; its value is not known here"
            elif change.value is None:
                yield f"deletes {change.name}"
            else:
                yield f'sets {change.name} to "{change.value}"'
        if node.restarts_into:
            yield f"the machine is in {node.restarts_into} from here on"
        if node.request is not None:
            yield f"captures to {node.request.destination}"
    for warning in node.warnings:
        if node.outcome is not Outcome.SKIPPED:
            yield f"note: {warning}"


def _judged(judged: Judgement, depth: int, columns: int) -> list[str]:
    head = "  " * min(depth, _DEEPEST) + "    "
    if judged.kind == "expression":
        found = f"; found: {judged.found}" if judged.found else ""
        lines = _wrapped(head, f"{judged.truth.value}: {judged.text}{found}", columns)
        if judged.truth is Truth.UNKNOWN:
            for need in judged.needs:
                if need != judged.text:
                    lines += _wrapped(head + "  ", f"needs {need}", columns)
        return lines
    lines = _wrapped(head, f"{judged.truth.value}: {judged.kind} of", columns)
    for operand in judged.operands:
        lines += _judged(operand, depth + 1, columns)
    return lines


def _step_details(step: PlannedStep, columns: int) -> list[str]:
    lines: list[str] = []
    if step.outcome is not Outcome.SKIPPED:
        codes = " ".join(map(str, step.success_codes))
        more = [f"success codes: {codes}", f"on failure: {step.on_failure}"]
        if step.retries:
            more.append(f"retries: {step.retries}")
        if step.timeout:
            more.append(f"ended after {step.timeout} s")
        lines += _wrapped("  run          ", "; ".join(more), columns)
    for known in step.properties:
        shown = "(none)" if known.value is None else f'"{known.value}"'
        lines += _wrapped(
            "  property     ",
            f"{known.name or known.variable} = {shown}, from {known.source}",
            columns,
        )
    for change in step.changes:
        shown = "not known here" if not change.known else f'"{change.value}"'
        if change.known and change.value is None:
            shown = "deleted"
        lines += _wrapped("  sets         ", f"{change.name}: {shown}", columns)
    for needed in step.references:
        program = f", program {needed.program}" if needed.program else ""
        lines += _wrapped("  needs        ", f"{needed.kind} {needed.id}{program}", columns)
    if step.request is not None:
        asked = step.request
        rows = [
            ("destination", asked.destination),
            ("account", asked.account or "(none)"),
            ("password", "given" if asked.needs_password else "(none)"),
            ("creator", asked.metadata.creator or "(none)"),
            ("description", asked.metadata.description or "(none)"),
            ("version", asked.metadata.version or "(none)"),
            ("system root", asked.metadata.target_system_root or "(not known)"),
            ("time limit", f"{asked.step.timeout} s" if asked.step.timeout else "(none)"),
        ]
        lines.append("  capture request")
        table = text_table(("", ""), rows).splitlines()[2:]
        lines += [f"    {line}"[:columns] for line in table]
    for warning in step.warnings:
        lines += _wrapped("  note         ", warning, columns)
    return lines


def _wrapped(head: str, text: str, columns: int) -> list[str]:
    """Return a text after a head, broken into lines that keep to the columns."""
    width = max(columns - len(head), 20)
    lines = textwrap.wrap(
        " ".join(text.split()), width, break_on_hyphens=False, break_long_words=True
    )
    blank = " " * len(head)
    return [f"{head if at == 0 else blank}{line}" for at, line in enumerate(lines or [""])]
