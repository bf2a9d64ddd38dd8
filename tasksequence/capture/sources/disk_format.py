"""In which format a file or device holds a disk, told by its first and last bytes."""

from __future__ import annotations

import errno
import os
import stat

from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import VolumeError

__all__ = ["DISK_FORMATS", "RAW", "disk_format", "guessed_format"]

RAW = "raw"

_HEADS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"vhdxfile", "vhdx"),
    (0, b"conectix", "vpc"),
    (0, b"KDMV", "vmdk"),
    (0, b"COWD", "vmdk"),
    (0, b"# Disk DescriptorFile", "vmdk"),
    (0, b"QFI\xfb", "qcow2"),
    (0x40, b"\x7f\x10\xda\xbe", "vdi"),
)
"""Where each format of a virtual disk has its mark, and what QEMU calls it."""

DISK_FORMATS: dict[str, str] = {
    "raw": RAW, "vhd": "vpc", "vhdx": "vhdx", "vmdk": "vmdk", "qcow2": "qcow2", "vdi": "vdi",
}  # fmt: skip
"""The formats of disks as people call them, and QEMU's name for each."""

_ENDINGS: dict[str, frozenset[str]] = {
    "vpc": frozenset({".vhd", ".avhd", ".vpc"}),
    "vhdx": frozenset({".vhdx", ".avhdx"}),
    "vmdk": frozenset({".vmdk"}),
    "qcow2": frozenset({".qcow2", ".qcow"}),
    "vdi": frozenset({".vdi"}),
}
"""How the names of files of each format end."""

_NO_DISK: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"MSWIM\0\0\0", "a WIM file", "Look at it with `tasksequence image show`."),
    (0, b"EVF\x09", "an EnCase image", "Export it as a raw image first."),
    (0, b"PK\x03\x04", "a zip archive", "Unpack it and name the disk in it."),
    (0, b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (0, b"\xfd7zXZ", "compressed with xz", "Unpack it first."),
    (0, b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and name the disk in it."),
    (32769, b"CD001", "a CD or DVD image", "Name the disk of the reference machine."),
)
_HEAD_BYTES = 33 * 1024
_FOOTER_BYTES = 512
"""A VHD of fixed size has its mark in its last sector alone."""


def disk_format(path: str, given: str | None = None) -> str:
    """Return QEMU's name of the format: raw, vpc (VHD), vhdx, vmdk, qcow2 or vdi.

    `given` is the format by its usual name (raw, vhd …) where the person says it. Without it the
    content decides, and the end of the file's name has to fit: what runs in a machine can write the
    head of another format to its raw disk, and there name other files of this host. For that
    reason a block device is always raw. Raises `VolumeError` for what is no disk, or cannot be
    read.
    """
    if given is not None and given not in DISK_FORMATS:
        raise VolumeError(
            f"there is no disk format {given!r}",
            where=path,
            hint=f"Say one of {', '.join(DISK_FORMATS)}.",
            hresult=0x80070057,
        )
    found = guessed_format(path)
    if given is not None:
        return DISK_FORMATS[given]
    if found == RAW or stat.S_ISBLK(os.stat(path).st_mode):  # noqa: PTH116
        return RAW
    if os.path.splitext(path)[1].lower() not in _ENDINGS[found]:  # noqa: PTH122
        name = next(name for name, form in DISK_FORMATS.items() if form == found)
        raise VolumeError(
            f"the content of this disk begins or ends like that of a {name} disk, and its name "
            "does not say so",
            where=path,
            hint=f"If it is one: --format {name}. A machine can write such bytes to a raw disk of "
            "its own: then --format raw.",
            hresult=0x80070057,
        )
    return found


def guessed_format(path: str) -> str:
    """Return the format that the content of a disk looks like; raises as `disk_format` does."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
        if stat.S_ISDIR(mode):
            raise VolumeError(
                "this is a folder, not a disk",
                where=path,
                hint="Name a disk image or block device; a folder is captured with --folder.",
                hresult=0x8007010B,
            )
        if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
            raise VolumeError(
                "this is neither a file nor a block device",
                where=path,
                hresult=0x80070032,
            )
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            head = file.read(_HEAD_BYTES) or b""
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _FOOTER_BYTES))
            footer = file.read(_FOOTER_BYTES) or b""
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not head:
        raise VolumeError(
            "the disk is empty: it has no bytes",
            where=path,
            hresult=0x80070026,
        )
    for offset, magic, name in _HEADS:
        if head.startswith(magic, offset):
            return name
    if stat.S_ISREG(mode) and footer.startswith(b"conectix"):
        return "vpc"
    for offset, magic, what, hint in _NO_DISK:
        if head.startswith(magic, offset):
            raise VolumeError(
                f"this is {what}, not a disk",
                where=path,
                hint=hint,
                hresult=0x80070032,
            )
    return RAW


def _unreadable(path: str, error: OSError | ValueError) -> VolumeError:
    number = getattr(error, "errno", None)
    if number in {errno.ENOENT, errno.ENOTDIR}:
        return VolumeError(
            "there is no such disk",
            where=path,
            hint="Check the path.",
            hresult=0x80070002,
        )
    if number in {errno.EACCES, errno.EPERM}:
        return VolumeError(
            "this account may not read the disk",
            where=path,
            hint="Give it the right to, or run as root.",
            hresult=0x80070005,
        )
    text = getattr(error, "strerror", None) or str(error)
    return VolumeError(
        f"the disk cannot be read: {text}", where=path, hresult=hresult_of_errno(number)
    )
