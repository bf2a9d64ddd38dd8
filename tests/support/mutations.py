"""Other spellings of the same XML: encodings, line ends, quotation marks, things in between.

Each mutation turns a text into one that says the same to a reader of task sequences.
"""

from __future__ import annotations

import codecs
import random
import re
from collections.abc import Callable

__all__ = ["ENCODINGS", "MUTATIONS"]

_TOKEN = re.compile(
    r"""<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?:[^"'>]|"[^"]*"|'[^']*')*>""", re.DOTALL
)
_ATTRIBUTE = re.compile(r'(\s[\w:.-]+\s*=\s*)"([^"]*)"')


def _tags(text: str, change: Callable[[str], str]) -> str:
    """Change every start, end and empty tag; comments, CDATA and instructions stay."""
    return _TOKEN.sub(lambda m: m[0] if m[0][1] in "!?" else change(m[0]), text)


def crlf(text: str) -> str:
    """Every line end as CR LF."""
    return re.sub("\r\n|\n", "\r\n", text)


def lf(text: str) -> str:
    """Every line end as LF."""
    return text.replace("\r\n", "\n")


def single_quotes(text: str) -> str:
    """Attributes in single quotation marks, where they hold none."""

    def change(match: re.Match[str]) -> str:
        return match[0] if "'" in match[2] else f"{match[1]}'{match[2]}'"

    return _tags(text, lambda tag: _ATTRIBUTE.sub(change, tag))


def odd_tags(text: str) -> str:
    """White space wherever a tag may have some."""

    def change(tag: str) -> str:
        if tag.startswith("</"):
            return tag[:-1] + "\n>"
        spaced = re.sub(r'(\s)([\w:.-]+)="', r'\1\n \2\t= "', tag)
        return spaced[:-2] + " />" if spaced.endswith("/>") else spaced[:-1] + "  >"

    return _tags(text, change)


def open_pairs(text: str) -> str:
    """Empty elements as pairs of tags."""

    def change(tag: str) -> str:
        if not tag.endswith("/>"):
            return tag
        name = re.match(r"<([^\s/>]+)", tag)
        assert name is not None
        return f"{tag[:-2].rstrip()}></{name[1]}>"

    return _tags(text, change)


def sprinkled(text: str) -> str:
    """Comments, instructions, unknown attributes and elements in many places."""
    chance = random.Random(len(text))
    things = ("<!-- kept -->", "<?keep this?>", "<odd a='1'><odder/>text</odd>", "\n\n", "<odd/>")
    texts = {"action", "variable", "VALUE", "Name"}

    def change(tag: str) -> str:
        name = re.match(r"</?([^\s/>]+)", tag)
        assert name is not None
        if tag.startswith("</") or name[1] in {"platformKey", "INSTANCE", "VALUE"}:
            return tag
        if chance.random() < 0.2:
            at = len(name[0])
            tag = f'{tag[:at]} odd="&lt;&#x41;&gt;"{tag[at:]}'
        inside = name[1] in {"step", "group", "subtasksequence", "defaultVarList", "referenceList"}
        if inside and not tag.endswith("/>") and chance.random() < 0.5:
            tag += chance.choice(things)
        if name[1] in texts and name[1] in {"action"} and chance.random() < 0.3:
            tag = "<!-- before -->" + tag
        return tag

    return _tags(text, change)


MUTATIONS: dict[str, Callable[[str], str]] = {
    "CR LF": crlf,
    "LF": lf,
    "single quotes": single_quotes,
    "odd white space in tags": odd_tags,
    "pairs for empty tags": open_pairs,
    "comments, attributes and elements sprinkled": sprinkled,
}

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8 with mark": lambda text: codecs.BOM_UTF8 + text.encode("utf-8"),
    "UTF-16 little endian": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 big endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 without mark": lambda text: text.encode("utf-16-le"),
}
