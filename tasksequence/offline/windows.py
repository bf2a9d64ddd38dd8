"""A Windows volume as a source of facts for conditions: files, registry, installed software."""

from __future__ import annotations

import re
from pathlib import Path

from tasksequence.offline.registry_hives import RegistryHives
from tasksequence.offline.volume_files import VolumeFiles
from tasksequence.plan.facts import (
    FileFact,
    OperatingSystem,
    RegistryFact,
    SoftwareFact,
    windows_path,
)

__all__ = ["OfflineWindows"]

_CURRENT = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
_UNINSTALL = (
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
    r"HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
)
_UPGRADES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes"
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_LARGEST_PROGRAM = 64 << 20
_ARCHITECTURES = {"amd64": "64-bit", "arm64": "ARM 64-bit Processor", "x86": "32-bit"}
_PRODUCT_TYPES = {"winnt": 1, "lanmannt": 2, "servernt": 3}


class OfflineWindows:
    """Answers for one NTFS volume, which is not mounted, under one drive letter.

    Raises `VolumeError` for what is no readable NTFS volume.
    """

    def __init__(self, path: Path | str, *, drive: str = "C:") -> None:
        self._files = VolumeFiles(path)
        self._hives = RegistryHives(self._files)
        self._drive = drive.casefold()
        self._software: tuple[SoftwareFact, ...] | None = None

    def close(self) -> None:
        """Close the volume."""
        self._files.close()

    @property
    def name(self) -> str:
        """The path of the volume."""
        return str(self._files.path)

    def file(self, path: str) -> FileFact | None:
        """Return what the volume has at a path of its drive; None for other drives."""
        return self._look(path, folder=False)

    def folder(self, path: str) -> FileFact | None:
        """Return what the volume has at a path of its drive; None for other drives."""
        return self._look(path, folder=True)

    def registry_value(self, key: str, value: str) -> RegistryFact | None:
        """Return a value of HKEY_LOCAL_MACHINE; None for other roots, and without Windows."""
        return self._hives.value(key, value)

    def software(self) -> tuple[SoftwareFact, ...] | None:
        """Return the products that the Windows of the volume lists; None without Windows."""
        if not self._hives.is_there("SOFTWARE"):
            return None
        if self._software is None:
            self._software = tuple(self._products())
        return self._software

    def operating_system(self) -> OperatingSystem | None:
        """Return what Windows the volume holds; None for none."""
        if not self._hives.is_there("SOFTWARE"):
            return None
        current = self._hives.values(_CURRENT)
        major, minor = current.get("currentmajorversionnumber"), "0"
        if major is not None:
            minor = current.get("currentminorversionnumber", "0")
            version = f"{major}.{minor}"
        else:
            version = current.get("currentversion", "")
        build = current.get("currentbuild") or current.get("currentbuildnumber")
        control = r"HKLM\SYSTEM\CurrentControlSet\Control"
        kind = self._hives.values(rf"{control}\ProductOptions").get("producttype", "")
        cpu = self._hives.values(rf"{control}\Session Manager\Environment").get(
            "processor_architecture", ""
        )
        language = self._hives.values(rf"{control}\Nls\Language").get("installlanguage", "")
        return OperatingSystem(
            version=f"{version}.{build}" if version and build else version or None,
            architecture=_ARCHITECTURES.get(cpu.casefold()),
            product_type=_PRODUCT_TYPES.get(kind.casefold()),
            language=int(language, 16) if re.fullmatch("[0-9A-Fa-f]{4}", language) else None,
        )

    def _look(self, path: str, *, folder: bool) -> FileFact | None:
        drive, _, rest = windows_path(path).partition("\\")
        if drive != self._drive:
            return None
        found = self._files.find(rest)
        if found is None or found.is_folder is not folder:
            return FileFact(exists=False)
        version = None
        if not folder and rest.endswith((".exe", ".dll", ".sys", ".ocx", ".cpl", ".mui")):
            content = self._files.content(found, _LARGEST_PROGRAM)
            version = None if content is None else program_version(content)
        return FileFact(version=version, modified=self._files.modified(found))

    def _products(self) -> list[SoftwareFact]:
        upgrades = {}
        for packed in self._hives.subkeys(_UPGRADES):
            for product in self._hives.values(rf"{_UPGRADES}\{packed}"):
                upgrades[unpacked_guid(product)] = unpacked_guid(packed)
        found = []
        for root in _UNINSTALL:
            for name in self._hives.subkeys(root):
                values = self._hives.values(rf"{root}\{name}")
                code = name.upper() if _GUID.fullmatch(name) else None
                found.append(
                    SoftwareFact(
                        product_code=code or "",
                        upgrade_code=upgrades.get(code or "", ""),
                        name=values.get("displayname"),
                        version=values.get("displayversion"),
                    )
                )
        return found


def unpacked_guid(packed: str) -> str:
    """Return a GUID in the form with braces from Windows Installer's packed one."""
    plain = packed.upper()
    if len(plain) != 32:
        return plain
    head = [plain[0:8][::-1], plain[8:12][::-1], plain[12:16][::-1]]
    tail = "".join(plain[at : at + 2][::-1] for at in range(16, 32, 2))
    return f"{{{'-'.join([*head, tail[:4], tail[4:]])}}}"


def program_version(content: bytes) -> str | None:
    """Return the file version of a program (PE), or None where it has none that can be read."""
    import pefile

    try:
        program = pefile.PE(data=content, fast_load=True)
        program.parse_data_directories(
            directories=[pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_RESOURCE"]]
        )
        (fixed, *_) = program.VS_FIXEDFILEINFO
    except (pefile.PEFormatError, AttributeError, ValueError):
        return None
    high, low = fixed.FileVersionMS, fixed.FileVersionLS
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"
