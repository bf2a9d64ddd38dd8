"""Editing by path: what each operation does, and what it refuses whole."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

import tasksequence as ts

CAPTURE = "Capture the Reference Computer"
RESTART = "Build the Reference Computer > Restart in Windows PE"


@pytest.fixture
def editor() -> ts.SequenceEditor:
    made = ts.build_and_capture(
        name="n",
        boot_image="ABC00005",
        image_package="ABC00010",
        client_package="ABC00003",
        destination=r"\\server\images\a.wim",
        firmware="bios",
    )
    return ts.SequenceEditor(made.document().sequence)


def names(editor: ts.SequenceEditor) -> list[str]:
    return [one.address.replace(" > ", "/") for one in editor.find_all()]


def inside(editor: ts.SequenceEditor, group: str) -> list[str]:
    found = editor.find(group)
    assert isinstance(found, ts.Group)
    return [step.name for step in found.steps]


def restart(name: str = "Restart") -> ts.RebootAction:
    return ts.RebootAction(name=name, target="HD")


@pytest.mark.parametrize(
    "target",
    [
        RESTART,
        "Restart in Windows PE",
        "restart in windows pe",
        ["Build the Reference Computer", "Restart in Windows PE"],
        ["Restart in Windows PE"],
        "Restart in Windows PE[1]",
    ],
)
def test_a_step_is_found_by_path_by_its_end_and_by_names(
    editor: ts.SequenceEditor, target: Any
) -> None:
    found = editor.find(target)
    assert isinstance(found, ts.RebootAction)
    assert editor.address(found) == RESTART


def test_steps_are_found_by_class_and_by_what_they_are(editor: ts.SequenceEditor) -> None:
    for cls in (
        ts.CaptureSystemImageAction,
        "CaptureSystemImage",
        "SMS_TaskSequence_CaptureSystemImageAction",
        "New-CMTSStepCaptureSystemImage",
    ):
        assert editor.find(cls=cls).name == "Capture Operating System Image"
    conditional = editor.find_all(where=lambda step: step.condition is not None)
    assert len(conditional) == 4
    assert [one.path[-1] for one in editor.find_all("Apply*", cls=ts.Action)] == [
        "Apply Operating System",
        "Apply Windows Settings",
        "Apply Network Settings",
        "Apply Device Drivers",
    ]
    assert editor.find_all("nothing") == []
    assert len(editor.find_all("Build * > Apply ??????? Settings")) == 2


def test_what_is_not_clear_lists_its_candidates(editor: ts.SequenceEditor) -> None:
    editor.insert(restart("Join Workgroup"), into="Build the Reference Computer")
    with pytest.raises(ts.EditError, match="names 2 steps") as caught:
        editor.find("Join Workgroup")
    assert caught.value.candidates == (
        "Build the Reference Computer > Join Workgroup",
        "Capture the Reference Computer > Join Workgroup",
    )
    for candidate in caught.value.candidates:
        assert editor.address(candidate) == candidate
    with pytest.raises(ts.EditError, match="names no step") as caught:
        editor.find("Join Workgruop")
    assert "Capture the Reference Computer > Join Workgroup" in caught.value.candidates
    with pytest.raises(ts.EditError, match="no steps fit"):
        editor.find(cls="ConvertDisk")
    with pytest.raises(ts.EditError, match="2 steps fit"):
        editor.find(cls="Group")


def test_steps_with_one_path_are_numbered() -> None:
    steps: list[ts.Step] = [restart("a"), restart("a"), restart("a[2]"), restart("b > c")]
    editor = ts.SequenceEditor(ts.TaskSequence(steps=steps))
    assert names(editor) == ["a[1]", "a[2][2]", "a[2]", "b/c"]
    for step in steps:
        assert editor.find(editor.address(step)) is step
    assert editor.find("b > c") is steps[3]


def test_insert_before_after_into_and_at_a_place(editor: ts.SequenceEditor) -> None:
    editor.insert(restart("1"), before="Join Workgroup")
    editor.insert(restart("2"), restart("3"), after="Join Workgroup")
    editor.insert(restart("4"), into=CAPTURE)
    editor.insert(restart("5"), into=CAPTURE, at=1)
    assert inside(editor, CAPTURE) == [
        "1", "5", "Join Workgroup", "2", "3", "Prepare ConfigMgr Client for Capture",
        "Prepare Operating System", "Capture Operating System Image", "4",
    ]  # fmt: skip
    editor.insert(ts.Group(name="First", steps=[restart("6")]), at=0)
    editor.insert(restart("7"))
    assert [step.name for step in editor.sequence.steps] == [
        "First", "Build the Reference Computer", CAPTURE, "7",
    ]  # fmt: skip
    assert editor.address("6") == "First > 6"


def test_move_keeps_what_is_in_a_group(editor: ts.SequenceEditor) -> None:
    editor.move("Install Updates", before="Apply Operating System")
    editor.move("Capture Operating System Image", into=CAPTURE, at=0)
    assert inside(editor, "Build the Reference Computer")[2] == "Install Updates"
    assert inside(editor, CAPTURE)[0] == "Capture Operating System Image"
    editor.move(CAPTURE, into="Build the Reference Computer")
    assert len(editor.sequence.steps) == 1
    editor.move(CAPTURE)
    assert [step.name for step in editor.sequence.steps][1:] == [CAPTURE]


@pytest.mark.parametrize("at", range(4))
def test_a_place_is_counted_without_the_step_that_moves(editor: ts.SequenceEditor, at: int) -> None:
    editor.move("Prepare Operating System", into=CAPTURE, at=at)
    assert inside(editor, CAPTURE).index("Prepare Operating System") == at


def test_up_and_down(editor: ts.SequenceEditor) -> None:
    before = inside(editor, CAPTURE)
    editor.move_down("Join Workgroup")
    assert inside(editor, CAPTURE) == [before[1], before[0], *before[2:]]
    editor.move_up("Join Workgroup")
    assert inside(editor, CAPTURE) == before
    with pytest.raises(ts.EditError, match="is the first step"):
        editor.move_up("Join Workgroup")
    with pytest.raises(ts.EditError, match="is the last step"):
        editor.move_down("Capture Operating System Image")


def test_remove_replace_and_wrap(editor: ts.SequenceEditor) -> None:
    (removed,) = editor.remove("Install Updates")
    assert removed.name == "Install Updates"
    old = editor.replace("Join Workgroup", restart())
    assert old.name == "Join Workgroup"
    assert inside(editor, CAPTURE)[0] == "Restart"
    group = editor.wrap(
        "Prepare Operating System", "Prepare ConfigMgr Client for Capture", group="Prepare"
    )
    assert [step.name for step in group.steps] == [
        "Prepare ConfigMgr Client for Capture",
        "Prepare Operating System",
    ]
    assert inside(editor, CAPTURE) == ["Restart", "Prepare", "Capture Operating System Image"]
    # What lies in one that is removed goes with it.
    editor.remove("Prepare", "Prepare > Prepare Operating System")
    assert inside(editor, CAPTURE) == ["Restart", "Capture Operating System Image"]


def test_properties_are_set_by_any_of_their_names(editor: ts.SequenceEditor) -> None:
    step = editor.find(cls="CaptureSystemImage")
    assert isinstance(step, ts.CaptureSystemImageAction)
    editor.set(step, {"CaptureDestination": r"\\s\i\b.wim"}, image_version="2")
    assert (step.capture_destination, step.image_version) == (r"\\s\i\b.wim", "2")
    editor.set(step, {"Path": r"\\s\i\c.wim", "CaptureUserName": r"D\u", "Password": "hunter2"})
    assert (step.capture_destination, step.capture_username) == (r"\\s\i\c.wim", r"D\u")
    assert step.capture_password == ts.SecretText("hunter2")
    editor.set(step, {"OSDImageCreator": "me", "timeout": 60, "SupportedEnvironment": "WinPE"})
    assert (step.image_creator, step.timeout) == ("me", 60)
    editor.set(step, {"IsThisStepEnabled": False, "IsContinueOnError": True, "NewStepName": "C"})
    assert (step.enabled, step.continue_on_error, step.name) == (False, True, "C")
    editor.set(step, {"DisableThisStep": False})
    assert step.enabled


def test_a_change_is_done_whole_or_not_at_all(editor: ts.SequenceEditor) -> None:
    step = editor.find(cls="CaptureSystemImage")
    before = step.replace()
    with pytest.raises(ts.QualifierError) as caught:
        editor.set(step, image_creator="new", image_version="1" * 33, capture_destination="")
    assert [problem.property for problem in caught.value.problems] == [
        "ImageVersion",
        "CaptureDestination",
    ]
    with pytest.raises(ts.EditError, match="ImageVersio is no property") as unknown:
        editor.set(step, {"ImageCreator": "new", "ImageVersio": "1"})
    assert "ImageVersion" in unknown.value.candidates
    # What several properties break together, too.
    network = editor.find(cls="ApplyNetworkSetting")
    with pytest.raises(ts.QualifierError, match="DomainName has no value"):
        editor.set(network, workgroup_name=None)
    with pytest.raises(ts.EditError, match="steps are inserted"):
        editor.set(CAPTURE, steps=[])
    assert step == before


def test_a_rule_that_a_file_broke_before_does_not_keep_from_editing() -> None:
    document = ts.load(
        b'<sequence version="3.10"><step type="SMS_TaskSequence_ApplyOperatingSystemAction" '
        b'name="s" description="" runIn="WinPE"><action>x</action><defaultVarList/></step>'
        b"</sequence>"
    )
    editor = ts.SequenceEditor(document.sequence)
    editor.set("s", description="none is applied")
    assert editor.find("s").description == "none is applied"
    with pytest.raises(ts.QualifierError, match="DestinationPartition has no value"):
        editor.set("s", destination_disk=1)


def test_an_unknown_step_takes_its_variables_by_name() -> None:
    document = ts.load(
        b'<sequence version="3.10"><step type="Odd" name="s"><action>a</action><defaultVarList>'
        b'<variable name="Colour" property="Colour">red</variable></defaultVarList></step>'
        b"</sequence>"
    )
    editor = ts.SequenceEditor(document.sequence)
    step = editor.set("s", {"colour": "blue", "variables.New": "1", "CommandLine": "b"})
    assert isinstance(step, ts.UnknownAction)
    assert step.variables == {"Colour": "blue", "New": "1"}
    assert step.command_line == "b"
    editor.set("s", {"Colour": None})
    assert step.variables == {"New": "1"}
    with pytest.raises(ts.QualifierError, match="variables hold text"):
        editor.set("s", {"New": 1})


def test_conditions_are_set_added_and_cleared(editor: ts.SequenceEditor) -> None:
    x = ts.Variable("X")
    editor.set_condition(CAPTURE, x == "1", x != "2")
    assert str(editor.find(CAPTURE).condition) == (
        'variable X equals "1" and variable X does not equal "2"'
    )
    editor.add_condition(CAPTURE, x.exists())
    assert str(editor.find(CAPTURE).condition).endswith("and variable X exists")
    editor.clear_condition(CAPTURE)
    assert editor.find(CAPTURE).condition is None
    editor.add_condition(CAPTURE, x.exists())
    whole = ts.when(x.not_exists())
    assert editor.set_condition(CAPTURE, whole).condition is whole
    with pytest.raises(ts.QualifierError, match="is a whole condition"):
        editor.set_condition(CAPTURE, whole, x.exists())


def test_conditions_of_one_kind_are_removed_at_any_depth(editor: ts.SequenceEditor) -> None:
    x, file = ts.Variable("X"), ts.File("a").exists()
    editor.set_condition(CAPTURE, x == "1", ts.any_of(x == "2", file), ts.none_of(x == "3"))
    editor.remove_conditions(CAPTURE, ts.VariableConditionExpression)
    assert str(editor.find(CAPTURE).condition) == "file a exists"
    editor.remove_conditions(CAPTURE, ts.FileConditionExpression)
    assert editor.find(CAPTURE).condition is None
    assert editor.remove_conditions(CAPTURE, ts.FileConditionExpression).condition is None


def test_enable_disable_and_rename(editor: ts.SequenceEditor) -> None:
    editor.disable(CAPTURE, "Install Updates")
    assert not editor.find(CAPTURE).enabled
    assert not editor.find("Install Updates").enabled
    editor.enable(CAPTURE)
    assert editor.find(CAPTURE).enabled
    editor.rename(CAPTURE, "Capture")
    assert editor.find("Capture > Join Workgroup").name == "Join Workgroup"


def test_a_copy_goes_to_another_document_with_its_bytes(editor: ts.SequenceEditor) -> None:
    source = ts.load(
        b'<sequence version="3.10"><group name="Tools"  odd=\'kept\'><!-- kept -->'
        b'<step name="s" type="Odd"/></group></sequence>'
    )
    there = ts.SequenceEditor(source.sequence)
    target = ts.Document.new(ts.TaskSequence(steps=[restart()]))
    goal = ts.SequenceEditor(target.sequence)
    copied = there.copy("Tools", to=goal, before="Restart", name="Copied")
    assert copied is goal.find("Copied")
    text = target.to_bytes(secrets="keep")
    assert b'<group name="Copied"  odd=\'kept\'><!-- kept --><step name="s" type="Odd"/>' in text
    assert b'name="Tools"' in source.to_bytes(secrets="keep")
    editor.copy("Join Workgroup", after="Join Workgroup")
    assert inside(editor, CAPTURE)[:2] == ["Join Workgroup", "Join Workgroup"]


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (lambda e: e.insert(restart(), before="Join Workgroup", into=CAPTURE), "not several"),
        (lambda e: e.insert(restart(), before="Join Workgroup", at=1), "with into"),
        (lambda e: e.insert(restart(), into=CAPTURE, at=5), "no place 5 among 4"),
        (lambda e: e.insert(restart(), at=-1), "no place -1"),
        (lambda e: e.insert(restart(), into="Join Workgroup"), "is a step, which holds no others"),
        (lambda e: e.insert(restart(), into="Nothing"), "names no group"),
        (lambda e: e.insert(e.find("Join Workgroup")), "in the sequence already"),
        (lambda e: e.insert(ts.Group(name="g", steps=[e.find("Join Workgroup")])), "already"),
        (lambda e: e.insert(*[restart()] * 2), "already"),
        (lambda e: e.insert("Restart"), "is no step"),
        (lambda e: e.replace("Join Workgroup", e.find(CAPTURE)), "already"),
        (lambda e: e.move(CAPTURE, into=CAPTURE), "into itself"),
        (lambda e: e.move(CAPTURE, before="Join Workgroup"), "into itself"),
        (lambda e: e.move("Join Workgroup", after="Join Workgroup"), "into itself"),
        (lambda e: e.move("Join Workgroup", into=CAPTURE, at=4), "no place 4 among 3"),
        (lambda e: e.remove("Install Updates", "nothing"), "names no step"),
        (lambda e: e.wrap(group="g"), "no step is given"),
        (
            lambda e: e.wrap("Join Workgroup", "Prepare Operating System", group="g"),
            "do not stand side by side",
        ),
        (lambda e: e.wrap("Join Workgroup", "Install Updates", group="g"), "side by side"),
        (lambda e: e.wrap("Join Workgroup", group=restart()), "is no group"),
        (lambda e: e.wrap("Join Workgroup", group=5), "is no group"),
        (lambda e: e.remove_conditions(CAPTURE, ts.Variable), "VariableConditionExpression"),
        (lambda e: e.remove_conditions(CAPTURE, 5), "no class of conditions"),
        (lambda e: e.insert(restart(), at="1"), "is no place"),
        (lambda e: e.insert(restart(), at=True), "is no place"),
        (lambda e: e.find(5), "5 names no step: give"),
        (lambda e: e.find_all(["a", 5]), "names no step: give"),
        (lambda e: e.move("Join Workgroup", before=5), "5 names no step: give"),
        (lambda e: e.insert(restart(), into=5), "5 names no step: give"),
        (lambda e: e.disable("Install Updates", "nothing"), "names no step"),
        (lambda e: e.find(cls="Nothing"), "no class of steps"),
        (lambda e: e.find(restart()), "the RebootAction 'Restart' that was given names no step"),
    ],
)
def test_an_edit_that_makes_no_sense_changes_nothing(
    editor: ts.SequenceEditor, edit: Callable[[ts.SequenceEditor], object], text: str
) -> None:
    before = [one.address for one in editor.find_all()]
    with pytest.raises(ts.EditError, match=text):
        edit(editor)
    assert [one.address for one in editor.find_all()] == before
    assert all(one.step.enabled for one in editor.find_all())


def test_an_editor_is_for_a_sequence(editor: ts.SequenceEditor) -> None:
    with pytest.raises(TypeError, match=r"document\.sequence"):
        ts.SequenceEditor(ts.Document.new(editor.sequence))  # type: ignore[arg-type]


def test_every_cmdlet_makes_a_step_of_its_class() -> None:
    """Every parameter fills the property that the table says, by its name and its aliases."""
    from tasksequence.authoring.step_settings import setting_named
    from tasksequence.wmi import properties_of

    assert len(ts.CMDLETS) == 35
    for cmdlet in ts.CMDLETS:
        cls = ts.step_class(cmdlet.new)
        assert cls.wmi_name == cmdlet.wmi_class
        assert ts.step_class(cmdlet.noun) is cls
        assert ts.step_class(cmdlet.new.replace("New-", "Remove-").lower()) is cls
        known = {one.name for one in properties_of(cls)}
        for parameter in cmdlet.parameters:
            for name in (parameter.name, *parameter.aliases):
                if parameter.property is not None:
                    assert parameter.property in known
                    value = next(iter(parameter.values), None)
                    assert setting_named(cls, name, None, value).name == parameter.property
    # This name is a property of its own in the class.
    assert setting_named(ts.PartitionDiskAction, "DiskType", None, "Dynamic").name == "DiskType"


def test_a_step_is_made_with_the_parameters_of_a_cmdlet() -> None:
    made = ts.new_step(
        "New-CMTSStepCaptureSystemImage",
        StepName="Capture", Path=r"\\s\i\a.wim", UserName=r"D\u", Password="hunter2",
        ImageVersion="1", DisableThisStep=True,
    )  # fmt: skip
    assert made == ts.CaptureSystemImageAction(
        name="Capture",
        capture_destination=r"\\s\i\a.wim",
        capture_username=r"D\u",
        capture_password=ts.SecretText("hunter2"),
        image_version="1",
        enabled=False,
    )
    check = ts.new_step("PrestartCheck", Name="c", OSArchitecture="Arch32")
    assert isinstance(check, ts.PrestartCheckAction)
    assert check.os_architecture == "32"
    restarted = ts.new_step("Reboot", {"name": "r", "RunAfterRestart": "HardDisk"})
    assert isinstance(restarted, ts.RebootAction)
    assert restarted.target == "HD"
    script = ts.new_step(
        "RunPowerShellScript", Name="p", Parameter="", SourceScript="x", ScriptName="",
        PackageId="ABC00001", TimeoutMins=2,
    )  # fmt: skip
    assert isinstance(script, ts.RunPowerShellScriptAction)
    assert script.timeout == 120
    assert isinstance(ts.new_step("New-CMTaskSequenceGroup", name="g"), ts.Group)


def test_copying_needs_the_editor_of_the_other_sequence(editor: ts.SequenceEditor) -> None:
    document = ts.Document.new(ts.TaskSequence(steps=[]))
    with pytest.raises(ts.EditError, match="SequenceEditor") as caught:
        editor.copy(RESTART, to=document)  # type: ignore[arg-type]
    assert "to is Document" in str(caught.value)


def test_a_group_that_holds_itself_is_refused(editor: ts.SequenceEditor) -> None:
    group = ts.Group(name="Endless")
    group.steps.append(group)
    with pytest.raises(ts.EditError, match="'Endless' is in the sequence already"):
        editor.insert(group)


def test_what_is_wrong_is_told_with_the_address_of_the_step(editor: ts.SequenceEditor) -> None:
    with pytest.raises(ts.SettingError) as caught:
        editor.set("Restart in Windows PE", Timeout="soon")
    assert str(caught.value).startswith(f"{RESTART}: SMS_TaskSequence_RebootAction.Timeout")


def test_text_that_no_file_holds_is_told_at_once(editor: ts.SequenceEditor) -> None:
    with pytest.raises(ts.SettingError) as caught:
        editor.set(
            "Capture Operating System Image",
            Name="a\x01", ImageCreator="\ud800", CapturePassword="hunter\0", Description="\t\n",
        )  # fmt: skip
    assert [one.property for one in caught.value.problems] == [
        "Name", "ImageCreator", "CapturePassword",
    ]  # fmt: skip
    assert "U+0001 at position 1 cannot stand in XML" in str(caught.value)
    assert "hunter" not in str(caught.value)


def test_a_script_is_encoded_as_exports_have_it() -> None:
    text = 'Write-Host "\u00fc"\r\n'
    held = base64.b64encode(b"\xff\xfe" + text.encode("utf-16-le")).decode()
    # Its parameters may be left out, as with the cmdlet.
    step = ts.new_step("RunPowerShellScript", Name="p", SourceScript=text)
    assert isinstance(step, ts.RunPowerShellScriptAction)
    assert (step.source_script, step.parameters) == (held, "")
    editor = ts.SequenceEditor(ts.TaskSequence(steps=[step]))
    for same in (held, text, f"\ufeff{text}"):
        editor.set("p", source_script=same)
        assert step.source_script == held
    editor.set("p", SourceScript="%Script%")
    assert step.source_script == "%Script%"
    editor.set("p", SourceScript="eA==")  # Base64, but of no such text: a script that says so
    assert step.source_script not in (None, "eA==")


PARTITIONS: list[dict[str, object]] = [
    {"Efi": True, "Msr": False, "Size": 500, "SizeUnit": "MB", "PartitionFileSystem": "Fat32"},
    {
        "Name": "OS", "Size": 100, "SizeUnit": "Percent", "PartitionFileSystem": "Ntfs",
        "IsBootPartition": True, "EnableQuickFormat": False, "Variable": "OSDISK",
        "EnableDriveLetterAssignment": False,
    },
    {"type": "Recovery", "size": 1, "SizeUnits": "GB"},
]  # fmt: skip


def test_a_disk_is_partitioned_with_the_parameters_of_the_cmdlets() -> None:
    made = ts.new_step(
        "New-CMTSStepPartitionDisk", Name="p", DiskNumber=0, DiskType="Gpt", IsBootDisk=True,
        PartitionSetting=PARTITIONS,
    )  # fmt: skip
    assert made == ts.PartitionDiskAction(
        name="p", disk_index=0, partition_style="GPT", gpt_boot_disk=True,
        partitions=[
            ts.PartitionSettings(type="EFI", size=500, size_units="MB", file_system="FAT32"),
            ts.PartitionSettings(
                type="Primary", volume_name="OS", size=100, size_units="Percent",
                file_system="NTFS", bootable=True, quick_format=False, assign_volume_letter=False,
                volume_letter_variable="OSDISK",
            ),
            ts.PartitionSettings(type="Recovery", size=1, size_units="GB"),
        ],
    )  # fmt: skip
    assert isinstance(made, ts.PartitionDiskAction)
    editor = ts.SequenceEditor(ts.TaskSequence(steps=[made]))
    editor.set("p", DiskType="Mbr", GPTBootDisk=False)
    assert (made.partition_style, made.disk_type) == ("MBR", "Basic")
    editor.set("p", DiskType="Dynamic", partitions=PARTITIONS[1:])
    assert (made.partition_style, made.disk_type, len(made.partitions)) == ("MBR", "Dynamic", 2)


def test_a_switch_of_a_cmdlet_is_the_value_that_it_stands_for() -> None:
    made = ts.new_step("EnableBitLocker", Name="b", TpmAndPin=True, TpmOnly=False, Pin="hunter2")
    assert isinstance(made, ts.EnableBitLockerAction)
    assert made.mode == "TPMAndPIN"
    with pytest.raises(ts.SettingError, match="twice, as TpmOnly and as UsbOnly"):
        ts.new_step("EnableBitLocker", Name="b", TpmOnly=True, UsbOnly=True)


def test_all_that_is_wrong_with_a_step_is_told_at_once() -> None:
    with pytest.raises(ts.SettingError) as caught:
        ts.new_step(
            "PartitionDisk",
            {"Name": "n" * 101, "Nmae": "x", 5: "y", "DiskType": "Gpt", "DiskIndex": "first"},  # type: ignore[dict-item]
            partition_style="MBR",
            Partitions=[{"Sizes": 1, "Size": "x", "size": 2}, 5, {"Type": "odd", "Bootable": 1}],
            Timeout=-1,
            Condition=[ts.Variable("A"), 5],
        )
    assert isinstance(caught.value, ts.EditError)
    assert isinstance(caught.value, ts.QualifierError)
    assert "Name" in caught.value.candidates
    assert [problem.property for problem in caught.value.problems] == [
        "Name", "Nmae", "5", "DiskIndex", "PartitionStyle",
        "Partitions[0].Sizes", "Partitions[0].Size", "Partitions[0].Size",
        "Partitions[1]", "Partitions[2].Type", "Partitions[2].Bootable",
        "Timeout", "Operands[0]", "Operands[1]",
    ]  # fmt: skip
    lines = str(caught.value).splitlines()
    assert "PartitionStyle is given twice, as DiskType and as partition_style" in lines[4]


def test_all_that_is_wrong_with_a_change_is_told_at_once(editor: ts.SequenceEditor) -> None:
    step = editor.find(cls="ApplyWindowsSettings")
    before = step.replace()
    with pytest.raises(ts.SettingError) as caught:
        editor.set(
            step,
            {"Nmae": "x", "RegisteredUserName": "", "ServerLicensing": "PerServer", "name": "a"},
            name="b", enabled="no", IsEnabled=True, Timeout="soon",
        )  # fmt: skip
    assert [problem.property for problem in caught.value.problems] == [
        "Nmae", "RegisteredUserName", "Name", "Enabled", "Enabled", "Timeout",
        "ServerLicenseConnectionLimit",
    ]  # fmt: skip
    assert "Name is given twice, as name and as name" in str(caught.value)
    assert step == before
    with pytest.raises(ts.EditError, match="has no names"):
        editor.set(step, ["Name"])  # type: ignore[arg-type]


def test_a_rule_between_properties_judges_what_was_asked_for() -> None:
    step = ts.PartitionDiskAction(
        name="p", disk_index=0, partition_style="MBR", partitions=[ts.PartitionSettings(type="EFI")]
    )
    with pytest.raises(ts.SettingError) as caught:
        ts.SequenceEditor(ts.TaskSequence(steps=[step])).set(
            step, PartitionStyle="GTP", GPTBootDisk=True
        )
    assert [problem.property for problem in caught.value.problems] == ["PartitionStyle"]


def test_a_condition_may_be_an_operand_or_several(editor: ts.SequenceEditor) -> None:
    x, y = ts.Variable("X") == "1", ts.Variable("Y") == "2"
    made = ts.new_step("Reboot", Name="r", Target="HD", Condition=x)
    assert made.condition == ts.when(x)
    assert ts.new_step("Group", Name="g", Conditions=[x, y]).condition == ts.when(x, y)
    assert editor.set(CAPTURE, condition=(x, y)).condition == ts.when(x, y)
    assert editor.set(CAPTURE, Condition=ts.when(y)).condition == ts.when(y)
    assert editor.set(CAPTURE, Condition=None).condition is None
    with pytest.raises(ts.SettingError, match="is empty: give when"):
        editor.set(CAPTURE, Condition=[])


def test_a_class_of_which_no_step_is_made_is_refused() -> None:
    assert ts.step_class("mdtcommandaction") is ts.MdtCommandAction
    made = ts.new_step("MdtCommandAction", Name="m", CommandLine="cmd.exe /c ver")
    assert isinstance(made, ts.MdtCommandAction)
    for abstract in (ts.Action, ts.ScriptedAction, ts.Step, ts.UnknownAction):
        with pytest.raises(ts.EditError, match="is no class of which a step is made"):
            ts.new_step(abstract, Name="x", CommandLine="y")
    for odd in (int, 5, ts.Condition, None):
        with pytest.raises(ts.EditError, match="is no class of steps"):
            ts.new_step(odd, Name="x")  # type: ignore[arg-type]


def test_a_variable_that_a_class_declares_is_no_secret_for_its_name() -> None:
    from tasksequence.authoring.step_settings import setting_named

    assert not setting_named(ts.UnknownAction, "OSDRandomAdminPassword").is_secret
    assert setting_named(ts.UnknownAction, "ServicePassword").is_secret


def test_a_step_that_misses_something_says_all_of_it() -> None:
    with pytest.raises(ts.QualifierError) as caught:
        ts.new_step("CaptureSystemImage", image_version="1" * 33)
    assert [problem.property for problem in caught.value.problems] == [
        "ImageVersion",
        "Name",
        "CaptureDestination",
    ]
    with pytest.raises(ts.EditError, match="Did you mean CaptureSystemImageAction"):
        ts.new_step("CaptureSystemImag")


@pytest.mark.parametrize("of_class", ["BDD_Gather", "BDD_InjectDrivers"])
def test_a_step_without_a_command_line_of_its_class_needs_one(of_class: str) -> None:
    with pytest.raises(ts.QualifierError, match="CommandLine has no value: give it"):
        ts.new_step(of_class, Name="Gather")
    made = ts.new_step(of_class, Name="Gather", CommandLine="cscript.exe ZTIGather.wsf")
    text = ts.Document.new(ts.TaskSequence(steps=[made])).to_bytes()
    assert b"<action>cscript.exe ZTIGather.wsf</action>" in text


def test_advice_does_not_refuse_a_name(editor: ts.SequenceEditor) -> None:
    editor.rename(CAPTURE, "n" * 100)
    assert editor.find("n" * 100).name == "n" * 100
    with pytest.raises(ts.QualifierError, match="AllowedLen"):
        editor.rename("n" * 100, "n" * 101)
