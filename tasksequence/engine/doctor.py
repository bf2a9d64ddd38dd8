"""What this machine can do for captures."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys

import attrs

from tasksequence.capture.backend import backend_names
from tasksequence.capture.destinations.local import default_scratch
from tasksequence.capture.sources.programs import program
from tasksequence.capture.wimlib.abilities import libwim_abilities
from tasksequence.errors import BackendUnavailable
from tasksequence.text_table import human_bytes

__all__ = ["Finding", "examine"]


@attrs.frozen(kw_only=True)
class Finding:
    """One ability of this machine."""

    ability: str
    present: bool
    detail: str
    """What gives it, or what is missing."""
    needed: bool = False
    """Without it nothing can be captured."""
    remedy: str | None = None
    """How to add it."""


def examine() -> tuple[Finding, ...]:
    """Look at this machine; loads libwim in another process only, and raises nothing."""
    return (
        Finding(
            ability="run",
            present=sys.version_info >= (3, 11),
            detail=f"tasksequence {_version('tasksequence')}, Python {platform.python_version()}, "
            f"{platform.system()} {platform.machine()}",
            needed=True,
        ),
        *_libwim(),
        _package("capture to a share by SMB", "smbprotocol"),
        _package(
            "share with Kerberos instead of NTLM", "gssapi", "pip install 'smbprotocol[kerberos]'"
        ),
        _program("read disks and virtual disks", "qemu-storage-daemon"),
        _program("see whether virtual disks are whole", "qemu-img"),
        _program("find the partitions of disks", "partx"),
        _program("find the file systems of disks", "blkid"),
        _program("end what reads disks with the capture", "setpriv"),
        _program("mount and unmount without root", "fusermount3"),
        Finding(
            ability="show disks as files (FUSE)",
            present=os.access("/dev/fuse", os.R_OK | os.W_OK),
            detail="/dev/fuse",
            remedy="Load its module, `modprobe fuse`; in a container give it "
            "`--device /dev/fuse --cap-add SYS_ADMIN`.",
        ),
        _program("erase volumes before an image is applied", "ntfs-3g"),
        _program("make NTFS volumes, for examples", "mkntfs"),
        _program("make virtual disks, for examples", "qemu-img"),
        _program("serve a share, for examples and tests", "smbd"),
        _package("check XML against schemas", "xmlschema", "pip install 'tasksequence[schema]'"),
        _package("property tests", "hypothesis", "pip install 'tasksequence[hypothesis]'"),
        Finding(
            ability="capture backends",
            present=bool(backend_names()),
            detail=", ".join(backend_names()),
            needed=True,
            remedy="Install the package anew: its entry points are missing.",
        ),
        _scratch(),
    )


def _libwim() -> tuple[Finding, Finding]:
    install = "apt install libwim15 (elsewhere wimlib, built with libntfs-3g)"
    try:
        found = libwim_abilities()
    except BackendUnavailable as error:
        missing = Finding(
            ability="write WIM files (libwim)",
            present=False,
            detail=error.problem,
            needed=True,
            remedy=install,
        )
        return missing, attrs.evolve(
            missing, ability="read NTFS volumes", detail="libwim is missing"
        )
    return (
        Finding(
            ability="write WIM files (libwim)",
            present=True,
            detail=f"{found.name} {found.version}",
            needed=True,
        ),
        Finding(
            ability="read NTFS volumes",
            present=found.ntfs,
            detail="libntfs-3g is built in" if found.ntfs else "this libwim was built without it",
            needed=True,
            remedy=install,
        ),
    )


def _package(ability: str, name: str, remedy: str | None = None) -> Finding:
    version = _version(name)
    return Finding(
        ability=ability,
        present=bool(version),
        detail=f"{name} {version}" if version else f"{name} is not installed",
        remedy=remedy or f"pip install {name}",
    )


def _program(ability: str, name: str) -> Finding:
    try:
        return Finding(ability=ability, present=True, detail=program(name))
    except BackendUnavailable as error:
        return Finding(ability=ability, present=False, detail=error.problem, remedy=error.hint)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _scratch() -> Finding:
    folder = default_scratch()
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    return Finding(
        ability="scratch folder for shares",
        present=os.access(folder, os.W_OK | os.X_OK),
        detail=f"{folder}, {human_bytes(free)} free",
        remedy="Choose another: --scratch FOLDER, or `export TMPDIR=FOLDER`.",
    )
