"""New markup, as a site writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasksequence.document.command_line import action_text
from tasksequence.document.mapping import (
    PLATFORM_KEYS,
    VariableText,
    element_attributes,
    step_variables,
)
from tasksequence.document.splice import Layout
from tasksequence.document.tokens import escape_attribute, escape_text
from tasksequence.errors import DocumentError
from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.base import Step
from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    OSConditionGroup,
    OSExpressionGroup,
)
from tasksequence.model.references import Reference
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.model.value_text import value_text
from tasksequence.wmi import WmiObject
from tasksequence.wmi_property import Property

__all__ = [
    "ElementWriter",
    "check_tree",
    "children_of",
    "global_text",
    "new_element",
    "new_global",
    "new_globals",
    "new_markup",
    "new_reference",
    "new_references",
    "new_variable",
    "platform_key",
]

ElementWriter = Callable[[WmiObject, Layout], bytes]


def children_of(node: WmiObject) -> Sequence[WmiObject]:
    """Return the steps or operands of a node."""
    if isinstance(node, (Group, TaskSequence)):
        return node.steps
    if isinstance(node, (Condition, ConditionOperator)):
        return node.operands
    return ()


def check_tree(root: WmiObject, deepest: int) -> None:
    """Check what nobody checks when a list is edited: what is in it, and how deep it goes.

    `deepest` is the nesting that a reader takes. Raises `DocumentError`.
    """
    # The elements inside the innermost step, and what is around the sequence.
    deepest -= 5
    around: set[int] = set()
    pending: list[tuple[WmiObject, bool]] = [(root, False)]
    while pending:
        node, is_done = pending.pop()
        if is_done:
            around.remove(id(node))
            continue
        if id(node) in around:
            name = getattr(node, "name", None) or type(node).__name__
            raise DocumentError(f"{name} holds itself, directly or through a group in it")
        wanted = ConditionOperand if isinstance(node, (Condition, ConditionOperator)) else Step
        inner = children_of(node)
        for child in inner:
            if not isinstance(child, wanted):
                name = getattr(node, "name", None) or type(node).__name__
                raise DocumentError(
                    f"{name} holds {child!r}, which is no {wanted.__name__}",
                    hint="Lists are not checked when something is appended: take it out again.",
                )
        condition = node.condition if isinstance(node, Step) else None
        if inner or condition is not None:
            around.add(id(node))
            if len(around) > deepest:
                raise DocumentError(f"groups are nested more than {deepest} deep")
            pending.append((node, True))
            pending += [(child, False) for child in inner]
            if condition is not None:
                pending.append((condition, False))


def platform_key(node: WmiObject) -> dict[str, str]:
    """Return the attributes of the `platformKey` of an `OSExpressionGroup`."""
    found = ((xml_name, getattr(node, attribute)) for xml_name, attribute in PLATFORM_KEYS.items())
    return {xml_name: value for xml_name, value in found if value is not None}


def new_element(
    node: WmiObject,
    layout: Layout,
    existing: ElementWriter,
    also: dict[str, str] | None = None,
) -> bytes:
    """Return a node as new markup; `existing` writes its children, which may have bytes.

    `also` holds attributes that follow from where it stands.
    """
    inner = layout.deeper()
    parts: list[bytes] = []
    if isinstance(node, Step) and node.condition is not None:
        parts.append(existing(node.condition, inner))
    if isinstance(node, Step) and not isinstance(node, Group):
        tag = "subtasksequence" if isinstance(node, SubTasksequence) else "step"
        text = action_text(node)
        if text is not None:
            parts.append(
                f"<action>{_checked_text(node, 'action', text, layout.line_end)}</action>".encode()
            )
        variables = [
            new_variable(key, variable, True, layout.line_end).encode("utf-8")
            for key, variable in step_variables(node).items()
        ]
        parts.append(new_markup("defaultVarList", {}, variables, inner))
        return new_markup(tag, element_attributes(node), parts, layout)
    if isinstance(node, Group):
        tag = "group"
    elif isinstance(node, Condition):
        tag = "condition"
    elif isinstance(node, OSConditionGroup):
        tag = "osConditionGroup"
    elif isinstance(node, OSExpressionGroup):
        tag = "osExpressionGroup"
        parts.append(new_markup("platformKey", platform_key(node), [], inner))
    elif isinstance(node, ConditionOperator):
        tag = "operator"
    else:
        tag = "expression"
        parts += [
            new_variable(key, variable, False, layout.line_end).encode("utf-8")
            for key, variable in step_variables(node).items()
        ]
    parts += [
        # The editor's queries for an operating system: one that fails counts as false.
        new_element(child, inner, existing, {"ignoreQueryFailure": "true"})
        if isinstance(node, OSExpressionGroup) and child._origin is None
        else existing(child, inner)
        for child in children_of(node)
    ]
    return new_markup(tag, {**element_attributes(node), **(also or {})}, parts, layout)


def new_markup(
    tag: str, attributes: dict[str, str], parts: Sequence[bytes], layout: Layout
) -> bytes:
    """Return an element with these parts inside; `<a/>` without any."""
    start = tag
    for name, value in attributes.items():
        try:
            start += f' {name}="{escape_attribute(value)}"'
        except ValueError as error:
            raise DocumentError(f"the {name} of a new <{tag}> cannot be written: {error}") from None
    if not parts:
        return f"<{start}/>".encode()
    before = layout.deeper().before.encode("ascii")
    inside = b"".join(before + part for part in parts)
    return b"".join(
        [f"<{start}>".encode(), inside, layout.before.encode("ascii"), f"</{tag}>".encode()]
    )


def new_variable(key: str, variable: VariableText, is_step: bool, line_end: str) -> str:
    """Return a `<variable>`; those of expressions have their key for a name, and no more."""
    try:
        text = escape_text(variable.text, line_end)
        if not is_step:
            return f'<variable name="{escape_attribute(key)}">{text}</variable>'
        hidden = ' hidden="true"' if variable.hidden else ""
        name = escape_attribute(variable.name)
        return (
            f'<variable name="{name}" property="{escape_attribute(key)}"{hidden}>{text}</variable>'
        )
    except ValueError as error:
        raise DocumentError(f"the value of {key} cannot be written: {error}") from None


def new_references(found: Sequence[Reference], layout: Layout) -> list[bytes]:
    """Return a reference list, or nothing where there is no reference."""
    if not found:
        return []
    return [new_markup("referenceList", {}, [new_reference(r) for r in found], layout)]


def new_reference(reference: Reference) -> bytes:
    """Return one entry of a reference list."""
    attributes = {reference.kind: reference.id}
    if reference.program is not None:
        attributes["program"] = reference.program
    return new_markup("reference", attributes, [], Layout("", ""))


def new_globals(found: Sequence[tuple[Property, object]], layout: Layout) -> list[bytes]:
    """Return the list of global variables, or nothing where there is none."""
    if not found:
        return []
    return [
        new_markup(
            "globalVarList",
            {},
            [new_global(known, value, layout.line_end) for known, value in found],
            layout,
        )
    ]


def new_global(known: Property, value: object, line_end: str) -> bytes:
    """Return one global variable."""
    variable = VariableText(known.variable, global_text(value), False)
    return new_variable(known.name, variable, True, line_end).encode("utf-8")


def global_text(value: object) -> str:
    """Return the text of a global property; an array of objects has its count."""
    if isinstance(value, list) and value and isinstance(value[0], WmiObject):
        return str(len(value))
    return value_text(value)


def _checked_text(node: Step, what: str, text: str, line_end: str) -> str:
    try:
        return escape_text(text, line_end)
    except ValueError as error:
        raise DocumentError(
            f"the {what} of step {node.name!r} cannot be written: {error}"
        ) from None
