"""The command line as a person uses it: its output, its exit codes, its errors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.command_line import refused, run

CAPTURE = ts.CaptureSystemImageAction(
    name="Capture", capture_destination=r"\\server\share\%Image%.wim", image_version="1"
)


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    path = tmp_path / "capture.xml"
    ts.Document.new(ts.TaskSequence(steps=[CAPTURE])).save(path)
    return path


def write(tmp_path: Path, *steps: ts.Step) -> Path:
    path = tmp_path / "sequence.xml"
    ts.Document.new(ts.TaskSequence(steps=list(steps))).save(path)
    return path


def recorded(sequence: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run("capture", sequence, "--volume", "disk.ntfs", "--backend", "recording", *arguments)


def test_the_recording_backend_shows_the_table(sequence: Path) -> None:
    done = recorded(sequence, "--set", "Image=reference", "--volume", "second.img")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Image  Name    Volume      Files  Bytes  Size in WIM",
        "-----  ------  ----------  -----  -----  -----------",
        "    1  disk    disk.ntfs       0      0            0",
        "    2  second  second.img      0      0            0",
        "The backend recording writes no file.",
        "Apply Operating System needs 2 volumes to apply all images of this file; choose one image "
        "by its number where the target has fewer.",
    ]


def test_a_variable_that_the_destination_needs_is_asked_for(sequence: Path) -> None:
    refused(recorded(sequence), 1, "needs the variable Image", "CaptureDestination")


def test_destination_and_its_variable_are_one(sequence: Path) -> None:
    assert recorded(sequence, "--destination", "/tmp/a.wim").returncode == 0
    done = recorded(sequence, "--destination", "a.wim", "--set", "osdCaptureDestination=b.wim")
    refused(done, 2, "not both")


@pytest.mark.parametrize("name", ["OSDCaptureAccountPassword", "osdproductkey", "MyPassword"])
def test_set_refuses_secrets_without_repeating_them(name: str, sequence: Path) -> None:
    done = recorded(sequence, "--set", f"{name}=hunter2")
    refused(done, 2, "--secret", "prompt", "env:VARIABLE", "fd:NUMBER")
    assert "hunter2" not in done.stdout + done.stderr


def test_secrets_come_from_the_environment_or_a_descriptor(sequence: Path) -> None:
    name = "OSDCaptureAccountPassword"
    done = run(
        "capture", sequence, "--volume", "v", "--backend", "recording", "--set", "Image=i",
        "--secret", f"{name}=env:CAPTURE_PASSWORD",
        environment={"CAPTURE_PASSWORD": "hunter2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    reading, writing = os.pipe()
    os.write(writing, b"hunter2\n")
    os.close(writing)
    try:
        done = run(
            "capture", sequence, "--volume", "v", "--backend", "recording", "--set", "Image=i",
            "--secret", f"{name}=fd:{reading}",
            pass_fds=(reading,),
        )  # fmt: skip
    finally:
        os.close(reading)
    assert done.returncode == 0, done.stderr


def test_a_secret_is_asked_for_on_a_terminal_and_not_echoed(sequence: Path) -> None:
    import pty

    try:
        parent, child = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal here: {error}")
    arguments = ["capture", str(sequence), "--volume", "v", "--backend", "recording"]
    arguments += ["--set", "Image=i", "--secret", "OSDCaptureAccountPassword=prompt"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tasksequence", *arguments],
        stdin=child, stdout=child, stderr=child, start_new_session=True,
    )  # fmt: skip
    os.close(child)
    shown = b""
    try:
        while b"OSDCaptureAccountPassword:" not in shown:
            shown += os.read(parent, 1024)
        os.write(parent, b"hunter2\n")
        while piece := _read_terminal(parent):
            shown += piece
    finally:
        os.close(parent)
    assert process.wait(60) == 0, shown
    assert b"The backend recording writes no file." in shown
    assert b"hunter2" not in shown


def _read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1024)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize("redirected", ["</dev/null", "< <(echo hunter2)", "<&-"])
def test_without_a_terminal_nothing_is_asked(redirected: str, sequence: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m tasksequence capture '{sequence}' --volume v "
         f"--set Image=i --secret OSDCaptureAccountPassword=prompt {redirected}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    refused(done, 2, "needs a terminal", "env:VARIABLE")


def test_an_empty_secret_is_refused(sequence: Path) -> None:
    done = run(
        "capture", sequence, "--volume", "v", "--backend", "recording", "--set", "Image=i",
        "--secret", "OSDCaptureAccountPassword=env:EMPTY",
        environment={"EMPTY": ""},
    )  # fmt: skip
    refused(done, 2, "is empty")


def test_what_is_no_secret_is_not_taken_as_one(sequence: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tasksequence", "capture", str(sequence), "--volume", "v",
         "--secret", "OSDCaptureDestination=env:DESTINATION"],
        cwd=tmp_path, env={**os.environ, "DESTINATION": str(tmp_path / "x.wim")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    refused(done, 1, "CaptureDestination was given as a secret")
    assert [path.name for path in tmp_path.iterdir()] == ["capture.xml"]


@pytest.mark.parametrize(
    "arguments",
    [("--destination", ""), ("--volume", "")],
)
def test_an_empty_path_is_a_wrong_command_line(arguments: tuple[str, str], sequence: Path) -> None:
    refused(recorded(sequence, "--set", "Image=a", *arguments), 2, "empty")
    refused(run("capture", "", "--volume", "v"), 2, "empty")


@pytest.mark.parametrize(
    ("redirected", "complaint"),
    [
        (">/dev/full", "No space left"),
        (">&-", "closed"),
        ("2>&-", ""),
        ("2>/dev/null | true", ""),
        ("2>&1 >/dev/null | true", ""),
    ],
)
def test_an_output_that_takes_nothing_is_no_failed_capture(
    redirected: str, complaint: str, sequence: Path
) -> None:
    command = (
        f"set -o pipefail; {sys.executable} -m tasksequence capture '{sequence}' --volume v "
        f"--set Image=a --backend recording {redirected}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_control_characters_of_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "odd\x1b[31m.xml"
    refused(run("capture", path, "--volume", "v"), 1, "odd\\x1b[31m.xml")


def test_a_name_that_is_no_text_is_printed_all_the_same(sequence: Path) -> None:
    name = os.fsdecode(b"bad\xff.ntfs")
    done = recorded(sequence, "--set", "Image=a", "--volume", name)
    assert done.returncode == 0, done.stderr
    assert "bad\\udcff.ntfs" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--secret", "OSDCaptureAccountPassword=hunter2"), "takes prompt, env:VARIABLE"),
        (
            ("--secret", "OSDCaptureAccountPassword=env:NOT_SET_HERE"),
            "variable after env: is not set",
        ),
        (("--secret", "OSDCaptureAccountPassword=fd:99"), "file descriptor 99"),
        (("--set", "hunter2"), "takes NAME=VALUE"),
        (("--set", "1x=y"), "no variable name"),
        (("--set", "Image=1", "--set", "image=2"), "given twice"),
        (("--threads", "many"), "not a valid integer"),
        (("--compression", "zip"), "'zip' is not one of"),
        (("--nonsense",), "No such option"),
    ],
)
def test_a_wrong_command_line_is_refused(
    arguments: tuple[str, ...], said: str, sequence: Path
) -> None:
    done = recorded(sequence, *arguments)
    refused(done, 2, said)
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", f"Image={'x' * 300}"), "(319 characters); AllowedLen"),
        (("--set", "Image=%Image%"), "in a circle"),
        (("--set", "Image=a", "--backend", "tape"), "no capture backend named 'tape'"),
    ],
)
def test_what_the_plan_or_the_backend_refuses(
    arguments: tuple[str, ...], said: str, sequence: Path
) -> None:
    refused(recorded(sequence, *arguments), 1, said)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent.zip"
    refused(run("capture", path, "--volume", "v"), 1, str(path), "No such file")


def test_a_folder_is_no_sequence(tmp_path: Path) -> None:
    refused(run("capture", tmp_path, "--volume", "v"), 1, str(tmp_path), "Is a directory")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"no xml", "not well-formed XML"),
        (b"<!DOCTYPE a><sequence/>", "DOCTYPE"),
        (b"PK\x03\x04", "no readable zip"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_is_no_sequence_is_refused(raw: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad"
    path.write_bytes(raw)
    refused(run("capture", path, "--volume", "v"), 1, str(path), said)
    assert path.read_bytes() == raw


def test_a_sequence_without_a_capture_step(tmp_path: Path) -> None:
    path = write(tmp_path, ts.RebootAction(name="R", target="HD"))
    refused(recorded(path), 1, "no capture step")


def test_a_disabled_capture_step(tmp_path: Path) -> None:
    path = write(tmp_path, ts.Group(name="G", steps=[CAPTURE.replace(enabled=False)]))
    refused(recorded(path), 1, "G > Capture: the step is disabled")


def test_two_capture_steps(tmp_path: Path) -> None:
    path = write(tmp_path, CAPTURE, CAPTURE.replace(name="Again"))
    refused(recorded(path, "--set", "Image=a"), 1, "2 capture steps", "Capture, Again")


def test_a_condition_that_cannot_be_judged_needs_a_word(tmp_path: Path) -> None:
    query = ts.WMIConditionExpression(namespace="root\\cimv2", query="select * from Win32_Battery")
    step = CAPTURE.replace(condition=ts.Condition(operands=[query]))
    path = write(tmp_path, step)
    refused(recorded(path, "--set", "Image=a"), 1, "depends on", "Win32_Battery")
    done = recorded(path, "--set", "Image=a", "--assume-conditions")
    assert done.returncode == 0, done.stderr


def test_the_machine_counts_as_winpe_unless_said_otherwise(sequence: Path) -> None:
    done = recorded(sequence, "--set", "Image=a", "--set", "_SMSTSInWinPE=false")
    refused(done, 1, "the machine is in FullOS")


def test_one_of_several_sequences_is_chosen_by_name(corpus_dir: Path) -> None:
    path = corpus_dir / "CharlesNRU__mdm-adminservice" / "MDM-TS.zip"
    refused(recorded(path), 2, "3 sequences", "Apply BIOS Package [GNS0092A]")
    refused(recorded(path, "--name", "GNS00928"), 1, "no capture step")
    refused(recorded(path, "--name", "nothing"), 2, "No sequence is named 'nothing'")


def test_help_and_version_work_as_a_module_and_as_a_program() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "130 interrupted" in " ".join(done.stdout.split())
    assert "--secret" in run("capture", "--help").stdout
    program = Path(sys.executable).with_name("tasksequence")
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == f"tasksequence, version {ts.__version__}"


def test_a_closed_pipe_is_no_error_message(sequence: Path) -> None:
    command = f"{sys.executable} -m tasksequence capture --help | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.wimlib
def test_a_real_capture_prints_lines_and_the_table(
    sequence: Path, reference_volume: Path, tmp_path: Path
) -> None:
    destination = tmp_path / "Ä image.wim"
    done = run(
        "capture", sequence, "--volume", reference_volume, "--destination", destination,
        "--threads", "2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    head, rule, row, *rest = done.stdout.splitlines()
    assert head.split() == ["Image", "Name", "Volume", "Files", "Bytes", "Size", "in", "WIM"]
    assert set(rule) == {"-", " "}
    assert row.split()[0] == "1"
    assert re.search(r"\S+\.wim: [\d.]+ MiB, verified$", rest[-1])
    assert re.search(r"^100% Verifying, ", done.stderr, re.MULTILINE)
    assert "\x1b" not in done.stdout + done.stderr
    assert destination.stat().st_size > 1_000_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["capture.xml", "Ä image.wim"]


@pytest.mark.wimlib
@pytest.mark.corpus
def test_the_site_s_own_export_captures_a_volume(
    corpus_dir: Path, reference_volume: Path, tmp_path: Path
) -> None:
    export = next(corpus_dir.rglob("Windows10_-_Build_and_Capture.xml"))
    destination = tmp_path / "Win10.wim"
    done = run(
        "capture", export, "--volume", reference_volume,
        "--set", f"OSDCaptureDestination={destination}", "--compression", "xpress", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["wimlib-imagex", "info", str(destination)], capture_output=True, text=True, check=True
    )
    assert re.search(r"^Description: +1903 capture$", shown.stdout, re.MULTILINE)
    subprocess.run(["wimlib-imagex", "verify", str(destination)], capture_output=True, check=True)


@pytest.mark.wimlib
def test_a_volume_that_is_none_is_refused(sequence: Path, tmp_path: Path) -> None:
    destination = tmp_path / "a.wim"
    arguments = ("capture", sequence, "--destination", destination, "--volume")
    refused(run(*arguments, tmp_path / "absent"), 1, "absent")
    refused(run(*arguments, tmp_path), 1, str(tmp_path))
    text = tmp_path / "text"
    text.write_text("no volume" * 1000)
    refused(run(*arguments, text), 1, str(text), "NTFS")
    assert not destination.exists()
