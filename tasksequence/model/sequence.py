"""Task sequences and groups, and walking through them."""

from collections.abc import Iterator

from tasksequence.model.base import Step
from tasksequence.qualifiers import Method, Parameter, Provider, dynamic
from tasksequence.wmi import WmiObject, prop, wmi_class

__all__ = ["Group", "TaskSequence"]


@wmi_class("SMS_TaskSequence_Group")
class Group(Step):
    """A named group of steps; groups may nest."""

    steps: list[Step] = prop("Steps", factory=list, variable="")


@wmi_class(
    "SMS_TaskSequence",
    dynamic,
    Provider("TaskSequenceProvider"),
    methods=(
        Method(
            "ExportXml",
            (Parameter("Xml", "String", "in"),),
            returns="String",
            static=True,
            meaning="Clears the secrets of what SaveToXml gave, as for an export.",
        ),
        Method(
            "LoadFromXml",
            (Parameter("Xml", "String", "in"),),
            returns="object:SMS_TaskSequence",
            static=True,
        ),
        Method(
            "SaveToXml",
            (
                Parameter("TaskSequence", "object:SMS_TaskSequence", "in"),
                Parameter("References", "object:SMS_TaskSequence_Reference[]", "out"),
                Parameter("Flags", "UInt32", "out"),
            ),
            returns="String",
            static=True,
            meaning="Gives the XML text of a sequence, secrets included.",
        ),
    ),
)
class TaskSequence(WmiObject):
    """A whole task sequence: groups and actions in the order in which they run."""

    # The class page says 3.00; every sequence that a current site exports says 3.10.
    schema_version: str | None = prop("SchemaVersion", default="3.10")
    steps: list[Step] = prop("Steps", factory=list, variable="")

    def walk(self) -> Iterator[Step]:
        """Yield every group and action in document order, at any depth."""
        for _, step in self.walk_with_path():
            yield step

    def walk_with_path(self) -> Iterator[tuple[tuple[str, ...], Step]]:
        """Yield each step with its path: the names of the groups around it, then its own."""
        stack: list[tuple[tuple[str, ...], Iterator[Step]]] = [((), iter(self.steps))]
        while stack:
            path, steps = stack[-1]
            step = next(steps, None)
            if step is None:
                stack.pop()
                continue
            here = (*path, step.name)
            yield here, step
            if isinstance(step, Group):
                stack.append((here, iter(step.steps)))
