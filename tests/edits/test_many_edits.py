"""Several edits of one element at once: what they give is what was meant, and can be read."""

from __future__ import annotations

import copy
import random
from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.exports import loaded_exports

REBOOT = (
    '<step type="SMS_TaskSequence_RebootAction" name="R"><action>smsboot.exe /target:HD</action>'
    '<defaultVarList><variable name="SMSRebootTarget" property="Target" hidden="true">HD</variable>'
    "</defaultVarList></step>"
)


def sequence(*parts: str, attributes: str = 'version="3.10"') -> ts.Document:
    return ts.load(f"<sequence {attributes}>{''.join(parts)}</sequence>".encode())


def indented(text: str) -> str:
    return text.replace("><", ">\n  <")


def condition(value: str = "1") -> ts.Condition:
    return ts.Condition(
        operands=[ts.VariableConditionExpression(variable="A", operator="equals", value=value)]
    )


def unknown(document: ts.Document) -> ts.ScriptedAction:
    (step,) = document.sequence.steps
    assert isinstance(step, ts.ScriptedAction)
    return step


def reread(document: ts.Document) -> ts.TaskSequence:
    """Return what the document's bytes say, which has to be what its model says."""
    again = ts.load(document.to_bytes(secrets="keep"))
    assert again.sequence == document.sequence
    assert again.to_bytes() == document.to_bytes()
    return again.sequence


def test_a_group_gets_a_condition_and_loses_its_steps() -> None:
    document = ts.load(
        indented(f'<sequence version="3.10"><group name="g">{REBOOT}</group></sequence>').encode()
    )
    (group,) = document.sequence.steps
    assert isinstance(group, ts.Group)
    group.condition = condition()
    group.steps.clear()
    reread(document)


def test_the_only_step_is_replaced_by_one_with_a_reference() -> None:
    document = ts.load(indented(f'<sequence version="3.10">{REBOOT}</sequence>').encode())
    document.sequence.steps[0] = ts.SetupWindowsAndSMSAction(name="S", client_package_id="ABC00002")
    reread(document)
    assert b'<reference package="ABC00002"/>' in document.to_bytes()


def test_an_empty_step_gets_all_its_parts_at_once() -> None:
    document = sequence('<step name="x"/>')
    step = unknown(document)
    step.command_line = "cmd"
    step.variables["a"] = "1"
    step.condition = condition()
    reread(document)


def test_a_comment_stays_where_children_come_and_go() -> None:
    document = sequence(f"<!-- one -->{REBOOT}<!-- two -->{REBOOT}<!-- three -->")
    document.sequence.steps[0] = ts.PrepareSMSClientAction(name="P")
    del document.sequence.steps[1]
    text = document.to_bytes()
    assert [text.count(b"<!-- %s -->" % word) for word in (b"one", b"two", b"three")] == [1, 1, 1]
    reread(document)


def test_all_occurrences_go_when_a_value_is_taken_away() -> None:
    twice = '<variable name="A" property="A">1</variable>'
    document = sequence(
        f'<step name="s"><defaultVarList>{twice}{twice}</defaultVarList>{twice}'
        f"<defaultVarList>{twice}</defaultVarList></step>"
    )
    del unknown(document).variables["A"]
    assert b"<variable" not in document.to_bytes()
    reread(document)


def test_all_conditions_go_when_the_condition_is_taken_away() -> None:
    one = '<condition><expression type="Odd"/></condition>'
    document = sequence(f'<step name="s">{one}<action>a</action>{one}</step>')
    assert [v.message for v in document.violations] == [
        "a further <condition> is kept and not read"
    ]
    unknown(document).condition = None
    assert b"condition" not in document.to_bytes()
    reread(document)


def test_conditions_and_steps_out_of_place_are_reported() -> None:
    document = sequence(
        '<wrapper><step name="inner"/></wrapper>',
        '<step name="s"><expression type="Odd"/><step name="nested"/></step>',
    )
    assert [v.message for v in document.violations] == [
        "<wrapper> holds steps, which are kept and not read",
        "<expression> outside a <condition> is kept and not read",
        "<step> inside a step is kept and not read",
    ]
    assert [step.name for step in document.sequence.walk()] == ["s"]


PARTITIONS = (
    '<step type="SMS_TaskSequence_PartitionDiskAction" name="P"><action>osddiskpart.exe</action>'
    '<defaultVarList><variable name="OSDDiskIndex" property="DiskIndex">0</variable>'
    '<variable name="OSDPartitionStyle" property="PartitionStyle">MBR</variable>'
    '<variable name="OSDPartitions" property="Partitions" hidden="true">3</variable>'
    "{}</defaultVarList></step>"
)


def partition(index: str, name: str) -> str:
    members = (
        ("Bootable", "false"), ("QuickFormat", "true"), ("Type", "Primary"), ("VolumeName", name),
    )  # fmt: skip
    return "".join(
        f'<variable name="OSDPartitions{index}{member}" property="Partitions{index}{member}">'
        f"{value}</variable>"
        for member, value in members
    )


@pytest.mark.parametrize("indexes", [("0", "2"), ("1", "2"), ("0", "01"), ("0", "1")])
@pytest.mark.parametrize("edit", ["change", "delete", "append"])
def test_arrays_with_odd_indexes_lose_nothing(indexes: tuple[str, str], edit: str) -> None:
    members = partition(indexes[0], "one") + partition(indexes[1], "two")
    document = sequence(PARTITIONS.format(members))
    (step,) = document.sequence.steps
    assert isinstance(step, ts.PartitionDiskAction)
    # Index and place agree: an index that the file lacks is an item without members.
    places = [int(index) for index in indexes]
    names: list[str | None] = [None, None, None]
    names[places[0]], names[places[1]] = "one", "two"
    assert [p.volume_name for p in step.partitions] == names
    untouched = document.to_bytes()
    if edit == "change":
        step.partitions[places[1]].volume_name = names[places[1]] = "TWO"
    elif edit == "delete":
        del step.partitions[0], names[0]
    else:
        step.partitions.append(step.partitions[places[0]].replace(volume_name="three"))
        names.append("three")
    (again,) = reread(document).steps
    assert isinstance(again, ts.PartitionDiskAction)
    assert [p.volume_name for p in again.partitions] == names
    assert document.to_bytes() != untouched


def test_indexes_far_apart_are_no_array_with_holes() -> None:
    document = sequence(PARTITIONS.format(partition("0", "one") + partition("999999", "far")))
    (step,) = document.sequence.steps
    assert isinstance(step, ts.PartitionDiskAction)
    assert [p.volume_name for p in step.partitions] == ["one", "far"]


SETUP = (
    '<step type="SMS_TaskSequence_SetupWindowsAndSMSAction" name="S"><action>OSDSetupWindows.exe'
    '</action><defaultVarList><variable name="_SMSClientPackageID" property="ClientPackageID">'
    "ABC00002</variable></defaultVarList></step>"
)
OTHER = '<step type="BDD_Odd" name="O"><action>odd ABC00002</action><defaultVarList/></step>'


def test_a_reference_that_an_unknown_step_needs_stays() -> None:
    lists = '<referenceList><reference package="ABC00002"/></referenceList>'
    document = sequence(lists, SETUP, OTHER)
    document.sequence.steps[0].enabled = False
    assert lists.encode() in document.to_bytes()
    del document.sequence.steps[1]
    assert b"<reference " not in document.to_bytes()


def test_several_reference_lists_count_as_one() -> None:
    one = '<referenceList><reference package="ABC00002"/></referenceList>'
    document = sequence(one, one, SETUP)
    (step,) = document.sequence.steps
    assert isinstance(step, ts.SetupWindowsAndSMSAction)
    step.client_package_id = "ABC00009"
    text = document.to_bytes()
    assert b"ABC00002" not in text
    assert text.count(b'<reference package="ABC00009"/>') == 1


def test_a_copy_shares_nothing_that_can_be_edited() -> None:
    document = sequence(
        '<step name="s"><defaultVarList><variable name="k">1</variable></defaultVarList></step>'
    )
    step = unknown(document)
    twin = step.replace(name="twin")
    twin.variables["k"] = "2"
    shallow = copy.copy(step)
    shallow.variables["k"] = "3"
    document.sequence.steps.append(twin)
    assert step.variables == {"k": "1"}
    reread(document)


@pytest.mark.parametrize("child", ["no step", None, ts.Condition()])
def test_what_is_no_step_is_refused_at_writing(child: object) -> None:
    document = sequence(REBOOT)
    document.sequence.steps.append(child)  # type: ignore[arg-type]
    with pytest.raises(ts.DocumentError, match="which is no Step"):
        document.to_bytes()


def test_a_group_in_itself_is_refused() -> None:
    document = sequence('<group name="a"><group name="b"/></group>')
    (outer,) = document.sequence.steps
    assert isinstance(outer, ts.Group)
    (inner,) = outer.steps
    assert isinstance(inner, ts.Group)
    inner.steps.append(outer)
    with pytest.raises(ts.DocumentError, match="holds itself"):
        document.to_bytes()


def test_groups_that_could_not_be_read_back_are_not_written() -> None:
    group = ts.Group(name="g")
    for _ in range(200):
        group = ts.Group(name="g", steps=[group])
    with pytest.raises(ts.DocumentError, match="more than 195 deep"):
        ts.Document.new(ts.TaskSequence(steps=[group]))


def test_groups_that_were_read_are_written_however_deep() -> None:
    raw = b'<sequence version="3.10">' + b'<group name="g">' * 190 + b"</group>" * 190
    raw += b"</sequence>"
    assert ts.load(raw).to_bytes() == raw


def test_two_sections_of_cdata_survive_an_export() -> None:
    document = sequence('<step name="s"><action><![CDATA[a ]] > b]]></action></step>')
    exported = ts.Document.new_export(document.sequence, name="n", package_id="ABC00001")
    assert exported.sequence == document.sequence
    exported.sequence.steps[0].name = "renamed"
    reread(exported)


def test_a_declaration_inside_an_object_xml_is_an_old_one() -> None:
    inner = (
        '<?xml version="1.0" encoding="windows-1252"?>'
        '<sequence version="3.10"><step name="Ré"/></sequence>'
    )
    raw = (
        '<INSTANCE CLASSNAME="SMS_TaskSequencePackage"><PROPERTY NAME="Sequence"><VALUE>'
        f"<![CDATA[{inner}]]></VALUE></PROPERTY></INSTANCE>"
    ).encode()
    document = ts.load(raw)
    (step,) = document.sequence.steps
    assert step.name == "Ré"
    step.name = "ü€"
    reread(document)
    step.name = "Ré"
    assert document.to_bytes() == raw


def change_something(rng: random.Random, document: ts.Document) -> None:
    """Make one random edit of the kinds that people make."""
    target = rng.choice(document.sequences)
    everything = list(target.walk())
    lists: list[list[ts.Step]] = [target.steps]
    lists += [step.steps for step in everything if isinstance(step, ts.Group)]
    place = rng.choice(lists)
    kind = rng.randrange(10)
    if kind == 0 and place:
        del place[rng.randrange(len(place))]
    elif kind == 1:
        place.insert(rng.randint(0, len(place)), ts.PrepareSMSClientAction(name="new"))
    elif kind == 2:
        setup = ts.SetupWindowsAndSMSAction(
            name="new", client_package_id=f"ABC0000{rng.randrange(9)}"
        )
        place.insert(rng.randint(0, len(place)), setup)
    elif kind == 3 and place:
        moved = place.pop(rng.randrange(len(place)))
        inside = {id(moved.steps)} if isinstance(moved, ts.Group) else set()
        pending = [moved]
        while pending:
            current = pending.pop()
            if isinstance(current, ts.Group):
                inside.add(id(current.steps))
                pending += current.steps
        goal = rng.choice([entry for entry in lists if id(entry) not in inside])
        goal.insert(rng.randint(0, len(goal)), moved)
    elif kind == 4 and place:
        place.append(copy.deepcopy(rng.choice(place)))
    elif everything:
        step = rng.choice(everything)
        if kind == 5:
            step.condition = rng.choice([None, condition(str(rng.random()))])
        elif kind == 6:
            step.enabled = not step.enabled
        elif kind == 7:
            step.name = f"renamed {rng.random()}"
        elif kind == 8 and isinstance(step, ts.ScriptedAction):
            step.variables[rng.choice([*step.variables, "New"])] = "x & y"
            step.command_line = rng.choice(["cmd", step.command_line])
        elif kind == 9 and isinstance(step, ts.ScriptedAction) and step.variables:
            del step.variables[rng.choice(list(step.variables))]
        elif kind == 9:
            step.description = rng.choice([None, "", "text"])


@pytest.mark.corpus
@pytest.mark.parametrize("seed", range(3))
def test_random_edits_of_real_exports_read_back(seed: int, corpus_dir: Path) -> None:
    rng = random.Random(seed)
    for path, document in loaded_exports(corpus_dir):
        for _ in range(rng.randint(1, 20)):
            change_something(rng, document)
        again = ts.load(document.to_bytes(secrets="keep"))
        assert [*again.sequences] == [*document.sequences], path


def test_line_ends_survive_in_sections_of_cdata_and_in_escaped_text() -> None:
    inner = (
        '<sequence version="3.10">\r\n<step name="s"><action><![CDATA[a\r\nb]]></action></step>'
        "\r\n</sequence>"
    )
    split = inner.replace("]]>", "]]]]><![CDATA[>")
    escaped = inner.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for value in (f"<![CDATA[{split}]]>", escaped):
        raw = (
            '<INSTANCE CLASSNAME="SMS_TaskSequencePackage">\r\n<PROPERTY NAME="Sequence"><VALUE>'
            f"{value}</VALUE></PROPERTY></INSTANCE>"
        )
        document = ts.load(raw.encode())
        document.sequence.steps[0].name = "t"
        was, now = ('"s"', '"t"')
        assert document.to_bytes().decode() == raw.replace(was, now)
