#!/usr/bin/env python3
"""Writes the parts of schemas/ that mirror the classes; with --check, says whether they are stale.

The rest of schemas/ is written by hand and includes these.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tasksequence.document.mapping import variable_properties
from tasksequence.document.objects import object_registry
from tasksequence.model.action import ScriptedAction
from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.actions.mdt import MdtAction
from tasksequence.model.base import Step
from tasksequence.model.classes import registry
from tasksequence.model.condition import ConditionExpression
from tasksequence.model.sequence import Group
from tasksequence.wmi import WmiObject, properties_of

FOLDER = Path(__file__).resolve().parent.parent / "schemas"
HEAD = """<?xml version="1.0" encoding="utf-8"?>
<!-- Made by scripts/generate_schemas.py from the classes of the library: do not edit. -->
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
"""


def main() -> int:
    """Write the files, or compare them; the exit code is 1 where one is stale."""
    made = {
        "step-types.xsd": step_types(),
        "mdt-step-types.xsd": mdt_step_types(),
        "expression-types.xsd": expression_types(),
        "object-types.xsd": object_types(),
    }
    stale = []
    for name, text in made.items():
        path = FOLDER / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"stale: {', '.join(stale)}; run scripts/generate_schemas.py")  # noqa: T201
    return 1 if stale else 0


def short(cls: type[WmiObject]) -> str:
    """Return the name of a class's type in the schema."""
    return cls.wmi_name.removeprefix("SMS_TaskSequence_")


def classes(base: type[WmiObject]) -> list[type[WmiObject]]:
    """Return the concrete classes of steps or expressions, by name."""
    found = [cls for name, cls in registry.items() if issubclass(cls, base) and name[:1].isalpha()]
    leaves = [cls for cls in found if not any(o is not cls and issubclass(o, cls) for o in found)]
    return sorted(leaves, key=lambda cls: cls.wmi_name)


def step_types() -> str:
    """Return the element step, with a type for each class of steps whose variables are known."""
    known = [
        cls
        for cls in classes(Step)
        if not issubclass(cls, (Group, ScriptedAction, SubTasksequence))
    ]
    parts = [HEAD, *element("step", known, "AnyStep")]
    parts.append('\n  <xs:element name="subtasksequence" type="SubTasksequence"/>\n')
    for cls in [*known, SubTasksequence]:
        parts += step_type(cls)
    return "".join([*parts, "</xs:schema>\n"])


def step_type(cls: type[WmiObject]) -> Iterator[str]:
    """Yield the type of one class of steps."""
    yield f"""
  <xs:complexType name="{short(cls)}">
    <xs:sequence>
      <xs:element name="condition" type="Condition" minOccurs="0"/>
      <xs:element name="action" type="xs:string"/>
      <xs:element name="defaultVarList" type="{short(cls)}Variables"/>
    </xs:sequence>
    <xs:attributeGroup ref="Step"/>
  </xs:complexType>
"""
    yield from variable_list(cls)


def mdt_step_types() -> str:
    """Return the element step of MDT, with a type for each class of steps that MDT alone has."""
    known = [cls for cls in classes(Step) if issubclass(cls, MdtAction)]
    parts = [HEAD, *element("step", known, "AnyStep")]
    for cls in known:
        parts.append(f"""
  <xs:complexType name="{short(cls)}">
    <xs:all>
      <xs:element name="condition" type="Condition" minOccurs="0"/>
      <xs:element name="action" type="xs:string" minOccurs="0"/>
      <xs:element name="defaultVarList" type="{short(cls)}Variables" minOccurs="0"/>
    </xs:all>
    <xs:attributeGroup ref="Step"/>
  </xs:complexType>
""")
        parts += variable_list(cls)
    return "".join([*parts, "</xs:schema>\n"])


def variable_list(cls: type[WmiObject]) -> Iterator[str]:
    """Yield the type of a class's variable list, and that of the properties in it."""
    name = short(cls)
    yield f"""
  <xs:complexType name="{name}Variables">
    <xs:sequence>
      <xs:element name="variable" minOccurs="0" maxOccurs="unbounded">
        <xs:complexType>
          <xs:simpleContent>
            <xs:restriction base="Variable">
              <xs:attribute name="property" type="{name}Property" use="required"/>
            </xs:restriction>
          </xs:simpleContent>
        </xs:complexType>
      </xs:element>
    </xs:sequence>
  </xs:complexType>

  <xs:simpleType name="{name}Property">
    <xs:restriction base="xs:string">
"""
    for pattern in sorted(property_patterns(cls)):
        yield f'      <xs:pattern value="{pattern}"/>\n'
    if not variable_properties(cls):
        yield '      <xs:pattern value="(none)"/>\n'
    yield "    </xs:restriction>\n  </xs:simpleType>\n"


def property_patterns(cls: type[WmiObject]) -> Iterator[str]:
    """Yield what the property attribute of a class's variables may be, as patterns of XSD."""
    for known in variable_properties(cls):
        yield re.escape(known.name)
        if known.item_class is not None:
            members = "|".join(sorted(m.name for m in properties_of(known.item_class)))
            yield f"{known.name}[0-9]+({members})"


def element(name: str, known: list[type[WmiObject]], otherwise: str) -> Iterator[str]:
    """Yield an element whose type attribute chooses its type."""
    yield f'  <xs:element name="{name}" type="xs:anyType">\n'
    for cls in known:
        test = quoteattr(f"@type = '{cls.wmi_name}'")
        yield f'    <xs:alternative test={test} type="{short(cls)}"/>\n'
    yield f'    <xs:alternative type="{otherwise}"/>\n  </xs:element>\n'


def expression_types() -> str:
    """Return the element expression, with a type for each class of expressions."""
    known = classes(ConditionExpression)
    parts = [HEAD, *element("expression", known, "AnyExpression")]
    for cls in known:
        values = "".join(
            f'                  <xs:enumeration value="{p.name}"/>\n'
            for p in sorted(variable_properties(cls), key=lambda p: p.name)
        )
        parts.append(f"""
  <xs:complexType name="{short(cls)}">
    <xs:sequence>
      <xs:element name="variable" minOccurs="0" maxOccurs="unbounded">
        <xs:complexType>
          <xs:simpleContent>
            <xs:extension base="xs:string">
              <xs:attribute name="name" use="required">
                <xs:simpleType>
                  <xs:restriction base="xs:string">
{values}                  </xs:restriction>
                </xs:simpleType>
              </xs:attribute>
            </xs:extension>
          </xs:simpleContent>
        </xs:complexType>
      </xs:element>
    </xs:sequence>
    <xs:attributeGroup ref="Expression"/>
  </xs:complexType>
""")
    return "".join([*parts, "</xs:schema>\n"])


def object_types() -> str:
    """Return the element INSTANCE, with the properties that each class of objects has."""
    known = [
        cls
        for name, cls in sorted(object_registry.items())
        if name.startswith("SMS_") and not issubclass(cls, Step) and properties_of(cls)
    ]
    known = [
        cls
        for cls in known
        if not cls.wmi_name.startswith("SMS_TaskSequence_") or cls.wmi_name.endswith("_Reference")
    ]
    parts = [HEAD, '  <xs:element name="INSTANCE" type="xs:anyType">\n']
    for cls in known:
        test = quoteattr(f"@CLASSNAME = '{cls.wmi_name}'")
        parts.append(f'    <xs:alternative test={test} type="{cls.wmi_name}"/>\n')
    parts.append('    <xs:alternative type="AnyInstance"/>\n  </xs:element>\n')
    for cls in known:
        names = sorted({known.name for known in properties_of(cls)} | unmirrored(cls))
        listed = ", ".join(f"'{name}'" for name in names)
        test = quoteattr(
            "every $name in (PROPERTY | PROPERTY.ARRAY | PROPERTY.OBJECTARRAY)/@NAME"
            f" satisfies starts-with($name, '__') or $name = ({listed})"
        )
        parts.append(f"""
  <xs:complexType name="{cls.wmi_name}">
    <xs:complexContent>
      <xs:extension base="AnyInstance">
        <xs:assert test={test}/>
      </xs:extension>
    </xs:complexContent>
  </xs:complexType>
""")
    return "".join([*parts, "</xs:schema>\n"])


def unmirrored(cls: type[WmiObject]) -> set[str]:
    """Return what real exports have and no page of the class reference declares."""
    if cls.wmi_name in {"SMS_TaskSequencePackage", "SMS_Program"}:
        return {"SupportedOperatingSystems"}
    return set()


if __name__ == "__main__":
    sys.exit(main())
