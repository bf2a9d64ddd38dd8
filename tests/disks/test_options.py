"""Options of a capture: compression, integrity table, base, parts."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
import pytest

import tasksequence as ts
from tasksequence import images
from tasksequence.capture.wim_file import read_wim_file
from tests.support.disks import QUICK, plan_to
from tests.support.volumes import make_volume, mounted, run

pytestmark = pytest.mark.wimlib


@pytest.mark.parametrize("compression", [ts.Compression.NONE, ts.Compression.SOLID])
def test_every_compression_gives_the_same_files(
    reference_volume: Path, tmp_path: Path, compression: ts.Compression
) -> None:
    wim = tmp_path / "x.wim"
    options = ts.CaptureOptions(compression=compression, threads=1, integrity=True)
    result = ts.capture_volumes(plan_to(wim), reference_volume, options=options)
    assert result.verified
    run("wimlib-imagex", "verify", wim)
    head = read_wim_file(str(wim))
    assert head.has_integrity_table
    expected = "LZMS" if compression is ts.Compression.SOLID else compression.value.upper()
    assert head.compression.upper() == expected
    assert head.solid is (compression is ts.Compression.SOLID)
    assert images.verify_image_file(wim) == head
    listed = {file.path: file.data.sha1 for file in images.image_files(wim)}
    assert listed == SEEN.setdefault("files", listed)


SEEN: dict[str, dict[str, str]] = {}


def test_a_base_gives_the_unchanged_files(reference_volume: Path, tmp_path: Path) -> None:
    old, new = tmp_path / "old.wim", tmp_path / "new.wim"
    changed = tmp_path / "changed.ntfs"
    shutil.copy(reference_volume, changed)
    first = ts.capture_volumes(plan_to(old), changed, options=QUICK)
    with mounted(changed) as root:
        (root / "new file.txt").write_bytes(b"new" * 1000)
    before = old.read_bytes()
    options = attrs.evolve(QUICK, base=old)
    second = ts.capture_volumes(plan_to(new), changed, options=options)
    assert old.read_bytes() == before
    assert second.images[0].files == first.images[0].files + 1
    found = images.diff_images(old, new, ignore=["accessed"])
    assert [one.path for one in found if one.kind != "changed"] == ["/new file.txt"]
    run("wimlib-imagex", "verify", new)
    # The new WIM stands alone, and may take the place of its own base.
    old.unlink()
    run("wimlib-imagex", "verify", new)
    again = ts.capture_volumes(plan_to(new), changed, options=attrs.evolve(QUICK, base=new))
    assert again.images[0].files == second.images[0].files


SAME_SIZE = {
    "Windows/System32/config/SOFTWARE": b"OLD hive" * 900,
    "Users/a/NTUSER.DAT": b"OLD user" * 900,
    "Users/a/AppData/Local/Microsoft/Windows/UsrClass.dat": b"OLD clas" * 900,
    "ProgramData/Search/Windows.edb": b"OLD data" * 900,
}


def change_behind_the_times(volume: Path, files: Iterable[str]) -> None:
    """Change files in place, with the size and the times that they had."""
    with mounted(volume) as root:
        for name in files:
            times = os.getxattr(root / name, "system.ntfs_times")
            content = (root / name).read_bytes()
            (root / name).write_bytes(content.replace(b"OLD", b"NEW"))
            os.setxattr(root / name, "system.ntfs_times", times)


def contents(wim: Path) -> dict[str, str]:
    return {file.path.lstrip("/"): file.data.sha1 for file in images.image_files(wim)}


def test_registries_and_databases_are_read_whatever_their_times_say(tmp_path: Path) -> None:
    files = {**SAME_SIZE, "plain.txt": b"OLD text" * 900}
    volume = make_volume(tmp_path / "a.ntfs", files)
    old, new = tmp_path / "old.wim", tmp_path / "new.wim"
    ts.capture_volumes(plan_to(old), volume, options=QUICK, prepared=True)
    before = old.read_bytes()
    change_behind_the_times(volume, files)
    options = attrs.evolve(QUICK, base=old)
    ts.capture_volumes(plan_to(new), volume, options=options, prepared=True)
    found = contents(new)
    for name, content in SAME_SIZE.items():
        assert found[name] == hashlib.sha1(content.replace(b"OLD", b"NEW")).hexdigest(), name
    # A documented limit: any other file of the same size and times counts as unchanged.
    assert found["plain.txt"] == hashlib.sha1(files["plain.txt"]).hexdigest()
    assert old.read_bytes() == before
    run("wimlib-imagex", "verify", new)


def test_another_volume_is_no_template(tmp_path: Path) -> None:
    """Neither its name nor its partition fits: what looks alike is read."""
    volume = make_volume(tmp_path / "a.ntfs", {"plain.txt": b"OLD text" * 900}, label="One")
    old, new = tmp_path / "old.wim", tmp_path / "new.wim"
    ts.capture_volumes(plan_to(old), volume, options=QUICK)
    change_behind_the_times(volume, ["plain.txt"])
    run("ntfslabel", volume, "Two")
    ts.capture_volumes(plan_to(new), volume, options=attrs.evolve(QUICK, base=old))
    assert contents(new)["plain.txt"] == hashlib.sha1(b"NEW text" * 900).hexdigest()


def test_a_damaged_base_is_named(tmp_path: Path) -> None:
    files = {"a.bin": os.urandom(200_000), "b.bin": os.urandom(200_000)}
    volume = make_volume(tmp_path / "a.ntfs", files)
    old, new = tmp_path / "old.wim", tmp_path / "new.wim"
    ts.capture_volumes(plan_to(old), volume, options=QUICK)
    raw = bytearray(old.read_bytes())
    raw[100_000:100_400] = bytes(byte ^ 0xFF for byte in raw[100_000:100_400])
    old.write_bytes(raw)
    with pytest.raises(ts.ImageError) as told:
        ts.capture_volumes(plan_to(new), volume, options=attrs.evolve(QUICK, base=old))
    assert told.value.where == str(old)
    assert not new.exists()


def test_a_split_wim_is_replaced_with_all_its_parts(reference_volume: Path, tmp_path: Path) -> None:
    swm = tmp_path / "x.swm"
    options = attrs.evolve(QUICK, split=1 << 20)
    result = ts.capture_volumes(plan_to(swm), reference_volume, options=options)
    assert len(result.parts) > 2
    assert [path.name for path in result.parts[:2]] == ["x.swm", "x2.swm"]
    assert sorted(tmp_path.iterdir()) == sorted(result.parts)
    assert result.file_bytes == sum(path.stat().st_size for path in result.parts)
    run("wimlib-imagex", "verify", swm, f"--ref={tmp_path}/x*.swm")
    assert images.verify_image_file(swm).parts == len(result.parts)
    larger = attrs.evolve(QUICK, split=3 << 20)
    fewer = ts.capture_volumes(plan_to(swm), reference_volume, options=larger)
    assert 1 < len(fewer.parts) < len(result.parts)
    assert sorted(tmp_path.iterdir()) == sorted(fewer.parts)
    fewer.parts[1].unlink()
    with pytest.raises(ts.ImageError, match=r"part 2 of \d of this split WIM is missing"):
        images.verify_image_file(swm)
    with pytest.raises(ts.ImageError, match="this is part"):
        images.verify_image_file(fewer.parts[-1])
    options = attrs.evolve(QUICK, base=swm)
    with pytest.raises(ts.ImageError, match="the base is a split WIM"):
        ts.capture_volumes(plan_to(tmp_path / "y.wim"), reference_volume, options=options)


@pytest.mark.parametrize(
    ("changes", "name", "message"),
    [
        ({"split": 1 << 20}, "x.wim", "has to be called .swm"),
        ({"split": 1000}, "x.swm", "too small"),
        ({"split": 1 << 20, "compression": ts.Compression.SOLID}, "x.swm", "cannot be split"),
        ({"base": Path("absent.wim")}, "x.wim", "cannot be read"),
    ],
)
def test_options_that_cannot_be_are_refused(
    reference_volume: Path, tmp_path: Path, changes: dict[str, Any], name: str, message: str
) -> None:
    options = attrs.evolve(QUICK, **changes)
    with pytest.raises(ts.TaskSequenceError, match=message):
        ts.capture_volumes(plan_to(tmp_path / name), reference_volume, options=options)
    assert list(tmp_path.iterdir()) == []
