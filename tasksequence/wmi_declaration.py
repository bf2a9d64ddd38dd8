"""Declaring a property of a WMI class: `prop`, and the record that becomes of it."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum
from typing import Annotated, Any, NamedTuple

import attrs

from tasksequence.qualifiers import (
    CommandLineArg,
    Qualifier,
    ValueMap,
    VariableName,
    VariablePrefix,
    global_,
    quasi_secret,
    secret,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi_property import IntegerType, Property

__all__ = ["declared_property", "default_of", "factory_of", "is_declared", "prop"]

_METADATA_KEY = "tasksequence.wmi"


class _Declaration(NamedTuple):
    """What `prop` was told; becomes a `Property` once the class is complete."""

    name: str
    qualifiers: tuple[Qualifier, ...]
    values: tuple[str, ...]
    variable: str | None
    hidden: bool
    may_hold_secret: bool


def prop(
    name: str,
    *qualifiers: Qualifier,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    values: tuple[str, ...] = (),
    variable: str | None = None,
    hidden: bool = False,
    may_hold_secret: bool = False,
) -> Any:
    """Declare a property of a WMI class: its WMI name, its qualifiers, its default.

    `values` lists what the reference's prose allows (Enumeration qualifiers are printed bare).
    `variable` and `hidden` state what real exports show where the printed qualifiers tell
    otherwise or nothing. `may_hold_secret` is for text that no qualifier calls a secret and that
    is one by what else the object says: messages never show it. A property without a default must
    be given when constructing.
    """
    for qualifier in qualifiers:
        if not isinstance(qualifier, Qualifier):
            raise TypeError(
                f"{qualifier!r} of property {name} is no qualifier: take it from "
                "tasksequence.qualifiers"
            )
    declaration = _Declaration(name, qualifiers, values, variable, hidden, may_hold_secret)
    metadata = {_METADATA_KEY: declaration}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata)
    return attrs.field(default=default, metadata=metadata)


def is_declared(field: attrs.Attribute[Any]) -> bool:
    """Tell whether a field of an attrs class was declared with `prop`."""
    return _METADATA_KEY in field.metadata


def factory_of(field: attrs.Attribute[Any]) -> Callable[[], Any] | None:
    """Return what makes a field's default for each object anew; None for a plain default."""
    default: Any = field.default
    return default.factory if isinstance(default, attrs.Factory) else None  # type: ignore[arg-type]


def default_of(field: attrs.Attribute[Any]) -> Any:
    """Return a field's default, one of its own where a factory makes it."""
    factory = factory_of(field)
    return field.default if factory is None else factory()


def declared_property(cls: type[Any], field: attrs.Attribute[Any], annotation: Any) -> Property:
    """Return a field of a class as a record; raises `TypeError` for what cannot be declared."""
    declaration: _Declaration = field.metadata[_METADATA_KEY]
    try:
        shape = _shape(annotation)
    except TypeError as error:
        raise TypeError(f"{cls.__name__}.{field.name}: {error}") from None
    default = default_of(field)
    if secret in declaration.qualifiers or quasi_secret in declaration.qualifiers:
        if shape.name != "String" or shape.is_array or shape.enumeration is not None:
            raise TypeError(f"{cls.__name__}.{field.name}: a secret is one text, SecretText")
        if default not in (attrs.NOTHING, None):
            raise TypeError(f"{cls.__name__}.{field.name}: a secret has no default")
    if field.default is not attrs.NOTHING and isinstance(field.default, (list, dict)):
        raise TypeError(f"{cls.__name__}.{field.name}: give factory=list, as all would share it")
    values = declaration.values
    if not values and shape.enumeration is not None and not _has_value_map(declaration):
        # Flags combine freely.
        listed = () if issubclass(shape.enumeration, Flag) else shape.enumeration
        values = tuple(str(member.value) for member in listed)
    return Property(
        name=declaration.name,
        attribute=field.name,
        type=shape.name + ("[]" if shape.is_array else ""),
        qualifiers=declaration.qualifiers,
        default=default,
        values=values,
        variable=_variable(cls, declaration),
        hidden=declaration.hidden or _is_hidden(declaration, shape),
        may_hold_secret=declaration.may_hold_secret,
        wmi_class=cls.wmi_name or cls.__name__,
        integer=shape.integer,
        enumeration=shape.enumeration,
        item_class=shape.item_class,
        is_array=shape.is_array,
        is_boolean=shape.name == "Boolean",
        is_optional=type(None) in typing.get_args(annotation),
    )


def _has_value_map(declaration: _Declaration) -> bool:
    return any(isinstance(q, ValueMap) and q.values for q in declaration.qualifiers)


def _variable(cls: type[Any], declaration: _Declaration) -> str:
    if declaration.variable is not None:
        return declaration.variable
    for qualifier in declaration.qualifiers:
        if isinstance(qualifier, VariableName):
            return str(qualifier.argument)
    for qualifier in cls.wmi_qualifiers:
        if isinstance(qualifier, VariablePrefix):
            return str(qualifier.argument) + declaration.name
    if cls.wmi_observed is not None and cls.wmi_observed.variable_prefix is not None:
        return f"{cls.wmi_observed.variable_prefix}{declaration.name}"
    return declaration.name


def _is_hidden(declaration: _Declaration, shape: _Shape) -> bool:
    # Rule of the real exports: command line arguments, counts of object arrays, retry counts and
    # global properties are hidden.
    return (
        any(isinstance(qualifier, CommandLineArg) for qualifier in declaration.qualifiers)
        or any(q.name in {"RetryCount", "SuccessCodes"} for q in declaration.qualifiers)
        or global_ in declaration.qualifiers
        or (shape.is_array and shape.item_class is not None)
    )


class _Shape(NamedTuple):
    name: str
    integer: IntegerType | None = None
    item_class: type[Any] | None = None
    enumeration: type[Enum] | None = None
    is_array: bool = False


def _shape(annotation: Any) -> _Shape:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        members = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        shapes = [_shape(arg) for arg in members if not _is_enumeration(arg)]
        kinds = [arg for arg in members if _is_enumeration(arg)]
        if not kinds:
            return shapes[0]
        if not shapes:
            raise TypeError(f"{annotation!r} takes only known values; files hold others too")
        return shapes[0]._replace(enumeration=kinds[0])
    if origin is list:
        return _shape(typing.get_args(annotation)[0])._replace(is_array=True)
    if origin is Annotated:
        for extra in typing.get_args(annotation)[1:]:
            if isinstance(extra, IntegerType):
                return _Shape(extra.name, integer=extra)
    if annotation is bool:
        return _Shape("Boolean")
    if annotation in (datetime, timedelta):
        return _Shape("DateTime")
    if annotation is bytes:
        return _Shape("UInt8[]")
    if annotation in (str, SecretText):
        return _Shape("String")
    if isinstance(annotation, type) and hasattr(annotation, "wmi_name"):
        return _Shape(f"object:{annotation.wmi_name}", item_class=annotation)
    hint = "; ts.UInt32 and its kin are the types of numbers" if annotation is int else ""
    raise TypeError(f"{annotation!r} is no WMI type{hint}")


def _is_enumeration(annotation: Any) -> bool:
    if not (isinstance(annotation, type) and issubclass(annotation, Enum)):
        return False
    if not issubclass(annotation, (StrEnum, IntEnum, IntFlag)):
        raise TypeError(f"{annotation.__name__} is no StrEnum, IntEnum or IntFlag")
    return True
