"""How a Python class mirrors a WMI class: `wmi_class`, `prop`, and what can be asked of them.

A mirrored class is an attrs class with keyword arguments. Constructing and assigning raise
`QualifierError` for values that the class's qualifiers forbid; inside `reading()` the same rules
collect `Problem`s instead, so that a bad file can always be loaded.
"""

from __future__ import annotations

import copy
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    NamedTuple,
    Self,
    TypeVar,
    dataclass_transform,
)

import attrs

from tasksequence.class_rules import Rule
from tasksequence.errors import Problem, PropertyMissing, QualifierError
from tasksequence.qualifiers import (
    Method,
    Observed,
    Qualifier,
    RequiredIfNotNull,
    RequiredIfNull,
    abstract,
    read,
)
from tasksequence.wmi_declaration import (
    declared_property,
    default_of,
    factory_of,
    is_declared,
    prop,
)
from tasksequence.wmi_property import Property, quick_check

__all__ = [
    "Argument",
    "WmiObject",
    "arguments_of",
    "attribute_names",
    "can_break_combinations",
    "check_declaration",
    "per_class",
    "problems_of",
    "prop",
    "properties_of",
    "property_named",
    "reading",
    "rules_of",
    "set_origin",
    "shown_text",
    "wmi_class",
]

_C = TypeVar("_C")
_R = TypeVar("_R")
_SHOWN_CHARACTERS = 200


def per_class(function: Callable[[type[WmiObject]], _R]) -> Callable[[type[WmiObject]], _R]:
    """Compute something once for each class: what is declared does not change."""
    computed: dict[type, _R] = {}

    @wraps(function)
    def remembered(cls: type[WmiObject]) -> _R:
        try:
            return computed[cls]
        except (KeyError, TypeError):
            pass
        if not (isinstance(cls, type) and issubclass(cls, WmiObject)):
            hint = ": give its class, type(it)" if isinstance(cls, WmiObject) else ""
            raise TypeError(f"{cls!r} is no class that mirrors a WMI class{hint}")
        return computed.setdefault(cls, function(cls))

    return remembered


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
    wmi_rules: ClassVar[tuple[Rule, ...]] = ()
    """The class's own rules that no qualifier states; `rules_of` has the inherited ones too."""
    _origin: Any
    """Where the object was read, kept for the document it came from; None for a new object."""

    def __init__(self, *unnamed: Any, **given: Any) -> None:
        """Take properties by their Python names; raises `QualifierError` with all broken rules."""
        cls = type(self)
        if unnamed:
            raise TypeError(
                f"{cls.__name__} takes its properties by name: "
                f"{cls.__name__}({attribute_names(cls)[0]}=…)"
            )
        collector = _collected.get()
        set_origin(self, None)
        problems: list[Problem] = []
        unset = 0
        for attribute, store, default, factory, convert, known, quick in arguments_of(cls):
            if attribute in given:
                value = given.pop(attribute)
                if convert is not None:
                    value = convert(value, as_spelt=collector is not None)
            elif default is not attrs.NOTHING:
                store(self, default if factory is None else factory())
                continue
            else:
                value = None
                unset += 1
                if known is None:
                    raise TypeError(f"{cls.__name__} needs the argument {attribute}")
            store(self, value)
            if known is not None and not quick(value):
                problems.extend(known.problems(value))
        if given:
            raise _unknown_argument(cls, given)
        problems.extend(self.combination_problems())
        if collector is not None:
            collector.extend(problems)
        else:
            _refuse(cls, problems, has_missing=bool(unset))
        after = getattr(cls, "__attrs_post_init__", None)
        if after is not None:
            after(self)

    def combination_problems(self) -> Iterator[Problem]:
        """Yield rules that several properties break together, and those of good practice."""
        cls = type(self)
        missing: set[str] = set()
        for owner, qualifier, other in _conditional(cls):
            # Sites write the empty text for what is not set, too.
            if getattr(self, owner.attribute) not in (None, ""):
                continue
            other_is_null = getattr(self, other.attribute) in (None, "")
            if other_is_null == isinstance(qualifier, RequiredIfNull):
                state = "has none" if other_is_null else "has a value"
                fix = f"give {owner.name} or {other.name}" if other_is_null else "give it one"
                text = f"has no value; {qualifier} asks for one, as {other.name} {state}: {fix}"
                missing.add(owner.name)
                yield Problem(owner.wmi_class, owner.name, qualifier.name, text)
        for rule in rules_of(cls):
            said = rule.broken(self._value_of)
            if said is not None and rule.property not in missing:
                owner = _property_by_name(cls)[rule.property]
                yield Problem(owner.wmi_class, rule.property, rule.name, said, rule.is_advice)

    def _value_of(self, name: str) -> Any:
        return getattr(self, _property_by_name(type(self))[name].attribute)

    if not TYPE_CHECKING:
        # A type checker that saw this would take any attribute for assignable.
        def __setattr__(self, attribute: str, value: Any) -> None:
            known = _property_by_attribute(type(self)).get(attribute)
            if known is not None:
                value = known.converted(value)
                problems = tuple(known.problems(value))
                if known.has(read):
                    problems = (known.read_only(value),)
                if problems:
                    raise QualifierError(problems)
            elif attribute != "_origin" and attribute not in attribute_names(type(self)):
                raise _unknown_attribute(type(self), attribute)
            object.__setattr__(self, attribute, value)

        def __delattr__(self, attribute: str) -> None:
            raise AttributeError(f"{attribute} cannot be deleted; assign None to make it absent")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        # A loop, not all(): groups nest, and each frame counts against the recursion limit.
        for name in attribute_names(type(self)):
            if getattr(self, name) != getattr(other, name):
                return False
        return True

    __hash__ = None  # type: ignore[assignment]

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some attributes changed; it keeps its place in a document's bytes.

        Steps and conditions inside it are copied too.
        """
        twin = copy.deepcopy(self)
        problems: list[Problem] = []
        for attribute, value in changes.items():
            try:
                setattr(twin, attribute, value)
            except QualifierError as error:
                problems.extend(error.problems)
        if problems:
            raise QualifierError(problems)
        return twin

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown_properties()})"

    def _shown_properties(self) -> str:
        """Return the properties that differ from their defaults, secrets masked."""
        parts = []
        for known in properties_of(type(self)):
            value = getattr(self, known.attribute)
            if value != known.default and value not in (None, [], {}):
                parts.append(f"{known.attribute}={self._shown(known.attribute)}")
        return ", ".join(parts)

    def _shown(self, attribute: str) -> str:
        """Return a value as a representation shows it: long texts by their beginning."""
        value = getattr(self, attribute)
        return shown_text(value) if isinstance(value, (str, bytes)) else repr(value)

    def __copy__(self) -> Self:
        """Return a copy with lists and mappings of its own; the objects in them are shared."""
        return self._copied(
            lambda value: value.copy() if isinstance(value, (list, dict)) else value
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in attribute_names(type(self))}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore from a pickle, as an object that was read from nowhere."""
        set_origin(self, None)
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = self._copied(lambda value: value)
        memo[id(self)] = twin
        for name in attribute_names(type(self)):
            object.__setattr__(twin, name, copy.deepcopy(getattr(self, name), memo))
        set_origin(twin, copy.deepcopy(self._origin, memo))
        return twin

    def _copied(self, convert: Callable[[Any], Any]) -> Self:
        twin = object.__new__(type(self))
        for name in attribute_names(type(self)):
            object.__setattr__(twin, name, convert(getattr(self, name)))
        set_origin(twin, self._origin)
        return twin


set_origin: Callable[[WmiObject, Any], None] = vars(WmiObject)["_origin"].__set__
"""Set where an object was read, without the checks of an assignment."""


def shown_text(value: str | bytes) -> str:
    """Return a text as a representation shows it: a long one by its beginning."""
    if len(value) > _SHOWN_CHARACTERS:
        return f"{value[:_SHOWN_CHARACTERS]!r}…"
    # A member of an enum says its own name.
    return repr(value)


def _refuse(cls: type[WmiObject], problems: list[Problem], *, has_missing: bool) -> None:
    if abstract in cls.wmi_qualifiers:
        raise TypeError(f"{cls.wmi_name} is abstract: make an object of one of its subclasses")
    errors = [problem for problem in problems if not problem.is_advice]
    if errors:
        raise (PropertyMissing if has_missing else QualifierError)(errors)


def _unknown_argument(cls: type[WmiObject], given: Mapping[str, Any]) -> TypeError:
    return TypeError(_no_such_property(cls, next(iter(given))))


def _unknown_attribute(cls: type[WmiObject], name: str) -> AttributeError:
    return AttributeError(_no_such_property(cls, name))


def _no_such_property(cls: type[WmiObject], name: str) -> str:
    import difflib

    by_wmi_name = _property_by_name(cls).get(name)
    near = difflib.get_close_matches(name, attribute_names(cls), 1, 0.6)
    hint = by_wmi_name.attribute if by_wmi_name is not None else next(iter(near), None)
    return f"{cls.__name__} has no property {name!r}" + (f"; did you mean {hint}?" if hint else "")


class _Signature:
    """The constructor's signature as `inspect.signature` and help() show it."""

    def __get__(self, instance: object, cls: type[WmiObject]) -> inspect.Signature:
        parameters = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty
                if field.default is attrs.NOTHING
                else default_of(field),
                annotation=field.type if field.type is not None else inspect.Parameter.empty,
            )
            for field in _fields(cls)
        ]
        return inspect.Signature(parameters)


WmiObject.__signature__ = _Signature()  # type: ignore[attr-defined]


@dataclass_transform(kw_only_default=True, field_specifiers=(prop, attrs.field))
def wmi_class(
    name: str,
    *qualifiers: Qualifier,
    observed: Observed | None = None,
    methods: tuple[Method, ...] = (),
    rules: tuple[Rule, ...] = (),
) -> Callable[[type[_C]], type[_C]]:
    """Make an attrs class with keyword arguments that mirrors the WMI class `name`.

    A subclass of the class that mirrors `name` already takes over its qualifiers, where it states
    none of its own.
    """
    if not isinstance(name, str):
        raise TypeError('wmi_class takes the WMI name: @wmi_class("My_Action")')

    def decorate(cls: type[_C]) -> type[_C]:
        # Constructor, comparison and representation are those of WmiObject: what attrs would
        # generate for each class anew makes up most of the time that importing them takes.
        made = attrs.define(
            cls,
            kw_only=True,
            init=False,
            eq=False,
            repr=False,
            getstate_setstate=False,
            on_setattr=attrs.setters.NO_OP,
        )
        of_base: Any = cls if getattr(cls, "wmi_name", None) == name else WmiObject
        mirror: Any = made
        mirror.wmi_qualifiers = qualifiers or of_base.wmi_qualifiers
        mirror.wmi_observed = observed or of_base.wmi_observed
        mirror.wmi_methods = methods or of_base.wmi_methods
        mirror.wmi_rules = rules
        mirror.wmi_name = name
        return made

    return decorate


@per_class
def properties_of(cls: type[WmiObject]) -> tuple[Property, ...]:
    """Return the properties of a mirrored class, inherited ones first, as records."""
    fields = [field for field in _fields(cls) if is_declared(field)]
    hints: Mapping[str, Any] = {}
    if any(isinstance(field.type, str) for field in fields):
        # The class comes from a module with `from __future__ import annotations`.
        try:
            hints = typing.get_type_hints(cls, include_extras=True)
        except NameError as error:
            raise TypeError(
                f"{cls.__name__}: {error}; with postponed annotations its types have to be names "
                "of the module"
            ) from None
    found = tuple(
        declared_property(cls, field, hints.get(field.name, field.type)) for field in fields
    )
    names = [known.name for known in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TypeError(f"{cls.__name__} declares the property {twice} under two attributes")
    return found


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


class Argument(NamedTuple):
    """How one attribute is filled when constructing."""

    attribute: str
    store: Callable[[Any, Any], None]
    """Set the attribute of an object, without the checks of an assignment."""
    default: Any
    """`attrs.NOTHING` where a value must be given."""
    factory: Callable[[], Any] | None
    """Makes a default for each object anew."""
    convert: Callable[..., Any] | None
    """`known.converted` where it may change a value."""
    known: Property | None
    """None for an attribute that is no property."""
    quick: Callable[[Any], bool]


@per_class
def arguments_of(cls: type[WmiObject]) -> tuple[Argument, ...]:
    """Return how the attributes of a class are filled, in their order."""
    _check_named(cls)
    arguments = []
    properties = _property_by_attribute(cls)
    for field in _fields(cls):
        known = properties.get(field.name)
        default: Any = field.default
        factory = factory_of(field)
        if factory is None and known is not None and default is not attrs.NOTHING:
            default = known.converted(default)
        store = getattr(cls, field.name).__set__
        quick = quick_check(known) if known is not None else bool
        convert = known.converted if known is not None and known.converts else None
        arguments.append(Argument(field.name, store, default, factory, convert, known, quick))
    return tuple(arguments)


def _check_named(cls: type[WmiObject]) -> None:
    if "wmi_name" not in vars(cls):
        raise TypeError(f'{cls.__name__} has no WMI name: decorate it with @wmi_class("…")')


def can_break_combinations(cls: type[WmiObject]) -> bool:
    """Tell whether `combination_problems` of a class may yield any."""
    return (
        cls.combination_problems is not WmiObject.combination_problems
        or bool(rules_of(cls))
        or bool(_conditional(cls))
    )


@per_class
def rules_of(cls: type[WmiObject]) -> tuple[Rule, ...]:
    """Return the rules of a class that no qualifier states, those of its bases first."""
    names = _property_by_name(cls)
    found = [
        rule
        for base in reversed(cls.__mro__)
        if issubclass(base, WmiObject)
        for rule in base.wmi_rules
    ]
    for rule in found:
        for name in rule.properties:
            if name not in names:
                raise TypeError(f"{cls.__name__} has no property {name} for {rule}")
    return tuple(found)


@per_class
def _conditional(
    cls: type[WmiObject],
) -> tuple[tuple[Property, RequiredIfNull | RequiredIfNotNull, Property], ...]:
    found = []
    for owner in properties_of(cls):
        for qualifier in owner.qualifiers:
            if isinstance(qualifier, (RequiredIfNull, RequiredIfNotNull)):
                other = property_named(cls, qualifier.argument)
                if other is None:
                    raise TypeError(
                        f"{cls.__name__} has no property for {qualifier} of {owner.name}"
                    )
                found.append((owner, qualifier, other))
    return tuple(found)


def problems_of(made: WmiObject) -> tuple[Problem, ...]:
    """Return every rule that an object breaks now, those between its properties included.

    Constructing checks them all, and assigning checks the one property, so that an object can be
    changed in several steps; this tells whether it is whole again. Advice is among them
    (`Problem.is_advice`). Objects in arrays are looked into, steps of groups are not.
    """
    found: list[Problem] = []
    for known in properties_of(type(made)):
        value = getattr(made, known.attribute)
        found += known.problems(value)
        if known.item_class is not None and known.attribute != "steps" and isinstance(value, list):
            for item in value:
                found += problems_of(item) if isinstance(item, WmiObject) else ()
    return (*found, *made.combination_problems())


def check_declaration(cls: type[WmiObject]) -> None:
    """Raise `TypeError` where a class is declared in a way that cannot work."""
    properties = properties_of(cls)
    _check_named(cls)
    for known in properties:
        if known.default is not attrs.NOTHING and known.default is not None:
            for problem in known.problems(known.default):
                raise TypeError(f"the default of {problem}")
    rules_of(cls)
    _conditional(cls)
