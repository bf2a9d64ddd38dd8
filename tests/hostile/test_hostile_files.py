"""What is hostile is refused: in bounded memory and time, with file, place and limit named."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.bounded import run_bounded

SEQUENCE = b'<sequence version="3.10"><group name="g" description=""/></sequence>'
OBJECT = (
    b'<INSTANCE CLASSNAME="SMS_TaskSequencePackage"><PROPERTY NAME="Sequence" TYPE="string">'
    b"<VALUE><![CDATA[" + SEQUENCE + b"]]></VALUE></PROPERTY></INSTANCE>"
)
MEMBER = "SMS_TaskSequencePackage/ABC00001/object.xml"
LOAD = """
try:
    print("loaded", ts.load(sys.argv[3]).sequence)
except ts.DocumentError as error:
    print("refused", error)
"""


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def huge_attribute(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b'<sequence version="3.10"><group name="')
        # 1 GB that takes no room on the disk.
        file.truncate(1 << 30)


def long_attribute(path: Path) -> None:
    path.write_bytes(SEQUENCE.replace(b'"g"', b'"' + b"g" * (100 << 20) + b'"'))


def long_text(path: Path) -> None:
    text = b"<![CDATA[" + b"<" * (64 << 20) + b"]]>"
    path.write_bytes(
        b'<sequence version="3.10"><step name="s"><action>' + text + b"</action></step></sequence>"
    )


def bomb(path: Path) -> None:
    path.write_bytes(zipped((MEMBER, b" " * (200 << 20))))


def many_members(path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[0] * 9, 1, *[0] * 6) + b"a"
    directory = entry * 1_000_000
    path.write_bytes(
        b"PK\x03\x04"
        + directory
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 4, 0)
    )


def some_members_too_many(path: Path) -> None:
    path.write_bytes(zipped(*((f"{n}.txt", b"") for n in range(10_001))))


def large_total(path: Path) -> None:
    # Nothing is unpacked: what the members declare is enough.
    raw = bytearray(zipped((MEMBER, OBJECT), *((f"{n}.txt", b"x" * 100) for n in range(100))))
    place = raw.index(b"PK\x01\x02")
    while (place := raw.find(b"PK\x01\x02", place + 1)) > 0:
        struct.pack_into("<L", raw, place + 24, 4_000_000)
        struct.pack_into("<L", raw, place + 20, 20)
    path.write_bytes(raw)


def overlapping(path: Path) -> None:
    """Two entries of the directory that stand for the same bytes, as in bombs without nesting."""
    raw = zipped((MEMBER, OBJECT), ("b.txt", b"b" * 10))
    at = raw.rindex(b"PK\x01\x02")
    moved = bytearray(raw)
    struct.pack_into("<L", moved, at + 42, 0)
    path.write_bytes(moved)


def encrypted(path: Path) -> None:
    raw = bytearray(zipped((MEMBER, OBJECT)))
    raw[6] |= 1
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)


def lying(path: Path) -> None:
    """A member that is larger than its entry says."""
    raw = bytearray(zipped((MEMBER, OBJECT + b" " * 100_000)))
    struct.pack_into("<L", raw, raw.rindex(b"PK\x01\x02") + 24, 60_000)
    path.write_bytes(raw)


def nested_entities() -> bytes:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(20))
    return f'<!DOCTYPE sequence [<!ENTITY e0 "x">{levels}]><sequence>&e20;</sequence>'.encode()


def written(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


DEEP = b"<sequence version='3.10'>" + b"<group name='g'>" * 10_000
CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "XXE": (
        written(
            b'<!DOCTYPE sequence [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            b'<sequence version="3.10"><group name="&x;"/></sequence>'
        ),
        "line 1: has a DOCTYPE",
    ),
    "XXE on a later line": (
        written(b'<?xml version="1.0"?>\n\n<!DOCTYPE s SYSTEM "http://example.org/s.dtd"><s/>'),
        "line 3: has a DOCTYPE",
    ),
    "parameter entity": (
        written(b'<!DOCTYPE s [<!ENTITY % p SYSTEM "http://example.org/p">%p;]><sequence/>'),
        "has a DOCTYPE",
    ),
    "entity bomb": (written(nested_entities()), "has a DOCTYPE"),
    "DOCTYPE inside object.xml": (
        written(OBJECT.replace(b"<sequence", b"\n<!DOCTYPE s><sequence")),
        "line 2: has a DOCTYPE",
    ),
    "10,000 deep": (
        written(DEEP + b"</group>" * 10_000 + b"</sequence>"),
        "line 1: nests elements more than 200 deep (limit depth)",
    ),
    "10,000 conditions deep": (
        written(
            b"<sequence><step name='s'><condition>" + b"<operator type='and'>" * 10_000,
        ),
        "more than 200 deep (limit depth)",
    ),
    "1 GB attribute": (huge_attribute, "268,435,456 bytes, which no export has (limit file_bytes)"),
    "100 MB attribute": (long_attribute, "more than 16,777,216 bytes (limit value_bytes)"),
    "64 MB of CDATA": (long_text, "more than 16,777,216 bytes (limit value_bytes)"),
    "zip bomb": (bomb, f"{MEMBER!r} would grow"),
    "zip of a million members": (many_members, "more than 10,000 members (limit zip_members)"),
    "zip of 10,001 members": (some_members_too_many, "are the limit zip_members"),
    "zip that unpacks to too much": (large_total, "are the limit zip_total_bytes"),
    "overlapping members": (overlapping, "overlaps"),
    "a member larger than it says": (lying, f"{MEMBER!r}"),
    "path traversal": (
        written(zipped((MEMBER, OBJECT), ("a/../../../etc/cron.d/x", b""))),
        "leads out of the zip's folder",
    ),
    "path traversal by backslashes": (
        written(zipped((MEMBER, OBJECT), ("..\\..\\x", b""))),
        "leads out of the zip's folder",
    ),
    "absolute name": (
        written(zipped((MEMBER, OBJECT), ("/etc/passwd", b""))),
        "'/etc/passwd', whose name leads out",
    ),
    "drive letter": (
        written(zipped((MEMBER, OBJECT), ("C:\\Windows\\x", b""))),
        "leads out of the zip's folder",
    ),
    "encrypted zip": (encrypted, f"{MEMBER!r} is encrypted"),
    "truncated zip": (written(zipped((MEMBER, OBJECT))[:-10]), "it was cut off"),
    "zip cut in the middle": (written(zipped((MEMBER, OBJECT))[:100]), "it was cut off"),
    "declared utf-8, is latin-1": (
        written("<?xml version='1.0' encoding='utf-8'?>\n<sequence a='é'/>".encode("latin-1")),
        "line 2: is not valid utf-8 at byte",
    ),
    "declared an encoding that is no text": (
        written(b"<?xml version='1.0' encoding='unicode_escape'?><sequence/>"),
        "line 1: declares the encoding 'unicode_escape'",
    ),
    "declared a slow encoding": (
        written(b"<?xml version='1.0' encoding='punycode'?>" + b"<a/>" * 200_000),
        "declares the encoding 'punycode'",
    ),
    "invalid UTF-8": (written(SEQUENCE.replace(b"g", b"\n\xc3\x28")), "line 2: is not valid utf-8"),
    "surrogate in UTF-8": (written(SEQUENCE.replace(b"g", b"\xed\xa0\x80")), "not valid utf-8"),
    "half a character of UTF-16": (
        written(b"\xff\xfe" + SEQUENCE.decode().encode("utf-16-le")[:-1]),
        "is not valid utf-16-le",
    ),
    "NUL": (written(SEQUENCE.replace(b"g", b"g\0")), "is a binary file"),
    "NUL far behind": (
        written(b"<sequence>\n" + b" " * 2000 + b"\0</sequence>"),
        "line 2: is not well-formed XML",
    ),
    "two roots": (written(SEQUENCE + b"\n" + SEQUENCE), "line 2: is not well-formed XML: junk"),
    "undefined entity": (written(b"<sequence>&nope;</sequence>"), "undefined entity"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_is_refused_in_bounded_memory(case: str, tmp_path: Path) -> None:
    make, reason = CASES[case]
    path = tmp_path / "hostile.zip"
    make(path)
    done = run_bounded(LOAD, path)
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith(f"refused {path}")
    assert reason in done.stdout


@pytest.mark.parametrize("second", [MEMBER, MEMBER.upper(), MEMBER.replace("/", "\\")])
def test_a_member_that_is_there_twice_is_refused(second: str) -> None:
    raw = zipped((MEMBER, OBJECT), ("x" * len(MEMBER), OBJECT)).replace(
        b"x" * len(MEMBER), second.encode()
    )
    with pytest.raises(ts.DocumentError, match="twice"):
        ts.load(raw)


HARMLESS = {
    "external schema": b'<sequence version="3.10" xmlns:xsi="http://www.w3.org/2001/'
    b'XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://example.org/s.xsd"/>',
    "include": b'<sequence version="3.10" xmlns:xi="http://www.w3.org/2001/XInclude">'
    b'<xi:include href="file:///etc/passwd" parse="text"/></sequence>',
    "stylesheet": b'<?xml-stylesheet href="http://example.org/s.xsl"?><sequence version="3.10"/>',
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_points_elsewhere_is_kept_and_not_followed(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(HARMLESS[name])
    code = """
document = ts.load(sys.argv[3])
assert document.to_bytes() == open(sys.argv[3], "rb").read()
print("root:" in repr(document.sequence))
"""
    done = run_bounded(code, path)
    assert (done.stdout, done.stderr) == ("False\n", "")


RAISED = {
    "depth": (ts.Limits(depth=3), ts.Limits(depth=4), b"<sequence><a><b><c/></b></a></sequence>"),
    "value_bytes": (
        ts.Limits(value_bytes=50),
        ts.Limits(value_bytes=500),
        b'<sequence version="' + b"3" * 100 + b'"/>',
    ),
    "file_bytes": (ts.Limits(file_bytes=10), ts.Limits(file_bytes=100), SEQUENCE),
    "zip_members": (
        ts.Limits(zip_members=1),
        ts.Limits(zip_members=2),
        zipped((MEMBER, OBJECT), ("b", b"")),
    ),
    "zip_total_bytes": (
        ts.Limits(zip_total_bytes=100),
        ts.Limits(zip_total_bytes=1_000_000),
        zipped((MEMBER, OBJECT + b" " * 1000)),
    ),
    "zip_ratio": (
        ts.Limits(zip_ratio=10),
        ts.Limits(zip_ratio=1000),
        zipped((MEMBER, OBJECT + b" " * 100_000)),
    ),
}


@pytest.mark.parametrize("name", RAISED)
def test_a_limit_is_named_and_can_be_raised(name: str) -> None:
    low, high, raw = RAISED[name]
    with pytest.raises(ts.DocumentError, match=f"limit {name}"):
        ts.load(raw, limits=low)
    assert ts.load(raw, limits=high).to_bytes() == raw


def test_a_sequence_in_an_object_xml_may_be_longer_than_one_value() -> None:
    groups = b'<group name="g" description=""/>' * 100
    raw = OBJECT.replace(b'<group name="g" description=""/>', groups)
    limits = ts.Limits(value_bytes=200)
    assert len(ts.load(raw, limits=limits).sequence.steps) == 100
    packed = zipped((MEMBER, raw))
    assert len(ts.load(packed, limits=limits).sequence.steps) == 100
    with pytest.raises(ts.DocumentError, match="limit value_bytes"):
        ts.load(raw.replace(b'"g"', b'"' + b"g" * 300 + b'"', 1), limits=limits)


def test_a_raised_depth_meets_python_s_own_bound_with_an_error_of_the_family(
    tmp_path: Path,
) -> None:
    path = tmp_path / "deep.xml"
    path.write_bytes(DEEP + b"</group>" * 10_000 + b"</sequence>")
    done = run_bounded(LOAD.replace("argv[3])", "argv[3], limits=ts.Limits(depth=20000))"), path)
    assert done.stderr == ""
    assert "nests groups deeper than this Python can follow" in done.stdout


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "9"])
def test_a_limit_that_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="the limit depth"):
        ts.Limits(depth=value)  # type: ignore[arg-type]


def test_every_cut_of_a_zip_and_every_flipped_byte_gives_an_error_of_the_family() -> None:
    raw = zipped((MEMBER, OBJECT), ("b.txt", b"b"))
    for end in range(len(raw)):
        with pytest.raises(ts.DocumentError):
            ts.load(raw[:end])
    for place in range(len(raw)):
        for mask in (0x01, 0x80, 0xFF):
            damaged = bytearray(raw)
            damaged[place] ^= mask
            try:
                document = ts.load(bytes(damaged))
            except ts.DocumentError:
                continue
            assert document.to_bytes() == damaged
            document.sequence.steps.clear()
            try:
                changed = document.to_bytes()
            except ts.DocumentError:
                continue
            assert ts.load(changed).sequence.steps == []


def test_a_checksum_is_right_after_an_edit() -> None:
    document = ts.load(zipped((MEMBER, OBJECT)))
    document.sequence.steps.clear()
    with zipfile.ZipFile(io.BytesIO(document.to_bytes())) as archive:
        (info,) = archive.infolist()
        assert zlib.crc32(archive.read(MEMBER)) == info.CRC
