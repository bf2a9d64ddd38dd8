"""Steps that install, prepare and capture an operating system (menu Images)."""

from tasksequence.class_rules import AdvisedEnding, AdvisedWith, OnlyOneOf
from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import DynamicUpdate, RunIn
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    AllowedLen,
    CommandLine,
    CommandLineArg,
    Observed,
    RequiredIfNotNull,
    RequiredIfNull,
    SequenceCategory,
    TaskSequencePackage,
    ValueMap,
    ValueRange,
    VariableName,
    VariablePrefix,
    not_null,
    quasi_secret,
    run_from_net,
    secret,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "ApplyDataImageAction",
    "ApplyOperatingSystemAction",
    "CaptureSystemImageAction",
    "InstallDeployToolsAction",
    "PrepareOSAction",
    "PrepareSMSClientAction",
    "SetupWindowsAndSMSAction",
    "UpgradeOperatingSystemAction",
]


@wmi_class(
    "SMS_TaskSequence_ApplyOperatingSystemAction",
    CommandLine(
        "OSDApplyOS.exe<?1: /image:%1,%%OSDImageIndex%%>"
        "<?3: /install:%3,%%OSDInstallEditionIndex%%>"
        '<?4: "/config:%4,%%OSDConfigFileName%%"><?6: /target:%6,%7><?8: /target:%8>'
        "<?9: /target:%%%9%%>"
    ),
    ActionCategory("Images,1,5"),
    ActionUI("ApplyOperatingSystemControl"),
    SequenceCategory("OSD"),
    observed=Observed(
        command_line=(
            "OSDApplyOS.exe<?ImagePackageID: /image:<ImagePackageID>,%OSDImageIndex%>"
            "<?InstallPackageID: /install:<InstallPackageID>,%OSDInstallEditionIndex%>"
            '<?ConfigFilePackage: "/config:<ConfigFilePackage>,%OSDConfigFileName%">'
            "<?DestinationDisk: /target:<DestinationDisk>,<DestinationPartition>>"
            "<?DestinationLogicalDrive: /target:<DestinationLogicalDrive>>"
            "<?DestinationVariable: /target:%<DestinationVariable>%> /runfromnet:<RunFromNet>"
        )
    ),
    rules=(
        OnlyOneOf("ImagePackageID", ("InstallPackageID",)),
        OnlyOneOf("DestinationDisk", ("DestinationLogicalDrive", "DestinationVariable")),
        OnlyOneOf("DestinationLogicalDrive", ("DestinationVariable",)),
    ),
)
class ApplyOperatingSystemAction(Action):
    """Apply Operating System Image: puts an image package or a setup package on a disk."""

    config_file_name: str | None = prop(
        "ConfigFileName",
        RequiredIfNotNull("ConfigFilePackage"),
        VariableName("OSDConfigFileName"),
        default=None,
    )
    config_file_package: str | None = prop(
        "ConfigFilePackage", CommandLineArg(4), TaskSequencePackage(), default=None
    )
    destination_disk: UInt32 | None = prop(
        "DestinationDisk", CommandLineArg(6), ValueRange("0-99"), default=None
    )
    destination_logical_drive: str | None = prop(
        "DestinationLogicalDrive", CommandLineArg(8), default=None
    )
    destination_partition: UInt32 | None = prop(
        "DestinationPartition",
        CommandLineArg(7),
        RequiredIfNotNull("DestinationDisk"),
        ValueRange("1-99"),
        default=None,
    )
    destination_variable: str | None = prop("DestinationVariable", CommandLineArg(9), default=None)
    image_index: UInt32 | None = prop(
        "ImageIndex",
        RequiredIfNotNull("ImagePackageID"),
        ValueRange("1-2147483647"),
        VariableName("OSDImageIndex"),
        default=None,
    )
    image_package_id: str | None = prop(
        "ImagePackageID",
        CommandLineArg(1),
        TaskSequencePackage("image"),
        RequiredIfNull("InstallPackageID"),
        default=None,
    )
    # The reference's default, 0, is left out: a new step for an image package has no edition.
    install_edition_index: UInt32 | None = prop(
        "InstallEditionIndex",
        RequiredIfNotNull("InstallPackageID"),
        VariableName("OSDInstallEditionIndex"),
        default=None,
    )
    install_package_id: str | None = prop(
        "InstallPackageID",
        CommandLineArg(3),
        TaskSequencePackage("image"),
        RequiredIfNull("ImagePackageID"),
        default=None,
    )
    run_from_net: bool | None = prop("RunFromNet", run_from_net, CommandLineArg(10), default=False)
    supported_environment: RunIn | str = runs_in("WinPE")


@wmi_class(
    "SMS_TaskSequence_SetupWindowsAndSMSAction",
    CommandLine("OSDSetupWindows.exe"),
    ActionCategory("Images,3,5"),
    ActionUI("SetupWindowsAndSmsControl"),
)
class SetupWindowsAndSMSAction(Action):
    """Setup Windows and ConfigMgr: starts the new Windows and installs the client."""

    client_install_properties: str | None = prop(
        "ClientInstallProperties", VariableName("SMSClientInstallProperties"), default=None
    )
    client_package_id: str = prop(
        "ClientPackageID", not_null, TaskSequencePackage(), VariableName("_SMSClientPackageID")
    )
    client_pre_production_package_id: str | None = prop(
        "ClientPreProductionPackageID",
        TaskSequencePackage(),
        VariableName("_SMSClientPreProductionPackageID"),
        default=None,
    )


@wmi_class(
    "SMS_TaskSequence_InstallDeployToolsAction",
    CommandLine("osdprepareos.exe /install:%1"),
    ActionCategory("Images,5,5"),
    ActionUI("DeploymentToolsControl"),
)
class InstallDeployToolsAction(Action):
    """Install Deployment Tools: brings Sysprep to Windows versions before Vista."""

    sysprep_package_id: str = prop(
        "SysprepPackageID", not_null, CommandLineArg(1), TaskSequencePackage()
    )
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_PrepareSMSClientAction",
    CommandLine("osdpreparesmsclient.exe"),
    VariablePrefix("OSD"),
    ActionCategory("Images,6,5"),
    ActionUI("PrepareClientControl"),
)
class PrepareSMSClientAction(Action):
    """Prepare ConfigMgr Client for Capture."""

    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_PrepareOSAction",
    CommandLine(
        "osdprepareos.exe /activate:%%OSDKeepActivation%% /bmsd:%%OSDBuildStorageDriverList%%"
    ),
    ActionCategory("Images,7,5"),
    ActionUI("WindowsCaptureControl"),
    observed=Observed(
        command_line=(
            "osdprepareos.exe /activate:%OSDKeepActivation% /bmsd:%OSDBuildStorageDriverList%"
            " /shutdown:%OSDShutdownPreparedOs%"
        )
    ),
)
class PrepareOSAction(Action):
    """Prepare Windows for Capture: runs Sysprep and restarts into Windows PE.

    Fails while the reference computer is a member of a domain.
    """

    build_storage_driver_list: bool = prop(
        "BuildStorageDriverList",
        not_null,
        VariableName("OSDBuildStorageDriverList"),
        default=False,
    )
    keep_activation: bool = prop(
        "KeepActivation", not_null, VariableName("OSDKeepActivation"), default=False
    )
    # Absent from the one 3.10 export that is known; absent means false.
    shutdown_prepared_os: bool | None = prop(
        "ShutdownPreparedOs", default=None, variable="OSDShutdownPreparedOs"
    )
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_CaptureSystemImageAction",
    CommandLine("osdcapturesystemimage.exe"),
    VariablePrefix("OSD"),
    ActionCategory("Images,8,5"),
    ActionUI("CaptureSystemImageControl"),
    SequenceCategory("OSD"),
    rules=(
        AdvisedEnding("CaptureDestination", ".wim"),
        # The class does not ask for an account, the cmdlet of the step does.
        AdvisedWith("CaptureUsername", "CaptureDestination"),
    ),
)
class CaptureSystemImageAction(Action):
    """Capture Operating System Image: writes the reference computer's volumes to a WIM file."""

    capture_destination: str = prop("CaptureDestination", not_null, AllowedLen("1-255"))
    """Path of the WIM to write; an existing file is overwritten."""
    capture_password: SecretText | None = prop(
        "CapturePassword", VariableName("OSDCaptureAccountPassword"), secret, default=None
    )
    capture_username: str | None = prop(
        "CaptureUsername", VariableName("OSDCaptureAccount"), default=None
    )
    """Account with write access to the destination's folder, as domain\\user."""
    image_creator: str | None = prop("ImageCreator", AllowedLen("0-255"), default=None)
    image_description: str | None = prop("ImageDescription", AllowedLen("0-255"), default=None)
    # not_null and yet of length 0 to 32: the site exports an empty version.
    image_version: str = prop("ImageVersion", not_null, AllowedLen("0-32"), default="")
    supported_environment: RunIn | str = runs_in("WinPE")


@wmi_class(
    "SMS_TaskSequence_ApplyDataImageAction",
    CommandLine(
        "OSDApplyOS.exe /data:%1,%%OSDDataImageIndex%% <?6: /target:%6,%7><?8: "
        "/target:%8><?9: /target:%%%9%%>"
    ),
    ActionCategory("Images,2,5"),
    ActionUI("ApplyDataImageControl"),
    rules=(
        OnlyOneOf("DestinationDisk", ("DestinationLogicalDrive", "DestinationVariable")),
        OnlyOneOf("DestinationLogicalDrive", ("DestinationVariable",)),
    ),
)
class ApplyDataImageAction(Action):
    """Apply Data Image: puts an image without Windows on a partition."""

    destination_disk: UInt32 | None = prop(
        "DestinationDisk", CommandLineArg(6), ValueRange("0-99"), default=None
    )
    destination_logical_drive: str | None = prop(
        "DestinationLogicalDrive", CommandLineArg(8), default=None
    )
    destination_partition: UInt32 | None = prop(
        "DestinationPartition",
        CommandLineArg(7),
        RequiredIfNotNull("DestinationDisk"),
        ValueRange("1-99"),
        default=None,
    )
    destination_variable: str | None = prop("DestinationVariable", CommandLineArg(9), default=None)
    image_index: UInt32 = prop(
        "ImageIndex", not_null, ValueRange("1-2147483647"), VariableName("OSDDataImageIndex")
    )
    image_package_id: str = prop(
        "ImagePackageID", not_null, CommandLineArg(1), TaskSequencePackage("image")
    )
    wipe_destination_partition: bool = prop(
        "WipeDestinationPartition",
        not_null,
        VariableName("OSDWipeDestinationPartition"),
        default=True,
    )
    """Delete what is on the partition first."""
    supported_environment: RunIn | str = runs_in("WinPE")


@wmi_class(
    "SMS_TaskSequence_UpgradeOperatingSystemAction",
    observed=Observed(command_line="OSDUpgradeOS.exe ", variable_prefix="OSDUpgrade"),
)
class UpgradeOperatingSystemAction(Action):
    """Upgrade Operating System: runs Windows Setup in place."""

    driver_package_id: str | None = prop("DriverPackageID", TaskSequencePackage(), default=None)
    dynamic_update_settings: DynamicUpdate | str | None = prop(
        "DynamicUpdateSettings", ValueMap(("Disable", "OveridePolicy")), default=None
    )
    ignore_messages: bool | None = prop("IgnoreMessages", default=False)
    install_edition_index: UInt32 | None = prop("InstallEditionIndex", default=1)
    install_package_id: str | None = prop(
        "InstallPackageID",
        TaskSequencePackage("image"),
        RequiredIfNull("InstallPath"),
        default=None,
    )
    install_path: str | None = prop("InstallPath", RequiredIfNull("InstallPackageID"), default=None)
    os_product_key: SecretText | None = prop("OsProductKey", quasi_secret, default=None)
    preserve_settings: str | None = prop("PreserveSettings", ValueMap(), default="Upgrade")
    scan_only: bool | None = prop("ScanOnly", default=False)
    setup_timeout: UInt32 | None = prop("SetupTimeout", default=None)
    """Minutes that Windows Setup may take."""
    staged_content: str | None = prop("StagedContent", default=None)
    feature_update_assignment_id: str | None = prop(
        "FeatureUpdateAssignmentId", default=None, variable="OSDFeatureUpdateAssignmentID"
    )
    feature_update_name: str | None = prop("FeatureUpdateName", default=None)
    supported_environment: RunIn | str = runs_in("FullOS")
