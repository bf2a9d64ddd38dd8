"""The machine as the plan goes: what steps leave of variables, disk, and place."""

from __future__ import annotations

import attrs

from tasksequence.model.actions.general import SetDynamicVariablesAction, SetVariableAction
from tasksequence.model.base import Step
from tasksequence.plan.effects import REBOOT_REQUESTED, Effects, effects_of
from tasksequence.plan.environment import Environment
from tasksequence.plan.evaluate import Knowledge, judge
from tasksequence.plan.expansion import Held
from tasksequence.plan.facts import IN_WINPE
from tasksequence.plan.outcomes import invalid, place
from tasksequence.plan.steps import Outcome, PlannedStep, VariableChange
from tasksequence.plan.truth import Truth

__all__ = ["Flow"]


class Flow:
    """Lets each step do what it does, as far as it is known to run."""

    def __init__(self, known: Knowledge) -> None:
        self.known = known
        self.environment: Environment = known.environment
        self._boots_next = Held("false")
        """Whether the machine starts Windows PE next, where a restart does not say."""
        self.pins: dict[str, tuple[str, ...]] = {}
        """The first step that would have changed a pinned variable, by folded name."""

    def apply(self, step: Step, planned: PlannedStep) -> PlannedStep:
        """Let the step do what it does, as far as it is known to run."""
        environment = self.environment
        # Rules see what earlier rules set; whether any of it stays is decided below.
        before = environment.snapshot() if isinstance(step, SetDynamicVariablesAction) else None
        effects = effects_of(step, self.known)
        if before is not None:
            environment.restore(before)
        problems = (*planned.problems, *effects.problems)
        needs = planned.needs
        if problems and planned.outcome is not Outcome.SKIPPED:
            planned = attrs.evolve(
                planned, outcome=Outcome.INVALID, reason=invalid(problems), problems=problems
            )
        if planned.outcome in {Outcome.RUN, Outcome.DEVICE}:
            needs = ()
        elif not needs:
            needs = (f"what comes of the step {step.name}",)
        for name, held in effects.changes:
            if environment.is_pinned(name):
                self.pins.setdefault(name.casefold(), planned.path)
            environment.set(name, held, needs)
        self._move(step, planned, effects, needs)
        self._after(step, needs)
        return attrs.evolve(
            planned,
            warnings=(*planned.warnings, *effects.warnings),
            changes=tuple(
                VariableChange(
                    name=name,
                    value=None if held.is_unknown else held.shown,
                    known=not held.is_unknown,
                    why=held.source,
                )
                for name, held in effects.changes
            ),
            restarts_into=self._restarts_into(effects),
        )

    def _move(
        self, step: Step, planned: PlannedStep, effects: Effects, needs: tuple[str, ...]
    ) -> None:
        """Put the machine where the step leaves it."""
        environment = self.environment
        if isinstance(step, (SetVariableAction, SetDynamicVariablesAction)):
            # The engine restarts after a step that leaves this variable set; the last word counts.
            asked = {name.casefold(): held for name, held in effects.changes}
            held = asked.get(REBOOT_REQUESTED.casefold())
            if held is not None and held.is_unknown:
                source = f"the step {step.name}"
                environment.set(IN_WINPE, Held(needs=(*held.needs, *needs), source=source))
            elif held is not None:
                effects.in_winpe = {"winpe": True, "hd": False}.get(held.text.casefold())
            if held is not None:
                environment.set(REBOOT_REQUESTED, Held(source="the engine, after the restart"))
        if effects.boots_winpe_next:
            self._boots_next = Held(needs=needs) if needs else Held("true")
        if effects.follows_boot_order:
            self._follow_boot_order(step, needs)
        if effects.in_winpe is not None:
            there = Held("true" if effects.in_winpe else "false", source=f"the step {step.name}")
            if needs and self._ends_there_anyway(step, planned, effects.in_winpe):
                needs = ()
            environment.set(IN_WINPE, there, needs)
        if effects.replaces_disk and self.known.facts.sources:
            self.known.stale = (f"what the step {step.name} leaves on the disk",)
        if effects.sets_anything:
            environment.forget_own_names()

    def _restarts_into(self, effects: Effects) -> str | None:
        if effects.follows_boot_order:
            return place(self.environment.in_winpe)
        return None if effects.in_winpe is None else place(effects.in_winpe)

    def _follow_boot_order(self, step: Step, needs: tuple[str, ...]) -> None:
        """Put the machine where a restart without a target leads."""
        boots = self._boots_next
        there = Held(boots.value, boots.needs, source=f"the step {step.name}")
        self.environment.set(IN_WINPE, there, needs)
        if not needs:
            self._boots_next = Held("false")

    def _ends_there_anyway(self, step: Step, planned: PlannedStep, in_winpe: bool) -> bool:
        """Tell whether the machine ends where a step that may restart it wants it, in any case.

        So it is with the wizard's Restart in Windows PE, which runs in full Windows only.
        """
        environment = self.environment
        inherited = any(
            guard.truth is Truth.UNKNOWN and guard.owner != planned.path for guard in planned.guards
        )
        if environment.in_winpe is in_winpe:
            return True
        if environment.in_winpe is not None or step.condition is None or inherited:
            return False
        before = environment.snapshot()
        environment.set(IN_WINPE, Held("false" if in_winpe else "true"))
        runs = judge(step.condition, self.known).truth is Truth.TRUE
        environment.restore(before)
        return runs

    def _after(self, step: Step, needs: tuple[str, ...]) -> None:
        """Set what the engine itself sets after a step."""
        environment = self.environment
        came = (f"whether the step {step.name} succeeds",)
        name = Held(step.name, source="the engine")
        for variable, held in (
            ("_SMSTSLastActionName", name),
            ("_SMSTSLastActionSucceeded", Held(needs=came)),
            ("_SMSTSLastActionRetCode", Held(needs=came)),
        ):
            environment.set(variable, held, needs)
