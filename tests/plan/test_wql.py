"""WMI queries answered from rows."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tasksequence.plan.wql import answer, like_pattern, parse_query

ROW: dict[str, Any] = {
    "Manufacturer": "HP",
    "Model": "HP ProBook 445 G6",
    "Version": "10.0.22631",
    "BuildNumber": "22631",
    "OSType": 18,
    "ProductType": 1,
    "Primary": True,
    "ChassisTypes": [9, 10],
    "Path": r"C:\Windows",
    "Nothing": None,
    "Group": "it's",
}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("", True),
        ('WHERE Manufacturer = "hp"', True),
        ("where model like 'hp pro%'", True),
        ("WHERE Model LIKE '%[4-5][0-9]_ G6'", True),
        ("WHERE Model LIKE '%[4=5][0=9]_ G6'", True),
        ("WHERE Model LIKE '[^a-g]%'", True),
        ("WHERE NOT Model LIKE 'HP%'", False),
        ("WHERE Group LIKE 'it%' AND Group = 'it''s'", True),
        (
            "WHERE ((Version like '10.0.[1-9][0-9][0-9][0-9][0-9]' AND BuildNumber>='17763') OR "
            "(Version like '10.[1-9]%')) AND OSType=18 AND ProductType>1",
            False,
        ),
        ("WHERE OSType = 18 AND (ProductType = 2 OR ProductType = 1)", True),
        ("WHERE ProductType='1'", True),
        ("WHERE ProductType <> 1", False),
        ("WHERE ProductType != 2", True),
        ("WHERE OSType >= 18 AND OSType <= 18", True),
        ("WHERE Primary = TRUE", True),
        ("WHERE Primary = 'false'", False),
        ("WHERE ChassisTypes = 10", True),
        ("WHERE ChassisTypes = '8' OR ChassisTypes = '9'", True),
        ("WHERE ChassisTypes[0] = 10", False),
        ("WHERE ChassisTypes[1] = 10", True),
        (r"WHERE Path = 'C:\\Windows'", True),
        (r"WHERE Path = 'C:\\Temp'", False),
        ("WHERE Nothing IS NULL", True),
        ("WHERE Nothing = 'a'", False),
        ("WHERE Model IS NOT NULL", True),
    ],
)
def test_queries(where: str, expected: bool) -> None:
    query = parse_query(f"SELECT * FROM Win32_Thing {where}")
    assert query.problem is None
    assert query.cls == "win32_thing"
    assert answer(query, [ROW]) == (expected, ())
    assert answer(query, []) == (False, ())


def test_a_property_that_was_not_given_decides_only_where_it_matters() -> None:
    def ask(where: str) -> tuple[bool | None, tuple[str, ...]]:
        return answer(parse_query(f"SELECT * FROM x WHERE {where}"), [ROW])

    assert ask("Missing = 1") == (None, ("missing",))
    assert ask("Missing = 1 AND OSType = 1") == (False, ())
    assert ask("Missing = 1 OR OSType = 18") == (True, ())
    assert ask("NOT Missing = 1") == (None, ("missing",))
    assert ask("Missing IS NULL") == (None, ("missing",))


@pytest.mark.parametrize(
    ("query", "said", "malformed"),
    [
        ("ASSOCIATORS OF {Win32_Disk.Name='a'}", "ASSOCIATORS OF follows associations", False),
        ("references of {x}", "REFERENCES OF", False),
        ("SELECT * FROM meta_class WHERE __this ISA 'Win32_Disk'", "ISA", False),
        ("SELECT * FROM a JOIN b ON a.x = b.x", "more than WMI's", False),
        ("SELECT FROM WHERE", "no WMI query", True),
        ("reg query HKLM", "no ", True),
        ("", "no ", True),
    ],
)
def test_what_cannot_be_answered_says_why(query: str, said: str, malformed: bool) -> None:
    read = parse_query(query)
    assert said in (read.problem or "")
    assert read.is_malformed is malformed


def test_isa_in_a_text_is_no_isa() -> None:
    assert parse_query("SELECT * FROM x WHERE Name = 'what isa'").problem is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    query = parse_query(text)
    if query.problem is None:
        answer(query, [ROW])


def test_ranges_and_signs_of_a_pattern() -> None:
    assert like_pattern("[-=-]").fullmatch("-")
    assert like_pattern("[c=a]%").fullmatch("Box")
    assert not like_pattern("[^a-c]").fullmatch("b")
    assert like_pattern("[&&|~]").fullmatch("~")


@given(st.text("ab%_[]^-=\\x", max_size=12), st.text("abx[]", max_size=8))
def test_no_pattern_breaks_like(pattern: str, text: str) -> None:
    like_pattern(pattern).fullmatch(text)
