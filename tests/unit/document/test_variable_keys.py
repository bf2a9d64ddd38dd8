"""Which property a variable stands for: `property` decides, the name where that says nothing."""

from __future__ import annotations

import pytest

import tasksequence as ts
from tasksequence.document.source import Element
from tasksequence.document.variable_keys import variable_key
from tasksequence.wmi import WmiObject

STEP, EXPRESSION = ts.PartitionDiskAction, ts.VariableConditionExpression


@pytest.mark.parametrize(
    ("cls", "attributes", "key"),
    [
        (STEP, {"property": "DiskIndex", "name": "anything"}, "DiskIndex"),
        (STEP, {"property": "Partitions0Type", "name": "anything"}, "Partitions0Type"),
        (STEP, {"property": "Partitions12", "name": ""}, None),
        (STEP, {"property": "partitions0Type", "name": ""}, None),
        (STEP, {"property": "Odd", "name": "osddiskindex"}, "DiskIndex"),
        (STEP, {"name": "osdpartitions07TYPE"}, "Partitions07Type"),
        # A letter that only some rules of Unicode take for an i.
        (STEP, {"name": "OSDPart\N{LATIN SMALL LETTER DOTLESS I}tions0Type"}, None),
        (STEP, {}, None),
        (EXPRESSION, {"name": "Operator"}, "Operator"),
        (EXPRESSION, {"name": "operator"}, None),
    ],
)
def test_a_variable_is_found(
    cls: type[WmiObject], attributes: dict[str, str], key: str | None
) -> None:
    assert variable_key(cls, element(attributes)) == key


def element(attributes: dict[str, str]) -> Element:
    text = "".join(f' {name}="{value}"' for name, value in attributes.items())
    raw = f'<sequence><step name="s"><variable{text}/></step></sequence>'
    step = ts.load(raw.encode()).sequence.steps[0]
    return step._origin.element.children[0]  # type: ignore[no-any-return]
