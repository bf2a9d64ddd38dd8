"""The mirrored classes against the class reference, kept as data outside this project."""

from __future__ import annotations

import json
from datetime import datetime
from enum import Flag
from pathlib import Path
from typing import Any

import attrs
import pytest

import tasksequence as ts
from tasksequence.cim_datetime import to_cim
from tasksequence.model.condition import ConditionOperand
from tasksequence.model.left_out import LEFT_OUT
from tasksequence.qualifiers import abstract
from tasksequence.wmi import WmiObject, properties_of, property_named

DOCS = Path(__file__).parents[2] / "docs" / "classes.md"
# MDT's steps have no page; they are compared with real sequences alone.
DOCUMENTED = sorted(
    name
    for name in ts.registry
    if name.startswith("SMS_") and name != "SMS_TaskSequence_VirtualHardDiskAction"
)
STEP_TYPES = [
    name
    for name in DOCUMENTED
    if issubclass(ts.registry[name], ts.Action | ts.SubTasksequence)
    and abstract not in ts.registry[name].wmi_qualifiers
]
FROM_MDT = sorted(set(ts.registry) - set(DOCUMENTED))
# Where this library states something else than the catalogue, and why.
DIFFERENT_DEFAULTS = {
    ("SMS_TaskSequence", "SchemaVersion"): "3.00 on the page, 3.10 in every site's export",
    ("SMS_TaskSequence_ApplyOperatingSystemAction", "InstallEditionIndex"): (
        "a step for an image package has no edition"
    ),
    ("SMS_TaskSequence_PrepareOSAction", "ShutdownPreparedOs"): "absent from real exports",
}
DIFFERENT_TYPES = {
    ("SMS_TaskSequence_FileConditionExpression", "DateTime"): (
        "its text form is in no known export, so it is kept as text"
    ),
    ("SMS_TaskSequence_FolderConditionExpression", "DateTime"): "the same",
    ("SMS_TaskSequence_OSConditionGroup", "Operands"): (
        "the page allows fewer kinds; a file with others must be readable"
    ),
    ("SMS_TaskSequence_OSExpressionGroup", "Operands"): "the same",
}
DIFFERENT_QUALIFIERS = {
    ("SMS_TaskSequence_DownloadPackageContentAction", "SupportedEnvironment"): (
        "its page prints none; its base class does"
    ),
    ("SMS_TaskSequence_UpgradeOperatingSystemAction", "SupportedEnvironment"): "the same",
    ("SMS_TaskSequence_RunCommandLineAction", "Timeout"): (
        "not null on its page, absent from most exports that a site accepted"
    ),
    ("SMS_TaskSequence_RunPowerShellScriptAction", "Timeout"): "the same",
}
# MDT's templates for Configuration Manager give a command line the variables of its Validate step.
MDT_EXTRAS = {"ImageSize", "ImageProcessorSpeed", "ImageMemory", "VerifyOS"}
# Seen in three steps of one file: they came from another step, and stay in `variables`.
MDT_UNNAMED = {"CommandLine", "DisableWow64Redirection", "SuccessCodes"}
LEFT_OUT_PROPERTIES = {
    ("SMS_TaskSequencePackage", "SupportedOperatingSystems"): (
        "the class of its items, SMS_OS_Details, has no page"
    ),
}
# Values that files hold and the page does not list, or that the page spells otherwise.
DIFFERENT_VALUES = {
    ("SMS_BootImagePackage", "Architecture"): ({""}, "the default of the page"),
    ("SMS_TaskSequence_EnableBitLockerAction", "CreateRecoveryPassword"): (
        {"ConfigMgr"},
        "newer than the page",
    ),
    ("SMS_TaskSequence_PartitionDiskAction", "DiskType"): (
        {"BASIC", "Basic", "DYNAMIC", "Dynamic"},
        "exports are in this case, and case does not matter",
    ),
    ("SMS_TaskSequence_PartitionSettings", "Type"): ({"Recovery"}, "newer than the page"),
    ("SMS_TaskSequence_PartitionSettings", "SizeUnits"): ({"%"}, "MDT's spelling"),
    ("SMS_TaskSequence_RebootAction", "Target"): ({""}, "MDT's installed Windows"),
    ("SMS_TaskSequence_VariableConditionExpression", "Operator"): (
        {"like", "notLike"},
        "newer than the page",
    ),
    ("SMS_TaskSequence_OSConditionGroup", "OperatorType"): ({"and", "not"}, "always or"),
    ("SMS_TaskSequence_OSExpressionGroup", "OperatorType"): ({"or", "not"}, "always and"),
}
# Defaults that no page prints: what a new object of a site has.
OWN_DEFAULTS = {
    ("SMS_TaskSequence", "Steps"): "no steps yet",
    ("SMS_TaskSequence_Group", "Steps"): "no steps yet",
    ("SMS_TaskSequence_Condition", "Operands"): "no operands yet",
    ("SMS_TaskSequence_ConditionOperator", "Operands"): "no operands yet",
    ("SMS_TaskSequence_OSConditionGroup", "OperatorType"): "always or",
    ("SMS_TaskSequence_OSExpressionGroup", "OperatorType"): "always and",
    ("SMS_TaskSequence_Step", "Description"): "the attribute is always written, also empty",
    ("SMS_TaskSequence_Step", "Enabled"): "its attribute is written only when false",
    ("SMS_TaskSequence_Step", "ContinueOnError"): "its attribute is written only when true",
    ("SMS_TaskSequence_CaptureSystemImageAction", "ImageVersion"): "the editor leaves it empty",
    ("SMS_TaskSequence_PartitionDiskAction", "DiskType"): "every export has it",
    ("SMS_TaskSequence_PartitionSettings", "QuickFormat"): "as the editor adds a partition",
}
# The flavour of not null says nothing else than not null.
OWN_FLAVOUR = {
    ("SMS_TaskSequence_DownloadPackageContentAction", "SupportedEnvironment"),
    ("SMS_TaskSequence_UpgradeOperatingSystemAction", "SupportedEnvironment"),
    ("SMS_TaskSequence_RunCommandLineAction", "Timeout"),
    ("SMS_TaskSequence_RunPowerShellScriptAction", "Timeout"),
    ("SMS_TaskSequence_OSConditionGroup", "Operands"),
    ("SMS_TaskSequence_OSConditionGroup", "OperatorType"),
    ("SMS_TaskSequence_OSExpressionGroup", "Operands"),
    ("SMS_TaskSequence_OSExpressionGroup", "OperatorType"),
}
# The page's access says read only, its qualifiers do not.
READ_WITHOUT_QUALIFIER = {"PackageID", "PackageSize", "EnableLabShell"}
NAMED_DEFAULTS = {
    "STORAGE_NO_SOURCE": 1,
}
IGNORED_QUALIFIERS = {"not_null_flavor"}


@pytest.fixture(scope="module")
def classes(corpus_dir: Path) -> dict[str, Any]:
    path = corpus_dir.parent / "catalogue" / "classes.json"
    if not path.is_file():
        pytest.skip(f"no catalogue at {path}")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.corpus
@pytest.mark.parametrize("name", DOCUMENTED)
def test_class_agrees_with_the_reference(name: str, classes: dict[str, Any]) -> None:
    cls, page = ts.registry[name], classes[name]
    ours = {p.name for p in properties_of(cls)}
    missing = {p for p in page["properties"] if p not in ours}
    assert missing == {p for (c, p) in LEFT_OUT_PROPERTIES if c == name}
    for known in properties_of(cls):
        said = page["properties"].get(known.name)
        if said is None:
            # Newer pages of the base class have more than the older pages of its subclasses.
            assert any(known.name in {p.name for p in properties_of(b)} for b in _bases(cls))
            continue
        agrees = said["type"] == known.type
        assert agrees is ((name, known.name) not in DIFFERENT_TYPES), known.name
        expected = {
            q: (None if argument is True else argument)
            for q, argument in said["qualifiers"].items()
            if q not in IGNORED_QUALIFIERS
        }
        agrees = {q.name: _argument(q.argument) for q in known.qualifiers} == expected
        assert agrees is ((name, known.name) not in DIFFERENT_QUALIFIERS), known.name
        if said.get("default") is not None and (name, known.name) not in DIFFERENT_DEFAULTS:
            said_default = NAMED_DEFAULTS.get(said["default"], said["default"])
            ours_default = known.default
            if isinstance(ours_default, datetime):
                ours_default = to_cim(ours_default)
            assert str(ours_default) == str(said_default), known.name
    # SMS_BaseClass has no page and no properties.
    assert [b.wmi_name for b in _bases(cls)] == [
        b for b in page["derivation"] if b != "SMS_BaseClass"
    ]


@pytest.mark.corpus
@pytest.mark.parametrize("name", DOCUMENTED)
def test_values_defaults_and_access_agree_with_the_reference(
    name: str, classes: dict[str, Any]
) -> None:
    own = vars(ts.registry[name]).get("__annotations__", {})
    for known in properties_of(ts.registry[name]):
        said = classes[name]["properties"].get(known.name)
        if said is None:
            continue
        flavour = any(str(q) == "not_null:ToInstance" for q in known.qualifiers)
        agrees = flavour is ("not_null_flavor" in said["qualifiers"])
        assert agrees is ((name, known.name) not in OWN_FLAVOUR), known.name
        is_read = any(q.name == "read" for q in known.qualifiers)
        if known.name not in READ_WITHOUT_QUALIFIER:
            assert is_read is (said["access"] == "r"), known.name
        if known.attribute not in own:
            continue
        if "fixed_value" in said:
            fixed = said["fixed_value"]
            assert (known.default, known.values) == (fixed, (str(fixed),)), known.name
            continue
        if "enum" in said and not (
            known.enumeration is not None and issubclass(known.enumeration, Flag)
        ):
            lists = [set(q.argument) for q in known.qualifiers if q.name == "ValueMap"]
            different = (lists[0] if lists else set(known.values)) ^ set(said["enum"])
            expected, _ = DIFFERENT_VALUES.get((name, known.name), (set(), ""))
            assert different == expected, known.name
        if said.get("default") is None and known.default not in (attrs.NOTHING, None):
            assert (name, known.name) in OWN_DEFAULTS, known.name


@pytest.mark.corpus
@pytest.mark.parametrize("name", DOCUMENTED)
def test_class_qualifiers_agree_with_the_reference(name: str, classes: dict[str, Any]) -> None:
    said = classes[name]["class_qualifiers"]
    ours = {q.name: _argument(q.argument) for q in ts.registry[name].wmi_qualifiers}
    assert ours == {q: (None if argument is True else argument) for q, argument in said.items()}
    assert classes[name]["abstract"] is ("Abstract" in ours)


@pytest.mark.corpus
def test_every_class_is_known_or_left_out_for_a_reason(classes: dict[str, Any]) -> None:
    _, _, left_out = DOCS.read_text(encoding="utf-8").partition("## Classes that are left out")
    assert set(LEFT_OUT) - {"SMS_OS_Details"} == set(classes) - set(ts.registry)
    assert all(f"`{name}`" in left_out and why in left_out for name, why in LEFT_OUT.items())


@pytest.mark.corpus
@pytest.mark.parametrize("name", DOCUMENTED)
def test_default_environment_is_that_of_the_reference(name: str, classes: dict[str, Any]) -> None:
    known = property_named(ts.registry[name], "SupportedEnvironment")
    said = classes[name]["supported_environment_default"]
    if known is None:
        assert said is None
    elif said is not None:
        assert known.default == said


@pytest.mark.corpus
@pytest.mark.parametrize("name", STEP_TYPES)
def test_variables_are_those_of_real_exports(name: str, corpus_dir: Path) -> None:
    path = corpus_dir.parent / "catalogue" / "xml-mapping.json"
    mapping = json.loads(path.read_text(encoding="utf-8"))
    ours = {p.name: p for p in properties_of(ts.registry[name])}
    for said in mapping[name]["variables"]:
        if "<n>" in said["property"] or said["property"] in MDT_EXTRAS:
            continue
        known = ours[said["property"]]
        assert (known.variable, known.hidden) == (said["variable"], said["hidden"]), known.name


@pytest.mark.corpus
@pytest.mark.parametrize("name", FROM_MDT)
def test_mdt_steps_have_the_variables_of_real_sequences(name: str, corpus_dir: Path) -> None:
    path = corpus_dir.parent / "catalogue" / "xml-mapping.json"
    page = json.loads(path.read_text(encoding="utf-8"))[name or "(no type attribute)"]
    ours = {p.name: p for p in properties_of(ts.registry[name])}
    for said in [*page["variables"], *page.get("mdt_variables", [])]:
        if said["property"] in MDT_UNNAMED:
            continue
        known = ours[said["property"]]
        assert known.variable == said["variable"], known.name


def test_every_registered_class_is_found_under_its_own_name() -> None:
    for name, cls in ts.registry.items():
        assert cls.wmi_name == name
        for known in properties_of(cls):
            assert known.wmi_class == (name or cls.__name__)
            if known.default is not attrs.NOTHING and known.default is not None:
                assert not list(known.problems(known.default)), known
    assert issubclass(ts.VariableConditionExpression, ConditionOperand)


def _bases(cls: type[WmiObject]) -> list[type[WmiObject]]:
    return [b for b in cls.__mro__[1:] if issubclass(b, WmiObject) and b is not WmiObject]


def _argument(argument: object) -> object:
    return list(argument) if isinstance(argument, tuple) else argument


@pytest.mark.corpus
@pytest.mark.parametrize("name", DOCUMENTED)
def test_methods_agree_with_the_reference(name: str, classes: dict[str, Any]) -> None:
    ours = {method.name: method for method in ts.registry[name].wmi_methods}
    said = classes[name]["methods"]
    assert set(ours) == set(said)
    for method, page in said.items():
        shown = [(p.name, p.type, p.direction) for p in ours[method].parameters]
        assert shown == [(p["name"], p["type"], p["direction"]) for p in page["params"]]
        assert (ours[method].returns, ours[method].static) == (
            page["returns"],
            bool(page["static"]),
        )
