"""Windows imaging task sequences: read, edit, plan and capture them, offline and off Windows.

Every public name is loaded when it is first used, so that `import tasksequence` costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasksequence.authoring.addresses import LocatedStep as LocatedStep
    from tasksequence.authoring.cmdlets import CMDLETS as CMDLETS
    from tasksequence.authoring.cmdlets import Cmdlet as Cmdlet
    from tasksequence.authoring.conditions import File as File
    from tasksequence.authoring.conditions import Folder as Folder
    from tasksequence.authoring.conditions import Registry as Registry
    from tasksequence.authoring.conditions import Software as Software
    from tasksequence.authoring.conditions import Variable as Variable
    from tasksequence.authoring.conditions import all_of as all_of
    from tasksequence.authoring.conditions import any_of as any_of
    from tasksequence.authoring.conditions import none_of as none_of
    from tasksequence.authoring.conditions import query_wmi as query_wmi
    from tasksequence.authoring.conditions import when as when
    from tasksequence.authoring.editing import SequenceEditor as SequenceEditor
    from tasksequence.authoring.operating_systems import Platform as Platform
    from tasksequence.authoring.operating_systems import operating_system as operating_system
    from tasksequence.authoring.operating_systems import (
        operating_system_language as operating_system_language,
    )
    from tasksequence.authoring.properties import new_step as new_step
    from tasksequence.authoring.step_classes import step_class as step_class
    from tasksequence.authoring.wizard import NewSequence as NewSequence
    from tasksequence.authoring.wizard import build_and_capture as build_and_capture
    from tasksequence.authoring.wizard import capture_only as capture_only
    from tasksequence.class_registry import ClassRegistry as ClassRegistry
    from tasksequence.document.document import Document as Document
    from tasksequence.document.document import SequencePart as SequencePart
    from tasksequence.document.document import load as load
    from tasksequence.document.violation import Violation as Violation
    from tasksequence.engine.capture_step import capture_volumes as capture_volumes
    from tasksequence.engine.report import describe as describe
    from tasksequence.errors import AuthoringError as AuthoringError
    from tasksequence.errors import BackendUnavailable as BackendUnavailable
    from tasksequence.errors import CaptureCancelled as CaptureCancelled
    from tasksequence.errors import CaptureError as CaptureError
    from tasksequence.errors import DestinationError as DestinationError
    from tasksequence.errors import DocumentError as DocumentError
    from tasksequence.errors import EditError as EditError
    from tasksequence.errors import FieldProblem as FieldProblem
    from tasksequence.errors import PlanError as PlanError
    from tasksequence.errors import Problem as Problem
    from tasksequence.errors import QualifierError as QualifierError
    from tasksequence.errors import TaskSequenceError as TaskSequenceError
    from tasksequence.errors import VolumeError as VolumeError
    from tasksequence.model.action import Action as Action
    from tasksequence.model.action import ScriptedAction as ScriptedAction
    from tasksequence.model.action import UnknownAction as UnknownAction
    from tasksequence.model.actions.bitlocker import (
        DisableBitLockerAction as DisableBitLockerAction,
    )
    from tasksequence.model.actions.bitlocker import EnableBitLockerAction as EnableBitLockerAction
    from tasksequence.model.actions.bitlocker import (
        OfflineEnableBitLockerAction as OfflineEnableBitLockerAction,
    )
    from tasksequence.model.actions.disk import ConvertDiskAction as ConvertDiskAction
    from tasksequence.model.actions.disk import PartitionDiskAction as PartitionDiskAction
    from tasksequence.model.actions.disk import PartitionSettings as PartitionSettings
    from tasksequence.model.actions.drivers import (
        ApplyDriverPackageAction as ApplyDriverPackageAction,
    )
    from tasksequence.model.actions.drivers import AutoApplyAction as AutoApplyAction
    from tasksequence.model.actions.general import (
        ConnectNetworkFolderAction as ConnectNetworkFolderAction,
    )
    from tasksequence.model.actions.general import PrestartCheckAction as PrestartCheckAction
    from tasksequence.model.actions.general import RebootAction as RebootAction
    from tasksequence.model.actions.general import RunCommandLineAction as RunCommandLineAction
    from tasksequence.model.actions.general import (
        RunPowerShellScriptAction as RunPowerShellScriptAction,
    )
    from tasksequence.model.actions.general import (
        SetDynamicVariablesAction as SetDynamicVariablesAction,
    )
    from tasksequence.model.actions.general import SetVariableAction as SetVariableAction
    from tasksequence.model.actions.general import SubTasksequence as SubTasksequence
    from tasksequence.model.actions.imaging import ApplyDataImageAction as ApplyDataImageAction
    from tasksequence.model.actions.imaging import (
        ApplyOperatingSystemAction as ApplyOperatingSystemAction,
    )
    from tasksequence.model.actions.imaging import (
        CaptureSystemImageAction as CaptureSystemImageAction,
    )
    from tasksequence.model.actions.imaging import (
        InstallDeployToolsAction as InstallDeployToolsAction,
    )
    from tasksequence.model.actions.imaging import PrepareOSAction as PrepareOSAction
    from tasksequence.model.actions.imaging import PrepareSMSClientAction as PrepareSMSClientAction
    from tasksequence.model.actions.imaging import (
        SetupWindowsAndSMSAction as SetupWindowsAndSMSAction,
    )
    from tasksequence.model.actions.imaging import (
        UpgradeOperatingSystemAction as UpgradeOperatingSystemAction,
    )
    from tasksequence.model.actions.mdt import BDD_AuthorizeDHCP as BDD_AuthorizeDHCP
    from tasksequence.model.actions.mdt import BDD_Gather as BDD_Gather
    from tasksequence.model.actions.mdt import BDD_InjectDrivers as BDD_InjectDrivers
    from tasksequence.model.actions.mdt import BDD_InstallApplication as BDD_InstallApplication
    from tasksequence.model.actions.mdt import BDD_InstallOS as BDD_InstallOS
    from tasksequence.model.actions.mdt import BDD_InstallRoles as BDD_InstallRoles
    from tasksequence.model.actions.mdt import (
        BDD_InstallUpdatesOffline as BDD_InstallUpdatesOffline,
    )
    from tasksequence.model.actions.mdt import BDD_RecoverDomainJoin as BDD_RecoverDomainJoin
    from tasksequence.model.actions.mdt import BDD_RunPowerShellAction as BDD_RunPowerShellAction
    from tasksequence.model.actions.mdt import BDD_UninstallRoles as BDD_UninstallRoles
    from tasksequence.model.actions.mdt import BDD_UpgradeOS as BDD_UpgradeOS
    from tasksequence.model.actions.mdt import BDD_UsePackage as BDD_UsePackage
    from tasksequence.model.actions.mdt import BDD_Validate as BDD_Validate
    from tasksequence.model.actions.mdt import MdtAction as MdtAction
    from tasksequence.model.actions.mdt import MdtCommandAction as MdtCommandAction
    from tasksequence.model.actions.mdt import VirtualHardDiskAction as VirtualHardDiskAction
    from tasksequence.model.actions.network import (
        ApplyNetworkSettingsAction as ApplyNetworkSettingsAction,
    )
    from tasksequence.model.actions.network import (
        JoinDomainWorkgroupAction as JoinDomainWorkgroupAction,
    )
    from tasksequence.model.actions.network import NetworkAdapterSettings as NetworkAdapterSettings
    from tasksequence.model.actions.settings import (
        ApplyWindowsSettingsAction as ApplyWindowsSettingsAction,
    )
    from tasksequence.model.actions.settings import (
        CaptureNetworkSettingsAction as CaptureNetworkSettingsAction,
    )
    from tasksequence.model.actions.settings import (
        CaptureWindowsSettingsAction as CaptureWindowsSettingsAction,
    )
    from tasksequence.model.actions.software import ApplicationInfo as ApplicationInfo
    from tasksequence.model.actions.software import (
        DownloadPackageContentAction as DownloadPackageContentAction,
    )
    from tasksequence.model.actions.software import (
        InstallApplicationAction as InstallApplicationAction,
    )
    from tasksequence.model.actions.software import InstallSoftwareAction as InstallSoftwareAction
    from tasksequence.model.actions.software import InstallUpdateAction as InstallUpdateAction
    from tasksequence.model.actions.software import PackageInfo as PackageInfo
    from tasksequence.model.actions.user_state import (
        CaptureUserStateAction as CaptureUserStateAction,
    )
    from tasksequence.model.actions.user_state import (
        ReleaseStateStoreAction as ReleaseStateStoreAction,
    )
    from tasksequence.model.actions.user_state import (
        RequestStateStoreAction as RequestStateStoreAction,
    )
    from tasksequence.model.actions.user_state import (
        RestoreUserStateAction as RestoreUserStateAction,
    )
    from tasksequence.model.base import Step as Step
    from tasksequence.model.classes import registry as registry
    from tasksequence.model.condition import Condition as Condition
    from tasksequence.model.condition import ConditionExpression as ConditionExpression
    from tasksequence.model.condition import ConditionOperand as ConditionOperand
    from tasksequence.model.condition import ConditionOperator as ConditionOperator
    from tasksequence.model.condition import FileConditionExpression as FileConditionExpression
    from tasksequence.model.condition import FolderConditionExpression as FolderConditionExpression
    from tasksequence.model.condition import OSConditionGroup as OSConditionGroup
    from tasksequence.model.condition import OSExpressionGroup as OSExpressionGroup
    from tasksequence.model.condition import (
        RegistryConditionExpression as RegistryConditionExpression,
    )
    from tasksequence.model.condition import (
        SoftwareConditionExpression as SoftwareConditionExpression,
    )
    from tasksequence.model.condition import UnknownOperand as UnknownOperand
    from tasksequence.model.condition import (
        VariableConditionExpression as VariableConditionExpression,
    )
    from tasksequence.model.condition import WMIConditionExpression as WMIConditionExpression
    from tasksequence.model.image_information import ImageDiskInformation as ImageDiskInformation
    from tasksequence.model.image_information import ImageInformation as ImageInformation
    from tasksequence.model.packages import BootImagePackage as BootImagePackage
    from tasksequence.model.packages import Driver_Details as Driver_Details
    from tasksequence.model.packages import DriverPackage as DriverPackage
    from tasksequence.model.packages import ImagePackage as ImagePackage
    from tasksequence.model.packages import (
        OperatingSystemInstallPackage as OperatingSystemInstallPackage,
    )
    from tasksequence.model.packages import PackageBaseclass as PackageBaseclass
    from tasksequence.model.packages import Reference as Reference
    from tasksequence.model.packages import TaskSequencePackage as TaskSequencePackage
    from tasksequence.model.schedules import ScheduleToken as ScheduleToken
    from tasksequence.model.schedules import ST_NonRecurring as ST_NonRecurring
    from tasksequence.model.schedules import ST_RecurInterval as ST_RecurInterval
    from tasksequence.model.schedules import ST_RecurMonthlyByDate as ST_RecurMonthlyByDate
    from tasksequence.model.schedules import ST_RecurMonthlyByWeekday as ST_RecurMonthlyByWeekday
    from tasksequence.model.schedules import ST_RecurWeekly as ST_RecurWeekly
    from tasksequence.model.sequence import Group as Group
    from tasksequence.model.sequence import TaskSequence as TaskSequence
    from tasksequence.plan.compiler import compile_plan as compile_plan
    from tasksequence.plan.steps import Guard as Guard
    from tasksequence.plan.steps import Outcome as Outcome
    from tasksequence.plan.steps import Plan as Plan
    from tasksequence.plan.steps import PlannedStep as PlannedStep
    from tasksequence.request import CapturedImage as CapturedImage
    from tasksequence.request import CaptureOptions as CaptureOptions
    from tasksequence.request import CaptureRequest as CaptureRequest
    from tasksequence.request import CaptureResult as CaptureResult
    from tasksequence.request import CaptureWarning as CaptureWarning
    from tasksequence.request import Compression as Compression
    from tasksequence.request import ImageMetadata as ImageMetadata
    from tasksequence.request import Omission as Omission
    from tasksequence.request import OmissionReason as OmissionReason
    from tasksequence.request import Phase as Phase
    from tasksequence.request import Progress as Progress
    from tasksequence.request import VolumeSource as VolumeSource
    from tasksequence.secret_text import SecretText as SecretText
    from tasksequence.wmi import prop as prop
    from tasksequence.wmi import properties_of as properties_of
    from tasksequence.wmi import wmi_class as wmi_class
    from tasksequence.wmi_property import Property as Property

_HOMES = {
    "authoring.addresses": ("LocatedStep",),
    "authoring.cmdlets": (
        "CMDLETS",
        "Cmdlet",
    ),
    "authoring.conditions": (
        "File",
        "Folder",
        "Registry",
        "Software",
        "Variable",
        "all_of",
        "any_of",
        "none_of",
        "query_wmi",
        "when",
    ),
    "authoring.editing": ("SequenceEditor",),
    "authoring.operating_systems": ("Platform", "operating_system", "operating_system_language"),
    "authoring.properties": ("new_step",),
    "authoring.step_classes": ("step_class",),
    "authoring.wizard": (
        "NewSequence",
        "build_and_capture",
        "capture_only",
    ),
    "class_registry": ("ClassRegistry",),
    "document.document": ("Document", "SequencePart", "load"),
    "document.violation": ("Violation",),
    "engine.capture_step": ("capture_volumes",),
    "engine.report": ("describe",),
    "errors": (
        "AuthoringError",
        "BackendUnavailable",
        "CaptureCancelled",
        "CaptureError",
        "DestinationError",
        "DocumentError",
        "EditError",
        "FieldProblem",
        "PlanError",
        "Problem",
        "QualifierError",
        "TaskSequenceError",
        "VolumeError",
    ),
    "model.action": ("Action", "ScriptedAction", "UnknownAction"),
    "model.actions.bitlocker": (
        "DisableBitLockerAction",
        "EnableBitLockerAction",
        "OfflineEnableBitLockerAction",
    ),
    "model.actions.disk": (
        "ConvertDiskAction",
        "PartitionDiskAction",
        "PartitionSettings",
    ),
    "model.actions.drivers": (
        "ApplyDriverPackageAction",
        "AutoApplyAction",
    ),
    "model.actions.general": (
        "ConnectNetworkFolderAction",
        "PrestartCheckAction",
        "RebootAction",
        "RunCommandLineAction",
        "RunPowerShellScriptAction",
        "SetDynamicVariablesAction",
        "SetVariableAction",
        "SubTasksequence",
    ),
    "model.actions.imaging": (
        "ApplyDataImageAction",
        "ApplyOperatingSystemAction",
        "CaptureSystemImageAction",
        "InstallDeployToolsAction",
        "PrepareOSAction",
        "PrepareSMSClientAction",
        "SetupWindowsAndSMSAction",
        "UpgradeOperatingSystemAction",
    ),
    "model.actions.mdt": (
        "BDD_AuthorizeDHCP",
        "BDD_Gather",
        "BDD_InjectDrivers",
        "BDD_InstallApplication",
        "BDD_InstallOS",
        "BDD_InstallRoles",
        "BDD_InstallUpdatesOffline",
        "BDD_RecoverDomainJoin",
        "BDD_RunPowerShellAction",
        "BDD_UninstallRoles",
        "BDD_UpgradeOS",
        "BDD_UsePackage",
        "BDD_Validate",
        "MdtAction",
        "MdtCommandAction",
        "VirtualHardDiskAction",
    ),
    "model.actions.network": (
        "ApplyNetworkSettingsAction",
        "JoinDomainWorkgroupAction",
        "NetworkAdapterSettings",
    ),
    "model.actions.settings": (
        "ApplyWindowsSettingsAction",
        "CaptureNetworkSettingsAction",
        "CaptureWindowsSettingsAction",
    ),
    "model.actions.software": (
        "ApplicationInfo",
        "DownloadPackageContentAction",
        "InstallApplicationAction",
        "InstallSoftwareAction",
        "InstallUpdateAction",
        "PackageInfo",
    ),
    "model.actions.user_state": (
        "CaptureUserStateAction",
        "ReleaseStateStoreAction",
        "RequestStateStoreAction",
        "RestoreUserStateAction",
    ),
    "model.base": ("Step",),
    "model.classes": ("registry",),
    "model.condition": (
        "Condition",
        "ConditionExpression",
        "ConditionOperand",
        "ConditionOperator",
        "FileConditionExpression",
        "FolderConditionExpression",
        "OSConditionGroup",
        "OSExpressionGroup",
        "RegistryConditionExpression",
        "SoftwareConditionExpression",
        "UnknownOperand",
        "VariableConditionExpression",
        "WMIConditionExpression",
    ),
    "model.image_information": ("ImageDiskInformation", "ImageInformation"),
    "model.packages": (
        "BootImagePackage",
        "DriverPackage",
        "Driver_Details",
        "ImagePackage",
        "OperatingSystemInstallPackage",
        "PackageBaseclass",
        "Reference",
        "TaskSequencePackage",
    ),
    "model.schedules": (
        "ST_NonRecurring",
        "ST_RecurInterval",
        "ST_RecurMonthlyByDate",
        "ST_RecurMonthlyByWeekday",
        "ST_RecurWeekly",
        "ScheduleToken",
    ),
    "model.sequence": ("Group", "TaskSequence"),
    "plan.compiler": ("compile_plan",),
    "plan.steps": ("Guard", "Outcome", "Plan", "PlannedStep"),
    "request": (
        "CaptureOptions",
        "CaptureRequest",
        "CaptureResult",
        "CaptureWarning",
        "CapturedImage",
        "Compression",
        "ImageMetadata",
        "Omission",
        "OmissionReason",
        "Phase",
        "Progress",
        "VolumeSource",
    ),
    "secret_text": ("SecretText",),
    "wmi": ("prop", "properties_of", "wmi_class"),
    "wmi_property": ("Property",),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [*sorted(_MODULE_OF), "__version__"]  # noqa: PLE0604 - one table serves both


def __getattr__(name: str) -> Any:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
