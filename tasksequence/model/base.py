"""What groups and actions have in common."""

from tasksequence.class_rules import AdvisedLen
from tasksequence.model.condition import Condition
from tasksequence.qualifiers import AllowedLen, abstract
from tasksequence.wmi import WmiObject, prop, wmi_class

__all__ = ["Step"]


@wmi_class(
    "SMS_TaskSequence_Step",
    abstract,
    # The class allows 100 characters, the editor of the console half of that.
    rules=(AdvisedLen("Name", 50, "the editor"),),
)
class Step(WmiObject):
    """A group or an action of a task sequence."""

    name: str = prop("Name", AllowedLen("1-100"), variable="")
    description: str | None = prop("Description", AllowedLen("0-255"), default="", variable="")
    enabled: bool = prop("Enabled", default=True, variable="")
    continue_on_error: bool = prop("ContinueOnError", default=False, variable="")
    """A failure stays here; otherwise it goes up to the group, and in the end to the sequence."""
    condition: Condition | None = prop("Condition", default=None, variable="")
    """When the step runs; None means always."""
