"""Documents made from a model: written, read back, and the same."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

import tasksequence as ts


def test_an_export_has_the_console_s_form() -> None:
    document = ts.Document.new_export(ts.TaskSequence(), name="n", package_id="ABC00001")
    with zipfile.ZipFile(BytesIO(document.to_bytes())) as archive:
        names = archive.namelist()
        assert names[0] == "SMS_TaskSequencePackage/ABC00001/object.xml"
        assert names[1] == "_rels/.rels"
        assert names[-1] == "[Content_Types].xml"
        assert "Manifest.xml" in names
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        text = archive.read(names[0]).decode("utf-8")
    assert text.startswith('<INSTANCE CLASSNAME="SMS_TaskSequencePackage">\r\n')
    assert '<![CDATA[<sequence version="3.10" />\r\n]]>' in text
    same = ts.Document.new_export(ts.TaskSequence(), name="n", package_id="ABC00001")
    assert same.to_bytes() == document.to_bytes()


@pytest.mark.parametrize("package_id", ["", "ABC", "abc00001", "ABC000012"])
def test_a_package_id_out_of_form_is_refused(package_id: str) -> None:
    with pytest.raises(ts.DocumentError, match="package ID"):
        ts.Document.new_export(ts.TaskSequence(), name="n", package_id=package_id)


def test_new_steps_are_written_as_a_site_writes_them() -> None:
    sequence = ts.TaskSequence(
        steps=[
            ts.ApplyOperatingSystemAction(
                name="Apply",
                install_package_id="SCB00026",
                install_edition_index=1,
                config_file_package="SCB00021",
                config_file_name="unattend.xml",
            ),
            ts.ApplyNetworkSettingsAction(name="Net", network_join_type=1, workgroup_name="LAB"),
        ]
    )
    assert ts.Document.new(sequence).to_bytes().decode() == (
        '<sequence version="3.10"><referenceList><reference package="SCB00021"/>'
        '<reference package="SCB00026"/></referenceList><globalVarList>'
        '<variable name="OSDEnableTCPIPFiltering" property="EnableTCPIPFiltering">false</variable>'
        '</globalVarList><step type="SMS_TaskSequence_ApplyOperatingSystemAction" name="Apply"'
        ' description="" runIn="WinPE" successCodeList="0" retryCount="0" runFromNet="false">'
        "<action>OSDApplyOS.exe /install:SCB00026,%OSDInstallEditionIndex%"
        ' "/config:SCB00021,%OSDConfigFileName%" /runfromnet:False</action><defaultVarList>'
        '<variable name="OSDConfigFileName" property="ConfigFileName">unattend.xml</variable>'
        '<variable name="ConfigFilePackage" property="ConfigFilePackage" hidden="true">SCB00021'
        "</variable>"
        '<variable name="OSDInstallEditionIndex" property="InstallEditionIndex">1</variable>'
        '<variable name="InstallPackageID" property="InstallPackageID" hidden="true">SCB00026'
        "</variable>"
        '<variable name="RunFromNet" property="RunFromNet" hidden="true">false</variable>'
        '</defaultVarList></step><step type="SMS_TaskSequence_ApplyNetworkSettingsAction"'
        ' name="Net" description="" runIn="WinPEandFullOS" successCodeList="0" retryCount="0"'
        ' runFromNet="false"><action>osdnetsettings.exe configure</action><defaultVarList>'
        '<variable name="OSDEnableTCPIPFiltering" property="EnableTCPIPFiltering" hidden="true">'
        "false</variable>"
        '<variable name="OSDNetworkJoinType" property="NetworkJoinType">1</variable>'
        '<variable name="OSDWorkgroupName" property="WorkgroupName">LAB</variable>'
        "</defaultVarList></step></sequence>"
    )


APPLICATION = "ScopeId_1/Application_2"


def with_references() -> ts.TaskSequence:
    return ts.TaskSequence(
        steps=[
            ts.ApplyOperatingSystemAction(
                name="Apply", image_package_id="ABC00010", image_index=1, destination_variable="D"
            ),
            ts.InstallApplicationAction(
                name="App",
                app_info=[ts.ApplicationInfo(name=APPLICATION, display_name="A & B")],
                application_name=APPLICATION,
            ),
        ]
    )


@pytest.mark.parametrize("maker", [ts.Document.new_object, ts.Document.new_export])
def test_a_new_package_has_the_references_of_its_steps(maker: Callable[..., ts.Document]) -> None:
    document = maker(
        with_references(),
        name="A & B",
        package_id="ABC00001",
        description="Two\nlines <b>",
        boot_image_id="ABC00005",
    )
    assert document.sequence == with_references()
    (package,) = document.packages
    assert isinstance(package, ts.TaskSequencePackage)
    assert (package.name, package.description) == ("A & B", "Two\nlines <b>")
    assert (package.boot_image_id, package.type) == ("ABC00005", 2)
    assert package.references is not None
    assert [(r.package, r.program, r.type) for r in package.references] == [
        ("ABC00005", "*", 0),
        ("ABC00010", "*", 0),
        (APPLICATION, "", 1),
    ]


def test_an_export_lists_its_references_beside_the_sequence() -> None:
    document = ts.Document.new_export(
        with_references(), name="n", package_id="ABC00001", boot_image_id="ABC00005"
    )
    with zipfile.ZipFile(BytesIO(document.to_bytes())) as archive:
        folder = "SMS_TaskSequencePackage/ABC00001"
        packages = html.unescape(archive.read(f"{folder}/ReferencesInfo.xml").decode("utf-8-sig"))
        apps = html.unescape(archive.read(f"{folder}/AppReferencesInfo.xml").decode("utf-8-sig"))
    types = re.findall("ReferencePackageType.*?<VALUE>([0-9]+)</VALUE>", packages, re.DOTALL)
    assert types == ["258", "257"]
    assert apps.count(f"<VALUE>{APPLICATION}</VALUE>") == 1


def test_an_edited_property_of_a_package_changes_that_value_only() -> None:
    raw = ts.Document.new_object(ts.TaskSequence(), name="Old", package_id="ABC00001").to_bytes()
    document = ts.load(raw)
    (package,) = document.packages
    assert isinstance(package, ts.TaskSequencePackage)
    package.name = "New & <newer>"
    document.sequence.steps.append(ts.RebootAction(name="R", message="m", target="HD"))
    changed = document.to_bytes()
    assert b"<VALUE><![CDATA[New & <newer>]]></VALUE>" in changed
    again = ts.load(changed)
    assert again.packages[0] == package or again.parts[0].name == "New & <newer>"
    assert [step.name for step in again.sequence.walk()] == ["R"]
    package.name = "Old"
    document.sequence.steps.pop()
    assert document.to_bytes() == raw


def test_a_property_that_the_file_lacks_is_added_in_its_place_and_counted() -> None:
    raw = (
        b'<INSTANCE CLASSNAME="SMS_TaskSequencePackage">\n'
        b'  <PROPERTY NAME="__PROPERTY_COUNT" TYPE="sint32">\n    <VALUE>3</VALUE>\n  </PROPERTY>\n'
        b'  <PROPERTY NAME="Name" TYPE="string">\n    <VALUE>n</VALUE>\n  </PROPERTY>\n'
        b'  <PROPERTY NAME="PackageID" TYPE="string">\n    <VALUE>ABC00001</VALUE>\n  </PROPERTY>\n'
        b'  <PROPERTY NAME="Sequence" TYPE="string">\n'
        b'    <VALUE><![CDATA[<sequence version="3.10" />]]></VALUE>\n  </PROPERTY>\n</INSTANCE>'
    )
    document = ts.load(raw)
    (package,) = document.packages
    assert isinstance(package, ts.TaskSequencePackage)
    package.duration = 15
    changed = document.to_bytes()
    assert b"\r" not in changed
    assert changed.index(b'"__PROPERTY_COUNT"') < changed.index(b'"Duration"')
    assert changed.index(b'"Duration"') < changed.index(b'"Name"')
    assert b"<VALUE>4</VALUE>" in changed
    (again,) = ts.load(changed).packages
    assert isinstance(again, ts.TaskSequencePackage)
    assert (again.duration, again.name) == (15, "n")
