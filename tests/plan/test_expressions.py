"""Conditions on files, folders, the registry, software, WMI and operating systems."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs
import pytest

import tasksequence as ts
from tasksequence.plan.comparison import parse_time
from tasksequence.plan.evaluate import judge

TIME = datetime(2026, 1, 31, 12, tzinfo=UTC)
FACTS = ts.Facts(
    variables={"Drive": "C:", "Product": "{B}"},
    files={
        r"C:\Windows\notepad.exe": ts.FileFact(version="10.0.22621.1", modified=TIME),
        r"C:\old.txt": ts.FileFact(exists=False),
        r"C:\bare.txt": ts.FileFact(),
    },
    folders={"c:/temp/": ts.FileFact(modified=TIME)},
    registry={
        r"HKLM\SOFTWARE\Contoso": {
            "Ring": ts.RegistryFact(data="Pilot", type="REG_SZ"),
            "Level": ts.RegistryFact(data="16", type="REG_DWORD"),
            "": ts.RegistryFact(data="default", type="REG_SZ"),
            "Gone": ts.RegistryFact(exists=False),
        }
    },
    software=(
        ts.SoftwareFact(product_code="{A}", upgrade_code="{U}", name="Office", version="16.0"),
    ),
    wmi={"Win32_Battery": [], r"root\ccm": {"SMS_Client": [{"ClientVersion": "5.00"}]}},
    operating_system=ts.OperatingSystem(
        version="10.0.22631", architecture="64-bit", product_type=1, language=1033
    ),
)


def truth(operand: ts.ConditionOperand, facts: ts.Facts = FACTS) -> str:
    return judge(ts.Condition(operands=[operand]), facts).truth.value


def file(path: str, **more: str) -> ts.ConditionOperand:
    return ts.FileConditionExpression(path=path, **more)


NOTEPAD = r"C:\Windows\notepad.exe"


def folder(path: str, **more: str) -> ts.ConditionOperand:
    return ts.FolderConditionExpression(path=path, **more)


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        (file(r"c:\windows\NOTEPAD.exe"), "true"),
        (file(r"%Drive%\Windows\notepad.exe"), "true"),
        (file(r"C:\old.txt"), "false"),
        (file(r"C:\new.txt"), "unknown"),
        (file(r"%Nobody%\x"), "unknown"),
        (file(r"C:\Windows\notepad.exe", version="10.0.22621.1"), "true"),
        (file(r"C:\Windows\notepad.exe", version="10.0", version_operator="greater"), "true"),
        (file(r"C:\Windows\notepad.exe", version="10.0.9", version_operator="less"), "false"),
        (file(r"C:\bare.txt", version="1"), "unknown"),
        (file(r"C:\old.txt", version="1"), "false"),
        (file(NOTEPAD, date_time="2026-01-01", date_time_operator="greater"), "true"),
        (
            file(r"C:\Windows\notepad.exe", date_time="20260131120000.000000+000"),
            "true",
        ),
        (
            file(
                r"C:\Windows\notepad.exe",
                version="1", version_operator="less", date_time="whenever",
            ),
            "false",
        ),
        (file(r"C:\Windows\notepad.exe", date_time="whenever"), "unknown"),
        (ts.FolderConditionExpression(path="C:\\Temp"), "true"),
        (folder("C:\\Temp", date_time="2027-01-01", date_time_operator="less"), "true"),
        (ts.FolderConditionExpression(path=r"C:\Windows\notepad.exe"), "unknown"),
    ],
)  # fmt: skip
def test_files_and_folders(operand: ts.ConditionOperand, expected: str) -> None:
    assert truth(operand) == expected
    if expected == "unknown":
        assert truth(operand, attrs.evolve(FACTS, closed=True)) in {"false", "unknown"}


def registry(
    value: str, operator: str, data: str | None = None, kind: str | None = None
) -> ts.ConditionOperand:
    return ts.RegistryConditionExpression(
        key_path=r"HKEY_LOCAL_MACHINE\software\contoso",
        operator=operator, value=value, data=data, type=kind,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        (registry("ring", "exists"), "true"),
        (registry("Ring", "exists", kind="REG_SZ"), "true"),
        (registry("Ring", "exists", kind="REG_DWORD"), "false"),
        (registry("Ring", "equals", "PILOT"), "true"),
        (registry("Ring", "notEquals", "pilot"), "false"),
        (registry("Level", "greater", "9"), "true"),
        (registry("Level", "equals", "0x10"), "true"),
        (registry("", "equals", "default"), "true"),
        (registry("Gone", "exists"), "false"),
        (registry("Gone", "notExists"), "true"),
        (registry("Gone", "equals", ""), "false"),
        (registry("Other", "exists"), "unknown"),
    ],
)
def test_the_registry(operand: ts.ConditionOperand, expected: str) -> None:
    assert truth(operand) == expected


def test_software_by_product_and_by_upgrade_code() -> None:
    def installed(operator: str, product: str, upgrade: str | None = None) -> str:
        return truth(
            ts.SoftwareConditionExpression(
                operator=operator, product_code=product, upgrade_code=upgrade
            )
        )

    assert installed("ThisVersion", "{a}") == "true"
    assert installed("ThisVersion", "{B}") == "false"
    assert installed("AnyVersion", "{B}", "{u}") == "true"
    open_ = ts.Facts()
    one = ts.SoftwareConditionExpression(operator="ThisVersion", product_code="{A}")
    assert truth(one, open_) == "unknown"
    assert truth(one, ts.Facts(closed=True)) == "false"


def wmi(query: str, namespace: str = "root\\cimv2") -> ts.ConditionOperand:
    return ts.WMIConditionExpression(namespace=namespace, query=query)


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        (wmi("SELECT * FROM Win32_Battery"), "false"),
        (wmi("SELECT * FROM Win32_Bios"), "unknown"),
        (wmi("SELECT * FROM SMS_Client WHERE ClientVersion LIKE '5%'", "ROOT\\CCM"), "true"),
        (wmi("SELECT * FROM SMS_Client", "\\\\.\\root\\ccm"), "true"),
        (wmi("SELECT OSLanguage FROM Win32_OperatingSystem WHERE OSLanguage='1033'"), "true"),
        (wmi("SELECT * FROM Win32_OperatingSystem WHERE BuildNumber >= '22000'"), "true"),
        (wmi("SELECT * FROM Win32_OperatingSystem WHERE ProductType <> 1"), "false"),
        (wmi("SELECT * FROM Win32_OperatingSystem WHERE Caption LIKE '%Pro%'"), "unknown"),
        (wmi("SELECT * FROM Win32_Product WHERE IdentifyingNumber = '%Product%'"), "unknown"),
        (wmi("SELECT * FROM x WHERE y = '%Nobody%'"), "unknown"),
    ],
)
def test_wmi(operand: ts.ConditionOperand, expected: str) -> None:
    assert truth(operand) == expected


def test_an_operating_system_group_asks_its_queries() -> None:
    def system(name: str, query: str) -> ts.OSExpressionGroup:
        return ts.OSExpressionGroup(
            name=name, platform_arch_key="x64", platform_min_ver_key="", platform_max_ver_key="",
            platform_type_key="",
            operands=[wmi(query), wmi("SELECT * FROM Win32_OperatingSystem WHERE OSType = 18")],
        )  # fmt: skip

    client = system("Client", "SELECT * FROM Win32_OperatingSystem WHERE ProductType = 1")
    server = system("Server", "SELECT * FROM Win32_OperatingSystem WHERE ProductType > 1")
    assert truth(ts.OSConditionGroup(operands=[server, client])) == "true"
    assert truth(ts.OSConditionGroup(operands=[server])) == "false"
    assert truth(ts.OSConditionGroup(operands=[server]), ts.Facts()) == "unknown"


def test_a_query_that_cannot_be_read_is_a_problem_of_its_step() -> None:
    step = ts.RunCommandLineAction(
        name="x", command_line="x",
        condition=ts.Condition(operands=[wmi("SELEKT * FROM Win32_Bios")]),
    )  # fmt: skip
    plan = ts.compile_plan(ts.TaskSequence(steps=[ts.Group(name="g", steps=[step])]))
    ((path, problem),) = plan.problems
    assert path == ("g", "x")
    assert "SELEKT" in problem
    isa = ts.compile_plan(
        ts.TaskSequence(
            steps=[
                ts.RunCommandLineAction(
                    name="x", command_line="x",
                    condition=ts.Condition(operands=[wmi("SELECT * FROM a WHERE __this ISA 'b'")]),
                )
            ]
        )
    )  # fmt: skip
    assert not isa.problems
    assert "ISA" in isa.steps[0].reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260131130000.000000+060", TIME),
        ("20260131120000", TIME),
        ("2026-01-31T12:00:00", TIME),
        ("2026-01-31T14:00:00+02:00", TIME),
        ("yesterday", None),
    ],
)
def test_times_in_conditions(text: str, expected: datetime | None) -> None:
    assert parse_time(text) == expected
