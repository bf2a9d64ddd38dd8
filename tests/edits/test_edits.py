"""One edit, and the bytes that it gives. Expected texts are written out by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

import tasksequence as ts

REBOOT = (
    '    <step type="SMS_TaskSequence_RebootAction" name="R" description="" runIn="WinPE"'
    ' successCodeList="0" retryCount="0" runFromNet="false">\r\n'
    "      <action>smsboot.exe /target:HD</action>\r\n"
    "      <defaultVarList>\r\n"
    '        <variable name="SMSRebootTarget" property="Target" hidden="true">HD</variable>\r\n'
    "      </defaultVarList>\r\n"
    "    </step>\r\n"
)
SOURCE = (
    '<sequence version="3.10">\r\n'
    "  <referenceList>\r\n"
    '    <reference package="ABC00001" />\r\n'
    "  </referenceList>\r\n"
    '  <group name="First" description="">\r\n'
    f"{REBOOT}"
    "  </group>\r\n"
    '  <group name="Second" description="" />\r\n'
    "</sequence>\r\n"
)


def first(document: ts.Document) -> ts.Group:
    group = document.sequence.steps[0]
    assert isinstance(group, ts.Group)
    return group


def reboot(document: ts.Document) -> ts.RebootAction:
    step = first(document).steps[0]
    assert isinstance(step, ts.RebootAction)
    return step


def second(document: ts.Document) -> ts.Group:
    group = document.sequence.steps[1]
    assert isinstance(group, ts.Group)
    return group


def rename(document: ts.Document) -> None:
    reboot(document).name = 'A "new" <name>'


def disable(document: ts.Document) -> None:
    reboot(document).enabled = False


def limit(document: ts.Document) -> None:
    reboot(document).timeout = 90


def retarget(document: ts.Document) -> None:
    reboot(document).target = "WinPE"


def add_message(document: ts.Document) -> None:
    reboot(document).message = "a & b"


def condition(document: ts.Document) -> None:
    reboot(document).condition = ts.Condition(
        operands=[ts.VariableConditionExpression(variable="A", operator="equals", value="1")]
    )


def drop_step(document: ts.Document) -> None:
    first(document).steps.clear()


def drop_group(document: ts.Document) -> None:
    del document.sequence.steps[1]


def move_to_empty(document: ts.Document) -> None:
    second(document).steps.append(first(document).steps.pop())


def swap(document: ts.Document) -> None:
    document.sequence.steps.reverse()


def add_prepare(document: ts.Document) -> None:
    first(document).steps.insert(0, ts.PrepareSMSClientAction(name="P"))


def add_setup(document: ts.Document) -> None:
    second(document).steps.append(
        ts.SetupWindowsAndSMSAction(name="S", client_package_id="ABC00002")
    )


SECOND = '  <group name="Second" description="" />\r\n'
EDITS: list[tuple[Callable[[ts.Document], None], str, str]] = [
    (rename, 'name="R"', 'name="A &quot;new&quot; &lt;name&gt;"'),
    (disable, 'name="R" description=""', 'name="R" description="" disable="true"'),
    (limit, 'description="" runIn', 'description="" timeout="90" runIn'),
    (
        add_message,
        '        <variable name="SMSRebootTarget"',
        '        <variable name="SMSRebootMessage" property="Message">a &amp; b</variable>\r\n'
        '        <variable name="SMSRebootTarget"',
    ),
    (
        condition,
        "      <action>",
        "      <condition>\r\n"
        '        <expression type="SMS_TaskSequence_VariableConditionExpression">\r\n'
        '          <variable name="Operator">equals</variable>\r\n'
        '          <variable name="Value">1</variable>\r\n'
        '          <variable name="Variable">A</variable>\r\n'
        "        </expression>\r\n"
        "      </condition>\r\n"
        "      <action>",
    ),
    (drop_step, REBOOT, ""),
    (drop_group, SECOND, ""),
    (
        add_prepare,
        '    <step type="SMS_TaskSequence_RebootAction"',
        '    <step type="SMS_TaskSequence_PrepareSMSClientAction" name="P" description=""'
        ' runIn="FullOS" successCodeList="0" retryCount="0" runFromNet="false">\r\n'
        "      <action>osdpreparesmsclient.exe</action>\r\n"
        "      <defaultVarList/>\r\n"
        "    </step>\r\n"
        '    <step type="SMS_TaskSequence_RebootAction"',
    ),
]


@pytest.mark.parametrize(("edit", "old", "new"), EDITS, ids=lambda v: getattr(v, "__name__", ""))
def test_an_edit_changes_its_slice(edit: Callable[[ts.Document], None], old: str, new: str) -> None:
    document = ts.load(SOURCE.encode())
    edit(document)
    assert document.to_bytes().decode() == SOURCE.replace(old, new, 1)


def test_the_command_line_follows_its_argument() -> None:
    document = ts.load(SOURCE.encode())
    retarget(document)
    expected = SOURCE.replace("/target:HD", "/target:WinPE").replace(">HD<", ">WinPE<")
    assert document.to_bytes().decode() == expected


def test_a_command_line_that_is_not_the_class_s_own_is_left_alone() -> None:
    source = SOURCE.replace("smsboot.exe /target:HD", "cscript.exe mine.wsf")
    document = ts.load(source.encode())
    retarget(document)
    assert document.to_bytes().decode() == source.replace(">HD<", ">WinPE<")


def test_a_moved_step_keeps_its_bytes_and_opens_an_empty_group() -> None:
    document = ts.load(SOURCE.encode())
    move_to_empty(document)
    moved = REBOOT.removesuffix("\r\n")
    expected = SOURCE.replace(REBOOT, "").replace(
        SECOND, f'  <group name="Second" description="">\r\n{moved}\r\n  </group>\r\n'
    )
    assert document.to_bytes().decode() == expected


def test_swapped_groups_move_one_of_them() -> None:
    document = ts.load(SOURCE.encode())
    swap(document)
    group = SECOND.removeprefix("  ").removesuffix("\r\n")
    expected = SOURCE.replace(SECOND, "").replace(
        '<group name="First"', f'{group}\r\n  <group name="First"'
    )
    assert document.to_bytes().decode() == expected


def test_the_reference_list_follows_the_steps() -> None:
    document = ts.load(SOURCE.encode())
    add_setup(document)
    text = document.to_bytes().decode()
    listed = '    <reference package="ABC00001" />\r\n'
    assert listed + '    <reference package="ABC00002"/>\r\n' in text
    second(document).steps.clear()
    assert document.to_bytes().decode() == SOURCE


def test_an_empty_sequence_takes_its_first_step_and_the_lists() -> None:
    document = ts.load(b'<sequence version="3.10" />\n')
    step = ts.SetupWindowsAndSMSAction(name="S", client_package_id="ABC00002")
    document.sequence.steps.append(step)
    text = document.to_bytes().decode()
    assert text.startswith(
        '<sequence version="3.10"><referenceList><reference package="ABC00002"/></referenceList>'
        "<step "
    )
    assert text.endswith("</step></sequence>\n")
    assert ts.load(text.encode()).sequence == document.sequence


NETWORK = (
    '<sequence version="3.10"><globalVarList><variable name="OSDEnableTCPIPFiltering"'
    ' property="EnableTCPIPFiltering">false</variable></globalVarList>'
    '<step type="SMS_TaskSequence_ApplyNetworkSettingsAction" name="N" description=""'
    ' runIn="WinPEandFullOS" successCodeList="0" retryCount="0" runFromNet="false">'
    "<action>osdnetsettings.exe configure</action><defaultVarList>"
    '<variable name="OSDEnableTCPIPFiltering" property="EnableTCPIPFiltering" hidden="true">false'
    '</variable><variable name="OSDNetworkJoinType" property="NetworkJoinType">1</variable>'
    '<variable name="OSDWorkgroupName" property="WorkgroupName">LAB</variable>'
    "</defaultVarList></step></sequence>"
)


def test_global_variables_follow_the_steps() -> None:
    document = ts.load(NETWORK.encode())
    (step,) = document.sequence.steps
    assert isinstance(step, ts.ApplyNetworkSettingsAction)
    step.enable_tcpip_filtering = True
    assert document.to_bytes().decode() == NETWORK.replace(">false<", ">true<")
    step.enable_tcpip_filtering = None
    assert b"globalVarList" in document.to_bytes()
    assert b"EnableTCPIPFiltering" not in document.to_bytes()


PARTITIONS = (
    '<sequence version="3.10"><step type="SMS_TaskSequence_PartitionDiskAction" name="P"'
    ' description="" runIn="WinPE" successCodeList="0" retryCount="0" runFromNet="false">'
    "<action>osddiskpart.exe</action><defaultVarList>"
    '<variable name="OSDDiskIndex" property="DiskIndex">0</variable>'
    '<variable name="OSDPartitionStyle" property="PartitionStyle">MBR</variable>'
    '<variable name="OSDPartitions" property="Partitions" hidden="true">1</variable>'
    '<variable name="OSDPartitions0Bootable" property="Partitions0Bootable">true</variable>'
    '<variable name="OSDPartitions0QuickFormat" property="Partitions0QuickFormat">true</variable>'
    '<variable name="OSDPartitions0Type" property="Partitions0Type">PRIMARY</variable>'
    "</defaultVarList></step></sequence>"
)


def test_members_of_an_array_are_edited_one_by_one() -> None:
    document = ts.load(PARTITIONS.encode())
    (step,) = document.sequence.steps
    assert isinstance(step, ts.PartitionDiskAction)
    step.partitions[0].bootable = False
    assert document.to_bytes().decode() == PARTITIONS.replace(
        'Partitions0Bootable">true', 'Partitions0Bootable">false'
    )
    step.partitions[0].bootable = True
    twin = copy.copy(step.partitions[0])
    twin.volume_name = "Data"
    step.partitions.append(twin)
    added = (
        '<variable name="OSDPartitions1Bootable" property="Partitions1Bootable">true</variable>'
        '<variable name="OSDPartitions1QuickFormat" property="Partitions1QuickFormat">true'
        '</variable><variable name="OSDPartitions1Type" property="Partitions1Type">PRIMARY'
        '</variable><variable name="OSDPartitions1VolumeName" property="Partitions1VolumeName">'
        "Data</variable></defaultVarList>"
    )
    assert document.to_bytes().decode() == PARTITIONS.replace(
        'hidden="true">1<', 'hidden="true">2<'
    ).replace("</defaultVarList>", added)
    step.partitions.clear()
    text = document.to_bytes().decode()
    assert 'hidden="true">0<' in text
    assert "Partitions0" not in text


UNKNOWN = (
    '<sequence version="3.00" name="MDT" description=""><step name="S" disable="true"'
    ' continueOnError="false" startIn=""><defaultVarList><variable name="A" property="A">1'
    "</variable></defaultVarList><action>cmd /c a</action></step>"
    '<step name="T" disable="false" continueOnError="false"><action>cmd</action></step></sequence>'
)


def scripted(document: ts.Document, index: int = 0) -> ts.ScriptedAction:
    step = document.sequence.steps[index]
    assert isinstance(step, ts.ScriptedAction)
    return step


def test_unknown_steps_are_edited_by_name() -> None:
    document = ts.load(UNKNOWN.encode())
    step = scripted(document)
    assert isinstance(step, ts.MdtCommandAction)
    assert (step.command_line, step.variables) == ("cmd /c a", {"A": "1"})
    step.variables["A"] = "2"
    step.variables["B"] = "x & y"
    step.command_line = "cmd /c b"
    step.enabled = True
    assert document.to_bytes().decode() == UNKNOWN.replace(
        'disable="true"', 'disable="false"'
    ).replace(
        ">1</variable>", '>2</variable><variable name="B" property="B">x &amp; y</variable>'
    ).replace("cmd /c a", "cmd /c b")


def test_a_list_of_variables_is_made_where_there_was_none() -> None:
    document = ts.load(UNKNOWN.encode())
    scripted(document, 1).variables["C"] = "3"
    assert document.to_bytes().decode() == UNKNOWN.replace(
        "<action>cmd</action>",
        '<action>cmd</action><defaultVarList><variable name="C" property="C">3</variable>'
        "</defaultVarList>",
    )


def test_a_step_listed_twice_is_written_twice() -> None:
    document = ts.load(UNKNOWN.encode())
    document.sequence.steps.append(document.sequence.steps[0])
    again = ts.load(document.to_bytes())
    assert [step.name for step in again.sequence.steps] == ["S", "T", "S"]


def test_steps_go_from_document_to_document_with_their_bytes() -> None:
    document, other = ts.load(SOURCE.encode()), ts.load(UNKNOWN.encode())
    second(document).steps.append(other.sequence.steps[0])
    slice_ = UNKNOWN[UNKNOWN.index('<step name="S"') : UNKNOWN.index('<step name="T"')]
    assert slice_ in document.to_bytes().decode()


def test_operands_come_and_go() -> None:
    source = SOURCE.replace(
        "      <action>",
        "      <condition>\r\n"
        '        <operator type="or">\r\n'
        '          <expression type="Odd_Expression">'
        '<variable name="X">1</variable></expression>\r\n'
        "        </operator>\r\n"
        "      </condition>\r\n"
        "      <action>",
    )
    document = ts.load(source.encode())
    step_condition = reboot(document).condition
    assert step_condition is not None
    (operator,) = step_condition.operands
    assert isinstance(operator, ts.ConditionOperator)
    (odd,) = operator.operands
    assert isinstance(odd, ts.UnknownOperand)
    assert (odd.type, odd.variables) == ("Odd_Expression", {"X": "1"})
    operator.operator_type = "not"
    odd.variables["X"] = "2"
    operator.operands.append(ts.FileConditionExpression(path=r"C:\x"))
    expected = source.replace('type="or"', 'type="not"').replace(
        ">1</variable></expression>\r\n",
        ">2</variable></expression>\r\n"
        '          <expression type="SMS_TaskSequence_FileConditionExpression">\r\n'
        '            <variable name="Path">C:\\x</variable>\r\n'
        "          </expression>\r\n",
    )
    assert document.to_bytes().decode() == expected
    reboot(document).condition = None
    assert document.to_bytes().decode() == SOURCE


def test_text_that_xml_cannot_hold_is_refused_and_the_bytes_stay() -> None:
    document = ts.load(SOURCE.encode())
    reboot(document).message = "bell \x07"
    with pytest.raises(ts.DocumentError, match=r"Message.*U\+0007"):
        document.to_bytes()
    reboot(document).message = None
    assert document.to_bytes().decode() == SOURCE


def test_saving_replaces_the_file_whole(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    path = tmp_path / "ts.xml"
    path.write_bytes(SOURCE.encode())
    path.chmod(0o640)
    document = ts.load(path)
    rename(document)
    document.save()
    assert b"&quot;new&quot;" in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["ts.xml"]
    with pytest.raises(ts.DocumentError, match="cannot be written"):
        document.save(tmp_path / "absent" / "ts.xml")
    with pytest.raises(ts.DocumentError, match="no file yet"):
        ts.load(SOURCE.encode()).save()
