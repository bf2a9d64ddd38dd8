"""A captured volume, applied to a fresh one by wimlib's own program, is the same volume."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from lxml import etree

import tasksequence as ts
from tests.support.ntfs_tree import differences, snapshot

pytestmark = pytest.mark.wimlib

STEP = ts.CaptureSystemImageAction(
    name="Capture",
    capture_destination="%Folder%/reference.wim",
    image_creator="Jürgen",
    image_description="the <reference> & more",
    image_version="1.2.3",
)


@pytest.fixture(scope="module")
def captured(reference_volume: Path, tmp_path_factory: pytest.TempPathFactory) -> ts.CaptureResult:
    folder = tmp_path_factory.mktemp("captured")
    plan = ts.compile_plan(
        ts.TaskSequence(steps=[STEP]), {"Folder": str(folder), "_SMSTSInWinPE": "true"}
    )
    return ts.capture_volumes(plan, [reference_volume])


def wim(result: ts.CaptureResult) -> Path:
    assert result.destination is not None
    return Path(result.destination)


def test_wimlib_verifies_the_file(captured: ts.CaptureResult) -> None:
    subprocess.run(["wimlib-imagex", "verify", str(wim(captured))], check=True, capture_output=True)
    assert captured.verified
    assert captured.file_bytes == wim(captured).stat().st_size


def test_the_applied_image_is_the_same_tree(
    captured: ts.CaptureResult, reference_volume: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh.ntfs"
    with fresh.open("wb") as stream:
        stream.truncate(reference_volume.stat().st_size)
    subprocess.run(["mkntfs", "-F", "-q", "-Q", str(fresh)], check=True, capture_output=True)
    subprocess.run(
        ["wimlib-imagex", "apply", str(wim(captured)), "1", str(fresh)],
        check=True, capture_output=True,
    )  # fmt: skip
    original, applied = snapshot(reference_volume), snapshot(fresh)
    assert len(original) > 300
    for omission in captured.omissions:
        for path in omission.paths:
            del original[path.removeprefix("/")]
    assert differences(original, applied) == []


def test_the_result_counts_what_the_file_holds(captured: ts.CaptureResult) -> None:
    (image,) = captured.images
    document = etree.fromstring(
        subprocess.run(
            ["wimlib-imagex", "info", str(wim(captured)), "--extract-xml=/dev/stdout"],
            check=True, capture_output=True,
        ).stdout
    )  # fmt: skip
    element = document.find("IMAGE")
    assert element is not None
    assert element.findtext("FILECOUNT") == str(image.files)
    assert element.findtext("DIRCOUNT") == str(image.directories)
    assert element.findtext("TOTALBYTES") == str(image.bytes)
    assert element.findtext("NAME") == image.name
    assert element.findtext("DESCRIPTION") == "the <reference> & more"
    assert element.findtext("TASKSEQUENCE/CREATOR") == "Jürgen"
    assert element.findtext("TASKSEQUENCE/VERSION") == "1.2.3"
    assert 0 < image.stored_bytes < captured.file_bytes
    (omission,) = captured.omissions
    assert (omission.reason, omission.paths) == (ts.OmissionReason.EXCLUDED, ("/pagefile.sys",))
