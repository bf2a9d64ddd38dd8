"""The action classes, one module for each menu of the editor, and the default registry."""

from tasksequence.class_registry import ClassRegistry
from tasksequence.model.action import Action
from tasksequence.model.actions.bitlocker import (
    DisableBitLockerAction,
    EnableBitLockerAction,
    OfflineEnableBitLockerAction,
)
from tasksequence.model.actions.disk import (
    ConvertDiskAction,
    PartitionDiskAction,
    PartitionSettings,
)
from tasksequence.model.actions.drivers import ApplyDriverPackageAction, AutoApplyAction
from tasksequence.model.actions.general import (
    ConnectNetworkFolderAction,
    PrestartCheckAction,
    RebootAction,
    RunCommandLineAction,
    RunPowerShellScriptAction,
    SetDynamicVariablesAction,
    SetVariableAction,
    SubTasksequence,
)
from tasksequence.model.actions.imaging import (
    ApplyDataImageAction,
    ApplyOperatingSystemAction,
    CaptureSystemImageAction,
    InstallDeployToolsAction,
    PrepareOSAction,
    PrepareSMSClientAction,
    SetupWindowsAndSMSAction,
    UpgradeOperatingSystemAction,
)
from tasksequence.model.actions.mdt import (
    BDD_AuthorizeDHCP,
    BDD_Gather,
    BDD_InjectDrivers,
    BDD_InstallApplication,
    BDD_InstallOS,
    BDD_InstallRoles,
    BDD_InstallUpdatesOffline,
    BDD_RecoverDomainJoin,
    BDD_RunPowerShellAction,
    BDD_UninstallRoles,
    BDD_UpgradeOS,
    BDD_UsePackage,
    BDD_Validate,
    MdtCommandAction,
    VirtualHardDiskAction,
)
from tasksequence.model.actions.network import (
    ApplyNetworkSettingsAction,
    JoinDomainWorkgroupAction,
    NetworkAdapterSettings,
)
from tasksequence.model.actions.settings import (
    ApplyWindowsSettingsAction,
    CaptureNetworkSettingsAction,
    CaptureWindowsSettingsAction,
)
from tasksequence.model.actions.software import (
    ApplicationInfo,
    DownloadPackageContentAction,
    InstallApplicationAction,
    InstallSoftwareAction,
    InstallUpdateAction,
    PackageInfo,
)
from tasksequence.model.actions.user_state import (
    CaptureUserStateAction,
    ReleaseStateStoreAction,
    RequestStateStoreAction,
    RestoreUserStateAction,
)
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    Condition,
    ConditionExpression,
    ConditionOperand,
    ConditionOperator,
    FileConditionExpression,
    FolderConditionExpression,
    OSConditionGroup,
    OSExpressionGroup,
    RegistryConditionExpression,
    SoftwareConditionExpression,
    VariableConditionExpression,
    WMIConditionExpression,
)
from tasksequence.model.sequence import Group, TaskSequence

__all__ = ["registry"]

registry = ClassRegistry(
    [
        MdtCommandAction,
        BDD_AuthorizeDHCP,
        BDD_Gather,
        BDD_InjectDrivers,
        BDD_InstallApplication,
        BDD_InstallOS,
        BDD_InstallRoles,
        BDD_InstallUpdatesOffline,
        BDD_RecoverDomainJoin,
        BDD_RunPowerShellAction,
        BDD_UninstallRoles,
        BDD_UpgradeOS,
        BDD_UsePackage,
        BDD_Validate,
        VirtualHardDiskAction,
        TaskSequence,
        Step,
        Group,
        Action,
        ApplicationInfo,
        ApplyDataImageAction,
        ApplyDriverPackageAction,
        ApplyNetworkSettingsAction,
        ApplyOperatingSystemAction,
        ApplyWindowsSettingsAction,
        AutoApplyAction,
        CaptureNetworkSettingsAction,
        CaptureSystemImageAction,
        CaptureUserStateAction,
        CaptureWindowsSettingsAction,
        ConnectNetworkFolderAction,
        ConvertDiskAction,
        DisableBitLockerAction,
        DownloadPackageContentAction,
        EnableBitLockerAction,
        InstallApplicationAction,
        InstallDeployToolsAction,
        InstallSoftwareAction,
        InstallUpdateAction,
        JoinDomainWorkgroupAction,
        NetworkAdapterSettings,
        OfflineEnableBitLockerAction,
        PackageInfo,
        PartitionDiskAction,
        PartitionSettings,
        PrepareOSAction,
        PrepareSMSClientAction,
        PrestartCheckAction,
        RebootAction,
        ReleaseStateStoreAction,
        RequestStateStoreAction,
        RestoreUserStateAction,
        RunCommandLineAction,
        RunPowerShellScriptAction,
        SetDynamicVariablesAction,
        SetVariableAction,
        SetupWindowsAndSMSAction,
        SubTasksequence,
        UpgradeOperatingSystemAction,
        Condition,
        ConditionExpression,
        ConditionOperand,
        ConditionOperator,
        FileConditionExpression,
        FolderConditionExpression,
        OSConditionGroup,
        OSExpressionGroup,
        RegistryConditionExpression,
        SoftwareConditionExpression,
        VariableConditionExpression,
        WMIConditionExpression,
    ]
)
