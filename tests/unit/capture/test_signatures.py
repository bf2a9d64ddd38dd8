"""Naming what is no NTFS volume."""

from __future__ import annotations

import pytest

from tasksequence.capture.sources.signatures import HEAD_BYTES, identify


def head(*pieces: tuple[int, bytes]) -> bytes:
    raw = bytearray(HEAD_BYTES)
    for offset, data in pieces:
        raw[offset : offset + len(data)] = data
    return bytes(raw)


MBR_ENTRY = b"\x80\x20\x21\x00\x07\xfe\xff\xff\x00\x08\x00\x00\x00\x00\x10\x00"
PROTECTIVE_ENTRY = b"\x00\x00\x02\x00\xee\xff\xff\xff\x01\x00\x00\x00\xff\xff\xff\xff"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (head((3, b"-FVE-FS-"), (510, b"\x55\xaa")), "BitLocker"),
        (head((3, b"EXFAT   ")), "exFAT"),
        (head((3, b"mkfs.fat"), (0x52, b"FAT32   "), (510, b"\x55\xaa")), "FAT32"),
        (head((0x36, b"FAT16   ")), "FAT"),
        (head((1080, b"\x53\xef")), "ext4"),
        (head((0, b"MSWIM\0\0\0")), "WIM"),
        (head((0, b"vhdxfile")), "VHDX"),
        (head((0, b"QFI\xfb")), "qcow2"),
        (head((446, PROTECTIVE_ENTRY), (510, b"\x55\xaa"), (512, b"EFI PART")), "GPT"),
        (head((446, PROTECTIVE_ENTRY), (510, b"\x55\xaa"), (4096, b"EFI PART")), "GPT"),
        (head((446, MBR_ENTRY), (510, b"\x55\xaa")), "MBR"),
        (head(), "zeros"),
    ],
)
def test_known_starts_are_named_with_a_hint(raw: bytes, what: str) -> None:
    found = identify(raw)
    assert found is not None
    assert what in found[0]
    assert found[1]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        head((0, b"text")),
        # A boot sector that is no partition table: the entries' first bytes are code.
        head((446, b"\x33\xc0\x8e" * 20), (510, b"\x55\xaa")),
    ],
)
def test_other_starts_are_unknown(raw: bytes) -> None:
    assert identify(raw) is None
