"""The forms in which a secret may lie in bytes that nobody meant to hold it."""

from __future__ import annotations

import base64
import binascii
import json
import urllib.parse

__all__ = ["spellings"]


def spellings(secret: str) -> frozenset[bytes]:
    """Return a secret as text of several encodings, and each as hexadecimal and as base64.

    Base64 as it stands inside a longer text too, wherever the secret begins there.
    """
    plain = {secret.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
    found = set(plain)
    for text in plain:
        found |= {binascii.hexlify(text), binascii.hexlify(text).upper()}
        for before in range(3):
            # The characters at both ends depend on what stands beside the secret, too.
            cut = base64.b64encode(bytes(before) + text)[-(-before * 8 // 6) :]
            whole = (before + len(text)) * 8 // 6 - -(-before * 8 // 6)
            found |= {cut[:whole], cut[:whole].replace(b"+", b"-").replace(b"/", b"_")}
    found |= {urllib.parse.quote(secret).encode(), json.dumps(secret)[1:-1].encode()}
    return frozenset(found)
