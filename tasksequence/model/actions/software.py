"""Steps that install applications and updates (menu Software)."""

from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import ContentLocation, RunIn, UpdateTarget
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    CommandLine,
    CommandLineArg,
    Observed,
    RequiredIfNotNull,
    RequiredIfNull,
    TaskSequencePackage,
    TaskSequenceProgram,
    ValueMap,
    VariableName,
    not_null,
    retry_count,
    task_sequence_application,
    task_sequence_package_list,
)
from tasksequence.wmi import WmiObject, prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "ApplicationInfo",
    "DownloadPackageContentAction",
    "InstallApplicationAction",
    "InstallSoftwareAction",
    "InstallUpdateAction",
    "PackageInfo",
]


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
    ActionUI("InstallApplicationControl"),
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
    clear_cache: bool | None = prop("ClearCache", default=False, variable="OSDAppClearCache")
    retry_count: str | None = prop("RetryCount", retry_count, default="2")
    # Its page prints a ValueMap for the environment, which most others do not.
    supported_environment: RunIn | str = prop(
        "SupportedEnvironment",
        not_null,
        ValueMap(("WinPE", "FullOS", "WinPEandFullOS")),
        default="WinPEandFullOS",
        variable="",
    )


@wmi_class(
    "SMS_TaskSequence_InstallUpdateAction",
    CommandLine("TSInstallSWUpdate.exe /target:%%SMSInstallUpdateTarget%%"),
    ActionCategory("Software,3,2"),
    ActionUI("InstallSoftwareUpdateControl"),
)
class InstallUpdateAction(Action):
    """Install Software Updates: the mandatory ones, or all that are offered."""

    target: UpdateTarget | str = prop("Target", not_null, VariableName("SMSInstallUpdateTarget"))
    use_cache: bool = prop(
        "UseCache", not_null, VariableName("SMSTSSoftwareUpdateScanUseCache"), default=True
    )
    retry_count: str | None = prop("RetryCount", retry_count, default="2")
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class("SMS_TaskSequence_PackageInfo")
class PackageInfo(WmiObject):
    """One package of a Download Package Content step."""

    name: str | None = prop("Name", default=None)
    package_id: str | None = prop("PackageId", default=None)
    pkg_type: UInt32 | None = prop("PkgType", default=None)
    size: UInt32 | None = prop("Size", default=None)


@wmi_class(
    "SMS_TaskSequence_InstallSoftwareAction",
    CommandLine("smsswd.exe /pkg:%1 /install /basevar:%3 /continueOnError:%4"),
    ActionCategory("Software,2,2"),
    ActionUI("InstallSoftwareDistributionControl"),
)
class InstallSoftwareAction(Action):
    """Install Package: a program of a package, or several named by variables."""

    base_variable_name: str | None = prop(
        "BaseVariableName", RequiredIfNull("PackageID"), CommandLineArg(3), default=None
    )
    continue_on_install_error: bool | None = prop(
        "ContinueOnInstallError",
        RequiredIfNotNull("BaseVariableName"),
        CommandLineArg(4),
        default=None,
    )
    package_id: str | None = prop(
        "PackageID", CommandLineArg(1), TaskSequencePackage(), default=None
    )
    program_name: str | None = prop(
        "ProgramName",
        RequiredIfNotNull("PackageID"),
        VariableName("_SMSSWDProgramName"),
        TaskSequenceProgram("PackageID"),
        default=None,
    )
    retry_count: UInt32 | None = prop(
        "RetryCount", default=None, variable="OSDPackageDownloadRetries"
    )
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_DownloadPackageContentAction",
    observed=Observed(command_line="OsdDownloadContent.exe ", variable_prefix="OSDDownload"),
)
class DownloadPackageContentAction(Action):
    """Download Package Content."""

    continue_download_on_error: bool | None = prop("ContinueDownloadOnError", default=True)
    destination_custom_path: str | None = prop(
        "DestinationCustomPath", VariableName("OSDDownloadDestinationPath"), default=None
    )
    destination_location_type: ContentLocation | str = prop(
        "DestinationLocationType",
        not_null,
        ValueMap(
            (
                "TSCache",
                "CCMCache",
                "Custom",
            )
        ),
        default="TSCache",
    )
    destination_variable: str | None = prop("DestinationVariable", default=None)
    download_packages: str = prop("DownloadPackages", not_null, task_sequence_package_list)
    """Package IDs, joined by commas."""
    num_packages: UInt32 | None = prop("NumPackages", VariableName("OSDPackageCount"), default=None)
    package_info: list[PackageInfo] | None = prop(
        "PackageInfo", VariableName("OSDPackage"), default=None
    )
