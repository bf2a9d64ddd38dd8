"""The rules of Set Dynamic Variables: XML text with conditions and the variables to set."""

from __future__ import annotations

import fnmatch
from functools import lru_cache
from xml.etree import ElementTree

import attrs

from tasksequence.model.condition import (
    ConditionOperand,
    ConditionOperator,
    UnknownOperand,
    VariableConditionExpression,
)
from tasksequence.plan.environment import Environment
from tasksequence.wmi import reading

__all__ = ["DynamicRule", "is_machine_rule", "machine_matches", "read_rules"]

# The members of the rules for computer, location, and make and model, and who holds their value.
_HELD_IN = {
    "assettag": "_SMSTSAssetTag",
    "defaultgateway": "_SMSTSDefaultGateways",
    "defaultgateways": "_SMSTSDefaultGateways",
    "ipaddress": "_SMSTSIPAddresses",
    "ipaddresses": "_SMSTSIPAddresses",
    "macaddress": "_SMSTSMacAddresses",
    "macaddresses": "_SMSTSMacAddresses",
    "make": "_SMSTSMake",
    "model": "_SMSTSModel",
    "serialnumber": "_SMSTSSerialNumber",
    "smbiosguid": "_SMSTSUUID",
    "uuid": "_SMSTSUUID",
}

_DEEPEST = 60


@attrs.frozen(kw_only=True)
class DynamicRule:
    """One rule: where its condition is true, its variables are set."""

    operands: tuple[ConditionOperand, ...]
    """All must be true; an `UnknownOperand` holds the members of a rule about the machine."""
    variables: tuple[tuple[str, str, bool], ...]
    """Name, value, and whether the value is secret."""


@lru_cache(maxsize=512)
def read_rules(text: str) -> tuple[DynamicRule, ...] | None:
    """Read the rules; None where the text is none that can be read."""
    if "<!DOCTYPE" in text:
        return None
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without a DOCTYPE nothing expands
    except ElementTree.ParseError:
        return None
    try:
        return tuple(_rule(element) for element in root.iter("Rule"))
    except _TooDeep:
        return None


class _TooDeep(Exception):
    """Raised where operators nest deeper than any editor makes them."""


def _rule(element: ElementTree.Element) -> DynamicRule:
    operands: list[ConditionOperand] = []
    for condition in element.findall("condition"):
        operands += _operands(condition)
    return DynamicRule(
        operands=tuple(operands),
        variables=tuple(
            (
                variable.get("Name", ""),
                variable.text or "",
                variable.get("IsSecret", "").casefold() == "true",
            )
            for variable in element.findall("Variables/Variable")
        ),
    )


def _operands(element: ElementTree.Element, depth: int = 0) -> list[ConditionOperand]:
    if depth > _DEEPEST:
        raise _TooDeep
    found: list[ConditionOperand] = []
    for child in element:
        kind = child.get("type", "")
        if child.tag == "operator":
            joined = _operands(child, depth + 1)
            if kind.casefold() in {"and", "or", "not"}:
                found.append(ConditionOperator(operator_type=kind.casefold(), operands=joined))
            else:
                found.append(UnknownOperand(type=kind))
            continue
        if child.tag != "expression":
            continue
        members = {v.get("name", ""): v.text or "" for v in child.findall("variable")}
        if kind == "SMS_TaskSequence_VariableConditionExpression":
            variable = _variable(members)
            found.append(UnknownOperand(type=kind) if variable is None else variable)
        else:
            found.append(UnknownOperand(type=kind, variables=members))
    return found


def _variable(members: dict[str, str]) -> VariableConditionExpression | None:
    name, operator = members.get("Variable"), members.get("Operator")
    if not name or not operator:
        return None
    with reading([]):  # an operator that no page lists is for the evaluation to refuse
        return VariableConditionExpression(
            variable=name, operator=operator, value=members.get("Value")
        )


def is_machine_rule(operand: UnknownOperand) -> bool:
    """Tell whether an operand is a rule about the computer, its location, or make and model."""
    return bool(operand.variables) and all(n.casefold() in _HELD_IN for n in operand.variables)


def machine_matches(
    operand: UnknownOperand, environment: Environment
) -> tuple[bool | None, tuple[str, ...], str]:
    """Judge a rule about the computer, its location, or its make and model.

    `*` and `?` stand for anything, lists match with any of their elements. Returns the answer,
    what would decide it where it is None, and the rule in words.
    """
    said: list[bool | None] = []
    needs: list[str] = []
    words: list[str] = []
    for member, wanted in operand.variables.items():
        name = _HELD_IN.get(member.casefold())
        if not wanted.strip("*"):
            continue
        words.append(f'{member} is like "{wanted}"')
        if name is None:
            said.append(None)
            needs.append(f"{member} of the computer")
            continue
        held = environment.lookup(name)
        if held.is_unknown:
            said.append(None)
            needs += held.needs
            continue
        parts = [part.strip().casefold() for part in held.text.split(",")]
        pattern = wanted.casefold().replace("[", "[[]")
        said.append(any(fnmatch.fnmatchcase(p, pattern) for p in [held.text.casefold(), *parts]))
    text = " and ".join(words) or "any computer"
    if False in said:
        return False, (), text
    return (None, tuple(needs), text) if None in said else (True, (), text)
