"""Naming the steps of a sequence: by path, and without counting.

The address of a step is its path, the names of its groups and its own with ` > ` between, as plans
and violations show it. Where several steps have the same path, `[1]`, `[2]`, … follow it. The end
of a path is enough where it names one step alone; letter case counts only where it must.

A group at the top whose name steps elsewhere have too is `> NAME`: its bare name would as well be
theirs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

import attrs

from tasksequence.errors import EditError
from tasksequence.model.base import Step
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.wmi_property import quoted_text, shown_value

__all__ = ["SEPARATOR", "LocatedStep", "Target", "located", "matching", "resolved"]

SEPARATOR = " > "
_FROM_TOP = SEPARATOR.lstrip()
_NUMBERED = re.compile(r"(.*)\[([1-9][0-9]{0,5})\]", re.DOTALL)
_MOST_CANDIDATES = 8

Target = Step | str | Sequence[str]
"""What names a step: the step itself, its address or the end of it, or its path as names."""


@attrs.frozen(eq=False)
class LocatedStep:
    """A step with its place in a sequence."""

    step: Step
    path: tuple[str, ...]
    """Names of the groups around it, outermost first, and its own name last."""
    address: str
    """Names this one step of the sequence."""
    holder: list[Step]
    """The list that it stands in: of its group, or of the sequence."""

    @property
    def index(self) -> int:
        """Its place in that list, from 0."""
        return next(i for i, other in enumerate(self.holder) if other is self.step)


def located(sequence: TaskSequence) -> list[LocatedStep]:
    """Return every group and step of a sequence with its address, in document order."""
    walked = list(_walk(sequence.steps, ()))
    inner = {path[-1] for _, path, _ in walked if len(path) > 1}
    found = [
        (step, path, _FROM_TOP + path[0], holder)
        if len(path) == 1 and isinstance(step, Group) and path[0] in inner
        else (step, path, SEPARATOR.join(path), holder)
        for step, path, holder in walked
    ]
    counts: dict[str, int] = {}
    for _, _, text, _ in found:
        counts[text] = counts.get(text, 0) + 1
    seen: dict[str, int] = {}
    taken = set(counts)
    placed = []
    for step, path, text, holder in found:
        address = text
        if counts[text] > 1:
            seen[text] = seen.get(text, 0) + 1
            address = f"{text}[{seen[text]}]"
            while address in taken:
                address += f"[{seen[text]}]"
            taken.add(address)
        placed.append(LocatedStep(step, path, address, holder))
    return placed


def _walk(
    steps: list[Step], around: tuple[str, ...]
) -> Iterator[tuple[Step, tuple[str, ...], list[Step]]]:
    for step in steps:
        path = (*around, step.name or "")
        yield step, path, steps
        if isinstance(step, Group):
            yield from _walk(step.steps, path)


def matching(steps: Sequence[LocatedStep], target: Target) -> list[LocatedStep]:
    """Return the steps that a target names: all of them where it is not clear.

    `*` and `?` in a text stand for any text and any character, where no step is named so.
    """
    if isinstance(target, Step):
        return [one for one in steps if one.step is target][:1]
    if not isinstance(target, str):
        if not isinstance(target, Sequence) or not all(isinstance(name, str) for name in target):
            raise EditError(
                f"{shown_value(target)} names no step: give the step itself, its address, or the "
                "names of its path"
            )
        names = tuple(target)
        return [one for one in steps if one.path[len(one.path) - len(names) :] == names]
    exact = [one for one in steps if one.address == target]
    if exact:
        return exact
    for fold in (str, str.casefold):
        wanted = fold(target)
        found = [one for one in steps if _ends_with(fold(SEPARATOR.join(one.path)), wanted)]
        numbered = _NUMBERED.fullmatch(wanted)
        if not found and numbered:
            number = int(numbered[2])
            found = [
                one for one in steps if _ends_with(fold(SEPARATOR.join(one.path)), numbered[1])
            ][number - 1 : number]
        if found:
            return found
    if not set("*?") & set(target):
        return []
    pattern = target.casefold().replace("[", "[[]")
    return [
        one
        for one in steps
        if fnmatchcase(one.path[-1].casefold(), pattern)
        or fnmatchcase(one.address.casefold(), pattern)
    ]


def _ends_with(path: str, wanted: str) -> bool:
    return path == wanted or path.endswith(SEPARATOR + wanted)


def resolved(
    sequence: TaskSequence,
    target: Target,
    among: Callable[[LocatedStep], bool] | None = None,
    kind: str = "step",
) -> LocatedStep:
    """Return the one step that a target names; raises `EditError` for none and for several.

    `among` tells which steps count, and `kind` what they are.
    """
    steps = located(sequence)
    found = [one for one in matching(steps, target) if among is None or among(one)]
    if len(found) == 1:
        return found[0]
    shown = _shown(target)
    if found:
        candidates = [one.address for one in found]
        top = [one.address for one in found if one.address.startswith(_FROM_TOP)]
        names_group = f" ({quoted_text(top[0])} is the group at the top)" if top else ""
        raise EditError(
            f"{shown} names {len(found)} {kind}s",
            hint=f"Give more of the path, or one of these{names_group}:" + _listed(candidates),
            candidates=candidates,
        )
    pool = [one for one in steps if among is None or among(one)]
    candidates = [] if isinstance(target, Step) else _similar(pool, _text(target))
    raise EditError(
        f"{shown} names no {kind} of the sequence",
        hint="Did you mean one of these?" + _listed(candidates)
        if candidates
        else f"The sequence has no {kind} like it.",
        candidates=candidates,
    )


def _shown(target: Target) -> str:
    if isinstance(target, Step):
        return f"the {type(target).__name__} {quoted_text(target.name)} that was given"
    return quoted_text(_text(target))


def _text(target: str | Sequence[str]) -> str:
    return target if isinstance(target, str) else SEPARATOR.join(target)


def _listed(candidates: Sequence[str]) -> str:
    more = len(candidates) - _MOST_CANDIDATES
    lines = [f"\n  {address}" for address in candidates[:_MOST_CANDIDATES]]
    return "".join(lines) + (f"\n  … and {more} more" if more > 0 else "")


def _similar(steps: Sequence[LocatedStep], wanted: str) -> list[str]:
    last = wanted.casefold().rpartition(SEPARATOR)[2]
    by_name: dict[str, list[str]] = {}
    for one in steps:
        by_name.setdefault(one.path[-1].casefold(), []).append(one.address)
    near = difflib.get_close_matches(last, list(by_name), _MOST_CANDIDATES, 0.5)
    near += [name for name in by_name if last and last in name and name not in near]
    return [address for name in near for address in by_name[name]]
