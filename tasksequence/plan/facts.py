"""What is known of a machine: variables, files, registry, software and WMI rows.

Facts are *open* by default: what was not given is not known. Closed facts say that all there is
was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

import attrs

from tasksequence.errors import PlanError
from tasksequence.plan.variables import Variables, check_variable, is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = [
    "FactSource",
    "Facts",
    "FileFact",
    "OperatingSystem",
    "RegistryFact",
    "SoftwareFact",
    "WmiRow",
    "registry_key",
    "windows_path",
]

IN_WINPE = "_SMSTSInWinPE"
CIMV2 = "root\\cimv2"

WmiRow = Mapping[str, Any]
"""Property names and values of one WMI object: text, numbers, booleans, lists of them, or None."""

_HIVES = {
    "hklm": "hkey_local_machine",
    "hkcu": "hkey_current_user",
    "hkcr": "hkey_classes_root",
    "hku": "hkey_users",
    "hkcc": "hkey_current_config",
}


def windows_path(path: str) -> str:
    """Return a Windows path in the one spelling that facts are kept under."""
    plain = path.strip().strip('"').replace("/", "\\").casefold()
    head = "\\\\" if plain.startswith("\\\\") else ""
    return head + "\\".join(part for part in plain.split("\\") if part)


def registry_key(path: str) -> str:
    """Return a registry key in the one spelling that facts are kept under (HKLM is written out)."""
    parts = [part for part in path.strip().casefold().replace("/", "\\").split("\\") if part]
    if parts:
        parts[0] = _HIVES.get(parts[0].rstrip(":"), parts[0].rstrip(":"))
    return "\\".join(parts)


@attrs.frozen(kw_only=True)
class FileFact:
    """What is known of a file or folder."""

    exists: bool = True
    version: str | None = None
    """The file version, as 10.0.22621.1; None where it is not known."""
    modified: datetime | None = None
    """When it was changed last; None where that is not known."""


@attrs.frozen(kw_only=True)
class RegistryFact:
    """What is known of a registry value."""

    exists: bool = True
    data: str | None = None
    """Its data as text, numbers in decimal; None where only its existence is known."""
    type: str | None = None
    """REG_SZ, REG_DWORD, …; None where that is not known."""


@attrs.frozen(kw_only=True)
class SoftwareFact:
    """One installed product (Windows Installer)."""

    product_code: str | None = None
    upgrade_code: str | None = None
    name: str | None = None
    version: str | None = None


@attrs.frozen(kw_only=True)
class OperatingSystem:
    """The running Windows, as Win32_OperatingSystem tells of it; None is not known."""

    version: str | None = None
    """As 10.0.22631."""
    architecture: str | None = None
    """As `64-bit`."""
    product_type: int | None = None
    """1 workstation, 2 domain controller, 3 server."""
    language: int | None = None
    """The language as a number, as 1033 (OSLanguage)."""

    def row(self) -> WmiRow:
        """Return the properties that are known, as a row of Win32_OperatingSystem."""
        found: dict[str, Any] = {"OSType": 18}
        if self.version is not None:
            found["Version"] = self.version
            parts = self.version.split(".")
            if len(parts) > 2:
                found["BuildNumber"] = parts[2]
        if self.architecture is not None:
            found["OSArchitecture"] = self.architecture
        if self.product_type is not None:
            found["ProductType"] = self.product_type
        if self.language is not None:
            found["OSLanguage"] = self.language
        return found


class FactSource(Protocol):
    """A place that answers for facts, such as a Windows volume; None means: not known here."""

    @property
    def name(self) -> str:
        """What it is, for reasons."""

    def file(self, path: str) -> FileFact | None:
        """Return what is known of a file."""

    def folder(self, path: str) -> FileFact | None:
        """Return what is known of a folder."""

    def registry_value(self, key: str, value: str) -> RegistryFact | None:
        """Return what is known of a registry value."""

    def software(self) -> tuple[SoftwareFact, ...] | None:
        """Return all installed products."""

    def operating_system(self) -> OperatingSystem | None:
        """Return what Windows is installed."""


Values = Mapping[str, str | SecretText]


def _guarded(given: Values) -> dict[str, str | SecretText]:
    """Keep values of secret variables where no repr shows them."""
    return {
        name: SecretText(value) if isinstance(value, str) and is_secret_variable(name) else value
        for name, value in given.items()
    }


def _folded(given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {windows_path(path): fact for path, fact in (given or {}).items()}


def _registry(
    given: Mapping[str, Mapping[str, RegistryFact]] | None,
) -> dict[str, dict[str, RegistryFact]]:
    found: dict[str, dict[str, RegistryFact]] = {}
    for key, values in (given or {}).items():
        kept = found.setdefault(registry_key(key), {})
        kept.update({name.casefold(): fact for name, fact in values.items()})
    return found


def _wmi(
    given: Mapping[str, Any] | None,
) -> dict[str, dict[str, tuple[WmiRow, ...]]]:
    found: dict[str, dict[str, tuple[WmiRow, ...]]] = {}
    for name, value in (given or {}).items():
        # A class without its namespace is one of root\cimv2.
        classes = value if isinstance(value, Mapping) else {name: value}
        space = windows_path(name if isinstance(value, Mapping) else CIMV2)
        kept = found.setdefault(space, {})
        kept.update({cls.casefold(): tuple(rows) for cls, rows in classes.items()})
    return found


def _products(given: Iterable[SoftwareFact] | None) -> tuple[SoftwareFact, ...] | None:
    return None if given is None else tuple(given)


def _sources(given: Iterable[FactSource]) -> tuple[FactSource, ...]:
    return tuple(given)


def _folded_names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


@attrs.frozen(kw_only=True)
class Facts:
    """What is known before a sequence starts. See docs/plan.md for the file form.

    Raises `PlanError` for a name or value that no variable can have, for a collection or device
    variable with a read-only name, and for two words on where the machine is.
    """

    variables: Values = attrs.field(factory=dict, converter=_guarded)
    """Variables that are set at the start, by whatever means; a name with a leading `_` is a fact
    about the machine. An empty value: known not to exist."""
    collection: Values = attrs.field(factory=dict, converter=_guarded)
    """Variables of the device's collections; a device variable of the same name wins."""
    device: Values = attrs.field(factory=dict, converter=_guarded)
    """Variables of the device; one in `variables` wins."""
    in_winpe: bool | None = None
    """Where the machine is at the start: Windows PE, full Windows, or not known."""
    files: Mapping[str, FileFact] = attrs.field(factory=dict, converter=_folded)
    folders: Mapping[str, FileFact] = attrs.field(factory=dict, converter=_folded)
    registry: Mapping[str, Mapping[str, RegistryFact]] = attrs.field(
        factory=dict, converter=_registry
    )
    """Registry values by key and name; the default value has the empty name."""
    wmi: Mapping[str, Any] = attrs.field(factory=dict, converter=_wmi)
    """All rows of a WMI class: by namespace and class, or by class alone for root\\cimv2."""
    software: tuple[SoftwareFact, ...] | None = attrs.field(default=None, converter=_products)
    """All installed products; None where they are not known."""
    operating_system: OperatingSystem | None = None
    """The running Windows, for conditions on Win32_OperatingSystem."""
    sources: tuple[FactSource, ...] = attrs.field(factory=tuple, converter=_sources)
    """Where else to look, in this order."""
    assumed: Mapping[str, bool] = attrs.field(factory=dict)
    """Expressions that are taken as true or false where they are unknown, by their sentence."""
    closed: bool = False
    """True when all that was not given is absent."""
    pinned: frozenset[str] = attrs.field(default=frozenset(), converter=_folded_names)
    """Names of variables that no step changes: the person's word is the last."""

    def __attrs_post_init__(self) -> None:
        for layer, what in ((self.collection, "collection"), (self.device, "device")):
            for name in layer:
                if name.startswith("_"):
                    raise PlanError(
                        f"the {what} variable {name} has a leading _, and such names are read-only",
                        hint="Give it under variables, as a fact about the machine.",
                    )
            Variables(layer)
        told = Variables(self.variables)
        where = told.get(IN_WINPE)
        if where is not None and str(where).casefold() not in {"true", "false"}:
            raise PlanError(
                f"{IN_WINPE} is {where}, and it is true or false",
                hint="Give true for Windows PE, false for full Windows.",
            )
        if where is not None and self.in_winpe is not None:
            word = "true" if self.in_winpe else "false"
            if str(where).casefold() != word:
                raise PlanError(
                    f"{IN_WINPE} is {where}, and the machine is said to start in "
                    f"{'WinPE' if self.in_winpe else 'full Windows'}",
                    hint="Leave one of the two out.",
                )

    def starting_variables(self) -> dict[str, tuple[str, str | SecretText, str]]:
        """Return the variables at the start: name, value and source, by folded name."""
        found: dict[str, tuple[str, str | SecretText, str]] = {}
        layers = (
            (self.collection, "collection variable"),
            (self.device, "device variable"),
            (self.variables, "given"),
        )
        for layer, source in layers:
            known = Variables(layer)
            for name, value in known.items():
                found[name.casefold()] = (name, value, source)
            for folded in known.deleted:
                found[folded] = (folded, "", source)
        if self.in_winpe is not None:
            found[IN_WINPE.casefold()] = (IN_WINPE, "true" if self.in_winpe else "false", "given")
        return found

    def with_variables(self, values: Values) -> Facts:
        """Return these facts with more variables set; a name that was given before is replaced."""
        for name, value in values.items():
            check_variable(name, value)
        named = {name.casefold() for name in values}
        kept = {n: v for n, v in self.variables.items() if n.casefold() not in named}
        return attrs.evolve(self, variables={**kept, **values})

    def assuming(self, assumed: Mapping[str, bool]) -> Facts:
        """Return these facts with more assumptions, by the sentences of expressions."""
        return attrs.evolve(self, assumed={**self.assumed, **assumed})

    def with_sources(self, sources: Iterable[FactSource]) -> Facts:
        """Return these facts with more places to look in."""
        return attrs.evolve(self, sources=(*self.sources, *sources))
