"""The step cmdlets of the ConfigurationManager module: which class each makes, and which property
each parameter fills.

After the New-CMTSStep… pages of the module's reference (2019 to 2021). Parameters that every
cmdlet has are in `COMMON`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from tasksequence.model.base import Step
from tasksequence.model.classes import registry
from tasksequence.model.sequence import Group
from tasksequence.wmi import WmiObject

__all__ = [
    "CMDLETS",
    "COMMON",
    "OBJECT_CMDLETS",
    "Cmdlet",
    "Parameter",
    "class_of_cmdlet",
    "defaults_of",
    "parameter_property",
]

_VERBS = ("new", "get", "set", "remove")


@attrs.frozen
class Parameter:
    """One parameter of a cmdlet."""

    name: str
    property: str | None
    """The WMI property that it fills; None where it fills none of its own."""
    aliases: tuple[str, ...] = ()
    values: Mapping[str, object] = attrs.field(factory=dict)
    """What the cmdlet's values are in the property, where they differ; names in small letters."""
    inverted: bool = False
    """True for a switch that is the opposite of the property."""
    factor: int = 1
    """What a number is multiplied with: 60 for minutes where the property has seconds."""
    sets: str | None = None
    """What a switch puts into the property when it is on."""
    only_new: bool = False
    """True where Set- uses it to choose a step."""
    note: str = ""

    def leaves_out(self, given: object) -> bool:
        """Tell whether a value leaves the parameter out: that of a switch that is off."""
        return self.sets is not None and given is False

    def has(self, given: object) -> bool:
        """Tell whether this is one of the values that the cmdlet names differently."""
        return isinstance(given, str) and given.casefold() in self.values

    def value(self, given: object) -> object:
        """Return what the property holds for a value of the parameter."""
        if self.sets is not None and given is True:
            return self.sets
        if self.inverted and isinstance(given, bool):
            return not given
        if isinstance(given, str) and self.has(given):
            return self.values[given.casefold()]
        if self.factor != 1 and isinstance(given, int) and not isinstance(given, bool):
            return given * self.factor
        return given


@attrs.frozen
class Cmdlet:
    """The cmdlets for one class: New-, and for steps Get-, Set- and Remove-."""

    noun: str
    """What follows `New-CMTSStep`, or the prefix of what is no step."""
    wmi_class: str
    parameters: tuple[Parameter, ...] = ()
    prefix: str = "CMTSStep"
    defaults: Mapping[str, object] = attrs.field(factory=dict)
    """What New- gives to properties that have no default in the class."""

    @property
    def new(self) -> str:
        """The cmdlet that makes such an object."""
        return f"New-{self.prefix}{self.noun}"


COMMON: tuple[Parameter, ...] = (
    Parameter("Name", "Name", ("StepName",), only_new=True, note="Set- chooses the step by it"),
    Parameter("NewStepName", "Name", note="Set- only"),
    Parameter("Description", "Description"),
    Parameter("Disable", "Enabled", ("DisableThisStep",), inverted=True, note="New- only"),
    Parameter("IsEnabled", "Enabled", ("IsThisStepEnabled",), note="Set- only"),
    Parameter("ContinueOnError", "ContinueOnError", note="New- only"),
    Parameter(
        "IsContinueOnError", "ContinueOnError", ("IsThisStepContinueOnError",), note="Set- only"
    ),
    Parameter("Condition", "Condition", ("Conditions",), note="New- only"),
    Parameter("AddCondition", None, ("AddConditions",), note="`add_condition`; Set- only"),
    Parameter("ClearCondition", None, ("ClearConditions",), note="`clear_condition`; Set- only"),
    Parameter("StepOrder", None, note="`move_up`, `move_down`; Set- only"),
    Parameter("MoveToIndex", None, note="`move(…, at=…)`; Set- only"),
)

_DESTINATION = "chooses one of the destination properties"
_OBJECT = "the ID of the object"
_ENCRYPTION = MappingProxyType({"donotspecify": 0})
_MODES = MappingProxyType({"standard": "Simple", "customize": "Advanced"})


def _same(*names: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, name) for name in names)


def _cmdlet(
    noun: str, wmi_class: str, *parameters: Parameter, defaults: Mapping[str, object] | None = None
) -> Cmdlet:
    return Cmdlet(noun, f"SMS_TaskSequence_{wmi_class}", parameters, defaults=defaults or {})


_P = Parameter
CMDLETS: tuple[Cmdlet, ...] = (
    _cmdlet(
        "ApplyDataImage", "ApplyDataImageAction",
        _P("Destination", None, note=_DESTINATION),
        _P("DestinationDisk", "DestinationDisk"),
        _P("DestinationDriveLetter", "DestinationLogicalDrive"),
        _P("DestinationPartition", "DestinationPartition"),
        _P("DestinationVariable", "DestinationVariable"),
        _P("ImagePackage", "ImagePackageID", note=_OBJECT),
        _P("ImagePackageIndex", "ImageIndex"),
        _P("WipePartition", "WipeDestinationPartition"),
    ),
    _cmdlet(
        "ApplyDriverPackage", "ApplyDriverPackageAction",
        _P("BootCriticalContentUniqueId", "BootCriticalContentUniqueID"),
        _P("BootCriticalDriverId", "BootCriticalDriverID"),
        _P("BootCriticalHardwareComponent", "BootCriticalHardwareComponent"),
        _P("BootCriticalId", "BootCriticalID"),
        _P("BootCriticalInfFile", "BootCriticalINFFile"),
        _P("EnableRecurse", "Recurse"),
        _P("EnableUnsignedDriver", "UnsignedDriver"),
        _P("PackageId", "DriverPackageID"),
    ),
    _cmdlet(
        "ApplyNetworkSetting", "ApplyNetworkSettingsAction",
        _P("AddAdapterSetting", "Adapters"),
        _P("DnsSuffix", "DNSSuffixSearchOrder"),
        _P("DomainName", "DomainName"),
        _P("DomainOU", "DomainOUName"),
        _P("EnableTcpIpFiltering", "EnableTCPIPFiltering"),
        _P("UserName", "DomainUsername"),
        _P("UserPassword", "DomainPassword"),
        _P("WorkgroupName", "WorkgroupName"),
    ),
    _cmdlet(
        "ApplyOperatingSystem", "ApplyOperatingSystemAction",
        _P("ConfigFileName", "ConfigFileName"),
        _P("ConfigFilePackage", "ConfigFilePackage", note=_OBJECT),
        _P("Destination", None, note=_DESTINATION),
        _P("DestinationDisk", "DestinationDisk"),
        _P("DestinationDriveLetter", "DestinationLogicalDrive"),
        _P("DestinationPartition", "DestinationPartition"),
        _P("DestinationVariable", "DestinationVariable"),
        _P("ImagePackage", "ImagePackageID", note=_OBJECT),
        _P("ImagePackageIndex", "ImageIndex"),
        _P("InstallPackage", "InstallPackageID", note=_OBJECT),
        _P("InstallPackageIndex", "InstallEditionIndex"),
        _P("LayeredDriver", None, note="no known class has a property for it"),
        _P("RunFromNet", "RunFromNet"),
    ),
    _cmdlet(
        "ApplyWindowsSetting", "ApplyWindowsSettingsAction",
        _P("InputLocale", "InputLocale"),
        _P("MaximumConnection", "ServerLicenseConnectionLimit", note="until 2107"),
        _P("OrganizationName", "RegisteredOrgName"),
        _P("Password", "AdminPassword"),
        _P("ProductKey", "ProductKey"),
        _P("ServerLicensing", "ServerLicenseMode", note="until 2107"),
        _P("SystemLocale", "SystemLocale"),
        _P("TimeZone", "TimeZone"),
        _P("UILanguage", "UILanguage"),
        _P("UILanguageFallback", "UILanguageFallback"),
        _P("UserLocale", "UserLocale"),
        _P("UserName", "RegisteredUserName"),
    ),
    _cmdlet(
        "AutoApplyDriver", "AutoApplyAction",
        _P("AllowUnsignedDriver", "UnsignedDriver"),
        _P("DriverCategory", "CategoryList"),
        _P("InstallDriverOption", "BestMatch", note="true for the best matches, false for all"),
    ),
    _cmdlet(
        "CaptureNetworkSettings", "CaptureNetworkSettingsAction",
        *_same("MigrateAdapterSettings", "MigrateNetworkMembership"),
    ),
    _cmdlet(
        "CaptureSystemImage", "CaptureSystemImageAction",
        _P("Path", "CaptureDestination", ("CaptureDestination",)),
        _P("UserName", "CaptureUsername", ("CaptureUserName",)),
        _P("Password", "CapturePassword", ("CapturePassword",)),
        *_same("ImageCreator", "ImageDescription", "ImageVersion"),
    ),
    _cmdlet(
        "CaptureUserState", "CaptureUserStateAction",
        _P("ConfigFile", "ConfigFiles"),
        _P("ContinueOnLockedFile", "ContinueOnLockedFiles"),
        _P("FileAccessOption", "FileAccess"),
        _P("ModeOption", "Mode", values=_MODES),
        _P("OfflineUserState", "OfflineUserState"),
        _P("Package", "UsmtPackageID", note=_OBJECT),
        _P("SkipEncryptedFile", "SkipEncryptedFiles"),
        _P("UseHardLinks", "UseHardlinks"),
        _P("VerboseLogging", "EnableVerboseLogging"),
    ),
    _cmdlet(
        "CaptureWindowsSettings", "CaptureWindowsSettingsAction",
        *_same("MigrateComputerName", "MigrateRegistrationInfo", "MigrateTimeZone"),
    ),
    _cmdlet(
        "ConnectNetworkFolder", "ConnectNetworkFolderAction",
        _P("Drive", "DriveLetter"),
        _P("Path", "Path"),
        _P("UserName", "Username"),
        _P("UserPassword", "Password"),
    ),
    # Taken out of the module in 2111; its parameters are on no page that is left.
    _cmdlet("ConvertDisk", "ConvertDiskAction"),
    _cmdlet(
        "DisableBitLocker", "DisableBitLockerAction",
        _P("Drive", "TargetDrive"),
        _P("RebootCount", "RebootCount"),
    ),
    _cmdlet(
        "DownloadPackageContent", "DownloadPackageContentAction",
        _P("AddPackage", "DownloadPackages", note="the IDs of the objects, joined by commas"),
        _P("ContinueDownload", "ContinueDownloadOnError"),
        _P("DestinationVariable", "DestinationVariable"),
        _P("LocationOption", "DestinationLocationType"),
        _P("Path", "DestinationCustomPath"),
    ),
    _cmdlet(
        "EnableBitLocker", "EnableBitLockerAction",
        _P(
            "CreateKeyOption", "CreateRecoveryPassword",
            values={"activedirectorydomainservices": "AD", "donotcreaterecoverykey": "None"},
        ),
        _P("Drive", "TargetDrive"),
        _P("EnableSkipWhenNoValidTpm", "SkipWhenNoValidTPM"),
        _P("EncryptFullDisk", "EncryptFullDisk"),
        _P("EncryptionMethod", "EncryptMethod", values=_ENCRYPTION, note="a number"),
        _P("Pin", "PIN"),
        _P("TpmAndPin", "Mode", sets="TPMAndPIN"),
        _P("TpmAndUsb", "Mode", sets="TPMAndKey"),
        _P("TpmOnly", "Mode", sets="TPM"),
        _P("UsbOnly", "Mode", sets="Key"),
        _P("WaitForBitLockerComplete", "WaitForEncryption"),
    ),
    _cmdlet(
        "InstallApplication", "InstallApplicationAction",
        _P("Application", "ApplicationName", note="the model names, joined by commas"),
        *_same("BaseVariableName", "ClearCache", "ContinueOnInstallError", "RetryCount"),
    ),
    _cmdlet(
        "InstallSoftware", "InstallSoftwareAction",
        *_same("BaseVariableName", "ContinueOnInstallError"),
        _P("Program", "ProgramName", note="its package goes into PackageID"),
    ),
    _cmdlet("InstallUpdate", "InstallUpdateAction", *_same("RetryCount", "Target", "UseCache")),
    _cmdlet(
        "JoinDomainWorkgroup", "JoinDomainWorkgroupAction",
        _P("DomainName", "DomainName"),
        _P("OU", "DomainOUName"),
        _P("UserName", "DomainUsername"),
        _P("UserPassword", "DomainPassword"),
        _P("WorkgroupName", "WorkgroupName"),
    ),
    _cmdlet(
        "OfflineEnableBitLocker", "OfflineEnableBitLockerAction",
        _P("Disk", "DestinationDisk"),
        _P("Drive", "DestinationLogicalDrive"),
        _P("EnableSkipWhenTpmInvalid", "SkipWhenTPMInvalid"),
        _P("EncryptionMethod", "EncryptMethod", values=_ENCRYPTION, note="a number"),
        _P("Partition", "DestinationPartition"),
        _P("VariableName", "DestinationVariable"),
    ),
    _cmdlet(
        "PartitionDisk", "PartitionDiskAction",
        _P("DiskNumber", "DiskIndex"),
        _P("DiskNumberVariable", "DiskIndexVariable"),
        _P(
            "DiskType", "PartitionStyle", values={"gpt": "GPT", "mbr": "MBR"},
            note="other values are those of the property DiskType",
        ),
        _P("IsBootDisk", "GPTBootDisk"),
        _P("PartitionSetting", "Partitions", ("PartitionSettings",)),
    ),
    _cmdlet("PrepareConfigMgrClient", "PrepareSMSClientAction"),
    _cmdlet(
        "PrepareWindows", "PrepareOSAction",
        _P(
            "BuildDriverList", "BuildStorageDriverList",
            ("AutomaticallyBuildMassStorageDriverList",),
        ),
        _P("KeepActivation", "KeepActivation", ("DoNotResetActivationFlag",)),
    ),
    _cmdlet(
        "PrestartCheck", "PrestartCheckAction",
        *_same("CheckCMClientMinVersion", "CheckMaxOSVersion", "CheckMemory", "CheckMinOSVersion"),
        *_same("CheckNetworkConnected", "CheckNetworkWired"),
        _P("CheckOS", "CheckOSType"),
        _P("CheckOSArchitecture", "CheckOSArchitecture"),
        _P("CheckOSLanguageId", "CheckOSLanguageID"),
        _P("CheckPowerState", "CheckPowerState"),
        _P("CheckSpace", "CheckFreeDiskSpace"),
        _P("CheckSpeed", "CheckProcessorSpeed"),
        *_same("CheckTpmActivated", "CheckTpmEnabled"),
        _P("CheckUefi", "CheckDeviceUEFI"),
        _P("CMClientMinVersion", "CMClientMinVersion"),
        _P("DiskSpace", "FreeDiskSpace"),
        *_same("MaxOSVersion", "Memory", "MinOSVersion"),
        _P("OS", "OSType"),
        _P("OSArchitecture", "OSArchitecture", values={"arch32": "32", "arch64": "64"}),
        _P("OSLanguageId", "OSLanguageID"),
        _P("Speed", "ProcessorSpeed"),
    ),
    _cmdlet(
        "Reboot", "RebootAction",
        _P("MessageTimeout", "MessageTimeout"),
        _P("NotificationMessage", "Message"),
        _P("RunAfterRestart", "Target", values={"harddisk": "HD"}),
    ),
    _cmdlet("ReleaseStateStore", "ReleaseStateStoreAction"),
    _cmdlet(
        "RequestStateStore", "RequestStateStoreAction",
        _P("FallbackToAccount", "FallbackToNAA"),
        _P("RequestOption", "RequestType"),
        _P("RetryCount", "SMPRetryCount"),
        _P("RetryTime", "SMPRetryTime"),
    ),
    _cmdlet(
        "RestoreUserState", "RestoreUserStateAction",
        _P("ConfigFile", "ConfigFiles"),
        _P("ContinueOnRestore", "ContinueOnRestore"),
        _P("ModeOption", "Mode", values=_MODES),
        _P("Package", "UsmtRestorePackageID", note=_OBJECT),
        _P("Password", "LocalAccountPassword"),
        _P("RestoreLocalAccount", "LocalAccounts"),
        _P("VerboseLogging", "EnableVerboseLogging"),
    ),
    _cmdlet(
        "RunCommandLine", "RunCommandLineAction",
        _P("CommandLine", "CommandLine"),
        _P("DisableWow64Redirection", "DisableWow64Redirection"),
        _P("OutputVariableName", "OutputVariableName"),
        _P("PackageId", "PackageID"),
        _P("RunAsUser", "RunAsUser"),
        _P("SuccessCode", "SuccessCodes", note="with blanks between"),
        _P("Timeout", "Timeout", note="seconds"),
        _P("UserName", "UserName"),
        _P("UserPassword", "UserPassword"),
        _P("WorkingDirectory", "WorkingDirectory"),
    ),
    _cmdlet(
        "RunPowerShellScript", "RunPowerShellScriptAction",
        _P("ExecutionPolicy", "ExecutionPolicy"),
        _P("OutputVariableName", "OutputVariableName"),
        _P("PackageId", "PackageID"),
        _P("Parameter", "Parameters"),
        _P("ScriptName", "ScriptName"),
        _P("SourceScript", "SourceScript", note="the script's text, which is encoded"),
        _P("SuccessCode", "SuccessCodes", note="with blanks between"),
        _P("TimeoutMins", "Timeout", factor=60, note="minutes, where the property has seconds"),
        _P("UserName", "UserName"),
        _P("UserPassword", "UserPassword"),
        _P("WorkingDirectory", "WorkingDirectory"),
        defaults={"Parameters": ""},
    ),
    _cmdlet(
        "RunTaskSequence", "SubTasksequence",
        _P("RunTaskSequence", "TsPackageID", note=_OBJECT),
    ),
    _cmdlet(
        "SetDynamicVariable", "SetDynamicVariablesAction",
        _P("AddRule", "Rules", ("AddRules",), note="as XML text"),
    ),
    _cmdlet(
        "SetupWindowsAndConfigMgr", "SetupWindowsAndSMSAction",
        _P("InstallationProperty", "ClientInstallProperties"),
        _P("PackageId", "ClientPackageID"),
        _P("PreproductionPackageId", "ClientPreProductionPackageID"),
    ),
    _cmdlet(
        "SetVariable", "SetVariableAction",
        _P("IsMasked", "DoNotShowVariableValue"),
        _P("TaskSequenceVariable", "VariableName"),
        _P("TaskSequenceVariableValue", "VariableValue"),
    ),
    _cmdlet(
        "UpgradeOperatingSystem", "UpgradeOperatingSystemAction",
        _P("DriverPackage", "DriverPackageID", note=_OBJECT),
        _P(
            "DynamicUpdateSetting", "DynamicUpdateSettings",
            values={"disablepolicy": "Disable", "overridepolicy": "OveridePolicy"},
        ),
        _P("EditionIndex", "InstallEditionIndex"),
        _P("IgnoreMessage", "IgnoreMessages"),
        _P("ProductKey", "OsProductKey"),
        _P("ScanOnly", "ScanOnly"),
        _P("SetupTimeout", "SetupTimeout"),
        _P("SoftwareUpdate", "FeatureUpdateAssignmentId", note=_OBJECT),
        _P("SourcePath", "InstallPath"),
        _P("StagedContent", "StagedContent"),
        _P("UpgradePackage", "InstallPackageID", note=_OBJECT),
    ),
)  # fmt: skip

OBJECT_CMDLETS: tuple[Cmdlet, ...] = (
    Cmdlet(
        "PartitionSetting", "SMS_TaskSequence_PartitionSettings",
        (
            *(
                _P(kind, "Type", sets=kind.upper() if len(kind) == 3 else kind)
                for kind in ("Primary", "Efi", "Extended", "Hidden", "Logical", "Msr", "Recovery")
            ),
            _P("Name", "VolumeName", ("PartitionName", "VolumeName")),
            _P("Size", "Size"),
            _P("SizeUnit", "SizeUnits"),
            _P("PartitionFileSystem", "FileSystem"),
            _P("IsBootPartition", "Bootable"),
            _P("EnableQuickFormat", "QuickFormat"),
            _P("EnableDriveLetterAssignment", "AssignVolumeLetter"),
            _P("Variable", "VolumeLetterVariable"),
        ),
        prefix="CMTS", defaults={"Type": "Primary"},
    ),
)  # fmt: skip
"""The cmdlets for objects that steps hold."""


def class_of_cmdlet(name: str) -> type[Step] | None:
    """Return the class of a cmdlet, by its name or what follows `CMTSStep` in it; else None."""
    wanted = name.strip().casefold()
    verb, dash, rest = wanted.partition("-")
    if dash and verb in _VERBS:
        if rest == "cmtasksequencegroup":
            return Group
        wanted = rest.removeprefix("cmtsstep")
    for cmdlet in CMDLETS:
        if cmdlet.noun.casefold() == wanted:
            found = registry[cmdlet.wmi_class]
            assert issubclass(found, Step)
            return found
    return None


def parameter_property(cls: type[WmiObject], name: str, *, is_new: bool) -> Parameter | None:
    """Return the parameter of the class's cmdlets with this name or alias, if it fills a property.

    `is_new` tells whether a step is made: Set- chooses the step by `-StepName`.
    """
    wanted = name.casefold()
    cmdlet = _cmdlet_for(cls)
    own = cmdlet.parameters if cmdlet is not None else ()
    for parameter in (*own, *(COMMON if issubclass(cls, Step) else ())):
        if parameter.property is None or (parameter.only_new and not is_new):
            continue
        if wanted in (parameter.name.casefold(), *map(str.casefold, parameter.aliases)):
            return parameter
    return None


def defaults_of(cls: type[WmiObject]) -> Mapping[str, object]:
    """Return what New- of the class gives to properties that have no default in it."""
    cmdlet = _cmdlet_for(cls)
    return cmdlet.defaults if cmdlet is not None else {}


def _cmdlet_for(cls: type[WmiObject]) -> Cmdlet | None:
    for cmdlet in (*CMDLETS, *OBJECT_CMDLETS):
        if cmdlet.wmi_class == cls.wmi_name:
            return cmdlet
    return None
