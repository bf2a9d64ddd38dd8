"""The variables while a plan runs, and conditions judged again where they have changed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasksequence.plan.comparison import compare_text
from tasksequence.plan.expansion import Expanded, Held, expand, references_in
from tasksequence.plan.judgement import Judgement
from tasksequence.plan.steps import PlanStart, VariableChange
from tasksequence.plan.truth import Truth, all_of, any_of, none_of
from tasksequence.plan.variables import check_variable, is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["MASK", "RunVariables"]

MASK = "***"
"""What a plan shows for a secret."""


class RunVariables:
    """The variables of a running plan; names match without letter case.

    What the plan knew stays as planned. Only what changed otherwise while it ran, by a handler or
    by how steps ended, makes conditions be judged again.
    """

    def __init__(self, start: PlanStart, secrets: dict[str, SecretText]) -> None:
        self._held: dict[str, Held] = {}
        self._names: dict[str, str] = {}
        self._changed: set[str] = set()
        self._forgotten: set[str] = set()
        self._pinned = frozenset(name.casefold() for name in start.pinned)
        self.secrets: set[str] = {text for text in map(SecretText.reveal, secrets.values()) if text}
        for variable in start.variables:
            hidden = variable.value is not None and (
                is_secret_variable(variable.name) or variable.value == MASK
            )
            needs = (f"variable {variable.name}",) if hidden else ()
            self._keep(variable.name, Held(None if hidden else variable.value, needs))
        for name, secret in secrets.items():
            self._keep(name, Held(secret))

    def get(self, name: str) -> str | SecretText | None:
        """Return a variable's value; None where it is unset, or not known here."""
        return self.held(name).value

    def held(self, name: str) -> Held:
        """Return what is known of a variable."""
        return self._held.get(name.casefold(), Held(needs=(f"variable {name}",)))

    def set(self, name: str, value: str | SecretText) -> None:
        """Set a variable, or delete it by the empty value; raises `PlanError` out of the rules."""
        check_variable(name, value)
        if isinstance(value, str) and is_secret_variable(name):
            value = SecretText(value)
        if isinstance(value, SecretText) and value:
            self.secrets.add(value.reveal())
        self._keep(name, Held(value if len(value) else None))
        self._changed.add(name.casefold())
        self._forgotten.discard(name.casefold())

    def forget(self, name: str, why: str) -> None:
        """Take a variable as unknown from here on: a step that ran elsewhere may have set it."""
        if name.casefold() in self._pinned:
            return
        self._keep(name, Held(needs=(why,)))
        self._changed.add(name.casefold())
        self._forgotten.add(name.casefold())

    def apply(self, change: VariableChange) -> None:
        """Do what the plan says that a step does to a variable."""
        hidden = change.value == MASK
        needs = () if change.known and not hidden else (f"variable {change.name}",)
        self._keep(change.name, Held(None if needs else change.value, needs))
        # What was planned is in the plan's own judgements already.
        self._changed.discard(change.name.casefold())
        self._forgotten.discard(change.name.casefold())

    def expand(self, text: str) -> Expanded:
        """Follow %Name% references."""
        return expand(text, self.held)

    def masked(self, text: str) -> str:
        """Return a text without the secrets that are known here."""
        # The longest first: a secret may begin or lie within another.
        secrets = sorted(self.secrets, key=lambda secret: (-len(secret), secret))
        if not secrets:
            return text
        return re.sub("|".join(map(re.escape, secrets)), lambda _: MASK, text)

    def shown(self) -> Iterator[tuple[str, str | None]]:
        """Yield the variables that are known, masked where they are secret."""
        for folded, held in self._held.items():
            if not held.is_unknown:
                yield self._names[folded], held.shown

    def judge(self, planned: Judgement) -> Truth:
        """Judge a planned condition by what holds now."""
        if planned.kind != "expression":
            join = {"all": all_of, "any": any_of, "none": none_of}[planned.kind]
            return join(self.judge(operand) for operand in planned.operands)
        compared = planned.compared
        if compared is None:
            return planned.truth
        about = self._reached([compared.variable, *references_in(compared.value or "")])
        if not about & self._changed:
            return planned.truth
        # The person's word holds where nobody knows better.
        open_ = planned.truth if planned.found == "assumed" else Truth.UNKNOWN
        if about & self._forgotten:
            return open_
        if compared.value is None:
            return planned.truth
        held = self.held(compared.variable)
        if held.is_unknown:
            return planned.truth
        if compared.operator in {"exists", "notexists"}:
            return Truth.of((compared.operator == "exists") is (held.value is not None))
        wanted, actual = self.expand(compared.value), self.expand(held.text)
        if wanted.unset or actual.unset:
            return planned.truth
        return Truth.of(compare_text(compared.operator, actual.text, wanted.text))

    def _reached(self, names: list[str]) -> frozenset[str]:
        """Return the names, and those that their values refer to, folded."""
        found = frozenset[str]()
        waiting = [name.casefold() for name in names]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found |= {one}
                waiting += [name.casefold() for name in references_in(self.held(one).text)]
        return found

    def _keep(self, name: str, held: Held) -> None:
        self._held[name.casefold()] = held
        self._names.setdefault(name.casefold(), name)
