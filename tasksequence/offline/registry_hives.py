"""Values of a Windows registry, read by regipy from the hive files of a volume.

A hive is held in memory alone: SECURITY and SAM hold secrets, which belong into no temporary file.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from typing import Any

from tasksequence.errors import VolumeError
from tasksequence.offline.volume_files import VolumeFiles
from tasksequence.plan.facts import RegistryFact, registry_key

__all__ = ["RegistryHives"]

_CONFIG = "Windows\\System32\\config"
_LARGEST = 1 << 30
_MACHINE = "hkey_local_machine"
_HIVES = {"software": "SOFTWARE", "system": "SYSTEM", "security": "SECURITY", "sam": "SAM"}
# Named as the conditions' editor names them.
_TYPES = {"REG_EXPAND": "REG_EXPAND_SZ"}


class RegistryHives:
    """The HKEY_LOCAL_MACHINE of a Windows that is not running."""

    def __init__(self, files: VolumeFiles) -> None:
        self._files = files
        self._hives: dict[str, Any] = {}
        self._control_set: str | None = None

    def is_there(self, name: str) -> bool:
        """Tell whether the volume has this hive (SOFTWARE, SYSTEM, SECURITY, SAM)."""
        return self._files.find(f"{_CONFIG}\\{name}") is not None

    def answers_for(self, key: str) -> bool:
        """Tell whether a key lies in one of these hives, whether or not it exists."""
        parts = registry_key(key).split("\\")
        return len(parts) > 1 and parts[0] == _MACHINE and parts[1] in _HIVES

    def value(self, key: str, name: str) -> RegistryFact | None:
        """Return a value; None where this registry does not answer for the key.

        Raises `VolumeError` for a hive that cannot be read.
        """
        if not self.answers_for(key) or not self.is_there(_HIVES[registry_key(key).split("\\")[1]]):
            return None
        found = self._key(key)
        if found is None:
            return RegistryFact(exists=False)
        wanted = name.casefold()
        for value in self._values(found):
            own = "" if value.name == "(default)" else value.name.casefold()
            if own == ("" if wanted == "(default)" else wanted):
                kind = str(value.value_type)
                return RegistryFact(data=_text(value.value), type=_TYPES.get(kind, kind))
        return RegistryFact(exists=False)

    def values(self, key: str) -> dict[str, str]:
        """Return a key's values as text, by folded name; empty where it does not exist."""
        found = self._key(key) if self.answers_for(key) else None
        if found is None:
            return {}
        return {
            "" if value.name == "(default)" else value.name.casefold(): _text(value.value)
            for value in self._values(found)
        }

    def subkeys(self, key: str) -> list[str]:
        """Return the names of a key's subkeys; empty where it does not exist."""
        found = self._key(key) if self.answers_for(key) else None
        if found is None:
            return []
        return [str(one.name) for one in self._read(lambda: list(found.iter_subkeys()))]

    def _key(self, key: str) -> Any:
        from regipy.exceptions import RegistryKeyNotFoundException

        _, hive_name, *parts = registry_key(key).split("\\")
        hive = self._hive(_HIVES[hive_name])
        if hive is None:
            return None
        if hive_name == "system" and parts[:1] == ["currentcontrolset"]:
            parts[0] = self._current_control_set(hive)
        if not parts:
            return hive.root

        def look() -> Any:
            try:
                return hive.get_key("\\" + "\\".join(parts))
            except RegistryKeyNotFoundException:
                return None

        return self._read(look)

    def _current_control_set(self, hive: Any) -> str:
        if self._control_set is None:
            number = 1
            select = self._read(lambda: hive.root.get_subkey("Select", raise_on_missing=False))
            if select is not None:
                for value in self._values(select):
                    if value.name.casefold() == "current" and isinstance(value.value, int):
                        number = value.value
            self._control_set = f"ControlSet{number:03d}"
        return self._control_set

    def _values(self, key: Any) -> Iterator[Any]:
        found: list[Any] = self._read(lambda: list(key.iter_values(trim_values=False)))
        return iter(found)

    def _hive(self, name: str) -> Any:
        if name not in self._hives:
            self._hives[name] = self._opened(name)
        return self._hives[name]

    def _opened(self, name: str) -> Any:
        from regipy.registry import RegistryHive

        # What regipy would log of damaged hives comes as errors of this library.
        logging.getLogger("regipy").setLevel(logging.CRITICAL)
        found = self._files.find(f"{_CONFIG}\\{name}")
        if found is None:
            return None
        content = self._files.content(found, _LARGEST)
        if content is None:
            raise VolumeError(
                f"the registry file {name} is compressed or encrypted",
                where=str(self._files.path),
                hint="Uncompress it on Windows: compact /u C:\\Windows\\System32\\config\\*.",
            )
        descriptor = os.memfd_create(f"tasksequence-{name}", os.MFD_CLOEXEC)
        try:
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(content)
            untyped: Any = RegistryHive
            return self._read(lambda: untyped(f"/proc/self/fd/{descriptor}"))
        finally:
            os.close(descriptor)

    def _read(self, look: Any) -> Any:
        """Read from a hive; whatever a damaged one makes regipy raise becomes a `VolumeError`."""
        try:
            return look()
        except VolumeError:
            raise
        except Exception as error:  # construct raises its own kinds for every oddity
            raise VolumeError(
                f"the registry of this volume cannot be read ({type(error).__name__})",
                where=str(self._files.path),
                hint="Check the volume with `chkdsk /f` on Windows, or copy the image again.",
            ) from None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value).rstrip("\0")
