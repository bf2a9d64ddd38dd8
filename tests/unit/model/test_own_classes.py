"""Step classes of one's own: what works, and what is said of a declaration that cannot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import tasksequence as ts
from tasksequence.qualifiers import AllowedLen, RequiredIfNull, not_null
from tasksequence.wmi import WmiObject, wmi_class


@wmi_class("Contoso_Branding")
class Branding(ts.Action):
    """Sets the company's pictures."""

    theme: str = ts.prop("Theme", not_null, AllowedLen("1-20"))
    level: ts.UInt32 | None = ts.prop("Level", default=None)


@wmi_class("Contoso_Window")
class Window(ts.Action):
    """Times and bytes, which no step of the reference has."""

    begins: datetime | None = ts.prop("Begins", default=None)
    lasts: timedelta | None = ts.prop("Lasts", default=None)
    key: bytes | None = ts.prop("Key", default=None)


def test_times_and_bytes_of_a_step_are_written_and_read() -> None:
    step = Window(
        name="w",
        begins=datetime(2026, 11, 21, 3, 6, tzinfo=ts.UNSPECIFIED_OFFSET),
        lasts=timedelta(hours=2),
        key=b"\x00\xff",
    )
    raw = ts.Document.new(ts.TaskSequence(steps=[step])).to_bytes()
    assert b">20261121030600.000000+***</variable>" in raw
    assert b">00000000020000.000000:000</variable>" in raw
    assert b">00FF</variable>" in raw
    again = ts.load(raw, registry=ts.registry.extended(Window))
    assert again.sequence.steps == [step]
    odd = ts.load(raw.replace(b"000000+***", b"now"), registry=ts.registry.extended(Window))
    assert [(v.severity, v.property) for v in odd.violations] == [("error", "Begins")]
    assert odd.to_bytes() == raw.replace(b"000000+***", b"now")


def declared(name: str, base: type[WmiObject] = ts.Action, **members: Any) -> Any:
    annotations = {key: kind for key, (kind, _) in members.items()}
    body = {key: field for key, (_, field) in members.items()}
    return wmi_class(name)(type("Mine", (base,), {"__annotations__": annotations, **body}))


def test_an_own_step_is_built_saved_and_read() -> None:
    step = Branding(name="Brand", theme="dark", level=3)
    raw = ts.Document.new(ts.TaskSequence(steps=[step])).to_bytes()
    assert b'type="Contoso_Branding"' in raw
    assert isinstance(ts.load(raw).sequence.steps[0], ts.UnknownAction)
    again = ts.load(raw, registry=ts.registry.extended(Branding))
    assert again.sequence.steps == [step]
    with pytest.raises(ts.QualifierError, match=r"Contoso_Branding\.Theme is ''; AllowedLen"):
        Branding(name="Brand", theme="")


def test_a_class_may_replace_a_known_one_and_keeps_its_command_line() -> None:
    mine = declared("SMS_TaskSequence_RebootAction", ts.RebootAction, reason=(str, ts.prop("Why")))
    step = mine(name="r", target="HD", reason="b")
    raw = ts.Document.new(ts.TaskSequence(steps=[step])).to_bytes()
    assert b"<action>smsboot.exe /target:HD</action>" in raw
    assert b'name="SMSRebootTarget"' in raw
    assert ts.load(raw, registry=ts.registry.extended(mine)).sequence.steps == [step]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"level": (int, ts.prop("Level"))}, r"Mine\.level: .*ts\.UInt32"),
        (
            {"one": (str, ts.prop("Theme")), "two": (str, ts.prop("Theme"))},
            "Mine declares the property Theme under two attributes",
        ),
        ({"one": (str, ts.prop("A", RequiredIfNull("Bx")))}, r"no property for RequiredIfNull"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(members: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        ts.registry.extended(declared("Contoso_Other", **members))


def test_mistakes_are_found_where_they_are_made() -> None:
    with pytest.raises(TypeError, match="'not_null' of property Theme is no qualifier"):
        ts.prop("Theme", "not_null")  # type: ignore[arg-type]
    for limits in ("a-b", "5-3", ""):
        with pytest.raises(ValueError, match="has no limits"):
            AllowedLen(limits)
    with pytest.raises(TypeError, match="takes the WMI name"):
        wmi_class(Branding)  # type: ignore[arg-type]

    class Plain(ts.Action):
        pass

    with pytest.raises(TypeError, match="decorate it with @wmi_class"):
        ts.registry.extended(Plain)
    with pytest.raises(TypeError, match="is no class that mirrors"):
        ts.registry.extended("x")  # type: ignore[arg-type]


def test_what_is_misspelt_or_misused_is_answered_in_words() -> None:
    step = ts.RebootAction(name="r", target="HD")
    with pytest.raises(AttributeError, match="did you mean message"):
        step.mesage = "x"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="assign None"):
        del step.message
    with pytest.raises(TypeError, match=r"by name: RebootAction\(name="):
        ts.RebootAction("r")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="give its class"):
        ts.properties_of(step)  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="did you mean SMS_TaskSequence_RebootAction"):
        ts.registry["RebootAction"]
    with pytest.raises(AttributeError, match="did you mean CaptureSystemImageAction"):
        ts.CaptureSystemImage  # noqa: B018
