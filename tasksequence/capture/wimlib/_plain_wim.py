"""An uncompressed WIM of one image, written from a tree that no file system of this machine shows.

libwim takes DOS attributes, short names and Windows times from an NTFS volume or from another WIM
alone. What comes from elsewhere is therefore written as a WIM first (the format is Microsoft's
"Windows Imaging File Format"), from which libwim exports the image.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Iterable
from typing import IO, NamedTuple

__all__ = ["Node", "write_plain_wim"]

_HEADER_BYTES = 208
_VERSION = 0x10D00
_METADATA = 0x02
_DENTRY_BYTES = 102
_NO_SECURITY = -1
_UNIX_EPOCH = 116_444_736_000_000_000
"""1970 as FILETIME."""


class Node(NamedTuple):
    """A file or folder; `children` is None for files."""

    name: str
    short_name: str
    attributes: int
    times: tuple[int, int, int]
    """Created, accessed, modified, as FILETIME."""
    data: Iterable[bytes]
    children: list[Node] | None


class _Writer:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._blobs: dict[bytes, list[int]] = {}
        self._folders = 0
        self._files = 0

    def write(self, root: Node) -> None:
        self._stream.write(bytes(_HEADER_BYTES))
        metadata = self._metadata(root)
        entry = _resource(self._stream.tell(), len(metadata), _METADATA)
        self._stream.write(metadata)
        table = [entry + struct.pack("<HI", 1, 1) + _sha1(metadata)]
        table += [
            _resource(offset, size) + struct.pack("<HI", 1, uses) + digest
            for digest, (offset, size, uses) in self._blobs.items()
        ]
        table_entry = _resource(self._stream.tell(), 50 * len(table))
        self._stream.write(b"".join(table))
        xml = self._xml().encode("utf-16-le")
        xml_entry = _resource(self._stream.tell(), len(xml))
        self._stream.write(xml)
        header = struct.pack(
            "<8sIIII16sHHI", b"MSWIM", _HEADER_BYTES, _VERSION, 0, 0, bytes(16), 1, 1, 1
        )
        self._stream.seek(0)
        self._stream.write(header + table_entry + xml_entry)
        self._stream.flush()

    def _xml(self) -> str:
        now = time.time_ns() // 100 + _UNIX_EPOCH
        moment = (
            f"<HIGHPART>0x{now >> 32:08X}</HIGHPART><LOWPART>0x{now & 0xFFFFFFFF:08X}</LOWPART>"
        )
        used = sum(size * uses for _, size, uses in self._blobs.values())
        return (
            '\ufeff<WIM><IMAGE INDEX="1"><NAME>staged</NAME>'
            f"<DIRCOUNT>{self._folders}</DIRCOUNT><FILECOUNT>{self._files}</FILECOUNT>"
            f"<TOTALBYTES>{used}</TOTALBYTES><HARDLINKBYTES>0</HARDLINKBYTES>"
            f"<CREATIONTIME>{moment}</CREATIONTIME>"
            f"<LASTMODIFICATIONTIME>{moment}</LASTMODIFICATIONTIME></IMAGE></WIM>"
        )

    def _metadata(self, root: Node) -> bytes:
        out = bytearray(struct.pack("<II", 8, 0))
        folders = [(root, self._dentry(out, root))]
        out += bytes(8)
        while folders:
            folder, at = folders.pop()
            struct.pack_into("<Q", out, at + 16, len(out))
            for child in folder.children or ():
                start = self._dentry(out, child)
                if child.children:
                    folders.append((child, start))
            out += bytes(8)
        return bytes(out)

    def _dentry(self, out: bytearray, node: Node) -> int:
        start = len(out)
        if node.children is None:
            self._files += 1
        else:
            self._folders += 1
        name = node.name.encode("utf-16-le", "surrogatepass")
        short = node.short_name.encode("utf-16-le", "surrogatepass")
        size = _DENTRY_BYTES + sum(len(text) + 2 for text in (name, short) if text)
        out += struct.pack(
            "<QIiQ16xQQQ20s4xQ",
            -(-size // 8) * 8,
            node.attributes,
            _NO_SECURITY,
            0,
            *node.times,
            bytes(20) if node.children is not None else self._blob(node.data),
            0,
        )
        out += struct.pack("<HHH", 0, len(short), len(name))
        out += name + b"\0\0" if name else b""
        out += short + b"\0\0" if short else b""
        out += bytes(-len(out) % 8)
        return start

    def _blob(self, data: Iterable[bytes]) -> bytes:
        start = self._stream.tell()
        hashed = hashlib.sha1(usedforsecurity=False)
        for piece in data:
            hashed.update(piece)
            self._stream.write(piece)
        size = self._stream.tell() - start
        if not size:
            return bytes(20)
        digest = hashed.digest()
        known = self._blobs.get(digest)
        if known is not None:
            known[2] += 1
            self._stream.seek(start)
        else:
            self._blobs[digest] = [start, size, 1]
        return digest


def write_plain_wim(stream: IO[bytes], root: Node) -> None:
    """Write a WIM whose only image is the tree of `root`, which has no name itself."""
    _Writer(stream).write(root)


def _resource(offset: int, size: int, flags: int = 0) -> bytes:
    return struct.pack("<QQQ", size | flags << 56, offset, size)


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()
