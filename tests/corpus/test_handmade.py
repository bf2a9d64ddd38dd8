"""Spellings and encodings that real exports may have: each comes back byte for byte."""

from __future__ import annotations

import codecs
import io
import zipfile

import pytest
from lxml import etree

import tasksequence as ts

STEP = (
    '<step type="SMS_TaskSequence_RebootAction" name="Größe" description="" runIn="WinPE"'
    ' successCodeList="0" retryCount="0" runFromNet="false"><action>smsboot.exe /target:HD'
    '</action><defaultVarList><variable name="SMSRebootMessage" property="Message">a\nb</variable>'
    '<variable name="SMSRebootTarget" property="Target" hidden="true">HD</variable>'
    "</defaultVarList></step>"
)
SEQUENCE = f'<sequence version="3.10">{STEP}</sequence>'


def object_xml(value: str) -> str:
    return (
        '<INSTANCE CLASSNAME="SMS_TaskSequencePackage">'
        '<PROPERTY NAME="Name" TYPE="string"><VALUE>The name</VALUE></PROPERTY>'
        '<PROPERTY NAME="PackageID" TYPE="string"><VALUE>ABC00001</VALUE></PROPERTY>'
        f'<PROPERTY NAME="Sequence" TYPE="string"><VALUE>{value}</VALUE></PROPERTY></INSTANCE>'
    )


ESCAPED = SEQUENCE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

DOCUMENTS = {
    "utf-8": SEQUENCE.encode(),
    "utf-8 with a byte order mark": codecs.BOM_UTF8 + SEQUENCE.encode(),
    "utf-8 declared": b'<?xml version="1.0" encoding="utf-8"?>\n' + SEQUENCE.encode(),
    "utf-16 little endian": codecs.BOM_UTF16_LE + SEQUENCE.encode("utf-16-le"),
    "utf-16 big endian": codecs.BOM_UTF16_BE + SEQUENCE.encode("utf-16-be"),
    "utf-16 without a mark": SEQUENCE.encode("utf-16-le"),
    "utf-16 declared and marked": codecs.BOM_UTF16_LE
    + ('<?xml version="1.0" encoding="utf-16"?>' + SEQUENCE).encode("utf-16-le"),
    "stored as utf-8, declared as utf-16": (
        '<?xml version="1.0" encoding="utf-16"?>' + SEQUENCE
    ).encode(),
    "windows-1252": ("<?xml version='1.0' encoding='windows-1252'?>" + SEQUENCE).encode("cp1252"),
    "CR LF": SEQUENCE.replace("\n", "\r\n").replace("><", ">\r\n<").encode(),
    "single quotes": SEQUENCE.replace('"', "'").encode(),
    "comments and instructions": SEQUENCE.replace(
        "<step", "<!-- <step> --><?keep this?><step"
    ).encode(),
    "odd white space in tags": SEQUENCE.replace(" name=", "\n\t name  =\n ").encode(),
    "CDATA": SEQUENCE.replace("a\nb", "<![CDATA[a <b> ]]>").encode(),
    "unknown elements and attributes": SEQUENCE.replace(
        "<action>", '<new odd="1"><x/></new><action more="">'
    ).encode(),
    "duplicate variables": SEQUENCE.replace(
        "<defaultVarList>",
        '<defaultVarList><variable name="SMSRebootTarget" property="Target">WinPE</variable>',
    ).encode(),
    "object.xml with CDATA": object_xml(f"<![CDATA[{SEQUENCE}\r\n]]>").encode(),
    "object.xml with escaped text": object_xml(ESCAPED).encode(),
    "object.xml in CR LF": object_xml(f"\r\n<![CDATA[{SEQUENCE}]]>\r\n").encode(),
    "older package": f"<SmsTaskSequencePackage><Name>n</Name><SequenceData>{SEQUENCE}"
    "</SequenceData></SmsTaskSequencePackage>".encode(),
    "MDT": b'<sequence version="3.00" name="MDT" description="d">'
    b'<step name="No type" disable="false"><action>cmd</action></step></sequence>',
    "no steps": b'<sequence version="3.10" />',
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_untouched_bytes_survive(name: str) -> None:
    raw = DOCUMENTS[name]
    assert ts.load(raw).to_bytes() == raw


@pytest.mark.parametrize("name", [n for n in DOCUMENTS if n not in {"MDT", "no steps"}])
def test_an_edit_and_its_undoing_leave_no_trace(name: str) -> None:
    raw = DOCUMENTS[name]
    document = ts.load(raw)
    (step,) = document.sequence.steps
    assert isinstance(step, ts.RebootAction)
    old = step.message
    step.message = 'new ]]> <&> "ü" €'
    changed = document.to_bytes()
    assert changed != raw
    (again,) = ts.load(changed).sequence.steps
    assert again == step
    step.message = old
    assert document.to_bytes() == raw


@pytest.mark.parametrize("name", DOCUMENTS)
def test_another_parser_reads_the_same(name: str) -> None:
    """lxml, which shares no code with the library's parser, sees the same names and texts."""
    raw = DOCUMENTS[name]
    if b"INSTANCE" in raw or name == "stored as utf-8, declared as utf-16":
        pytest.skip("the sequence is text inside another document, or lxml trusts the declaration")
    if name == "utf-16 without a mark":
        root = etree.fromstring(codecs.BOM_UTF16_LE + raw)
    else:
        root = etree.fromstring(raw)
    theirs = [e.get("name") for e in root.iter("step")]
    assert [step.name for step in ts.load(raw).sequence.walk()] == theirs


def test_characters_that_an_encoding_lacks_become_references() -> None:
    document = ts.load(DOCUMENTS["windows-1252"])
    document.sequence.steps[0].name = "日本"
    assert b"&#26085;&#26412;" in document.to_bytes()
    assert ts.load(document.to_bytes()).sequence.steps[0].name == "日本"


def test_the_first_of_duplicate_variables_counts_and_the_others_stay() -> None:
    document = ts.load(DOCUMENTS["duplicate variables"])
    (step,) = document.sequence.steps
    assert isinstance(step, ts.RebootAction)
    assert step.target == "WinPE"
    step.target = "HD"
    assert document.to_bytes().count(b">HD</variable>") == 2


def test_a_value_that_cannot_be_read_is_reported_and_kept() -> None:
    raw = SEQUENCE.replace(' runIn="WinPE"', ' timeout="abc" runIn="WinPE"').encode()
    document = ts.load(raw)
    (violation,) = document.violations
    assert (violation.property, violation.severity, violation.step) == (
        "Timeout",
        "error",
        ("Größe",),
    )
    assert "'abc'" in str(violation)
    (step,) = document.sequence.steps
    assert isinstance(step, ts.Action)
    assert step.timeout is None
    step.name = "renamed"
    assert b'timeout="abc"' in document.to_bytes()
    step.timeout = 60
    assert b'timeout="60"' in document.to_bytes()


def test_violations_of_disabled_steps_are_warnings() -> None:
    long = "x" * 600
    raw = SEQUENCE.replace("a\nb", long).encode()
    assert [v.severity for v in ts.load(raw).violations] == ["error"]
    disabled = raw.replace(b"<step ", b'<step disable="true" ')
    assert [v.severity for v in ts.load(disabled).violations] == ["warning"]
    group = raw.replace(b"<step ", b'<group name="g" disable="TRUE"><step ').replace(
        b"</step>", b"</step></group>"
    )
    assert [v.severity for v in ts.load(group).violations] == ["warning"]


def test_a_secret_that_breaks_a_rule_is_not_in_the_violation() -> None:
    raw = (
        '<sequence version="3.10">'
        '<step type="SMS_TaskSequence_ApplyWindowsSettingsAction" name="w"><defaultVarList>'
        '<variable name="OSDLocalAdminPassword" property="AdminPassword">'
        f"{'s3cret' * 60}</variable></defaultVarList></step></sequence>"
    ).encode()
    document = ts.load(raw)
    assert any(v.property == "AdminPassword" for v in document.violations)
    assert "s3cret" not in "\n".join(map(str, document.violations)) + repr(document.sequence)
    assert document.to_bytes() == raw


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        (b"<!-- mine -->\n<?xml version='1.0'?>\n<sequence/>", "must be the first of the file"),
        (b"\n<?xml version='1.0'?><sequence/>", "must be the first of the file"),
        (b"<sequence/><sequence/>", "a file of its own"),
        (b"<sequence><step name='a & b'/></sequence>", "&amp;"),
        (b"<sequence><step name='a < b'/></sequence>", "&lt;"),
        (b"<sequence><group>", "ends too early"),
        (b"<sequence><group", "ends too early"),
    ],
)
def test_what_is_no_xml_is_told_with_what_to_do(raw: bytes, hint: str) -> None:
    with pytest.raises(ts.DocumentError, match="not well-formed XML") as caught:
        ts.load(raw)
    assert hint in (caught.value.hint or "")


BAD = {
    "empty": (b"", "is empty"),
    "white space": (b" \n", "is empty"),
    "not XML": (b"hello", "not well-formed XML"),
    "cut off": (SEQUENCE.encode()[:-9], "not well-formed XML"),
    "two roots": (SEQUENCE.encode() * 2, "not well-formed XML"),
    "DOCTYPE": (b'<!DOCTYPE sequence [<!ENTITY a "b">]>' + SEQUENCE.encode(), "DOCTYPE"),
    "undefined entity": (SEQUENCE.replace("a\nb", "&nope;").encode(), "not well-formed XML"),
    "NUL": (SEQUENCE.replace("a\nb", "a\x00b").encode(), "is a binary file"),
    "invalid UTF-8": (SEQUENCE.encode().replace(b"a\nb", b"a\xffb"), "is not valid utf-8 at byte"),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><sequence/>', "klingon"),
    "no sequence": (b"<Objs><Obj/></Objs>", "its root element is <Objs>"),
    "no Sequence property": (
        b'<INSTANCE CLASSNAME="SMS_TaskSequencePackage"></INSTANCE>',
        "its property Sequence is empty",
    ),
    "another thing in Sequence": (object_xml("&lt;group/&gt;").encode(), "holds <group>"),
    "too deep": (
        b'<sequence version="3.10">'
        + b'<group name="g">' * 300
        + b"</group>" * 300
        + b"</sequence>",
        "more than 200 deep",
    ),
    "stored escaped": (ESCAPED.encode(), "stored with its markup escaped"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_its_reason(name: str) -> None:
    raw, reason = BAD[name]
    with pytest.raises(ts.DocumentError) as caught:
        ts.load(raw)
    assert reason in str(caught.value)


def a_zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


MEMBER = "SMS_TaskSequencePackage/ABC00001/object.xml"


def test_a_compressed_zip_is_read_and_rewritten() -> None:
    raw = a_zip(**{"other.txt": b"other" * 100, MEMBER: DOCUMENTS["object.xml with CDATA"]})
    document = ts.load(raw)
    assert document.to_bytes() == raw
    document.sequence.steps[0].name = "renamed"
    changed = document.to_bytes()
    with zipfile.ZipFile(io.BytesIO(changed)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["other.txt", MEMBER]
    assert ts.load(changed).sequence.steps[0].name == "renamed"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (a_zip(), "without a task sequence"),
        (a_zip(**{"readme.txt": b"x"}), "without a task sequence"),
        (a_zip(**{MEMBER: DOCUMENTS["utf-8"]})[:-30], "no readable zip"),
        (b"PK\x03\x04 and then nothing", "no readable zip"),
        (a_zip(**{MEMBER: b"<not"}), MEMBER),
    ],
)
def test_a_bad_zip_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(ts.DocumentError) as caught:
        ts.load(raw)
    assert reason in str(caught.value)


def test_a_damaged_member_is_refused() -> None:
    raw = bytearray(a_zip(**{MEMBER: DOCUMENTS["object.xml with CDATA"]}))
    raw[200] ^= 0xFF
    with pytest.raises(ts.DocumentError, match="damaged"):
        ts.load(bytes(raw))
