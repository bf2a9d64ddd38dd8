"""Every obstacle is known before the capture, and all of them at once."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.capture.sources.ntfs import data_bytes
from tasksequence.capture.space import SizeEstimate, check_space, estimate_size
from tasksequence.capture.wimlib.backend import WimlibBackend
from tasksequence.capture.wimlib.ffi import LIBRARY_VARIABLE
from tasksequence.engine.doctor import examine
from tasksequence.errors import BackendUnavailable, DestinationError
from tasksequence.request import CaptureOptions, Compression, VolumeSource
from tasksequence.testing import RecordingBackend
from tests.support.captures import OLD, Events, names_in, request_for
from tests.support.command_line import run as command
from tests.support.shares import PASSWORD, assert_untouched, options_for, put_old
from tests.support.volumes import memory_disk, mounted

pytestmark = pytest.mark.wimlib


def plan_for(destination: str, account: str | None = None) -> ts.Plan:
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=destination, image_version="1", capture_username=account
    )
    variables: dict[str, str | ts.SecretText] = {"_SMSTSInWinPE": "true"}
    if account:
        variables["OSDCaptureAccountPassword"] = ts.SecretText(PASSWORD)
    return ts.compile_plan(ts.TaskSequence(steps=[step]), variables)


def by_subject(checks: tuple[ts.PreflightCheck, ...]) -> dict[str, ts.Standing]:
    return {one.subject: one.standing for one in checks}


def test_all_is_well_with_a_good_share(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    put_old(share)
    checks = ts.preflight(
        plan_for(rf"{share.unc}\out.wim", share.account),
        small_volume,
        options=options_for(share, scratch),
    )
    assert {one.standing for one in checks} == {ts.Standing.OK}, ts.describe_checks(checks)
    assert set(by_subject(checks)) == {
        *("step", "backend", "volume", "state", "destination", "space"),
    }
    assert PASSWORD not in ts.describe_checks(checks)
    assert_untouched(share, scratch)


def test_everything_that_is_wrong_is_told_at_once(
    share: SambaShare, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIBRARY_VARIABLE, "/nowhere/libwim.so")
    checks = ts.preflight(
        plan_for(r"\\127.0.0.1\nothing\out.wim", share.account),
        [tmp_path / "absent.img", scratch],
        options=options_for(share, scratch),
    )
    failed = [one for one in checks if one.standing is ts.Standing.FAILED]
    assert [one.subject for one in failed] == ["backend", "volume", "volume", "destination"]
    assert failed[-1].hresult == 0x80070043
    assert all(one.hint for one in failed)
    assert "(0x80070043)" in ts.describe_checks(checks)


def test_a_plan_without_a_capture_step_fails_there(small_volume: Path) -> None:
    (check,) = ts.preflight(ts.compile_plan(ts.TaskSequence(steps=[])), small_volume)
    assert (check.subject, check.standing) == ("step", ts.Standing.FAILED)


def test_another_backend_is_asked_instead_of_libwim(
    small_volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Picky(RecordingBackend):
        name = "picky"

        def check_installed(self) -> str:
            raise BackendUnavailable("the tape is not in", hint="Put it in.")

        def check_request(self, request: ts.CaptureRequest) -> None:
            raise ts.CaptureError(f"no {request.options.compression.value} on tapes")

        def check_volumes(self, volumes: tuple[VolumeSource, ...]) -> None:
            raise ts.CaptureError(f"{len(volumes)} is too many")

    monkeypatch.setenv(LIBRARY_VARIABLE, "/nowhere/libwim.so")
    plan = plan_for(str(tmp_path / "a.wim"))
    checks = ts.preflight(plan, small_volume, backend=Picky())
    failed = [(one.subject, one.text) for one in checks if one.standing is ts.Standing.FAILED]
    assert failed == [
        ("backend", "the tape is not in"),
        ("options", "no lzx on tapes"),
        ("volume", "1 is too many"),
    ]
    checks = ts.preflight(plan, small_volume, backend="recording")
    assert {one.standing for one in checks} == {ts.Standing.OK}, ts.describe_checks(checks)
    (check,) = (one for one in ts.preflight(plan, backend="none") if one.subject == "backend")
    assert check.standing is ts.Standing.FAILED
    assert "no capture backend named 'none'" in check.text


def test_a_server_that_says_fat32_is_believed(
    share: SambaShare, scratch: Path, small_volume: Path
) -> None:
    share.stop()
    share.configure({"fstype": "FAT32"}, {})
    share.start()
    checks = ts.preflight(
        plan_for(rf"{share.unc}\out.wim", share.account),
        small_volume,
        options=options_for(share, scratch),
    )
    assert any("(FAT32)" in one.text for one in checks)


class _Place:
    """A destination of which only room and kind are asked."""

    text = place = "/srv/a.wim"

    def __init__(self, free: int, system: str) -> None:
        self._free, self._system = free, system

    def free_bytes(self) -> int:
        return self._free

    def file_system(self) -> str:
        return self._system


@pytest.mark.parametrize(
    ("free", "system", "estimate", "outcome"),
    [
        (10 << 30, "ext4", (1 << 30, 3 << 30), "ok"),
        (2 << 30, "ext4", (1 << 30, 3 << 30), "may not suffice"),
        (1 << 29, "ext4", (1 << 30, 3 << 30), 0x80070070),
        (90 << 30, "vfat", (1 << 30, 3 << 30), "ok"),
        (90 << 30, "vfat", (3 << 30, 9 << 30), "FAT32 takes no file"),
        (90 << 30, "FAT32", (5 << 30, 9 << 30), 0x800700DF),
        (90 << 30, "NTFS", (5 << 30, 9 << 30), "ok"),
    ],
)
def test_room_is_judged_by_the_estimate(
    free: int, system: str, estimate: tuple[int, int], outcome: str | int
) -> None:
    place = _Place(free, system)
    size = SizeEstimate(10 << 30, *estimate)
    if isinstance(outcome, int):
        with pytest.raises(DestinationError) as caught:
            check_space(place, size)  # type: ignore[arg-type]
        assert caught.value.hresult == outcome
        return
    warnings = check_space(place, size)  # type: ignore[arg-type]
    assert bool(warnings) == (outcome != "ok")
    assert all(outcome in one for one in warnings)


@pytest.mark.parametrize(
    ("free", "estimate", "outcome"),
    [
        (6 << 30, SizeEstimate(10 << 30, 1 << 30, 3 << 30), "ok"),
        (5 << 30, SizeEstimate(10 << 30, 1 << 30, 3 << 30), "may not suffice"),
        (3 << 29, SizeEstimate(10 << 30, 1 << 30, 3 << 30), 0x80070070),
        # What FAT32 volumes stage is gone before the copy is made: the larger of both counts.
        (6 << 30, SizeEstimate(10 << 30, 1 << 30, 3 << 30, staged=2 << 30), "ok"),
        (6 << 30, SizeEstimate(10 << 30, 1 << 30, 3 << 30, staged=4 << 30), "may not suffice"),
        (4 << 30, SizeEstimate(10 << 30, 1 << 30, 3 << 30, staged=4 << 30), 0x80070070),
    ],
)
def test_a_scratch_folder_on_the_destinations_file_system_needs_room_for_both(
    free: int, estimate: SizeEstimate, outcome: str | int, tmp_path: Path
) -> None:
    place = _Place(free, "ext4")
    place.text, place.place = str(tmp_path / "a.wim"), str(tmp_path)
    if isinstance(outcome, int):
        with pytest.raises(DestinationError, match="on the same file system") as caught:
            check_space(place, estimate)  # type: ignore[arg-type]
        assert caught.value.hresult == outcome
        return
    warnings = check_space(place, estimate)  # type: ignore[arg-type]
    assert bool(warnings) == (outcome != "ok")
    assert all(outcome in one and str(tmp_path) in one for one in warnings)


def test_a_capture_by_scratch_that_fits_once_and_not_twice_is_refused(
    large_volume: Path, tmp_path: Path
) -> None:
    with memory_disk(tmp_path / "disk", "40m") as disk:
        (disk / "scratch").mkdir()
        (disk / "a.wim").write_bytes(OLD)
        direct = CaptureOptions(compression=Compression.NONE, threads=1)
        plan = plan_for(str(disk / "a.wim"))
        one = by_subject(ts.preflight(plan, large_volume, options=direct))
        assert one["space"] is ts.Standing.WARNING
        both = attrs.evolve(direct, scratch=disk / "scratch")
        for options in (
            both,
            attrs.evolve(both, shares=(ts.ShareMapping(unc=r"\\server\images", path=disk),)),
        ):
            unc = r"\\server\images\a.wim" if options.shares else str(disk / "a.wim")
            checks = ts.preflight(plan_for(unc), large_volume, options=options)
            assert by_subject(checks)["space"] is ts.Standing.FAILED, ts.describe_checks(checks)
            with pytest.raises(DestinationError, match="could suffice"):
                WimlibBackend().capture(request_for(unc, large_volume, options=options), Events())
        assert names_in(disk) == {"a.wim", "scratch"}
        assert not names_in(disk / "scratch")


def test_the_estimate_counts_data_and_not_page_files(large_volume: Path, tmp_path: Path) -> None:
    before = data_bytes(str(large_volume))
    assert 48 << 20 <= before <= 53 << 20
    copy = tmp_path / "copy.img"
    copy.write_bytes(large_volume.read_bytes())
    with mounted(copy) as root:
        (root / "pagefile.sys").write_bytes(bytes(6 << 20))
    assert abs(data_bytes(str(copy)) - before) < 1 << 20
    estimate = estimate_size(
        [VolumeSource(path=copy), VolumeSource(path=tmp_path / "absent")],
        CaptureOptions(compression=Compression.NONE),
    )
    assert estimate.low < 48 << 20 < estimate.high


def test_the_estimate_leaves_out_what_the_default_exclusions_do(
    large_volume: Path, tmp_path: Path
) -> None:
    options = CaptureOptions(compression=Compression.NONE)
    copy = tmp_path / "copy.img"
    copy.write_bytes(large_volume.read_bytes())
    before = estimate_size([VolumeSource(path=copy)], options)
    with mounted(copy) as root:
        for name in ("system volume information/{shadow}", "Windows/csc/v2/a", "$Recycle.Bin/S/b"):
            (root / name).parent.mkdir(parents=True)
            (root / name).write_bytes(bytes(2 << 20))
    after = estimate_size([VolumeSource(path=copy)], options)
    assert abs(after.data - before.data) < 1 << 20
    assert abs(after.low - before.low) < 1 << 20


def test_a_capture_that_cannot_fit_is_refused_before_it_begins(
    large_volume: Path, tmp_path: Path
) -> None:
    with memory_disk(tmp_path / "disk", "8m") as disk:
        (disk / "a.wim").write_bytes(OLD)
        events = Events()
        with pytest.raises(DestinationError, match="could suffice") as caught:
            WimlibBackend().capture(request_for(disk / "a.wim", large_volume), events)
        assert caught.value.hresult == 0x80070070
        assert not events.progress
        assert names_in(disk) == {"a.wim"}


def test_without_the_space_check_too_little_space_is_a_warning(
    large_volume: Path, tmp_path: Path
) -> None:
    with memory_disk(tmp_path / "disk", "8m") as disk:
        plan = plan_for(str(disk / "a.wim"))
        checks = ts.preflight(plan, large_volume)
        assert by_subject(checks)["space"] is ts.Standing.FAILED
        checks = ts.preflight(plan, large_volume, options=CaptureOptions(check_space=False))
        assert by_subject(checks)["space"] is ts.Standing.WARNING
        assert "could suffice" in checks[-1].text


def test_check_only_captures_nothing_and_says_how_it_stands(
    small_volume: Path, tmp_path: Path
) -> None:
    step = ts.CaptureSystemImageAction(name="Capture", capture_destination="x.wim")
    sequence = tmp_path / "s.xml"
    ts.Document.new(ts.TaskSequence(steps=[step])).save(sequence)
    good = ("capture", sequence, "--volume", small_volume, "--check-only", "--destination")
    done = command(*good, tmp_path / "a.wim")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a.wim can be written" in done.stdout
    assert names_in(tmp_path) == {"s.xml"}
    done = command(*good, tmp_path / "no" / "a.wim")
    assert done.returncode == 1
    assert "failed   destination" in done.stdout
    assert "(0x80070003)" in done.stdout


def test_the_doctor_names_what_is_missing() -> None:
    done = command("doctor")
    assert done.returncode == 0
    assert "reads" not in done.stderr
    assert "libwim.so" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("This machine can ")
    done = command("doctor", "--json", environment={LIBRARY_VARIABLE: "/nowhere/libwim.so"})
    assert done.returncode == 1
    missing = {one["ability"]: one for one in json.loads(done.stdout) if not one["present"]}
    assert "/nowhere/libwim.so" in missing["write WIM files (libwim)"]["detail"]
    assert "apt install libwim15" in missing["write WIM files (libwim)"]["remedy"]
    done = command("doctor", environment={LIBRARY_VARIABLE: "/nowhere/libwim.so"})
    assert "This machine cannot capture: write WIM files (libwim); read NTFS" in done.stdout


def test_each_missing_thing_has_the_command_that_adds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str, path: str | None = None) -> None:
        return None

    def not_there(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setenv(LIBRARY_VARIABLE, "/nowhere/libwim.so")
    monkeypatch.setattr("shutil.which", absent)
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("importlib.metadata.version", not_there)
    missing = [one for one in examine() if not one.present]
    assert len(missing) > 14
    for one in missing:
        assert re.search(r"apt install|pip install|modprobe|--scratch", one.remedy or ""), one


def test_the_space_check_can_be_left_out(small_volume: Path, tmp_path: Path) -> None:
    options = attrs.evolve(CaptureOptions(threads=1), check_space=False)
    assert WimlibBackend().capture(
        request_for(tmp_path / "a.wim", small_volume, options=options), Events()
    )
