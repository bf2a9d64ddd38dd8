"""Steps that work on disks (menu Disks)."""

from tasksequence.class_rules import ExcludedWhen
from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import (
    DiskType,
    FileSystem,
    PartitionStyle,
    PartitionType,
    RunIn,
    SizeUnits,
)
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    CommandLine,
    VariableName,
    VariablePrefix,
    not_null,
)
from tasksequence.wmi import WmiObject, prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = ["ConvertDiskAction", "PartitionDiskAction", "PartitionSettings"]


@wmi_class("SMS_TaskSequence_PartitionSettings")
class PartitionSettings(WmiObject):
    """One partition of a Format and Partition Disk step."""

    type: PartitionType | str = prop("Type", not_null)
    size: UInt32 | None = prop("Size", default=None)
    size_units: SizeUnits | str | None = prop("SizeUnits", default=None)
    file_system: FileSystem | str | None = prop("FileSystem", default=None)
    quick_format: bool = prop("QuickFormat", not_null, default=True)
    bootable: bool = prop("Bootable", not_null, default=False)
    assign_volume_letter: bool | None = prop("AssignVolumeLetter", default=True)
    volume_name: str | None = prop("VolumeName", default=None)
    volume_letter_variable: str | None = prop("VolumeLetterVariable", default=None)
    """Name of a variable that receives the drive letter."""


@wmi_class(
    "SMS_TaskSequence_PartitionDiskAction",
    CommandLine("osddiskpart.exe"),
    VariablePrefix("OSD"),
    ActionCategory("Disks,1,3"),
    ActionUI("PartitionDiskControl"),
    rules=(ExcludedWhen("GPTBootDisk", "PartitionStyle", PartitionStyle.MBR),),
)
class PartitionDiskAction(Action):
    """Format and Partition Disk."""

    disk_index: UInt32 = prop("DiskIndex", not_null)
    disk_index_variable: str | None = prop("DiskIndexVariable", default=None)
    diskpart_bios_compatibility_mode: bool | None = prop(
        "DiskpartBiosCompatibilityMode", default=False
    )
    disk_type: DiskType | str | None = prop("DiskType", default="Basic")
    gpt_boot_disk: bool | None = prop("GPTBootDisk", default=False)
    partitions: list[PartitionSettings] = prop("Partitions", not_null)
    partition_style: PartitionStyle | str = prop("PartitionStyle", not_null)
    supported_environment: RunIn | str = runs_in("WinPE")


@wmi_class(
    "SMS_TaskSequence_ConvertDiskAction",
    CommandLine("osddiskpart.exe convert %%OSDConvertDiskIndex%%"),
    VariablePrefix("OSD"),
    ActionCategory("Disks,2,3"),
    ActionUI("ConvertDiskToDynamicControl"),
)
class ConvertDiskAction(Action):
    """Convert Disk to Dynamic."""

    disk_index: UInt32 = prop("DiskIndex", not_null, VariableName("OSDConvertDiskIndex"))
