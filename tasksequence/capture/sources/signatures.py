"""Naming what a file or device holds when it is not an NTFS volume."""

from __future__ import annotations

import uuid

__all__ = ["HEAD_BYTES", "identify", "is_bitlocker", "is_exfat"]

HEAD_BYTES = 8192
"""How much of the start `identify` needs; a GPT on 4,096-byte sectors begins at 4,096."""

_WHOLE_DISK = (
    "Capture it as a disk (command line: --disk); `tasksequence volumes DISK` shows its volumes."
)
_ONLY_NTFS = "Only NTFS and FAT32 volumes can be captured."

_TO_GO = uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le
"""BitLocker's identifier in the boot sector by which its disks for carrying look like FAT32."""

_EXFAT = b"EXFAT   "

# (offset, bytes found there, what it is, what to do); the first that fits wins.
_SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (
    (3, _EXFAT, "an exFAT volume", _ONLY_NTFS),
    (
        0x52,
        b"FAT32   ",
        "a FAT32 volume whose boot sector is damaged",
        "Repair it on Windows with `chkdsk /f`, or with `fsck.fat`: a copy of it is in sector 6. "
        "Or copy the image again.",
    ),
    (0x36, b"FAT1", "a FAT volume", _ONLY_NTFS),
    (3, b"ReFS\0", "a ReFS volume", _ONLY_NTFS),
    (1080, b"\x53\xef", "an ext2, ext3 or ext4 volume", _ONLY_NTFS),
    (0, b"XFSB", "an XFS volume", _ONLY_NTFS),
    (0, b"hsqs", "a squashfs image", _ONLY_NTFS),
    (0, b"LUKS\xba\xbe", "encrypted with LUKS", "Unlock it and name the unlocked volume."),
    (0, b"MSWIM\0\0\0", "a WIM file already", "Name the volume that it should be captured from."),
    (0, b"vhdxfile", "a virtual disk (VHDX)", _WHOLE_DISK),
    (0, b"conectix", "a virtual disk (VHD)", _WHOLE_DISK),
    (0, b"KDMV", "a virtual disk (VMDK)", _WHOLE_DISK),
    (0, b"QFI\xfb", "a virtual disk (qcow2)", _WHOLE_DISK),
    (512, b"EFI PART", "a whole disk with a GPT partition table", _WHOLE_DISK),
    (4096, b"EFI PART", "a whole disk with a GPT partition table", _WHOLE_DISK),
)

_PARTITION_TABLE = slice(446, 510)


def identify(head: bytes) -> tuple[str, str] | None:
    """Say what the first `HEAD_BYTES` bytes belong to and what to do, or None if unknown."""
    if is_bitlocker(head):
        return (
            "encrypted with BitLocker",
            "Unlock it first: on Windows with `manage-bde -off`, here with dislocker or "
            "cryptsetup, and name the unlocked volume.",
        )
    for offset, magic, what, hint in _SIGNATURES:
        if head.startswith(magic, offset):
            return what, hint
    if head[510:512] == b"\x55\xaa" and _has_partition(head[_PARTITION_TABLE]):
        return "a whole disk with an MBR partition table", _WHOLE_DISK
    if head and not any(head):
        return "empty (only zeros)", "Check that this is the right file or device."
    return None


def is_bitlocker(head: bytes) -> bool:
    """Tell from its first 512 bytes whether a volume is encrypted with BitLocker (To Go)."""
    is_to_go = head[3:11] == b"MSWIN4.1" and head[424:440] == _TO_GO
    return is_to_go or head[3:11] == b"-FVE-FS-"


def is_exfat(head: bytes) -> bool:
    """Tell from its first 512 bytes whether this is an exFAT volume."""
    return head.startswith(_EXFAT, 3)


def _has_partition(table: bytes) -> bool:
    """Tell whether four 16-byte entries make sense as MBR partitions, at least one in use."""
    entries = [table[at : at + 16] for at in range(0, 64, 16)]
    return all(entry[0] in {0, 0x80} for entry in entries) and any(entry[4] for entry in entries)
