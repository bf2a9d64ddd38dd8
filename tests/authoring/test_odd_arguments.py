"""Whatever the builders and wizards are given, they make something or say what is wrong."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts
from tasksequence.authoring.cmdlets import OBJECT_CMDLETS
from tasksequence.authoring.fields import fields_of
from tasksequence.authoring.properties import GivenValues
from tasksequence.authoring.step_classes import step_classes
from tasksequence.wmi import properties_of

zones = st.none() | st.builds(
    timezone, st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59))
)
texts = st.text() | st.sampled_from(
    ["", "A", "HKLM\\S", "HKLM\\", "REG_DWORD", "0x10", "%A%", "{1}", "x64", "%", "\0", "1" * 5000]
)
conditions = st.builds(lambda: ts.Variable("A") == "1") | st.builds(
    lambda: ts.when(ts.Variable("A").exists())
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**31, 2**200)
    | st.floats()
    | texts
    | st.binary(max_size=4)
    | st.datetimes(timezones=zones)
    | st.just(datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))))
    | st.builds(ts.SecretText, st.just("hunter2"))
    | st.builds(ts.Variable, st.just("A"))
    | st.builds(object)
    | conditions,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
COMPARE = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)


def made(build: Callable[[], object]) -> object:
    """Return what was built, None where it was refused; anything else is a fault."""
    said = ""
    built = None
    try:
        built = build()
    except ts.TaskSequenceError as error:
        said = str(error)
    assert built is not None or said
    assert "hunter" not in said
    if isinstance(built, (ts.Condition, ts.ConditionOperand)):
        assert str(built)
    return built


JOINS = (ts.when, ts.all_of, ts.any_of, ts.none_of, ts.operating_system)


@given(st.sampled_from((*JOINS, ts.operating_system_language)), st.lists(anything, max_size=3))
def test_what_joins_takes_anything(join: Callable[..., object], operands: list[Any]) -> None:
    made(lambda: join(*operands))


@given(
    st.sampled_from((ts.Variable, ts.Registry, ts.File, ts.Folder, ts.query_wmi)),
    st.lists(anything, min_size=1, max_size=2),
    st.sampled_from(COMPARE),
    anything,
)
def test_what_compares_takes_anything(
    build: Callable[..., Any], arguments: list[Any], compare: Callable[..., object], value: object
) -> None:
    subject = made(lambda: build(*arguments[: 1 if build is not ts.Registry else 2]))
    if subject is None:
        return
    for ask in ("exists", "not_exists"):
        if hasattr(subject, ask):
            made(getattr(subject, ask))
    if isinstance(subject, (ts.Variable, ts.Registry)):
        made(lambda: compare(subject, value))
    if isinstance(subject, ts.Variable):
        made(lambda: subject.like(value))  # type: ignore[arg-type]
        made(lambda: subject.not_like(value))  # type: ignore[arg-type]
    if isinstance(subject, (ts.File, ts.Folder)):
        made(lambda: compare(subject.modified, value))
    if isinstance(subject, ts.File):
        made(lambda: compare(subject.version, value))


@given(anything, anything, st.sampled_from(COMPARE))
def test_a_registry_value_of_any_type_takes_anything(
    kind: Any, value: object, compare: Callable[..., object]
) -> None:
    made(lambda: compare(ts.Registry("HKLM\\S", "v", type=kind), value))
    made(lambda: compare(ts.Registry("HKLM\\S", "v", type="REG_DWORD"), value))


@given(anything, anything, anything, anything)
def test_a_product_takes_anything(code: Any, upgrade: Any, name: Any, version: Any) -> None:
    product = made(
        lambda: ts.Software(product_code=code, upgrade_code=upgrade, name=name, version=version)
    )
    if isinstance(product, ts.Software):
        made(product.installed)
        made(product.installed_in_any_version)


@given(anything, anything, anything, anything, anything, anything)
def test_a_platform_takes_anything(
    name: Any, architecture: Any, like: Any, minimum: Any, maximum: Any, server: Any
) -> None:
    made(
        lambda: ts.operating_system(
            ts.Platform(
                name=name, architecture=architecture, version_like=like, minimum=minimum,
                maximum=maximum, is_server=server,
            )
        )
    )  # fmt: skip


NAMES = sorted(
    {
        name
        for cls in step_classes()
        for known in properties_of(cls)
        for name in (known.name, known.attribute, known.variable)
    }
    | {one.name for cmdlet in (*ts.CMDLETS, *OBJECT_CMDLETS) for one in cmdlet.parameters}
    | {"CommandLine", "variables.X", "X", ""}
)
CLASSES = st.sampled_from([*step_classes(), "New-CMTSStepPartitionDisk"])


@given(CLASSES, st.dictionaries(st.sampled_from(NAMES), anything, max_size=4), st.booleans())
def test_properties_take_anything(cls: Any, values: dict[Any, Any], named: bool) -> None:
    whole: dict[Any, Any] = {"Name": "x", "CommandLine": "y"} if named else {}
    made(lambda: ts.new_step(cls, {**whole, **values}))
    made(lambda: ts.new_step(cls, values, Name="x"))
    made(lambda: ts.new_step(cls, values if named else [values]))  # type: ignore[arg-type]


@given(st.dictionaries(st.sampled_from(NAMES) | st.integers(), anything, max_size=4))
def test_a_change_is_made_whole_or_not_at_all(values: dict[Any, Any]) -> None:
    known = ts.RebootAction(name="r", target="HD")
    unknown = ts.UnknownAction(name="u", type="T", variables={"X": "1"})
    editor = ts.SequenceEditor(ts.TaskSequence(steps=[known, unknown]))
    for step in (known, unknown):
        before = step.replace()
        if made(lambda step=step: editor.set(step, values)) is None:  # type: ignore[misc]
            assert step == before


@given(CLASSES.filter(lambda cls: not isinstance(cls, str)), st.sampled_from(NAMES), texts)
def test_properties_take_any_text(cls: Any, name: str, text: str) -> None:
    given_values = GivenValues(cls)
    given_values.give("Name", "x")
    given_values.give_text(name, text)
    given_values.give_text("Partitions", f'[{{"Type": "Primary", "Size": "{text}"}}]')
    made(given_values.new_step)


WIZARDS: Mapping[str, Callable[..., ts.NewSequence]] = {
    "build-and-capture": ts.build_and_capture,
    "capture-only": ts.capture_only,
}
MINIMAL: Mapping[str, Mapping[str, Any]] = {
    "build-and-capture": {
        "name": "Build", "boot_image": "ABC00005", "image_package": "ABC00010",
        "client_package": "ABC00003", "destination": r"\\server\images\reference.wim",
    },
    "capture-only": {
        "name": "C", "boot_image": "ABC00005", "destination": r"\\server\images\reference.wim",
    },
}  # fmt: skip


@pytest.mark.parametrize("wizard", WIZARDS)
@given(data=st.data())
def test_a_wizard_takes_anything(wizard: str, data: st.DataObject) -> None:
    names = st.sampled_from([field.name for field in fields_of(wizard)])
    answers = data.draw(st.dictionaries(names, anything, max_size=4))
    new = made(lambda: WIZARDS[wizard](**{**MINIMAL[wizard], **answers}))
    if isinstance(new, ts.NewSequence):
        # A character that XML cannot hold is told when it is written.
        with suppress(ts.DocumentError):
            found = new.document(secrets="keep").violations
            assert [one for one in found if one.severity == "error"] == []
