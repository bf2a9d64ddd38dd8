"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tasksequence as ts

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_code_that_changes_a_sequence_does_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = ts.CaptureSystemImageAction(name="Capture", capture_destination="a.wim")
    export = tmp_path / "build-and-capture.zip"
    ts.Document.new_export(ts.TaskSequence(steps=[step]), name="Build", package_id="ABC00001").save(
        export
    )
    monkeypatch.chdir(tmp_path)
    exec(blocks("python")[0], {})
    (changed,) = ts.load(export).sequence.steps
    assert isinstance(changed, ts.CaptureSystemImageAction)
    assert changed.image_version == "2026.11"


def test_the_code_that_plans_a_sequence_does_so(capsys: pytest.CaptureFixture[str]) -> None:
    step = ts.CaptureSystemImageAction(name="Capture", capture_destination="a.wim")
    document = ts.Document.new(ts.TaskSequence(steps=[step]))
    planning, _, _ = blocks("python")[1].partition("try:")
    exec(planning, {"ts": ts, "document": document})
    assert capsys.readouterr().out.startswith("Capture - run - ")


def test_the_error_reads_as_shown() -> None:
    (shown,) = blocks("pycon")
    code, _, expected = shown.removeprefix(">>> ").partition("\n")
    with pytest.raises(ts.QualifierError) as caught:
        eval(code, {"ts": ts})
    assert expected.splitlines()[-1] == f"tasksequence.errors.QualifierError: {caught.value}"


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
