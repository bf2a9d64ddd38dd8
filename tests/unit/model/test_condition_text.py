"""str() of a condition is its sentence."""

from __future__ import annotations

import pytest

import tasksequence as ts
from tasksequence.model.condition_text import condition_text


def variable(name: str, operator: str, value: str | None = None) -> ts.VariableConditionExpression:
    return ts.VariableConditionExpression(variable=name, operator=operator, value=value)


def operator(kind: str, *operands: ts.ConditionOperand) -> ts.ConditionOperator:
    return ts.ConditionOperator(operator_type=kind, operands=list(operands))


A, B, C = variable("A", "exists"), variable("B", "less", "2"), variable("C", "notLike", "x%")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (ts.Condition(), "always"),
        (ts.Condition(operands=[A, B]), 'variable A exists and variable B is less than "2"'),
        (operator("not", A), "none of (variable A exists)"),
        (operator("not", A, C), 'none of (variable A exists or variable C is not like "x%")'),
        (operator("or", A), "variable A exists"),
        (
            ts.Condition(operands=[A, operator("or", B, operator("and", A, C))]),
            'variable A exists and (variable B is less than "2" or '
            '(variable A exists and variable C is not like "x%"))',
        ),
        (variable("OSDJoinPassword", "equals", "hunter2"), 'variable OSDJoinPassword equals "***"'),
        (
            ts.OSConditionGroup(
                operands=[
                    ts.OSExpressionGroup(
                        name="All Windows 11",
                        platform_arch_key="x64",
                        platform_min_ver_key="10",
                        platform_max_ver_key="11",
                        platform_type_key="Win_NT",
                    )
                ]
            ),
            "operating system is All Windows 11",
        ),
    ],
)
def test_a_condition_says_itself(part: ts.Condition | ts.ConditionOperand, words: str) -> None:
    assert str(part) == words


def test_an_operator_that_nobody_knows_is_named() -> None:
    document = ts.load(
        b'<sequence version="3.10"><group name="g"><condition><operator type="xor">'
        b'<expression type="Odd"/><expression type="Odder"/></operator></condition></group>'
        b"</sequence>"
    )
    (group,) = document.sequence.steps
    assert str(group.condition) == (
        "operator xor of (a condition of type Odd and a condition of type Odder)"
    )


def test_the_caller_may_know_more_secrets() -> None:
    assert condition_text(B, is_secret=lambda name: name == "B") == (
        'variable B is less than "***"'
    )
