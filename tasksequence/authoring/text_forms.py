"""Forms that texts of a sequence have: keys, accounts, package IDs, names and paths."""

from __future__ import annotations

import re

__all__ = [
    "destination_problem",
    "holds_reference",
    "is_account",
    "is_distinguished_name",
    "is_package_id",
    "is_product_key",
]

_REFERENCE = re.compile(r"%[^%\s]+%")
_PACKAGE_ID = re.compile(r"[A-Z0-9]{8}")
_KEY_GROUPS = re.compile(r"[A-Za-z0-9]{5}(-[A-Za-z0-9]{5}){4}")
# Its form is in no document; it is no plain key whose dashes were forgotten (25 characters).
_ENCODED_KEY = re.compile(r"[A-Za-z0-9+/]{26,}={0,2}")
_ACCOUNT = re.compile(r'[^\\/"\[\]:;|=,+*?<>@]+\\[^\\/"\[\]:;|=,+*?<>]+')
_OUTSIDE_PATHS = re.compile(r'[<>"|?*\x00-\x1f]')
_RDN = re.compile(r"\s*[A-Za-z][A-Za-z0-9-]*\s*=\s*\S.*", re.DOTALL)


def holds_reference(text: str) -> bool:
    """Tell whether a `%Name%` is in a text, so that only the device knows all of it."""
    return _REFERENCE.search(text) is not None


def is_package_id(text: str) -> bool:
    """Tell whether a text is a package ID: the site's code and five more characters."""
    return _PACKAGE_ID.fullmatch(text) is not None


def is_product_key(text: str) -> bool:
    """Tell whether a text is a product key, plain or an encoded volume key."""
    return (_KEY_GROUPS.fullmatch(text) or _ENCODED_KEY.fullmatch(text)) is not None


def is_account(text: str) -> bool:
    r"""Tell whether a text is `domain\user`."""
    return _ACCOUNT.fullmatch(text) is not None


def is_distinguished_name(text: str) -> bool:
    """Tell whether a text is the X.500 name of a container, with or without `LDAP://`."""
    name = text[len("LDAP://") :] if text.upper().startswith("LDAP://") else text
    parts = re.split(r"(?<!\\),", name)
    first = parts[0].partition("=")[0].strip().upper()
    return (
        all(_RDN.fullmatch(part) for part in parts)
        and first in {"OU", "CN"}
        and parts[-1].strip().upper().startswith("DC=")
    )


def destination_problem(path: str) -> str | None:
    r"""Say what keeps a path from being a WIM on a share; `\\?\` and its kin are no shares."""
    parts = path.split("\\")
    starts_with_variable = path.startswith("%") and _REFERENCE.match(path) is not None
    ends_with_variable = path.endswith("%") and _REFERENCE.search(parts[-1]) is not None
    if not starts_with_variable:
        if not path.startswith("\\\\"):
            return r"give a UNC path, \\server\share\folder\name.wim"
        if len(parts) < 5 or not all(parts[2:]) or parts[2] in {"?", "."}:
            return r"give server, share and file name: \\server\share\name.wim"
    plain = _REFERENCE.sub("", path)
    if _OUTSIDE_PATHS.search(plain) or "/" in plain or ":" in plain:
        return 'take out what no Windows path holds: / : < > " | ? *'
    if not ends_with_variable and not parts[-1].lower().endswith(".wim"):
        return "let the file name end in .wim"
    if parts[-1].lower() == ".wim":
        return "give the file a name before .wim"
    return None
