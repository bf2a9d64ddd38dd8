"""Export zips: reading members within limits, and replacing some without touching the others."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from tasksequence.errors import DocumentError

__all__ = ["ZipContainer"]

MAX_MEMBERS = 10_000
MAX_MEMBER_BYTES = 256 * 1024 * 1024
"""Real exports hold at most some hundred kilobytes a member."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")


class ZipContainer:
    """A zip file in memory; raises `DocumentError` for what is no readable zip."""

    def __init__(self, raw: bytes, *, name: str | None) -> None:
        self._raw = raw
        self._name = name
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise self._error(f"is no readable zip file: {error}") from None
        self._members = self._zip.infolist()
        if len(self._members) > MAX_MEMBERS:
            raise self._error(f"holds {len(self._members)} members; {MAX_MEMBERS} are the limit")
        names = [member.filename for member in self._members]
        if len(set(names)) != len(names):
            twice = next(n for n in names if names.count(n) > 1)
            raise self._error(f"holds the member {twice!r} twice")

    def names(self) -> list[str]:
        """Return the members' names in their order in the file."""
        return [member.filename for member in self._members]

    def size(self, member_name: str) -> int:
        """Return how many bytes a member declares to have."""
        return self._zip.getinfo(member_name).file_size

    def read(self, member_name: str) -> bytes:
        """Return a member's content; raises `DocumentError` when damaged, encrypted or huge."""
        member = self._zip.getinfo(member_name)
        if member.file_size > MAX_MEMBER_BYTES:
            raise self._error(
                f"the member {member_name!r} has {member.file_size} bytes; "
                f"{MAX_MEMBER_BYTES} are the limit"
            )
        if member.flag_bits & 0x1:
            raise self._error(f"the member {member_name!r} is encrypted")
        try:
            with self._zip.open(member) as stream:
                content = stream.read(member.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise self._error(f"the member {member_name!r} is damaged: {error}") from None
        if len(content) > member.file_size:
            raise self._error(f"the member {member_name!r} is larger than it declares")
        return content

    def replaced(self, contents: Mapping[str, bytes]) -> bytes:
        """Return the zip with some members' contents replaced.

        Everything else (order, names, times, the compressed bytes of other members, comments)
        is copied; a replaced member keeps its compression method.
        """
        if not contents:
            return self._raw
        body = bytearray()
        offsets: dict[str, int] = {}
        sizes: dict[str, tuple[int, int, int]] = {}
        by_place = sorted(self._members, key=lambda member: member.header_offset)
        ends = [member.header_offset for member in by_place[1:]] + [self._directory_start()]
        body += self._raw[: by_place[0].header_offset] if by_place else b""
        for member, end in zip(by_place, ends, strict=True):
            offsets[member.filename] = len(body)
            if member.filename in contents:
                sizes[member.filename] = self._append(body, member, contents[member.filename])
            else:
                body += self._raw[member.header_offset : end]
        directory = self._directory(offsets, sizes)
        start = len(body)
        body += directory
        body += self._end_record(start, len(directory))
        return bytes(body)

    def _append(
        self, body: bytearray, member: zipfile.ZipInfo, content: bytes
    ) -> tuple[int, int, int]:
        header = list(_LOCAL.unpack_from(self._raw, member.header_offset))
        name_length, extra_length = header[9], header[10]
        tail_start = member.header_offset + _LOCAL.size
        tail = self._raw[tail_start : tail_start + name_length + extra_length]
        packed = content
        if member.compress_type == zipfile.ZIP_DEFLATED:
            packer = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -15)
            packed = packer.compress(content) + packer.flush()
        elif member.compress_type != zipfile.ZIP_STORED:
            raise self._error(
                f"the member {member.filename!r} is compressed by method {member.compress_type}, "
                "which is not written"
            )
        check = zlib.crc32(content)
        header[2] &= ~0x8  # sizes stand in the header, so no data descriptor follows
        header[6:9] = check, len(packed), len(content)
        body += _LOCAL.pack(*header) + tail + packed
        return check, len(packed), len(content)

    def _directory_start(self) -> int:
        return self._zip.start_dir

    def _directory(
        self, offsets: Mapping[str, int], sizes: Mapping[str, tuple[int, int, int]]
    ) -> bytes:
        directory = bytearray()
        position = self._directory_start()
        for member in self._members:
            entry = list(_CENTRAL.unpack_from(self._raw, position))
            length = _CENTRAL.size + entry[10] + entry[11] + entry[12]
            if entry[16] != 0xFFFFFFFF:
                entry[16] = offsets[member.filename]
            else:
                raise self._error("is a Zip64 archive, which is read but not rewritten")
            if member.filename in sizes:
                entry[3] &= ~0x8
                entry[7:10] = sizes[member.filename]
            directory += _CENTRAL.pack(*entry)
            directory += self._raw[position + _CENTRAL.size : position + length]
            position += length
        self._after_directory = position
        return bytes(directory)

    def _end_record(self, start: int, size: int) -> bytes:
        position = self._raw.index(b"PK\x05\x06", self._after_directory)
        record = list(_END.unpack_from(self._raw, position))
        record[5], record[6] = size, start
        return _END.pack(*record) + self._raw[position + _END.size :]

    def _error(self, problem: str) -> DocumentError:
        return DocumentError(
            problem,
            path=self._name or "<bytes>",
            hint="Export the task sequence again, or give its object.xml or sequence XML.",
        )
