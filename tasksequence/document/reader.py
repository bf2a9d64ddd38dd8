"""From elements to model objects; whatever a file says is read, and violations are collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from tasksequence.class_registry import ClassRegistry
from tasksequence.document.construction import Snapshot, constructed
from tasksequence.document.mapping import PLATFORM_KEYS
from tasksequence.document.origin import Origin
from tasksequence.document.source import Element, Source
from tasksequence.document.values import decode, decode_boolean
from tasksequence.document.variable_keys import other_texts, variable_elements, variable_keys
from tasksequence.document.violation import Violation
from tasksequence.errors import Problem
from tasksequence.model.action import Action, Pointer, ScriptedAction, UnknownAction
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    Condition,
    ConditionExpression,
    ConditionOperand,
    ConditionOperator,
    OSConditionGroup,
    OSExpressionGroup,
    UnknownOperand,
)
from tasksequence.model.references import global_properties, references
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.qualifiers import abstract
from tasksequence.wmi import WmiObject, properties_of, property_named, set_origin
from tasksequence.wmi_property import Property

__all__ = ["Reader"]

_STEP_TAGS = frozenset({"step", "group", "subtasksequence"})
_KNOWN_TAGS = frozenset({"condition", "action", "defaultVarList", "referenceList", "globalVarList"})
_TAKEN_TAGS = frozenset({"action", "defaultVarList"})
_OPERAND_TAGS = frozenset({"expression", "operator", "osConditionGroup", "osExpressionGroup"})
_OPERATOR_TAGS: dict[str, type[ConditionOperator]] = {
    "operator": ConditionOperator,
    "osConditionGroup": OSConditionGroup,
    "osExpressionGroup": OSExpressionGroup,
}


_ACCEPTED_BY_SITES = frozenset(
    {
        "not_null",
        "Enumeration",
        # What stands where nothing is read is kept.
        "place",
        "ValueMap",
        "RequiredIfNull",
        "RequiredIfNotNull",
        "NeededWhen",
        "ExcludedWhen",
        "OnlyOneOf",
    }
)


class Reader:
    """Reads the sequence of one source; `violations` grows as it goes."""

    def __init__(self, source: Source, registry: ClassRegistry) -> None:
        self._source = source
        self._registry = registry
        self._path: list[str] = []
        self._disabled = 0
        self.violations: list[Violation] = []

    def sequence(self, element: Element) -> TaskSequence:
        """Read a `<sequence>` element."""
        steps = self._steps(element)
        sequence: TaskSequence
        sequence, values = self._build(
            TaskSequence,
            element,
            {"schema_version": element.attributes.get("version"), "steps": steps},
        )
        extra = (references(sequence), global_properties(sequence))
        set_origin(sequence, Origin(self._source, element, values, tuple(steps), extra=extra))
        return sequence

    def _steps(self, element: Element) -> list[Step]:
        steps = []
        for child in element.children:
            if child.tag in _STEP_TAGS:
                steps.append(self._step(child))
            elif child.tag not in _KNOWN_TAGS and _holds_steps(child):
                self._unread(child, f"<{child.tag}> holds steps, which are kept and not read")
        return steps

    def _step(self, element: Element) -> Step:
        self._path.append(element.attributes.get("name", ""))
        values, undecodable = self._step_attributes(element)
        self._disabled += not values["enabled"]
        condition = self._condition(element)
        values["condition"] = condition
        self._report_unread(element)
        step: Step
        if element.tag == "group":
            steps = self._steps(element)
            values["steps"] = steps
            step, snapshot = self._build(Group, element, values, undecodable)
            set_origin(step, Origin(self._source, element, snapshot, tuple(steps), condition))
        else:
            step, snapshot = self._leaf(element, values, undecodable)
            set_origin(step, Origin(self._source, element, snapshot, (), condition))
        self._disabled -= not values["enabled"]
        self._path.pop()
        return step

    def _report_unread(self, element: Element) -> None:
        """Report what looks like a condition or a step, and is none where it stands."""
        has_condition = False
        is_group = element.tag == "group"
        for child in element.children:
            tag = child.tag
            if tag in _TAKEN_TAGS or (is_group and tag in _STEP_TAGS):
                continue
            if tag == "condition":
                if has_condition:
                    self._unread(child, "a further <condition> is kept and not read")
                has_condition = True
            elif tag in _OPERAND_TAGS:
                self._unread(child, f"<{child.tag}> outside a <condition> is kept and not read")
            elif tag in _STEP_TAGS:
                self._unread(child, f"<{child.tag}> inside a step is kept and not read")

    def _unread(self, element: Element, text: str) -> None:
        self._violation(element, Problem("SMS_TaskSequence_Step", "Steps", "place", text))

    def _step_attributes(self, element: Element) -> tuple[dict[str, Any], set[str]]:
        attributes = element.attributes
        undecodable: set[str] = set()
        values: dict[str, Any] = {
            "name": attributes.get("name", ""),
            "description": attributes.get("description"),
            "enabled": True,
            "continue_on_error": False,
        }
        for xml_name, attribute, name in (
            ("disable", "enabled", "Enabled"),
            ("continueOnError", "continue_on_error", "ContinueOnError"),
        ):
            text = attributes.get(xml_name)
            if text is None:
                continue
            try:
                flag = decode_boolean(text)
            except ValueError as error:
                undecodable.add(name)
                self._violation(
                    element,
                    Problem("SMS_TaskSequence_Step", name, "Boolean", f"{xml_name} {error}"),
                )
            else:
                values[attribute] = not flag if attribute == "enabled" else flag
        return values, undecodable

    def _leaf(
        self, element: Element, values: dict[str, Any], undecodable: set[str]
    ) -> tuple[Step, Snapshot]:
        """Read a step that is no group; one of an unknown type becomes an `UnknownAction`."""
        type_name = element.attributes.get("type", "")
        cls = self._registry.get(type_name)
        is_leaf = cls is not None and issubclass(cls, Step) and not issubclass(cls, Group)
        if not is_leaf or abstract in cls.wmi_qualifiers:
            cls = UnknownAction
            values["type"] = type_name
        if issubclass(cls, (Action, Pointer)):
            run_in = element.attributes.get("runIn")
            if run_in is not None:
                values["supported_environment"] = run_in
        if issubclass(cls, Action):
            self._timeout(element, values, undecodable)
        if issubclass(cls, ScriptedAction):
            action = element.child("action")
            values["command_line"] = action.text if action is not None else None
            values["variables"] = other_texts(cls, element)
        values.update(self._variables(cls, element, undecodable))
        return self._build(cls, element, values, undecodable)

    def _timeout(self, element: Element, values: dict[str, Any], undecodable: set[str]) -> None:
        timeout = element.attributes.get("timeout")
        if timeout is None:
            return
        known = property_named(Action, "Timeout")
        assert known is not None
        try:
            values["timeout"] = decode(known, timeout)
        except ValueError as error:
            undecodable.add("Timeout")
            self._violation(element, Problem(Action.wmi_name, "Timeout", known.type, str(error)))

    def _variables(
        self, cls: type[WmiObject], element: Element, undecodable: set[str]
    ) -> dict[str, Any]:
        """Read what the variables of an element say of the class's properties; absent is None."""
        keys = variable_keys(cls)
        values: dict[str, Any] = keys.absent.copy()
        items: dict[str, dict[int, dict[str, Any]]] = {}
        counts: dict[str, int] = {}
        seen: set[str] = set()
        for _, variable in variable_elements(element):
            found = keys.place_of(variable)
            if found is None or found.key in seen:
                continue
            key, known, index, member = found
            seen.add(key)
            target = member or known
            try:
                value = keys.decoded(target, variable.text)
            except ValueError as error:
                undecodable.add(target.name)
                text = "cannot be read (its value is not shown)" if target.is_secret else str(error)
                self._violation(variable, Problem(cls.wmi_name, known.name, target.type, text))
                value = None if target.default is attrs.NOTHING else target.default
            if member is not None and index is not None:
                items.setdefault(known.attribute, {}).setdefault(index, {})[member.attribute] = (
                    value
                )
            elif known.item_class is None:
                values[known.attribute] = value
            else:
                items.setdefault(known.attribute, {})
                counts[known.attribute] = _count(variable.text)
        for known in keys.arrays:
            if known.attribute in items:
                members_by_index = items[known.attribute]
                values[known.attribute] = [
                    self._item(known, element, members_by_index.get(index, {}))
                    for index in _indexes(members_by_index, counts.get(known.attribute, 0))
                ]
        return values

    def _item(self, known: Property, element: Element, members: dict[str, Any]) -> WmiObject:
        assert known.item_class is not None
        absent = dict.fromkeys(p.attribute for p in properties_of(known.item_class))
        made: WmiObject
        made, _ = self._build(known.item_class, element, {**absent, **members})
        return made

    def _condition(self, element: Element) -> Condition | None:
        child = element.child("condition")
        if child is None:
            return None
        operands = self._operands(child)
        condition: Condition
        condition, values = self._build(Condition, child, {"operands": operands})
        set_origin(condition, Origin(self._source, child, values, tuple(operands)))
        return condition

    def _operands(self, element: Element) -> list[ConditionOperand]:
        return [self._operand(child) for child in element.children if child.tag != "platformKey"]

    def _operand(self, element: Element) -> ConditionOperand:
        operator = _OPERATOR_TAGS.get(element.tag)
        if operator is not None:
            return self._operator(operator, element)
        type_name = element.attributes.get("type")
        cls = self._registry.get(type_name) if type_name is not None else None
        operand: ConditionOperand
        if element.tag == "expression" and cls is not None and issubclass(cls, ConditionExpression):
            undecodable: set[str] = set()
            values = self._variables(cls, element, undecodable)
            operand, snapshot = self._build(cls, element, values, undecodable)
        else:
            values = {"type": type_name, "variables": other_texts(UnknownOperand, element)}
            operand, snapshot = self._build(UnknownOperand, element, values)
        set_origin(operand, Origin(self._source, element, snapshot))
        return operand

    def _operator(self, cls: type[ConditionOperator], element: Element) -> ConditionOperator:
        operands = self._operands(element)
        values: dict[str, Any] = {
            "operator_type": element.attributes.get("type"),
            "operands": operands,
        }
        if cls is OSExpressionGroup:
            values["name"] = element.attributes.get("name")
            key = element.child("platformKey")
            for xml_name, attribute in PLATFORM_KEYS.items():
                values[attribute] = key.attributes.get(xml_name) if key is not None else None
        operator: ConditionOperator
        operator, snapshot = self._build(cls, element, values)
        set_origin(operator, Origin(self._source, element, snapshot, tuple(operands)))
        return operator

    def _build(
        self,
        cls: type[Any],
        element: Element,
        values: dict[str, Any],
        undecodable: set[str] | None = None,
    ) -> tuple[Any, Snapshot]:
        problems: list[Problem] = []
        made = constructed(cls, values, problems)
        for problem in problems:
            if not undecodable or problem.property not in undecodable:
                self._violation(element, problem)
        return made

    def _violation(self, element: Element, problem: Problem) -> None:
        severity: Literal["error", "warning"] = "error"
        # Sites accept what their own older versions left out and newer versions added, and do
        # not check disabled steps.
        if self._disabled or problem.is_advice or problem.qualifier in _ACCEPTED_BY_SITES:
            severity = "warning"
        self.violations.append(
            Violation(
                severity=severity,
                message=problem.text,
                step=tuple(self._path),
                line=self._source.line_of(element.start),
                wmi_class=problem.wmi_class,
                property=problem.property,
                qualifier=problem.qualifier,
            )
        )


_MOST_HOLES = 64


def _count(text: str) -> int:
    """Return the count that the base variable of an array holds; 0 where it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _indexes(members: Mapping[int, Any], count: int) -> Sequence[int]:
    """Return the indexes of an array's items: as many as it counts, also those without members.

    Indexes far apart are no array with holes but a mistake: then only what is there counts.
    """
    size = max([count, *(index + 1 for index in members)])
    return range(size) if size <= len(members) + _MOST_HOLES else sorted(members)


def _holds_steps(element: Element) -> bool:
    pending = [element]
    while pending:
        current = pending.pop()
        if current.tag in _STEP_TAGS:
            return True
        pending += current.children
    return False
