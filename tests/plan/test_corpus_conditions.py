"""Every condition of the real exports: judged without facts, said with its nesting."""

from __future__ import annotations

from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.plan.evaluate import judge
from tasksequence.plan.sentences import in_words
from tests.support.exports import loaded_exports


def depth(operand: ts.Condition | ts.ConditionOperand) -> int:
    """Levels of operators that join more than one thing, or negate."""
    if isinstance(operand, ts.Condition):
        return max((depth(one) for one in operand.operands), default=0)
    if isinstance(operand, ts.OSExpressionGroup) or not isinstance(operand, ts.ConditionOperator):
        return 0
    inner = max((depth(one) for one in operand.operands), default=0)
    return inner + (len(operand.operands) > 1 or str(operand.operator_type).casefold() == "not")


def nesting(text: str) -> int:
    """The deepest brackets of a sentence, quoted values and queries left out."""
    deepest = level = 0
    for character in text:
        level += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, level)
    return deepest


@pytest.mark.corpus
def test_every_condition_is_judged_and_said(corpus_dir: Path) -> None:
    seen = dict.fromkeys(ts.Truth, 0)
    for _, document in loaded_exports(corpus_dir):
        for sequence in document.sequences:
            for step in sequence.walk():
                if step.condition is None:
                    continue
                said = judge(step.condition, ts.Facts())
                seen[said.truth] += 1
                assert (said.truth is ts.Truth.UNKNOWN) is bool(said.needs)
                assert judge(step.condition, ts.Facts(closed=True)).truth in ts.Truth
                words = in_words(step.condition)
                assert nesting(words) >= depth(step.condition), words
    assert seen[ts.Truth.UNKNOWN] > 1500
    assert seen[ts.Truth.TRUE] > 50  # empty conditions are no restriction
