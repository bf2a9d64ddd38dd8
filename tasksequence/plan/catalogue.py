"""The built-in variables: what each is, who reads and sets it."""

from __future__ import annotations

import difflib
import json
import re
from functools import cache
from importlib.resources import files

import attrs

from tasksequence.model.classes import registry
from tasksequence.wmi import properties_of

__all__ = [
    "BuiltInVariable",
    "built_in_variables",
    "is_built_in",
    "nearest_variables",
    "outputs_of",
    "variable_named",
]


@attrs.frozen(kw_only=True)
class BuiltInVariable:
    """A variable that the engine or one of its steps knows."""

    name: str
    what: str
    """What it is, in a sentence."""
    direction: str
    """read-only, built-in (may be set), input, output or input/output of its steps."""
    steps: tuple[str, ...] = ()
    """The steps that read it, or set it where it is an output, by their names in the editor."""
    default: str | None = None
    values: tuple[str, ...] = ()
    """Valid values; empty where any will do, or where none are documented."""
    carries: tuple[str, ...] = ()
    """The properties that it carries, as SMS_TaskSequence_RebootAction.Message."""
    since: str | None = None
    """The version of ConfigMgr that brought it, where that is known."""
    secret: bool = False
    deprecated: bool = False

    @property
    def read_only(self) -> bool:
        """True where the engine alone sets it."""
        return self.direction == "read-only"


@cache
def built_in_variables() -> tuple[BuiltInVariable, ...]:
    """Return all built-in variables, by name."""
    text = files("tasksequence.plan").joinpath("catalogue.json").read_text(encoding="utf-8")
    found = []
    for name, known in json.loads(text).items():
        carried = tuple(known.get("properties", ()))
        what = known.get("what")
        if what is None:
            _, _, own = carried[0].partition(".")
            steps = ", ".join(known.get("steps", ()))
            what = f"{_spaced(own)}: a setting of {steps or 'a step'}."
        found.append(
            BuiltInVariable(
                name=name,
                what=what,
                direction=known["direction"],
                steps=tuple(known.get("steps", ())),
                default=known.get("default"),
                values=tuple(known.get("values", ())) or _values_of(carried),
                carries=carried,
                since=known.get("since"),
                secret=known.get("secret", False),
                deprecated=known.get("deprecated", False),
            )
        )
    return tuple(found)


@cache
def _by_folded_name() -> dict[str, BuiltInVariable]:
    return {known.name.casefold(): known for known in built_in_variables()}


_MEMBER = re.compile(r"(osdadapter|osdpartitions|osdpackage)(\d+)(\D.*)")


def variable_named(name: str) -> BuiltInVariable | None:
    """Return what is known of a variable; the members of arrays are found by any index."""
    folded = name.casefold()
    known = _by_folded_name().get(folded)
    if known is not None:
        return known
    member = _MEMBER.fullmatch(folded)
    if member is None:
        return None
    first = _by_folded_name().get(f"{member[1]}0{member[3]}")
    return None if first is None else attrs.evolve(first, name=name)


def is_built_in(name: str) -> bool:
    """Tell whether a name is the engine's own, or one that only facts may set."""
    return name.startswith("_") or variable_named(name) is not None


def nearest_variables(name: str) -> list[str]:
    """Return names that are close to one that is not known."""
    names = {folded: known.name for folded, known in _by_folded_name().items()}
    return [names[near] for near in difflib.get_close_matches(name.casefold(), names, 3)]


def outputs_of(step: str) -> tuple[str, ...]:
    """Return the variables that a step sets by itself; the step by its name in the editor."""
    return _OUTPUTS.get(step, ())


# Outputs by the steps pages; the directions of the reference do not tell which step is which side.
_OUTPUTS = {
    "Capture Windows Settings": ("OSDComputerName", "OSDRegisteredOrgName", "OSDTimeZone"),
    "Prepare Windows for Capture": ("OSDTargetSystemRoot",),
    "Apply Operating System Image": ("OSDTargetSystemDrive",),
    "Upgrade Operating System": ("_SMSTSOSUpgradeActionReturnCode",),
    "Request State Store": ("OSDStateStorePath",),
    "Check Readiness": (
        "_TS_CRMEMORY", "_TS_CRSPEED", "_TS_CRDISK", "_TS_CROSTYPE", "_TS_CRARCH",
        "_TS_CRMINOSVER", "_TS_CRMAXOSVER", "_TS_CRCLIENTMINVER", "_TS_CROSLANGUAGE",
        "_TS_CRACPOWER", "_TS_CRNETWORK", "_TS_CRWIRED",
    ),
}  # fmt: skip


def _values_of(carried: tuple[str, ...]) -> tuple[str, ...]:
    if not carried:
        return ()
    wmi_class, _, name = carried[0].partition(".")
    cls = registry.get(wmi_class)
    if cls is None:
        return ()
    for known in properties_of(cls):
        if known.name == name:
            return ("true", "false") if known.is_boolean else known.values
    return ()


def _spaced(name: str) -> str:
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    first, *rest = text.split(" ")
    return " ".join([first, *(w if w.isupper() else w.lower() for w in rest)])
