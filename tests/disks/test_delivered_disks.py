"""Disks, FAT32 volumes, folders and split WIMs on their way to destinations of every kind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import attrs
import jsonschema
import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence import images
from tasksequence.capture.space import SizeEstimate, check_space, estimate_size
from tests.disks.conftest import Volumes
from tests.support import disks
from tests.support.captures import OLD, names_in
from tests.support.command_line import run as command
from tests.support.disks import QUICK, plan_to
from tests.support.shares import PASSWORD
from tests.support.volumes import make_volume, memory_disk, run

pytestmark = pytest.mark.wimlib

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "capture-event.schema.json"


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    path = tmp_path / "s.xml"
    step = ts.CaptureSystemImageAction(name="Capture", capture_destination="x.wim")
    ts.Document.new(ts.TaskSequence(steps=[step])).save(path)
    return path


def test_a_disk_goes_to_a_share_with_one_event_a_line(
    gpt_disk: Path, sequence: Path, tmp_path: Path
) -> None:
    if not SambaShare.is_available():
        pytest.skip("needs smbd (Debian: apt install samba)")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with SambaShare(tmp_path / "share", tmp_path / "samba", password=PASSWORD) as share:
        arguments = (
            *("capture", sequence, "--disk", gpt_disk, "--compression", "none", "--prepared"),
            *("--destination", rf"{share.unc}\disk.wim", "--smb-port", str(share.port)),
            *("--set", f"OSDCaptureAccount={share.account}", "--scratch", scratch),
            *("--secret", "OSDCaptureAccountPassword=env:SECRET", "--progress", "json"),
        )
        secret = {"SECRET": PASSWORD}
        checked = command(*arguments, "--check-only", environment=secret)
        assert names_in(share.folder) == set()
        split = command(*arguments, "--split", "100M", environment=secret)
        done = command(*arguments, environment=secret)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert split.returncode == 1
    assert "not brought to a share" in split.stderr
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in (checked.stdout + done.stdout).splitlines()]
    for event in events:
        jsonschema.validate(event, json.loads(SCHEMA.read_text(encoding="utf-8")))
    finished = events[-1]
    assert [one["partition"] for one in finished["images"]] == [1, 3, 5]
    assert [one["partition"] for one in finished["skipped"]] == [2, 4]
    assert finished["parts"] == []
    assert names_in(share.folder) == {"disk.wim"}
    assert names_in(scratch) == set()
    images.verify_image_file(share.folder / "disk.wim")
    checks = [one["text"] for one in events if one["event"] == "check"]
    assert any(text.startswith(f"{gpt_disk}, partition 3: NTFS") for text in checks)


def test_the_preflight_looks_at_disks_fat32_volumes_and_folders(
    gpt_disk: Path, volumes: Volumes, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"a" * 3000)
    plan = plan_to(tmp_path / "x.wim")
    sources = [
        ts.VolumeSource(path=volumes.efi),
        ts.VolumeSource(path=folder, is_folder=True),
    ]
    checks = ts.preflight(plan, sources, disks=gpt_disk, exclude=["5"], prepared=True)
    assert not [one for one in checks if one.standing is ts.Standing.FAILED]
    texts = [one.text for one in checks if one.subject == "volume"]
    for start in (
        f"{gpt_disk}, partition 1: FAT32",
        f"{gpt_disk}, partition 2: skipped, reserved",
        f"{gpt_disk}, partition 3: NTFS",
        f"{gpt_disk}, partition 4: skipped, file system ext4",
        f"{gpt_disk}, partition 5: skipped",
        f"{volumes.efi}: FAT32",
        f"{folder}: folder, 2.9 KiB",
    ):
        assert any(text.startswith(start) for text in texts), (start, texts)
    assert names_in(tmp_path) == {"folder"}


def test_the_preflight_tells_of_every_obstacle_of_the_sources(
    volumes: Volumes, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    sources: list[Path | str | ts.VolumeSource] = [volumes.data, volumes.data]
    sources.append(ts.VolumeSource(path=folder, is_folder=True))
    options = attrs.evolve(QUICK, threads=-1)
    checks = ts.preflight(plan_to(folder / "x.wim"), sources, options=options)
    failed = {one.subject: one.text for one in checks if one.standing is ts.Standing.FAILED}
    assert set(failed) == {"options", "volume", "destination"}
    assert "named twice" in failed["volume"]
    assert "lies in the folder that is to be captured" in failed["destination"]
    (check,) = [
        one
        for one in ts.preflight(plan_to(tmp_path / "x.wim"), disks=tmp_path / "absent.vhdx")
        if one.standing is ts.Standing.FAILED
    ]
    assert check.subject == "disk"
    (check,) = [
        one
        for one in ts.preflight(plan_to(tmp_path / "x.wim"))
        if one.standing is ts.Standing.FAILED
    ]
    assert "there is no volume" in check.text


def test_a_scratch_folder_in_the_captured_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    options = attrs.evolve(QUICK, scratch=folder)
    source = ts.VolumeSource(path=folder, is_folder=True)
    with pytest.raises(ts.DestinationError, match="the scratch folder lies in the folder"):
        ts.capture_volumes(plan_to(tmp_path / "x.wim"), source, options=options)
    assert names_in(tmp_path) == {"folder"}
    assert names_in(folder) == set()


def test_a_split_wim_takes_the_way_by_a_scratch_folder(
    reference_volume: Path, tmp_path: Path
) -> None:
    scratch, target = tmp_path / "scratch", tmp_path / "target"
    scratch.mkdir()
    target.mkdir()
    options = attrs.evolve(QUICK, split=1 << 20, scratch=scratch)
    progress: list[ts.Progress] = []

    def hear(event: object) -> None:
        if isinstance(event, ts.Progress):
            progress.append(event)

    swm = target / "x.swm"
    result = ts.capture_volumes(plan_to(swm), reference_volume, options=options, on_event=hear)
    assert len(result.parts) > 2
    assert sorted(target.iterdir()) == sorted(result.parts)
    assert names_in(scratch) == set()
    run("wimlib-imagex", "verify", swm, f"--ref={target}/x*.swm")
    uploaded = [one for one in progress if one.phase is ts.Phase.UPLOAD]
    assert uploaded
    assert all(one.done <= (one.total or 0) for one in uploaded)
    assert progress[-1].overall == 1.0
    assert [one.overall for one in progress] == sorted(one.overall for one in progress)
    with pytest.raises(ts.ImageError, match="one part of a split WIM"):
        ts.deliver_wim(swm, str(tmp_path / "y.wim"))


@pytest.mark.parametrize("scratch", [False, True])
def test_a_split_wim_replaces_nothing_where_that_is_refused(
    tmp_path: Path, volumes: Volumes, *, scratch: bool
) -> None:
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "x2.swm").write_bytes(OLD)
    options = attrs.evolve(
        QUICK, split=1 << 20, overwrite=ts.Overwrite.REFUSE, scratch=tmp_path if scratch else None
    )
    files = {f"random {number}.bin": os.urandom(2 << 20) for number in range(2)}
    volume = make_volume(tmp_path / "v.ntfs", files, megabytes=16)
    plan = plan_to(folder / "x.swm")
    options = attrs.evolve(options, compression=ts.Compression.NONE)
    with pytest.raises(ts.DestinationError, match="overwriting was refused"):
        ts.capture_volumes(plan, [volume, volumes.data], options=options)
    assert (folder / "x2.swm").read_bytes() == OLD
    assert names_in(folder) == {"x2.swm"}
    keep = attrs.evolve(options, overwrite=ts.Overwrite.KEEP)
    with pytest.raises(ts.DestinationError, match="cannot be kept"):
        ts.capture_volumes(plan, volume, options=keep)


def test_a_scratch_that_is_too_small_for_what_is_staged_says_so(tmp_path: Path) -> None:
    disks.need_disk_tools()
    scratch, destination = tmp_path / "scratch", tmp_path / "images" / "x.wim"
    destination.parent.mkdir()
    destination.write_bytes(OLD)
    volume, content = tmp_path / "efi.fat", tmp_path / "content.bin"
    with volume.open("wb") as stream:
        stream.truncate(34 << 20)
    run("mkfs.fat", "-F", "32", "-s", "1", volume)
    size = 256 << 10
    content.write_bytes(os.urandom(size))
    run("mcopy", "-i", volume, content, "::")
    content.write_bytes(bytes(4 * size))
    run("mcopy", "-i", volume, content, "::pagefile.sys")
    with memory_disk(scratch, str(size)):
        counted = attrs.evolve(QUICK, scratch=scratch)
        (check,) = [
            one
            for one in ts.preflight(plan_to(destination), volume, options=counted)
            if one.standing is ts.Standing.FAILED
        ]
        assert "are staged beside it" in check.text
        # The content has room and what is left out needs none, but the tree follows the content.
        options = attrs.evolve(counted, check_space=False)
        with pytest.raises(ts.DestinationError, match="FAT32 volume is staged") as told:
            ts.capture_volumes(plan_to(destination), volume, options=options)
        assert "there were fewer" in told.value.problem
        assert str(scratch) in told.value.problem
        assert told.value.where == str(volume)
        assert "--scratch" in (told.value.hint or "")
        assert told.value.hresult == 0x80070070
        assert names_in(scratch) == set()
        # And here not even the content.
        (scratch / "other").write_bytes(b"x" * 8192)
        with pytest.raises(ts.DestinationError, match="are free") as told:
            ts.capture_volumes(plan_to(destination), volume, options=options)
        assert told.value.where == str(volume)
        assert names_in(scratch) == {"other"}
    with memory_disk(tmp_path / "enough", str(8 * size)):
        enough = attrs.evolve(QUICK, scratch=tmp_path / "enough")
        assert ts.capture_volumes(plan_to(tmp_path / "y.wim"), volume, options=enough).verified
    assert destination.read_bytes() == OLD
    assert names_in(destination.parent) == {"x.wim"}


class _Place:
    """A destination of which only room and kind are asked."""

    def __init__(self, free: int, system: str, place: Path | None = None) -> None:
        self.text = "/srv/a.swm"
        self.place = self.text if place is None else str(place)
        self._free, self._system = free, system

    def free_bytes(self) -> int:
        return self._free

    def file_system(self) -> str:
        return self._system


def test_room_is_counted_for_what_is_staged_and_split(volumes: Volumes, tmp_path: Path) -> None:
    options = attrs.evolve(QUICK, compression=ts.Compression.NONE)
    sources = [ts.VolumeSource(path=volumes.efi)]
    estimate = estimate_size(sources, options)
    assert estimate.staged == estimate.data > 0
    gigabyte = 1 << 30
    plain = SizeEstimate(8 * gigabyte, 2 * gigabyte, 3 * gigabyte)
    assert check_space(_Place(3 * gigabyte, "ext4"), plain) == []  # type: ignore[arg-type]
    for change, text in (({"staged": 2 * gigabyte}, "staged"), ({"part": gigabyte}, "twice")):
        with pytest.raises(ts.DestinationError, match=text):
            check_space(
                _Place(3 * gigabyte, "ext4"),  # type: ignore[arg-type]
                attrs.evolve(plain, **change),
            )
    large = SizeEstimate(20 * gigabyte, 5 * gigabyte, 9 * gigabyte, part=gigabyte)
    with pytest.raises(ts.DestinationError, match="no file of more than 4 GB"):
        check_space(_Place(90 * gigabyte, "vfat"), large)  # type: ignore[arg-type]
    # Parts that are written elsewhere fit one by one.
    small = attrs.evolve(large, low=1, high=2, part=1)
    assert check_space(_Place(90 * gigabyte, "vfat", tmp_path), small) == []  # type: ignore[arg-type]
