"""What a sequence refers to, and which variables it makes global."""

from collections.abc import Iterator
from typing import NamedTuple

from tasksequence.model.base import Step
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.qualifiers import TaskSequencePackage, global_, task_sequence_application
from tasksequence.wmi import WmiObject, per_class, properties_of
from tasksequence.wmi_property import Property

__all__ = ["Reference", "enabled_steps", "global_properties", "references"]


class Reference(NamedTuple):
    """One package or application that an enabled step needs."""

    kind: str
    """`package` or `application`, as the attribute in the reference list."""
    id: str


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
        for known, kind in _referring(type(step)):
            value = getattr(step, known.attribute)
            for identifier in (value or "").split(","):
                if identifier:
                    found[Reference(kind, identifier)] = None
    return tuple(found)


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
def _referring(cls: type[WmiObject]) -> tuple[tuple[Property, str], ...]:
    found = []
    for known in sorted(properties_of(cls), key=lambda known: known.name):
        if any(isinstance(qualifier, TaskSequencePackage) for qualifier in known.qualifiers):
            found.append((known, "package"))
        elif known.has(task_sequence_application):
            found.append((known, "application"))
    return tuple(found)


@per_class
def _global(cls: type[WmiObject]) -> tuple[Property, ...]:
    return tuple(known for known in properties_of(cls) if known.has(global_))
