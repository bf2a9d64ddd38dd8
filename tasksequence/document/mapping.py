"""How a model object lies in XML: its attributes and its variables.

These functions see values only; the writer compares what they say of an object now with what
they said when it was read, and changes just that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tasksequence.model.action import Action, Pointer, ScriptedAction, UnknownAction
from tasksequence.model.actions.mdt import MdtCommandAction
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    ConditionOperand,
    ConditionOperator,
    OSExpressionGroup,
    UnknownOperand,
)
from tasksequence.model.sequence import Group
from tasksequence.model.value_text import value_text
from tasksequence.qualifiers import global_
from tasksequence.wmi import WmiObject, per_class, properties_of
from tasksequence.wmi_property import Property

__all__ = [
    "ATTRIBUTE_PROPERTIES",
    "PLATFORM_KEYS",
    "VariableText",
    "element_attributes",
    "step_variables",
    "variable_properties",
]

ATTRIBUTE_PROPERTIES = frozenset(
    {
        "Name",
        "Description",
        "Enabled",
        "ContinueOnError",
        "Condition",
        "SupportedEnvironment",
        "Timeout",
        "Steps",
    }
)
"""Properties that are attributes or child elements of a step, not variables."""

PLATFORM_KEYS: Mapping[str, str] = {
    "arch": "platform_arch_key",
    "type": "platform_type_key",
    "minVer": "platform_min_ver_key",
    "maxVer": "platform_max_ver_key",
}
"""Attributes of `platformKey` and the attributes of `OSExpressionGroup` that they are."""


class VariableText(NamedTuple):
    """One `<variable>` of a step as a site writes it."""

    name: str
    text: str
    hidden: bool


@per_class
def variable_properties(cls: type[WmiObject]) -> tuple[Property, ...]:
    """Return the properties of a class that are written as variables."""
    if issubclass(cls, UnknownOperand):
        return ()
    if issubclass(cls, Step):
        return tuple(p for p in properties_of(cls) if p.name not in ATTRIBUTE_PROPERTIES)
    return tuple(p for p in properties_of(cls) if p.name not in {"Operands", "OperatorType"})


def element_attributes(node: WmiObject) -> dict[str, str]:
    """Return the attributes of a node's element in the order in which a site writes them."""
    if isinstance(node, Step):
        return _step_attributes(node)
    attributes: dict[str, str] = {}
    if isinstance(node, ConditionOperator):
        attributes["type"] = node.operator_type
        if isinstance(node, OSExpressionGroup) and node.name is not None:
            attributes["name"] = node.name
    elif isinstance(node, UnknownOperand):
        if node.type is not None:
            attributes["type"] = node.type
    elif isinstance(node, ConditionOperand):
        attributes["type"] = node.wmi_name
    return attributes


def _step_attributes(step: Step) -> dict[str, str]:
    attributes: dict[str, str] = {}
    if isinstance(step, UnknownAction):
        attributes["type"] = step.type
    elif not isinstance(step, (Group, MdtCommandAction)):
        attributes["type"] = step.wmi_name
    attributes["name"] = step.name
    if step.description is not None:
        attributes["description"] = step.description
    if not step.enabled:
        attributes["disable"] = "true"
    if step.continue_on_error:
        attributes["continueOnError"] = "true"
    if isinstance(step, Group):
        return attributes
    if isinstance(step, Action) and step.timeout is not None:
        attributes["timeout"] = str(step.timeout)
    if isinstance(step, (Action, Pointer)):
        attributes["runIn"] = str(step.supported_environment)
    attributes["successCodeList"] = _qualified_value(step, "SuccessCodes")
    attributes["retryCount"] = _qualified_value(step, "RetryCount")
    # false in every known export, Apply Operating System with RunFromNet included.
    attributes["runFromNet"] = "false"
    return attributes


def _qualified_value(step: Step, qualifier: str) -> str:
    if isinstance(step, ScriptedAction) and qualifier in step.variables:
        return step.variables[qualifier]
    for known in properties_of(type(step)):
        if any(carried.name == qualifier for carried in known.qualifiers):
            value = getattr(step, known.attribute)
            return "0" if value is None else value_text(value)
    return "0"


def step_variables(step: WmiObject) -> dict[str, VariableText]:
    """Return a node's variables by property key, in the order in which a site writes them.

    An array of objects has its count under the property's name and each member under
    name, index and member's name (`Partitions0Type`); strings of an array are joined by commas.
    """
    found: list[tuple[tuple[str, int, str], str, VariableText]] = []
    others = step.variables if isinstance(step, (ScriptedAction, UnknownOperand)) else {}
    found += [((key, -1, ""), key, VariableText(key, text, False)) for key, text in others.items()]
    for known in variable_properties(type(step)):
        value = getattr(step, known.attribute)
        if value is None:
            continue
        if known.item_class is None:
            text = VariableText(known.variable, value_text(value), known.hidden)
            found.append(((known.name, -1, ""), known.name, text))
            continue
        count = VariableText(known.variable, str(len(value)), known.hidden)
        found.append(((known.name, -1, ""), known.name, count))
        for index, item in enumerate(value):
            for member in properties_of(known.item_class):
                part = getattr(item, member.attribute)
                if part is None:
                    continue
                name = f"{known.variable}{index}{member.name}"
                text = VariableText(name, value_text(part), known.has(global_))
                key = f"{known.name}{index}{member.name}"
                found.append(((known.name, index, member.name), key, text))
    # By property in ordinal order, members of an array by index as a number: so do all exports.
    found.sort(key=lambda entry: entry[0])
    return {key: text for _, key, text in found}
