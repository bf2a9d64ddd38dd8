"""Windows imaging task sequences: read, edit, plan and capture them, offline and off Windows.

Every public name is loaded when it is first used, so that `import tasksequence` costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasksequence.document.document import Document, SequencePart, load
    from tasksequence.document.violation import Violation
    from tasksequence.engine.capture_step import capture
    from tasksequence.errors import (
        BackendUnavailable,
        CaptureCancelled,
        CaptureError,
        DestinationError,
        DocumentError,
        PlanError,
        Problem,
        QualifierError,
        TaskSequenceError,
        VolumeError,
    )
    from tasksequence.model.action import Action, UnknownAction
    from tasksequence.model.actions import registry
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
        UnknownOperand,
        VariableConditionExpression,
        WMIConditionExpression,
    )
    from tasksequence.model.sequence import Group, TaskSequence
    from tasksequence.plan.compiler import compile_plan
    from tasksequence.plan.steps import Guard, Outcome, Plan, PlannedStep
    from tasksequence.request import (
        CapturedImage,
        CaptureOptions,
        CaptureRequest,
        CaptureResult,
        CaptureWarning,
        Compression,
        ImageMetadata,
        Omission,
        OmissionReason,
        Phase,
        Progress,
        VolumeSource,
    )
    from tasksequence.secret_text import SecretText
    from tasksequence.wmi import ClassRegistry, Property, prop, properties_of, wmi_class

_HOMES = {
    "document.document": ("Document", "SequencePart", "load"),
    "document.violation": ("Violation",),
    "engine.capture_step": ("capture",),
    "errors": (
        "BackendUnavailable",
        "CaptureCancelled",
        "CaptureError",
        "DestinationError",
        "DocumentError",
        "PlanError",
        "Problem",
        "QualifierError",
        "TaskSequenceError",
        "VolumeError",
    ),
    "model.action": ("Action", "UnknownAction"),
    "model.actions": ("registry",),
    "model.actions.disk": ("PartitionDiskAction", "PartitionSettings"),
    "model.actions.drivers": ("AutoApplyAction",),
    "model.actions.general": ("RebootAction",),
    "model.actions.imaging": (
        "ApplyOperatingSystemAction",
        "CaptureSystemImageAction",
        "InstallDeployToolsAction",
        "PrepareOSAction",
        "PrepareSMSClientAction",
        "SetupWindowsAndSMSAction",
    ),
    "model.actions.network": (
        "ApplyNetworkSettingsAction",
        "JoinDomainWorkgroupAction",
        "NetworkAdapterSettings",
    ),
    "model.actions.settings": ("ApplyWindowsSettingsAction",),
    "model.actions.software": (
        "ApplicationInfo",
        "InstallApplicationAction",
        "InstallUpdateAction",
    ),
    "model.base": ("Step",),
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
    "wmi": ("ClassRegistry", "Property", "prop", "properties_of", "wmi_class"),
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
