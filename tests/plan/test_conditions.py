"""Conditions judged by variables, and said in words."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given

import tasksequence as ts
from tasksequence.plan.evaluate import judge
from tasksequence.plan.sentences import in_words
from tasksequence.plan.truth import Truth
from tasksequence.plan.variables import Variables

KNOWN = Variables(
    {"A": "10", "Text": "Hello", "OSDJoinPassword": "hunter2", "Other": "hello", "Deleted": ""}
)
WMI = ts.WMIConditionExpression(namespace="root\\cimv2", query="select * from Win32_Battery")


def variable(name: str, operator: str, value: str | None = None) -> ts.VariableConditionExpression:
    return ts.VariableConditionExpression(variable=name, operator=operator, value=value)


def operator(kind: str, *operands: ts.ConditionOperand) -> ts.ConditionOperator:
    return ts.ConditionOperator(operator_type=kind, operands=list(operands))


def truth(*operands: ts.ConditionOperand) -> Truth:
    return judge(ts.Condition(operands=list(operands)), KNOWN).truth


TRUE, FALSE, UNKNOWN = variable("A", "exists"), variable("A", "notExists"), WMI


@pytest.mark.parametrize(
    ("name", "compare", "value", "expected"),
    [
        ("A", "equals", "10", Truth.TRUE),
        ("a", "Equals", "10", Truth.TRUE),
        ("Text", "equals", "hELLO", Truth.TRUE),
        ("Text", "notEquals", "hello", Truth.FALSE),
        ("Text", "equals", "%Other%", Truth.TRUE),
        ("A", "greater", "9", Truth.TRUE),
        ("A", "less", "9", Truth.FALSE),
        ("A", "lessEqual", "10", Truth.TRUE),
        ("A", "greaterEqual", "11", Truth.FALSE),
        ("Text", "less", "z", Truth.TRUE),
        ("Text", "like", "h%o", Truth.TRUE),
        ("Text", "like", "h*o", Truth.TRUE),
        ("Text", "like", "x%", Truth.FALSE),
        ("A", "exists", "", Truth.TRUE),
        ("A", "notExists", None, Truth.FALSE),
        ("Absent", "equals", "1", Truth.UNKNOWN),
        ("Absent", "exists", None, Truth.UNKNOWN),
        ("A", "equals", "%Absent%", Truth.UNKNOWN),
        ("OSDJoinPassword", "equals", "hunter2", Truth.TRUE),
        ("Deleted", "exists", None, Truth.FALSE),
        ("Deleted", "notExists", None, Truth.TRUE),
        ("Deleted", "equals", "", Truth.TRUE),
        ("A", "equals", "10%Deleted%", Truth.TRUE),
    ],
)
def test_variable_expressions(name: str, compare: str, value: str | None, expected: Truth) -> None:
    assert truth(variable(name, compare, value)) is expected


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        ([], Truth.TRUE),
        ([TRUE, TRUE], Truth.TRUE),
        ([TRUE, FALSE], Truth.FALSE),
        ([UNKNOWN, FALSE], Truth.FALSE),
        ([UNKNOWN, TRUE], Truth.UNKNOWN),
        ([operator("or", FALSE, TRUE)], Truth.TRUE),
        ([operator("or", UNKNOWN, TRUE)], Truth.TRUE),
        ([operator("or", UNKNOWN, FALSE)], Truth.UNKNOWN),
        ([operator("or", FALSE, FALSE)], Truth.FALSE),
        ([operator("not", FALSE, FALSE)], Truth.TRUE),
        ([operator("not", FALSE, TRUE)], Truth.FALSE),
        ([operator("not", UNKNOWN)], Truth.UNKNOWN),
        ([operator("not")], Truth.TRUE),
        ([operator("or")], Truth.TRUE),
        ([operator("and", operator("or", TRUE), operator("not", FALSE))], Truth.TRUE),
    ],
)
def test_operators(operands: Sequence[ts.ConditionOperand], expected: Truth) -> None:
    assert truth(*operands) is expected


def test_an_unknown_condition_names_what_would_decide_it() -> None:
    said = judge(ts.Condition(operands=[variable("Absent", "equals", "1"), UNKNOWN]), KNOWN)
    assert said.needs == (
        "variable Absent",
        "WMI query in root\\cimv2 returns something: select * from Win32_Battery",
    )


def test_a_condition_is_said_with_its_nesting() -> None:
    condition = ts.Condition(
        operands=[
            variable("_SMSTSInWinPE", "equals", "true"),
            operator(
                "or",
                ts.FileConditionExpression(path=r"C:\a.txt"),
                operator("not", WMI, ts.FolderConditionExpression(path="D:\\b")),
            ),
        ]
    )
    assert in_words(condition) == (
        'variable _SMSTSInWinPE equals "true" and (file C:\\a.txt exists or none of (WMI query in '
        "root\\cimv2 returns something: select * from Win32_Battery or folder D:\\b exists))"
    )


@pytest.mark.parametrize(
    ("operand", "words"),
    [
        (variable("A", "notExists"), "variable A does not exist"),
        (variable("OSDJoinPassword", "equals", "x"), 'variable OSDJoinPassword equals "***"'),
        (
            ts.RegistryConditionExpression(key_path="HKLM\\S", operator="exists", value="V"),
            "registry value HKLM\\S\\V exists",
        ),
        (
            ts.RegistryConditionExpression(key_path="HKLM\\S", operator="less", data="5"),
            'registry value HKLM\\S\\(Default) is less than "5"',
        ),
        (
            ts.SoftwareConditionExpression(
                operator="AnyVersion", product_code="{1}", product_name="Office"
            ),
            "Office is installed in any version",
        ),
        (
            ts.FileConditionExpression(
                path="f", version="1.2", version_operator="greaterEqual", date_time="x"
            ),
            "file f exists and its version is at least 1.2 and its time equals x",
        ),
        (ts.UnknownOperand(type="Odd"), "a condition of type Odd"),
        (operator("and"), "always"),
    ],
)
def test_operands_in_words(operand: ts.ConditionOperand, words: str) -> None:
    assert in_words(operand) == words


def test_what_a_secret_is_compared_with_is_masked() -> None:
    held = Variables({"Z": ts.SecretText("hunter2")})
    condition = ts.Condition(operands=[variable("Z", "equals", "hunter2")])
    assert in_words(condition, held) == 'variable Z equals "***"'


leaves = st.sampled_from([TRUE, FALSE, UNKNOWN])
trees = st.recursive(
    leaves,
    lambda inner: st.builds(operator, st.sampled_from(["and", "or", "not"]), inner, inner),
    max_leaves=8,
)


@given(st.lists(trees, min_size=1, max_size=3))
def test_de_morgan(operands: list[ts.ConditionOperand]) -> None:
    """None of them is true exactly when each is not true."""
    none_of = truth(operator("not", *operands))
    each_not = truth(*(operator("not", operand) for operand in operands))
    assert none_of is each_not
