"""Steps of the menu General."""

import re

from tasksequence.class_rules import NeededWhen
from tasksequence.model.action import Action, runs_in
from tasksequence.model.base import Step
from tasksequence.model.enumerations import (
    ExecutionPolicy,
    OSArchitecture,
    OSType,
    RestartTarget,
    RunIn,
)
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    AllowedLen,
    CommandLine,
    CommandLineArg,
    Observed,
    RequiredIfNull,
    TaskSequencePackage,
    ValueMap,
    VariableName,
    VariablePrefix,
    not_null,
    not_null_to_instance,
    require_r2,
    secret,
    success_codes,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import prop, shown_text, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "MARKED_SECRET",
    "ConnectNetworkFolderAction",
    "PrestartCheckAction",
    "RebootAction",
    "RunCommandLineAction",
    "RunPowerShellScriptAction",
    "SetDynamicVariablesAction",
    "SetVariableAction",
    "SubTasksequence",
]


@wmi_class(
    "SMS_TaskSequence_RebootAction",
    CommandLine("smsboot.exe /target:%1"),
    VariablePrefix("SMSReboot"),
    ActionCategory("General,6,1"),
    ActionUI("RebootComputerControl"),
)
class RebootAction(Action):
    """Restart Computer: into Windows PE or into the installed Windows."""

    message: str | None = prop("Message", AllowedLen("0-512"), default=None)
    message_timeout: UInt32 | None = prop(
        "MessageTimeout", VariableName("SMSRebootTimeout"), default=0
    )
    """Seconds that the message is shown."""
    # MDT templates leave the target empty: the installed Windows.
    target: RestartTarget | str = prop("Target", not_null, CommandLineArg(1))


@wmi_class(
    "SMS_TaskSequence_RunCommandLineAction",
    CommandLine("smsswd.exe /run:%1 %2"),
    ActionCategory("General,1,1"),
    ActionUI("RunCommandLineControl"),
)
class RunCommandLineAction(Action):
    """Run Command Line."""

    command_line: str = prop("CommandLine", not_null, CommandLineArg(2), AllowedLen("1-32000"))
    disable_wow64_redirection: bool = prop(
        "DisableWow64Redirection",
        not_null,
        VariableName("SMSTSDisableWow64Redirection"),
        default=False,
    )
    package_id: str | None = prop(
        "PackageID", TaskSequencePackage(), CommandLineArg(1), default=None
    )
    """Package whose content the command runs in."""
    run_as_user: bool | None = prop(
        "RunAsUser", VariableName("_SMSTSRunCommandLineAsUser"), require_r2, default=False
    )
    success_codes: str = prop("SuccessCodes", success_codes, not_null, default="0 3010")
    """Exit codes that mean success, with blanks between."""
    user_name: str | None = prop(
        "UserName", VariableName("SMSTSRunCommandLineUserName"), default=None
    )
    user_password: SecretText | None = prop(
        "UserPassword", VariableName("SMSTSRunCommandLineUserPassword"), secret, default=None
    )
    working_directory: str | None = prop("WorkingDirectory", AllowedLen("0-255"), default=None)
    output_variable_name: str | None = prop(
        "OutputVariableName", default=None, variable="SMSTSRunCommandLineOutputVariableName"
    )
    """Name of a variable that receives the output."""


@wmi_class(
    "SMS_TaskSequence_SetVariableAction",
    CommandLine('tsenv.exe "%1=%2"'),
    ActionCategory("General,7,1"),
    ActionUI("SetSequenceVariableControl"),
    observed=Observed(
        command_line=(
            'tsenv.exe "<VariableName>=<VariableValue>"'
            "<?DoNotShowVariableValue: /hiddenflag:<DoNotShowVariableValue>>"
        )
    ),
)
class SetVariableAction(Action):
    """Set Task Sequence Variable."""

    variable_name: str = prop("VariableName", CommandLineArg(1), not_null, AllowedLen("1-256"))
    variable_value: str = prop(
        "VariableValue", CommandLineArg(2), not_null, AllowedLen("0-4001"), may_hold_secret=True
    )
    do_not_show_variable_value: bool | None = prop(
        "DoNotShowVariableValue", default=False, hidden=True
    )
    hidden_variable_value: str | None = prop(
        "HiddenVariableValue",
        default=None,
        variable="SetVariableActionHiddenVariableValue",
        may_hold_secret=True,
    )
    """The value when it is not to be shown."""

    def hidden_attributes(self) -> tuple[str, ...]:
        """Return the attributes whose values are shown nowhere.

        No qualifier says so: it is the step's own setting, or the name of its variable.
        """
        # The classes, this one among them, say which variables are secret.
        from tasksequence.model.secret_variables import is_secret_variable

        if self.do_not_show_variable_value or is_secret_variable(self.variable_name or ""):
            return ("variable_value", "hidden_variable_value")
        return ("hidden_variable_value",)

    def _shown(self, attribute: str) -> str:
        value = getattr(self, attribute)
        return (
            "'***'"
            if value and attribute in self.hidden_attributes()
            else super()._shown(attribute)
        )


@wmi_class(
    "SMS_TaskSequence_ConnectNetworkFolderAction",
    CommandLine("smsnetuse.exe %SMSConnectNetworkFolderPath%"),
    VariablePrefix("SMSConnectNetworkFolder"),
    ActionCategory("General,5,1"),
    ActionUI("ConnectNetworkFolderControl"),
)
class ConnectNetworkFolderAction(Action):
    """Connect To Network Folder."""

    drive_letter: str | None = prop("DriveLetter", default=None)
    password: SecretText = prop(
        "Password", VariableName("SMSConnectNetworkFolderPassword"), not_null, secret
    )
    path: str = prop("Path", not_null)
    username: str = prop("Username", VariableName("SMSConnectNetworkFolderAccount"), not_null)


@wmi_class(
    "SMS_TaskSequence_RunPowerShellScriptAction",
    observed=Observed(
        command_line="OSDRunPowerShellScript.exe", variable_prefix="OSDRunPowerShellScript"
    ),
)
class RunPowerShellScriptAction(Action):
    """Run PowerShell Script: of a package, or of the step itself."""

    execution_policy: ExecutionPolicy | str = prop(
        "ExecutionPolicy",
        ValueMap(
            ("Restricted", "AllSigned", "RemoteSigned", "Unrestricted", "Bypass", "Undefined")
        ),
        not_null_to_instance,
        default="Restricted",
    )
    output_variable_name: str | None = prop("OutputVariableName", default=None)
    package_id: str | None = prop(
        "PackageID", RequiredIfNull("SourceScript"), TaskSequencePackage(), default=None
    )
    parameters: str = prop("Parameters", not_null)
    run_as_user: bool | None = prop(
        "RunAsUser", VariableName("_SMSTSRunPowerShellAsUser"), require_r2, default=False
    )
    script_name: str | None = prop("ScriptName", RequiredIfNull("SourceScript"), default=None)
    source_script: str | None = prop("SourceScript", RequiredIfNull("PackageID"), default=None)
    """The script, as Base64 of UTF-16LE text with a byte order mark."""
    success_codes: str = prop("SuccessCodes", success_codes, not_null, default="0 3010")
    user_name: str | None = prop(
        "UserName", VariableName("SMSTSRunPowerShellUserName"), default=None
    )
    user_password: SecretText | None = prop(
        "UserPassword", VariableName("SMSTSRunPowerShellUserPassword"), secret, default=None
    )
    working_directory: str | None = prop(
        "WorkingDirectory",
        AllowedLen("0-255"),
        default=None,
        variable="SMSTSRunPowerShellWorkingDirectory",
    )


MARKED_SECRET = re.compile(
    # A tag ends before the next one begins: else a text of beginnings takes quadratic time.
    r"""(<Variable\b(?=[^<>]*\bIsSecret\s*=\s*["']true["'])[^<>]*>)[^<]*(</Variable>)""",
    re.IGNORECASE,
)
"""A variable of rules whose value is a secret: what is before the value, and what is behind."""


@wmi_class(
    "SMS_TaskSequence_SetDynamicVariablesAction",
    observed=Observed(
        command_line="OSDSetDynamicVariables.exe", variable_prefix="OSDSetDynamicVariables"
    ),
)
class SetDynamicVariablesAction(Action):
    """Set Dynamic Variables: by rules on the device."""

    rules: str | None = prop("Rules", default=None, may_hold_secret=True)
    """XML text: Rule elements with conditions and variables."""

    def marks_secrets(self) -> bool:
        """Tell whether the rules give a value to a variable that they mark as secret."""
        return any(
            match[0] != match[1] + match[2] for match in MARKED_SECRET.finditer(self.rules or "")
        )

    def _shown(self, attribute: str) -> str:
        if attribute != "rules" or self.rules is None:
            return super()._shown(attribute)
        return shown_text(MARKED_SECRET.sub(r"\1***\2", self.rules))


@wmi_class(
    "SMS_TaskSequence_PrestartCheckAction",
    observed=Observed(command_line="OSDPrestartCheck.exe "),
    rules=(
        NeededWhen("CMClientMinVersion", "CheckCMClientMinVersion", True),
        NeededWhen("MaxOSVersion", "CheckMaxOSVersion", True),
        NeededWhen("MinOSVersion", "CheckMinOSVersion", True),
        NeededWhen("OSLanguageID", "CheckOSLanguageID", True),
    ),
)
class PrestartCheckAction(Action):
    """Check Readiness of the device."""

    check_cm_client_min_version: bool | None = prop(
        "CheckCMClientMinVersion", VariableName("OSDCheckCMClientMinVersion"), default=False
    )
    check_device_uefi: bool | None = prop(
        "CheckDeviceUEFI", VariableName("OSDCheckDeviceUEFI"), default=False
    )
    check_free_disk_space: bool = prop(
        "CheckFreeDiskSpace", VariableName("OSDCheckFreeDiskSpace"), not_null, default=True
    )
    check_max_os_version: bool | None = prop(
        "CheckMaxOSVersion", VariableName("OSDCheckMaxOsVersion"), default=False
    )
    check_memory: bool = prop("CheckMemory", VariableName("OSDCheckMemory"), not_null, default=True)
    check_min_os_version: bool | None = prop(
        "CheckMinOSVersion", VariableName("OSDCheckMinOSVersion"), default=False
    )
    check_network_connected: bool | None = prop(
        "CheckNetworkConnected", VariableName("OSDCheckNetworkConnected"), default=False
    )
    check_network_wired: bool | None = prop(
        "CheckNetworkWired", VariableName("OSDCheckNetworkWired"), default=False
    )
    check_os_architecture: bool | None = prop(
        "CheckOSArchitecture", VariableName("OSDCheckOSArchitecture"), default=False
    )
    check_os_language_id: bool | None = prop(
        "CheckOSLanguageID", VariableName("OSDCheckOSLanguageID"), default=False
    )
    check_os_type: bool = prop(
        "CheckOSType", VariableName("OSDCheckOSType"), not_null, default=True
    )
    check_power_state: bool | None = prop(
        "CheckPowerState", VariableName("OSDCheckPowerState"), default=False
    )
    check_processor_speed: bool = prop(
        "CheckProcessorSpeed", VariableName("OSDCheckProcessorSpeed"), not_null, default=True
    )
    cm_client_min_version: str | None = prop(
        "CMClientMinVersion", VariableName("OSDCMClientMinVersion"), default=None
    )
    free_disk_space: UInt32 | None = prop(
        "FreeDiskSpace", VariableName("OSDFreeDiskSpace"), default=25000
    )
    """Megabytes."""
    max_os_version: str | None = prop("MaxOSVersion", VariableName("OSDMaxOSVersion"), default=None)
    memory: UInt32 | None = prop("Memory", VariableName("OSDMemory"), default=512)
    """Megabytes."""
    min_os_version: str | None = prop("MinOSVersion", VariableName("OSDMinOSVersion"), default=None)
    os_architecture: OSArchitecture | str | None = prop(
        "OSArchitecture",
        VariableName("OSDOSArchitecture"),
        ValueMap(("", "32", "64")),
        default="64",
    )
    os_language_id: UInt32 | None = prop(
        "OSLanguageID", VariableName("OSDOSLanguageID"), default=None
    )
    os_type: OSType | str | None = prop(
        "OSType", VariableName("OSDOSType"), ValueMap(("CLIENT", "SERVER")), default="CLIENT"
    )
    processor_speed: UInt32 | None = prop(
        "ProcessorSpeed", VariableName("OSDProcessorSpeed"), default=800
    )
    """Megahertz."""
    check_tpm_activated: bool | None = prop(
        "CheckTpmActivated", default=None, variable="OSDCheckDeviceTpmActivated"
    )
    check_tpm_enabled: bool | None = prop(
        "CheckTpmEnabled", default=None, variable="OSDCheckDeviceTpmEnabled"
    )
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_SubTasksequence",
    observed=Observed(command_line="SubTasksequence.exe", variable_prefix="OSDSubTasksequence"),
)
class SubTasksequence(Step):
    """Run Task Sequence: another sequence, as a child of this one."""

    ts_package_id: str | None = prop(
        "TsPackageID", default=None, variable="OSDSubTasksequencePackageID"
    )
    ts_name: str | None = prop("TsName", default=None)
    """Name of the child; some sites write its package ID and a comma before it."""
    ts_reference_packages: str | None = prop("TsReferencePackages", default=None)
    ts_reference_applications: str | None = prop("TsReferenceApplications", default=None)
    ts_reference_software_updates: str | None = prop("TsReferenceSoftwareUpdates", default=None)
