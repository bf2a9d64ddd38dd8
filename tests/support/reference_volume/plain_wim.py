"""Writes a tree as an uncompressed WIM, which `wimlib-imagex apply` reads."""

from __future__ import annotations

import hashlib
import struct
from typing import BinaryIO

from tests.support.reference_volume.nodes import DIRECTORY, Node


class WimWriter:
    """Writes one uncompressed image, laid out as Microsoft's "Windows Imaging File Format" says."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._blobs: dict[bytes, tuple[int, int]] = {}
        self._uses: dict[bytes, int] = {}
        self._descriptors: dict[bytes, int] = {}
        self._link_groups: dict[int, int] = {}
        stream.write(bytes(208))

    def security(self, descriptor: bytes) -> int:
        """Return the number that dentries use for a security descriptor."""
        return self._descriptors.setdefault(descriptor, len(self._descriptors))

    def add(self, data: bytes) -> bytes | None:
        """Store contents, once however often they come, and return their SHA-1 (None if empty)."""
        if not data:
            return None
        digest = hashlib.sha1(data, usedforsecurity=False).digest()
        if digest not in self._blobs:
            self._blobs[digest] = (self._stream.tell(), len(data))
            self._stream.write(data)
        return digest

    def finish(self, root: Node) -> None:
        """Write what describes the contents: the folders, the table of contents, the header."""
        metadata = self._metadata(root)
        metadata_entry = _resource(self._stream.tell(), len(metadata), 0x02)
        self._stream.write(metadata)
        digest = hashlib.sha1(metadata, usedforsecurity=False).digest()
        table = [metadata_entry + struct.pack("<HI", 1, 1) + digest]
        for blob, (offset, size) in self._blobs.items():
            uses = struct.pack("<HI", 1, self._uses[blob])
            table.append(_resource(offset, size) + uses + blob)
        table_entry = _resource(self._stream.tell(), 50 * len(table))
        self._stream.write(b"".join(table))
        xml = '\ufeff<WIM><IMAGE INDEX="1"><NAME>reference</NAME></IMAGE></WIM>'.encode("utf-16-le")
        xml_entry = _resource(self._stream.tell(), len(xml))
        self._stream.write(xml)
        # Version 1.13, no flags; a fixed GUID; part 1 of 1; one image; none to boot from.
        header = struct.pack(
            "<8sIIII16sHHI", b"MSWIM", 208, 0x10D00, 0, 0, b"reference volume", 1, 1, 1
        )
        self._stream.seek(0)
        self._stream.write(header + table_entry + xml_entry)

    def _metadata(self, root: Node) -> bytes:
        out = bytearray(self._security_block())
        self._dentry(out, "", "", root)
        out += bytes(8)
        self._children(out, root, len(out) - 8 - _dentry_size("", "") + 16)
        return bytes(out)

    def _security_block(self) -> bytes:
        sizes = [len(descriptor) for descriptor in self._descriptors]
        length = -(-(8 + 8 * len(sizes) + sum(sizes)) // 8) * 8
        head = struct.pack(f"<II{len(sizes)}Q", length, len(sizes), *sizes)
        return (head + b"".join(self._descriptors)).ljust(length, b"\0")

    def _children(self, out: bytearray, folder: Node, offset_at: int) -> None:
        """Append the list of a folder's entries, and set where the folder's own entry points."""
        struct.pack_into("<Q", out, offset_at, len(out))
        folders = []
        for name, node in folder.children.items():
            if node.attributes & DIRECTORY and not node.reparse_tag:
                folders.append((node, len(out) + 16))
            self._dentry(out, name, folder.short_names.get(name, ""), node)
        out += bytes(8)
        for node, at in folders:
            self._children(out, node, at)

    def _dentry(self, out: bytearray, name: str, short: str, node: Node) -> None:
        long_name, short_name = name.encode("utf-16-le"), short.encode("utf-16-le")
        out += struct.pack(
            "<QIiQ16xQQQ20s4x",
            _dentry_size(name, short),
            node.attributes,
            node.security,
            0,
            *node.times,
            self._use(node.data),
        )
        if node.reparse_tag:
            out += struct.pack("<IHH", node.reparse_tag, 0, 1)  # 1: the target is as it was
        else:
            out += struct.pack("<Q", self._link_group(node))
        out += struct.pack("<HHH", len(node.streams), len(short_name), len(long_name))
        out += long_name + b"\0\0" if name else b""
        out += short_name + b"\0\0" if short else b""
        out += bytes(-len(out) % 8)
        for stream, data in node.streams.items():
            encoded = stream.encode("utf-16-le")
            length = -(-(38 + len(encoded) + 2) // 8) * 8
            entry = struct.pack("<QQ20sH", length, 0, self._use(data), len(encoded)) + encoded
            out += entry.ljust(length, b"\0")

    def _use(self, digest: bytes | None) -> bytes:
        if digest is None:
            return bytes(20)
        self._uses[digest] = self._uses.get(digest, 0) + 1
        return digest

    def _link_group(self, node: Node) -> int:
        if node.names < 2:
            return 0
        return self._link_groups.setdefault(id(node), len(self._link_groups) + 1)


def _resource(offset: int, size: int, flags: int = 0) -> bytes:
    return struct.pack("<QQQ", size | flags << 56, offset, size)


def _dentry_size(name: str, short: str) -> int:
    """Return the length of an entry without its streams."""
    size = 102
    for text in (name, short):
        if text:
            size += len(text.encode("utf-16-le")) + 2
    return -(-size // 8) * 8
