"""Steps that work on disks (menu Disks)."""

from tasksequence.model.action import Action, runs_in
from tasksequence.qualifiers import (
    ActionCategory,
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

    type: str = prop(
        "Type",
        not_null,
        # Recovery is on no class page; exports of newer sites write it.
        values=("Primary", "Extended", "Logical", "Hidden", "EFI", "MSR", "Recovery"),
    )
    size: UInt32 | None = prop("Size", default=None)
    size_units: str | None = prop(
        # MDT writes % where ConfigMgr writes Percent.
        "SizeUnits",
        default=None,
        values=("MB", "GB", "Percent", "%"),
    )
    file_system: str | None = prop("FileSystem", default=None, values=("FAT32", "NTFS"))
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
)
class PartitionDiskAction(Action):
    """Format and Partition Disk."""

    disk_index: UInt32 = prop("DiskIndex", not_null)
    disk_index_variable: str | None = prop("DiskIndexVariable", default=None)
    diskpart_bios_compatibility_mode: bool | None = prop(
        "DiskpartBiosCompatibilityMode", default=False
    )
    disk_type: str | None = prop("DiskType", default="Basic", values=("Basic", "Dynamic"))
    gpt_boot_disk: bool | None = prop("GPTBootDisk", default=False)
    partitions: list[PartitionSettings] = prop("Partitions", not_null)
    partition_style: str = prop("PartitionStyle", not_null, values=("GPT", "MBR"))
    supported_environment: str = runs_in("WinPE")


@wmi_class(
    "SMS_TaskSequence_ConvertDiskAction",
    CommandLine("osddiskpart.exe convert %%OSDConvertDiskIndex%%"),
    VariablePrefix("OSD"),
    ActionCategory("Disks,2,3"),
)
class ConvertDiskAction(Action):
    """Convert Disk to Dynamic."""

    disk_index: UInt32 = prop("DiskIndex", not_null, VariableName("OSDConvertDiskIndex"))
