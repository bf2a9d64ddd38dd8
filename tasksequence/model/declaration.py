"""A mirrored class as the declaration that its reference page would print, and as plain data."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import attrs

from tasksequence.cim_datetime import to_cim
from tasksequence.model.property_docs import property_docs
from tasksequence.model.xml_places import element_in_xml, place_in_xml
from tasksequence.qualifiers import Qualifier
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, properties_of, rules_of
from tasksequence.wmi_property import Property

__all__ = ["class_data", "declaration"]

_WIDTH = 100
_INDENT = "    "


def declaration(cls: type[WmiObject]) -> str:
    """Return a class as a MOF-like declaration: what it is, its qualifiers, properties, methods.

    Each property comes with its meaning, qualifiers, known values, default and place in XML.
    """
    lines = list(_wrapped(f"[{', '.join(map(str, cls.wmi_qualifiers))}]", "", " "))
    lines = lines if cls.wmi_qualifiers else []
    base = cls.__mro__[1]
    derived = f" : {base.wmi_name}" if issubclass(base, WmiObject) and base is not WmiObject else ""
    lines.append(f"class {cls.wmi_name or '(no type)'}{derived}")
    lines += [f"// {line}".rstrip() for line in _class_notes(cls)]
    lines.append("{")
    docs = property_docs(cls)
    for known in properties_of(cls):
        lines += _property_lines(cls, known, docs.get(known.attribute))
    if cls.wmi_methods and properties_of(cls):
        lines.append("")
    for method in cls.wmi_methods:
        lines += [f"{_INDENT}// {method.meaning}"] if method.meaning else []
        lines += _wrapped(f"{method};", _INDENT, _INDENT * 2)
    lines.append("};")
    return "\n".join(lines)


def _class_notes(cls: type[WmiObject]) -> Iterator[str]:
    yield from (cls.__doc__ or "").strip().splitlines()
    element = element_in_xml(cls)
    if element is not None:
        yield f"XML: {element}"
    observed = cls.wmi_observed
    if observed is not None and observed.command_line is not None:
        yield f"command line in exports: {observed.command_line}"
    if observed is not None and observed.variable_prefix is not None:
        yield f"variable prefix in exports: {observed.variable_prefix}"
    for rule in rules_of(cls):
        yield f"rule: {rule.property} {rule.explain()}{' (advice)' if rule.is_advice else ''}"


def _property_lines(cls: type[WmiObject], known: Property, doc: str | None) -> Iterator[str]:
    comment = f"{_INDENT}// "
    for line in (doc or "").splitlines():
        yield f"{comment}{line}".rstrip()
    values = known.values_in_words()
    if values:
        kind = f" (ts.{known.enumeration.__name__})" if known.enumeration is not None else ""
        yield from _wrapped(f"values{kind}: {values}", comment, f"{comment}  ")
    if known.qualifiers:
        yield from _wrapped(f"[{', '.join(map(str, known.qualifiers))}]", _INDENT, _INDENT + " ")
    default = "" if known.default in (attrs.NOTHING, None) else f" = {_literal(known.default)}"
    place = place_in_xml(cls, known)
    # What the element of the whole class says already is not said again for each property.
    said = known.attribute + (", required" if known.default is attrs.NOTHING else "")
    if place is not None and not place.startswith("PROPERTY"):
        said += f"; {place}"
    kind = known.type.removeprefix("object:").removesuffix("[]")
    array = "[]" if known.type.endswith("[]") else ""
    yield f"{_INDENT}{kind} {known.name}{array}{default};  // {said}"


def _wrapped(text: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def class_data(cls: type[WmiObject]) -> dict[str, Any]:
    """Return what is known of a class as data that JSON can hold."""
    observed = cls.wmi_observed
    docs = property_docs(cls)
    return {
        "name": cls.wmi_name,
        "python_name": cls.__name__,
        "meaning": (cls.__doc__ or "").strip(),
        "bases": [
            base.wmi_name
            for base in cls.__mro__[1:]
            if issubclass(base, WmiObject) and base is not WmiObject
        ],
        "qualifiers": [_qualifier_data(q) for q in cls.wmi_qualifiers],
        "xml": element_in_xml(cls),
        "command_line_in_exports": observed.command_line if observed is not None else None,
        "variable_prefix_in_exports": observed.variable_prefix if observed is not None else None,
        "rules": [
            {
                "name": rule.name,
                "property": rule.property,
                "meaning": rule.explain(),
                "is_advice": rule.is_advice,
            }
            for rule in rules_of(cls)
        ],
        "methods": [
            {
                "name": method.name,
                "parameters": [attrs.asdict(parameter) for parameter in method.parameters],
                "returns": method.returns,
                "static": method.static,
                "meaning": method.meaning,
            }
            for method in cls.wmi_methods
        ],
        "properties": [
            _property_data(cls, known, docs.get(known.attribute)) for known in properties_of(cls)
        ],
    }


def _property_data(cls: type[WmiObject], known: Property, doc: str | None) -> dict[str, Any]:
    place = place_in_xml(cls, known)
    kind: Any = known.enumeration
    return {
        "name": known.name,
        "attribute": known.attribute,
        "type": known.type,
        "meaning": doc,
        "qualifiers": [_qualifier_data(q) for q in known.qualifiers],
        "required": known.default is attrs.NOTHING,
        "default": None if known.default is attrs.NOTHING else _plain(known.default),
        "values": list(known.values),
        "enum": kind.__name__ if kind is not None else None,
        "names": {member.name: member.value for member in kind} if kind is not None else None,
        "xml": place,
        "variable": known.variable if place is not None and place.startswith("variable") else None,
        "hidden": known.hidden,
    }


def _qualifier_data(qualifier: Qualifier) -> dict[str, Any]:
    return {
        "name": qualifier.name,
        "argument": _plain(qualifier.argument),
        "spelt": str(qualifier),
        "meaning": qualifier.explain(),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (datetime, timedelta)):
        return to_cim(value)
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)


def _literal(value: Any) -> str:
    value = _plain(value) if not isinstance(value, SecretText) else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (str, SecretText)):
        return f'"{value}"'
    return "{}" if value == [] else str(value)
