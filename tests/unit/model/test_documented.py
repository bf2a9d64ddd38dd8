"""docs/classes.md speaks of every qualifier that a class carries."""

from __future__ import annotations

from pathlib import Path

import tasksequence as ts
from tasksequence.wmi import properties_of

DOCS = Path(__file__).resolve().parents[3] / "docs" / "classes.md"


def test_every_qualifier_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    carried = {q.name for cls in ts.registry.values() for q in cls.wmi_qualifiers}
    carried |= {
        q.name for cls in ts.registry.values() for p in properties_of(cls) for q in p.qualifiers
    }
    assert {name for name in carried if f"`{name}" not in text} == set()


def test_every_qualifier_explains_itself() -> None:
    for cls in ts.registry.values():
        for known in properties_of(cls):
            assert all(qualifier.explain() for qualifier in known.qualifiers)
