"""The mirrored classes by their WMI names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tasksequence.wmi import WmiObject, check_declaration

__all__ = ["ClassRegistry"]


class ClassRegistry(Mapping[str, type[WmiObject]]):
    """The mirrored classes by WMI name; immutable, `extended` gives a larger one."""

    def __init__(self, classes: Iterable[type[WmiObject]]) -> None:
        self._by_name = {cls.wmi_name: cls for cls in classes}

    def extended(self, *classes: type[WmiObject]) -> ClassRegistry:
        """Return a registry that knows these classes too; a known name is replaced.

        Raises `TypeError` for a class whose declaration cannot work.
        """
        for cls in classes:
            check_declaration(cls)
        return ClassRegistry([*self._by_name.values(), *classes])

    def __getitem__(self, name: str) -> type[WmiObject]:
        try:
            return self._by_name[name]
        except KeyError:
            import difflib

            shortened = {known.rpartition("_")[2]: known for known in self._by_name}
            near = difflib.get_close_matches(str(name), [*self._by_name, *shortened], 1)
            hint = f"; did you mean {shortened.get(near[0], near[0])}?" if near else ""
            raise KeyError(f"no class is named {name}{hint}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def get(self, name: str, default: Any = None) -> Any:
        """Return the class of this name, or `default`."""
        return self._by_name.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __repr__(self) -> str:
        return f"ClassRegistry({len(self)} classes)"
