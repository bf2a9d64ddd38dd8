"""What came out of judging a condition, part by part."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from tasksequence.plan.truth import Truth

__all__ = ["Comparison", "Judgement"]


@attrs.frozen(kw_only=True)
class Comparison:
    """What a variable expression compares, so that it can be judged again while steps run."""

    variable: str
    operator: str
    value: str | None
    """The value as the step has it, `%Name%` not expanded; None where it must not be shown."""


@attrs.frozen(kw_only=True)
class Judgement:
    """A condition, or a part of one, with its truth and the reason for it."""

    truth: Truth
    kind: str = "expression"
    """`all`, `any` or `none` of `operands`, or `expression`."""
    text: str = ""
    """An expression in words; empty for what joins others."""
    needs: tuple[str, ...] = ()
    """The facts that would decide it where it is unknown."""
    found: str = ""
    """What an expression found, in words; a secret is masked."""
    compared: Comparison | None = None
    operands: tuple[Judgement, ...] = ()

    def expressions(self) -> Iterator[Judgement]:
        """Yield the parts that are expressions, the last first: what joins others has no text."""
        waiting = [self]
        while waiting:
            one = waiting.pop()
            waiting += one.operands
            if one.text:
                yield one
