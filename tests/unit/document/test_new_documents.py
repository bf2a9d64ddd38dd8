"""Documents made from a model: written, read back, and the same."""

from __future__ import annotations

import zipfile
from io import BytesIO

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"),
    max_size=20,
)
NAMES = TEXTS.filter(lambda text: len(text) >= 1)
OPTIONAL = st.none() | TEXTS

conditions = st.recursive(
    st.builds(
        ts.VariableConditionExpression,
        variable=NAMES,
        operator=st.sampled_from(["exists", "equals", "like"]),
        value=OPTIONAL,
    )
    | st.builds(ts.WMIConditionExpression, namespace=TEXTS, query=NAMES)
    | st.builds(ts.FileConditionExpression, path=TEXTS, version=OPTIONAL)
    | st.builds(
        ts.OSExpressionGroup,
        name=OPTIONAL,
        platform_arch_key=TEXTS,
        platform_min_ver_key=TEXTS,
        platform_max_ver_key=TEXTS,
        platform_type_key=TEXTS,
    ),
    lambda inner: st.builds(
        ts.ConditionOperator,
        operator_type=st.sampled_from(["and", "or", "not"]),
        operands=st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)
COMMON = {
    "name": NAMES,
    "description": OPTIONAL,
    "enabled": st.booleans(),
    "continue_on_error": st.booleans(),
    "condition": st.none() | st.builds(ts.Condition, operands=st.lists(conditions, max_size=2)),
}
partitions = st.builds(
    ts.PartitionSettings,
    type=st.sampled_from(["Primary", "EFI"]),
    size=st.none() | st.integers(0, 2**32 - 1),
    volume_name=OPTIONAL,
)
actions = (
    st.builds(ts.RebootAction, **COMMON, target=st.sampled_from(["HD", "WinPE"]), message=OPTIONAL)
    | st.builds(
        ts.CaptureSystemImageAction,
        **COMMON,
        capture_destination=NAMES,
        capture_password=st.none() | TEXTS.map(ts.SecretText),
        capture_username=OPTIONAL,
        image_version=TEXTS,
        timeout=st.none() | st.integers(0, 2**32 - 1),
    )
    | st.builds(
        ts.PartitionDiskAction,
        **COMMON,
        disk_index=st.integers(0, 9),
        partitions=st.lists(partitions, max_size=12),
        partition_style=st.sampled_from(["GPT", "MBR"]),
    )
    | st.builds(
        ts.ApplyNetworkSettingsAction,
        **COMMON,
        network_join_type=st.just(1),
        workgroup_name=NAMES,
        dns_suffix_search_order=st.none()
        | st.lists(st.text("abc.", min_size=1, max_size=5), min_size=1, max_size=3),
    )
    | st.builds(
        ts.SubTasksequence, **COMMON, ts_package_id=OPTIONAL, ts_reference_packages=OPTIONAL
    )
    | st.builds(
        ts.UnknownAction,
        **COMMON,
        type=st.sampled_from(["BDD_Odd", "My.Step"]),
        command_line=OPTIONAL,
        variables=st.dictionaries(NAMES, TEXTS, max_size=3),
    )
)
steps = st.recursive(
    actions,
    lambda inner: st.builds(ts.Group, **COMMON, steps=st.lists(inner, max_size=3)),
    max_leaves=6,
)
sequences = st.builds(ts.TaskSequence, steps=st.lists(steps, max_size=4))


@given(sequences)
def test_what_is_built_is_read_back(sequence: ts.TaskSequence) -> None:
    document = ts.Document.new(sequence)
    assert document.sequence == sequence
    assert not document.violations


@given(sequences)
def test_an_export_holds_the_same_sequence(sequence: ts.TaskSequence) -> None:
    document = ts.Document.new_export(sequence, name="Ä & <b>", package_id="ABC00001")
    assert document.sequence == sequence
    (part,) = document.parts
    assert (part.name, part.package_id) == ("Ä & <b>", "ABC00001")
    assert ts.load(document.to_bytes()).to_bytes() == document.to_bytes()


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
