"""A mirrored class as the declaration that its reference page would print, and as plain data."""

from typing import Any

import attrs

from tasksequence.qualifiers import Qualifier
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, properties_of
from tasksequence.wmi_property import Property

__all__ = ["class_data", "declaration"]


def declaration(cls: type[WmiObject]) -> str:
    """Return a class as a MOF-like declaration: qualifiers, types, defaults, variables."""
    lines = [_qualifier_list(cls.wmi_qualifiers)] if cls.wmi_qualifiers else []
    base = cls.__mro__[1]
    derived = f" : {base.wmi_name}" if issubclass(base, WmiObject) and base is not WmiObject else ""
    lines.append(f"class {cls.wmi_name or '(no type)'}{derived}")
    doc = (cls.__doc__ or "").strip().splitlines()
    if doc:
        lines.append(f"// {doc[0]}")
    observed = cls.wmi_observed
    if observed is not None and observed.command_line is not None:
        lines.append(f"// command line in exports: {observed.command_line}")
    if observed is not None and observed.variable_prefix is not None:
        lines.append(f"// variable prefix in exports: {observed.variable_prefix}")
    lines.append("{")
    for known in properties_of(cls):
        if known.qualifiers:
            lines.append(f"    {_qualifier_list(known.qualifiers)}")
        default = "" if known.default in (attrs.NOTHING, None) else f" = {_literal(known.default)}"
        note = f"  // {', '.join(_notes(known))}" if _notes(known) else ""
        lines.append(f"    {known.type} {known.name}{default};{note}")
    lines += [f"    {method};" for method in cls.wmi_methods]
    lines.append("};")
    return "\n".join(lines)


def class_data(cls: type[WmiObject]) -> dict[str, Any]:
    """Return what is known of a class as data that JSON can hold."""
    observed = cls.wmi_observed
    return {
        "name": cls.wmi_name,
        "python_name": cls.__name__,
        "bases": [
            base.wmi_name
            for base in cls.__mro__[1:]
            if issubclass(base, WmiObject) and base is not WmiObject
        ],
        "qualifiers": [_qualifier_data(q) for q in cls.wmi_qualifiers],
        "command_line_in_exports": observed.command_line if observed is not None else None,
        "variable_prefix_in_exports": observed.variable_prefix if observed is not None else None,
        "methods": [
            {
                "name": method.name,
                "parameters": [attrs.asdict(parameter) for parameter in method.parameters],
                "returns": method.returns,
                "static": method.static,
            }
            for method in cls.wmi_methods
        ],
        "properties": [
            {
                "name": known.name,
                "attribute": known.attribute,
                "type": known.type,
                "qualifiers": [_qualifier_data(q) for q in known.qualifiers],
                "required": known.default is attrs.NOTHING,
                "default": None if known.default is attrs.NOTHING else _plain(known.default),
                "values": list(known.values),
                "variable": known.variable if _is_variable(known) else None,
                "hidden": known.hidden,
            }
            for known in properties_of(cls)
        ],
    }


# Attributes and child elements of a step in XML; all other properties are variables.
_NO_VARIABLES = frozenset(
    {"Name", "Description", "Enabled", "ContinueOnError", "Condition", "SupportedEnvironment"}
    | {"Timeout", "Steps", "SchemaVersion", "Operands", "OperatorType"}
)


def _is_variable(known: Property) -> bool:
    is_step = known.wmi_class.startswith("BDD_") or known.wmi_class.endswith("Action")
    is_step = is_step or known.wmi_class in {"", "SMS_TaskSequence_SubTasksequence"}
    return is_step and known.name not in _NO_VARIABLES


def _notes(known: Property) -> list[str]:
    notes = []
    if _is_variable(known):
        notes.append(f"variable {known.variable}{' (hidden)' if known.hidden else ''}")
    if known.values:
        notes.append("one of " + ", ".join(value or "(empty)" for value in known.values))
    return notes


def _qualifier_list(qualifiers: tuple[Qualifier, ...]) -> str:
    return f"[{', '.join(str(qualifier) for qualifier in qualifiers)}]"


def _qualifier_data(qualifier: Qualifier) -> dict[str, Any]:
    return {
        "name": qualifier.name,
        "argument": _plain(qualifier.argument),
        "meaning": qualifier.explain(),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (str, SecretText)):
        return f'"{value}"'
    return "{}" if value == [] else str(value)
