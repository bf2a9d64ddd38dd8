"""Facts read from a TOML or JSON file."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tasksequence.errors import PlanError
from tasksequence.plan.facts import (
    Facts,
    FileFact,
    OperatingSystem,
    RegistryFact,
    SoftwareFact,
)

__all__ = ["facts_from", "load_facts"]

_KEYS = (
    "assume",
    "closed",
    "collection",
    "device",
    "files",
    "folders",
    "in",
    "operating_system",
    "registry",
    "software",
    "variables",
    "wmi",
)
_MOST_BITS = 128
"""Of a whole number; Windows knows none with more."""
_PLACES = {"winpe": True, "fullos": False}


def load_facts(path: Path | str) -> Facts:
    """Read facts from a file: JSON where its name ends so, else TOML.

    Raises `PlanError` for a file that cannot be read, for keys that no facts have (the nearest
    is named), and for values of the wrong kind.
    """
    where = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise PlanError(
            f"the facts cannot be read: {said}", where=where, hint="Check the path."
        ) from None
    try:
        data = _from_json(text) if where.lower().endswith(".json") else tomllib.loads(text)
    except PlanError as error:
        raise PlanError(error.problem, where=where, hint=error.hint) from None
    except (ValueError, RecursionError) as error:
        known = (json.JSONDecodeError, tomllib.TOMLDecodeError, RecursionError)
        said = str(error) if isinstance(error, known) else "a number in it is too long"
        # Neither decoder repeats the text, which may hold a password.
        raise PlanError(
            f"the facts are no {'JSON' if where.lower().endswith('.json') else 'TOML'}: {said}",
            where=where,
            hint="Correct that place; docs/plan.md shows the form.",
        ) from None
    return facts_from(data, where=where)


def _from_json(text: str) -> object:
    data = json.loads(text, object_pairs_hook=_once)
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise PlanError(
            "the facts hold half a character (a lone surrogate)",
            hint="Look for \\ud8.. to \\udf.. in the file.",
        ) from None
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PlanError(f"the key {twice!r} is given twice", hint="Keep one of them.")
    return found


def facts_from(data: object, *, where: str | None = None) -> Facts:
    """Turn the content of a facts file into `Facts`; raises `PlanError`."""
    return _Reader(where).facts(data)


class _Reader:
    """Checks each value and names its place in the file."""

    def __init__(self, where: str | None) -> None:
        self._where = where

    def facts(self, data: object) -> Facts:
        given = self._table(data, "", _KEYS)
        try:
            return Facts(
                variables=self._variables(given, "variables"),
                collection=self._variables(given, "collection"),
                device=self._variables(given, "device"),
                in_winpe=self._place(given.get("in")),
                files=self._named(given, "files", self._file),
                folders=self._named(given, "folders", self._file),
                registry={
                    key: self._named({key: values}, key, self._registry)
                    for key, values in self._any(given.get("registry", {}), "registry").items()
                },
                wmi=self._wmi(given.get("wmi", {})),
                software=self._software(given.get("software")),
                operating_system=self._system(given.get("operating_system")),
                assumed={
                    name: self._boolean(value, f"assume.{name}")
                    for name, value in self._any(given.get("assume", {}), "assume").items()
                },
                closed=self._boolean(given.get("closed", False), "closed"),
            )
        except PlanError as error:
            if error.where is not None or self._where is None:
                raise
            raise PlanError(error.problem, where=self._where, hint=error.hint) from None

    def _wrong(self, key: str, problem: str, hint: str | None = None) -> PlanError:
        return PlanError(f"{key or 'the whole'} {problem}", where=self._where, hint=hint)

    def _any(self, data: object, key: str) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            raise self._wrong(key, f"is {_kind(data)}; a table is needed")
        return data

    def _table(self, data: object, key: str, keys: Iterable[str]) -> Mapping[str, Any]:
        known = tuple(keys)
        for name in self._any(data, key):
            if name not in known:
                near = difflib.get_close_matches(name.casefold(), known, 1)
                place = f" in {key}" if key else ""
                raise PlanError(
                    f"there is no key {name!r}{place}",
                    where=self._where,
                    hint=f"Did you mean {near[0]!r}?" if near else f"There is {', '.join(known)}.",
                )
        return self._any(data, key)

    def _boolean(self, value: object, key: str) -> bool:
        if not isinstance(value, bool):
            raise self._wrong(key, f"is {_kind(value)}; true or false is needed")
        return value

    def _text(self, value: object, key: str) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if isinstance(value, int) and value.bit_length() > _MOST_BITS:
                raise self._wrong(key, "is a number that is too long")
            return str(value)
        raise self._wrong(key, f"is {_kind(value)}; text is needed")

    def _number(self, value: object, key: str) -> int | None:
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self._wrong(key, f"is {_kind(value)}; a whole number is needed")

    def _place(self, value: object) -> bool | None:
        if value is None:
            return None
        word = str(value).casefold().replace(" ", "")
        if word not in _PLACES:
            raise self._wrong("in", "is neither winpe nor fullos")
        return _PLACES[word]

    def _variables(self, given: Mapping[str, Any], key: str) -> dict[str, str]:
        found = {}
        for name, value in self._any(given.get(key, {}), key).items():
            if isinstance(value, bool):
                found[name] = "true" if value else "false"
            else:
                text = self._text(value, f"{key}.{name}")
                found[name] = "" if text is None else text
        return found

    def _named(
        self, given: Mapping[str, Any], key: str, read: Callable[[object, str], Any]
    ) -> dict[str, Any]:
        return {
            name: read(value, f"{key}.{name}")
            for name, value in self._any(given.get(key, {}), key).items()
        }

    def _file(self, value: object, key: str) -> FileFact:
        if isinstance(value, bool):
            return FileFact(exists=value)
        table = self._table(value, key, ("exists", "version", "modified"))
        return FileFact(
            exists=self._boolean(table.get("exists", True), f"{key}.exists"),
            version=self._text(table.get("version"), f"{key}.version"),
            modified=self._time(table.get("modified"), f"{key}.modified"),
        )

    def _time(self, value: object, key: str) -> datetime | None:
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise self._wrong(key, "is no time, as 2026-01-31T12:00:00") from None
        if isinstance(value, datetime):
            return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        if value is None:
            return None
        raise self._wrong(key, f"is {_kind(value)}; a time is needed, as 2026-01-31T12:00:00")

    def _registry(self, value: object, key: str) -> RegistryFact:
        if isinstance(value, bool):
            return RegistryFact(exists=value)
        if isinstance(value, Mapping):
            table = self._table(value, key, ("exists", "data", "type"))
            return RegistryFact(
                exists=self._boolean(table.get("exists", True), f"{key}.exists"),
                data=self._text(table.get("data"), f"{key}.data"),
                type=self._text(table.get("type"), f"{key}.type"),
            )
        if isinstance(value, list):
            # As the hives are read: the texts of a REG_MULTI_SZ with commas between them.
            texts = [self._text(one, f"{key}[{at}]") or "" for at, one in enumerate(value)]
            return RegistryFact(data=",".join(texts), type="REG_MULTI_SZ")
        return RegistryFact(
            data=self._text(value, key), type="REG_DWORD" if isinstance(value, int) else None
        )

    def _wmi(self, value: object) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, content in self._any(value, "wmi").items():
            if isinstance(content, Mapping):
                found[name] = {cls: self._rows(r, f"wmi.{cls}") for cls, r in content.items()}
            else:
                found[name] = self._rows(content, f"wmi.{name}")
        return found

    def _rows(self, value: object, key: str) -> list[Mapping[str, Any]]:
        if not isinstance(value, list):
            raise self._wrong(key, f"is {_kind(value)}; a list of rows is needed, [] for none")
        return [self._any(row, f"{key}[{at}]") for at, row in enumerate(value)]

    def _software(self, value: object) -> list[SoftwareFact] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            raise self._wrong("software", f"is {_kind(value)}; a list of products is needed")
        found = []
        for at, item in enumerate(value):
            key = f"software[{at}]"
            table = self._table(item, key, ("product_code", "upgrade_code", "name", "version"))
            found.append(SoftwareFact(**{n: self._text(v, f"{key}.{n}") for n, v in table.items()}))
        return found

    def _system(self, value: object) -> OperatingSystem | None:
        if value is None:
            return None
        key = "operating_system"
        table = self._table(value, key, ("version", "architecture", "product_type", "language"))
        return OperatingSystem(
            version=self._text(table.get("version"), f"{key}.version"),
            architecture=self._text(table.get("architecture"), f"{key}.architecture"),
            product_type=self._number(table.get("product_type"), f"{key}.product_type"),
            language=self._number(table.get("language"), f"{key}.language"),
        )


def _kind(value: object) -> str:
    names = {dict: "a table", list: "a list", str: "text", bool: "a boolean"}
    if value is None:
        return "null"
    return names.get(type(value), "a number" if isinstance(value, (int, float)) else "a time")
