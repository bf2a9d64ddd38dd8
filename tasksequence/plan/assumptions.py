"""The person's assumptions, held against what the conditions of a sequence say."""

from __future__ import annotations

import difflib

from tasksequence.errors import PlanError
from tasksequence.plan.evaluate import Knowledge, plain_text
from tasksequence.plan.steps import Plan

__all__ = ["check_assumptions"]


def check_assumptions(known: Knowledge, plan: Plan) -> None:
    """Raise `PlanError` for an assumption that no condition of the plan's sequence speaks of."""
    for text in known.facts.assumed:
        plain = plain_text(text)
        if plain in known.used:
            continue
        said = dict.fromkeys(
            one.text
            for node in plan.walk()
            for guard in node.guards
            for one in guard.judgement.expressions()
        )
        if any(plain_text(one) == plain for one in said):
            continue  # it is decided without the assumption
        near = difflib.get_close_matches(text, said, 1, cutoff=0.5)
        raise PlanError(
            f"no condition of the sequence says {text!r}",
            hint=f"Did you mean {near[0]!r}?"
            if near
            else "Give an expression as the plan prints it, for instance a fact that it "
            "says a step depends on.",
        )
