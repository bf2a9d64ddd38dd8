"""Conditions built as they read, and what the editor makes of the same choices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts
from tasksequence.authoring.contradictions import contradictions
from tasksequence.plan.evaluate import judge
from tasksequence.plan.truth import Truth
from tasksequence.plan.variables import Variables

untyped: Any = ts
"""For what a type checker would refuse."""
PRODUCT = "{90160000-008C-0000-1000-0000000FF1CE}"
UPGRADE = "{00160000-008C-0000-1000-0000000FF1CE}"
IN_WINPE = ts.Variable("_SMSTSInWinPE")


def test_a_comparison_is_an_expression_of_the_model() -> None:
    expression = IN_WINPE == "false"
    assert isinstance(expression, ts.VariableConditionExpression)
    assert expression == ts.VariableConditionExpression(
        variable="_SMSTSInWinPE", operator="equals", value="false"
    )
    assert str(expression) == 'variable _SMSTSInWinPE equals "false"'


@pytest.mark.parametrize(
    ("built", "sentence"),
    [
        (IN_WINPE != True, 'variable _SMSTSInWinPE does not equal "true"'),  # noqa: E712
        (ts.Variable("A") < 5, 'variable A is less than "5"'),
        (ts.Variable("A") <= 5, 'variable A is at most "5"'),
        (ts.Variable("A") > "5", 'variable A is greater than "5"'),
        (ts.Variable("A") >= "5", 'variable A is at least "5"'),
        (ts.Variable("A").exists(), "variable A exists"),
        (ts.Variable("A").not_exists(), "variable A does not exist"),
        (ts.Variable("Model").like("Latitude%"), 'variable Model is like "Latitude%"'),
        (ts.Variable("Model").not_like("V*"), 'variable Model is not like "V*"'),
        (ts.File(r"C:\a.dll").exists(), r"file C:\a.dll exists"),
        (
            ts.File(r"C:\a.dll").version >= "10.0",
            r"file C:\a.dll exists and its version is at least 10.0",
        ),
        (
            ts.File("a").modified > datetime(2026, 11, 21, 12, tzinfo=timezone(timedelta(hours=2))),
            "file a exists and its time is greater than 20261121100000.000000+000",
        ),
        (ts.Folder(r"D:\b").exists(), r"folder D:\b exists"),
        (
            ts.Folder("b").modified < datetime(2026, 1, 1, tzinfo=UTC),
            "folder b exists and its time is less than 20260101000000.000000+000",
        ),
        (
            ts.Registry(r"HKLM\SOFTWARE\Contoso", "Build") == 7,
            r'registry value HKEY_LOCAL_MACHINE\SOFTWARE\Contoso\Build equals "7"',
        ),
        (
            ts.Registry(r"hkcu\SOFTWARE\Contoso").not_exists(),
            r"registry value HKEY_CURRENT_USER\SOFTWARE\Contoso\(Default) does not exist",
        ),
        (
            ts.Software(product_code=PRODUCT, name="Contoso", version="2.0").installed(),
            "Contoso is installed in version 2.0",
        ),
        (ts.Software(product_code=PRODUCT).installed(), f"{PRODUCT} is installed"),
        (
            ts.Software(upgrade_code=UPGRADE).installed_in_any_version(),
            f"{UPGRADE} is installed in any version",
        ),
        (
            ts.Software(product_code=PRODUCT, upgrade_code=UPGRADE).installed_in_any_version(),
            f"{PRODUCT} is installed in any version",
        ),
        (
            ts.query_wmi("SELECT * FROM Win32_Battery"),
            r"WMI query in root\cimv2 returns something: SELECT * FROM Win32_Battery",
        ),
    ],
)
def test_each_builder_says_what_it_means(built: ts.ConditionOperand, sentence: str) -> None:
    assert str(built) == sentence


def test_operators_nest() -> None:
    condition = ts.when(
        IN_WINPE == "true",
        ts.any_of(
            ts.Variable("Model").like("V%"),
            ts.none_of(ts.File("a").exists(), ts.Folder("b").exists()),
        ),
    )
    assert isinstance(condition, ts.Condition)
    assert str(condition) == (
        'variable _SMSTSInWinPE equals "true" and (variable Model is like "V%" or '
        "none of (file a exists or folder b exists))"
    )


WEST = timezone(timedelta(hours=-5))
A, B = ts.Variable("A"), ts.Variable("B")


@pytest.mark.parametrize(
    "written",
    [
        lambda: ts.when((A == "1") and (B == "2")),
        lambda: ts.when((A == "1") or (B == "2")),
        lambda: ts.when(not A.exists()),  # type: ignore[arg-type]
        lambda: ts.when("1" < A < "5"),
        lambda: ts.when(A and (B == "2")),
        lambda: ts.when(not ts.all_of(A == "1")),  # type: ignore[arg-type]
        lambda: bool(ts.UnknownOperand(type="x")),
    ],
)
def test_words_of_python_that_would_lose_a_part_are_refused(
    written: Callable[[], object],
) -> None:
    with pytest.raises(TypeError, match="all_of, any_of and none_of") as caught:
        written()
    assert isinstance(caught.value, ts.TaskSequenceError)


def test_the_registry_type_follows_the_data() -> None:
    key = ts.Registry(r"HKLM\S", "V")
    assert (key == 1).type == "REG_DWORD"
    assert (key == "1").type == "REG_SZ"
    assert (ts.Registry(r"HKLM\S", "V", type="REG_EXPAND_SZ") == "1").type == "REG_EXPAND_SZ"
    assert key.exists().type is None


def test_an_operating_system_is_written_as_the_editor_writes_it() -> None:
    platform = ts.Platform(
        name="All Windows 11 (64-bit) Client",
        architecture="x64",
        version_like="10.0.2[2-9]%",
        minimum="10.00.22000.0",
        maximum="10.00.99999.9999",
    )
    step = ts.Group(name="g", condition=ts.when(ts.operating_system(platform)))
    text = ts.Document.new(ts.TaskSequence(steps=[step])).to_bytes().decode()
    assert (
        '<condition><operator type="and"><osConditionGroup type="or"><osExpressionGroup type="and" '
        'name="All Windows 11 (64-bit) Client"><platformKey arch="x64" type="Win_NT" '
        'minVer="10.00.22000.0" maxVer="10.00.99999.9999"/>'
    ) in text
    assert "Version like '10.0.2[2-9]%' AND OSType=18 AND ProductType=1<" in text
    assert "OSArchitecture like '64%'<" in text
    assert text.count('ignoreQueryFailure="true"') == 2
    assert str(step.condition) == "operating system is All Windows 11 (64-bit) Client"
    assert ts.load(text.encode()).sequence.steps == [step]


def test_a_server_is_no_client() -> None:
    server = ts.Platform(
        name="s", architecture="x64", version_like="10%", minimum="1", maximum="2", is_server=True
    )
    assert "ProductType>1" in repr(ts.operating_system(server))


def test_one_language_is_a_query_and_several_are_any_of_them() -> None:
    one = ts.operating_system_language(1033)
    assert isinstance(one, ts.WMIConditionExpression)
    assert one.query == "SELECT * FROM Win32_OperatingSystem WHERE OSLanguage=1033"
    several = ts.operating_system_language(1033, 1031)
    assert isinstance(several, ts.ConditionOperator)
    assert several.operator_type == "or"


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (ts.when, "is empty: give when"),
        (ts.all_of, "is empty: give all_of"),
        (ts.any_of, "is empty: give any_of"),
        (ts.none_of, "is empty: give none_of"),
        (ts.operating_system, "at least one Platform"),
        (ts.operating_system_language, "is empty"),
        (lambda: ts.Variable("%OSDComputerName%"), "without percent signs"),
        (lambda: ts.Variable(""), "no variable name"),
        (lambda: ts.Registry(r"HKEY_CLASSES_ROOT\x"), "a key below HKEY_CURRENT_USER"),
        (lambda: ts.Registry("HKLM"), "a key below"),
        (lambda: ts.Registry(r"HKLM\x", type="REG_BINARY"), "none of REG_SZ"),
        (lambda: ts.Software(product_code=PRODUCT).installed_in_any_version(), "upgrade code"),
        (lambda: ts.Software(upgrade_code=UPGRADE).installed(), "product code"),
        (lambda: ts.Software(product_code="{1}"), "32 hexadecimal digits"),
        (lambda: ts.File("a").modified > datetime(2026, 1, 1), "with its time zone"),
        (lambda: ts.File("a").modified > datetime.max.replace(tzinfo=WEST), "year 9999"),
        (lambda: untyped.operating_system_language("en-US"), "1033 for en-US"),
        (lambda: ts.operating_system_language(0), "1033 for en-US"),
        (lambda: ts.operating_system_language(True), "1033 for en-US"),
        (lambda: untyped.operating_system("Windows 11"), "is 'Windows 11': give a Platform"),
        (lambda: ts.Registry(r"HKLM\x", "v") == 2**40, "0 to 4294967295"),
        (lambda: ts.Registry(r"HKLM\x", "v") == -1, "0 to 4294967295"),
        (lambda: ts.Registry(r"HKLM\x", "v", type="REG_DWORD") == "seven", "0 to 4294967295"),
        (lambda: ts.Registry(r"HKLM\x", "v") == True, "1 or 0"),  # noqa: E712
        (lambda: untyped.Registry(5), "a key below"),
        (lambda: ts.Variable("A") == 10**5000, "5001 digits"),
        (lambda: untyped.when(ts.Variable("A")), r"is a Variable: compare it"),
        (lambda: untyped.when(ts.when(IN_WINPE.exists())), "is a whole condition"),
        (lambda: untyped.any_of("A"), "is str, which is no part of a condition"),
        (lambda: untyped.query_wmi(5), "String is text"),
        (lambda: untyped.File(None).exists(), "not_null asks for one"),
    ],
)
def test_what_makes_no_sense_is_refused(build: object, text: str) -> None:
    with pytest.raises(ts.QualifierError, match=text):
        build()  # type: ignore[operator]


@pytest.mark.parametrize("value", [None, 1.5, ["a"], ts.SecretText("hunter2")])
def test_a_value_that_no_variable_holds_is_refused(value: object) -> None:
    with pytest.raises(ts.QualifierError, match="compares with text") as caught:
        _ = ts.Variable("A") == value
    assert "hunter" not in str(caught.value)


def test_the_codes_of_a_product_are_written_as_windows_installer_writes_them() -> None:
    plain = PRODUCT.strip("{}").lower()
    assert ts.Software(product_code=plain) == ts.Software(product_code=PRODUCT)
    with pytest.raises(ts.QualifierError) as caught:
        untyped.Software(product_code="{1}", upgrade_code=f"{UPGRADE}0", version=7)
    assert [one.property for one in caught.value.problems] == [
        "ProductCode", "UpgradeCode", "Version",
    ]  # fmt: skip


def test_any_version_of_a_product_needs_no_product_code() -> None:
    """The class wants a ProductCode; a product is found by its upgrade code all the same."""
    built = ts.Software(upgrade_code=UPGRADE).installed_in_any_version()
    assert (built.product_code, built.upgrade_code) == ("", UPGRADE)
    group = ts.Group(name="g", condition=ts.when(built))
    read = ts.load(ts.Document.new(ts.TaskSequence(steps=[group])).to_bytes())
    assert not read.violations
    assert read.sequence.steps == [group]


def test_a_time_of_an_early_year_has_four_digits() -> None:
    built = ts.File("a").modified == datetime(99, 1, 1, tzinfo=UTC)
    assert built.date_time == "00990101000000.000000+000"


leaves = st.builds(
    lambda name, value: ts.Variable(name) == value,
    st.sampled_from(["A", "B"]),
    st.sampled_from(["1", "2"]),
)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda join, operands: join(*operands),
        st.sampled_from([ts.all_of, ts.any_of, ts.none_of]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def holds(operand: ts.ConditionOperand, values: dict[str, str]) -> bool:
    """What the words all, any and none mean."""
    if isinstance(operand, ts.ConditionOperator):
        said = [holds(inner, values) for inner in operand.operands]
        return {"and": all(said), "or": any(said), "not": not any(said)}[operand.operator_type]
    assert isinstance(operand, ts.VariableConditionExpression)
    return values[operand.variable] == operand.value


@given(trees, st.sampled_from(["1", "2"]), st.sampled_from(["1", "2"]))
def test_the_plan_judges_what_was_built(operand: ts.ConditionOperand, a: str, b: str) -> None:
    values = {"A": a, "B": b}
    said = judge(ts.when(operand), Variables(values)).truth
    assert said is (Truth.TRUE if holds(operand, values) else Truth.FALSE)


@given(trees)
def test_what_was_built_survives_the_xml(operand: ts.ConditionOperand) -> None:
    group = ts.Group(name="g", condition=ts.when(operand))
    document = ts.Document.new(ts.TaskSequence(steps=[group]))
    (read,) = ts.load(document.to_bytes()).sequence.steps
    assert read == group
    assert str(read.condition) == str(group.condition)


compared = st.builds(
    lambda operator, value: ts.VariableConditionExpression(
        variable="A", operator=operator, value=value
    ),
    st.sampled_from(["equals", "notEquals", "exists", "notExists", "less", "like"]),
    st.sampled_from(["", "1", "x", "X"]),
)


@given(compared, compared, st.sampled_from(["", "1", "x", "y"]))
def test_a_step_with_a_contradiction_never_runs(
    one: ts.VariableConditionExpression, other: ts.VariableConditionExpression, value: str
) -> None:
    condition = ts.when(one, other)
    step = ts.SetVariableAction(name="s", variable_name="B", variable_value="", condition=condition)
    planned = ts.compile_plan(ts.TaskSequence(steps=[step]), {"A": value}).steps[0]
    if list(contradictions(condition)):
        assert planned.outcome is ts.Outcome.SKIPPED
