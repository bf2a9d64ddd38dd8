"""The state that the documents demand of a reference computer before its capture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tasksequence as ts
from tests.support.volumes import make_volume, need_tools
from tests.support.windows_volumes import DOMAIN_SID, windows_volume

IDENTITY = b"[Configuration - Client Properties]\r\nSMS Unique Identifier=GUID:1234\r\n"
SYSPREP_LOG = "Windows/System32/Sysprep/Panther/setupact.log"
ONE_RUN = b"SYSPRP ParseCommands:Found supported command line option 'GENERALIZE'\r\n"


def found(path: Path, **more: Any) -> list[tuple[str, str]]:
    need_tools()
    state = ts.capture_state(windows_volume(path / "c.ntfs", **more))
    assert state is not None
    return [(finding.severity.value, str(finding)) for finding in state]


def test_a_prepared_volume_gives_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("state", "said"),
    [("IMAGE_STATE_COMPLETE", "ImageState is IMAGE_STATE_COMPLETE"), (None, "is not there")],
)
def test_windows_that_was_not_generalised_is_refused(
    tmp_path: Path, state: str | None, said: str
) -> None:
    ((severity, text),) = found(tmp_path, image_state=state)
    assert severity == "refuse"
    assert "not generalised by Sysprep" in text
    assert said in text


def test_a_member_of_a_domain_is_refused(tmp_path: Path) -> None:
    ((severity, text),) = found(tmp_path, domain_sid=DOMAIN_SID)
    assert (severity, text) == (
        "refuse",
        r"the computer is a member of a domain (HKLM\SECURITY\Policy\PolPrDmS holds the domain's "
        "SID)",
    )


def test_a_dns_domain_alone_is_warned_of(tmp_path: Path) -> None:
    ((severity, text),) = found(tmp_path, dns_domain="contoso.com")
    assert severity == "warn"
    assert "contoso.com" in text


@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_a_client_that_was_not_prepared_is_refused(tmp_path: Path, encoding: str) -> None:
    identity = IDENTITY.decode("ascii").encode(encoding)
    ((severity, text),) = found(tmp_path, client=True, files={"Windows/SMSCFG.INI": identity})
    assert severity == "refuse"
    assert "was not prepared" in text


def test_a_prepared_client_is_taken(tmp_path: Path) -> None:
    assert found(tmp_path, client=True, files={"Windows/SMSCFG.INI": b"[x]\r\n"}) == []


def test_sysprep_that_ran_twice_tells_of_an_earlier_capture(tmp_path: Path) -> None:
    ((severity, text),) = found(tmp_path, files={SYSPREP_LOG: 2 * ONE_RUN})
    assert severity == "warn"
    assert "2 runs of Sysprep" in text


def test_sysprep_that_ran_once_is_as_it_should_be(tmp_path: Path) -> None:
    assert found(tmp_path, files={SYSPREP_LOG: ONE_RUN}) == []


def test_a_volume_without_windows_is_only_noted(tmp_path: Path) -> None:
    need_tools()
    state = ts.capture_state(make_volume(tmp_path / "d.ntfs", {"a.txt": b"x"}))
    assert state is not None
    assert [one.severity.value for one in state] == ["note"]


def test_a_registry_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    need_tools()
    config = "Windows/System32/config"
    files = {f"{config}/{name}": b"regf" + bytes(9000) for name in ("SOFTWARE", "SYSTEM")}
    state = ts.capture_state(make_volume(tmp_path / "d.ntfs", files))
    assert state is not None
    assert [one.severity.value for one in state] == ["refuse"]


def test_changes_that_lie_in_the_logs_are_warned_of(tmp_path: Path) -> None:
    from tests.support.hive import build_hive

    hive = bytearray(build_hive({"Select": {"Current": 1}}, "SYSTEM"))
    hive[4] += 1  # the first of the two sequence numbers
    ((severity, text),) = found(tmp_path, files={"Windows/System32/config/SYSTEM": bytes(hive)})
    assert severity == "warn"
    assert "registry files SYSTEM have changes in their logs" in text


def test_what_is_no_volume_is_left_to_the_capture(tmp_path: Path) -> None:
    assert ts.capture_state(tmp_path / "absent") is None


def plan() -> ts.Plan:
    step = ts.CaptureSystemImageAction(name="Capture", capture_destination="a.wim")
    return ts.compile_plan(ts.TaskSequence(steps=[step]), {"_SMSTSInWinPE": "true"})


def test_a_capture_refuses_with_the_evidence_and_prepared_overrides(tmp_path: Path) -> None:
    need_tools()
    from tasksequence.testing import RecordingBackend

    volume = windows_volume(tmp_path / "c.ntfs", image_state="IMAGE_STATE_COMPLETE")
    backend = RecordingBackend()
    with pytest.raises(ts.CaptureError, match="IMAGE_STATE_COMPLETE") as caught:
        ts.capture_volumes(plan(), volume, backend=backend)
    assert "--prepared" in str(caught.value)
    assert backend.requests == []
    heard: list[object] = []
    with ts.CMTraceLog(tmp_path / "smsts.log") as log:
        ts.capture_volumes(
            plan(), volume, backend=backend, prepared=True, log=log, on_event=heard.append
        )
    overridden = backend.requests[0].metadata.prepared
    assert overridden is not None
    assert "not generalised" in overridden
    assert "on the person's word that it is prepared" in (tmp_path / "smsts.log").read_text()
    assert any(isinstance(e, ts.CaptureWarning) and "person's word" in e.message for e in heard)


@pytest.mark.wimlib
def test_the_image_says_that_its_state_was_overridden(tmp_path: Path) -> None:
    need_tools()
    from tests.support.volumes import run

    volume = windows_volume(tmp_path / "c.ntfs", image_state="IMAGE_STATE_COMPLETE")
    step = ts.CaptureSystemImageAction(name="C", capture_destination=str(tmp_path / "a.wim"))
    made = ts.compile_plan(ts.TaskSequence(steps=[step]), {"_SMSTSInWinPE": "true"})
    ts.capture_volumes(made, volume, prepared=True)
    run("wimlib-imagex", "info", tmp_path / "a.wim", "--extract-xml", tmp_path / "a.xml")
    xml = (tmp_path / "a.xml").read_bytes().decode("utf-16")
    assert "<PREPARED>Windows was not generalised by Sysprep" in xml
