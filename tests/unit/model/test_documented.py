"""docs/classes.md speaks of every qualifier that a class carries."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

import tasksequence as ts
from tasksequence.model import enumerations
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


def test_every_enum_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in enumerations.__all__ if f"`{name}`" not in text] == []


def test_the_class_of_one_s_own_in_the_docs_works() -> None:
    (code,) = (b for b in DOCS.read_text(encoding="utf-8").split("```") if b.startswith("python"))
    made = types.ModuleType("contoso_steps")
    sys.modules[made.__name__] = made
    # dont_inherit: postponed annotations of this file are not those of the example.
    source = code.removeprefix("python").rpartition("\ndocument")[0]
    exec(compile(source, "classes.md", "exec", dont_inherit=True), made.__dict__)
    names: dict[str, Any] = made.__dict__
    branding = names["Branding"](name="b", theme="dark")
    assert ts.registry.extended(names["Branding"])["Contoso_Branding"] is type(branding)
    with pytest.raises(ts.QualifierError, match="Contoso_Branding"):
        names["Branding"](name="b", theme="")
