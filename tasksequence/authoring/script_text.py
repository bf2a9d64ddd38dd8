"""PowerShell scripts as a step holds them, which is no plain text."""

from __future__ import annotations

import base64
import codecs
import re
from binascii import Error

__all__ = ["step_script"]

_REFERENCE = re.compile(r"%[^%\s]+%")


def step_script(text: str) -> str:
    """Return a script as Run PowerShell Script holds it: Base64 of UTF-16LE with a byte order mark.

    No page says so, but every known export does. A text that is in this form already stays as it
    is, and so do an empty one and a `%Variable%`.
    """
    if not text or _REFERENCE.fullmatch(text) or _is_encoded(text):
        return text
    plain = text.removeprefix("\ufeff")
    script = codecs.BOM_UTF16_LE + plain.encode("utf-16-le", "surrogatepass")
    return base64.b64encode(script).decode("ascii")


def _is_encoded(text: str) -> bool:
    try:
        script = base64.b64decode("".join(text.split()), validate=True)
    except (Error, ValueError):  # what is not ASCII is a ValueError
        return False
    return script.startswith(codecs.BOM_UTF16_LE)
