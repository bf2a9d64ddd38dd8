"""Clearing secrets reaches every place of a file that holds one."""

from __future__ import annotations

import time

import pytest

import tasksequence as ts
from tasksequence.model.actions.general import MARKED_SECRET

HIDDEN = """<sequence version="3.10"><globalVarList>\
<variable name="OSDJoinPassword" property="DomainPassword">S3CR-g</variable></globalVarList>\
<step type="SMS_TaskSequence_SetVariableAction" name="s" description="" runIn="WinPEandFullOS" \
successCodeList="0" retryCount="0" runFromNet="false">\
<action>tsenv.exe "A=S3CR-a" /hiddenflag:True</action><defaultVarList>\
<variable name="DoNotShowVariableValue" property="DoNotShowVariableValue" hidden="true">\
true</variable>\
<variable name="VariableName" property="VariableName" hidden="true">A</variable>\
<variable name="VariableValue" property="VariableValue" hidden="true">S3CR-a</variable>\
</defaultVarList></step>\
<step type="Contoso_Step" name="u"><action>x</action><defaultVarList>\
<variable name="MyPassword" property="P1">S3CR-b</variable>\
<variable name="MyPassword" property="P2"><b>S3CR-c</b></variable>\
<variable name="Plain" property="Plain">shown</variable>\
</defaultVarList></step>\
<step type="SMS_TaskSequence_ConnectNetworkFolderAction" name="c"><action>x</action>\
<defaultVarList>\
<variable name="SMSConnectNetworkFolderPassword" property="Password">S3CR-d</variable>\
<variable name="SMSConnectNetworkFolderPassword" property="Password">S3CR-e</variable>\
<variable name="OSDRandomAdminPassword" property="RandomAdminPassword">true</variable>\
</defaultVarList></step></sequence>"""


def test_export_xml_clears_secrets_wherever_they_stand() -> None:
    cleared = ts.export_xml(HIDDEN)
    assert "S3CR" not in cleared
    assert ">shown<" in cleared
    assert '"RandomAdminPassword">true<' in cleared
    assert ts.export_xml(cleared) == cleared


@pytest.mark.parametrize("to", ["zip", "object", "package", "sequence"])
def test_convert_clears_them_too(to: ts.TargetKind) -> None:
    document = ts.load(HIDDEN.encode())
    raw = ts.convert(document, to, name="n", package_id="ABC00001", secrets="blank")
    assert b"S3CR" not in raw


def test_a_misspelt_choice_writes_nothing() -> None:
    document = ts.load(HIDDEN.encode())
    for wrong in (
        lambda: document.to_bytes(secrets="blnk"),  # type: ignore[arg-type]
        lambda: ts.convert(document, "sequence", secrets="blnk"),  # type: ignore[arg-type]
        lambda: ts.export_xml(HIDDEN, secrets="x"),  # type: ignore[arg-type]
        lambda: ts.save_to_xml(document.sequence, secrets="x"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ts.DocumentError, match="is no choice"):
            wrong()


@pytest.mark.parametrize(
    "unit", ['<Variable Name="a" ', '<Variable IsSecret="true" ', 'IsSecret="true" ']
)
def test_rules_of_beginnings_take_linear_time(unit: str) -> None:
    def seconds(count: int) -> float:
        text = "<Variable " + unit * count
        start = time.process_time()
        MARKED_SECRET.sub("", text)
        return time.process_time() - start

    seconds(1000)
    assert seconds(80_000) < 40 * max(seconds(8_000), 0.001)


def test_what_looks_like_comments_in_cdata_takes_linear_time() -> None:
    text = '<sequence version="3.10"><step name="a" type="x"><action/><defaultVarList><variable'
    text += f' name="v" property="v"><![CDATA[{"<!--" * 50_000}]]></variable></defaultVarList>'
    document = ts.load(f"{text}</step></sequence>".encode())
    start = time.process_time()
    once = ts.canonical_text(document)
    assert time.process_time() - start < 5
    assert ts.canonical_text(ts.load(once.encode())) == once


def test_a_text_has_no_encoding_whatever_it_declares() -> None:
    text = '<?xml version="1.0" encoding="iso-8859-1"?><sequence version="3.10"><group name="Ü"/>'
    assert ts.load_from_xml(f"{text}</sequence>").steps[0].name == "Ü"
    with pytest.raises(ts.DocumentError, match="cannot be read"):
        ts.load_from_xml('<sequence><group name="\ud800"/></sequence>')


def test_edits_of_embedded_objects_and_sequences_of_packages() -> None:
    step = ts.InstallSoftwareAction(name="i", package_id="ABC00009", program_name="p")
    made = ts.Document.new_export(ts.TaskSequence(steps=[step]), name="n", package_id="ABC00001")
    document = ts.load(made.to_bytes())
    (package,) = document.packages
    assert isinstance(package, ts.TaskSequencePackage)
    assert package.references is not None
    package.references[0].program = "changed"
    assert b"changed" in document.to_bytes()
    ts.set_sequence(package, ts.TaskSequence())
    with pytest.raises(ts.DocumentError, match=r"document\.sequence"):
        document.to_bytes()


def test_a_package_id_out_of_form_becomes_no_folder() -> None:
    made = ts.Document.new_export(ts.TaskSequence(), name="n", package_id="ABC00001")
    for wrong in ("../../etc", "XYZ/0001", ""):
        with pytest.raises(ts.DocumentError, match="package ID"):
            ts.convert(made, "zip", package_id=wrong)


def test_an_edit_of_a_package_s_value_leaves_what_is_around_it() -> None:
    made = ts.Document.new_object(ts.TaskSequence(), name="n", package_id="ABC00001").to_bytes()
    old = b'<PROPERTY NAME="Priority" CLASSORIGIN="SMS_PackageBaseclass" TYPE="uint32">'
    assert old in made
    odd = made.replace(old, old[:-1] + b' own="1"><!-- ours -->')
    document = ts.load(odd)
    (package,) = document.packages
    assert isinstance(package, ts.TaskSequencePackage)
    package.priority = 3
    at = odd.index(b"<VALUE>2</VALUE>", odd.index(b"<!-- ours -->"))
    assert document.to_bytes() == odd[: at + 7] + b"3" + odd[at + 8 :]
