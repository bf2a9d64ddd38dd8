"""Builds small registry hive files (regf 1.5), as Windows lays them out."""

from __future__ import annotations

import struct
from collections.abc import Mapping

__all__ = ["Data", "build_hive"]

Data = str | int | bytes | list[str]
"""The data of a value: text REG_SZ, numbers REG_DWORD, bytes REG_BINARY, lists REG_MULTI_SZ."""
_BASE = 4096
_NK = 76
_ROOT_FLAGS, _KEY_FLAGS = 0x2C, 0x20


class _Tree:
    def __init__(self) -> None:
        self.keys: dict[str, _Tree] = {}
        self.values: dict[str, Data] = {}


def build_hive(keys: Mapping[str, Mapping[str, Data]], name: str = "SOFTWARE") -> bytes:
    """Return a hive with these keys, by path below its root, and their values."""
    root = _Tree()
    for path, values in keys.items():
        at = root
        for part in path.split("\\"):
            at = at.keys.setdefault(part, _Tree()) if part else at
        at.values.update(values)
    cells = _Cells()
    cells.key(root, "ROOT", _ROOT_FLAGS)
    return cells.file(name)


class _Cells:
    def __init__(self) -> None:
        self._data = bytearray(32)  # the hbin's own header comes in `file`

    def _add(self, content: bytes) -> int:
        """Append an allocated cell and return its offset from the first hbin."""
        at = len(self._data)
        size = -(-(len(content) + 4) // 8) * 8
        self._data += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
        return at

    def key(self, tree: _Tree, name: str, flags: int = _KEY_FLAGS, parent: int = 0) -> int:
        raw = name.encode("ascii")
        at = self._add(b"nk" + bytes(_NK - 2) + raw)
        children = [(self.key(child, own, parent=at), own) for own, child in tree.keys.items()]
        children.sort(key=lambda child: child[1].upper())
        values = [self._value(own, data) for own, data in tree.values.items()]
        subkeys = 0xFFFFFFFF
        if children:
            entries = b"".join(struct.pack("<II", offset, _hash(own)) for offset, own in children)
            subkeys = self._add(b"lh" + struct.pack("<H", len(children)) + entries)
        listed = 0xFFFFFFFF
        if values:
            listed = self._add(struct.pack(f"<{len(values)}I", *values))
        head = struct.pack(
            "<2sHQIIIIIIIIIIIIIIIHH",
            b"nk", flags, 132_000_000_000_000_000, 0, parent, len(children), 0, subkeys,
            0xFFFFFFFF, len(values), listed, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 0, 0, len(raw), 0,
        )  # fmt: skip
        self._data[at + 4 : at + 4 + len(head)] = head
        return at

    def _value(self, name: str, data: Data) -> int:
        kind, raw = _encoded(data)
        if len(raw) <= 4:
            size, where = len(raw) | 0x80000000, int.from_bytes(raw.ljust(4, b"\0"), "little")
        else:
            size, where = len(raw), self._add(raw)
        own = name.encode("ascii")
        head = struct.pack("<2sHIIIHH", b"vk", len(own), size, where, kind, 1 if own else 0, 0)
        return self._add(head + own)

    def file(self, name: str) -> bytes:
        size = -(-len(self._data) // _BASE) * _BASE
        free = size - len(self._data)
        if free:
            self._data += struct.pack("<i", free) + bytes(free - 4)
        self._data[:32] = struct.pack("<4sIIIIQI", b"hbin", 0, size, 0, 0, 0, 0)
        head = struct.pack("<4sIIQIIIIIII", b"regf", 1, 1, 0, 1, 5, 0, 1, 32, size, 1)
        head += name.encode("utf-16-le").ljust(64, b"\0")
        head = head.ljust(508, b"\0")
        checksum = 0
        for (word,) in struct.iter_unpack("<I", head):
            checksum ^= word
        return (head + struct.pack("<I", checksum)).ljust(_BASE, b"\0") + bytes(self._data)


def _encoded(data: Data) -> tuple[int, bytes]:
    if isinstance(data, int):
        return 4, struct.pack("<I", data)
    if isinstance(data, bytes):
        return 3, data
    if isinstance(data, list):
        return 7, ("\0".join([*data, "", ""])).encode("utf-16-le")
    return 1, (data + "\0").encode("utf-16-le")


def _hash(name: str) -> int:
    value = 0
    for character in name.upper():
        value = (value * 37 + ord(character)) & 0xFFFFFFFF
    return value
