"""The action classes, one module for each menu of the editor, and the default registry."""

from tasksequence.model.action import Action
from tasksequence.model.actions.disk import PartitionDiskAction, PartitionSettings
from tasksequence.model.actions.drivers import AutoApplyAction
from tasksequence.model.actions.general import RebootAction
from tasksequence.model.actions.imaging import (
    ApplyOperatingSystemAction,
    CaptureSystemImageAction,
    InstallDeployToolsAction,
    PrepareOSAction,
    PrepareSMSClientAction,
    SetupWindowsAndSMSAction,
)
from tasksequence.model.actions.network import (
    ApplyNetworkSettingsAction,
    JoinDomainWorkgroupAction,
    NetworkAdapterSettings,
)
from tasksequence.model.actions.settings import ApplyWindowsSettingsAction
from tasksequence.model.actions.software import (
    ApplicationInfo,
    InstallApplicationAction,
    InstallUpdateAction,
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
from tasksequence.wmi import ClassRegistry

__all__ = ["registry"]

registry = ClassRegistry(
    [
        TaskSequence,
        Step,
        Group,
        Action,
        ApplyNetworkSettingsAction,
        ApplyOperatingSystemAction,
        ApplyWindowsSettingsAction,
        AutoApplyAction,
        CaptureSystemImageAction,
        InstallApplicationAction,
        InstallDeployToolsAction,
        InstallUpdateAction,
        JoinDomainWorkgroupAction,
        PartitionDiskAction,
        PrepareOSAction,
        PrepareSMSClientAction,
        RebootAction,
        SetupWindowsAndSMSAction,
        ApplicationInfo,
        NetworkAdapterSettings,
        PartitionSettings,
        Condition,
        ConditionOperand,
        ConditionOperator,
        ConditionExpression,
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
