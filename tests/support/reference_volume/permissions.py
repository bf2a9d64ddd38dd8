"""Security descriptors like those of a Windows volume."""

from __future__ import annotations

import struct
from collections.abc import Iterable

OBJECT_INHERIT, CONTAINER_INHERIT, INHERIT_ONLY, INHERITED = 0x01, 0x02, 0x08, 0x10
FULL, MODIFY, READ = 0x1F01FF, 0x1301BF, 0x1200A9
ALLOW, DENY, AUDIT, MANDATORY_LABEL = 0x00, 0x01, 0x02, 0x11


def _sid(text: str) -> bytes:
    authority, *parts = (int(part) for part in text.split("-")[2:])
    return struct.pack(">BBHI", 1, len(parts), 0, authority) + struct.pack(
        f"<{len(parts)}I", *parts
    )


def _ace(sid: bytes, mask: int, flags: int = 0, kind: int = ALLOW) -> bytes:
    return struct.pack("<BBHI", kind, flags, 8 + len(sid), mask) + sid


def _acl(aces: Iterable[bytes]) -> bytes:
    entries = list(aces)
    body = b"".join(entries)
    return struct.pack("<BBHHH", 2, 0, 8 + len(body), len(entries), 0) + body


def _descriptor(
    owner: bytes, group: bytes, dacl: Iterable[bytes], sacl: Iterable[bytes] = (), control: int = 0
) -> bytes:
    """Return a self-relative security descriptor ([MS-DTYP] 2.4.6)."""
    audit = list(sacl)
    control |= 0x8004 | (0x0010 if audit else 0)  # self-relative, DACL present, SACL present
    parts = [_acl(audit) if audit else b"", _acl(dacl), owner, group]
    offsets = [20 + sum(map(len, parts[:n])) if parts[n] else 0 for n in range(4)]
    sacl_at, dacl_at, owner_at, group_at = offsets
    header = struct.pack("<BBHIIII", 1, 0, control, owner_at, group_at, sacl_at, dacl_at)
    return header + b"".join(parts)


_LOCAL_SYSTEM = _sid("S-1-5-18")
_ADMINISTRATORS = _sid("S-1-5-32-544")
_USERS = _sid("S-1-5-32-545")
_EVERYONE = _sid("S-1-1-0")
_ALL_PACKAGES = _sid("S-1-15-2-1")
_TRUSTED_INSTALLER = _sid("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464")
_PERSON = _sid("S-1-5-21-1004336348-1177238915-682003330-1001")
_BOTH = OBJECT_INHERIT | CONTAINER_INHERIT
_PROTECTED, _AUTO_INHERITED = 0x1000, 0x0400  # control flags of the DACL

ROOT_FOLDER = _descriptor(
    _TRUSTED_INSTALLER,
    _TRUSTED_INSTALLER,
    [
        _ace(_ADMINISTRATORS, FULL, _BOTH),
        _ace(_LOCAL_SYSTEM, FULL, _BOTH),
        _ace(_USERS, READ, _BOTH),
    ],
    control=_PROTECTED,
)
TRUSTED_FOLDER = _descriptor(
    _TRUSTED_INSTALLER,
    _TRUSTED_INSTALLER,
    [
        _ace(_TRUSTED_INSTALLER, FULL, CONTAINER_INHERIT),
        _ace(_LOCAL_SYSTEM, MODIFY),
        _ace(_ADMINISTRATORS, MODIFY),
        _ace(_USERS, READ, _BOTH),
        _ace(_ALL_PACKAGES, READ, _BOTH | INHERIT_ONLY),
    ],
    control=_PROTECTED,
)
TRUSTED_FILE = _descriptor(
    _TRUSTED_INSTALLER,
    _TRUSTED_INSTALLER,
    [
        _ace(_TRUSTED_INSTALLER, FULL),
        _ace(_ADMINISTRATORS, READ),
        _ace(_LOCAL_SYSTEM, READ),
        _ace(_USERS, READ),
        _ace(_ALL_PACKAGES, READ),
    ],
    control=_PROTECTED,
)
INHERITED_FOLDER = _descriptor(
    _ADMINISTRATORS,
    _LOCAL_SYSTEM,
    [
        _ace(_ADMINISTRATORS, FULL, _BOTH | INHERITED),
        _ace(_LOCAL_SYSTEM, FULL, _BOTH | INHERITED),
        _ace(_USERS, READ, _BOTH | INHERITED),
    ],
    control=_AUTO_INHERITED,
)
INHERITED_FILE = _descriptor(
    _ADMINISTRATORS,
    _LOCAL_SYSTEM,
    [
        _ace(_ADMINISTRATORS, FULL, INHERITED),
        _ace(_LOCAL_SYSTEM, FULL, INHERITED),
        _ace(_USERS, READ, INHERITED),
    ],
    control=_AUTO_INHERITED,
)
PROFILE_FOLDER = _descriptor(
    _PERSON,
    _PERSON,
    [
        _ace(_LOCAL_SYSTEM, FULL, _BOTH),
        _ace(_ADMINISTRATORS, FULL, _BOTH),
        _ace(_PERSON, FULL, _BOTH),
    ],
    control=_PROTECTED,
)
SYSTEM_ONLY = _descriptor(
    _LOCAL_SYSTEM,
    _LOCAL_SYSTEM,
    [_ace(_LOCAL_SYSTEM, FULL, _BOTH), _ace(_ADMINISTRATORS, FULL, _BOTH)],
)
AUDITED_FILE = _descriptor(
    _PERSON,
    _USERS,
    [_ace(_EVERYONE, 0x10000, kind=DENY), _ace(_PERSON, FULL), _ace(_USERS, READ, INHERITED)],
    [_ace(_EVERYONE, 0x10000, 0xC0, AUDIT), _ace(_sid("S-1-16-12288"), 0x1, kind=MANDATORY_LABEL)],
    control=_AUTO_INHERITED,
)
EMPTY_DACL_FILE = _descriptor(_PERSON, _USERS, [])
