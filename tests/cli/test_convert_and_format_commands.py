"""tasksequence convert and tasksequence format, with git as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.command_line import refused, run

CANONICAL = """\
<sequence version="3.10">
  <step type="SMS_TaskSequence_RebootAction" name="r" description="" runIn="WinPE" odd="1">
    <!-- kept -->
    <action>smsboot.exe /target:HD</action>
    <defaultVarList>
      <variable name="SMSRebootMessage" property="Message">a
b</variable>
      <variable name="SMSRebootTarget" property="Target" hidden="true">HD</variable>
    </defaultVarList>
  </step>
</sequence>
"""
ODD = (
    "<sequence version='3.10'><step odd='1' name='r' type='SMS_TaskSequence_RebootAction'"
    " runIn='WinPE' description=''><!-- kept --><action>smsboot.exe /target:HD</action>"
    "<defaultVarList><variable name='SMSRebootTarget' hidden='true' property='Target'>HD"
    "</variable><variable property='Message' name='SMSRebootMessage'><![CDATA[a\r\nb]]></variable>"
    "</defaultVarList></step></sequence>"
)


SECRET = ts.RunCommandLineAction(
    name="c", command_line="x", user_name="u", user_password=ts.SecretText("s3cret")
)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd.xml"
    path.write_bytes(ODD.encode("utf-16"))
    return path


def test_format_prints_one_variable_a_line_in_a_stable_order(odd: Path) -> None:
    done = run("format", odd)
    assert (done.returncode, done.stdout, done.stderr) == (0, CANONICAL, "")
    assert run("format", "-", standard_input=ODD).stdout == CANONICAL


def test_format_checks_and_rewrites(odd: Path) -> None:
    done = run("format", "--check", odd)
    assert (done.returncode, done.stdout) == (1, f"{odd}\n")
    assert run("format", "--in-place", odd).returncode == 0
    assert odd.read_text() == CANONICAL
    done = run("format", "--check", odd)
    assert (done.returncode, done.stdout) == (0, "")
    refused(run("format", "--check", "--in-place", odd), 2, "not both")
    refused(run("format", odd.parent / "none.xml"), 1, "none.xml")
    refused(run("format", "-", standard_input="no xml"), 1, "not well-formed")


def test_format_can_clear_secrets(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    ts.Document.new(ts.TaskSequence(steps=[SECRET]), secrets="keep").save(path)
    assert "s3cret" in run("format", path).stdout
    assert "s3cret" not in run("format", "--secrets", "blank", path).stdout


def test_variables_whose_order_means_something_keep_it(tmp_path: Path) -> None:
    # The first of two for one property counts; sorted by their keys the other would be first.
    text = (
        '<sequence version="3.10"><step type="SMS_TaskSequence_RebootAction" name="r"><action/>'
        '<defaultVarList><variable name="SMSRebootTarget">HD</variable>'
        '<variable name="a" property="Target">WinPE</variable><variable name="b" property="A"/>'
        "</defaultVarList></step></sequence>"
    )
    document = ts.load(text.encode())
    canonical = ts.load(ts.canonical_bytes(document))
    assert canonical.sequence == document.sequence


def git(folder: Path, *arguments: str) -> str:
    # The filters run the command of this very environment.
    environment = {
        **os.environ,
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@example.org",
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the settings of docs/git.md."""
    command = f"'{sys.executable}' -m tasksequence"
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "diff.tasksequence.textconv", f"{command} format --secrets blank")
    git(tmp_path, "config", "filter.tasksequence.clean", f"{command} format -")
    git(tmp_path, "config", "filter.tasksequence.required", "true")
    (tmp_path / ".gitattributes").write_text(
        "*.zip diff=tasksequence\nts/*.xml filter=tasksequence diff=tasksequence\n"
    )
    (tmp_path / "ts").mkdir()
    return tmp_path


def test_git_shows_what_changed_inside_a_zip(repository: Path) -> None:
    path = repository / "export.zip"
    steps: list[ts.Step] = [ts.RebootAction(name="r", message="old", target="HD")]
    document = ts.Document.new_export(
        ts.TaskSequence(steps=steps), name="Build", package_id="ABC00001"
    )
    document.save(path)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "one")
    step = document.sequence.steps[0]
    assert isinstance(step, ts.RebootAction)
    step.message = "new"
    document.save(path)
    changed = [line for line in git(repository, "diff").splitlines() if line[:1] in "+-"]
    assert changed[2:] == [
        '-      <variable name="SMSRebootMessage" property="Message">old</variable>',
        '+      <variable name="SMSRebootMessage" property="Message">new</variable>',
    ]


def test_git_keeps_one_spelling_of_a_sequence(repository: Path) -> None:
    path = repository / "ts" / "a.xml"
    path.write_bytes(ODD.encode("utf-16"))
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "one")
    assert git(repository, "show", "HEAD:ts/a.xml") == CANONICAL
    # The same sequence in another spelling is no change.
    path.write_text(ODD)
    git(repository, "add", ".")
    assert git(repository, "diff", "--cached", "--name-only") == ""


def test_git_refuses_a_file_that_is_no_sequence(repository: Path) -> None:
    (repository / "ts" / "broken.xml").write_text("<sequence>")
    with pytest.raises(AssertionError, match="not well-formed"):
        git(repository, "add", ".")


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    path = tmp_path / "a.xml"
    path.write_bytes(ODD.encode())
    return path


def test_convert_goes_by_the_target_s_name(sequence: Path, tmp_path: Path) -> None:
    zipped, inner, bare = tmp_path / "a.ZIP", tmp_path / "object.xml", tmp_path / "b.xml"
    named = ("--package-name", "Build", "--package-id", "ABC00001", "--boot-image", "ABC00005")
    done = run("convert", sequence, zipped, *named)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert run("convert", zipped, inner).returncode == 0
    assert run("convert", inner, bare).returncode == 0
    assert bare.read_bytes() == sequence.read_bytes()
    assert (ts.load(zipped).kind, ts.load(inner).kind) == ("zip", "object")
    (package,) = ts.load(inner).packages
    assert isinstance(package, ts.TaskSequencePackage)
    assert (package.name, package.boot_image_id, package.type) == ("Build", "ABC00005", 2)
    older = tmp_path / "older.xml"
    assert run("convert", zipped, older, "--to", "package").returncode == 0
    assert ts.load(older).kind == "package"
    renamed = tmp_path / "renamed.zip"
    assert run("convert", zipped, renamed, "--package-name", "Other").returncode == 0
    assert ts.load(renamed).parts[0].name == "Other"


def test_convert_refuses_in_words(sequence: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.zip"
    refused(run("convert", sequence, target), 1, "has no name, which a package needs")
    named = ("--package-name", "n")
    refused(run("convert", sequence, target, *named), 1, "has no package ID", "--package-id")
    refused(run("convert", sequence, target, *named, "--package-id", "abc"), 1, "package ID 'abc'")
    assert not target.exists()
    refused(run("convert", sequence, sequence), 1, "is there already", "--force")
    assert run("convert", sequence, sequence, "--force").returncode == 0
    assert sequence.read_bytes() == ODD.encode()
    mdt = tmp_path / "ts.xml"
    mdt.write_text('<sequence version="3.00" name="n"/>')
    refused(run("convert", mdt, target, "--package-id", "ABC00001"), 1, "is a sequence of MDT")
    several = tmp_path / "several.xml"
    several.write_text(f"<all>{ODD}{ODD}</all>")
    refused(run("convert", several, target), 2, "choose one by --name")


def test_convert_can_clear_secrets(tmp_path: Path) -> None:
    document = ts.Document.new(ts.TaskSequence(steps=[SECRET]), secrets="keep")
    kept = ts.convert(document, "object", name="n", package_id="ABC00001")
    assert b"s3cret" in kept
    blank = ts.convert(document, "object", name="n", package_id="ABC00001", secrets="blank")
    assert blank == kept.replace(b"s3cret", b"")


def test_the_references_of_a_changed_sequence_are_refreshed() -> None:
    document = ts.Document.new_export(ts.TaskSequence(), name="n", package_id="ABC00001")
    child = ts.SubTasksequence(name="s", ts_package_id="ABC00002", ts_name="Child")
    document.sequence.steps.append(child)
    (package,) = ts.load(ts.convert(document, "zip")).packages
    assert isinstance(package, ts.TaskSequencePackage)
    assert [reference.package for reference in package.references or []] == ["ABC00002"]


@pytest.mark.parametrize("command", [("format",), ("schema",)])
def test_a_limit_can_be_raised_on_the_command_line(command: tuple[str], tmp_path: Path) -> None:
    path = tmp_path / "deep.xml"
    groups = 210
    opened = '<group name="g" description="">' * groups
    path.write_text(f'<sequence version="3.10">{opened}{"</group>" * groups}</sequence>')
    refused(run(*command, path), 1, "limit depth")
    assert run(*command, "--limit", "depth=300", path).returncode == 0
    refused(run(*command, "--limit", "height=3", path), 2, "is no NAME=NUMBER")
    refused(run(*command, "--limit", "depth=0", path), 2, "is no NAME=NUMBER")
