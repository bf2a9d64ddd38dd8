"""Many plans of one sequence under different facts, and the facts that matter most."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor

import attrs

from tasksequence.model.sequence import TaskSequence
from tasksequence.plan.compiler import compile_plan
from tasksequence.plan.facts import IN_WINPE, Facts
from tasksequence.plan.judgement import Judgement
from tasksequence.plan.steps import Outcome, Plan, PlannedStep
from tasksequence.plan.truth import Truth
from tasksequence.text_table import text_table

__all__ = [
    "DecisiveFact",
    "StepDifference",
    "Variant",
    "decisive_facts",
    "describe_decisive",
    "what_if",
]

_VARIABLE = "variable "
_MOST_VALUES = 6
"""Values of one variable that are tried: those that most expressions compare it with."""


@attrs.frozen(kw_only=True)
class DecisiveFact:
    """A fact that is not known, and what it would settle."""

    text: str
    steps: int
    """The steps that wait for it."""
    settles: tuple[tuple[str, int], ...]
    """Each answer that was tried, with how many fewer steps depend on anything then."""

    @property
    def at_least(self) -> int:
        """How many steps it settles, whatever the answer is among those that were tried."""
        return min((count for _, count in self.settles), default=0)

    @property
    def at_most(self) -> int:
        """How many steps it settles with the best answer."""
        return max((count for _, count in self.settles), default=0)


@attrs.frozen(kw_only=True)
class StepDifference:
    """A step that comes out otherwise under a variant's facts."""

    path: tuple[str, ...]
    number: int | None
    before: Outcome
    after: Outcome


@attrs.frozen(kw_only=True)
class Variant:
    """What a plan would be under other facts, told by its differences from the first plan."""

    facts: Facts
    differences: tuple[StepDifference, ...]
    waiting: int
    """Steps that depend on what is still not known."""


def what_if(
    sequence: TaskSequence,
    variants: Iterable[Facts],
    *,
    base: Facts | None = None,
    children: Mapping[str, TaskSequence] | None = None,
    processes: int = 1,
) -> tuple[Variant, ...]:
    """Plan a sequence under each of many facts, and say how each differs from the plan of `base`.

    The results come in the order of `variants`; `processes` is how many processors may work at
    them. Child sequences are those of every variant, so the steps are the same in all plans.
    Raises what `compile_plan` raises.
    """
    known = list(variants)
    first = compile_plan(sequence, base, children=children)
    work = _Work(sequence, known, children, first.steps)
    if processes < 2 or len(known) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        found = [work.one(at) for at in range(len(known))]
    else:
        _work.append(work)
        try:
            # Forked workers have the sequence already; what comes back is the differences alone.
            with ProcessPoolExecutor(
                min(processes, len(known)), mp_context=multiprocessing.get_context("fork")
            ) as pool:
                size = max(1, len(known) // (4 * processes))
                found = list(pool.map(_one, range(len(known)), chunksize=size))
        finally:
            _work.clear()
    return tuple(
        Variant(
            facts=facts,
            differences=tuple(_difference(first.steps[at], after) for at, after in changed),
            waiting=waiting,
        )
        for facts, (changed, waiting) in zip(known, found, strict=True)
    )


def _difference(before: PlannedStep, after: Outcome) -> StepDifference:
    return StepDifference(
        path=before.path, number=before.number, before=before.outcome, after=after
    )


_Found = tuple[tuple[tuple[int, Outcome], ...], int]
"""The steps that come out otherwise, by their place, and how many wait: little to send."""


@attrs.frozen
class _Work:
    sequence: TaskSequence
    variants: list[Facts]
    children: Mapping[str, TaskSequence] | None
    first: tuple[PlannedStep, ...]

    def one(self, at: int) -> _Found:
        """Plan one variant and compare it."""
        plan = compile_plan(self.sequence, self.variants[at], children=self.children)
        changed = tuple(
            (place, after.outcome)
            for place, (before, after) in enumerate(zip(self.first, plan.steps, strict=True))
            if before.outcome is not after.outcome
        )
        return changed, _waiting(plan)


_work: list[_Work] = []
"""What forked workers inherit; one at a time."""


def _one(at: int) -> _Found:
    return _work[0].one(at)


def decisive_facts(
    sequence: TaskSequence,
    facts: Facts,
    *,
    children: Mapping[str, TaskSequence] | None = None,
    processes: int = 1,
) -> tuple[DecisiveFact, ...]:
    """Return the facts that steps wait for, most decisive first.

    Each is tried with the answers that the sequence's conditions tell apart: an expression as true
    and as false, a variable with each value that it is compared with, and unset.
    """
    base = compile_plan(sequence, facts, children=children)
    waiting = _waiting(base)
    expressions = _open_expressions(base)
    tried: list[tuple[str, str, Facts]] = []
    for fact in base.open_facts:
        for answer, settled in _answers(fact.text, expressions, facts):
            tried.append((fact.text, answer, settled))
    variants = what_if(
        sequence,
        [settled for _, _, settled in tried],
        base=facts,
        children=children,
        processes=processes,
    )
    counts: dict[str, list[tuple[str, int]]] = {}
    for (text, answer, _), variant in zip(tried, variants, strict=True):
        counts.setdefault(text, []).append((answer, waiting - variant.waiting))
    found = [
        DecisiveFact(text=fact.text, steps=fact.steps, settles=tuple(counts.get(fact.text, ())))
        for fact in base.open_facts
    ]
    found.sort(key=lambda one: (-one.at_least, -one.at_most, -one.steps, one.text.casefold()))
    return tuple(found)


def describe_decisive(found: Sequence[DecisiveFact], *, columns: int = 100) -> str:
    """Return the facts as a table: steps that wait, steps settled with each answer."""
    if not found:
        return "Nothing depends on what is not known."
    rows = [
        (
            one.text,
            str(one.steps),
            ", ".join(f"{answer}: {count}" for answer, count in one.settles) or "-",
        )
        for one in found
    ]
    return text_table(
        ("Fact", "Steps", "Settles, by answer"), rows, right={1}, shrink=(0, 2), columns=columns
    )


def _waiting(plan: Plan) -> int:
    return sum(step.outcome is Outcome.UNKNOWN for step in plan.steps)


def _open_expressions(plan: Plan) -> list[Judgement]:
    found: dict[str, Judgement] = {}
    for node in plan.walk():
        for guard in node.guards:
            for one in guard.judgement.expressions():
                if one.truth is Truth.UNKNOWN:
                    found.setdefault(one.text, one)
    return list(found.values())


def _answers(
    need: str, expressions: Sequence[Judgement], facts: Facts
) -> Iterable[tuple[str, Facts]]:
    """Yield each answer to a need in words, with the facts that it gives."""
    about = [one for one in expressions if need in one.needs]
    name = need.removeprefix(_VARIABLE)
    if need.startswith(_VARIABLE) and " " not in name:
        values: dict[str, int] = {}
        for one in about:
            compared = one.compared
            if compared is not None and compared.value and "%" not in compared.value:
                key = compared.value
                values[key] = values.get(key, 0) + 1
        if name.casefold() == IN_WINPE.casefold():
            values = {"true": 1, "false": 1}
        ranked = sorted(values, key=lambda value: (-values[value], value))[:_MOST_VALUES]
        for value in ranked:
            yield f'"{value}"', facts.with_variables({name: value})
        if name.casefold() != IN_WINPE.casefold():
            yield "unset", facts.with_variables({name: ""})
        return
    texts = [one.text for one in about]
    if texts:
        yield "true", facts.assuming(dict.fromkeys(texts, True))
        yield "false", facts.assuming(dict.fromkeys(texts, False))
