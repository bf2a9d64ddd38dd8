"""Changing a sequence as the editor and the cmdlets do, by path and not by counting."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import TypeVar, overload

import attrs

from tasksequence.authoring.addresses import (
    SEPARATOR,
    LocatedStep,
    Target,
    located,
    matching,
    resolved,
)
from tasksequence.authoring.conditions import condition_from, when
from tasksequence.authoring.properties import change
from tasksequence.authoring.step_classes import step_class
from tasksequence.errors import EditError
from tasksequence.model.base import Step
from tasksequence.model.condition import Condition, ConditionOperand, ConditionOperator
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.wmi_property import quoted_text, shown_value

__all__ = ["SequenceEditor"]

_Found = TypeVar("_Found", bound=Step)


class SequenceEditor:
    """Finds and changes the steps of one sequence, of a loaded document or a new one.

    A step is named by itself, by its address (`Build > Install > Restart`), by the end of one that
    is clear, or by its path as a list of names. Each change is done whole or refused with an
    `EditError`, which lists the steps that may have been meant; nothing was changed then. Where a
    step goes is said by `before` or `after` another one, or by `into` a group and `at` a place in
    it, counted from 0 and by default its end; without any of them that is the sequence itself.
    """

    def __init__(self, sequence: TaskSequence) -> None:
        if not isinstance(sequence, TaskSequence):
            raise TypeError(
                f"SequenceEditor takes a TaskSequence, not {type(sequence).__name__}; "
                "a document has its first one as document.sequence"
            )
        self.sequence = sequence

    # Finding

    @overload
    def find(
        self,
        target: Target | None = None,
        *,
        cls: type[_Found],
        where: Callable[[Step], bool] | None = None,
    ) -> _Found: ...

    @overload
    def find(
        self,
        target: Target | None = None,
        *,
        cls: str | None = None,
        where: Callable[[Step], bool] | None = None,
    ) -> Step: ...

    def find(
        self,
        target: Target | None = None,
        *,
        cls: type[Step] | str | None = None,
        where: Callable[[Step], bool] | None = None,
    ) -> Step:
        """Return the one step that fits; raises `EditError` for none and for several."""
        fits = _filter(cls, where)
        if target is not None:
            return resolved(self.sequence, target, fits).step
        found = [one for one in located(self.sequence) if fits(one)]
        if len(found) == 1:
            return found[0].step
        addresses = [one.address for one in found]
        raise EditError(
            f"{len(found) or 'no'} steps fit, where one is wanted",
            hint="".join(f"\n  {address}" for address in addresses).lstrip("\n") or None,
            candidates=addresses,
        )

    def find_all(
        self,
        target: Target | None = None,
        *,
        cls: type[Step] | str | None = None,
        where: Callable[[Step], bool] | None = None,
    ) -> list[LocatedStep]:
        """Return every step that fits, with path and address, in document order.

        In a text, `*` and `?` stand for any text and any character.
        """
        fits = _filter(cls, where)
        steps = located(self.sequence)
        chosen = steps if target is None else matching(steps, target)
        return [one for one in chosen if fits(one)]

    def address(self, target: Target) -> str:
        """Return the address that names this one step of the sequence."""
        return resolved(self.sequence, target).address

    # Placing

    def insert(
        self,
        *steps: Step,
        before: Target | None = None,
        after: Target | None = None,
        into: Target | None = None,
        at: int | None = None,
    ) -> None:
        """Put new steps at a place, in this order."""
        place = self._place(before, after, into, at)
        self._check_new(steps)
        place.holder[place.index : place.index] = steps

    def check_place(
        self,
        *,
        before: Target | None = None,
        after: Target | None = None,
        into: Target | None = None,
        at: int | None = None,
    ) -> None:
        """Raise `EditError` where `insert` would find no such place."""
        self._place(before, after, into, at)

    def move(
        self,
        target: Target,
        *,
        before: Target | None = None,
        after: Target | None = None,
        into: Target | None = None,
        at: int | None = None,
    ) -> None:
        """Take a step, with all that is in it, to another place; `at` counts without it."""
        one = resolved(self.sequence, target)
        place = self._place(before, after, into, at, one)
        del one.holder[one.index]
        place.holder.insert(place.index, one.step)

    def move_up(self, target: Target) -> None:
        """Swap a step with the one before it in its group (cmdlets: -StepOrder MoveUp)."""
        self._swap(resolved(self.sequence, target), -1)

    def move_down(self, target: Target) -> None:
        """Swap a step with the one after it in its group (cmdlets: -StepOrder MoveDown)."""
        self._swap(resolved(self.sequence, target), 1)

    def remove(self, *targets: Target) -> list[Step]:
        """Take steps out, with all that is in them, and return them."""
        found = self._several(targets)
        for one in found:
            del one.holder[one.index]
        return [one.step for one in found]

    def replace(self, target: Target, step: Step) -> Step:
        """Put a new step in the place of another one, and return that."""
        one = resolved(self.sequence, target)
        self._check_new((step,))
        one.holder[one.index] = step
        return one.step

    def wrap(self, *targets: Target, group: Group | str) -> Group:
        """Put steps that stand side by side into a new group at their place, and return it."""
        found = sorted(self._several(targets), key=lambda one: one.index)
        if not found:
            raise EditError("no step is given to put into a group")
        holder, first = found[0].holder, found[0].index
        indexes = [one.index for one in found]
        together = all(one.holder is holder for one in found)
        if not together or indexes != list(range(first, first + len(found))):
            raise EditError(
                "the steps do not stand side by side in one group, and would run in another order",
                hint="Move them together first:" + "".join(f"\n  {one.address}" for one in found),
                candidates=[one.address for one in found],
            )
        made = Group(name=group) if isinstance(group, str) else group
        if not isinstance(made, Group):
            raise EditError(
                f"{type(group).__name__} is no group", hint="Give a Group, or its name."
            )
        self._check_new((made,))
        made.steps.extend(one.step for one in found)
        holder[first : first + len(found)] = [made]
        return made

    def copy(
        self,
        target: Target,
        *,
        to: SequenceEditor | None = None,
        name: str | None = None,
        before: Target | None = None,
        after: Target | None = None,
        into: Target | None = None,
        at: int | None = None,
    ) -> Step:
        """Copy a step, with all that is in it, to a place here or in another sequence.

        The copy keeps the bytes that the step had in its document, and is returned.
        """
        twin = copy.deepcopy(resolved(self.sequence, target).step)
        if name is not None:
            twin.name = name
        goal = to if to is not None else self
        if not isinstance(goal, SequenceEditor):
            raise EditError(
                f"to is {type(goal).__name__}, which is no editor",
                hint="Give the SequenceEditor of the other sequence: "
                "SequenceEditor(document.sequence).",
            )
        goal.insert(twin, before=before, after=after, into=into, at=at)
        return twin

    # Changing

    def set(
        self, target: Target, properties: Mapping[str, object] | None = None, /, **more: object
    ) -> Step:
        """Set properties of a step, all of them or none, and return it.

        Names are WMI names, Python attributes, variables, or parameters of the cmdlets for its
        class; values are as for `new_step`. Raises `SettingError` with all that is wrong with
        them.
        """
        one = resolved(self.sequence, target)
        change(one.step, properties, more, one.address)
        return one.step

    def rename(self, target: Target, name: str) -> Step:
        """Give a step another name."""
        return self.set(target, name=name)

    def enable(self, *targets: Target) -> None:
        """Let steps run."""
        for one in self._several(targets):
            one.step.enabled = True

    def disable(self, *targets: Target) -> None:
        """Keep steps from running, without taking them out."""
        for one in self._several(targets):
            one.step.enabled = False

    def set_condition(self, target: Target, *operands: ConditionOperand | Condition) -> Step:
        """Replace the condition of a step: a whole one, or operands that must all be true."""
        step = resolved(self.sequence, target).step
        step.condition = condition_from(operands[0] if len(operands) == 1 else operands)
        return step

    def add_condition(self, target: Target, *operands: ConditionOperand) -> Step:
        """Add operands to the condition of a step: they must be true as well."""
        step = resolved(self.sequence, target).step
        new = when(*operands)
        if step.condition is None:
            step.condition = new
        else:
            step.condition.operands.extend(new.operands)
        return step

    def clear_condition(self, target: Target) -> Step:
        """Let a step run always, as far as its own condition goes."""
        step = resolved(self.sequence, target).step
        step.condition = None
        return step

    def remove_conditions(self, target: Target, kind: type[ConditionOperand]) -> Step:
        """Take all parts of one kind out of a step's condition, at any depth.

        Operators that hold nothing afterwards go too, as does a condition that does (cmdlets:
        -RemoveConditionVariable and its kin).
        """
        if not (isinstance(kind, type) and issubclass(kind, ConditionOperand)):
            raise EditError(
                f"{shown_value(kind)} is no class of conditions",
                hint="Give the class of an expression, such as VariableConditionExpression.",
            )
        step = resolved(self.sequence, target).step
        if step.condition is not None:
            step.condition.operands[:] = _without(step.condition.operands, kind)
            if not step.condition.operands:
                step.condition = None
        return step

    # Checks

    def _several(self, targets: tuple[Target, ...]) -> list[LocatedStep]:
        found = [resolved(self.sequence, target) for target in targets]
        # One that lies in another of them goes with it.
        inside = {id(inner) for one in found for inner in _inside(one.step)}
        distinct = {id(one.step): one for one in found if id(one.step) not in inside}
        return list(distinct.values())

    def _place(
        self,
        before: Target | None,
        after: Target | None,
        into: Target | None,
        at: int | None,
        moved: LocatedStep | None = None,
    ) -> _Place:
        if sum(place is not None for place in (before, after, into)) > 1:
            raise EditError("give one of before, after and into, not several")
        if at is not None and (isinstance(at, bool) or not isinstance(at, int)):
            raise EditError(
                f"at {shown_value(at)} is no place: give a whole number, counted from 0"
            )
        if at is not None and (before is not None or after is not None):
            raise EditError("at is a place in a group: give it with into, or alone")
        anchor = before if before is not None else after
        if anchor is not None:
            one = resolved(self.sequence, anchor)
            _check_outside(one.step, moved)
            return _Place(one.holder, one.step, is_after=before is None)
        holder = self.sequence.steps
        if into is not None:
            group = self._group(into)
            _check_outside(group, moved)
            holder = group.steps
        count = len(holder) - (moved is not None and moved.holder is holder)
        if at is not None and not 0 <= at <= count:
            raise EditError(
                f"there is no place {at} among {count} steps",
                hint=f"Places are counted from 0; {count} is the end.",
            )
        return _Place(holder, at=at)

    def _group(self, target: Target) -> Group:
        """Return the group that a target names; a step that it names instead has a hint."""
        named = matching(located(self.sequence), target)
        if named and not any(isinstance(one.step, Group) for one in named):
            first = named[0]
            around = SEPARATOR.join(first.path[:-1])
            raise EditError(
                f"{quoted_text(first.path[-1])} names no group: {first.address} is a step, which "
                "holds no others",
                hint="Give after or before instead of into"
                + (f", or the group it stands in: {around}." if around else "."),
                candidates=[one.address for one in named],
            )
        group = resolved(
            self.sequence, target, lambda one: isinstance(one.step, Group), "group"
        ).step
        assert isinstance(group, Group)
        return group

    def _check_new(self, steps: tuple[Step, ...]) -> None:
        there = {id(one.step) for one in located(self.sequence)}
        for step in steps:
            if not isinstance(step, Step):
                raise EditError(f"{shown_value(step)} is no step")
            # One after the other: a group that holds itself has no end.
            for inner in chain((step,), _inside(step)):
                if id(inner) in there:
                    raise EditError(
                        f"{quoted_text(inner.name)} is in the sequence already",
                        hint="Move it, or copy it.",
                    )
                there.add(id(inner))

    @staticmethod
    def _swap(one: LocatedStep, by: int) -> None:
        here, there = one.index, one.index + by
        if not 0 <= there < len(one.holder):
            end = "first" if by < 0 else "last"
            raise EditError(f"{one.address} is the {end} step of its group")
        one.holder[here], one.holder[there] = one.holder[there], one.holder[here]


@attrs.frozen(eq=False)
class _Place:
    """Where steps go: beside another one, or at a place in a list."""

    holder: list[Step]
    anchor: Step | None = None
    is_after: bool = False
    at: int | None = None

    @property
    def index(self) -> int:
        """The index in the list as it is now."""
        if self.anchor is None:
            return len(self.holder) if self.at is None else self.at
        here = next(i for i, other in enumerate(self.holder) if other is self.anchor)
        return here + self.is_after


def _check_outside(step: Step, moved: LocatedStep | None) -> None:
    if moved is None:
        return
    if step is moved.step or any(step is inner for inner in _inside(moved.step)):
        raise EditError(f"{moved.address} cannot be moved next to or into itself")


def _inside(step: Step) -> Iterator[Step]:
    if isinstance(step, Group):
        for inner in step.steps:
            yield inner
            yield from _inside(inner)


def _without(
    operands: list[ConditionOperand], kind: type[ConditionOperand]
) -> list[ConditionOperand]:
    kept = []
    for operand in operands:
        if isinstance(operand, kind):
            continue
        if isinstance(operand, ConditionOperator) and operand.operands:
            operand.operands[:] = _without(operand.operands, kind)
            if not operand.operands:
                continue
        kept.append(operand)
    return kept


def _filter(
    cls: type[Step] | str | None, where: Callable[[Step], bool] | None
) -> Callable[[LocatedStep], bool]:
    wanted = step_class(cls) if cls is not None else Step

    def fits(one: LocatedStep) -> bool:
        return isinstance(one.step, wanted) and (where is None or where(one.step))

    return fits
