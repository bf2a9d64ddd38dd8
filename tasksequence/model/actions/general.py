"""Steps of the menu General."""

from tasksequence.model.action import Action
from tasksequence.qualifiers import (
    ActionCategory,
    AllowedLen,
    CommandLine,
    CommandLineArg,
    VariableName,
    VariablePrefix,
    not_null,
)
from tasksequence.wmi import UInt32, prop, wmi_class

__all__ = ["RebootAction"]


@wmi_class(
    "SMS_TaskSequence_RebootAction",
    CommandLine("smsboot.exe /target:%1"),
    VariablePrefix("SMSReboot"),
    ActionCategory("General,6,1"),
)
class RebootAction(Action):
    """Restart Computer: into Windows PE or into the installed Windows."""

    message: str | None = prop("Message", AllowedLen("0-512"), default=None)
    message_timeout: UInt32 | None = prop(
        "MessageTimeout", VariableName("SMSRebootTimeout"), default=0
    )
    """Seconds that the message is shown."""
    # MDT templates leave the target empty: the installed Windows.
    target: str = prop("Target", not_null, CommandLineArg(1), values=("HD", "WinPE", ""))
