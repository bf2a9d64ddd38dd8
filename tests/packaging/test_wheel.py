"""The wheel: built, installed into an environment of its own, and used from there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Without isolation the build uses the hatchling of this environment.
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(folder), str(ROOT)],
        check=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_schemas_types_and_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"tasksequence/schemas/{p.name}" for p in (ROOT / "schemas").iterdir()} <= names
    assert "tasksequence/schemas/sequence.xsd" in names
    assert "tasksequence/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests", "examples", "benchmarks")) for name in names)


def test_the_installed_wheel_works_on_its_own(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)],
        check=True,
    )
    script = (
        "import tasksequence as ts; "
        "step = ts.CaptureSystemImageAction(name='C', capture_destination='a.wim'); "
        "ts.Document.new(ts.TaskSequence(steps=[step])).save('c.xml'); "
        "print(ts.load('c.xml').sequence.steps[0].name, ts.__file__); "
        "from importlib.resources import files; "
        "print((files('tasksequence') / 'schemas' / 'sequence.xsd').is_file())"
    )
    done = subprocess.run(
        [python, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    name, place, has_schema = done.stdout.split()
    assert name == "C"
    assert Path(place).is_relative_to(environment)
    assert has_schema == "True"
    shown = subprocess.run(
        [environment / "bin" / "tasksequence", "capture", "c.xml", "--volume", "v",
         "--backend", "recording"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "The backend recording writes no file." in shown.stdout
