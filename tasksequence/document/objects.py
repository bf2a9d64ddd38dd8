"""The objects of an export (packages, images, programs, applications) as typed values."""

from __future__ import annotations

import copy
from typing import Any, Literal

import attrs

from tasksequence.class_registry import ClassRegistry
from tasksequence.document.cim_values import cim_type, decode_cim
from tasksequence.document.cimxml import Instance
from tasksequence.document.source import Element, Source
from tasksequence.errors import Problem
from tasksequence.model.classes import registry as default_registry
from tasksequence.model.software import Application, Package, Program
from tasksequence.wmi import WmiObject, properties_of, property_named, reading, wmi_class
from tasksequence.wmi_property import Property

__all__ = [
    "ExportedObject",
    "ObjectOrigin",
    "OtherProperty",
    "UnknownObject",
    "object_registry",
    "read_object",
]

PropertyKind = Literal["PROPERTY", "PROPERTY.ARRAY", "PROPERTY.OBJECTARRAY"]

object_registry = default_registry.extended(Application, Package, Program)
"""The classes that objects of an export are read as."""


@wmi_class("(unknown object)")
class UnknownObject(WmiObject):
    """An object of a class that this library does not know; `ExportedObject.others` has it all."""

    class_name: str = attrs.field(default="")
    """The WMI class as written."""


@attrs.frozen
class OtherProperty:
    """A property that the object's class does not declare here, or whose value cannot be read."""

    kind: PropertyKind
    type_name: str
    """Its CIM type; `object:CLASS` for embedded objects."""
    origin: str
    is_key: bool
    value: Any = attrs.field(repr=False)
    """Text, a list of texts, a list of `ExportedObject`s, or None for null."""


@attrs.define
class ObjectOrigin:
    """Where an object was read, and what it said then."""

    source: Source
    element: Element
    values: dict[str, Any]


@attrs.define
class ExportedObject:
    """One object of an export: its typed value, and what its site said around it."""

    value: WmiObject
    """The object itself: `TaskSequencePackage`, `ImagePackage`, `Package`, …"""
    server: str = ""
    """The site server that the export was made on."""
    namespace: str = ""
    """The WMI namespace of the site, as in `root\\sms\\site_ABC`."""
    names: tuple[str, ...] = ()
    """The properties that the exporting version of the product has, in the order of the file."""
    propagated: frozenset[str] = frozenset()
    """Those that the site left at the default of the class."""
    others: dict[str, OtherProperty] = attrs.field(factory=dict)
    """Properties that the class does not declare here."""
    member: str | None = None
    """Its object.xml in an export zip."""
    problems: tuple[Problem, ...] = ()
    """What its class does not allow, as it was when it was read."""
    origin: ObjectOrigin | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def class_name(self) -> str:
        """The WMI class, also one that is not known."""
        return (
            self.value.class_name
            if isinstance(self.value, UnknownObject)
            else (self.value.wmi_name)
        )


def read_object(
    instance: Instance, *, member: str | None = None, registry: ClassRegistry = object_registry
) -> ExportedObject:
    """Read an INSTANCE; whatever it says is kept, and what its class forbids is a problem."""
    cls = registry.get(instance.class_name)
    known_class = isinstance(cls, type) and issubclass(cls, WmiObject) and bool(properties_of(cls))
    values: dict[str, Any] = {}
    others: dict[str, OtherProperty] = {}
    problems: list[Problem] = []
    names: list[str] = []
    propagated: set[str] = set()
    system: dict[str, str] = {}
    for element in instance.element.children:
        if not element.tag.startswith("PROPERTY"):
            continue
        name = element.attributes.get("NAME", "")
        if name.startswith("__"):
            value = element.child("VALUE")
            system[name] = value.text if value is not None else ""
            continue
        names.append(name)
        if element.attributes.get("PROPAGATED") == "true":
            propagated.add(name)
        known = property_named(cls, name) if known_class else None
        if known is not None and _fits(known, element):
            try:
                values[known.attribute] = _value(instance.source, known, element, registry)
                continue
            except ValueError as error:
                problems.append(Problem(instance.class_name, name, known.type, str(error)))
        others[name] = _other(instance.source, element, registry)
    if known_class:
        absent = dict.fromkeys(known.attribute for known in properties_of(cls))
        found: list[Problem] = []
        with reading(found):
            made = cls(**{**absent, **values})
        problems += [problem for problem in found if problem.property not in others]
    else:
        made = UnknownObject(class_name=instance.class_name)
    return ExportedObject(
        made,
        server=system.get("__SERVER", ""),
        namespace=system.get("__NAMESPACE", ""),
        names=tuple(names),
        propagated=frozenset(propagated),
        others=others,
        member=member,
        problems=tuple(problems),
        origin=ObjectOrigin(instance.source, instance.element, object_values(made)),
    )


def object_values(value: WmiObject) -> dict[str, Any]:
    """Return the values of an object's properties, safe from later edits in place."""
    if isinstance(value, UnknownObject):
        return {}
    found = {
        known.attribute: getattr(value, known.attribute) for known in properties_of(type(value))
    }
    return {
        name: copy.deepcopy(item) if isinstance(item, list) else item
        for name, item in found.items()
    }


def property_kind(known: Property) -> PropertyKind:
    """Return the element that a property of the class model is written as."""
    if known.item_class is not None:
        return "PROPERTY.OBJECTARRAY"
    return "PROPERTY.ARRAY" if known.type.endswith("[]") else "PROPERTY"


def _fits(known: Property, element: Element) -> bool:
    """Tell whether a property has the shape in the file that its class declares."""
    if element.tag != property_kind(known):
        return False
    if known.item_class is not None:
        return True
    return element.attributes.get("TYPE", cim_type(known)) == cim_type(known)


def _value(source: Source, known: Property, element: Element, registry: ClassRegistry) -> Any:
    if element.tag == "PROPERTY":
        value = element.child("VALUE")
        return None if value is None else decode_cim(cim_type(known), value.text)
    array = _array(element)
    if array is None:
        return None
    if known.item_class is not None:
        return [
            read_object(Instance(source, inner), registry=registry).value
            for inner in _instances(array)
        ]
    items = [decode_cim(cim_type(known), item.text) for item in array.children]
    return bytes(items) if known.type == "UInt8[]" else items


def _other(source: Source, element: Element, registry: ClassRegistry) -> OtherProperty:
    kind: PropertyKind = "PROPERTY"
    value: Any
    if element.tag in {"PROPERTY.ARRAY", "PROPERTY.OBJECTARRAY"}:
        kind = "PROPERTY.ARRAY" if element.tag == "PROPERTY.ARRAY" else "PROPERTY.OBJECTARRAY"
        array = _array(element)
        if array is None:
            value = None
        elif kind == "PROPERTY.ARRAY":
            value = [item.text for item in array.children]
        else:
            value = [read_object(Instance(source, i), registry=registry) for i in _instances(array)]
    else:
        found = element.child("VALUE")
        value = None if found is None else found.text
    reference = element.attributes.get("REFERENCECLASS")
    type_name = (
        f"object:{reference}"
        if reference is not None
        else (element.attributes.get("TYPE", "string"))
    )
    qualifiers = {child.attributes.get("NAME") for child in element.children}
    origin = element.attributes.get("CLASSORIGIN", "")
    return OtherProperty(kind, type_name, origin, "key" in qualifiers, value)


def _array(element: Element) -> Element | None:
    return element.child("VALUE.ARRAY") or element.child("VALUE.OBJECTARRAY")


def _instances(array: Element) -> list[Element]:
    return [inner for item in array.children for inner in item.children if inner.tag == "INSTANCE"]
