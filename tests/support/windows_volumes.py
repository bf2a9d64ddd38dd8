"""Small NTFS volumes with the registry and files of a Windows that is ready for capture, or not."""

from __future__ import annotations

from pathlib import Path

from tests.support.hive import Data, build_hive
from tests.support.volumes import make_volume

__all__ = ["DOMAIN_SID", "windows_volume"]

_CONFIG = "Windows/System32/config"
DOMAIN_SID = bytes.fromhex("010400000000000515000000") + bytes(range(12))


def windows_volume(
    path: Path,
    *,
    image_state: str | None = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE",
    domain_sid: bytes = b"",
    dns_domain: str = "",
    client: bool = False,
    files: dict[str, bytes] | None = None,
    software: dict[str, dict[str, Data]] | None = None,
) -> Path:
    """Make a volume; by default it is generalised, in a workgroup, without a client."""
    state: dict[str, Data] = {} if image_state is None else {"ImageState": image_state}
    control = r"ControlSet002\Control"
    system: dict[str, dict[str, Data]] = {
        "Select": {"Current": 2},
        rf"{control}\ProductOptions": {"ProductType": "WinNT"},
        rf"{control}\Session Manager\Environment": {"PROCESSOR_ARCHITECTURE": "AMD64"},
        rf"{control}\Nls\Language": {"InstallLanguage": "0407"},
        r"ControlSet002\Services\Tcpip\Parameters": {"Domain": dns_domain},
    }
    if client:
        system[r"ControlSet002\Services\CcmExec"] = {"Start": 2}
    content = {
        f"{_CONFIG}/SYSTEM": build_hive(system, "SYSTEM"),
        f"{_CONFIG}/SOFTWARE": build_hive(
            {
                r"Microsoft\Windows\CurrentVersion\Setup\State": state,
                r"Microsoft\Windows NT\CurrentVersion": {
                    "CurrentMajorVersionNumber": 10,
                    "CurrentMinorVersionNumber": 0,
                    "CurrentBuild": "22631",
                },
                **(software or {}),
            }
        ),
        f"{_CONFIG}/SECURITY": build_hive({r"Policy\PolPrDmS": {"": domain_sid}}, "SECURITY"),
        "bootmgr": b"boot",
    }
    return make_volume(path, {**content, **(files or {})})
