"""WIMs that cannot be used: every use of them says why, and changes nothing."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tasksequence import images
from tests.support.captures import names_in
from tests.support.command_line import refused
from tests.support.command_line import run as command
from tests.support.disks import QUICK, plan_to
from tests.support.volumes import make_volume, need_tools

pytestmark = pytest.mark.wimlib

XML_AT, LOOKUP_AT = 72, 48


@attrs.frozen
class Good:
    wim: Path
    split: Path
    volume: Path


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Good:
    need_tools()
    folder = tmp_path_factory.mktemp("good")
    files = {"a.bin": bytes(range(256)) * 9000, "b.txt": b"b" * 3000}
    volume = make_volume(folder / "v.ntfs", files, megabytes=16)
    wim, split = folder / "a.wim", folder / "s.swm"
    plain = attrs.evolve(QUICK, compression=ts.Compression.NONE)
    ts.capture_volumes(plan_to(wim), volume, options=plain)
    ts.capture_volumes(plan_to(split), volume, options=attrs.evolve(plain, split=1 << 20))
    return Good(wim, split, volume)


def resource(raw: bytes | bytearray, at: int) -> tuple[int, int]:
    packed, offset = struct.unpack_from("<QQ", raw, at)
    return offset, packed & (1 << 56) - 1


def changed(good: Good, folder: Path, change: Callable[[bytearray], None]) -> Path:
    path = folder / "bad.wim"
    raw = bytearray(good.wim.read_bytes())
    change(raw)
    path.write_bytes(raw)
    return path


def damaged_data(good: Good, folder: Path) -> Path:
    def change(raw: bytearray) -> None:
        at = raw.index(bytes(range(256)) * 20)
        raw[at] ^= 1

    return changed(good, folder, change)


def damaged_metadata(good: Good, folder: Path) -> Path:
    def change(raw: bytearray) -> None:
        at = raw.index("b.txt".encode("utf-16-le"))
        raw[at] ^= 1

    return changed(good, folder, change)


def damaged_table(good: Good, folder: Path) -> Path:
    def change(raw: bytearray) -> None:
        offset, size = resource(raw, LOOKUP_AT)
        raw[offset : offset + size] = b"\xa5" * size

    return changed(good, folder, change)


def lost_data(good: Good, folder: Path) -> Path:
    """The table says of one file's data that it lies in another part."""

    def change(raw: bytearray) -> None:
        offset, size = resource(raw, LOOKUP_AT)
        for at in range(offset, offset + size, 50):
            if resource(raw, at)[1] == 3000:
                struct.pack_into("<H", raw, at + 24, 7)

    return changed(good, folder, change)


def damaged_xml(good: Good, folder: Path) -> Path:
    def change(raw: bytearray) -> None:
        offset, size = resource(raw, XML_AT)
        raw[offset + 2 : offset + size] = "<WIM>".encode("utf-16-le").ljust(size - 2, b" ")[
            : size - 2
        ]

    return changed(good, folder, change)


def cut_off(good: Good, folder: Path) -> Path:
    return changed(good, folder, lambda raw: raw.__delitem__(slice(len(raw) // 2, None)))


def newer(good: Good, folder: Path) -> Path:
    return changed(good, folder, lambda raw: struct.pack_into("<I", raw, 12, 0x20000))


def encrypted(good: Good, folder: Path) -> Path:
    def change(raw: bytearray) -> None:
        xml = "\ufeff<ESD><ENCRYPTED><KEYS/></ENCRYPTED></ESD>".encode("utf-16-le")
        struct.pack_into("<QQQ", raw, XML_AT, len(xml), len(raw), len(xml))
        raw += xml

    return changed(good, folder, change)


def no_wim(good: Good, folder: Path) -> Path:
    return changed(good, folder, lambda raw: raw.__setitem__(slice(0, 8), b"PK\3\4    "))


def second_part(good: Good, folder: Path) -> Path:
    return Path(shutil.copy(good.split.with_name("s2.swm"), folder / "bad.wim"))


def part_is_missing(good: Good, folder: Path) -> Path:
    return Path(shutil.copy(good.split, folder / "bad.swm"))


def absent(good: Good, folder: Path) -> Path:
    return folder / "absent.wim"


BAD = [
    (damaged_data, "damaged", 0x80070570),
    (damaged_metadata, "damaged", 0x80070570),
    (damaged_table, "damaged", 0x80070570),
    (lost_data, "data of the WIM is missing", 0x80070002),
    (damaged_xml, "damaged", None),
    (cut_off, "cut off or damaged", 0x80070026),
    (newer, "version 0x20000", 0x80070519),
    (encrypted, "encrypted", 0x80071772),
    (no_wim, "no WIM file", 0x8007000D),
    (second_part, "this is part 2 of", 0x80070032),
    (part_is_missing, "is missing", 0x80070002),
    (absent, "cannot be read", 0x80070002),
]


@pytest.mark.parametrize(
    ("make", "said", "code"), BAD, ids=lambda one: getattr(one, "__name__", "")
)
def test_no_use_of_a_bad_wim_changes_anything(
    good: Good,
    tmp_path: Path,
    make: Callable[[Good, Path], Path],
    said: str,
    code: int | None,
) -> None:
    bad = make(good, tmp_path)
    target = Path(shutil.copy(good.volume, tmp_path / "target.ntfs"))
    before = target.read_bytes()
    names = names_in(tmp_path)
    base = attrs.evolve(QUICK, base=bad)
    uses: dict[str, Callable[[], object]] = {
        "verify": lambda: images.verify_image_file(bad),
        "apply": lambda: images.apply_images(bad, target, index=1, erase=True),
    }
    # Neither looks at the data.
    if make not in {damaged_data, lost_data}:
        uses["files"] = lambda: list(images.image_files(bad))
        uses["diff"] = lambda: images.diff_images(bad, good.wim)
        uses["diff, the other"] = lambda: images.diff_images(good.wim, bad)
    # What a base cannot give is read from the volume.
    if make in {damaged_xml, cut_off, newer, encrypted}:
        plan = plan_to(tmp_path / "out.wim")
        uses["base"] = lambda: ts.capture_volumes(plan, good.volume, options=base)
    for use, call in uses.items():
        if use == "diff, the other" and make in {no_wim, absent}:
            continue  # taken for a volume
        with pytest.raises(ts.ImageError, match=said) as told:
            call()
        assert told.value.where == str(bad), use
        assert told.value.hint, use
        if code is not None:
            assert told.value.hresult == code, use
        assert told.value.hresult, use
    assert target.read_bytes() == before
    assert names_in(tmp_path) == names
    refused(command("image", "verify", bad, "--quiet"), 1, str(bad))


@pytest.mark.parametrize("index", [-1, 0, 2, 1 << 40])
def test_an_index_out_of_range_is_refused(good: Good, tmp_path: Path, index: int) -> None:
    target = Path(shutil.copy(good.volume, tmp_path / "target.ntfs"))
    before = target.read_bytes()
    for call in (
        lambda: list(images.image_files(good.wim, index)),
        lambda: images.diff_images(good.wim, good.wim, image=index),
        lambda: images.diff_images(good.wim, good.wim, other_image=index),
        lambda: images.apply_images(good.wim, target, index=index, erase=True),
    ):
        with pytest.raises(ts.ImageError, match=f"no image {index} .*which has 1") as told:
            call()
        assert told.value.where == str(good.wim)
        assert told.value.hresult == 0x80070490
    assert target.read_bytes() == before
    arguments = ("image", "files", good.wim, f"--index={index}")
    assert "Traceback" not in command(*arguments).stderr


def test_what_was_verified_before_needs_not_be_verified_again(good: Good, tmp_path: Path) -> None:
    bad = damaged_data(good, tmp_path)
    target = Path(shutil.copy(good.volume, tmp_path / "target.ntfs"))
    with pytest.raises(ts.ImageError, match="is incomplete") as told:
        images.apply_images(bad, target, index=1, erase=True, verify=False)
    assert told.value.hresult == 0x80070570
    done = command("image", "apply", good.wim, target, "--index", "1", "--erase", "--no-verify")
    assert done.returncode == 0, done.stderr
    assert images.diff_images(good.wim, target) == []
