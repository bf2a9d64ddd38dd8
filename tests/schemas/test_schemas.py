"""The schemas accept what sites export and what this library writes, and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.bounded import run_bounded
from tests.support.command_line import refused, run
from tests.support.exports import loaded_exports

ROOT = Path(__file__).resolve().parents[2]
_VALIDATE = {"ImageSize", "ImageProcessorSpeed", "ImageMemory", "VerifyOS"}
DEVIATIONS = {
    # MDT's own template turned its Validate step into Run Command Line, and left its variables.
    "SCCM_Server.xml": {
        f"SMS_TaskSequence_RunCommandLineAction has no property {name!r}" for name in _VALIDATE
    },
    # A step of MDT's own template holds an expression without the condition around it.
    "VHDClient.xml": {"Unexpected child with tag 'expression' at position 1."},
}


@pytest.mark.corpus
def test_every_real_file_is_valid_but_for_known_deviations(corpus_dir: Path) -> None:
    found: dict[str, set[str]] = {}
    checked = 0
    for path, document in loaded_exports(corpus_dir):
        checked += 1
        for violation in document.schema_violations():
            found.setdefault(path.name, set()).add(violation.message)
    assert found == DEVIATIONS
    assert checked == 182


def condition() -> ts.Condition:
    system = ts.OSExpressionGroup(
        name="Windows 11",
        platform_arch_key="x64",
        platform_min_ver_key="10.0.22000.0",
        platform_max_ver_key="10.0.99999.9999",
        platform_type_key="Win_NT",
    )
    return ts.Condition(
        operands=[
            ts.OSConditionGroup(operands=[system]),
            ts.ConditionOperator(
                operator_type="not",
                operands=[
                    ts.VariableConditionExpression(variable="V", operator="equals", value="1"),
                    ts.FolderConditionExpression(path="C:\\"),
                ],
            ),
        ]
    )


def sample() -> ts.TaskSequence:
    steps: list[ts.Step] = [
        ts.SetupWindowsAndSMSAction(name="S", client_package_id="ABC00003", timeout=5),
        ts.PartitionDiskAction(
            name="P",
            disk_type="Basic",
            disk_index=0,
            partition_style="MBR",
            partitions=[ts.PartitionSettings(type="Primary", size=1, size_units="GB")],
        ),
        ts.SubTasksequence(name="C", ts_package_id="ABC00004", ts_name="Child"),
        ts.UnknownAction(name="U", type="Custom", command_line="x", variables={"Any": "1"}),
    ]
    group = ts.Group(name="G", condition=condition(), steps=steps, enabled=False)
    return ts.TaskSequence(steps=[group])


@pytest.mark.parametrize("kind", ["new", "new_object", "new_export"])
def test_what_the_library_writes_is_valid(kind: str) -> None:
    if kind == "new":
        document = ts.Document.new(sample())
    elif kind == "new_object":
        document = ts.Document.new_object(sample(), name="n", package_id="ABC00001")
    else:
        document = ts.Document.new_export(
            sample(), name="n", package_id="ABC00001", boot_image_id="ABC00005"
        )
    assert document.schema_violations() == ()
    document.sequence.steps[0].name = "x" * 100
    assert document.schema_violations() == ()


REBOOT = (
    '<step type="SMS_TaskSequence_RebootAction" name="r" description="" runIn="WinPE"'
    ' successCodeList="0" retryCount="0" runFromNet="false"><action>a</action><defaultVarList>'
    '<variable name="SMSRebootMessage" property="Message">m</variable></defaultVarList></step>'
)
NO_ACTION = REBOOT.replace("<action>a</action>", "")
OTHER = REBOOT.replace("SMS_TaskSequence_RebootAction", "Custom")
PARTITION = REBOOT.replace("RebootAction", "PartitionDiskAction").replace(
    'property="Message"', 'property="Partitions0Type"'
)
EXPRESSION = (
    '<group name="g"><condition><expression type="SMS_TaskSequence_WMIConditionExpression">'
    '<variable name="Query">q</variable></expression></condition></group>'
)


def in_sequence(content: str) -> str:
    return f'<sequence version="3.10">{content}</sequence>'


RIGHT = {
    "a step": in_sequence(REBOOT),
    "an unknown type with any variable": in_sequence(OTHER),
    "a member of an array": in_sequence(PARTITION),
    "an expression": in_sequence(EXPRESSION),
    "nothing": '<sequence version="3.10" />',
    "MDT": '<sequence version="3.00" name="n"><step name="s" disable="False"/></sequence>',
}

WRONG = {
    "no version": ("<sequence/>", "missing required attribute 'version'"),
    "a version that is none": ('<sequence version="new"/>', "attribute version='new'"),
    "an unknown element": (in_sequence("<nothing/>"), "Unexpected child with tag 'nothing'"),
    "an unknown attribute": (
        in_sequence(REBOOT.replace("runIn=", 'startIn="" runIn=')),
        "'startIn' attribute not allowed",
    ),
    "a variable that the type lacks": (
        in_sequence(REBOOT.replace('"Message"', '"Partitions"')),
        "SMS_TaskSequence_RebootAction has no property 'Partitions'",
    ),
    "a member that the array lacks": (
        in_sequence(PARTITION.replace("Partitions0Type", "Partitions0Colour")),
        "PartitionDiskAction has no property 'Partitions0Colour'",
    ),
    "a child's variable that it lacks": (
        in_sequence(
            '<subtasksequence type="SMS_TaskSequence_SubTasksequence" name="c"><action>a</action>'
            '<defaultVarList><variable name="a" property="Message"/></defaultVarList>'
            "</subtasksequence>"
        ),
        "SMS_TaskSequence_SubTasksequence has no property 'Message'",
    ),
    "no action": (in_sequence(NO_ACTION), "Tag 'action' expected"),
    "no variable list": (
        in_sequence('<step type="x" name="s"><action>a</action></step>'),
        "Tag 'defaultVarList' expected",
    ),
    "children in another order": (
        in_sequence(NO_ACTION.replace("</step>", "<action/></step>")),
        "Unexpected child with tag 'defaultVarList'",
    ),
    "a condition that is not first": (
        in_sequence(f'<group name="g">{REBOOT}<condition/></group>'),
        "Unexpected child with tag 'condition'",
    ),
    "a group without a name": (in_sequence("<group/>"), "missing required attribute 'name'"),
    "an empty name": (in_sequence('<group name=""/>'), "attribute name=''"),
    "a long name": (in_sequence(f'<group name="{"x" * 101}"/>'), "attribute name='xxx"),
    "a long description": (
        in_sequence(f'<group name="g" description="{"x" * 256}"/>'),
        "attribute description='xxx",
    ),
    "an environment that is none": (
        in_sequence(REBOOT.replace('"WinPE"', '"DOS"')),
        "attribute runIn='DOS'",
    ),
    "success codes that are words": (
        in_sequence(REBOOT.replace('List="0"', 'List="none"')),
        "attribute successCodeList='none'",
    ),
    "a timeout that is no number": (
        in_sequence(REBOOT.replace("runIn=", 'timeout="soon" runIn=')),
        "attribute timeout='soon' is no unsignedInt",
    ),
    "an operator that is none": (
        in_sequence('<group name="g"><condition><operator type="xor"/></condition></group>'),
        "attribute type='xor'",
    ),
    "an expression outside a condition": (
        in_sequence('<group name="g"><expression type="x"/></group>'),
        "Unexpected child with tag 'expression'",
    ),
    "a property that the expression lacks": (
        in_sequence(EXPRESSION.replace("Query", "KeyPath")),
        "SMS_TaskSequence_WMIConditionExpression has no property 'KeyPath'",
    ),
    "a reference to nothing": (
        in_sequence("<referenceList><reference/></referenceList>"),
        "assertion test",
    ),
    "a reference with a path for an ID": (
        in_sequence('<referenceList><reference package="C:\\x"/></referenceList>'),
        "attribute package='C:",
    ),
    "lists behind the steps": (
        in_sequence(REBOOT + "<referenceList/>"),
        "Unexpected child with tag 'referenceList'",
    ),
    "MDT's disable that is neither": (
        '<sequence version="3.00" name="n"><group name="g" disable="maybe"/></sequence>',
        "attribute disable='maybe'",
    ),
    "MDT's variable that the type lacks": (
        '<sequence version="3.00" name="n"><step name="s" type="BDD_InstallRoles"><defaultVarList>'
        '<variable name="x" property="Odd"/></defaultVarList></step></sequence>',
        "BDD_InstallRoles has no property 'Odd'",
    ),
    "an older package without a name": (
        f"<SmsTaskSequencePackage><SequenceData>{in_sequence('')}</SequenceData>"
        "</SmsTaskSequencePackage>",
        "Tag 'Name' expected",
    ),
    "an older package with a word for a number": (
        f"<SmsTaskSequencePackage><Name>n</Name><Duration>long</Duration><SequenceData>"
        f"{in_sequence('')}</SequenceData></SmsTaskSequencePackage>",
        "the text is no unsignedInt",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_a_site_could_write_is_valid(name: str) -> None:
    assert ts.load(RIGHT[name].encode()).schema_violations() == ()


@pytest.mark.parametrize("name", WRONG)
def test_what_no_site_writes_is_invalid_for_its_reason(name: str) -> None:
    text, reason = WRONG[name]
    violations = ts.load(text.encode()).schema_violations()
    assert len(violations) == 1, [str(violation) for violation in violations]
    assert reason in violations[0].message


TRUE = "<VALUE>TRUE</VALUE>\r\n  </PROPERTY>"
OBJECT_EDITS = {
    "a property of another class": ('NAME="Duration"', 'NAME="ImageProperty"', "ImageProperty"),
    "a number that is a word": (">360<", ">long<", "the text is no unsignedLong"),
    "a boolean in small letters": (TRUE, TRUE.lower().replace("property", "PROPERTY"), "'value'"),
    "a boolean that is neither": (TRUE, TRUE.replace("TRUE", "YES"), "value must be one of"),
    "a type that is none": ('TYPE="datetime"', 'TYPE="moment"', "attribute TYPE='moment'"),
    "an unknown element": ("</INSTANCE>", "<ODD/></INSTANCE>", "Unexpected child with tag 'ODD'"),
}


@pytest.mark.parametrize("name", OBJECT_EDITS)
def test_a_wrong_object_is_invalid_for_its_reason(name: str) -> None:
    old, new, reason = OBJECT_EDITS[name]
    text = ts.Document.new_object(ts.TaskSequence(), name="n", package_id="ABC00001").to_bytes()
    at = text.decode().rindex(old)
    wrong = text.decode()[:at] + new + text.decode()[at + len(old) :]
    violations = ts.load(wrong.encode()).schema_violations()
    assert violations
    assert any(reason in violation.message for violation in violations)
    assert {violation.schema for violation in violations} == {"object.xsd"}


def test_a_violation_names_line_step_and_member() -> None:
    document = ts.Document.new_export(sample(), name="n", package_id="ABC00001")
    document.sequences[0].steps[0].description = "x" * 255
    raw = ts.load(
        in_sequence(f'\n<group name="g">\n{REBOOT.replace("Message", "Odd")}</group>').encode(
            "utf-16"
        )
    )
    (violation,) = raw.schema_violations()
    assert (violation.line, violation.step) == (3, ("g", "r"))
    assert violation.path == "/sequence/group/step/defaultVarList/variable"
    inner = in_sequence(f'<group name="{"x" * 101}"/>')
    outer = ts.Document.new_object(ts.TaskSequence(), name="n", package_id="ABC00001").to_bytes()
    wrong = outer.replace(b'<sequence version="3.10" />', inner.encode())
    (violation,) = ts.load(wrong).schema_violations()
    assert violation.line == outer[: outer.index(b"<sequence")].count(b"\n") + 1
    assert violation.schema == "sequence.xsd"


def test_what_was_edited_is_checked_as_it_would_be_saved() -> None:
    document = ts.load(in_sequence(REBOOT).encode())
    document.sequence.steps.append(ts.UnknownAction(name="u", type="Custom"))
    (violation,) = document.schema_violations()
    assert "Tag 'action' expected" in violation.message


def test_checking_touches_no_network_and_follows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        '<sequence version="3.10" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:noNamespaceSchemaLocation="http://example.org/s.xsd"'
        ' xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/>'
        "</sequence>"
    )
    code = "for v in ts.load(sys.argv[3]).schema_violations(): print(v)"
    done = run_bounded(code, path, megabytes=600)
    assert done.stderr == ""
    assert done.stdout.startswith("line 1, /sequence: Unexpected child with tag 'xi:include'")


def test_the_generated_schemas_are_those_of_the_classes() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "generate_schemas.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_command_lists_what_is_wrong(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text(in_sequence(REBOOT))
    bad.write_text(in_sequence(REBOOT.replace('"Message"', '"Odd"')))
    done = run("schema", good)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = run("schema", good, bad)
    assert done.returncode == 1
    assert done.stdout == (
        f"{bad}: line 1, r: SMS_TaskSequence_RebootAction has no property 'Odd' (sequence.xsd)\n"
    )
    done = run("schema", "--json", bad)
    assert '"message": "SMS_TaskSequence_RebootAction has no property' in done.stdout
    refused(run("schema", tmp_path / "none.xml"), 1, "none.xml", "cannot be read")
