"""Steps that install applications and updates (menu Software)."""

from tasksequence.model.action import Action, runs_in
from tasksequence.qualifiers import (
    ActionCategory,
    CommandLine,
    CommandLineArg,
    RequiredIfNotNull,
    RequiredIfNull,
    ValueMap,
    VariableName,
    not_null,
    retry_count,
    task_sequence_application,
)
from tasksequence.wmi import UInt32, WmiObject, prop, wmi_class

__all__ = ["ApplicationInfo", "InstallApplicationAction", "InstallUpdateAction"]


@wmi_class("SMS_TaskSequence_ApplicationInfo")
class ApplicationInfo(WmiObject):
    """One application of an Install Application step."""

    name: str | None = prop("Name", default=None)
    display_name: str | None = prop("DisplayName", default=None)
    description: str | None = prop("Description", default=None)


@wmi_class(
    "SMS_TaskSequence_InstallApplicationAction",
    CommandLine("smsappinstall.exe /app:%1 /basevar:%2 /continueOnError:%3"),
    ActionCategory("Software,1,2"),
)
class InstallApplicationAction(Action):
    """Install Application: by model names, or by variables that hold them."""

    application_name: str | None = prop(
        "ApplicationName", CommandLineArg(1), task_sequence_application, default=None
    )
    """Model names, joined by commas."""
    app_info: list[ApplicationInfo] | None = prop("AppInfo", VariableName("OSDApp"), default=None)
    num_apps: UInt32 | None = prop("NumApps", VariableName("OSDAppCount"), default=None)
    base_variable_name: str | None = prop(
        "BaseVariableName", CommandLineArg(2), RequiredIfNull("ApplicationName"), default=None
    )
    continue_on_install_error: bool | None = prop(
        "ContinueOnInstallError",
        CommandLineArg(3),
        RequiredIfNotNull("BaseVariableName"),
        default=None,
    )
    clear_cache: bool | None = prop("ClearCache", default=None, variable="OSDAppClearCache")
    retry_count: str | None = prop("RetryCount", retry_count, default="2")
    # Alone among all classes, its page prints a ValueMap for the environment.
    supported_environment: str = prop(
        "SupportedEnvironment",
        not_null,
        ValueMap(("WinPE", "FullOS", "WinPEandFullOS")),
        default="WinPEandFullOS",
    )


@wmi_class(
    "SMS_TaskSequence_InstallUpdateAction",
    CommandLine("TSInstallSWUpdate.exe /target:%%SMSInstallUpdateTarget%%"),
    ActionCategory("Software,3,2"),
)
class InstallUpdateAction(Action):
    """Install Software Updates: the mandatory ones, or all that are offered."""

    target: str = prop(
        "Target", not_null, VariableName("SMSInstallUpdateTarget"), values=("Mandatory", "All")
    )
    use_cache: bool = prop(
        "UseCache", not_null, VariableName("SMSTSSoftwareUpdateScanUseCache"), default=True
    )
    retry_count: str | None = prop("RetryCount", retry_count, default="2")
    supported_environment: str = runs_in("FullOS")
