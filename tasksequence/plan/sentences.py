"""Conditions in words, with the secrets of a running sequence masked."""

from __future__ import annotations

from typing import Protocol

from tasksequence.model.condition import Condition, ConditionOperand
from tasksequence.model.condition_text import condition_text
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.plan.variables import Variables
from tasksequence.secret_text import SecretText

__all__ = ["in_words", "masked"]

NO_VARIABLES = Variables({})


class _Holder(Protocol):
    """Whatever holds variables: asked only whether one holds a secret."""

    def get(self, name: str, /) -> str | SecretText | None:
        """Return a variable's value."""


def in_words(operand: Condition | ConditionOperand, variables: _Holder = NO_VARIABLES) -> str:
    """Say a condition or a part of one as a person would, nesting kept.

    What is compared with a variable that holds a secret, by its name or in `variables`, is masked.
    """
    return condition_text(operand, is_secret=lambda name: masked(name, variables))


def masked(variable: str, variables: _Holder) -> bool:
    """Tell whether what a variable is compared with must not be shown."""
    return is_secret_variable(variable) or isinstance(variables.get(variable), SecretText)
