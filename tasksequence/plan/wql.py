"""WMI queries answered from given rows: sqlglot reads them, SQLite decides them.

WQL is a small SQL. What differs is translated: text in double quotes, backslashes in text, LIKE
with character ranges, comparison without letter case, and properties that hold several values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    import sqlite3

    from sqlglot import exp

__all__ = ["Query", "answer", "parse_query"]

_NOT_SQL = re.compile(r"\s*(associators|references)\s+of\b", re.IGNORECASE)
_IS_A = re.compile(r"\bisa\b", re.IGNORECASE)
_QUOTED = re.compile(r"'(?:\\.|''|[^'\\])*'|\"(?:\\.|\"\"|[^\"\\])*\"", re.DOTALL)
_LARGE_NUMBER = re.compile(r"\d{19,}")
_BEGINS = re.compile(r"\s*select\s+(?:\*|\w[\w\s,.]*)\s*\bfrom\s+\w", re.IGNORECASE)
_COMMENT = re.compile(r"--|/\*|#")
_WORDS = frozenset({"and", "or", "not", "where", "like", "is", "null", "true", "false", "from"})
_FROM_WORD = re.compile(r"(\s*select\s+[\w\s,]*?)(\bfrom\b.*)", re.IGNORECASE | re.DOTALL)
_LISTED = re.compile(r"(select\s+|,\s*)([A-Za-z_]\w*)(?=\s*(?:,|$))", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?<![\w`])(?P<name>[A-Za-z_]\w*)(?=\s*(?:[=<>!\[]|(?:not\s+)?like\b|is\b))", re.IGNORECASE
)
"""A property before what it is compared by."""
_AFTER = re.compile(r"[=<>]\s*(?P<name>[A-Za-z_]\w*)")
"""A property after it, as in `'a' = Name`."""
_MANY_ROWS = 100_000


@attrs.frozen
class Query:
    """A WMI query that was read, or why it could not be."""

    cls: str = ""
    """The class that it asks, without letter case."""
    where: str | None = None
    """Its condition in SQLite's words; None where every row will do."""
    properties: tuple[str, ...] = ()
    """The properties that its condition speaks of, without letter case."""
    tested_for_null: tuple[str, ...] = ()
    """Those of them that it asks IS NULL or IS NOT NULL of."""
    problem: str | None = None
    """Why it cannot be answered here."""
    is_malformed: bool = False
    """True when it is no query at all, not merely one of a form that is not answered here."""


@lru_cache(maxsize=4096)
def parse_query(text: str) -> Query:
    """Read a query; never raises."""
    bare = _QUOTED.sub("''", text)
    if _NOT_SQL.match(bare):
        word = bare.split()[0].upper()
        return Query(problem=f"{word} OF follows associations, which only WMI itself knows")
    if _IS_A.search(bare):
        return Query(problem="ISA asks for class inheritance, which only WMI itself knows")
    if _COMMENT.search(bare):
        return Query(problem="it holds a comment, which WMI does not know")
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        # MySQL's words for text are WQL's: both quotes, and backslashes that escape.
        read = sqlglot.parse_one(_quoted_names(text), dialect="mysql")
    except (SqlglotError, RecursionError):
        begins = _BEGINS.match(bare) is not None
        return Query(problem="it is no WMI query that can be read", is_malformed=not begins)
    table = read.find(exp.Table) if isinstance(read, exp.Select) else None
    if table is None or not table.name:
        return Query(problem="it is no SELECT … FROM …", is_malformed=True)
    assert isinstance(read, exp.Select)
    if any(read.args.get(part) for part in ("joins", "group", "having", "order", "limit")):
        return Query(problem="it asks for more than WMI's SELECT … FROM … WHERE knows")
    condition = read.args.get("where")
    cls = table.name.casefold()
    if condition is None:
        return Query(cls)
    for kind, word in ((exp.Between, "BETWEEN"), (exp.In, "IN (…)")):
        if condition.find(kind) is not None:
            return Query(cls, problem=f"it holds {word}, which WMI does not know")
    where = condition.this.transform(_plain_names).transform(_in_sqlite)
    columns = tuple(dict.fromkeys(c.name.casefold() for c in where.find_all(exp.Column)))
    nulls = tuple(
        c.name.casefold() for test in where.find_all(exp.Is) for c in test.find_all(exp.Column)
    )
    if where.find(exp.Subquery, exp.Select) is not None:
        return Query(cls, problem="it holds a query within the query, which WMI does not know")
    return Query(cls, where.sql(dialect="sqlite"), columns, nulls)


def _quoted_names(text: str) -> str:
    """Quote the names of properties: the parser's dialect reserves Key, Read and others."""
    parts = _QUOTED.split(text)
    between = _QUOTED.findall(text)
    head = ""
    listed = _FROM_WORD.match(parts[0])
    if listed is not None:
        head, parts[0] = _LISTED.sub(r"\1`\2`", listed[1]), listed[2]
    for at, part in enumerate(parts):
        parts[at] = _AFTER.sub(_in_ticks, _BEFORE.sub(_in_ticks, part))
    texts = [*between, ""]
    return head + "".join(part + text for part, text in zip(parts, texts, strict=True))


def _in_ticks(found: re.Match[str]) -> str:
    name = found["name"]
    return found[0] if name.casefold() in _WORDS else found[0].replace(name, f"`{name}`")


def _plain_names(node: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    if isinstance(node, exp.Bracket) and isinstance(node.this, exp.Column):
        # Property[0]: one element of a property with several values.
        at = node.expressions[0].name if node.expressions else "0"
        return _column(f"{node.this.name.casefold()}[{at}]")
    return _column(node.name.casefold()) if isinstance(node, exp.Column) else node


def _in_sqlite(node: exp.Expression) -> exp.Expression:
    from sqlglot import exp

    if isinstance(node, (exp.Like, exp.ILike)):
        return exp.Anonymous(this="wql_like", expressions=[node.this, node.expression])
    if isinstance(node, exp.Boolean):
        return exp.Literal.number(1 if node.this else 0)
    return node


def _column(name: str) -> exp.Expression:
    from sqlglot import exp

    return exp.Column(this=exp.Identifier(this=name, quoted=True))


def answer(query: Query, rows: Sequence[Mapping[str, Any]]) -> tuple[bool | None, tuple[str, ...]]:
    """Tell whether a query returns something of all the rows of its class.

    The answer is None where it depends on properties that a row does not tell; then they are
    named.
    """
    if query.where is None:
        return bool(rows), ()
    bases = {name.partition("[")[0] for name in query.properties}
    missing_at_all: dict[str, None] = {}
    is_open = False
    for row in rows:
        told = {name.casefold(): value for name, value in row.items()}
        missing = sorted(bases - told.keys())
        try:
            said = _row_matches(query, told)
        except _Undecidable:
            is_open = True
            continue
        if missing and (said is None or set(query.tested_for_null) & set(missing)):
            missing_at_all.update(dict.fromkeys(missing))
        elif said:
            return True, ()
    return (None, tuple(missing_at_all)) if missing_at_all or is_open else (False, ())


class _Undecidable(Exception):
    """Raised for a row that holds what SQLite cannot compare."""


def _row_matches(query: Query, told: Mapping[str, Any]) -> bool | None:
    """Let SQLite decide one row; properties with several values match with any of them."""
    choices: list[list[Any]] = []
    for name in query.properties:
        base, index, rest = name.partition("[")
        value = told.get(base)
        several = list(value) if isinstance(value, (list, tuple)) else None
        if index:
            at = int(rest[:-1]) if rest[:-1].isdigit() else -1
            found = several if several is not None else [value]
            choices.append([found[at] if 0 <= at < len(found) else None])
        else:
            choices.append([value] if several is None else several or [None])
    unknown = False
    for count, values in enumerate(product(*choices)):
        if count >= _MANY_ROWS:
            raise _Undecidable
        said = _decide(query, values)
        if said:
            return True
        unknown = unknown or said is None
    return None if unknown else False


def _decide(query: Query, values: tuple[Any, ...]) -> bool | None:
    import sqlite3

    kinds = ["NUMERIC" if isinstance(value, (bool, int, float)) else "TEXT" for value in values]
    columns = ", ".join(
        f'CAST(? AS {kind}) COLLATE wql AS "{name}"'
        for kind, name in zip(kinds, query.properties, strict=True)
    )
    # A cast gives the column its affinity, by which WMI, too, compares 3 with '3'.
    text = query.where or "1"
    if any(_too_large(value) for value in values) and _LARGE_NUMBER.search(text):
        raise _Undecidable  # SQLite compares both as fractions, which are not that exact
    for value, name in zip(values, query.properties, strict=True):
        if isinstance(value, bool):
            text = re.sub(
                rf"(\"{re.escape(name)}\"\s*(?:=|<>)\s*)'(true|false)'",
                lambda found: found[1] + ("1" if found[2].casefold() == "true" else "0"),
                text,
                flags=re.IGNORECASE,
            )
    sql = f"SELECT ({text}) FROM (SELECT {columns})"  # noqa: S608 - sqlglot wrote the text
    try:
        shown = [_as_sqlite(value) for value in values]
        (said,) = _connection().execute(sql, shown).fetchone()
    except (sqlite3.Error, UnicodeError, OverflowError):
        raise _Undecidable from None
    return None if said is None else bool(said)


def _too_large(value: Any) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def _as_sqlite(value: Any) -> Any:
    """Return a value that SQLite takes: its whole numbers have 64 bits with a sign."""
    if isinstance(value, bool):
        return int(value)
    return float(value) if _too_large(value) else value


@lru_cache(maxsize=1)
def _connection() -> sqlite3.Connection:
    import sqlite3

    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.create_collation("wql", _compare)
    connection.create_function("wql_like", 2, _like, deterministic=True)
    return connection


def _compare(left: str, right: str) -> int:
    one, other = left.casefold(), right.casefold()
    return (one > other) - (one < other)


def _like(value: object, pattern: object) -> bool | None:
    if value is None or pattern is None:
        return None
    return like_pattern(str(pattern)).fullmatch(str(value)) is not None


@lru_cache(maxsize=4096)
def like_pattern(pattern: str) -> re.Pattern[str]:
    """Turn the pattern of a LIKE into a regular expression: %, _, [abc], [a=f], [^a-f]."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        one = pattern[at]
        end = pattern.find("]", at + 1) if one == "[" else -1
        if one == "%":
            parts.append(".*")
        elif one == "_":
            parts.append(".")
        elif end > at + 1:
            inner = pattern[at + 1 : end]
            negated = inner.startswith("^") and len(inner) > 1
            inner = inner[1:] if negated else inner
            parts.append(f"[{'^' if negated else ''}{_characters(inner)}]")
            at = end
        else:
            parts.append(re.escape(one))
        at += 1
    try:
        return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
    except re.error:
        return re.compile(re.escape(pattern), re.IGNORECASE)


def _characters(inner: str) -> str:
    """Return the inside of a character class; WQL writes ranges with = as well as with -."""
    parts: list[str] = []
    at = 0
    while at < len(inner):
        if at + 2 < len(inner) and inner[at + 1] in "=-":
            low, high = sorted((inner[at], inner[at + 2]))
            parts.append(f"{re.escape(low)}-{re.escape(high)}")
            at += 3
        else:
            parts.append(re.escape(inner[at]))
            at += 1
    return "".join(parts)
