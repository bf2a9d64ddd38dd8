"""Values that the reference lists, as enums that leave room for others."""

from __future__ import annotations

import copy
import pickle
from enum import Enum

import pytest

import tasksequence as ts
from tasksequence.model import enumerations
from tasksequence.wmi import properties_of, property_named

PARTITIONED = (
    '<sequence version="3.10"><step type="SMS_TaskSequence_PartitionDiskAction" name="P"'
    ' description="" runIn="WinPE" successCodeList="0" retryCount="0" runFromNet="false"><action>'
    'osddiskpart.exe</action><defaultVarList><variable name="OSDDiskIndex" property="DiskIndex">0'
    '</variable><variable name="OSDPartitions0Type" property="Partitions0Type">{}</variable>'
    '<variable name="OSDPartitions" property="Partitions" hidden="true">1</variable>'
    '<variable name="OSDPartitionStyle" property="PartitionStyle">MBR</variable>'
    "</defaultVarList></step></sequence>"
)


def read(partition_type: str) -> tuple[ts.Document, ts.PartitionSettings]:
    document = ts.load(PARTITIONED.format(partition_type).encode())
    step = document.sequence.steps[0]
    assert isinstance(step, ts.PartitionDiskAction)
    return document, step.partitions[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Primary", ts.PartitionType.PRIMARY),
        ("EFI", ts.PartitionType.EFI),
        ("PRIMARY", "PRIMARY"),
        ("Dune", "Dune"),
        ("", ""),
    ],
)
def test_a_file_may_hold_any_value(text: str, value: str) -> None:
    document, partition = read(text)
    assert partition.type == value == text
    assert isinstance(partition.type, ts.PartitionType) is isinstance(value, ts.PartitionType)
    assert document.to_bytes() == PARTITIONED.format(text).encode()


def test_a_member_and_its_plain_value_are_one() -> None:
    by_text = ts.PartitionSettings(type="EFI")
    by_member = ts.PartitionSettings(type=ts.PartitionType.EFI)
    assert by_text == by_member
    assert by_text.type is ts.PartitionType.EFI
    by_text.type = "MSR"
    assert by_text.type is ts.PartitionType.MSR
    assert repr(by_text) == "PartitionSettings(type=PartitionType.MSR)"
    joined = ts.JoinDomainWorkgroupAction(name="j", type=1, workgroup_name="W")
    assert joined.type is ts.JoinType.WORKGROUP
    assert b">1</variable>" in ts.Document.new(ts.TaskSequence(steps=[joined])).to_bytes()


def test_building_refuses_what_reading_keeps() -> None:
    with pytest.raises(ts.QualifierError, match="did you mean Primary"):
        ts.PartitionSettings(type="Primry")
    assert ts.PartitionType("primary") is ts.PartitionType.PRIMARY


def test_flags_combine_and_keep_unknown_bits() -> None:
    package = ts.TaskSequencePackage(pkg_flags=0x41000001)
    assert package.pkg_flags == 0x41000001
    assert isinstance(package.pkg_flags, ts.PackageFlags)
    assert ts.PackageFlags.DO_NOT_DOWNLOAD in package.pkg_flags
    assert package.program_flags == 152084496


@pytest.mark.parametrize("name", sorted(enumerations.__all__))
def test_every_enum_is_used_and_survives_copies(name: str) -> None:
    kind: type[Enum] = getattr(enumerations, name)
    assert any(
        known.enumeration is kind for cls in ts.registry.values() for known in properties_of(cls)
    )
    for member in kind:
        assert copy.deepcopy(member) is member
        assert pickle.loads(pickle.dumps(member)) is member
        assert name in repr(member)


def test_listed_values_are_those_of_the_enum() -> None:
    for cls in ts.registry.values():
        for known in properties_of(cls):
            if known.enumeration is not None and known.values:
                assert set(known.values) <= {str(m.value) for m in known.enumeration}
    target = property_named(ts.RebootAction, "Target")
    assert target is not None
    assert target.values == ("HD", "WinPE", "")
