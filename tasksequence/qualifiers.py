"""The qualifiers of WMI classes and properties, as immutable values.

Each carries its `name` as the class reference spells it and its `argument` (None where it has
none). Property qualifiers that limit a value tell with `allows()` whether one keeps the rule; those
that place a value (in a variable, on a command line, in the reference list) only carry data.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

__all__ = [
    "ActionCategory",
    "ActionUI",
    "AllowedLen",
    "Bits",
    "CommandLine",
    "CommandLineArg",
    "Icon",
    "Max",
    "Method",
    "Observed",
    "Parameter",
    "Provider",
    "Qualifier",
    "Range",
    "RequiredIfNotNull",
    "RequiredIfNull",
    "ResDLL",
    "ResID",
    "SequenceCategory",
    "SizeLimit",
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


@attrs.frozen(repr=False, str=False)
class Qualifier:
    """One qualifier of a class or property.

    A subclass that limits values says so in `allows`, `rule` and `fix`; the property that carries
    it makes the message of them, so that no qualifier ever shows a secret.
    """

    name: ClassVar[str]
    """The qualifier's name as the class reference spells it."""
    argument: Any = None
    """The argument as the reference prints it, or None."""

    def allows(self, value: Any) -> bool:
        """Tell whether a value that is present (not None) keeps the rule."""
        del value
        return True

    def rule(self) -> str:
        """Say what the qualifier asks of a value: "allows 1 to 255 characters"."""
        return self.explain()

    def fix(self, value: Any) -> str:
        """Say what to do about a value that it does not allow, without showing it."""
        del value
        return "give another value"

    def explain(self) -> str:
        """Say in a phrase what the qualifier means for an author."""
        raise NotImplementedError

    def __str__(self) -> str:
        if self.argument is None:
            return self.name
        if isinstance(self.argument, tuple):
            return f"{self.name}({{{', '.join(map(_quoted, self.argument))}}})"
        return f"{self.name}({_quoted(self.argument)})"

    def __repr__(self) -> str:
        return f"<{self}>"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _bounds(text: str) -> tuple[int, int]:
    low, dash, high = text.partition("-")
    if not dash:
        low, high = "0", low
    return int(low), int(high)


class _Limit(Qualifier):
    """A qualifier whose argument is "n" or "a-b", both ends included."""

    __slots__ = ()

    def __init__(self, limits: str) -> None:
        try:
            low, high = _bounds(limits)
        except (AttributeError, ValueError):
            low, high = 1, 0
        if low > high:
            raise ValueError(
                f'{self.name}({limits!r}) has no limits: give "n", or "a-b" with a not above b'
            )
        super().__init__(limits)

    @property
    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest allowed number."""
        return _bounds(self.argument)

    @property
    def low(self) -> int:
        """The smallest allowed number."""
        return self.bounds[0]

    @property
    def high(self) -> int:
        """The largest allowed number."""
        return self.bounds[1]


class AllowedLen(_Limit):
    """Length of a string in characters, both ends included: AllowedLen("1-255")."""

    __slots__ = ()
    name: ClassVar[str] = "AllowedLen"
    unit: ClassVar[str] = "characters"

    def allows(self, value: Any) -> bool:
        low, high = self.bounds
        return not hasattr(value, "__len__") or low <= len(value) <= high

    def rule(self) -> str:
        return f"allows {self.explain()}"

    def fix(self, value: Any) -> str:
        low, high = self.bounds
        if len(value) > high:
            return f"shorten it by {len(value) - high}"
        return "give it a value" if not len(value) else f"lengthen it by {low - len(value)}"

    def explain(self) -> str:
        low, high = self.bounds
        return f"{low} to {high} {self.unit}"


class SizeLimit(AllowedLen):
    """Length of the data, characters or bytes: SizeLimit("512")."""

    __slots__ = ()
    name: ClassVar[str] = "SizeLimit"
    unit: ClassVar[str] = "characters or bytes"


class ValueRange(_Limit):
    """Smallest and largest number, both included: ValueRange("5-9999")."""

    __slots__ = ()
    name: ClassVar[str] = "ValueRange"

    def allows(self, value: Any) -> bool:
        low, high = self.bounds
        return not isinstance(value, int) or low <= value <= high

    def rule(self) -> str:
        return f"allows {self.explain()}"

    def fix(self, value: Any) -> str:
        low, high = self.bounds
        return f"give {low} or more" if value < low else f"give {high} or less"

    def explain(self) -> str:
        low, high = self.bounds
        return f"{low} to {high}"


class Range(ValueRange):
    """The older spelling of ValueRange: Range("0-31")."""

    __slots__ = ()
    name: ClassVar[str] = "Range"


class ValueMap(Qualifier):
    """A closed list of values; letter case does not matter, as real exports mix it.

    Without values it stands bare in the reference, and allows anything.
    """

    __slots__ = ()
    name: ClassVar[str] = "ValueMap"

    def __init__(self, values: tuple[str, ...] = ()) -> None:
        super().__init__(values or None)

    @property
    def values(self) -> tuple[str, ...]:
        """The allowed values; empty where the reference prints none."""
        values: tuple[str, ...] = self.argument or ()
        return values

    def allows(self, value: Any) -> bool:
        return not self.values or str(value).casefold() in {v.casefold() for v in self.values}

    def rule(self) -> str:
        return "allows " + ", ".join(item or "(empty)" for item in self.values)

    def fix(self, value: Any) -> str:
        import difflib

        folded = {item.casefold(): item for item in self.values}
        near = difflib.get_close_matches(str(value).casefold(), folded, 1)
        return f"did you mean {folded[near[0]]}?" if near else "choose one of them"

    def explain(self) -> str:
        if not self.values:
            return "from a list not documented"
        return "one of " + ", ".join(item or "(empty)" for item in self.values)


class Max(Qualifier):
    """At most so many items in an array."""

    __slots__ = ()
    name: ClassVar[str] = "max"

    def __init__(self, count: int) -> None:
        super().__init__(count)

    def allows(self, value: Any) -> bool:
        return not isinstance(value, (list, tuple)) or len(value) <= self.argument

    def rule(self) -> str:
        return f"allows {self.argument} items"

    def fix(self, value: Any) -> str:
        return f"remove {len(value) - self.argument}"

    def explain(self) -> str:
        return f"at most {self.argument} items"


class Bits(Qualifier):
    """Flags, each bit with a meaning of its own; the reference mostly prints it bare."""

    __slots__ = ()
    name: ClassVar[str] = "Bits"

    def __init__(self, flags: tuple[str, ...] = ()) -> None:
        """Take names of flags, each with its bit: `DANGLING_REF(0)`."""
        super().__init__(flags or None)

    def explain(self) -> str:
        return "flags" + (f": {', '.join(self.argument)}" if self.argument else "")


class ResID(Qualifier):
    """Number of a localised name; the reference says that it is not used."""

    __slots__ = ()
    name: ClassVar[str] = "ResID"

    def __init__(self, number: int) -> None:
        super().__init__(number)

    def explain(self) -> str:
        return f"resource {self.argument}"


class ResDLL(Qualifier):
    """Library of a localised name; the reference says that it is not used."""

    __slots__ = ()
    name: ClassVar[str] = "ResDLL"

    def __init__(self, library: str) -> None:
        super().__init__(library)

    def explain(self) -> str:
        return f"resources in {self.argument}"


@attrs.frozen(repr=False)
class _NotNull(Qualifier):
    """The property must have a value; an empty string is a value."""

    name: ClassVar[str] = "not_null"
    to_instance: bool = False
    """True for the flavour that instances carry too; both are read alike."""

    def __str__(self) -> str:
        return f"{self.name}:ToInstance" if self.to_instance else self.name

    def explain(self) -> str:
        return "must have a value (an empty string is one)"


class VariableName(Qualifier):
    """The task sequence variable that carries the property, without the class's prefix."""

    __slots__ = ()
    name: ClassVar[str] = "VariableName"

    def __init__(self, variable: str) -> None:
        super().__init__(variable)

    def explain(self) -> str:
        return f"variable {self.argument}"


class CommandLineArg(Qualifier):
    """The property fills %n of the class's CommandLine; its variable is hidden."""

    __slots__ = ()
    name: ClassVar[str] = "CommandLineArg"

    def __init__(self, position: int) -> None:
        super().__init__(position)

    def explain(self) -> str:
        return f"argument {self.argument} of the command line"


class RequiredIfNull(Qualifier):
    """The property must have a value when the named one has none."""

    __slots__ = ()
    name: ClassVar[str] = "RequiredIfNull"

    def __init__(self, other: str) -> None:
        super().__init__(other)

    def explain(self) -> str:
        return f"needed when {self.argument} has no value"


class RequiredIfNotNull(Qualifier):
    """The property must have a value when the named one has a value."""

    __slots__ = ()
    name: ClassVar[str] = "RequiredIfNotNull"

    def __init__(self, other: str) -> None:
        super().__init__(other)

    def explain(self) -> str:
        return f"needed when {self.argument} has a value"


class TaskSequencePackage(Qualifier):
    """The value is a package ID and belongs in the reference list ("image": an image package)."""

    __slots__ = ()
    name: ClassVar[str] = "TaskSequencePackage"

    def __init__(self, kind: str | None = None) -> None:
        super().__init__(kind)

    def explain(self) -> str:
        return "ID of an image package" if self.argument == "image" else "ID of a package"


class TaskSequenceProgram(Qualifier):
    """The value is a program of the package that the named property holds."""

    __slots__ = ()
    name: ClassVar[str] = "TaskSequenceProgram"

    def __init__(self, package_property: str) -> None:
        super().__init__(package_property)

    def explain(self) -> str:
        return f"program of the package in {self.argument}"


@attrs.frozen(repr=False)
class _Flag(Qualifier):
    """A qualifier that is only there or not."""

    flag: str = attrs.field(kw_only=True)
    meaning: str = attrs.field(kw_only=True)

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.flag

    def explain(self) -> str:
        return self.meaning


def _flag(name: str, meaning: str) -> Qualifier:
    return _Flag(flag=name, meaning=meaning)


read = _flag("read", "read only: a site sets it, nobody assigns it")
lazy = _flag("lazy", "filled only when one object is read, empty in queries")
key = _flag("key", "part of the object's identity")
large = _flag("large", "may be bulky")
unique = _flag("unique", "no other object has the same value")
bits = Bits()
enumeration = _flag("Enumeration", "one of a list of values")
not_null = _NotNull()
not_null_to_instance = _NotNull(to_instance=True)
secret = _flag("Secret", "password: never shown, cleared when a site exports")
quasi_secret = _flag("QuasiSecret", "product key: never shown, cleared when a site exports")
global_ = _flag("Global", "also written to the sequence's global variables")
retry_count = _flag("RetryCount", "feeds the step's retryCount")
run_from_net = _flag("RunFromNet", "feeds the step's runFromNet")
success_codes = _flag("SuccessCodes", "feeds the step's successCodeList")
require_r2 = _flag("RequireR2", "needs Configuration Manager 2007 R2 or later")
task_sequence_package_list = _flag(
    "TaskSequencePackageList", "package IDs joined by commas, in the reference list"
)
task_sequence_application = _flag(
    "TaskSequenceApplication", "model name of an application, in the reference list"
)


class _ClassText(Qualifier):
    """A class qualifier with one text as its argument."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)


class CommandLine(_ClassText):
    """Class qualifier: the command that the step runs on the device, with %n for arguments."""

    __slots__ = ()
    name: ClassVar[str] = "CommandLine"

    def explain(self) -> str:
        return f"runs {self.argument}"


class VariablePrefix(_ClassText):
    """Class qualifier: a property's variable is this prefix and the property's name."""

    __slots__ = ()
    name: ClassVar[str] = "VariablePrefix"

    def explain(self) -> str:
        return f"variables start with {self.argument}"


class ActionCategory(_ClassText):
    """Class qualifier: the step's menu in the editor, its place there, and the menu's place."""

    __slots__ = ()
    name: ClassVar[str] = "ActionCategory"

    def explain(self) -> str:
        menu, place, menu_place = self.argument.split(",")
        return f"place {place} in the editor's menu {menu}, which is number {menu_place}"


class SequenceCategory(_ClassText):
    """Class qualifier: a sequence with such a step is of this kind ("OSD")."""

    __slots__ = ()
    name: ClassVar[str] = "SequenceCategory"

    def explain(self) -> str:
        return f"makes the sequence one of category {self.argument}"


class Icon(_ClassText):
    """Class qualifier: the icon of the class in the console."""

    __slots__ = ()
    name: ClassVar[str] = "Icon"

    def explain(self) -> str:
        return f"icon {self.argument}"


class Provider(_ClassText):
    """Class qualifier: the WMI provider that makes the class's objects."""

    __slots__ = ()
    name: ClassVar[str] = "Provider"

    def explain(self) -> str:
        return f"served by {self.argument}"


class ActionUI(Qualifier):
    """Class qualifier: the console's control for the step: library, namespace, controls."""

    __slots__ = ()
    name: ClassVar[str] = "ActionUI"

    def __init__(self, control: str) -> None:
        """Take the step's own control; library, namespace and options control are shared."""
        super().__init__(
            (
                "AdminUI.TaskSequenceEditor.dll",
                "Microsoft.ConfigurationManagement.AdminConsole.TaskSequenceEditor",
                control,
                "TaskSequenceOptionControl",
            )
        )

    def explain(self) -> str:
        return f"edited in {self.argument[2]} of the console"


abstract = _flag("Abstract", "has no objects of its own")
dynamic = _flag("Dynamic", "its objects are made when they are asked for")
embedded = _flag("Embedded", "its objects live inside others")
secured = _flag("Secured", "needs rights on each object")
class_read = _flag("Read", "its objects are only read")


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
    meaning: str = attrs.field(default="", kw_only=True)

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
