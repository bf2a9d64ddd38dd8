"""Windows imaging task sequences: read, edit, plan and capture them, offline and off Windows.

Every public name is loaded when it is first used, so that `import tasksequence` costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasksequence import images as images
    from tasksequence.authoring.addresses import LocatedStep as LocatedStep
    from tasksequence.authoring.cmdlets import CMDLETS as CMDLETS
    from tasksequence.authoring.cmdlets import Cmdlet as Cmdlet
    from tasksequence.authoring.conditions import Variable as Variable
    from tasksequence.authoring.conditions import all_of as all_of
    from tasksequence.authoring.conditions import any_of as any_of
    from tasksequence.authoring.conditions import none_of as none_of
    from tasksequence.authoring.conditions import query_wmi as query_wmi
    from tasksequence.authoring.conditions import when as when
    from tasksequence.authoring.editing import SequenceEditor as SequenceEditor
    from tasksequence.authoring.file_conditions import File as File
    from tasksequence.authoring.file_conditions import Folder as Folder
    from tasksequence.authoring.operating_systems import Platform as Platform
    from tasksequence.authoring.operating_systems import operating_system as operating_system
    from tasksequence.authoring.operating_systems import (
        operating_system_language as operating_system_language,
    )
    from tasksequence.authoring.properties import new_step as new_step
    from tasksequence.authoring.registry_conditions import Registry as Registry
    from tasksequence.authoring.software_conditions import Software as Software
    from tasksequence.authoring.step_classes import step_class as step_class
    from tasksequence.authoring.wizard import NewSequence as NewSequence
    from tasksequence.authoring.wizard import build_and_capture as build_and_capture
    from tasksequence.authoring.wizard import capture_only as capture_only
    from tasksequence.capture.exclusions import load_profile as load_profile
    from tasksequence.capture.sources.disks import Disk as Disk
    from tasksequence.capture.sources.disks import DiskAccess as DiskAccess
    from tasksequence.capture.sources.disks import DiskVolume as DiskVolume
    from tasksequence.capture.sources.disks import read_disk as read_disk
    from tasksequence.cim_datetime import UNSPECIFIED_OFFSET as UNSPECIFIED_OFFSET
    from tasksequence.cim_datetime import from_cim as from_cim
    from tasksequence.cim_datetime import to_cim as to_cim
    from tasksequence.class_registry import ClassRegistry as ClassRegistry
    from tasksequence.document.canonical import canonical_bytes as canonical_bytes
    from tasksequence.document.canonical import canonical_text as canonical_text
    from tasksequence.document.conversion import convert as convert
    from tasksequence.document.document import Document as Document
    from tasksequence.document.document import SequencePart as SequencePart
    from tasksequence.document.document import load as load
    from tasksequence.document.limits import Limits as Limits
    from tasksequence.document.objects import ExportedObject as ExportedObject
    from tasksequence.document.schema import SchemaViolation as SchemaViolation
    from tasksequence.document.secret_choice import SecretChoice as SecretChoice
    from tasksequence.document.site_methods import SavedSequence as SavedSequence
    from tasksequence.document.site_methods import blank_secrets as blank_secrets
    from tasksequence.document.site_methods import export_xml as export_xml
    from tasksequence.document.site_methods import get_sequence as get_sequence
    from tasksequence.document.site_methods import load_from_xml as load_from_xml
    from tasksequence.document.site_methods import save_to_xml as save_to_xml
    from tasksequence.document.site_methods import set_sequence as set_sequence
    from tasksequence.document.violation import Violation as Violation
    from tasksequence.engine.capture_disks import capture_disks as capture_disks
    from tasksequence.engine.capture_events import CaptureEventWriter as CaptureEventWriter
    from tasksequence.engine.capture_step import capture_volumes as capture_volumes
    from tasksequence.engine.cmtrace import CMTraceLog as CMTraceLog
    from tasksequence.engine.handlers import RunContext as RunContext
    from tasksequence.engine.pace import Pace as Pace
    from tasksequence.engine.pace import PaceMeter as PaceMeter
    from tasksequence.engine.preflight import PreflightCheck as PreflightCheck
    from tasksequence.engine.preflight import Standing as Standing
    from tasksequence.engine.preflight import describe_checks as describe_checks
    from tasksequence.engine.preflight import preflight as preflight
    from tasksequence.engine.preview import ExclusionHit as ExclusionHit
    from tasksequence.engine.preview import describe_exclusions as describe_exclusions
    from tasksequence.engine.preview import preview_exclusions as preview_exclusions
    from tasksequence.engine.report import describe as describe
    from tasksequence.engine.results import RunReport as RunReport
    from tasksequence.engine.results import StepFinished as StepFinished
    from tasksequence.engine.results import StepResult as StepResult
    from tasksequence.engine.results import StepStarted as StepStarted
    from tasksequence.engine.results import StepStatus as StepStatus
    from tasksequence.engine.results import describe_run as describe_run
    from tasksequence.engine.run import Engine as Engine
    from tasksequence.error_codes import KnownCode as KnownCode
    from tasksequence.error_codes import describe_code as describe_code
    from tasksequence.error_codes import explain_code as explain_code
    from tasksequence.errors import AuthoringError as AuthoringError
    from tasksequence.errors import BackendUnavailable as BackendUnavailable
    from tasksequence.errors import CaptureCancelled as CaptureCancelled
    from tasksequence.errors import CaptureError as CaptureError
    from tasksequence.errors import DestinationError as DestinationError
    from tasksequence.errors import DocumentError as DocumentError
    from tasksequence.errors import EditError as EditError
    from tasksequence.errors import FieldProblem as FieldProblem
    from tasksequence.errors import ImageError as ImageError
    from tasksequence.errors import PlanError as PlanError
    from tasksequence.errors import Problem as Problem
    from tasksequence.errors import PropertyMissing as PropertyMissing
    from tasksequence.errors import QualifierError as QualifierError
    from tasksequence.errors import SettingError as SettingError
    from tasksequence.errors import TaskSequenceError as TaskSequenceError
    from tasksequence.errors import UndecidedError as UndecidedError
    from tasksequence.errors import VolumeError as VolumeError
    from tasksequence.images.apply import AppliedImage as AppliedImage
    from tasksequence.images.apply import apply_images as apply_images
    from tasksequence.images.contents import FileStream as FileStream
    from tasksequence.images.contents import ImageFile as ImageFile
    from tasksequence.images.contents import image_files as image_files
    from tasksequence.images.contents import verify_image_file as verify_image_file
    from tasksequence.images.deliver import deliver_wim as deliver_wim
    from tasksequence.images.diff import FileDifference as FileDifference
    from tasksequence.images.diff import diff_images as diff_images
    from tasksequence.images.package import get_image_properties as get_image_properties
    from tasksequence.images.package import image_disks as image_disks
    from tasksequence.images.package import image_information as image_information
    from tasksequence.images.package import read_package as read_package
    from tasksequence.images.package import reload_image_properties as reload_image_properties
    from tasksequence.logs.describe import describe_log as describe_log
    from tasksequence.logs.files import follow_log as follow_log
    from tasksequence.logs.files import log_files as log_files
    from tasksequence.logs.files import read_log as read_log
    from tasksequence.logs.records import LogRecord as LogRecord
    from tasksequence.logs.runs import LogOutcome as LogOutcome
    from tasksequence.logs.runs import LogStep as LogStep
    from tasksequence.logs.runs import LogSummary as LogSummary
    from tasksequence.logs.runs import join_plan as join_plan
    from tasksequence.logs.runs import read_run as read_run
    from tasksequence.model.action import Action as Action
    from tasksequence.model.action import Pointer as Pointer
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
    from tasksequence.model.enumerations import ActionInProgress as ActionInProgress
    from tasksequence.model.enumerations import AddressType as AddressType
    from tasksequence.model.enumerations import Architecture as Architecture
    from tasksequence.model.enumerations import BitLockerKeyMode as BitLockerKeyMode
    from tasksequence.model.enumerations import ContentLocation as ContentLocation
    from tasksequence.model.enumerations import Day as Day
    from tasksequence.model.enumerations import DiskType as DiskType
    from tasksequence.model.enumerations import DynamicUpdate as DynamicUpdate
    from tasksequence.model.enumerations import ExecutionPolicy as ExecutionPolicy
    from tasksequence.model.enumerations import FileAccess as FileAccess
    from tasksequence.model.enumerations import FileSystem as FileSystem
    from tasksequence.model.enumerations import ImageObjectType as ImageObjectType
    from tasksequence.model.enumerations import JoinType as JoinType
    from tasksequence.model.enumerations import LicenseMode as LicenseMode
    from tasksequence.model.enumerations import NetbiosOptions as NetbiosOptions
    from tasksequence.model.enumerations import Operator as Operator
    from tasksequence.model.enumerations import OperatorType as OperatorType
    from tasksequence.model.enumerations import OSArchitecture as OSArchitecture
    from tasksequence.model.enumerations import OSType as OSType
    from tasksequence.model.enumerations import PackageFlags as PackageFlags
    from tasksequence.model.enumerations import PackageType as PackageType
    from tasksequence.model.enumerations import PartitionStyle as PartitionStyle
    from tasksequence.model.enumerations import PartitionType as PartitionType
    from tasksequence.model.enumerations import ProgramFlags as ProgramFlags
    from tasksequence.model.enumerations import RecoveryPasswordStore as RecoveryPasswordStore
    from tasksequence.model.enumerations import ReferenceType as ReferenceType
    from tasksequence.model.enumerations import RegistryType as RegistryType
    from tasksequence.model.enumerations import RequestType as RequestType
    from tasksequence.model.enumerations import RestartTarget as RestartTarget
    from tasksequence.model.enumerations import RunIn as RunIn
    from tasksequence.model.enumerations import SequenceFlags as SequenceFlags
    from tasksequence.model.enumerations import SequenceType as SequenceType
    from tasksequence.model.enumerations import ShareType as ShareType
    from tasksequence.model.enumerations import SizeUnits as SizeUnits
    from tasksequence.model.enumerations import SoftwareOperator as SoftwareOperator
    from tasksequence.model.enumerations import SourceFlag as SourceFlag
    from tasksequence.model.enumerations import UpdateTarget as UpdateTarget
    from tasksequence.model.enumerations import UserStateMode as UserStateMode
    from tasksequence.model.enumerations import WeekOrder as WeekOrder
    from tasksequence.model.enumerations import WinPEComponent as WinPEComponent
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
    from tasksequence.model.software import Application as Application
    from tasksequence.model.software import Package as Package
    from tasksequence.model.software import Program as Program
    from tasksequence.offline.capture_state import StateFinding as StateFinding
    from tasksequence.offline.capture_state import capture_state as capture_state
    from tasksequence.offline.windows import OfflineWindows as OfflineWindows
    from tasksequence.plan.catalogue import BuiltInVariable as BuiltInVariable
    from tasksequence.plan.catalogue import variable_named as variable_named
    from tasksequence.plan.compiler import compile_plan as compile_plan
    from tasksequence.plan.describe import describe_plan as describe_plan
    from tasksequence.plan.describe import explain_step as explain_step
    from tasksequence.plan.describe import find_step as find_step
    from tasksequence.plan.facts import Facts as Facts
    from tasksequence.plan.facts import FileFact as FileFact
    from tasksequence.plan.facts import OperatingSystem as OperatingSystem
    from tasksequence.plan.facts import RegistryFact as RegistryFact
    from tasksequence.plan.facts import SoftwareFact as SoftwareFact
    from tasksequence.plan.facts_file import load_facts as load_facts
    from tasksequence.plan.steps import Guard as Guard
    from tasksequence.plan.steps import NeededReference as NeededReference
    from tasksequence.plan.steps import Outcome as Outcome
    from tasksequence.plan.steps import Plan as Plan
    from tasksequence.plan.steps import PlannedGroup as PlannedGroup
    from tasksequence.plan.steps import PlannedStep as PlannedStep
    from tasksequence.plan.steps import VariableChange as VariableChange
    from tasksequence.plan.truth import Truth as Truth
    from tasksequence.plan.what_if import DecisiveFact as DecisiveFact
    from tasksequence.plan.what_if import StepDifference as StepDifference
    from tasksequence.plan.what_if import Variant as Variant
    from tasksequence.plan.what_if import decisive_facts as decisive_facts
    from tasksequence.plan.what_if import what_if as what_if
    from tasksequence.request import CapturedImage as CapturedImage
    from tasksequence.request import CaptureOptions as CaptureOptions
    from tasksequence.request import CaptureRequest as CaptureRequest
    from tasksequence.request import CaptureResult as CaptureResult
    from tasksequence.request import CaptureWarning as CaptureWarning
    from tasksequence.request import Compression as Compression
    from tasksequence.request import ExclusionProfile as ExclusionProfile
    from tasksequence.request import ImageMetadata as ImageMetadata
    from tasksequence.request import Omission as Omission
    from tasksequence.request import OmissionReason as OmissionReason
    from tasksequence.request import Overwrite as Overwrite
    from tasksequence.request import Phase as Phase
    from tasksequence.request import Progress as Progress
    from tasksequence.request import ShareMapping as ShareMapping
    from tasksequence.request import SkippedVolume as SkippedVolume
    from tasksequence.request import VolumePlace as VolumePlace
    from tasksequence.request import VolumeSource as VolumeSource
    from tasksequence.secret_text import SecretText as SecretText
    from tasksequence.wmi import WmiObject as WmiObject
    from tasksequence.wmi import problems_of as problems_of
    from tasksequence.wmi import prop as prop
    from tasksequence.wmi import properties_of as properties_of
    from tasksequence.wmi import wmi_class as wmi_class
    from tasksequence.wmi_property import Property as Property
    from tasksequence.wmi_property import SInt8 as SInt8
    from tasksequence.wmi_property import SInt16 as SInt16
    from tasksequence.wmi_property import SInt32 as SInt32
    from tasksequence.wmi_property import SInt64 as SInt64
    from tasksequence.wmi_property import UInt8 as UInt8
    from tasksequence.wmi_property import UInt16 as UInt16
    from tasksequence.wmi_property import UInt32 as UInt32
    from tasksequence.wmi_property import UInt64 as UInt64

_HOMES = {
    "cim_datetime": ("UNSPECIFIED_OFFSET", "from_cim", "to_cim"),
    "authoring.addresses": ("LocatedStep",),
    "authoring.cmdlets": (
        "CMDLETS",
        "Cmdlet",
    ),
    "authoring.conditions": (
        "Variable",
        "all_of",
        "any_of",
        "none_of",
        "query_wmi",
        "when",
    ),
    "authoring.editing": ("SequenceEditor",),
    "authoring.file_conditions": ("File", "Folder"),
    "authoring.operating_systems": ("Platform", "operating_system", "operating_system_language"),
    "authoring.properties": ("new_step",),
    "authoring.registry_conditions": ("Registry",),
    "authoring.software_conditions": ("Software",),
    "authoring.step_classes": ("step_class",),
    "authoring.wizard": (
        "NewSequence",
        "build_and_capture",
        "capture_only",
    ),
    "capture.exclusions": ("load_profile",),
    "capture.sources.disks": ("Disk", "DiskAccess", "DiskVolume", "read_disk"),
    "class_registry": ("ClassRegistry",),
    "document.canonical": ("canonical_bytes", "canonical_text"),
    "document.conversion": ("convert",),
    "document.document": ("Document", "SequencePart", "load"),
    "document.secret_choice": ("SecretChoice",),
    "document.limits": ("Limits",),
    "document.objects": ("ExportedObject",),
    "document.schema": ("SchemaViolation",),
    "document.site_methods": (
        "SavedSequence",
        "blank_secrets",
        "export_xml",
        "get_sequence",
        "load_from_xml",
        "save_to_xml",
        "set_sequence",
    ),
    "document.violation": ("Violation",),
    "engine.capture_disks": ("capture_disks",),
    "engine.capture_step": ("capture_volumes",),
    "images.deliver": ("deliver_wim",),
    "engine.capture_events": ("CaptureEventWriter",),
    "engine.pace": ("Pace", "PaceMeter"),
    "engine.preflight": ("PreflightCheck", "Standing", "describe_checks", "preflight"),
    "logs.describe": ("describe_log",),
    "logs.files": ("follow_log", "log_files", "read_log"),
    "logs.records": ("LogRecord",),
    "logs.runs": ("LogOutcome", "LogStep", "LogSummary", "join_plan", "read_run"),
    "error_codes": ("KnownCode", "describe_code", "explain_code"),
    "engine.cmtrace": ("CMTraceLog",),
    "engine.handlers": ("RunContext",),
    "engine.report": ("describe",),
    "engine.results": (
        "RunReport",
        "StepFinished",
        "StepResult",
        "StepStarted",
        "StepStatus",
        "describe_run",
    ),
    "engine.run": ("Engine",),
    "errors": (
        "AuthoringError",
        "BackendUnavailable",
        "CaptureCancelled",
        "CaptureError",
        "DestinationError",
        "DocumentError",
        "EditError",
        "FieldProblem",
        "ImageError",
        "PlanError",
        "Problem",
        "PropertyMissing",
        "QualifierError",
        "SettingError",
        "TaskSequenceError",
        "UndecidedError",
        "VolumeError",
    ),
    "engine.preview": (
        "ExclusionHit",
        "describe_exclusions",
        "preview_exclusions",
    ),
    "images.apply": (
        "AppliedImage",
        "apply_images",
    ),
    "images.contents": (
        "FileStream",
        "ImageFile",
        "image_files",
        "verify_image_file",
    ),
    "images.diff": (
        "FileDifference",
        "diff_images",
    ),
    "images.package": (
        "get_image_properties",
        "image_disks",
        "image_information",
        "read_package",
        "reload_image_properties",
    ),
    "model.action": ("Action", "Pointer", "ScriptedAction", "UnknownAction"),
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
    "model.enumerations": (
        "ActionInProgress",
        "AddressType",
        "Architecture",
        "BitLockerKeyMode",
        "ContentLocation",
        "Day",
        "DiskType",
        "DynamicUpdate",
        "ExecutionPolicy",
        "FileAccess",
        "FileSystem",
        "ImageObjectType",
        "JoinType",
        "LicenseMode",
        "NetbiosOptions",
        "OSArchitecture",
        "OSType",
        "Operator",
        "OperatorType",
        "PackageFlags",
        "PackageType",
        "PartitionStyle",
        "PartitionType",
        "ProgramFlags",
        "RecoveryPasswordStore",
        "ReferenceType",
        "RegistryType",
        "RequestType",
        "RestartTarget",
        "RunIn",
        "SequenceFlags",
        "SequenceType",
        "ShareType",
        "SizeUnits",
        "SoftwareOperator",
        "SourceFlag",
        "UpdateTarget",
        "UserStateMode",
        "WeekOrder",
        "WinPEComponent",
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
    "model.software": ("Application", "Package", "Program"),
    "plan.catalogue": ("BuiltInVariable", "variable_named"),
    "plan.compiler": ("compile_plan",),
    "plan.describe": ("describe_plan", "explain_step", "find_step"),
    "plan.facts": ("Facts", "FileFact", "OperatingSystem", "RegistryFact", "SoftwareFact"),
    "plan.facts_file": ("load_facts",),
    "plan.steps": (
        "Guard",
        "NeededReference",
        "Outcome",
        "Plan",
        "PlannedGroup",
        "PlannedStep",
        "VariableChange",
    ),
    "offline.capture_state": ("StateFinding", "capture_state"),
    "offline.windows": ("OfflineWindows",),
    "plan.truth": ("Truth",),
    "plan.what_if": ("DecisiveFact", "StepDifference", "Variant", "decisive_facts", "what_if"),
    "request": (
        "CaptureOptions",
        "CaptureRequest",
        "CaptureResult",
        "CaptureWarning",
        "CapturedImage",
        "Compression",
        "ExclusionProfile",
        "ImageMetadata",
        "Omission",
        "OmissionReason",
        "Overwrite",
        "Phase",
        "Progress",
        "ShareMapping",
        "SkippedVolume",
        "VolumePlace",
        "VolumeSource",
    ),
    "secret_text": ("SecretText",),
    "wmi": ("WmiObject", "problems_of", "prop", "properties_of", "wmi_class"),
    "wmi_property": (
        "Property",
        "SInt8",
        "SInt16",
        "SInt32",
        "SInt64",
        "UInt8",
        "UInt16",
        "UInt32",
        "UInt64",
    ),
}
_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [*sorted(_MODULE_OF), "__version__"]  # noqa: PLE0604 - one table serves both


_PACKAGES = frozenset({"images"})
"""Packages whose functions are also used by way of theirs: `ts.images.read_package`."""


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    module = _MODULE_OF.get(name)
    if module is None:
        import difflib

        near = difflib.get_close_matches(name.rpartition("_")[2], __all__, 1)
        hint = f"; did you mean {near[0]}?" if near and not name.startswith("_") else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
