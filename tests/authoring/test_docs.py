"""The documentation of authoring says what is so, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.authoring.cmdlets import COMMON, OBJECT_CMDLETS, Parameter
from tasksequence.authoring.fields import FIELDS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")


def fields_table() -> str:
    """Return the table of the wizards' fields as the guide has it."""
    lines = ["| page | field | for | what |", "|---|---|---|---|"]
    for field in FIELDS:
        name = f"**`{field.name}`**" if field.required else f"`{field.name}`"
        wizards = ", ".join(wizard[0].upper() for wizard in field.wizards)
        choices = f" One of {', '.join(f'`{one}`' for one in field.choices)}." * bool(field.choices)
        secret = " Secret." * field.is_secret
        filled = "; ".join(
            one.removeprefix("SMS_TaskSequence_").replace("Action.", ".") for one in field.fills
        )
        fills = f" ({filled})" if filled else ""
        said = field.help.replace("\\", "\\\\")  # outside code, Markdown takes one away
        lines.append(
            f"| {field.page or '–'} | {name} | {wizards} | {said}{choices}{secret}{fills} |"
        )
    return "\n".join(lines)


def _cells(parameter: Parameter) -> str:
    aliases = f" ({', '.join(parameter.aliases)})" if parameter.aliases else ""
    note = [parameter.note] if parameter.note else []
    note += ["the opposite"] if parameter.inverted else []
    note += [f"a switch for {parameter.sets}"] if parameter.sets else []
    note += [f"{key} is {value}" for key, value in parameter.values.items()]
    return f"`-{parameter.name}`{aliases} | {parameter.property or '–'} | {'; '.join(note)} |"


def common_table() -> str:
    """Return the table of the parameters that every cmdlet has."""
    lines = ["| parameter | property | |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {_cells(parameter)}" for parameter in COMMON)])


def cmdlets_table() -> str:
    """Return the table of all cmdlets and their parameters."""
    lines = ["| cmdlet, class | parameter | property | |", "|---|---|---|---|"]
    for cmdlet in (*ts.CMDLETS, *OBJECT_CMDLETS):
        first = f"`{cmdlet.new}`, {cmdlet.wmi_class.removeprefix('SMS_TaskSequence_')}"
        if not cmdlet.parameters:
            lines.append(f"| {first} | – | – | |")
        for parameter in cmdlet.parameters:
            lines.append(f"| {first} | {_cells(parameter)}")
            first = ""
    return "\n".join(lines)


@pytest.mark.parametrize("table", [fields_table, common_table, cmdlets_table])
def test_the_tables_of_the_guide_are_the_data(table: object) -> None:
    assert callable(table)
    assert table() in GUIDE


def test_the_readme_example_is_short_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (code,) = [block for block in blocks if "build_and_capture(" in block]
    assert len(code.splitlines()) <= 15
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    document = ts.load("build-and-capture.zip")
    assert document.parts[0].package_id == "ABC00042"
    editor = ts.SequenceEditor(document.sequence)
    names = [step.name for step in document.sequence.walk()]
    assert names.index("Restart again") == names.index("Install Updates") + 1
    assert str(editor.find("Install Updates").condition) == (
        'variable SkipUpdates does not equal "true"'
    )


def test_the_editing_of_the_guide_runs(tmp_path: Path) -> None:
    made = ts.build_and_capture(
        name="n", boot_image="ABC00005", image_package="ABC00010", client_package="ABC00003",
        destination=r"\\server\images\a.wim", account=r"D\u", applications=["a"],
    )  # fmt: skip
    made.save(tmp_path / "a.xml")
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names = {"ts": ts, "document": ts.load(tmp_path / "a.xml")}
    for block in blocks:
        exec(block, names)
    steps = ts.SequenceEditor(ts.load(tmp_path / "a.xml").sequence)
    assert steps.find("Capture > Capture Operating System Image")
    (shown,) = re.findall(r">>> print\((.*)\)\n(.*)\n", GUIDE)
    assert str(eval(shown[0], {"ts": ts})) == shown[1]


def test_the_answers_of_the_guide_are_taken(tmp_path: Path) -> None:
    from tests.support.command_line import run

    (answers,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "answers.toml").write_text(answers, encoding="utf-8")
    done = run(
        "new", "build-and-capture", tmp_path / "a.xml", "--from", tmp_path / "answers.toml",
        environment={"CAPTURE_PASSWORD": "hunter2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_condition_cmdlet_has_its_builder() -> None:
    rows = re.findall(r"^\| `New-CMTSStepCondition\w+` \| (.*) \|$", GUIDE, re.MULTILINE)
    assert len(rows) == 9
    for names in rows:
        assert all(hasattr(ts, name) for name in re.findall(r"`ts\.(\w+)`", names))
