"""The variables while a sequence runs: what each holds at this moment, or why nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tasksequence.plan.catalogue import is_built_in
from tasksequence.plan.expansion import Expanded, Held, expand
from tasksequence.plan.facts import IN_WINPE, Facts
from tasksequence.plan.variables import is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["Environment"]

# The environment of the process, which the engine falls back on: no facts of a sequence.
_OF_THE_PROCESS = frozenset(
    {
        "allusersprofile", "appdata", "commonprogramfiles", "commonprogramfiles(x86)",
        "computername", "comspec", "localappdata", "number_of_processors", "os", "path",
        "processor_architecture", "processor_architew6432", "programdata", "programfiles",
        "programfilesx86", "programw6432", "public", "systemdrive", "systemroot", "temp", "tmp",
        "userdomain", "username", "userprofile", "windir",
    }
)  # fmt: skip


# A machine is in one of the two places, said or not.
_NEVER_ABSENT = _OF_THE_PROCESS | {IN_WINPE.casefold()}
_MOST_NEEDS = 12
"""Facts that are named for one variable; the first of them have to be known anyway."""


class Environment:
    """The variables of a running sequence; the compiler changes it as the plan goes.

    A variable that was not given may have come from a collection or the device: it is unknown.
    One that only the sequence itself could set, and that it has not set yet, is unset.
    """

    def __init__(self, facts: Facts, set_by_sequence: Iterable[str] = ()) -> None:
        self._closed = facts.closed
        self._pinned = facts.pinned
        self._own = frozenset(
            folded
            for folded in (name.casefold() for name in set_by_sequence)
            if not is_built_in(folded)
        )
        self._set_by_sequence = frozenset(self._own)
        self._held: dict[str, Held] = {
            folded: Held(value if len(value) else None, source=source)
            for folded, (_, value, source) in facts.starting_variables().items()
        }

    def lookup(self, name: str) -> Held:
        """Return what is known of a variable now."""
        folded = name.casefold()
        held = self._held.get(folded)
        if held is not None:
            return held
        if folded in self._own:
            return Held(source="no step has set it yet, and nothing else does")
        if self._closed and folded not in _NEVER_ABSENT:
            return Held(source="not given, and the facts are closed")
        return Held(needs=(f"variable {name}",), source="not given")

    def get(self, name: str) -> str | SecretText | None:
        """Return a variable's value where it is known to have one."""
        return self.lookup(name).value

    def is_pinned(self, name: str) -> bool:
        """Tell whether the person's word on a variable is the last."""
        return name.casefold() in self._pinned

    def set(self, name: str, held: Held, needs: tuple[str, ...] = ()) -> None:
        """Let a step set, delete or make unknown a variable.

        `needs` are for a step that may not run: what decides whether it does.
        """
        if self.is_pinned(name):
            return
        if needs:
            before = self.lookup(name)
            if not before.is_unknown and not held.is_unknown and before.text == held.text:
                return
            every = dict.fromkeys([*before.needs, *held.needs, *needs])
            # Many steps that may each set it would name every fact of the sequence.
            held = Held(needs=tuple(every)[:_MOST_NEEDS], source=f"perhaps {held.source}")
        if isinstance(held.value, str) and is_secret_variable(name):
            held = Held(SecretText(held.value), held.needs, held.source)
        self._held[name.casefold()] = held

    def snapshot(self) -> dict[str, Held]:
        """Return what is held now, to come back to."""
        return dict(self._held)

    def restore(self, held: dict[str, Held]) -> None:
        """Come back to what was held."""
        self._held = dict(held)

    def forget_own_names(self) -> None:
        """Let any variable be set from here on by what the sequence does not show."""
        self._own = frozenset()

    def expand(self, text: str) -> Expanded:
        """Follow %Name% references; raises `PlanError` for a cycle."""
        return expand(text, self.lookup)

    def expand_query(self, text: str) -> Expanded:
        """Follow %Name% references in a WMI query, where LIKE has percent signs of its own.

        A name that nobody gave, that no step sets, and that is not built in, is no variable there.
        """

        def lookup(name: str) -> Held | None:
            folded = name.casefold()
            if folded in self._held or folded in self._set_by_sequence:
                return self.lookup(name)
            if is_built_in(folded) or folded in _OF_THE_PROCESS:
                return self.lookup(name)
            return None

        return expand(text, lookup)

    def expand_within(self, text: str, own: Mapping[str, Held]) -> Expanded:
        """Follow %Name% references, with the variables that a running step adds to its own."""

        def lookup(name: str) -> Held:
            folded = name.casefold()
            if folded in own and folded not in self._held:
                return own[folded]
            return self.lookup(name)

        return expand(text, lookup)

    def overrides(self, name: str) -> Held | None:
        """Return what was set before a step under the name of one of its own variables.

        None where nothing was, as far as is known: then the step's own value holds.
        """
        held = self._held.get(name.casefold())
        return held if held is not None and (held.is_unknown or held.value is not None) else None

    @property
    def in_winpe(self) -> bool | None:
        """Where the machine is now: Windows PE, full Windows, or not known."""
        held = self.lookup(IN_WINPE)
        if held.is_unknown:
            return None
        return held.text.casefold() == "true"
