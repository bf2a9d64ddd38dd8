"""What state a Windows volume is in before it is captured, read from its own registry and files."""

from __future__ import annotations

import enum
import re
from pathlib import Path

import attrs

from tasksequence.errors import VolumeError
from tasksequence.offline.registry_hives import RegistryHives
from tasksequence.offline.volume_files import VolumeFiles

__all__ = ["Severity", "StateFinding", "capture_state"]

_STATE = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State"
_GENERALISED = frozenset(
    {"image_state_generalize_reseal_to_oobe", "image_state_generalize_reseal_to_audit"}
)
_DOMAIN_SID = r"HKLM\SECURITY\Policy\PolPrDmS"
_TCPIP = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
_CLIENT_SERVICE = r"HKLM\SYSTEM\CurrentControlSet\Services\CcmExec"
_CLIENT_IDENTITY = "Windows\\SMSCFG.INI"
_CLIENT_ID = re.compile(rb"^\s*SMS Unique Identifier\s*=\s*GUID:", re.IGNORECASE | re.MULTILINE)
_SYSPREP_LOG = "Windows\\System32\\Sysprep\\Panther\\setupact.log"
_GENERALIZE_OPTION = re.compile(rb"command line option '?\"?generalize", re.IGNORECASE)
_BOOT_FILES = ("bootmgr", "Boot\\BCD", "EFI\\Microsoft\\Boot\\BCD")
_SID_BYTES = 24
"""A SID with four sub-authorities, as that of a domain."""
_LARGEST_LOG = 16 << 20


class Severity(enum.Enum):
    """What follows from a finding."""

    REFUSE = "refuse"
    WARN = "warn"
    NOTE = "note"


@attrs.frozen(kw_only=True)
class StateFinding:
    """One thing that was found of a volume's state."""

    volume: Path
    severity: Severity
    text: str
    """What is wrong, or worth knowing."""
    evidence: str = ""
    """Where that was read, and what it says."""

    def __str__(self) -> str:
        return f"{self.text} ({self.evidence})" if self.evidence else self.text


def capture_state(path: Path | str) -> tuple[StateFinding, ...] | None:
    """Read what the documents demand of a reference computer before its capture.

    Generalised by Sysprep, no member of a domain, its client prepared or absent, boot files on the
    Windows volume, not captured before. Returns None for a path that is no readable NTFS volume:
    the capture itself says so better.
    """
    volume = Path(path)
    try:
        files = VolumeFiles(volume)
    except VolumeError:
        return None
    with files:
        hives = RegistryHives(files)
        if not (hives.is_there("SOFTWARE") and hives.is_there("SYSTEM")):
            return (
                StateFinding(
                    volume=volume,
                    severity=Severity.NOTE,
                    text="the volume holds no Windows, so its state was not checked",
                    evidence="no registry in \\Windows\\System32\\config",
                ),
            )
        try:
            found = _findings(files, hives)
        except VolumeError as error:
            found = [(Severity.REFUSE, "the state of Windows cannot be told", error.problem)]
    return tuple(
        StateFinding(volume=volume, severity=severity, text=text, evidence=evidence)
        for severity, text, evidence in found
    )


_Found = tuple[Severity, str, str]


def _findings(files: VolumeFiles, hives: RegistryHives) -> list[_Found]:
    return [
        *_image_state(hives),
        *_domain(hives),
        *_client(files, hives),
        *_boot_volume(files),
        *_earlier_captures(files),
    ]


def _image_state(hives: RegistryHives) -> list[_Found]:
    state = hives.values(_STATE).get("imagestate", "")
    if state.casefold() in _GENERALISED:
        return []
    evidence = f"{_STATE}\\ImageState is {state or 'not there'}"
    return [(Severity.REFUSE, "Windows was not generalised by Sysprep", evidence)]


def _domain(hives: RegistryHives) -> list[_Found]:
    sid = hives.values(_DOMAIN_SID).get("", "")
    # A SID begins with its revision, 1; in a workgroup the value is empty.
    if len(sid) >= 2 * _SID_BYTES and sid.startswith("01"):
        return [
            (
                Severity.REFUSE,
                "the computer is a member of a domain",
                f"{_DOMAIN_SID} holds the domain's SID",
            )
        ]
    suffix = hives.values(_TCPIP).get("domain", "")
    if suffix:
        return [
            (
                Severity.WARN,
                "the computer has a DNS domain, as a domain member has",
                f"{_TCPIP}\\Domain is {suffix}",
            )
        ]
    return []


def _client(files: VolumeFiles, hives: RegistryHives) -> list[_Found]:
    installed = bool(hives.values(_CLIENT_SERVICE)) or files.find("Windows\\CCM\\CcmExec.exe")
    identity = files.find(_CLIENT_IDENTITY)
    if not installed or identity is None:
        return []
    content = files.content(identity, 1 << 16) or b""
    # The client writes this file as UTF-16 on newer versions.
    plain = content.replace(b"\0", b"") if b"\0" in content else content
    if _CLIENT_ID.search(plain) is None:
        return []
    return [
        (
            Severity.REFUSE,
            "the ConfigMgr client is installed and was not prepared for capture",
            f"\\{_CLIENT_IDENTITY} still holds the client's unique identifier",
        )
    ]


def _boot_volume(files: VolumeFiles) -> list[_Found]:
    if any(files.find(path) is not None for path in _BOOT_FILES):
        return []
    return [
        (
            Severity.WARN,
            "Windows and its boot files are not on one volume, which the step's page asks for",
            "neither " + " nor ".join(f"\\{path}" for path in _BOOT_FILES),
        )
    ]


def _earlier_captures(files: VolumeFiles) -> list[_Found]:
    log = files.find(_SYSPREP_LOG)
    content = files.content(log, _LARGEST_LOG) if log is not None else None
    runs = len(_GENERALIZE_OPTION.findall((content or b"").replace(b"\0", b"")))
    if runs < 2:
        return []
    return [
        (
            Severity.WARN,
            "this computer was prepared for a capture before; another image should not be captured "
            "from the same reference computer",
            f"\\{_SYSPREP_LOG} tells of {runs} runs of Sysprep that generalise",
        )
    ]
