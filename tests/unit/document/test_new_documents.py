"""Documents made from a model: written, read back, and the same."""

from __future__ import annotations

import zipfile
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
    assert '<![CDATA[<sequence version="3.10"/>\r\n]]>' in text
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
