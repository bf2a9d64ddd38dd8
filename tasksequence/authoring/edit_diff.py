"""What an edit changes in the text of a sequence, with secrets masked."""

from __future__ import annotations

import difflib
import html
import re
from collections.abc import Collection, Iterable

from tasksequence.authoring.shown_values import MASK, hidden_texts
from tasksequence.document.tokens import escape_text
from tasksequence.document.writer import sequence_bytes
from tasksequence.model.secret_variables import holds_a_secret
from tasksequence.model.sequence import TaskSequence

__all__ = ["edit_diff"]

_VARIABLE = re.compile(r"(<variable\b[^>]*>)(.*?)(</variable\s*>)", re.DOTALL)
_ACTION = re.compile(r"(<action\b[^>]*>)(.*?)(</action\s*>)", re.DOTALL)
_ATTRIBUTE = re.compile(r"(=\s*)(\"[^\"<]*\"|'[^'<]*')")
_TAG = re.compile(r"(<[^>]*>)(?=<(/?))")
_NAMES = re.compile(r"\b(name|property)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


def edit_diff(
    before: TaskSequence, after: TaskSequence, label: str, secrets: Collection[str] = ()
) -> str:
    """Return a unified diff of a sequence before and after its edits; empty where they agree.

    Text on one line is broken between its elements. Secrets show as `***`, with a number that
    tells different ones apart; `secrets` are further ones, which no step keeps as such.
    """
    masks = _Masks(map(_with_plain_ends, secrets))
    for sequence in (before, after):
        for step in sequence.walk():
            for text in hidden_texts(step):
                masks.remember(text)
    old, new = (
        _lines(masks.masked(sequence_bytes(one, "keep").decode("utf-8"))) for one in (before, after)
    )
    diff = difflib.unified_diff(old, new, label, f"{label} (edited)", lineterm="")
    return "\n".join(diff)


def _lines(text: str) -> list[str]:
    return _TAG.sub(_broken, text).splitlines()


def _broken(match: re.Match[str]) -> str:
    """Break the line after a tag, but not within an element that is empty."""
    tag, closes = match[1], match[2]
    opens = not tag.startswith(("</", "<!", "<?")) and not tag.endswith("/>")
    return tag if opens and closes else tag + "\n"


class _Masks:
    def __init__(self, given: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {}
        self._given = frozenset(given)
        # Secrets that steps hold, wherever they stand; others are known by their variable alone.
        self._everywhere: set[str] = set(self._given)

    def remember(self, secret: str) -> None:
        self._everywhere.add(_with_plain_ends(secret))

    def masked(self, text: str) -> str:
        masked = _ACTION.sub(self._action, _VARIABLE.sub(self._variable, text))
        return _ATTRIBUTE.sub(self._attribute, masked) if self._given else masked

    def _attribute(self, match: re.Match[str]) -> str:
        sign, written = match.groups()
        value = _plain(written[1:-1])
        return f'{sign}"{self._mask(value)}"' if value in self._given else match[0]

    def _variable(self, match: re.Match[str]) -> str:
        start, written, end = match.groups()
        value = _plain(written)
        names = {kind: one or other for kind, one, other in _NAMES.findall(start)}
        is_secret = holds_a_secret(names.get("name", ""), names.get("property", ""))
        if value and (value in self._everywhere or is_secret):
            return f"{start}{self._mask(value)}{end}"
        return match[0]

    def _action(self, match: re.Match[str]) -> str:
        start, written, end = match.groups()
        command = plain = _plain(written)
        # Longest first: one secret may be a part of another.
        for secret in sorted(self._everywhere, key=len, reverse=True):
            start_of_value = "" if secret in self._given else "="
            command = command.replace(start_of_value + secret, start_of_value + self._mask(secret))
        return match[0] if command == plain else f"{start}{escape_text(command)}{end}"

    def _mask(self, secret: str) -> str:
        number = self._numbers.setdefault(secret, len(self._numbers) + 1)
        return f"{MASK} ({number})"


def _plain(written: str) -> str:
    """Return what character data says, however it is escaped."""
    parts = re.split(r"<!\[CDATA\[(.*?)\]\]>", written, flags=re.DOTALL)
    return _with_plain_ends(
        "".join(part if place % 2 else html.unescape(part) for place, part in enumerate(parts))
    )


def _with_plain_ends(text: str) -> str:
    # A file has line ends of its own, which reading it makes plain ones.
    return text.replace("\r\n", "\n").replace("\r", "\n")
