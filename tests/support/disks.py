"""Whole disks for tests: partition tables by sfdisk, file systems by their own tools."""

from __future__ import annotations

import subprocess
from pathlib import Path

import attrs
import pytest

import tasksequence as ts
from tests.support.volumes import run, tool_path

TOOLS = (
    "sfdisk", "partx", "mkfs.fat", "fsck.fat", "mcopy", "mattrib", "mdir", "mkntfs", "mkfs.ext4",
    "qemu-img", "qemu-storage-daemon", "fusermount3", "wimlib-imagex",
)  # fmt: skip
MEGABYTE = 1 << 20
EFI = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
RESERVED = "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"
BASIC = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
RECOVERY = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC"


QUICK = ts.CaptureOptions(compression=ts.Compression.XPRESS, threads=2)


def plan_to(destination: Path) -> ts.Plan:
    step = ts.CaptureSystemImageAction(
        name="Capture", capture_destination=str(destination), image_creator="Jürgen",
        image_version="1.2", image_description="all of it",
    )  # fmt: skip
    return ts.compile_plan(ts.TaskSequence(steps=[step]), {"_SMSTSInWinPE": "true"})


def need_disk_tools() -> None:
    """Skip the test on a machine that cannot make or show disks."""
    missing = [name for name in TOOLS if tool_path(name) is None]
    if missing or not Path("/dev/fuse").exists():
        pytest.skip(f"needs {', '.join(missing) or '/dev/fuse'}")


@attrs.frozen
class Slot:
    """A partition to be: its type, its content or its size in megabytes."""

    type: str
    content: Path | None = None
    megabytes: int = 1
    name: str = ""
    options: str = ""

    @property
    def size(self) -> int:
        """Bytes, whole megabytes."""
        size = self.content.stat().st_size if self.content else 0
        return max(-(-size // MEGABYTE), self.megabytes) * MEGABYTE


def make_gpt_disk(path: Path, slots: list[Slot]) -> Path:
    """Make a raw disk with a GPT."""
    lines, offsets, at = ["label: gpt"], [], MEGABYTE
    for slot in slots:
        line = f"start={at // 512}, size={slot.size // 512}, type={slot.type}"
        lines.append(line + (f', name="{slot.name}"' if slot.name else "") + slot.options)
        offsets.append(at)
        at += slot.size
    return _make(path, lines, at + MEGABYTE, zip(offsets, slots, strict=True))


def make_mbr_disk(path: Path, primary: list[Slot], logical: list[Slot]) -> Path:
    """Make a raw disk with an MBR; logical partitions lie in an extended one at the end."""
    lines, places, at = ["label: dos"], [], MEGABYTE
    for slot in primary:
        lines.append(f"start={at // 512}, size={slot.size // 512}, type={slot.type}{slot.options}")
        places.append((at, slot))
        at += slot.size
    room = sum(slot.size + MEGABYTE for slot in logical)
    if logical:
        lines.append(f"start={at // 512}, size={room // 512}, type=f")
    for slot in logical:
        at += MEGABYTE
        lines.append(f"start={at // 512}, size={slot.size // 512}, type={slot.type}")
        places.append((at, slot))
        at += slot.size
    return _make(path, lines, at + MEGABYTE, places)


def _make(path: Path, lines: list[str], size: int, places: object) -> Path:
    with path.open("wb") as stream:
        stream.truncate(size)
    tool = tool_path("sfdisk")
    assert tool is not None
    subprocess.run(
        [tool, "--quiet", path], input="\n".join(lines), text=True, check=True, capture_output=True
    )
    for offset, slot in places:  # type: ignore[attr-defined]
        if slot.content is not None:
            _write_sparse(path, slot.content, offset)
    return path


def _write_sparse(path: Path, content: Path, offset: int) -> None:
    zeros = bytes(MEGABYTE)
    with path.open("r+b") as disk, content.open("rb") as source:
        while piece := source.read(MEGABYTE):
            if piece != zeros[: len(piece)]:
                disk.seek(offset)
                disk.write(piece)
            offset += len(piece)


def converted(disk: Path, form: str, *options: str) -> Path:
    """Convert a raw disk to another format."""
    ending = {"vpc": "vhd"}.get(form, form)
    target = disk.with_name(f"{disk.stem}-{'-'.join(options) or 'x'}.{ending}")
    extra = [text for option in options for text in ("-o", option)]
    run("qemu-img", "convert", "-O", form, *extra, disk, target)
    return target


def make_fat32(path: Path, *, megabytes: int = 34, label: str = "SYSTEM") -> Path:
    """Make a FAT32 volume with long and Unicode names, attributes and times in them."""
    with path.open("wb") as stream:
        stream.truncate(megabytes * MEGABYTE)
    run("mkfs.fat", "-F", "32", "-s", "1", "-n", label, path)
    content = path.parent / f"{path.name}.files"
    files = {
        "EFI/Microsoft/Boot/bootmgfw.efi": b"MZ" + bytes(range(256)) * 700,
        "EFI/Microsoft/Boot/BCD": b"regf" + b"\x01" * 5000,
        "EFI/Boot/bootx64.efi": b"MZ" + bytes(range(256)) * 700,
        "A long name with blanks.txt": b"long\r\n",
        "Grüße aus 東京 😀.txt": b"unicode\r\n",
        "lower.txt": b"",
        "UPPER.TXT": b"upper",
        "pagefile.sys": b"p" * 3000,
    }
    for name, data in files.items():
        target = content / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (content / "Empty folder").mkdir()
    # mcopy decodes names by the locale.
    environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MTOOLS_SKIP_CHECK": "1"}
    for entry in sorted(content.iterdir()):
        subprocess.run(
            ["mcopy", "-s", "-m", "-i", path, entry, "::"],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
    for attribute, name in (
        ("+h", "UPPER.TXT"),
        ("+s", "lower.txt"),
        ("+r", "EFI/Microsoft/Boot/BCD"),
    ):
        subprocess.run(
            ["mattrib", attribute, "-i", path, f"::{name}"],
            check=True, env=environment, capture_output=True,
        )  # fmt: skip
    return path


def make_ext4(path: Path, *, megabytes: int = 8) -> Path:
    """Make an empty ext4 volume."""
    with path.open("wb") as stream:
        stream.truncate(megabytes * MEGABYTE)
    run("mkfs.ext4", "-q", "-F", path)
    return path
