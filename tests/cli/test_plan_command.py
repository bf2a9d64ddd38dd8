"""tasksequence plan, and explain for variables."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import tasksequence as ts
from tests.plan.test_flow import child, run, sets, when
from tests.support.command_line import refused
from tests.support.command_line import run as command


@pytest.fixture
def export(tmp_path: Path) -> Path:
    steps: list[ts.Step] = [
        ts.Group(
            name="Prepare",
            steps=[
                run("UEFI alone", when("_SMSTSBootUEFI", "equals", "true")),
                sets("Ring", "%Site%-pilot"),
            ],
        ),
        run("Ring", when("Ring", "equals", "HQ-pilot")),
        run("File", ts.Condition(operands=[ts.FileConditionExpression(path=r"C:\a.txt")])),
    ]
    path = tmp_path / "export.zip"
    ts.Document.new_export(
        ts.TaskSequence(steps=steps), name="Plan me", package_id="ABC00001"
    ).save(path)
    return path


def test_a_tree_with_marks_reasons_and_numbers(export: Path) -> None:
    done = command("plan", export, "--in", "fullos", "--set", "Site=HQ")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Starts in full Windows; facts are open.",
        "* runs here   + runs on the device   - skipped   ? depends on a fact   ! breaks a rule",
        "",
        "    0 * [Prepare]",
        "    1 ?   UEFI alone",
        "            depends on what is not known here: variable _SMSTSBootUEFI",
        "    2 *   set Ring",
        '            sets Ring to "HQ-pilot"',
        "    4 + Ring",
        "    5 ? File",
        r"          depends on what is not known here: file C:\a.txt exists",
        "",
        "4 steps: 1 run here, 1 on the device, 0 skipped, 2 depend, 0 break a rule.",
        "Facts that would tell more, and how many steps wait for them:",
        r"    1  file C:\a.txt exists",
        "    1  variable _SMSTSBootUEFI",
    ]


def test_facts_from_a_file_and_assumptions(export: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.toml"
    facts.write_text('in = "winpe"\n[variables]\nSite = "HQ"\n_SMSTSBootUEFI = true\n')
    done = command(
        "plan", export, "--facts", facts, "--assume", r"file C:\a.txt exists=false", "--format",
        "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    plan = ts.Plan.from_json(done.stdout)
    assert [step.outcome.value for step in plan.steps] == [
        "left to the device", "run", "left to the device", "skipped",
    ]  # fmt: skip
    assert json.loads(done.stdout)["format"] == "tasksequence plan"


def test_closed_facts_and_a_volume(export: Path, tmp_path: Path) -> None:
    from tests.support.volumes import make_volume, need_tools

    need_tools()
    volume = make_volume(tmp_path / "c.ntfs", {"a.txt": b"x"})
    done = command("plan", export, "--closed", "--volume", volume, "--in", "winpe")
    assert done.returncode == 0, done.stderr
    assert "    5 + File" in done.stdout
    assert "    1 -   UEFI alone" in done.stdout


def test_why_shows_the_whole_derivation(export: Path) -> None:
    for wanted in ("4", "ring", " Ring "):
        done = command("plan", export, "--set", "Site=HQ", "--why", wanted)
        assert done.returncode == 0, done.stderr
        assert 'true: variable Ring equals "HQ-pilot"; found: "HQ-pilot"' in done.stdout
        assert 'CommandLine = "cmd.exe", from the step\'s CommandLine' in done.stdout
    refused(command("plan", export, "--why", "Rnig"), 1, "Did you mean 'Ring'")
    refused(command("plan", export, "--why", "99"), 1, "no step '99'")


def test_what_if_ranks_the_facts(export: Path) -> None:
    done = command("plan", export, "--in", "winpe", "--what-if")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Fact")
    assert r"file C:\a.txt exists" in lines[2]


def test_children_come_from_the_export_and_from_files(tmp_path: Path) -> None:
    inner = tmp_path / "ABC00002.xml"
    ts.Document.new(ts.TaskSequence(steps=[run("inside")])).save(inner)
    outer = tmp_path / "outer.xml"
    ts.Document.new(ts.TaskSequence(steps=[child("ABC00002"), run("last")])).save(outer)
    done = command("plan", outer, "--child", inner)
    assert done.returncode == 0, done.stderr
    assert "    0 * [run ABC00002] child sequence ABC00002" in done.stdout
    assert "    1 +   inside" in done.stdout
    alone = command("plan", outer)
    assert alone.returncode == 0
    assert "was not given" in alone.stdout
    other = tmp_path / "ABC00003.xml"
    other.write_bytes(inner.read_bytes())
    refused(
        command("plan", outer, "--child", other), 1,
        "run ABC00002: the child sequence ABC00002 was not given",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--set", "1A=x"], 2, "no variable name"),
        (["--set", "_SMSTSInWinPE=true", "--in", "fullos"], 1, "Leave one of the two out"),
        (["--set", "OSDJoinPassword=x"], 2, "--secret OSDJoinPassword=prompt"),
        (["--set", "A=%B%", "--set", "B=%A%", "--set", "Site=%A%"], 1, "in a circle"),
        (["--assume", r"file C:\b.txt exists"], 1, "Did you mean"),
        (["--facts", "absent.toml"], 1, "cannot be read"),
        (["--volume", "absent.ntfs"], 1, "absent.ntfs"),
        (["--in", "somewhere"], 2, "winpe"),
        (["--child", "absent.xml"], 1, "absent.xml"),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    export: Path, arguments: list[str], code: int, said: str
) -> None:
    refused(command("plan", export, *arguments), code, said)


def test_a_rule_that_a_step_breaks_is_named_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "s.xml"
    group = ts.Group(name="G", steps=[sets("_SMSTSMake", "x")])
    ts.Document.new(ts.TaskSequence(steps=[group])).save(path)
    done = command("plan", path)
    refused(done, 1, "G > set _SMSTSMake: it sets _SMSTSMake")
    assert "    1 !   set _SMSTSMake" in done.stdout  # the plan is printed all the same


def test_a_secret_is_in_no_output(export: Path) -> None:
    for form in (["--format", "json"], ["--why", "4"], []):
        done = command(
            "plan", export, "--secret", "Site=env:TS_SITE", *form,
            environment={**os.environ, "TS_SITE": "hunter2"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "hunter2" not in done.stdout + done.stderr


def test_explain_tells_of_variables() -> None:
    done = command("explain", "_smststype")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "_SMSTSType",
        "  Kind of the sequence: 1 a general one, 2 one that deploys an operating system.",
        "  direction  read-only",
        "  values     1, 2",
    ]
    data = json.loads(command("explain", "OSDCaptureAccountPassword", "--json").stdout)
    assert data["secret"] is True
    assert data["steps"] == ["Capture Operating System Image"]
    refused(command("explain", "SMSTSRebotRequested"), 1, "Did you mean the variable SMSTSReboot")
