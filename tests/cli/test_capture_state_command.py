"""capture: the state of the volume, --prepared and --log."""

from __future__ import annotations

from pathlib import Path

import pytest

import tasksequence as ts
from tests.support.command_line import refused, run
from tests.support.volumes import need_tools
from tests.support.windows_volumes import windows_volume


@pytest.fixture
def arguments(tmp_path: Path) -> list[str | Path]:
    need_tools()
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(tmp_path / "a.wim"),
        capture_username="LAB\\capture", capture_password=ts.SecretText("hunter2"),
    )  # fmt: skip
    path = tmp_path / "sequence.xml"
    ts.Document.new(ts.TaskSequence(steps=[step]), secrets="keep").save(path)
    volume = windows_volume(tmp_path / "c.ntfs", image_state="IMAGE_STATE_COMPLETE")
    return ["capture", path, "--volume", volume, "--backend", "recording", "--quiet"]


def test_an_unprepared_windows_is_refused_with_the_evidence(
    arguments: list[str | Path], tmp_path: Path
) -> None:
    done = run(*arguments, "--log", tmp_path / "smsts.log")
    refused(done, 1, "not generalised by Sysprep", "ImageState is IMAGE_STATE_COMPLETE")
    refused(done, 1, "--prepared")
    log = (tmp_path / "smsts.log").read_text("utf-8")
    assert "Failed to run the action: Capture." in log
    assert "IMAGE_STATE_COMPLETE" in log


def test_prepared_is_the_word_against_it_and_goes_into_the_log(
    arguments: list[str | Path], tmp_path: Path
) -> None:
    done = run(*arguments, "--prepared", "--log", tmp_path / "smsts.log")
    assert done.returncode == 0, done.stderr
    assert "captured on the person's word that it is prepared" in done.stderr
    log = (tmp_path / "smsts.log").read_text("utf-8")
    assert "captured on the person's word" in log
    assert 'component="OSDCaptureSystemImage"' in log
    assert "hunter2" not in log + done.stderr + done.stdout


def test_a_log_that_cannot_be_written_is_an_error_before_anything_else(
    arguments: list[str | Path], tmp_path: Path
) -> None:
    refused(run(*arguments, "--log", tmp_path / "absent" / "x.log"), 1, "log cannot be written")


def test_a_capture_step_in_a_child_of_the_same_export_is_found(tmp_path: Path) -> None:
    inner = ts.CaptureSystemImageAction(name="Capture", capture_destination="a.wim")
    outer = ts.SubTasksequence(name="Run it", ts_package_id="ABC00002")
    for name, step in (("outer", outer), ("ABC00002", inner)):
        ts.Document.new(ts.TaskSequence(steps=[step])).save(tmp_path / f"{name}.xml")
    plan = ts.compile_plan(
        ts.load(tmp_path / "outer.xml").sequence,
        ts.Facts(in_winpe=True),
        children={"ABC00002": ts.load(tmp_path / "ABC00002.xml").sequence},
    )
    assert [s.path for s in plan.of_class(inner.wmi_name)] == [("Run it", "Capture")]
