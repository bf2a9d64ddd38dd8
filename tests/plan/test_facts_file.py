"""Facts from TOML and JSON files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tasksequence as ts

TOML = r"""
in = "winpe"
closed = true
[variables]
_SMSTSMediaType = "BootMedia"
Count = 5
Ready = true
OSDJoinPassword = "hunter2"
[collection]
Site = "HQ"
[files]
'C:\a.txt' = true
'C:\b.exe' = { version = "1.2", modified = 2026-01-31T12:00:00Z }
[registry.'HKLM\SOFTWARE\Contoso']
Ring = "Pilot"
Level = 3
Gone = false
Odd = { data = "x", type = "REG_EXPAND_SZ" }
[wmi]
Win32_ComputerSystem = [{ Manufacturer = "HP" }]
[wmi.'root\ccm']
SMS_Client = []
[[software]]
product_code = "{A}"
[operating_system]
version = "10.0.22631"
language = 1033
[assume]
'file D:\x exists' = false
"""


def test_toml(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text(TOML, encoding="utf-8")
    facts = ts.load_facts(path)
    assert facts.in_winpe is True
    assert facts.closed
    assert facts.variables["Count"] == "5"
    assert facts.variables["Ready"] == "true"
    assert facts.files["c:\\b.exe"].version == "1.2"
    assert facts.registry["hkey_local_machine\\software\\contoso"]["level"] == ts.RegistryFact(
        data="3", type="REG_DWORD"
    )
    assert not facts.registry["hkey_local_machine\\software\\contoso"]["gone"].exists
    assert facts.wmi["root\\ccm"]["sms_client"] == ()
    assert facts.wmi["root\\cimv2"]["win32_computersystem"] == ({"Manufacturer": "HP"},)
    assert facts.software == (ts.SoftwareFact(product_code="{A}"),)
    assert facts.operating_system == ts.OperatingSystem(version="10.0.22631", language=1033)
    assert facts.assumed == {"file D:\\x exists": False}
    plan = ts.compile_plan(
        ts.TaskSequence(), ts.Facts(variables=facts.variables, in_winpe=facts.in_winpe)
    )
    assert "hunter2" not in repr(plan) + plan.to_json() + repr(facts)


def test_json(tmp_path: Path) -> None:
    path = tmp_path / "facts.JSON"
    path.write_text(json.dumps({"variables": {"A": "1", "B": None}, "in": "FullOS"}))
    facts = ts.load_facts(path)
    assert facts.in_winpe is False
    assert facts.variables == {"A": "1", "B": ""}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('variabels = {A = "1"}', "Did you mean 'variables'"),
        ('[files]\n"C:\\\\a" = {versoin = "1"}', "Did you mean 'version'"),
        ("[operating_system]\nlangauge = 1", "Did you mean 'language'"),
        ("[[software]]\nproduct = '{A}'", "Did you mean 'product_code'"),
        ('in = "somewhere"', "neither winpe nor fullos"),
        ("closed = 1", "true or false is needed"),
        ("variables = 5", "a table is needed"),
        ("[variables]\n'1A' = 'x'", "no variable name"),
        ("[collection]\n_A = 'x'", "read-only"),
        ("[wmi]\nWin32_Bios = 'x'", "a list of rows"),
        ("[operating_system]\nproduct_type = 'x'", "whole number"),
        ("[files]\n'a' = {modified = 'soon'}", "no time"),
        ("x =", "no TOML"),
    ],
)
def test_mistakes_are_named_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "facts.toml"
    path.write_text(text)
    with pytest.raises(ts.PlanError) as caught:
        ts.load_facts(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ts.PlanError, match="cannot be read"):
        ts.load_facts(tmp_path / "absent.toml")


def test_several_texts_of_a_registry_value(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text("[registry.'HKLM\\X']\nRings = ['Pilot', 'Early']\n", encoding="utf-8")
    facts = ts.load_facts(path)
    assert facts.registry["hkey_local_machine\\x"]["rings"] == ts.RegistryFact(
        data="Pilot,Early", type="REG_MULTI_SZ"
    )
