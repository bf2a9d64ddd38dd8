"""The qualifiers of WMI classes and properties, as immutable values.

Each carries its `name` as the class reference spells it and its `argument` (None where it has
none). Property qualifiers that limit a value say with `problem()` what is wrong with one; those
that place a value (in a variable, on a command line, in the reference list) only carry data.
"""

from __future__ import annotations

from typing import ClassVar

import attrs

__all__ = [
    "ActionCategory",
    "AllowedLen",
    "Bits",
    "CommandLine",
    "CommandLineArg",
    "Icon",
    "Max",
    "Method",
    "Observed",
    "Parameter",
    "Qualifier",
    "Range",
    "RequiredIfNotNull",
    "RequiredIfNull",
    "ResDLL",
    "ResID",
    "SequenceCategory",
    "TaskSequencePackage",
    "TaskSequenceProgram",
    "ValueMap",
    "ValueRange",
    "VariableName",
    "VariablePrefix",
    "abstract",
    "bits",
    "class_read",
    "dynamic",
    "embedded",
    "enumeration",
    "global_",
    "key",
    "large",
    "lazy",
    "not_null",
    "not_null_to_instance",
    "quasi_secret",
    "read",
    "require_r2",
    "retry_count",
    "run_from_net",
    "secret",
    "secured",
    "success_codes",
    "task_sequence_application",
    "task_sequence_package_list",
    "unique",
]


@attrs.frozen
class Qualifier:
    """One qualifier of a class or property."""

    name: ClassVar[str]

    @property
    def argument(self) -> object:
        """The argument as the reference prints it, or None."""
        return None

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value that is present (not None), or None if nothing is."""
        del value
        return None

    def explain(self) -> str:
        """Say in a phrase what the qualifier means for an author."""
        raise NotImplementedError

    def __str__(self) -> str:
        if self.argument is None:
            return self.name
        argument = f'"{self.argument}"' if isinstance(self.argument, str) else f"{self.argument}"
        return f"{self.name}({argument})"


def _bounds(text: str) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    if not dash:
        low, high = "0", low
    return int(low), int(high)


@attrs.frozen
class AllowedLen(Qualifier):
    """Length of a string in characters, both ends included: AllowedLen("1-255")."""

    name: ClassVar[str] = "AllowedLen"
    length: str
    low: int = attrs.field(init=False, eq=False, repr=False)
    high: int = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        low, high = _bounds(self.length)
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def argument(self) -> str:
        return self.length

    def problem(self, value: object) -> str | None:
        length = len(value) if hasattr(value, "__len__") else 0
        if self.low <= length <= self.high:
            return None
        change = "shorten it" if length > self.high else "give it a value"
        is_empty = "is empty" if length == 0 else f"has {length} characters"
        return f"{is_empty}, {self} allows {self.low} to {self.high}: {change}"

    def explain(self) -> str:
        return f"{self.low} to {self.high} characters"


@attrs.frozen
class ValueRange(Qualifier):
    """Smallest and largest number, both included: ValueRange("5-9999")."""

    name: ClassVar[str] = "ValueRange"
    range: str

    @property
    def argument(self) -> str:
        return self.range

    @property
    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest allowed number."""
        return _bounds(self.range)

    def problem(self, value: object) -> str | None:
        low, high = self.bounds
        if not isinstance(value, int) or low <= value <= high:
            return None
        return f"is {value}, {self} allows {low} to {high}"

    def explain(self) -> str:
        low, high = self.bounds
        return f"{low} to {high}"


@attrs.frozen
class ValueMap(Qualifier):
    """A closed list of strings; letter case does not matter, as real exports mix it.

    Without values it stands bare in the reference, and allows anything.
    """

    name: ClassVar[str] = "ValueMap"
    values: tuple[str, ...] = ()

    @property
    def argument(self) -> tuple[str, ...] | None:
        return self.values or None

    def problem(self, value: object) -> str | None:
        known = {item.casefold() for item in self.values}
        if not known or str(value).casefold() in known:
            return None
        allowed = ", ".join(item or "(empty)" for item in self.values)
        return f"is {value!r}, which is none of {allowed}"

    def explain(self) -> str:
        return "one of " + ", ".join(self.values) if self.values else "from a list not documented"


@attrs.frozen
class Range(ValueRange):
    """The older spelling of ValueRange: Range("0-31")."""

    name: ClassVar[str] = "Range"


@attrs.frozen
class Max(Qualifier):
    """At most so many items in an array."""

    name: ClassVar[str] = "max"
    count: int

    @property
    def argument(self) -> int:
        return self.count

    def problem(self, value: object) -> str | None:
        if not isinstance(value, (list, tuple)) or len(value) <= self.count:
            return None
        return f"has {len(value)} items, {self} allows {self.count}"

    def explain(self) -> str:
        return f"at most {self.count} items"


@attrs.frozen
class Bits(Qualifier):
    """Flags, each bit with a meaning of its own; the reference mostly prints it bare."""

    name: ClassVar[str] = "Bits"
    flags: tuple[str, ...] = ()
    """Names of flags, each with its bit: `DANGLING_REF(0)`."""

    @property
    def argument(self) -> tuple[str, ...] | None:
        return self.flags or None

    def explain(self) -> str:
        return "flags" + (f": {', '.join(self.flags)}" if self.flags else "")


@attrs.frozen
class ResID(Qualifier):
    """Number of a localised name; the reference says that it is not used."""

    name: ClassVar[str] = "ResID"
    number: int

    @property
    def argument(self) -> int:
        return self.number

    def explain(self) -> str:
        return f"resource {self.number}"


@attrs.frozen
class ResDLL(Qualifier):
    """Library of a localised name; the reference says that it is not used."""

    name: ClassVar[str] = "ResDLL"
    library: str

    @property
    def argument(self) -> str:
        return self.library

    def explain(self) -> str:
        return f"resources in {self.library}"


@attrs.frozen
class _NotNull(Qualifier):
    """The property must have a value; an empty string is a value."""

    name: ClassVar[str] = "not_null"
    to_instance: bool = False

    def explain(self) -> str:
        return "must have a value (an empty string is one)"


@attrs.frozen
class VariableName(Qualifier):
    """The task sequence variable that carries the property, without the class's prefix."""

    name: ClassVar[str] = "VariableName"
    variable: str

    @property
    def argument(self) -> str:
        return self.variable

    def explain(self) -> str:
        return f"variable {self.variable}"


@attrs.frozen
class CommandLineArg(Qualifier):
    """The property fills %n of the class's CommandLine; its variable is hidden."""

    name: ClassVar[str] = "CommandLineArg"
    position: int

    @property
    def argument(self) -> int:
        return self.position

    def explain(self) -> str:
        return f"argument {self.position} of the command line"


@attrs.frozen
class RequiredIfNull(Qualifier):
    """The property must have a value when the named one has none."""

    name: ClassVar[str] = "RequiredIfNull"
    other: str

    @property
    def argument(self) -> str:
        return self.other

    def explain(self) -> str:
        return f"needed when {self.other} has no value"


@attrs.frozen
class RequiredIfNotNull(Qualifier):
    """The property must have a value when the named one has a value."""

    name: ClassVar[str] = "RequiredIfNotNull"
    other: str

    @property
    def argument(self) -> str:
        return self.other

    def explain(self) -> str:
        return f"needed when {self.other} has a value"


@attrs.frozen
class TaskSequencePackage(Qualifier):
    """The value is a package ID and belongs in the reference list ("image": an image package)."""

    name: ClassVar[str] = "TaskSequencePackage"
    kind: str | None = None

    @property
    def argument(self) -> str | None:
        return self.kind

    def explain(self) -> str:
        return "ID of an image package" if self.kind == "image" else "ID of a package"


@attrs.frozen
class TaskSequenceProgram(Qualifier):
    """The value is a program of the package that the named property holds."""

    name: ClassVar[str] = "TaskSequenceProgram"
    package_property: str

    @property
    def argument(self) -> str:
        return self.package_property

    def explain(self) -> str:
        return f"program of the package in {self.package_property}"


@attrs.frozen
class _Flag(Qualifier):
    """A qualifier that is only there or not."""

    flag: str
    meaning: str

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.flag

    def explain(self) -> str:
        return self.meaning


read = _Flag("read", "read only: a site sets it, nobody assigns it")
lazy = _Flag("lazy", "filled only when one object is read, empty in queries")
key = _Flag("key", "part of the object's identity")
large = _Flag("large", "may be bulky")
unique = _Flag("unique", "no other object has the same value")
bits = Bits()
enumeration = _Flag("Enumeration", "one of a list of values")
not_null = _NotNull()
not_null_to_instance = _NotNull(to_instance=True)
secret = _Flag("Secret", "password: never shown, cleared when a site exports")
quasi_secret = _Flag("QuasiSecret", "product key: never shown, cleared when a site exports")
global_ = _Flag("Global", "also written to the sequence's global variables")
retry_count = _Flag("RetryCount", "feeds the step's retryCount")
run_from_net = _Flag("RunFromNet", "feeds the step's runFromNet")
success_codes = _Flag("SuccessCodes", "feeds the step's successCodeList")
require_r2 = _Flag("RequireR2", "needs Configuration Manager 2007 R2 or later")
task_sequence_package_list = _Flag(
    "TaskSequencePackageList", "package IDs joined by commas, in the reference list"
)
task_sequence_application = _Flag(
    "TaskSequenceApplication", "model name of an application, in the reference list"
)


@attrs.frozen
class CommandLine(Qualifier):
    """Class qualifier: the command that the step runs on the device, with %n for arguments."""

    name: ClassVar[str] = "CommandLine"
    template: str

    @property
    def argument(self) -> str:
        return self.template

    def explain(self) -> str:
        return f"runs {self.template}"


@attrs.frozen
class VariablePrefix(Qualifier):
    """Class qualifier: a property's variable is this prefix and the property's name."""

    name: ClassVar[str] = "VariablePrefix"
    prefix: str

    @property
    def argument(self) -> str:
        return self.prefix

    def explain(self) -> str:
        return f"variables start with {self.prefix}"


@attrs.frozen
class ActionCategory(Qualifier):
    """Class qualifier: the step's menu in the editor, its place there, and the menu's place."""

    name: ClassVar[str] = "ActionCategory"
    category: str

    @property
    def argument(self) -> str:
        return self.category

    def explain(self) -> str:
        return f"menu {self.category.partition(',')[0]}"


@attrs.frozen
class SequenceCategory(Qualifier):
    """Class qualifier: a sequence with such a step is of this kind ("OSD")."""

    name: ClassVar[str] = "SequenceCategory"
    category: str

    @property
    def argument(self) -> str:
        return self.category

    def explain(self) -> str:
        return f"makes the sequence one of category {self.category}"


@attrs.frozen
class Icon(Qualifier):
    """Class qualifier: the icon of the class in the console."""

    name: ClassVar[str] = "Icon"
    file: str

    @property
    def argument(self) -> str:
        return self.file

    def explain(self) -> str:
        return f"icon {self.file}"


abstract = _Flag("Abstract", "has no objects of its own")
dynamic = _Flag("Dynamic", "its objects are made when they are asked for")
embedded = _Flag("Embedded", "its objects live inside others")
secured = _Flag("Secured", "needs rights on each object")
class_read = _Flag("Read", "its objects are only read")


@attrs.frozen
class Parameter:
    """One parameter of a WMI method."""

    name: str
    type: str
    direction: str
    """`in` or `out`."""


@attrs.frozen
class Method:
    """The signature of a method of a WMI class; this library does not call it."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    returns: str = attrs.field(default="SInt32", kw_only=True)
    static: bool = attrs.field(default=False, kw_only=True)

    def __str__(self) -> str:
        shown = ", ".join(f"[{p.direction}] {p.type} {p.name}" for p in self.parameters)
        return f"{'static ' if self.static else ''}{self.returns} {self.name}({shown})"


@attrs.frozen(kw_only=True)
class Observed:
    """What real exports show of a class where its page says nothing, or something older.

    No qualifier: it is kept apart from what the reference prints.
    """

    command_line: str | None = None
    """Template with property names: `<Name>` is the value of a property, and `<?Name: text>`
    stands only when that property has one."""
    variable_prefix: str | None = None
