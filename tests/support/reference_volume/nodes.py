"""A file or folder of the tree, and the values that NTFS keeps with it."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

READONLY, HIDDEN, SYSTEM, DIRECTORY, ARCHIVE = 0x1, 0x2, 0x4, 0x10, 0x20
SPARSE, REPARSE_POINT, COMPRESSED, NOT_CONTENT_INDEXED = 0x200, 0x400, 0x800, 0x2000
MOUNT_POINT_TAG, SYMBOLIC_LINK_TAG = 0xA0000003, 0xA000000C


@dataclass(eq=False)
class Node:
    """A file or folder, whatever number of names it has."""

    attributes: int
    security: int
    times: tuple[int, int, int]
    """Creation, last access, last write: FILETIME, 100 ns since 1601."""
    data: bytes | None = None
    """SHA-1 of the contents or of the reparse data; None for a folder or an empty file."""
    streams: dict[str, bytes | None] = field(default_factory=dict)
    reparse_tag: int = 0
    children: dict[str, Node] = field(default_factory=dict)
    short_names: dict[str, str] = field(default_factory=dict)
    names: int = 0


def junction(target: str) -> bytes:
    """Return the reparse data of a mount point that leads to a folder."""
    return _reparse_names("\\??\\" + target, target, b"", terminator=b"\0\0")


def symbolic_link(target: str) -> bytes:
    """Return the reparse data of a symbolic link; a target without a drive is relative."""
    relative = not target[1:].startswith(":")
    substitute = target if relative else "\\??\\" + target
    return _reparse_names(substitute, target, struct.pack("<I", relative), terminator=b"")


def _reparse_names(substitute: str, shown: str, flags: bytes, *, terminator: bytes) -> bytes:
    """Return the part that mount points and symbolic links share ([MS-FSCC] 2.1.2.4 and .5)."""
    first, second = substitute.encode("utf-16-le"), shown.encode("utf-16-le")
    lengths = struct.pack("<4H", 0, len(first), len(first) + len(terminator), len(second))
    return lengths + flags + first + terminator + second + terminator
