"""How a Python class mirrors a WMI class: `wmi_class`, `prop`, and what can be asked of them.

A mirrored class is an attrs class with keyword arguments. Constructing and assigning raise
`QualifierError` for values that the class's qualifiers forbid; inside `reading()` the same rules
collect `Problem`s instead, so that a bad file can always be loaded.
"""

from __future__ import annotations

import copy
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform

import attrs

from tasksequence.errors import Problem, QualifierError
from tasksequence.qualifiers import (
    CommandLineArg,
    Method,
    Observed,
    Qualifier,
    RequiredIfNotNull,
    RequiredIfNull,
    VariableName,
    VariablePrefix,
    global_,
    read,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi_property import IntegerType, Property

__all__ = [
    "WmiObject",
    "attribute_names",
    "per_class",
    "prop",
    "properties_of",
    "property_named",
    "reading",
    "wmi_class",
]

_C = TypeVar("_C")
_R = TypeVar("_R")
_METADATA_KEY = "tasksequence.wmi"


def per_class(function: Callable[[type[WmiObject]], _R]) -> Callable[[type[WmiObject]], _R]:
    """Compute something once for each class: what is declared does not change."""
    computed: dict[type, _R] = {}

    @wraps(function)
    def remembered(cls: type[WmiObject]) -> _R:
        try:
            return computed[cls]
        except KeyError:
            return computed.setdefault(cls, function(cls))

    return remembered


@attrs.frozen
class _Declaration:
    """What `prop` was told; becomes a `Property` once the class is complete."""

    name: str
    qualifiers: tuple[Qualifier, ...]
    values: tuple[str, ...]
    variable: str | None
    hidden: bool


def prop(
    name: str,
    *qualifiers: Qualifier,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    values: tuple[str, ...] = (),
    variable: str | None = None,
    hidden: bool = False,
) -> Any:
    """Declare a property of a WMI class: its WMI name, its qualifiers, its default.

    `values` lists what the reference's prose allows (Enumeration qualifiers are printed bare).
    `variable` and `hidden` state what real exports show where the printed qualifiers tell
    otherwise or nothing. A property without a default must be given when constructing.
    """
    declaration = _Declaration(name, qualifiers, values, variable, hidden)
    metadata = {_METADATA_KEY: declaration}
    if factory is not None:
        return attrs.field(factory=factory, metadata=metadata)
    return attrs.field(default=default, metadata=metadata)


_collected: ContextVar[list[Problem] | None] = ContextVar("tasksequence_problems", default=None)


@contextmanager
def reading(problems: list[Problem]) -> Iterator[None]:
    """Within this context, constructing collects broken rules in `problems` and never raises."""
    token = _collected.set(problems)
    try:
        yield
    finally:
        _collected.reset(token)


class WmiObject:
    """Base of all classes that mirror a WMI class."""

    __slots__ = ("_origin",)

    wmi_name: ClassVar[str]
    """The name of the mirrored WMI class."""
    wmi_qualifiers: ClassVar[tuple[Qualifier, ...]] = ()
    """The class qualifiers, as the class reference prints them."""
    wmi_observed: ClassVar[Observed | None] = None
    """What real exports add to them, or have instead."""
    wmi_methods: ClassVar[tuple[Method, ...]] = ()
    """The signatures of the class's own methods."""
    _origin: Any
    """Where the object was read, kept for the document it came from; None for a new object."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_origin", None)
        problems: list[Problem] = []
        for attribute, check, is_secret in _checks(type(self)):
            value = getattr(self, attribute)
            if is_secret and isinstance(value, str):
                value = SecretText(value)
                object.__setattr__(self, attribute, value)
            problems.extend(check(value))
        problems.extend(self.combination_problems())
        collector = _collected.get()
        if collector is not None:
            collector.extend(problems)
        elif problems:
            raise QualifierError(problems)

    def combination_problems(self) -> Iterator[Problem]:
        """Yield rules that several properties break together (RequiredIfNull and its kin)."""
        for owner, qualifier, other in _conditional(type(self)):
            if getattr(self, owner.attribute) is not None:
                continue
            other_is_null = getattr(self, other.attribute) is None
            if other_is_null == isinstance(qualifier, RequiredIfNull):
                state = "has none" if other_is_null else "has a value"
                yield Problem(
                    self.wmi_name,
                    owner.name,
                    qualifier.name,
                    f"has no value, and needs one while {other.name} {state} ({qualifier})",
                )

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some attributes changed; it keeps its place in a document's bytes.

        Steps and conditions inside it are copied too.
        """
        twin = copy.deepcopy(self)
        for attribute, value in changes.items():
            setattr(twin, attribute, value)
        return twin

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown_properties()})"

    def _shown_properties(self) -> str:
        """Return the properties that differ from their defaults, secrets masked."""
        parts = []
        for known in properties_of(type(self)):
            value = getattr(self, known.attribute)
            if value != known.default and value not in (None, [], {}):
                parts.append(f"{known.attribute}={value!r}")
        return ", ".join(parts)

    def __copy__(self) -> Self:
        """Return a copy with lists and mappings of its own; the objects in them are shared."""
        return self._copied(
            lambda value: value.copy() if isinstance(value, (list, dict)) else value
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in attribute_names(type(self))}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore from a pickle, as an object that was read from nowhere."""
        object.__setattr__(self, "_origin", None)
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = self._copied(lambda value: value)
        memo[id(self)] = twin
        for name in attribute_names(type(self)):
            object.__setattr__(twin, name, copy.deepcopy(getattr(self, name), memo))
        object.__setattr__(twin, "_origin", copy.deepcopy(self._origin, memo))
        return twin

    def _copied(self, convert: Callable[[Any], Any]) -> Self:
        twin = object.__new__(type(self))
        for name in attribute_names(type(self)):
            object.__setattr__(twin, name, convert(getattr(self, name)))
        object.__setattr__(twin, "_origin", self._origin)
        return twin


def _check_assignment(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> Any:
    known = _property_by_attribute(type(instance)).get(attribute.name)
    if known is None:
        return value
    if known.is_secret and isinstance(value, str):
        value = SecretText(value)
    problems = tuple(known.problems(value))
    if known.has(read):
        text = "is read only: a site sets it, and it can be loaded but not assigned"
        problems = (Problem(known.wmi_class, known.name, read.name, text),)
    if problems:
        raise QualifierError(problems)
    return value


@dataclass_transform(kw_only_default=True, field_specifiers=(prop, attrs.field))
def wmi_class(
    name: str,
    *qualifiers: Qualifier,
    observed: Observed | None = None,
    methods: tuple[Method, ...] = (),
) -> Callable[[type[_C]], type[_C]]:
    """Make an attrs class with keyword arguments that mirrors the WMI class `name`."""

    def decorate(cls: type[_C]) -> type[_C]:
        made = attrs.define(
            cls, kw_only=True, repr=False, getstate_setstate=False, on_setattr=_check_assignment
        )
        made.wmi_name = name  # type: ignore[attr-defined]
        made.wmi_qualifiers = qualifiers  # type: ignore[attr-defined]
        made.wmi_observed = observed  # type: ignore[attr-defined]
        made.wmi_methods = methods  # type: ignore[attr-defined]
        return made

    return decorate


@per_class
def properties_of(cls: type[WmiObject]) -> tuple[Property, ...]:
    """Return the properties of a mirrored class, inherited ones first, as records."""
    if not (isinstance(cls, type) and issubclass(cls, WmiObject)):
        raise TypeError(f"{cls!r} is no class that mirrors a WMI class")
    fields = [field for field in _fields(cls) if _METADATA_KEY in field.metadata]
    hints: Mapping[str, Any] = {}
    if any(isinstance(field.type, str) for field in fields):
        # The class comes from a module with `from __future__ import annotations`.
        hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_property(cls, field, hints.get(field.name, field.type)) for field in fields)


def _fields(cls: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    return tuple(attrs.fields(cls))


@per_class
def attribute_names(cls: type[WmiObject]) -> tuple[str, ...]:
    """Return the names of all attributes of a mirrored class, properties or not."""
    return tuple(field.name for field in _fields(cls))


@per_class
def _property_by_attribute(cls: type[WmiObject]) -> Mapping[str, Property]:
    return {known.attribute: known for known in properties_of(cls)}


@per_class
def _property_by_name(cls: type[WmiObject]) -> Mapping[str, Property]:
    return {known.name: known for known in properties_of(cls)}


def property_named(cls: type[WmiObject], name: str) -> Property | None:
    """Return the property with this WMI name, or None."""
    return _property_by_name(cls).get(name)


@per_class
def _checks(
    cls: type[WmiObject],
) -> tuple[tuple[str, Callable[[object], Iterable[Problem]], bool], ...]:
    return tuple((known.attribute, known.problems, known.is_secret) for known in properties_of(cls))


@per_class
def _conditional(
    cls: type[WmiObject],
) -> tuple[tuple[Property, RequiredIfNull | RequiredIfNotNull, Property], ...]:
    return tuple(
        (owner, qualifier, other)
        for owner in properties_of(cls)
        for qualifier in owner.qualifiers
        if isinstance(qualifier, (RequiredIfNull, RequiredIfNotNull))
        if (other := property_named(cls, qualifier.other)) is not None
    )


def _property(cls: type[WmiObject], field: attrs.Attribute[Any], annotation: Any) -> Property:
    declaration: _Declaration = field.metadata[_METADATA_KEY]
    shape = _shape(annotation)
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory()
    return Property(
        name=declaration.name,
        attribute=field.name,
        type=shape.name + ("[]" if shape.is_array else ""),
        qualifiers=declaration.qualifiers,
        default=default,
        values=declaration.values,
        variable=_variable(cls, declaration),
        hidden=declaration.hidden or _is_hidden(declaration, shape),
        wmi_class=cls.wmi_name,
        integer=shape.integer,
        item_class=shape.item_class,
        is_array=shape.is_array,
        is_boolean=shape.name == "Boolean",
        is_optional=type(None) in typing.get_args(annotation),
    )


def _variable(cls: type[WmiObject], declaration: _Declaration) -> str:
    if declaration.variable is not None:
        return declaration.variable
    for qualifier in declaration.qualifiers:
        if isinstance(qualifier, VariableName):
            return qualifier.variable
    for qualifier in cls.wmi_qualifiers:
        if isinstance(qualifier, VariablePrefix):
            return qualifier.prefix + declaration.name
    if cls.wmi_observed is not None and cls.wmi_observed.variable_prefix is not None:
        return cls.wmi_observed.variable_prefix + declaration.name
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


@attrs.frozen
class _Shape:
    name: str
    integer: IntegerType | None = None
    item_class: type[WmiObject] | None = None
    is_array: bool = False


def _shape(annotation: Any) -> _Shape:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        members = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
        return _shape(members[0])
    if origin is list:
        return attrs.evolve(_shape(typing.get_args(annotation)[0]), is_array=True)
    if origin is Annotated:
        for extra in typing.get_args(annotation)[1:]:
            if isinstance(extra, IntegerType):
                return _Shape(extra.name, integer=extra)
    if annotation is bool:
        return _Shape("Boolean")
    if annotation is datetime:
        return _Shape("DateTime")
    if annotation is bytes:
        return _Shape("UInt8[]")
    if annotation in (str, SecretText):
        return _Shape("String")
    if isinstance(annotation, type) and issubclass(annotation, WmiObject):
        return _Shape(f"object:{annotation.wmi_name}", item_class=annotation)
    raise TypeError(f"no WMI type for {annotation!r}")
