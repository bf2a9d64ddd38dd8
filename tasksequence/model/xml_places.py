"""Where a property lies in the XML that a site exports, in words."""

from __future__ import annotations

from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.base import Step
from tasksequence.model.classes import registry
from tasksequence.model.condition import (
    Condition,
    ConditionExpression,
    ConditionOperator,
    OSConditionGroup,
    OSExpressionGroup,
)
from tasksequence.model.packages import PackageBaseclass, Reference
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.qualifiers import abstract, global_, retry_count, success_codes
from tasksequence.wmi import WmiObject, properties_of
from tasksequence.wmi_property import Property

__all__ = ["element_in_xml", "place_in_xml"]

_OF_STEPS = {
    "Name": "attribute name",
    "Description": "attribute description",
    "Enabled": 'attribute disable="true" when False',
    "ContinueOnError": 'attribute continueOnError="true"',
    "Condition": "element condition, first in the step",
    "SupportedEnvironment": "attribute runIn",
    "Timeout": "attribute timeout, when set",
    "Steps": "elements step, group and subtasksequence",
}
_OF_SEQUENCES = {
    "SchemaVersion": "attribute version of sequence",
    "Steps": "elements step, group and subtasksequence",
}
_OF_OPERATORS = {
    "Operands": "elements expression and operator",
    "OperatorType": "attribute type",
    "Name": "attribute name",
    "PlatformArchKey": "attribute arch of platformKey",
    "PlatformTypeKey": "attribute type of platformKey",
    "PlatformMinVerKey": "attribute minVer of platformKey",
    "PlatformMaxVerKey": "attribute maxVer of platformKey",
}
_OF_REFERENCES = {
    "Package": "attribute package of reference in referenceList",
    "Program": "attribute program of reference in referenceList",
    "Type": "attribute package or application of reference",
}


_ELEMENTS: tuple[tuple[type[WmiObject], str], ...] = (
    (TaskSequence, "<sequence>"),
    (Group, "<group>"),
    (SubTasksequence, '<subtasksequence type="SMS_TaskSequence_SubTasksequence">'),
    (Condition, "<condition>"),
    (OSConditionGroup, "<osConditionGroup>"),
    (OSExpressionGroup, "<osExpressionGroup>"),
    (ConditionOperator, "<operator>"),
    (Reference, "<reference> in <referenceList>"),
)


def place_in_xml(cls: type[WmiObject], known: Property) -> str | None:
    """Say where a property of a class lies in XML, or None where no export is known to hold it."""
    if issubclass(cls, TaskSequence):
        return _OF_SEQUENCES[known.name]
    if issubclass(cls, Step):
        return _OF_STEPS.get(known.name) or _variable(known)
    if issubclass(cls, (Condition, ConditionOperator)):
        return _OF_OPERATORS[known.name]
    if issubclass(cls, ConditionExpression):
        return f"variable {known.name} of expression"
    if issubclass(cls, PackageBaseclass):
        if known.item_class is not None:
            return "PROPERTY.OBJECTARRAY"
        return "PROPERTY.ARRAY" if known.type.endswith("[]") else "PROPERTY"
    if issubclass(cls, Reference):
        return _OF_REFERENCES[known.name]
    return _member(cls, known)


def element_in_xml(cls: type[WmiObject]) -> str | None:
    """Say which element an object of a class is, or None where no export is known to hold one."""
    for base, element in _ELEMENTS:
        if issubclass(cls, base):
            return element
    if issubclass(cls, (Step, ConditionExpression)):
        if abstract in cls.wmi_qualifiers:
            return None
        kind = "expression" if issubclass(cls, ConditionExpression) else "step"
        return f'<{kind} type="{cls.wmi_name}">' if cls.wmi_name else f"<{kind}>, without type"
    if issubclass(cls, PackageBaseclass) and abstract not in cls.wmi_qualifiers:
        return f'<INSTANCE CLASSNAME="{cls.wmi_name}"> in object.xml, its properties by name'
    return None


def _variable(known: Property) -> str:
    hidden = " (hidden)" if known.hidden else ""
    if known.item_class is not None:
        return f"variable {known.variable}{hidden} with the count, and those of its members"
    place = f"variable {known.variable}{hidden}"
    if known.has(success_codes):
        place += ", and attribute successCodeList"
    if known.has(retry_count):
        place += ", and attribute retryCount"
    if known.has(global_):
        place += ", and in globalVarList"
    return place


def _member(cls: type[WmiObject], known: Property) -> str | None:
    for owner in (known for known in registry.values() if issubclass(known, Step)):
        for array in properties_of(owner):
            if array.item_class is cls:
                return f"variable {array.variable}<n>{known.name}"
    return None
