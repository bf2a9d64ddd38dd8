"""The head and the XML of a WIM file, read without libwim.

Layouts follow Microsoft's "Windows Imaging File Format": all numbers are little-endian, and the XML
is UTF-16 and never compressed.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from tasksequence.error_codes import hresult_of_errno
from tasksequence.errors import ImageError

__all__ = [
    "HEAD_BYTES",
    "MAGIC_BYTES",
    "WIM_MAGICS",
    "WimFile",
    "check_whole_file",
    "read_wim_file",
]

_HEADER = struct.Struct("<8sIIII16sHHI")
HEAD_BYTES = 208
"""Bytes of a WIM's header."""
WIM_MAGICS = (b"MSWIM\0\0\0", b"WLPWM\0\0\0")
"""How a WIM begins, and a pipable one of wimlib."""
MAGIC_BYTES = 8
_VERSIONS = {0x10D00: False, 0xE00: True}
"""Versions that libwim reads, and whether they have solid data."""
_TABLE_AT = 48
"""Where the header describes the table of the WIM's resources."""
_XML_AT = 72
_INTEGRITY_AT = 124
_COMPRESSIONS = ((0x20000, "XPRESS"), (0x40000, "LZX"), (0x80000, "LZMS"))
_LARGEST_XML = 64 << 20


class WimFile(NamedTuple):
    """What the head of a WIM says."""

    path: str
    size: int
    """Bytes of this file."""
    guid: str
    compression: str
    """none, XPRESS, LZX or LZMS."""
    solid: bool
    part: int
    parts: int
    """More than 1 for a split WIM."""
    images: int
    has_integrity_table: bool
    xml: str
    """What the WIM says of its images."""


def read_wim_file(path: str) -> WimFile:
    """Read the head and the XML of a WIM.

    Raises `ImageError` for what is no WIM, is cut off, encrypted, or newer than what is known.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            head = file.read(HEAD_BYTES)
            size = file.seek(0, 2)
            if len(head) < HEAD_BYTES or head[:MAGIC_BYTES] not in WIM_MAGICS:
                raise ImageError(
                    "this is no WIM file",
                    where=path,
                    hint="Name a .wim, .esd or .swm file.",
                    hresult=0x8007000D,
                )
            found = _read_header(path, head, size)
            offset, length = _resource(head, _XML_AT)
            if not length or length > _LARGEST_XML or offset + length > size:
                raise ImageError(
                    f"the WIM is cut off or damaged: its XML should end at byte "
                    f"{offset + length:,}, and the file has {size:,}",
                    where=path,
                    hint="Copy the file again.",
                    hresult=0x80070026,
                )
            file.seek(offset)
            raw = file.read(length)
    except OSError as error:
        raise ImageError(
            f"the WIM cannot be read: {error.strerror}",
            where=path,
            hint="Check its path, and that this account may read it.",
            hresult=hresult_of_errno(error.errno),
        ) from None
    except ValueError as error:
        raise ImageError(
            f"the WIM cannot be read: {error}",
            where=repr(path),
            hresult=0x8007007B,
        ) from None
    try:
        xml = raw.decode("utf-16-le" if raw[:2] != b"\xff\xfe" else "utf-16")
    except UnicodeDecodeError:
        raise ImageError(
            "the XML of the WIM is damaged: it is not UTF-16",
            where=path,
            hint="Copy the file again.",
            hresult=0x8007000D,
        ) from None
    if xml.lstrip("\ufeff").startswith("<ESD") and "<ENCRYPTED" in xml[:200]:
        raise ImageError(
            "the WIM is encrypted",
            where=path,
            hint="Decrypt it on Windows first (such .esd files come from Windows Update).",
            hresult=0x80071772,
        )
    return found._replace(xml=xml.lstrip("\ufeff"))


def check_whole_file(path: str, head: bytes, size: int) -> None:
    """Refuse what is no WIM in one file, or ends before what its header promises.

    `head` is the header of the file, `size` its length. Raises `ImageError`.
    """
    if len(head) < HEAD_BYTES or head[:MAGIC_BYTES] not in WIM_MAGICS:
        raise ImageError(
            "this is no WIM file",
            where=path,
            hint="Name a .wim or .esd file.",
            hresult=0x8007000D,
        )
    if _read_header(path, head, size).parts > 1:
        raise ImageError(
            "this is one part of a split WIM, and one file alone is delivered",
            where=path,
            hint="Copy its parts by hand, or join them first: wimlib-imagex join.",
            hresult=0x80070032,
        )
    needed = max(sum(_resource(head, at)) for at in (_TABLE_AT, _XML_AT, _INTEGRITY_AT))
    if needed <= HEAD_BYTES or needed > size:
        raise ImageError(
            f"the WIM is cut off or damaged: its last part should end at byte {needed:,}, and the "
            f"file has {size:,}",
            where=path,
            hint="Copy the file again.",
            hresult=0x80070026,
        )


def _read_header(path: str, head: bytes, size: int) -> WimFile:
    _, header, version, flags, _, guid, part, parts, images = _HEADER.unpack_from(head)
    if version not in _VERSIONS or header < HEAD_BYTES:
        raise ImageError(
            f"the WIM has version {version:#x}, which is not known",
            where=path,
            hint="It is newer than this library, or damaged.",
            hresult=0x80070519,
        )
    return WimFile(
        path=path,
        size=size,
        guid=guid.hex(),
        compression=next((name for bit, name in _COMPRESSIONS if flags & bit), "none"),
        solid=_VERSIONS[version],
        part=part,
        parts=parts,
        images=images,
        has_integrity_table=bool(_resource(head, _INTEGRITY_AT)[1]),
        xml="",
    )


def _resource(head: bytes, at: int) -> tuple[int, int]:
    """Return offset and size in the file of what a resource header describes."""
    packed, offset = struct.unpack_from("<QQ", head, at)
    return offset, packed & (1 << 56) - 1
