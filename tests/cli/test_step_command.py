"""tasksequence step: looking and editing, in place, by the byte."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import tasksequence as ts
from tasksequence.cli.commands import cli
from tests.support.command_line import refused, run

SOURCE = (
    b"<?xml version='1.0'?>\r\n<sequence  version='3.10'>\r\n\t<group name='Build' odd=''>\r\n"
    b"\t\t<step type='SMS_TaskSequence_RebootAction' name='Restart' runIn='WinPE'><!-- kept -->\r\n"
    b"\t\t\t<action>smsboot.exe /target:HD</action>\r\n"
    b"\t\t\t<defaultVarList>\r\n"
    b"\t\t\t\t<variable name='SMSRebootTarget' property='Target' hidden='true'>HD</variable>\r\n"
    b"\t\t\t</defaultVarList>\r\n\t\t</step>\r\n"
    b"\t\t<step type='SMS_TaskSequence_CaptureSystemImageAction' name='Capture' runIn='WinPE'>"
    b"<action>osdcapturesystemimage.exe</action><defaultVarList>"
    b"<variable name='OSDCaptureDestination' property='CaptureDestination'>a.wim</variable>"
    b"<variable name='OSDCaptureAccountPassword' property='CapturePassword'>hunter2</variable>"
    b"<variable name='OSDImageVersion' property='ImageVersion'></variable>"
    b"</defaultVarList></step>\r\n"
    b"\t</group>\r\n\t<group name='Empty' />\r\n</sequence>\r\n<!-- end -->"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sequence.xml"
    path.write_bytes(SOURCE)
    return path


def invoke(command: str, *arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["step", command, *map(str, arguments)])
    output = done.output + str(done.exception or "")
    assert "hunter" not in output
    # That the file holds a password is told after each edit, and tested once.
    return done.exit_code, re.sub(r"warning: .* in plain text: .*\n", "", output)


def test_steps_are_listed_with_class_and_condition(file: Path) -> None:
    code, output = invoke("get", file)
    assert code == 0
    assert output.splitlines()[2:] == [
        "Build            Group",
        "Build > Restart  RebootAction",
        "Build > Capture  CaptureSystemImageAction",
        "Empty            Group",
    ]


def test_a_step_is_shown_with_its_properties(file: Path) -> None:
    _, output = invoke("get", file, "capt*")
    assert output.splitlines()[:2] == [
        "Build > Capture",
        "  Class = CaptureSystemImageAction",
    ]
    assert "  CapturePassword = ***" in output
    _, output = invoke("get", file, "--class", "New-CMTSStepReboot", "--json")
    (found,) = json.loads(output)
    assert found["address"] == "Build > Restart"
    assert found["path"] == ["Build", "Restart"]
    assert found["properties"]["Target"] == "HD"
    code, output = invoke("get", file, "Captur")
    assert code == 1
    assert "Build > Capture" in output


def test_setting_a_value_changes_its_bytes_alone(file: Path) -> None:
    done = run("step", "set", file, "Capture", "--set", "Path=b.wim", "--set", "OSDImageVersion=2")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{file}: changed the step Build > Capture\n"
    expected = SOURCE.replace(b">a.wim<", b">b.wim<").replace(
        b"'ImageVersion'></", b"'ImageVersion'>2</"
    )
    assert file.read_bytes() == expected


def test_a_dry_run_shows_a_diff_and_writes_nothing(file: Path) -> None:
    code, output = invoke(
        "set", file, "Restart", "--set", "RunAfterRestart=WinPE", "--disable", "--dry-run"
    )
    assert code == 0
    assert file.read_bytes() == SOURCE
    assert output.splitlines()[0] == f"--- {file}"
    changed = [line for line in output.splitlines() if line[0] in "+-"][2:]
    assert [line[0] + line[1:].lstrip() for line in changed] == [
        "-<step type='SMS_TaskSequence_RebootAction' name='Restart' runIn='WinPE'>",
        "+<step type='SMS_TaskSequence_RebootAction' name='Restart' disable=\"true\" "
        "runIn='WinPE'>",
        "-<action>smsboot.exe /target:HD</action>",
        "+<action>smsboot.exe /target:WinPE</action>",
        "-<variable name='SMSRebootTarget' property='Target' hidden='true'>HD</variable>",
        "+<variable name='SMSRebootTarget' property='Target' hidden='true'>WinPE</variable>",
    ]


def test_secrets_are_set_from_elsewhere_and_masked_in_a_diff(file: Path) -> None:
    arguments = ("step", "set", file, "Capture", "--secret", "CapturePassword=env:NEW")
    done = run(*arguments, "--dry-run", environment={"NEW": "hunter3"})
    assert done.returncode == 0, done.stderr
    assert "hunter" not in done.stdout + done.stderr
    assert ">*** (1)</variable>" in done.stdout
    assert ">*** (2)</variable>" in done.stdout
    done = run(*arguments, environment={"NEW": "hunter3"})
    assert file.read_bytes() == SOURCE.replace(b"hunter2", b"hunter3")


def test_a_written_file_with_a_password_in_plain_text_is_told_of(file: Path) -> None:
    note = f"warning: {file} holds a password or key in plain text: Build > Capture"
    done = run("step", "set", file, "Restart", "--disable", "--dry-run")
    assert "plain text" not in done.stderr
    done = run("step", "set", file, "Restart", "--disable")
    assert done.stderr == f"{note} (CapturePassword)\n"
    assert "plain text" not in done.stdout
    done = run("step", "set", file, "Capture", "--set", "CapturePassword=%Password%")
    assert done.stderr == ""
    run("step", "set", file, "Capture", "--clear", "CapturePassword")
    arguments = ("ConnectNetworkFolder", "Share", "--set", r"Path=\\s\f", "--set", "Drive=S:")
    done = run(
        "step", "new", file, *arguments, "--set", r"UserName=D\u", "--secret",
        "UserPassword=env:NEW", environment={"NEW": "hunter3"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "in plain text: Share (Password)" in done.stderr
    assert "hunter" not in done.stdout + done.stderr


def test_a_secret_variable_is_masked_wherever_its_value_stands(tmp_path: Path) -> None:
    step = ts.SetVariableAction(
        name="s", variable_name="OSDJoinPassword", variable_value="hunter<2>&"
    )
    path = tmp_path / "a.xml"
    ts.Document.new(ts.TaskSequence(steps=[step]), secrets="keep").save(path)
    code, output = invoke("set", path, "s", "--rename", "t", "--dry-run")
    assert code == 0
    assert '<action>tsenv.exe "OSDJoinPassword=*** (1)"' in output
    assert "  VariableValue = ***" in invoke("get", path, "s")[1]
    code, output = invoke("set", path, "s", "--set", "VariableValue=plain")
    assert (code, "Use --secret VariableValue=prompt" in output) == (2, True)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("Plain", "VariableValue"),
        ("Plain", "Description"),
        ("Plain", "Name"),
        ("Run", "CommandLine"),
    ],
)
def test_what_was_given_as_a_secret_is_masked_and_told_of_where_a_step_shows_it(
    target: str, name: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.xml"
    plain = ts.SetVariableAction(name="Plain", variable_name="A", variable_value="1")
    command = ts.RunCommandLineAction(name="Run", command_line="a.cmd")
    ts.Document.new(ts.TaskSequence(steps=[plain, command])).save(path)
    arguments = ("step", "set", path, target, "--secret", f"{name}=env:NEW")
    for more in (["--dry-run"], []):
        done = run(*arguments, *more, environment={"NEW": 'hunter<3>&"'})
        assert done.returncode == 0, done.stderr
        assert "hunter" not in done.stdout + done.stderr
        assert f"warning: --secret {name}: the step keeps it as no secret" in done.stderr
        assert ("*** (1)" in done.stdout) is bool(more)
    assert b"hunter" in path.read_bytes()
    hidden = ("--secret", "VariableValue=env:NEW", "--set", "IsMasked=true")
    done = run("step", "new", path, "SetVariable", "B", "--set", "VariableName=B", *hidden,
               environment={"NEW": "hunter4"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "as no secret" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (["VariableValue=plain", "DoNotShowVariableValue=true"], "DoNotShowVariableValue says"),
        (["IsMasked=true", "TaskSequenceVariableValue=plain"], "DoNotShowVariableValue says"),
        (["VariableValue=", "HiddenVariableValue=plain"], "HiddenVariableValue is"),
    ],
)
def test_a_hidden_value_of_a_variable_is_not_taken_from_the_arguments(
    settings: list[str], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.xml"
    step = ts.SetVariableAction(name="s", variable_name="A", variable_value="old")
    ts.Document.new(ts.TaskSequence(steps=[step])).save(path)
    before = path.read_bytes()
    options = [part for text in settings for part in ("--set", text)]
    new = ["new", str(path), "SetVariable", "t", "--set", "VariableName=B"]
    for command, *rest in (["set", str(path), "s"], new):
        code, output = invoke(command, *rest, *options)
        assert code == 2, output
        assert reason in output
        assert "Use --secret" in output
    assert path.read_bytes() == before
    assert invoke("set", path, "s", "--set", "IsMasked=true")[0] == 0
    code, output = invoke("set", path, "s", "--set", "VariableValue=plain")
    assert (code, "DoNotShowVariableValue says" in output) == (2, True)
    assert invoke("set", path, "s", "--set", "VariableValue=%Other%")[0] == 0
    code, _ = invoke("set", path, "s", "--set", "IsMasked=false", "--set", "VariableValue=plain")
    assert code == 0


def test_rules_with_a_secret_are_not_taken_from_the_arguments(file: Path) -> None:
    rules = '<Rule><Variable Name="A" IsSecret="true">hunter2</Variable></Rule>'
    command = ("step", "new", file, "SetDynamicVariables", "Rules")
    refused(run(*command, "--set", f"Rules={rules}"), 2, "Use --secret Rules=prompt")
    done = run(*command, "--secret", "Rules=env:RULES", environment={"RULES": rules})
    assert done.returncode == 0, done.stderr
    assert "Rules (Rules)" in done.stderr
    done = run("step", "set", file, "Rules", "--rename", "R", "--dry-run")
    assert "hunter2" not in done.stdout + done.stderr


def test_new_steps_go_where_they_are_told(file: Path) -> None:
    code, output = invoke(
        "new", file, "New-CMTSStepRunCommandLine", "Hello",
        "--set", "CommandLine=cmd /c echo a=b", "--set", "Timeout=60", "--set", "SuccessCode=0 1",
        "--before", "Capture", "--if-variable", "_SMSTSInWinPE equals true",
    )  # fmt: skip
    assert (code, output) == (0, f"{file}: added the step Build > Hello\n")
    code, _ = invoke("new", file, "Group", "Inner", "--into", "Empty")
    assert code == 0
    editor = ts.SequenceEditor(ts.load(file).sequence)
    hello = editor.find("Build > Hello")
    assert isinstance(hello, ts.RunCommandLineAction)
    assert (hello.command_line, hello.timeout) == ("cmd /c echo a=b", 60)
    assert hello.success_codes == "0 1"
    assert str(hello.condition) == 'variable _SMSTSInWinPE equals "true"'
    assert isinstance(editor.find("Empty > Inner"), ts.Group)
    # What was there is there still.
    until = SOURCE.index(b"</step>")
    assert file.read_bytes().startswith(SOURCE[:until])
    assert file.read_bytes().endswith(b"</sequence>\r\n<!-- end -->")


def test_objects_are_given_as_json(file: Path) -> None:
    partitions = '[{"Type": "Primary", "Size": 100, "SizeUnits": "Percent", "fileSystem": "NTFS"}]'
    code, output = invoke(
        "new", file, "PartitionDisk", "Disk 1", "--set", "DiskIndex=1", "--set",
        "PartitionStyle=GPT", "--set", f"Partitions={partitions}", "--at", "0",
    )  # fmt: skip
    assert code == 0, output
    step = ts.load(file).sequence.steps[0]
    assert isinstance(step, ts.PartitionDiskAction)
    assert step.partitions == [
        ts.PartitionSettings(type="Primary", size=100, size_units="Percent", file_system="NTFS")
    ]


def test_move_and_remove(file: Path) -> None:
    assert invoke("move", file, "Capture", "--up")[0] == 0
    assert invoke("move", file, "Restart", "--into", "Empty")[0] == 0
    editor = ts.SequenceEditor(ts.load(file).sequence)
    assert [one.address for one in editor.find_all()] == [
        "Build", "Build > Capture", "Empty", "Empty > Restart",
    ]  # fmt: skip
    assert invoke("remove", file, "Build", "Empty > Restart")[0] == 0
    assert [s.name for s in ts.load(file).sequence.walk()] == ["Empty"]


def test_what_was_done_is_told(file: Path) -> None:
    _, output = invoke("remove", file, "Build", "--dry-run")
    assert output.endswith(
        f"{file}: not written, would have removed the group Build with 2 steps\n"
    )
    _, output = invoke("move", file, "Build", "--down")
    assert output == f"{file}: moved the group Build with 2 steps\n"
    _, output = invoke("remove", file, "Restart", "Empty")
    assert output.splitlines() == [
        f"{file}: removed the step Build > Restart",
        f"{file}: removed the group Empty without steps",
    ]
    _, output = invoke("set", file, "Build", "--disable")
    assert output == f"{file}: changed the group Build with 1 step\n"


def test_a_name_of_a_group_and_of_a_step_in_it_is_not_clear(file: Path) -> None:
    invoke("set", file, "Build", "--rename", "Capture")
    before = file.read_bytes()
    code, output = invoke("remove", file, "Capture")
    assert code == 1
    assert "'Capture' names 2 steps" in output
    assert "'> Capture' is the group at the top" in output
    assert output.splitlines()[-2:] == ["  > Capture", "  Capture > Capture"]
    assert file.read_bytes() == before
    assert invoke("get", file)[1].splitlines()[2].split("  ")[0] == "> Capture"
    _, output = invoke("remove", file, "Capture > Capture")
    assert output == f"{file}: removed the step Capture > Capture\n"
    assert invoke("remove", file, "Capture")[0] == 0


def test_conditions_are_joined_added_and_cleared(file: Path) -> None:
    invoke(
        "set", file, "Empty", "--join", "none", "--if-file", r"C:\a", "--if-folder", r"C:\b",
        "--if-wmi", "SELECT 1", "--if-variable", "A notExists",
    )  # fmt: skip
    invoke("set", file, "Empty", "--if-variable", "B like x y%")
    (_, group) = ts.load(file).sequence.steps
    assert str(group.condition) == (
        r"none of (variable A does not exist or file C:\a exists or folder C:\b exists or "
        r'WMI query in root\cimv2 returns something: SELECT 1) and variable B is like "x y%"'
    )
    invoke("set", file, "Empty", "--clear-condition")
    assert ts.load(file).sequence.steps[1].condition is None


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        ("A exists", "a notExists", True),
        ("A equals true", "A equals False", True),
        ("A equals 1", "A notEquals 1", True),
        ("A notExists", "A equals 1", True),
        ("A equals TRUE", "A equals true", False),
        ("A equals %B%", "A equals 1", False),
        ("A equals 1", "B equals 2", False),
        ("A exists", "A notEquals 1", False),
    ],
)
def test_conditions_that_contradict_are_warned_of(
    first: str, second: str, contradict: bool, file: Path
) -> None:
    assert "never runs" not in invoke("set", file, "Restart", "--if-variable", first)[1]
    code, output = invoke("set", file, "Restart", "--if-variable", second)
    assert (code, "warning: the step never runs" in output) == (0, contradict)
    both = ("--if-variable", first, "--if-variable", second)
    place = ("Group", "G", *both)
    assert ("never runs" in invoke("new", file, *place)[1]) is contradict
    assert "never runs" not in invoke("new", file, *place, "--join", "any")[1]


def test_an_edit_that_says_what_is_there_already_changes_nothing(file: Path) -> None:
    code, output = invoke("set", file, "Restart", "--set", "Target=HD")
    assert (code, output) == (0, f"{file}: nothing to change\n")
    assert file.read_bytes() == SOURCE


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["set", "Captur", "--set", "ImageVersion=1"], 1, "Build > Capture"),
        (["set", "Capture", "--set", "ImageVersio=1"], 1, "Did you mean ImageVersion"),
        (
            ["set", "Capture", "--set", f"ImageVersion={'1' * 33}", "--set", "Path="],
            1,
            "AllowedLen",
        ),
        (["set", "Capture", "--set", "Timeout=soon"], 1, "UInt32 is a whole number: give one"),
        (["set", "Capture", "--set", "Enabled=perhaps"], 1, "Boolean is True or False"),
        (["set", "Capture", "--set", "CapturePassword=x"], 2, "--secret CapturePassword=prompt"),
        (["set", "Capture", "--set", "x"], 2, "takes NAME=VALUE"),
        (
            ["set", "Capture", "--set", "Path=a", "--set", "path=b"],
            1,
            "CaptureDestination is given twice, as --set Path and as --set path",
        ),
        (
            ["set", "Capture", "--set", "ImageVersion=1", "--set", "OSDImageVersion=2"],
            1,
            "as --set ImageVersion and as --set OSDImageVersion",
        ),
        (
            ["set", "Capture", "--set", "Name=a", "--rename", "b"],
            1,
            "Name is given twice, as --set Name and as --rename",
        ),
        (
            ["set", "Capture", "--set", "Enabled=true", "--disable"],
            1,
            "Enabled is given twice, as --set Enabled and as --disable",
        ),
        (
            ["set", "Capture", "--set", "Timeout=1", "--clear", "timeout"],
            1,
            "as --set Timeout and as --clear timeout",
        ),
        (["new", "Reboot", "R", "--set", "StepName=S"], 1, "as NAME and as --set StepName"),
        (["set", "Capture", "--join", "any"], 2, "--join says how --if options go together"),
        (["new", "Group", "G", "--join", "none"], 2, "--join says how --if options go together"),
        (["set", "Capture", "--clear", "CaptureDestination"], 1, "not_null asks for one"),
        (["set", "Capture", "--if-variable", "A"], 2, "--if-variable takes"),
        (["set", "Capture", "--if-file", ""], 1, "Path is '': give the path of a file"),
        (["set", "Capture", "--if-folder", " "], 1, "Path is ' ': give the path of a folder"),
        (["set", "Capture", "--set", "Timeout=x"], 1, "Build > Capture: SMS_TaskSequence_"),
        (["set", "Capture", "--if-variable", "A equals"], 2, "--if-variable takes"),
        (["set", "Capture", "--if-variable", "A is b"], 1, "Enumeration allows exists"),
        (["set", "Capture", "--if-variable", "OSDJoinPassword equals b"], 2, "holds a secret"),
        (["set", "Capture", "--name", "Other"], 2, "No sequence is named"),
        (["new", "Rebot", "R"], 1, "Did you mean RebootAction"),
        (["new", "Reboot", "R"], 1, "Target has no value"),
        (["new", "PartitionDisk", "P", "--set", "Partitions=x"], 1, "is no JSON"),
        (["new", "PartitionDisk", "P", "--set", 'Partitions={"a":1}'], 1, "no list of objects"),
        (
            ["new", "PartitionDisk", "P", "--set", 'Partitions=[{"a":1}]'],
            1,
            "Partitions[0].a is no property",
        ),
        (["new", "Group", "G", "--before", "Capture", "--into", "Empty"], 1, "not several"),
        (
            ["new", "Group", "G", "--into", "Restart"],
            1,
            "Build > Restart is a step, which holds no others",
        ),
        (["move", "Capture", "--into", "Restart"], 1, "or the group it stands in: Build."),
        (["set", "Capture", "--set", "Condition=x"], 1, "--if options"),
        (["set", "Capture", "--secret", "CapturePassword=env:EMPTY"], 2, "is empty"),
        (["set", "Capture", "--set", "CapturePassword=%hunter 2%"], 2, "--secret"),
        (["remove", "Capture", "Nothing"], 1, "names no step"),
        (["move", "Capture"], 2, "Say where it goes"),
        (["move", "Capture", "--up", "--down"], 2, "Say where it goes"),
        (["move", "Build", "--into", "Build"], 1, "into itself"),
        (["move", "Capture", "--down"], 1, "is the last step"),
    ],
)
def test_what_cannot_be_done_leaves_the_file_alone(
    arguments: list[str], code: int, text: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPTY", "")
    command, *rest = arguments
    exit_code, output = invoke(command, file, *rest)
    assert exit_code == code, output
    assert text in output
    assert file.read_bytes() == SOURCE
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_all_that_is_wrong_with_an_edit_is_told_at_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPTY", "")
    wrong = [
        "--set", "ImageVersio=1", "--set", f"ImageVersion={'1' * 33}", "--set", "Timeout=soon",
        "--set", "x", "--set", "CapturePassword=hunter2", "--secret", "CapturePassword=env:EMPTY",
        "--secret", "Passwort=env:ABSENT_ONE", "--if-variable", "A", "--if-variable", "B is c",
    ]  # fmt: skip
    said = [
        "Did you mean ImageVersion", "AllowedLen", "Timeout is 'soon'", "takes NAME=VALUE",
        "Use --secret CapturePassword=prompt", "the secret that was read is empty", "is not set",
        "--if-variable takes", "Enumeration allows exists",
    ]  # fmt: skip
    code, output = invoke("set", file, "Capture", *wrong, "--clear", "Path")
    assert code == 2, output
    for text in (*said, "CaptureDestination has no value"):
        assert text in output
    place = ("--into", "Restart")
    monkeypatch.setenv("EMPTY", "")
    code, output = invoke("new", file, "CaptureSystemImage", "C" * 101, *wrong, *place)
    assert code == 2, output
    for text in (*said, "CaptureDestination has no value", "Name is 'CCC", "is a step"):
        assert text in output
    assert file.read_bytes() == SOURCE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["remove", "No 1", "Captur", "No 2"], ["'No 1' names", "'No 2' names", "Build > Capture"]),
        (["move", "No 1", "--before", "No 2"], ["'No 1' names", "'No 2' names"]),
        (
            ["new", "Rebot", "R", "--after", "No 1", "--if-variable", "A", "--set", "x"],
            ["Did you mean RebootAction", "'No 1' names", "--if-variable takes"],
        ),
        (
            ["set", "No 1", "--if-file", "", "--if-variable", "A"],
            ["'No 1' names", "variable takes"],
        ),
    ],
)
def test_steps_that_are_not_there_are_told_with_all_else(
    arguments: list[str], said: list[str], file: Path
) -> None:
    command, *rest = arguments
    code, output = invoke(command, file, *rest)
    assert code in (1, 2)
    for text in said:
        assert text in output, output
    assert file.read_bytes() == SOURCE


def test_a_secret_that_is_refused_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONG", "hunter" * 1000)
    path = tmp_path / "a.xml"
    step = ts.SetVariableAction(name="s", variable_name="OSDJoinPassword", variable_value="")
    ts.Document.new(ts.TaskSequence(steps=[step])).save(path)
    code, output = invoke("set", path, "s", "--secret", "VariableValue=env:LONG")
    assert (code, "AllowedLen" in output) == (1, True)


def test_an_export_with_several_sequences_needs_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    step = ts.RebootAction(name="Restart", target="HD")
    ts.Document.new_export(ts.TaskSequence(steps=[step]), name="One", package_id="ABC00001").save(
        path
    )
    code, output = invoke("set", path, "Restart", "--rename", "R", "--name", "abc00001")
    assert (code, output) == (0, f"{path}: changed the step Restart\n")
    assert ts.load(path).sequence.steps[0].name == "R"


def test_a_long_name_over_the_limit_of_the_editor_is_warned_of(file: Path) -> None:
    for arguments in (["--rename", "n" * 51], ["--set", f"Name={'n' * 52}"]):
        assert "warning: the name has 5" in invoke("set", file, "Empty", *arguments)[1]
        invoke("set", file, "nnn*", "--rename", "Empty")


def test_a_backslash_is_shown_as_it_was_typed(file: Path) -> None:
    code, output = invoke("set", file, r"C:\tools", "--disable")
    assert (code, r"'C:\tools' names no step" in output) == (1, True)
    code, output = invoke("set", file, "Capture", "--set", "Path=" + "\\\\server\\" * 40)
    assert (code, output.count("AllowedLen")) == (1, 1)
    assert r"'\\server\\\server" in output


def test_errors_read_as_sentences(file: Path) -> None:
    refused(
        run("step", "set", file, "Captur", "--disable"), 1,
        "tasksequence: 'Captur' names no step of the sequence", "Build > Capture",
    )  # fmt: skip
    refused(run("step", "get", file.with_name("absent")), 1, "absent", "cannot be read")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_takes_no_file_is_told(file: Path) -> None:
    file.parent.chmod(0o500)
    try:
        code, output = invoke("set", file, "Capture", "--disable")
    finally:
        file.parent.chmod(0o700)
    assert code == 1
    assert "cannot be written" in output
    assert file.read_bytes() == SOURCE
