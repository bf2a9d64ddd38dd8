"""An object of an export as the console's CIM-XML: a whole object.xml, or one property of it."""

from __future__ import annotations

from typing import Any

from tasksequence.document.cim_values import cim_type, encode_cim
from tasksequence.document.objects import (
    ExportedObject,
    OtherProperty,
    UnknownObject,
    property_kind,
)
from tasksequence.document.tokens import escape_attribute, escape_text
from tasksequence.errors import DocumentError
from tasksequence.qualifiers import key
from tasksequence.wmi import WmiObject, properties_of, property_named
from tasksequence.wmi_property import Property

__all__ = ["cim_text", "object_xml", "property_xml"]

_LINE_END = "\r\n"
_STAND_IN = "the sequence"
# A class of the site that no page of the reference has stands above these.
_ROOT_OF_PACKAGES = "SMS_BaseClass"


def object_xml(exported: ExportedObject, *, sequence: str | None = None) -> str:
    """Return an object.xml as the console writes it: CR LF, no declaration, no final line end.

    `sequence` is the text of a task sequence, which is put in as it is, with the line end that a
    site keeps behind it; else the object's own Sequence is written. Raises `DocumentError` for
    text that XML cannot hold.
    """
    return _LINE_END.join(_instance(exported, "", top=True, sequence=sequence))


def property_xml(exported: ExportedObject, name: str, indent: str) -> str:
    """Return one property of an object, without the indentation before its first line."""
    return _LINE_END.join(_property(exported, name, indent)).removeprefix(indent)


def cim_text(value: str) -> str:
    """Return character data as a site writes it: what needs escaping goes whole into CDATA.

    Raises `DocumentError` for characters that XML cannot hold.
    """
    try:
        # A carriage return would be lost on reading, in CDATA as elsewhere.
        escaped = escape_text(value, _LINE_END)
    except ValueError as error:
        raise DocumentError(f"the package cannot be written: {error}") from None
    if "\r" in value:
        return escaped
    plain = value.replace("\n", _LINE_END)
    if escaped == plain:
        return plain
    return _cdata(plain)


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _instance(
    exported: ExportedObject, indent: str, *, top: bool, sequence: str | None = None
) -> list[str]:
    name = escape_attribute(exported.class_name)
    lines = [f'{indent}<INSTANCE CLASSNAME="{name}">']
    inner = indent + "  "
    if top:
        lines += [
            f'{inner}<QUALIFIER NAME="dynamic" PROPAGATED="true" TYPE="boolean" TOSUBCLASS="false"'
            ' TOINSTANCE="true">',
            f"{inner}  <VALUE>TRUE</VALUE>",
            f"{inner}</QUALIFIER>",
            f'{inner}<QUALIFIER NAME="SecurityVerbs" TYPE="sint32" TOSUBCLASS="false">',
            f"{inner}  <VALUE>-1</VALUE>",
            f"{inner}</QUALIFIER>",
        ]
    lines += _system_properties(exported, inner, top=top)
    for known in exported.names:
        if known == "Sequence" and sequence is not None:
            # A stand-in keeps its place, and its bytes from every change.
            written = _property(exported, known, inner, _STAND_IN)
            lines += [line.replace(_STAND_IN, _cdata(sequence + _LINE_END)) for line in written]
        else:
            lines += _property(exported, known, inner)
    return [*lines, f"{indent}</INSTANCE>"]


def _system_properties(exported: ExportedObject, indent: str, *, top: bool) -> list[str]:
    above = _classes_above(exported.value) if top else []
    relative = _relative_path(exported) if top else None
    path = f"\\\\{exported.server}\\{exported.namespace}:{relative}" if top else None
    dynasty = above[-1] if above else exported.class_name
    scalars_before = [
        ("__PATH", "string", path),
        ("__NAMESPACE", "string", exported.namespace if top else None),
        ("__SERVER", "string", exported.server if top else None),
    ]
    scalars_after = [
        ("__PROPERTY_COUNT", "sint32", str(len(exported.names))),
        ("__RELPATH", "string", relative),
        ("__DYNASTY", "string", dynasty),
        ("__SUPERCLASS", "string", above[0] if above else None),
        ("__CLASS", "string", exported.class_name),
        ("__GENUS", "sint32", "2"),
    ]
    lines: list[str] = []
    for name, type_name, value in scalars_before:
        lines += _system_property(name, type_name, value, indent)
    lines += [
        f'{indent}<PROPERTY.ARRAY NAME="__DERIVATION" CLASSORIGIN="___SYSTEM" TYPE="string">',
        *_array_lines("VALUE.ARRAY", [f"<VALUE>{cim_text(cls)}</VALUE>" for cls in above], indent),
        f"{indent}</PROPERTY.ARRAY>",
    ]
    for name, type_name, value in scalars_after:
        lines += _system_property(name, type_name, value, indent)
    return lines


def _system_property(name: str, type_name: str, value: str | None, indent: str) -> list[str]:
    start = f'{indent}<PROPERTY NAME="{name}" CLASSORIGIN="___SYSTEM" TYPE="{type_name}">'
    if value is None:
        return [f"{start}</PROPERTY>"]
    return [start, f"{indent}  <VALUE>{cim_text(value)}</VALUE>", f"{indent}</PROPERTY>"]


def _classes_above(value: WmiObject) -> list[str]:
    if isinstance(value, UnknownObject):
        return [_ROOT_OF_PACKAGES]
    bases = [str(vars(base).get("wmi_name", "")) for base in type(value).__mro__[1:]]
    return [*(name for name in bases if name), _ROOT_OF_PACKAGES]


def _relative_path(exported: ExportedObject) -> str:
    keys = [
        (known.name, getattr(exported.value, known.attribute))
        for known in sorted(properties_of(type(exported.value)), key=lambda known: known.name)
        if known.has(key)
    ]
    named = ",".join(
        f"{name}={value}" if isinstance(value, int) else f'{name}="{value or ""}"'
        for name, value in keys
    )
    return f"{exported.class_name}.{named}"


def _property(
    exported: ExportedObject, name: str, indent: str, text: str | None = None
) -> list[str]:
    known = None
    if not isinstance(exported.value, UnknownObject):
        known = property_named(type(exported.value), name)
    other = exported.others.get(name)
    if other is None and known is None:
        raise ValueError(f"{exported.class_name} has no property {name}")
    if other is None:
        assert known is not None
        value = text if text is not None else getattr(exported.value, known.attribute)
        type_name = (
            f"object:{known.item_class.wmi_name}"
            if known.item_class is not None
            else cim_type(known)
        )
        other = OtherProperty(
            property_kind(known),
            type_name,
            _class_origin(type(exported.value), known),
            known.has(key),
            value,
        )
    is_propagated = name in exported.propagated
    return _property_lines(name, other, indent, is_propagated=is_propagated)


def _class_origin(cls: type[WmiObject], known: Property) -> str:
    """Return the class that declares a property first."""
    for base in reversed(cls.__mro__):
        if (
            issubclass(base, WmiObject)
            and base is not WmiObject
            and property_named(base, known.name) is not None
        ):
            return base.wmi_name
    return cls.wmi_name


def _property_lines(
    name: str, other: OtherProperty, indent: str, *, is_propagated: bool
) -> list[str]:
    start = f'{indent}<{other.kind} NAME="{escape_attribute(name)}"'
    start += f' CLASSORIGIN="{escape_attribute(other.origin)}"'
    if is_propagated:
        start += ' PROPAGATED="true"'
    type_name = escape_attribute(other.type_name)
    if other.kind == "PROPERTY.OBJECTARRAY":
        start += f' REFERENCECLASS="{type_name.removeprefix("object:")}">'
    else:
        start += f' TYPE="{type_name}">'
    lines = [
        start,
        f'{indent}  <QUALIFIER NAME="CIMTYPE" PROPAGATED="true" TYPE="string" TOINSTANCE="true">',
        f"{indent}    <VALUE>{type_name}</VALUE>",
        f"{indent}  </QUALIFIER>",
    ]
    if other.is_key:
        lines += [
            f'{indent}  <QUALIFIER NAME="key" PROPAGATED="true" TYPE="boolean" OVERRIDABLE="false"'
            ' TOINSTANCE="true">',
            f"{indent}    <VALUE>TRUE</VALUE>",
            f"{indent}  </QUALIFIER>",
        ]
    return [*lines, *_value_lines(other.kind, other.value, indent), f"{indent}</{other.kind}>"]


def _value_lines(kind: str, value: Any, indent: str) -> list[str]:
    if value is None:
        return []
    if kind == "PROPERTY":
        return [f"{indent}  <VALUE>{cim_text(encode_cim(value))}</VALUE>"]
    if kind == "PROPERTY.ARRAY":
        items = [f"<VALUE>{cim_text(encode_cim(item))}</VALUE>" for item in value]
        return _array_lines("VALUE.ARRAY", items, indent)
    objects: list[str] = []
    for item in value:
        inner = item if isinstance(item, ExportedObject) else embedded_object(item)
        written = _instance(inner, f"{indent}      ", top=False)
        objects.append(_LINE_END.join(["<VALUE.OBJECT>", *written, f"{indent}    </VALUE.OBJECT>"]))
    return _array_lines("VALUE.OBJECTARRAY", objects, indent)


def embedded_object(value: WmiObject) -> ExportedObject:
    """Return an object inside another, which has no place of its own in a site."""
    names = sorted((known.name for known in properties_of(type(value))), key=str.casefold)
    return ExportedObject(value, names=tuple(names))


def _array_lines(tag: str, items: list[str], indent: str) -> list[str]:
    if not items:
        return [f"{indent}  <{tag}></{tag}>"]
    return [f"{indent}  <{tag}>", *(f"{indent}    {item}" for item in items), f"{indent}  </{tag}>"]
