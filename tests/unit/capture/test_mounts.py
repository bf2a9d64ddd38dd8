"""Whether a volume is mounted, with real mounts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasksequence.capture.sources import mounts
from tasksequence.capture.sources.mounts import check_not_mounted, mount_point
from tasksequence.errors import VolumeError
from tests.support.captures import needs_root
from tests.support.volumes import mounted, run, tool_path


@pytest.fixture
def loop_device(volume: Path) -> Iterator[Path]:
    """The volume's file on a loop device."""
    if os.geteuid() != 0 or tool_path("losetup") is None:
        pytest.skip("loop devices need root and losetup")
    done = subprocess.run(
        ["/sbin/losetup", "--find", "--show", volume], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no loop device: {done.stderr}")
    device = Path(done.stdout.strip())
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


def test_what_is_not_there_is_not_mounted(tmp_path: Path) -> None:
    assert mount_point(str(tmp_path / "missing")) is None


@pytest.mark.wimlib
def test_an_unmounted_volume_passes(volume: Path) -> None:
    check_not_mounted(str(volume))


@pytest.mark.wimlib
@pytest.mark.parametrize(
    "name",
    ["plain.img", "with blank.img", "tab\tand\\backslash.img", "Ü.img", "a\rb\fc\vd - e.img"],
)
def test_a_mounted_file_is_found_whatever_its_name(volume: Path, name: str) -> None:
    path = volume.rename(volume.with_name(name))
    with mounted(path, "ro") as point:
        assert mount_point(str(path)) == str(point)
        with pytest.raises(VolumeError, match="mounted on") as caught:
            check_not_mounted(str(path))
        assert f"umount '{point}'" in (caught.value.hint or "")
    check_not_mounted(str(path))


@pytest.mark.parametrize("name", ["plain", "a\rb", "a\fb\vc", "a\x85b", "-", "caf\udce9"])
def test_only_blanks_separate_the_fields_of_a_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The kernel escapes blank, tab, newline and backslash alone (seq_path_root)."""
    volume = tmp_path / f"{name}.img"
    volume.touch()
    table = tmp_path / "mountinfo"
    other = "1 0 8:1 - /other rw - ext4 - rw\n"
    line = f"36 35 98:0 {name} /mnt/{name} rw shared:1 master:2 - ntfs {volume} rw,errors=x\n"
    table.write_bytes(os.fsencode(other + line))
    monkeypatch.setattr(mounts, "_MOUNTS", str(table))
    assert mount_point(str(volume)) == f"/mnt/{name}"


@pytest.mark.wimlib
def test_a_mounted_file_is_found_under_another_name(volume: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.img"
    link.symlink_to(volume)
    hard = tmp_path / "hard.img"
    os.link(volume, hard)
    with mounted(volume, "ro") as point:
        assert mount_point(str(link)) == str(point)
        assert mount_point(str(hard)) == str(point)


@pytest.mark.wimlib
def test_a_mounted_loop_device_is_found_from_device_and_file(
    volume: Path, loop_device: Path, tmp_path: Path
) -> None:
    assert mount_point(str(loop_device)) is None
    assert mount_point(str(volume)) is None
    point = tmp_path / "point"
    point.mkdir()
    run("ntfs-3g", "-o", "ro", loop_device, point)
    try:
        assert mount_point(str(loop_device)) == str(point)
        assert mount_point(str(volume)) == str(point)
    finally:
        run("umount", point)


@needs_root
@pytest.mark.wimlib
def test_a_device_that_the_kernel_holds_is_refused(loop_device: Path) -> None:
    descriptor = os.open(loop_device, os.O_RDONLY | os.O_EXCL)
    try:
        with pytest.raises(VolumeError, match="in use by the system"):
            check_not_mounted(str(loop_device))
    finally:
        os.close(descriptor)
    check_not_mounted(str(loop_device))
