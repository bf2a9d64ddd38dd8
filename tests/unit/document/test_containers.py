"""Containers are told by their content; the objects of an export are typed."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone

import pytest

import tasksequence as ts
from tasksequence.document.cim_values import decode_cim, encode_cim
from tasksequence.document.object_xml import embedded_object, object_xml
from tasksequence.wmi import WmiObject

SEQUENCE = '<sequence version="3.10"><group name="g" description=""/></sequence>'
MDT = '<sequence version="3.00" name="MDT one" description="d"><step name="s"/></sequence>'
OLDER = (
    f"<SmsTaskSequencePackage><Name>Old</Name><SequenceData>{SEQUENCE}</SequenceData>"
    "</SmsTaskSequencePackage>"
)
PACKAGE = "SMS_TaskSequencePackage/ABC00001/object.xml"


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def contents(raw: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def exported(value: WmiObject) -> str:
    made = embedded_object(value)
    made.server, made.namespace = "SITE", "root\\sms\\site_ABC"
    return object_xml(made)


def package(name: str, package_id: str) -> str:
    made = ts.Document.new_object(ts.TaskSequence(), name=name, package_id=package_id)
    return made.to_bytes().decode()


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (
            zipped(**{PACKAGE: package("n", "ABC00001")}),
            "zip",
        ),
        (package("n", "ABC00001").encode(), "object"),
        (OLDER.encode(), "package"),
        (SEQUENCE.encode(), "sequence"),
        (SEQUENCE.replace("3.10", "3.00").encode("utf-16"), "sequence"),
        (MDT.encode(), "mdt"),
    ],
)
def test_the_content_tells_the_container(raw: bytes, kind: str) -> None:
    document = ts.load(raw)
    assert document.kind == kind
    assert document.to_bytes() == raw


def test_a_zip_of_bare_sequences_and_templates_is_read() -> None:
    raw = zipped(
        **{"readme.xml": "<readme/>", "a/b/ts.xml": MDT, "SCCM.xml": OLDER, "c.xml": SEQUENCE}
    )
    document = ts.load(raw)
    assert [part.name for part in document.parts] == ["MDT one", "Old", None]
    assert [part.member for part in document.parts] == ["a/b/ts.xml", "SCCM.xml", "c.xml"]
    document.sequences[2].steps[0].name = "renamed"
    with zipfile.ZipFile(io.BytesIO(document.to_bytes())) as archive:
        assert archive.read("c.xml").decode() == SEQUENCE.replace('"g"', '"renamed"')
        assert archive.read("a/b/ts.xml").decode() == MDT


OBJECTS: dict[str, WmiObject] = {
    "SMS_ImagePackage/ABC00010": ts.ImagePackage(
        name="Windows & more",
        package_id="ABC00010",
        image_property="<WIM><TOTALBYTES>1</TOTALBYTES></WIM>",
        source_date=datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
        icon=b"\x00\xff",
        secured_scope_names=["Default", "Lab & more"],
        refresh_schedule=[
            ts.ST_RecurInterval(
                day_span=1, start_time=datetime(2026, 1, 1, tzinfo=ts.UNSPECIFIED_OFFSET)
            )
        ],
    ),
    "SMS_BootImagePackage/ABC00005": ts.BootImagePackage(
        name="Boot",
        package_id="ABC00005",
        architecture="x64",
        optional_components=[1, 2],
        default_image=True,
        referenced_drivers=[ts.Driver_Details(id=7, source_path="\\\\server\\share")],
    ),
    "SMS_DriverPackage/ABC00006": ts.DriverPackage(name="Drivers", package_id="ABC00006"),
    "SMS_Package/ABC00007": ts.Package(name="Files", package_id="ABC00007", package_type=0),
    "SMS_Program/ABC00007_Install%20it": ts.Program(
        package_id="ABC00007", program_name="Install it", command_line='cmd /c "a" & b'
    ),
    "SMS_OperatingSystemInstallPackage/ABC00008": ts.OperatingSystemInstallPackage(
        name="Media", package_id="ABC00008"
    ),
    "SMS_Application/Scope_1": ts.Application(model_name="Scope_1/Application_2", ci_id=17),
}


def export_of_everything() -> bytes:
    members = {f"{folder}/object.xml": exported(value) for folder, value in OBJECTS.items()}
    members[PACKAGE] = package("n", "ABC00001")
    return zipped(**members)


def test_every_object_of_an_export_is_typed() -> None:
    document = ts.load(export_of_everything())
    assert list(document.packages[: len(OBJECTS)]) == list(OBJECTS.values())
    assert isinstance(document.packages[-1], ts.TaskSequencePackage)
    members = [exported.member for exported in document.objects]
    assert members == [*(f"{folder}/object.xml" for folder in OBJECTS), PACKAGE]
    assert all(exported.problems == () for exported in document.objects)
    assert document.objects[0].server == "SITE"


def test_an_edited_object_changes_its_value_only() -> None:
    raw = export_of_everything()
    document = ts.load(raw)
    image = document.packages[0]
    assert isinstance(image, ts.ImagePackage)
    image.name = "renamed"
    image.description = "now <there> is one"
    null = (
        'NAME="Description" CLASSORIGIN="SMS_PackageBaseclass" TYPE="string">\r\n'
        '    <QUALIFIER NAME="CIMTYPE" PROPAGATED="true" TYPE="string" TOINSTANCE="true">\r\n'
        "      <VALUE>string</VALUE>\r\n    </QUALIFIER>\r\n"
    )
    described = f"{null}    <VALUE><![CDATA[now <there> is one]]></VALUE>\r\n"
    before, after = contents(raw), contents(document.to_bytes())
    member = "SMS_ImagePackage/ABC00010/object.xml"
    renamed = before[member].replace("<![CDATA[Windows & more]]>", "renamed")
    before[member] = renamed.replace(null, described)
    assert after == before
    (again, *_) = ts.load(document.to_bytes()).packages
    assert again == image


def test_an_object_of_an_unknown_class_is_kept_and_shown() -> None:
    other = (
        '<INSTANCE CLASSNAME="SMS_Odd"><PROPERTY NAME="A" TYPE="string"><VALUE>b</VALUE></PROPERTY>'
        '<PROPERTY.ARRAY NAME="C" TYPE="string"><VALUE.ARRAY><VALUE>d</VALUE></VALUE.ARRAY>'
        "</PROPERTY.ARRAY></INSTANCE>"
    )
    raw = zipped(
        **{
            "SMS_Odd/1/object.xml": other,
            PACKAGE: package("n", "ABC00001"),
        }
    )
    document = ts.load(raw)
    odd = document.objects[0]
    assert odd.class_name == "SMS_Odd"
    assert {name: kept.value for name, kept in odd.others.items()} == {"A": "b", "C": ["d"]}
    assert document.to_bytes() == raw


def test_a_value_that_cannot_be_read_is_reported_and_kept() -> None:
    raw = package("n", "ABC00001").replace("<VALUE>360</VALUE>", "<VALUE>soon</VALUE>").encode()
    document = ts.load(raw)
    (found,) = document.objects
    assert [(p.property, "'soon'" in p.text) for p in found.problems] == [("Duration", True)]
    assert document.to_bytes() == raw


def test_a_broken_object_beside_a_sequence_does_not_keep_it_from_loading() -> None:
    raw = zipped(
        **{
            "SMS_Package/ABC00007/object.xml": "<INSTANCE",
            PACKAGE: package("n", "ABC00001"),
        }
    )
    document = ts.load(raw)
    assert document.to_bytes() == raw
    with pytest.raises(ts.DocumentError, match="SMS_Package/ABC00007"):
        document.objects  # noqa: B018


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20231129161925.000000+000", datetime(2023, 11, 29, 16, 19, 25, tzinfo=UTC)),
        (
            "20231129161925.123456-090",
            datetime(2023, 11, 29, 16, 19, 25, 123456, timezone(timedelta(minutes=-90))),
        ),
        (
            "20231129161925.000000+***",
            datetime(2023, 11, 29, 16, 19, 25, tzinfo=ts.UNSPECIFIED_OFFSET),
        ),
        ("00010101000000.000000+***", datetime(1, 1, 1, tzinfo=ts.UNSPECIFIED_OFFSET)),
    ],
)
def test_points_in_time_are_read_and_written_alike(text: str, value: datetime) -> None:
    assert decode_cim("datetime", text) == value
    assert encode_cim(value) == text


@pytest.mark.parametrize("text", ["", "yesterday", "20231329161925.000000+000", "1.5"])
def test_what_is_no_point_in_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        decode_cim("datetime", text)
