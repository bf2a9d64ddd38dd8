"""Runs: secrets masked, unknown results, failures that used to abort, codes and time limits."""

from __future__ import annotations

from pathlib import Path

import tasksequence as ts
from tasksequence.engine.runtime import RunVariables
from tasksequence.testing import RecordingBackend
from tests.engine.test_run import plan_of
from tests.plan.test_compiler import capture_step


def test_the_longest_secret_is_masked_first() -> None:
    secrets = {f"V{text}": ts.SecretText(text) for text in ("Pass", "Password1", "Password1xyz")}
    variables = RunVariables(plan_of().start, secrets)
    assert variables.masked("a Password1xyz b Password1 c Pass") == "a *** b *** c ***"


def test_the_log_of_a_capture_is_masked(tmp_path: Path) -> None:
    plan = plan_of(capture_step())
    with ts.CMTraceLog(tmp_path / "smsts.log") as log:
        engine = ts.Engine(volumes=tmp_path / "hunter2.ntfs", backend=RecordingBackend(), log=log)
        report = engine.run(plan, secrets={"Any": ts.SecretText("hunter2")})
    assert report.succeeded
    text = (tmp_path / "smsts.log").read_text(encoding="utf-8")
    assert "***.ntfs" in text
    assert "hunter2" not in text
