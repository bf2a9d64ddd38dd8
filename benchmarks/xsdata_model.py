"""The structure of sequences as dataclasses for xsdata: what a general binding tool would have."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Sequence"]


@dataclass
class Variable:
    """One variable of a list or expression."""

    name: str | None = field(default=None, metadata={"type": "Attribute"})
    property: str | None = field(default=None, metadata={"type": "Attribute"})
    hidden: str | None = field(default=None, metadata={"type": "Attribute"})
    value: str = field(default="")


@dataclass
class VariableList:
    """A list of variables."""

    variable: list[Variable] = field(default_factory=list, metadata={"type": "Element"})


@dataclass
class Expression:
    """One expression of a condition."""

    type: str | None = field(default=None, metadata={"type": "Attribute"})
    variable: list[Variable] = field(default_factory=list, metadata={"type": "Element"})


@dataclass
class Operator:
    """Operands, joined."""

    type: str | None = field(default=None, metadata={"type": "Attribute"})
    name: str | None = field(default=None, metadata={"type": "Attribute"})
    operator: list[Operator] = field(default_factory=list, metadata={"type": "Element"})
    expression: list[Expression] = field(default_factory=list, metadata={"type": "Element"})
    osConditionGroup: list[Operator] = field(default_factory=list, metadata={"type": "Element"})  # noqa: N815
    osExpressionGroup: list[Operator] = field(default_factory=list, metadata={"type": "Element"})  # noqa: N815


@dataclass
class Step:
    """A step."""

    type: str | None = field(default=None, metadata={"type": "Attribute"})
    name: str | None = field(default=None, metadata={"type": "Attribute"})
    description: str | None = field(default=None, metadata={"type": "Attribute"})
    disable: str | None = field(default=None, metadata={"type": "Attribute"})
    continueOnError: str | None = field(default=None, metadata={"type": "Attribute"})  # noqa: N815
    timeout: str | None = field(default=None, metadata={"type": "Attribute"})
    runIn: str | None = field(default=None, metadata={"type": "Attribute"})  # noqa: N815
    startIn: str | None = field(default=None, metadata={"type": "Attribute"})  # noqa: N815
    successCodeList: str | None = field(default=None, metadata={"type": "Attribute"})  # noqa: N815
    retryCount: str | None = field(default=None, metadata={"type": "Attribute"})  # noqa: N815
    runFromNet: str | None = field(default=None, metadata={"type": "Attribute"})  # noqa: N815
    condition: list[Operator] = field(default_factory=list, metadata={"type": "Element"})
    action: list[str] = field(default_factory=list, metadata={"type": "Element"})
    defaultVarList: list[VariableList] = field(default_factory=list, metadata={"type": "Element"})  # noqa: N815


@dataclass
class Group:
    """A group of steps."""

    name: str | None = field(default=None, metadata={"type": "Attribute"})
    description: str | None = field(default=None, metadata={"type": "Attribute"})
    disable: str | None = field(default=None, metadata={"type": "Attribute"})
    continueOnError: str | None = field(default=None, metadata={"type": "Attribute"})  # noqa: N815
    condition: list[Operator] = field(default_factory=list, metadata={"type": "Element"})
    step: list[Step] = field(default_factory=list, metadata={"type": "Element"})
    subtasksequence: list[Step] = field(default_factory=list, metadata={"type": "Element"})
    group: list[Group] = field(default_factory=list, metadata={"type": "Element"})


@dataclass
class Sequence:
    """A whole sequence."""

    class Meta:
        """The name of its element."""

        name = "sequence"

    version: str | None = field(default=None, metadata={"type": "Attribute"})
    globalVarList: list[VariableList] = field(default_factory=list, metadata={"type": "Element"})  # noqa: N815
    step: list[Step] = field(default_factory=list, metadata={"type": "Element"})
    subtasksequence: list[Step] = field(default_factory=list, metadata={"type": "Element"})
    group: list[Group] = field(default_factory=list, metadata={"type": "Element"})
