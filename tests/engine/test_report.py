"""The table that a person sees at the end of a capture."""

from __future__ import annotations

from pathlib import Path

import attrs

from tasksequence.engine.report import describe
from tasksequence.request import CapturedImage, CaptureResult, VolumePlace

PLACE = VolumePlace(
    disk=Path("disk.vhdx"),
    disk_index=0,
    disk_style="GPT",
    partition=3,
    type="EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
    offset=1 << 20,
    size=1 << 30,
    file_system="NTFS",
    label="OSDisk",
    active=False,
    role="Windows",
)
IMAGE = CapturedImage(
    index=1, name="Reference", volume=Path("disk.vhdx"), files=2, directories=1, bytes=4096,
    stored_bytes=1024, place=PLACE,
)  # fmt: skip


def lines_of(*images: CapturedImage) -> list[str]:
    result = CaptureResult(backend="wimlib", destination=Path("a.wim"), images=images)
    return describe(result).splitlines()


def test_volumes_of_disks_have_their_labels_and_roles() -> None:
    head, _, row, *_ = lines_of(IMAGE)
    assert head.split()[:5] == ["Image", "Name", "Volume", "Label", "Role"]
    for text in ("Reference", "disk.vhdx, partition 3", "OSDisk", "Windows", "1,024"):
        assert text in row
    assert row.index("OSDisk") == head.index("Label")
    head, _, _, row, *_ = lines_of(IMAGE, attrs.evolve(IMAGE, index=2, place=None))
    assert "Label" in head
    assert "OSDisk" not in row


def test_single_volumes_have_neither() -> None:
    head, *_ = lines_of(attrs.evolve(IMAGE, place=None))
    assert head.split() == ["Image", "Name", "Volume", "Files", "Bytes", "Size", "in", "WIM"]


def test_a_solid_wim_has_no_size_of_an_image() -> None:
    solid = attrs.evolve(IMAGE, stored_bytes=0)
    assert "Size in WIM" not in lines_of(solid)[0]
    # One that adds nothing to the others does have its figure, and so has an empty one.
    assert "Size in WIM" in lines_of(IMAGE, attrs.evolve(solid, index=2))[0]
    assert "Size in WIM" in lines_of(attrs.evolve(solid, bytes=0))[0]
