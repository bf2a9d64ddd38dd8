"""tasksequence new: answers from options and files, secrets from elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

import tasksequence as ts
from tasksequence.cli.commands import cli
from tests.support.command_line import refused, run

MINIMAL = [
    "--name", "Build", "--boot-image", "ABC00005", "--image-package", "ABC00010",
    "--client-package", "ABC00003", "--destination", r"\\server\images\a.wim",
    "--account", r"CONTOSO\capture",
]  # fmt: skip
ANSWERS = r"""
name = "Build"
boot_image = "ABC00005"
image-package = "ABC00010"
image_index = 3
client_package = "ABC00003"
destination = '\\server\images\%ImageName%.wim'
account = 'CONTOSO\capture'
password = "env:CAPTURE_PASSWORD"
admin_password = "%LocalPassword%"
updates = "all"
partition_disk = false
applications = ["ScopeId_1/Application_1", { name = "ScopeId_1/Application_2", display_name = "B" }]
"""


def test_the_wizard_on_the_command_line_makes_what_the_function_makes(tmp_path: Path) -> None:
    target = tmp_path / "build.zip"
    done = run(
        "new", "build-and-capture", target, *MINIMAL, "--package-id", "ABC00042",
        "--firmware", "uefi", "--secret", "password=env:CAPTURE", "--names", "editor",
        environment={"CAPTURE": "hunter2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{target}: Build, 14 groups and steps\n"
    assert done.stderr == (
        f"warning: {target} holds a password or key in plain text: "
        "Capture the Reference Computer > Capture Operating System Image (CapturePassword)\n"
    )
    made = ts.build_and_capture(
        name="Build", boot_image="ABC00005", image_package="ABC00010", client_package="ABC00003",
        destination=r"\\server\images\a.wim", account=r"CONTOSO\capture", password="hunter2",
        firmware="uefi", names="editor",
    )  # fmt: skip
    assert target.read_bytes() == made.document("ABC00042", secrets="keep").to_bytes()


def test_answers_come_from_a_file_and_options_win(tmp_path: Path) -> None:
    answers, target = tmp_path / "answers.toml", tmp_path / "build.xml"
    answers.write_text(ANSWERS, encoding="utf-8")
    done = run(
        "new", "build-and-capture", target, "--from", answers, "--updates", "required",
        environment={"CAPTURE_PASSWORD": "hunter2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps = {type(step).__name__: step for step in ts.load(target).sequence.walk()}
    assert "PartitionDiskAction" not in steps
    system, updates = steps["ApplyOperatingSystemAction"], steps["InstallUpdateAction"]
    assert isinstance(system, ts.ApplyOperatingSystemAction)
    assert system.image_index == 3
    assert isinstance(updates, ts.InstallUpdateAction)
    assert updates.target == "Mandatory"
    settings, capture = steps["ApplyWindowsSettingsAction"], steps["CaptureSystemImageAction"]
    assert isinstance(settings, ts.ApplyWindowsSettingsAction)
    assert settings.admin_password == ts.SecretText("%LocalPassword%")
    assert isinstance(capture, ts.CaptureSystemImageAction)
    assert capture.capture_password == ts.SecretText("hunter2")
    applications = steps["InstallApplicationAction"]
    assert isinstance(applications, ts.InstallApplicationAction)
    assert applications.application_name == "ScopeId_1/Application_1,ScopeId_1/Application_2"


def test_a_secret_may_come_from_a_file_descriptor(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"hunter2\n")
    os.close(writer)
    try:
        done = run(
            "new", "capture-only", tmp_path / "c.xml", "--name", "C", "--boot-image", "ABC00005",
            "--destination", r"\\s\i\a.wim", "--account", r"D\u", "--no-client-installed",
            "--secret", f"password=fd:{reader}", pass_fds=(reader,),
        )  # fmt: skip
    finally:
        os.close(reader)
    assert done.returncode == 0, done.stderr
    assert b">hunter2<" in (tmp_path / "c.xml").read_bytes()
    assert [s.name for s in ts.load(tmp_path / "c.xml").sequence.walk()] == [
        "Prepare Windows for Capture",
        "Capture Operating System Image",
    ]


def test_all_problems_come_together_and_nothing_is_written(tmp_path: Path) -> None:
    target = tmp_path / "build.xml"
    done = run(
        "new", "build-and-capture", target, "--destination", "x", "--image-index", "0",
        "--secret", "product_key=env:KEY", environment={"KEY": "hunter2"},
    )  # fmt: skip
    refused(
        done, 1, "name is not given", "boot_image is not given", "image_index is 0",
        "product_key is ***", "destination is 'x'", "client_package is not given",
    )  # fmt: skip
    assert "hunter2" not in done.stdout + done.stderr
    assert not target.exists()


def test_secrets_are_left_out_of_the_file_when_told(tmp_path: Path) -> None:
    for name, *package in (("a.xml",), ("a.zip", "--package-id", "ABC00042")):
        done = run(
            "new", "build-and-capture", tmp_path / name, *MINIMAL, *package, "--secrets", "blank",
            "--secret", "password=env:CAPTURE", environment={"CAPTURE": "hunter2"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert b"hunter2" not in (tmp_path / name).read_bytes()
        step = ts.SequenceEditor(ts.load(tmp_path / name).sequence).find(cls="CaptureSystemImage")
        assert isinstance(step, ts.CaptureSystemImageAction)
        assert step.capture_username == r"CONTOSO\capture"
        assert not step.capture_password


def test_a_password_that_a_variable_holds_is_no_plain_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('password = "%Password%"', encoding="utf-8")
    done = run(
        "new", "build-and-capture", tmp_path / "a.xml", *MINIMAL, "--from", tmp_path / "a.toml"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_wrong_with_file_options_and_answers_comes_together(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        'nmae = "x"\npasword = "hunter2"\npassword = "hunter2"\nimage_index = 0\n'
        'image-index = 1\nadmin_password = "env:ABSENT_ONE"\nboot_image = "x"\n'
        'applications = [{ nam = 1 }, { name = "a", display_name = 5 }]\n',
        encoding="utf-8",
    )
    done = run(
        "new", "build-and-capture", tmp_path / "a.xml", "--from", tmp_path / "a.toml",
        "--destination", r"\\server\a.vhd", "--secret", "nothing=env:X", "--package-id", "x",
    )  # fmt: skip
    refused(
        done, 2, "nmae is ***: there is no such field. Did you mean name?", "pasword is ***",
        "a secret does not stand in a file", "image-index is ***: it is given twice",
        "--secret admin_password: the environment variable", "image_index is 0",
        "boot_image is 'x'", "name is not given", "client_package is not given",
        r"destination is '\\server\a.vhd'", "--secret takes one of product_key",
        "ends in .zip exactly when", "nam is no property", "DisplayName is 5", "package ID",
    )  # fmt: skip
    assert "hunter2" not in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.toml"]


def test_a_file_that_cannot_be_read_is_told_with_all_else(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "hunter2\n', encoding="utf-8")
    done = run(
        "new", "build-and-capture", tmp_path / "a.xml", "--from", tmp_path / "a.toml",
        "--secret", "nothing=env:X", "--package-id", "x",
    )  # fmt: skip
    refused(
        done, 2, "is no TOML: Illegal character", "--secret takes one of product_key",
        "ends in .zip exactly when", "package ID",
    )  # fmt: skip
    assert "not given" not in done.stderr  # the file may give it
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_of_a_windows_editor_is_read(encoding: str, tmp_path: Path) -> None:
    answers = tmp_path / "a.toml"
    answers.write_text('created_by = "J\u00f6rg"\r\n', encoding=encoding, newline="")
    done = run("new", "build-and-capture", tmp_path / "a.xml", *MINIMAL, "--from", answers)
    assert done.returncode == 0, done.stderr
    step = ts.SequenceEditor(ts.load(tmp_path / "a.xml").sequence).find(cls="CaptureSystemImage")
    assert isinstance(step, ts.CaptureSystemImageAction)
    assert step.image_creator == "J\u00f6rg"
    answers.write_bytes('created_by = "J\u00f6rg"'.encode("cp1252"))
    done = run("new", "build-and-capture", tmp_path / "b.xml", *MINIMAL, "--from", answers)
    refused(done, 1, "a.toml: is no UTF-8 text: save it as UTF-8")


def test_wrong_numbers_and_choices_are_told_with_all_else(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('firmware = "UEFI"\nupdates = "some"\n', encoding="utf-8")
    code, output = invoke(
        tmp_path / "a.xml", *MINIMAL, "--from", tmp_path / "a.toml", "--image-index", "first",
        "--names", "mine", "--version", "1" * 33,
    )  # fmt: skip
    assert code == 1
    for text in (
        "image_index is 'first': give a whole number", "names is 'mine': give one of documented",
        "updates is 'some': give one of", "AllowedLen",
    ):  # fmt: skip
        assert text in output
    assert "firmware" not in output  # any letter case, as on the command line


def test_warnings_do_not_keep_from_writing(tmp_path: Path) -> None:
    done = run("new", "build-and-capture", tmp_path / "a.xml", *MINIMAL)
    assert done.returncode == 0
    assert done.stderr.startswith("warning: account is ")


def invoke(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["new", "build-and-capture", *map(str, arguments)])
    return done.exit_code, done.output + str(done.exception or "")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["a.zip", *MINIMAL], 2, "ends in .zip exactly when"),
        (["a.xml", *MINIMAL, "--package-id", "ABC00042"], 2, "ends in .zip exactly when"),
        (["", *MINIMAL], 2, "OUTPUT is empty"),
        (["a.xml", *MINIMAL, "--secret", "hunter2"], 2, "takes NAME=SOURCE"),
        (["a.xml", *MINIMAL, "--secret", "name=env:X"], 2, "takes one of product_key"),
        (["a.xml", *MINIMAL, "--secret", "password=hunter2"], 2, "takes prompt, env:VARIABLE"),
        (["a.xml", *MINIMAL, "--secret", "password=env:ABSENT_ONE"], 2, "is not set"),
        (["a.xml", *MINIMAL, "--secret", "password=%hunter2"], 2, "takes prompt, env:VARIABLE"),
        (["a.xml", *MINIMAL, "--secret", "password=env:EMPTY"], 2, "is empty"),
        (["a.xml", *MINIMAL, "--password", "hunter2"], 2, "Use --secret password=prompt"),
        (["a.xml", *MINIMAL, "--admin-password=hunter2"], 2, "Use --secret admin_password="),
        (["a.xml", "--product-key", "hunter2"], 2, "name is not given"),
        (["a.xml", *MINIMAL, "--from", "absent.toml"], 1, "cannot be read"),
        (["a.xml", *MINIMAL, "--firmware", "efi"], 1, "firmware is 'efi': give one of bios"),
    ],
)
def test_a_wrong_command_line_writes_nothing(
    arguments: list[str], code: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMPTY", "")
    exit_code, output = invoke(*arguments)
    assert exit_code == code
    assert text in output
    assert "hunter2" not in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ('nmae = "x"', "nmae is ***: there is no such field. Did you mean name?"),
        ('password = "hunter2"', "does not stand in a file"),
        ("password = 5", "does not stand in a file"),
        ("name = ", "is no TOML"),
        ("image_index = true", "image_index is True: give a whole number"),
        ("applications = [{ nam = 1 }]", "nam is no property of the class"),
        ("[name]\nx = 1", "name is {'x': 1}: give text"),
    ],
)
def test_a_wrong_file_is_told(answers: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(answers, encoding="utf-8")
    code, output = invoke(tmp_path / "a.xml", "--from", tmp_path / "a.toml")
    assert code == 1
    assert text in output
    assert "hunter2" not in output
    assert not (tmp_path / "a.xml").exists()


def test_an_existing_file_is_replaced_only_when_told(tmp_path: Path) -> None:
    target = tmp_path / "a.xml"
    target.write_text("mine", encoding="utf-8")
    code, output = invoke(target, *MINIMAL)
    assert (code, target.read_text(encoding="utf-8")) == (1, "mine")
    assert "--replace replaces it" in output
    code, _ = invoke(target, *MINIMAL, "--replace")
    assert code == 0
    assert ts.load(target).sequence.steps


def test_help_lists_every_field() -> None:
    done = CliRunner().invoke(cli, ["new", "build-and-capture", "--help"])
    for option in ("--image-package", "--no-partition-disk", "--domain-ou", "per-server"):
        assert option in done.output
    assert "--admin-password" not in done.output
