"""Secrets that were set in the model are written only after an explicit choice."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest

import tasksequence as ts

STORED = (
    b'<sequence version="3.10">'
    b'<step type="SMS_TaskSequence_ConnectNetworkFolderAction" name="Connect" description=""'
    b' runIn="WinPEandFullOS" successCodeList="0" retryCount="0" runFromNet="false">'
    b"<action>smsnetuse.exe %SMSConnectNetworkFolderPath%</action><defaultVarList>"
    b'<variable name="SMSConnectNetworkFolderPassword" property="Password">st0red</variable>'
    b'<variable name="SMSConnectNetworkFolderPath" property="Path">\\\\s\\p</variable>'
    b'<variable name="SMSConnectNetworkFolderAccount" property="Username">d\\u</variable>'
    b"</defaultVarList></step></sequence>"
)


def capture() -> ts.TaskSequence:
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=r"\\s\p\a.wim", capture_password=ts.SecretText("n3w")
    )
    return ts.TaskSequence(steps=[ts.Group(name="Capture the machine", steps=[step])])


def test_a_new_secret_needs_a_choice_and_the_error_names_its_place() -> None:
    with pytest.raises(ts.DocumentError) as caught:
        ts.Document.new(capture())
    said = str(caught.value)
    assert (
        "Capture the machine > Capture: SMS_TaskSequence_CaptureSystemImageAction.CapturePassword"
        in said
    )
    assert 'secrets="keep"' in said
    assert "n3w" not in said


def test_keep_writes_it_and_blank_writes_it_empty() -> None:
    sequence = capture()
    assert b">n3w</variable>" in ts.Document.new(sequence, secrets="keep").to_bytes()
    blank = ts.Document.new(sequence, secrets="blank")
    assert (
        b'<variable name="OSDCaptureAccountPassword" property="CapturePassword"></variable>'
        in blank.to_bytes()
    )
    exported = ts.Document.new_export(
        sequence, name="a", package_id="ABC00001", secrets="blank"
    ).to_bytes()
    assert b"n3w" not in exported
    # The sequence itself keeps what was set.
    step = next(s for s in sequence.walk() if isinstance(s, ts.CaptureSystemImageAction))
    assert step.capture_password == ts.SecretText("n3w")


@pytest.mark.parametrize("choice", [None, "keep", "blank"])
def test_an_untouched_secret_stays_as_it_is(choice: ts.SecretChoice | None) -> None:
    document = ts.load(STORED)
    assert document.to_bytes(secrets=choice) == STORED
    document.sequence.steps[0].name = "Other"
    assert document.to_bytes(secrets=choice) == STORED.replace(b'"Connect"', b'"Other"')


def test_a_changed_secret_needs_the_choice_too() -> None:
    document = ts.load(STORED)
    step = document.sequence.steps[0]
    assert isinstance(step, ts.ConnectNetworkFolderAction)
    step.password = ts.SecretText("n3w")
    with pytest.raises(ts.DocumentError, match=r"Connect: .*Password"):
        document.to_bytes()
    assert document.to_bytes(secrets="keep") == STORED.replace(b"st0red", b"n3w")
    assert document.to_bytes(secrets="blank") == STORED.replace(b"st0red", b"")
    step.password = ts.SecretText("st0red")
    assert document.to_bytes() == STORED
    step.password = ts.SecretText("")
    assert document.to_bytes() == STORED.replace(b"st0red", b"")


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(STORED)
    document = ts.load(path)
    step = document.sequence.steps[0]
    assert isinstance(step, ts.ConnectNetworkFolderAction)
    step.password = ts.SecretText("n3w")
    with pytest.raises(ts.DocumentError):
        document.save()
    assert path.read_bytes() == STORED
    document.save(secrets="keep")
    assert b"n3w" in path.read_bytes()


def test_a_variable_whose_name_tells_of_a_secret_counts_as_one() -> None:
    step = ts.MdtCommandAction(name="Join", variables={"AdminPassword": "n3w", "Other": "o"})
    sequence = ts.TaskSequence(steps=[step])
    with pytest.raises(ts.DocumentError, match="AdminPassword"):
        ts.Document.new(sequence)
    text = ts.Document.new(sequence, secrets="blank").to_bytes()
    assert b"n3w" not in text
    assert b">o</variable>" in text


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ts.DocumentError, match="no choice"):
        ts.Document.new(capture(), secrets="hide")  # type: ignore[arg-type]


def test_a_step_that_goes_into_another_document_takes_its_secret_only_by_choice() -> None:
    kept = ts.load(STORED)
    makers: tuple[Callable[..., bytes], ...] = (
        lambda **choice: ts.Document.new(kept.sequence, **choice).to_bytes(),
        lambda **choice: ts.Document.new_export(
            kept.sequence, name="a", package_id="ABC00001", **choice
        ).to_bytes(),
        lambda **choice: ts.Document.new_object(
            kept.sequence, name="a", package_id="ABC00001", **choice
        ).to_bytes(),
    )
    for make in makers:
        with pytest.raises(ts.DocumentError, match=r"Connect: .*Password"):
            make()
        assert b"st0red" in make(secrets="keep")
        assert b"st0red" not in make(secrets="blank")
    other = ts.load(b'<sequence version="3.10"></sequence>')
    other.sequence.steps.append(kept.sequence.steps[0])
    with pytest.raises(ts.DocumentError, match=r"Connect: .*Password"):
        other.to_bytes()
    assert b"st0red" in other.to_bytes(secrets="keep")
    assert b"st0red" not in other.to_bytes(secrets="blank")


def test_a_copy_of_a_step_takes_its_secret_only_by_choice() -> None:
    document = ts.load(STORED)
    document.sequence.steps.append(copy.deepcopy(document.sequence.steps[0]))
    with pytest.raises(ts.DocumentError, match=r"Connect: .*Password"):
        document.to_bytes()
    assert document.to_bytes(secrets="keep").count(b"st0red") == 2
    assert document.to_bytes(secrets="blank").count(b"st0red") == 1


@pytest.mark.parametrize(
    "values",
    [
        {"variable_name": "OSDJoinPassword", "variable_value": "n3w"},
        {"variable_name": "A", "variable_value": "n3w", "do_not_show_variable_value": True},
        {"variable_name": "A", "variable_value": "", "hidden_variable_value": "n3w"},
    ],
)
def test_a_variable_that_is_set_to_a_secret_counts_as_one(values: dict[str, object]) -> None:
    step = ts.SetVariableAction(name="Set", **values)  # type: ignore[arg-type]
    assert "n3w" not in repr(step)
    sequence = ts.TaskSequence(steps=[step])
    with pytest.raises(ts.DocumentError, match=r"Set: SMS_TaskSequence_SetVariableAction\."):
        ts.Document.new(sequence)
    assert b"n3w" in ts.Document.new(sequence, secrets="keep").to_bytes()
    assert b"n3w" not in ts.Document.new(sequence, secrets="blank").to_bytes()
