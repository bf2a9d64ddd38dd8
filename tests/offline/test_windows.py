"""A Windows volume as a source of facts."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.offline.registry_hives import RegistryHives
from tasksequence.offline.volume_files import VolumeFiles
from tasksequence.offline.windows import program_version, unpacked_guid
from tests.plan.test_flow import run
from tests.support.volumes import make_volume, need_tools
from tests.support.windows_volumes import windows_volume

UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"
CODE = "{90160000-008C-0000-1000-0000000FF1CE}"
PACKED = "00006109C80000000100000000F01FEC"


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tools()
    return windows_volume(
        tmp_path_factory.mktemp("windows") / "c.ntfs",
        files={"Temp/a b.txt": b"x", "Program Files/App/app.exe": b"no program"},
        software={
            rf"{UNINSTALL}\{CODE}": {"DisplayName": "Office", "DisplayVersion": "16.0"},
            rf"{UNINSTALL}\Tool": {"DisplayName": "Tool"},
            rf"Microsoft\Windows\CurrentVersion\Installer\UpgradeCodes\{PACKED}": {PACKED: ""},
            r"Contoso": {"Many": [f"{n}" for n in range(3)], "Long": "x" * 500, "": "default"},
        },
    )


@pytest.fixture(scope="module")
def windows(volume: Path) -> ts.OfflineWindows:
    return ts.OfflineWindows(volume)


def test_files_and_folders_of_its_drive(windows: ts.OfflineWindows) -> None:
    file = windows.file(r"c:\TEMP\A B.TXT")
    assert file is not None
    assert file.exists
    assert file.modified is not None
    assert file.modified.year >= 2024
    assert windows.file(r"C:\Temp") == ts.FileFact(exists=False)  # a folder is no file
    assert windows.folder("C:/Temp") is not None
    assert windows.file(r"C:\nowhere\x") == ts.FileFact(exists=False)
    assert windows.file(r"D:\Temp\a b.txt") is None
    no_program = windows.file(r"C:\Program Files\App\app.exe")
    assert no_program is not None
    assert no_program.version is None


def test_the_version_of_a_real_program() -> None:
    launchers = sorted(Path(sysconfig.get_path("purelib")).glob("pip/_vendor/distlib/w64.exe"))
    if not launchers:
        pytest.skip("this pip brings no Windows programs")
    content = launchers[0].read_bytes()
    version = program_version(content)
    assert version is not None
    # The program says the same in words, in another part of its resource.
    assert "FileVersion\0".encode("utf-16-le") in content
    assert f"{version}\0".encode("utf-16-le") in content
    assert program_version(content[:200]) is None


def test_registry_values(windows: ts.OfflineWindows) -> None:
    control = r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions"
    assert windows.registry_value(control, "producttype") == ts.RegistryFact(
        data="WinNT", type="REG_SZ"
    )
    contoso = r"HKEY_LOCAL_MACHINE\Software\CONTOSO"
    assert windows.registry_value(contoso, "many") == ts.RegistryFact(
        data="0,1,2", type="REG_MULTI_SZ"
    )
    assert windows.registry_value(contoso, "") == ts.RegistryFact(data="default", type="REG_SZ")
    assert windows.registry_value(contoso, "None") == ts.RegistryFact(exists=False)
    assert windows.registry_value(r"HKLM\SOFTWARE\Nobody", "x") == ts.RegistryFact(exists=False)
    assert windows.registry_value(r"HKCU\Software\x", "y") is None
    assert windows.registry_value(r"HKLM\SAM\x", "y") is None  # the volume has no SAM


def test_software_and_operating_system(windows: ts.OfflineWindows) -> None:
    assert windows.operating_system() == ts.OperatingSystem(
        version="10.0.22631", architecture="64-bit", product_type=1, language=0x407
    )
    assert set(windows.software() or ()) == {
        ts.SoftwareFact(product_code=CODE, upgrade_code=CODE, name="Office", version="16.0"),
        ts.SoftwareFact(product_code="", upgrade_code="", name="Tool"),
    }
    assert unpacked_guid(PACKED) == CODE


def test_conditions_are_answered_from_the_volume(windows: ts.OfflineWindows) -> None:
    def of(operand: ts.ConditionOperand) -> ts.Condition:
        return ts.Condition(operands=[operand])

    steps: list[ts.Step] = [
        run("file", of(ts.FileConditionExpression(path=r"%Drive%\Temp\a b.txt"))),
        run(
            "registry",
            of(
                ts.RegistryConditionExpression(
                    key_path=r"HKLM\SOFTWARE\Contoso", operator="equals", value="", data="DEFAULT"
                )
            ),
        ),
        run(
            "software",
            of(ts.SoftwareConditionExpression(operator="ThisVersion", product_code=CODE.lower())),
        ),
        run(
            "windows",
            of(
                ts.WMIConditionExpression(
                    namespace="root\\cimv2",
                    query="SELECT * FROM Win32_OperatingSystem WHERE OSLanguage = 1031",
                )
            ),
        ),
        run("other drive", of(ts.FileConditionExpression(path=r"D:\x"))),
        ts.RebootAction(name="pe", target="WinPE"),
        ts.PartitionDiskAction(name="disk", disk_index=0, partition_style="GPT", partitions=[]),
        run("after", of(ts.FileConditionExpression(path=r"C:\Temp\a b.txt"))),
    ]
    facts = ts.Facts(variables={"Drive": "C:"}, in_winpe=False, sources=[windows])
    plan = ts.compile_plan(ts.TaskSequence(steps=steps), facts)
    assert {step.name: step.outcome.value for step in plan.steps} == {
        **dict.fromkeys(
            ["file", "registry", "software", "windows", "pe", "disk"], "left to the device"
        ),
        "other drive": "depends",
        "after": "depends",  # the disk was partitioned
    }
    assert plan.steps[-1].needs == ("what the step disk leaves on the disk",)


def test_a_volume_without_windows_knows_its_files_alone(tmp_path: Path) -> None:
    need_tools()
    with_files = ts.OfflineWindows(make_volume(tmp_path / "d.ntfs", {"a.txt": b"x"}), drive="D:")
    assert with_files.file("D:\\a.txt") is not None
    assert with_files.software() is None
    assert with_files.operating_system() is None
    assert with_files.registry_value(r"HKLM\SOFTWARE\x", "y") is None


def test_a_damaged_hive_is_an_error_of_ours(tmp_path: Path) -> None:
    need_tools()
    config = "Windows/System32/config"
    broken = make_volume(tmp_path / "b.ntfs", {f"{config}/SOFTWARE": b"regf" + bytes(9000)})
    with pytest.raises(ts.VolumeError, match="registry of this volume cannot be read"):
        ts.OfflineWindows(broken).registry_value(r"HKLM\SOFTWARE\x", "y")


def test_nothing_of_a_hive_is_left_in_a_temporary_file(
    volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with VolumeFiles(volume) as files:
        assert RegistryHives(files).values(r"HKLM\SECURITY\Policy\PolPrDmS") == {"": ""}
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_what_is_no_volume_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no volume")
    with pytest.raises(ts.VolumeError, match="not an NTFS volume"):
        ts.OfflineWindows(tmp_path / "x")
