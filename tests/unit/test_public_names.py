"""What `import tasksequence` offers, and what it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tasksequence


def test_the_type_checker_sees_the_names_that_are_loaded_lazily() -> None:
    tree = ast.parse(Path(tasksequence.__file__).read_text(encoding="utf-8"))
    seen: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        module = getattr(node, "module", None) or ""
        if isinstance(node, ast.ImportFrom) and module.startswith("tasksequence."):
            names = seen.setdefault(module.removeprefix("tasksequence."), set())
            names.update(alias.name for alias in node.names)
    assert seen == {module: set(names) for module, names in tasksequence._HOMES.items()}


def test_every_public_name_can_be_had() -> None:
    for name in tasksequence.__all__:
        assert getattr(tasksequence, name) is not None
    assert set(tasksequence.__all__) <= set(dir(tasksequence))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tasksequence.nothing  # noqa: B018


def test_action_classes_are_public_under_their_wmi_name() -> None:
    for wmi_name, cls in tasksequence.registry.items():
        if not wmi_name:
            continue  # MDT's steps without a type
        short = wmi_name.removeprefix("SMS_TaskSequence_").removeprefix("SMS_")
        assert getattr(tasksequence, short) is cls


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, tasksequence; "
        "print([m for m in sys.modules if m.split('.')[0] in "
        "{'ctypes', 'lxml', 'xmlschema', 'hypothesis', 'rich', 'click', 'attrs', 'attr'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_public_name_is_hidden_by_a_module_of_that_name() -> None:
    folder = Path(tasksequence.__file__).parent
    modules = {path.stem for path in folder.iterdir()}
    # `tasksequence.registry` and its like would become the module as soon as it is imported.
    assert not modules & set(tasksequence.__all__)
