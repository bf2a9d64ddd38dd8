"""Export zips: reading members within limits, and replacing some without touching the others."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

from tasksequence.document.limits import Limits
from tasksequence.errors import DocumentError

__all__ = ["ZipContainer"]

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_CENTRAL_MAGIC = b"PK\x01\x02"
_END_MAGIC = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
# A ratio says nothing of a few bytes.
_SMALL = 64 * 1024
_OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|\x00")
_AGAIN = "Export the task sequence again, or give its object.xml or sequence XML."


class ZipContainer:
    """A zip file in memory; raises `DocumentError` for what is no readable and harmless zip."""

    def __init__(self, raw: bytes, *, name: str | None, limits: Limits | None = None) -> None:
        self._raw = raw
        self._name = name
        self._limits = limits if limits is not None else Limits()
        self._check_count()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (
            zipfile.BadZipFile,
            ValueError,
            NotImplementedError,
            OverflowError,
            struct.error,
        ) as error:
            raise self._error(f"is no readable zip file: {error}") from None
        self._members = self._zip.infolist()
        self._check_directory()
        self._check_names()
        self._check_sizes()

    def names(self) -> list[str]:
        """Return the members' names in their order in the file."""
        return [member.filename for member in self._members]

    def read(self, member_name: str) -> bytes:
        """Return a member's content; raises `DocumentError` when it is damaged."""
        member = self._zip.getinfo(member_name)
        if member.flag_bits & 0x1:
            raise self._error(
                f"the member {member_name!r} is encrypted",
                hint="Unpack it with its password and pack it again, or export the sequence again.",
            )
        try:
            with self._zip.open(member) as stream:
                content = stream.read(member.file_size + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            OSError,
            RuntimeError,
            ValueError,
            struct.error,
        ) as error:
            raise self._error(f"the member {member_name!r} is damaged: {error}") from None
        if len(content) != member.file_size:
            raise self._error(f"the member {member_name!r} has another size than it declares")
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

    def _check_count(self) -> None:
        """Refuse a directory with too many members before it is read."""
        limit = self._limits.zip_members
        at = self._raw.rfind(_END_MAGIC, max(0, len(self._raw) - _END.size - _LONGEST_COMMENT))
        if at < 0 or at + _END.size > len(self._raw):
            raise self._error("is no readable zip file: its end is missing, it was cut off")
        # What the records say of the number can lie. Some content may look like an entry.
        if self._raw.count(_CENTRAL_MAGIC) > limit * 8:
            raise self._error(f"holds more than {limit:,} members (limit zip_members)")

    def _check_directory(self) -> None:
        """Refuse a directory that does not end where its last entry does."""
        position = self._directory_start()
        end = self._raw.rindex(_END_MAGIC)
        for _ in self._members:
            if position + _CENTRAL.size > end:
                break
            entry = _CENTRAL.unpack_from(self._raw, position)
            position += _CENTRAL.size + entry[10] + entry[11] + entry[12]
        if position > end:
            raise self._error("is no readable zip file: its directory is damaged")

    def _check_names(self) -> None:
        members, limit = self._members, self._limits.zip_members
        if len(members) > limit:
            raise self._error(
                f"holds {len(members):,} members; {limit:,} are the limit zip_members"
            )
        seen: set[str] = set()
        for member in members:
            # What the file itself says: zipfile cuts a name at its first NUL.
            name = member.orig_filename
            if _OUTSIDE.search(name):
                raise self._error(
                    f"holds the member {name!r}, whose name leads out of the zip's folder",
                    hint="No export has such a name: do not unpack this file.",
                )
            folded = name.replace("\\", "/").casefold()
            if folded in seen:
                raise self._error(f"holds the member {name!r} twice")
            seen.add(folded)

    def _check_sizes(self) -> None:
        limits = self._limits
        total = sum(member.file_size for member in self._members)
        if total > limits.zip_total_bytes:
            raise self._error(
                f"would unpack to {total:,} bytes; "
                f"{limits.zip_total_bytes:,} are the limit zip_total_bytes"
            )
        end = self._directory_start()
        place = end
        for member in sorted(self._members, key=lambda member: -member.header_offset):
            ratio = member.file_size // max(1, member.compress_size)
            if member.file_size > _SMALL and ratio > limits.zip_ratio:
                raise self._error(
                    f"the member {member.filename!r} would grow {ratio:,} times when unpacked; "
                    f"{limits.zip_ratio:,} times is the limit zip_ratio"
                )
            least = _LOCAL.size + len(member.orig_filename) + member.compress_size
            if member.header_offset < 0 or member.header_offset + least > place:
                raise self._error(f"the member {member.filename!r} overlaps what follows it")
            place = member.header_offset

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
        return bytes(directory)

    def _end_record(self, start: int, size: int) -> bytes:
        position = self._raw.rindex(_END_MAGIC)
        record = list(_END.unpack_from(self._raw, position))
        record[5], record[6] = size, start
        return _END.pack(*record) + self._raw[position + _END.size :]

    def _error(self, problem: str, *, hint: str = _AGAIN) -> DocumentError:
        return DocumentError(problem, path=self._name or "<bytes>", hint=hint)
