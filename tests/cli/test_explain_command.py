"""tasksequence explain CLASS."""

from __future__ import annotations

import json

import pytest

import tasksequence as ts
from tasksequence.model.declaration import class_data, declaration
from tests.support.command_line import refused, run

CAPTURE = """\
[CommandLine("osdcapturesystemimage.exe"), VariablePrefix("OSD"), ActionCategory("Images,8,5"),
 ActionUI({"AdminUI.TaskSequenceEditor.dll",
 "Microsoft.ConfigurationManagement.AdminConsole.TaskSequenceEditor", "CaptureSystemImageControl",
 "TaskSequenceOptionControl"}), SequenceCategory("OSD")]
class SMS_TaskSequence_CaptureSystemImageAction : SMS_TaskSequence_Action
// Capture Operating System Image: writes the reference computer's volumes to a WIM file.
// XML: <step type="SMS_TaskSequence_CaptureSystemImageAction">
// rule: Name the editor allows 50 characters (advice)
// rule: CaptureDestination should end in .wim (advice)
// rule: CaptureUsername mostly given with CaptureDestination (advice)
{
    [AllowedLen("1-100")]
    String Name;  // name, required; attribute name
    [AllowedLen("0-255")]
    String Description = "";  // description; attribute description
    Boolean Enabled = TRUE;  // enabled; attribute disable="true" when False
    // A failure stays here; otherwise it goes up to the group, and in the end to the sequence.
    Boolean ContinueOnError = FALSE;  // continue_on_error; attribute continueOnError="true"
    // When the step runs; None means always.
    SMS_TaskSequence_Condition Condition;  // condition; element condition, first in the step
    // Seconds after which the engine ends the step; None means no limit.
    UInt32 Timeout;  // timeout; attribute timeout, when set
    // Path of the WIM to write; an existing file is overwritten.
    [not_null, AllowedLen("1-255")]
    String CaptureDestination;  // capture_destination, required; variable OSDCaptureDestination
    [VariableName("OSDCaptureAccountPassword"), Secret]
    String CapturePassword;  // capture_password; variable OSDCaptureAccountPassword
    // Account with write access to the destination's folder, as domain\\user.
    [VariableName("OSDCaptureAccount")]
    String CaptureUsername;  // capture_username; variable OSDCaptureAccount
    [AllowedLen("0-255")]
    String ImageCreator;  // image_creator; variable OSDImageCreator
    [AllowedLen("0-255")]
    String ImageDescription;  // image_description; variable OSDImageDescription
    [not_null, AllowedLen("0-32")]
    String ImageVersion = "";  // image_version; variable OSDImageVersion
    // Where the step runs: WinPE, FullOS or WinPEandFullOS (XML: runIn).
    // values (ts.RunIn): WinPE, FullOS, WinPEandFullOS
    [not_null:ToInstance]
    String SupportedEnvironment = "WinPE";  // supported_environment; attribute runIn
};
"""


@pytest.mark.parametrize(
    "name",
    [
        "SMS_TaskSequence_CaptureSystemImageAction",
        "CaptureSystemImageAction",
        "sms_tasksequence_capturesystemimageaction",
    ],
)
def test_a_class_is_printed_as_a_declaration(name: str) -> None:
    done = run("explain", name)
    assert (done.returncode, done.stdout) == (0, CAPTURE)


def test_data_for_programs() -> None:
    done = run("explain", "RebootAction", "--json")
    data = json.loads(done.stdout)
    assert data["name"] == "SMS_TaskSequence_RebootAction"
    assert data["bases"] == ["SMS_TaskSequence_Action", "SMS_TaskSequence_Step"]
    (target,) = [p for p in data["properties"] if p["name"] == "Target"]
    assert target["qualifiers"][1] == {
        "name": "CommandLineArg",
        "argument": 1,
        "spelt": "CommandLineArg(1)",
        "meaning": "argument 1 of the command line",
    }
    assert (target["variable"], target["hidden"], target["required"]) == (
        "SMSRebootTarget",
        True,
        True,
    )


def test_an_unknown_name_suggests_the_nearest() -> None:
    refused(run("explain", "CaptureSystemImag"), 1, "SMS_TaskSequence_CaptureSystemImageAction?")
    refused(run("explain", "nonsense-of-all-kinds"), 1, "No class, enum, variable or code is named")


@pytest.mark.parametrize("name", sorted(ts.registry))
def test_every_class_can_be_explained(name: str) -> None:
    text = declaration(ts.registry[name])
    assert text.endswith("};")
    json.dumps(class_data(ts.registry[name]))


def test_enums_are_explained() -> None:
    done = run("explain", "partitiontype")
    assert done.returncode == 0
    assert done.stdout.startswith("ts.PartitionType: Type of a partition.\n    PRIMARY = ")
    assert json.loads(run("explain", "JoinType", "--json").stdout)["members"] == {
        "DOMAIN": 0,
        "WORKGROUP": 1,
    }


def test_all_classes_and_enums_are_listed() -> None:
    done = run("explain", "--list")
    assert "SMS_TaskSequence_RebootAction\n    Restart Computer" in done.stdout
    assert "ts.RunIn\n" in done.stdout
    data = json.loads(run("explain", "--list", "--json").stdout)
    assert len(data["classes"]) == len(ts.registry)
    refused(run("explain"), 2, "--list")


def test_a_class_that_is_left_out_says_why_and_python_names_are_known() -> None:
    refused(run("explain", "sms_statemigration"), 1, "SMS_StateMigration has no class here: a site")
    assert "class (no type)" in run("explain", "MdtCommandAction").stdout
