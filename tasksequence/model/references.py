"""What a sequence refers to, and which variables it makes global."""

from collections.abc import Iterator
from typing import NamedTuple

from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.base import Step
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.qualifiers import (
    TaskSequencePackage,
    TaskSequenceProgram,
    global_,
    task_sequence_application,
    task_sequence_package_list,
)
from tasksequence.wmi import WmiObject, per_class, properties_of
from tasksequence.wmi_property import Property

__all__ = ["Reference", "enabled_steps", "global_properties", "references", "references_of"]

_ANY_PROGRAM = "*"


class Reference(NamedTuple):
    """One package, program or application that an enabled step needs."""

    kind: str
    """`package` or `application`, as the attribute in the reference list."""
    id: str
    program: str | None = None
    """The program of the package; `*` for a child sequence."""


def enabled_steps(steps: list[Step]) -> Iterator[Step]:
    """Yield the steps that are neither disabled nor in a disabled group, in document order."""
    for step in steps:
        if not step.enabled:
            continue
        yield step
        if isinstance(step, Group):
            yield from enabled_steps(step.steps)


def references(sequence: TaskSequence) -> tuple[Reference, ...]:
    """Return what the enabled steps of known classes refer to, in order of first use.

    Within a step its properties count in ordinal order of their names, as a site lists them.
    """
    found: dict[Reference, None] = {}
    for step in enabled_steps(sequence.steps):
        for reference in references_of(step):
            found[reference] = None
    return tuple(found)


def references_of(step: Step) -> Iterator[Reference]:
    """Yield what one step of a known class refers to, as `references` orders it."""
    if isinstance(step, SubTasksequence):
        # No qualifier of this class is known; so do real exports.
        if step.ts_package_id:
            yield Reference("package", step.ts_package_id, _ANY_PROGRAM)
        for identifier in (step.ts_reference_packages or "").split(","):
            if identifier:
                yield Reference("package", identifier)
        return
    for known, kind, program in _referring(type(step)):
        value = getattr(step, known.attribute)
        # A site lists the members of one list in ordinal order.
        for identifier in sorted((value or "").split(",")):
            if identifier:
                named = getattr(step, program.attribute) if program is not None else None
                yield Reference(kind, identifier, named or None)


def global_properties(sequence: TaskSequence) -> tuple[tuple[Property, object], ...]:
    """Return the Global properties that steps set, with their values; the last one wins."""
    found: dict[str, tuple[Property, object]] = {}
    for step in sequence.walk():
        for known in _global(type(step)):
            value = getattr(step, known.attribute)
            if value is not None and not (known.is_array and not value):
                found[known.name] = (known, value)
    return tuple(found.values())


@per_class
def _referring(cls: type[WmiObject]) -> tuple[tuple[Property, str, Property | None], ...]:
    """Return the properties that refer to something, with what, and the program's property."""
    programs = {
        qualifier.argument: known
        for known in properties_of(cls)
        for qualifier in known.qualifiers
        if isinstance(qualifier, TaskSequenceProgram)
    }
    found: list[tuple[Property, str, Property | None]] = []
    for known in sorted(properties_of(cls), key=lambda known: known.name):
        if any(isinstance(qualifier, TaskSequencePackage) for qualifier in known.qualifiers):
            found.append((known, "package", programs.get(known.name)))
        elif known.has(task_sequence_package_list):
            found.append((known, "package", None))
        elif known.has(task_sequence_application):
            found.append((known, "application", None))
    return tuple(found)


@per_class
def _global(cls: type[WmiObject]) -> tuple[Property, ...]:
    found = [known for known in properties_of(cls) if known.has(global_)]
    return tuple(sorted(found, key=lambda known: known.name))
