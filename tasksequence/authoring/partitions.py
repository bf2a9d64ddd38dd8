"""How the build-and-capture wizard's sequence partitions disk 0."""

from __future__ import annotations

from tasksequence.authoring.conditions import Variable, when
from tasksequence.model.actions.disk import PartitionDiskAction, PartitionSettings
from tasksequence.model.condition import Condition

__all__ = ["partition_steps"]

_NO_CLIENT_CACHE = "_SMSTSClientCache"
_BOOTED_BY_UEFI = "_SMSTSBootUEFI"


def partition_steps(firmware: str, name: str) -> list[PartitionDiskAction]:
    """Return the step for `bios` or `uefi`, or one for each with `both`.

    Windows and its boot files share one NTFS volume where the firmware allows it, and there is no
    recovery volume: each further NTFS volume would become an image of its own in the captured WIM.
    """
    cache = Variable(_NO_CLIENT_CACHE)
    uefi = Variable(_BOOTED_BY_UEFI)
    if firmware == "bios":
        return [_bios(name, condition=when(cache.not_exists()))]
    if firmware == "uefi":
        return [_uefi(name, condition=when(cache.not_exists()))]
    return [
        _bios(f"{name} - BIOS", condition=when(cache.not_exists(), uefi != "true")),
        _uefi(f"{name} - UEFI", condition=when(cache.not_exists(), uefi == "true")),
    ]


def _bios(name: str, condition: Condition) -> PartitionDiskAction:
    return PartitionDiskAction(
        name=name,
        description="Partitions the disk of a BIOS computer.",
        disk_index=0,
        partition_style="MBR",
        partitions=[_windows()],
        condition=condition,
    )


def _uefi(name: str, condition: Condition) -> PartitionDiskAction:
    # Sizes as the wizard of a current site writes them; in MB.
    efi = PartitionSettings(
        type="EFI", size=500, size_units="MB", file_system="FAT32", assign_volume_letter=False
    )
    reserved = PartitionSettings(
        type="MSR", size=128, size_units="MB", quick_format=False, assign_volume_letter=False
    )
    return PartitionDiskAction(
        name=name,
        description="Partitions the disk of a UEFI computer.",
        disk_index=0,
        partition_style="GPT",
        gpt_boot_disk=True,
        partitions=[efi, reserved, _windows()],
        condition=condition,
    )


def _windows() -> PartitionSettings:
    return PartitionSettings(
        type="Primary", size=100, size_units="Percent", file_system="NTFS", bootable=True
    )
