"""Variables: names without letter case, expansion, secrets."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts
from tasksequence.plan.variables import Variables, is_secret_variable


def test_names_match_without_letter_case() -> None:
    variables = Variables({"OSDComputerName": "PC1"})
    assert variables["osdcomputername"] == "PC1"
    assert "OSDCOMPUTERNAME" in variables
    assert list(variables) == ["OSDComputerName"]


def test_an_empty_value_is_no_value() -> None:
    assert "A" not in Variables({"A": ""})


@pytest.mark.parametrize("name", ["", "1A", "A B", "A%", "x" * 257, "Ä", "-a"])
def test_names_out_of_the_rules_are_refused(name: str) -> None:
    with pytest.raises(ts.PlanError, match="no variable name"):
        Variables({name: "v"})


def test_values_have_a_limit() -> None:
    Variables({"A": "x" * 4000})
    with pytest.raises(ts.PlanError, match="4001 characters"):
        Variables({"A": "x" * 4001})


def test_one_variable_in_two_spellings_is_refused() -> None:
    with pytest.raises(ts.PlanError, match="twice"):
        Variables({"A": "1", "a": "2"})


@pytest.mark.parametrize(
    ("text", "expanded", "unset"),
    [
        ("plain", "plain", ()),
        ("%A%", "1", ()),
        ("%a%%A%", "11", ()),
        ("x%Nested%y", "x<1>y", ()),
        ("100%", "100%", ()),
        ("50% of %A%", "50% of 1", ()),
        ("%No% %A%", "%No% 1", ("No",)),
        ("%No%%no%", "%No%%no%", ("No", "no")),
        ("%Hidden%", "%Deep%", ("Deep",)),
        ("%%", "%%", ()),
    ],
)
def test_expansion(text: str, expanded: str, unset: tuple[str, ...]) -> None:
    variables = Variables({"A": "1", "Nested": "<%A%>", "Hidden": "%Deep%"})
    said = variables.expand(text)
    assert (said.text, said.unset, said.has_secret) == (expanded, unset, False)


def test_a_circle_is_refused_with_its_members() -> None:
    variables = Variables({"A": "%B%", "B": "x%C%", "C": "%a%"})
    with pytest.raises(ts.PlanError, match="a -> b -> c -> a"):
        variables.expand("%A%")


def test_values_that_multiply_are_stopped() -> None:
    values = {f"V{i}": f"%V{i + 1}%" * 50 for i in range(8)} | {"V8": "x" * 100}
    with pytest.raises(ts.PlanError, match="expands to more than"):
        Variables(values).expand("%V0%")


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("OSDCaptureAccountPassword", True),
        ("osdjoinpassword", True),
        ("OSDProductKey", True),
        ("SMSTSRunCommandLineUserPassword", True),
        ("OSDBitLockerPIN", True),
        ("AdminPassword", True),
        ("OSDUpgradeOsProductKey", True),
        ("OSDBitLockerStartupKey", True),
        ("MyApiKey", True),
        ("PassPhrase", True),
        ("_SMSTSReserved2-000", True),
        ("OSDCaptureAccount", False),
        ("OSDCaptureDestination", False),
        # Of these a class says that they are none.
        ("OSDRandomAdminPassword", False),
        ("OSDBitLockerStartupKeyDrive", False),
    ],
)
def test_secret_variables_are_known_by_class_and_by_name(name: str, secret: bool) -> None:
    assert is_secret_variable(name) is secret


def test_secret_values_are_masked() -> None:
    variables = Variables({"OSDJoinPassword": "hunter2"})
    assert "hunter2" not in repr(variables)
    assert variables["OSDJoinPassword"] == ts.SecretText("hunter2")
    assert variables.expand("%OSDJoinPassword%").has_secret


@given(st.dictionaries(st.sampled_from("ABCD"), st.text("AB%x", max_size=8)), st.text("ABCD%x"))
def test_expansion_ends(values: dict[str, str], text: str) -> None:
    try:
        said = Variables(values).expand(text)
    except ts.PlanError as error:
        assert "circle" in str(error)  # noqa: PT017 - one of two ways to end
    else:
        known = {name for name, value in values.items() if value}
        assert not known & set(said.unset)
