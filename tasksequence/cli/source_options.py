"""The options of `capture` that say what is captured, and what of it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tasksequence.cli.sequences import path_argument

if TYPE_CHECKING:
    from tasksequence.capture.sources.disks import DiskAccess
    from tasksequence.request import CaptureOptions, ExclusionProfile, VolumeSource

__all__ = ["BACKING_OPTION", "FORMAT_OPTION", "SourceOptions", "byte_size", "source_options"]

T = TypeVar("T")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_UNITS = {"": 1 << 20, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class SourceOptions:
    """What the person said on the command line of what is captured."""

    def __init__(
        self,
        *,
        disks: tuple[Path, ...],
        volumes: tuple[Path, ...],
        folders: tuple[Path, ...],
        include: tuple[str, ...],
        exclude: tuple[str, ...],
        exclusions: Path | None,
        show_exclusions: bool,
        integrity: bool,
        split: int | None,
        base: Path | None,
        allow_dirty: bool,
        disk_format: str | None,
        allow_backing: tuple[Path, ...],
    ) -> None:
        if not disks and not volumes and not folders:
            raise click.UsageError("Give at least one --disk, --volume or --folder.")
        if not disks and (disk_format or allow_backing):
            raise click.UsageError("--format and --allow-backing are about a --disk.")
        if not disks and (include or exclude):
            raise click.UsageError("--include and --exclude choose volumes of a --disk.")
        self.disks = disks
        self.include = include
        self.exclude = exclude
        self.show_exclusions = show_exclusions
        self._disk_format = disk_format
        self._allow_backing = allow_backing
        self._volumes = volumes
        self._folders = folders
        self._exclusions = exclusions
        self._integrity = integrity
        self._split = split
        self._base = base
        self._allow_dirty = allow_dirty

    def access(self) -> DiskAccess:
        """Return how the disks are to be read."""
        from tasksequence.capture.sources.disks import DiskAccess

        return DiskAccess(disk_format=self._disk_format, allow_backing=self._allow_backing)

    def volumes(self) -> list[VolumeSource]:
        """Return the single volumes and folders."""
        from tasksequence.request import VolumeSource

        return [
            *(VolumeSource(path=path) for path in self._volumes),
            *(VolumeSource(path=path, is_folder=True) for path in self._folders),
        ]

    def applied_to(self, options: CaptureOptions) -> CaptureOptions:
        """Return the capture's options with those that are about its sources."""
        import attrs

        return attrs.evolve(
            options,
            exclusions=self._profile(),
            integrity=self._integrity,
            split=self._split,
            base=self._base,
            allow_dirty=self._allow_dirty,
        )

    def preview(self) -> str:
        """Return a table of what the profile leaves out, with sizes."""
        from tasksequence.engine.preview import describe_exclusions, preview_exclusions

        found = preview_exclusions(
            self.disks,
            include=self.include,
            exclude=self.exclude,
            volumes=self.volumes(),
            profile=self._profile(),
            access=self.access(),
        )
        return describe_exclusions(found)

    def _profile(self) -> ExclusionProfile | None:
        from tasksequence.capture.exclusions import load_profile

        return None if self._exclusions is None else load_profile(self._exclusions)


class _ByteSize(click.ParamType[int]):
    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = _SIZE.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no size; give it as 3900M or 4G", param, ctx)
        return int(float(match[1]) * _UNITS[match[2].lower()])


byte_size = _ByteSize()
"""A number of bytes such as 3900M or 4G; a bare number is megabytes, as DISM counts."""

FORMAT_OPTION = click.option(
    "--format",
    "disk_format",
    type=click.Choice(["raw", "vhd", "vhdx", "vmdk", "qcow2", "vdi"], case_sensitive=False),
    help="The format of the disks, where name and content do not agree on one.",
)
BACKING_OPTION = click.option(
    "--allow-backing",
    multiple=True,
    metavar="PATH",
    callback=path_argument,
    help="A file, or a folder of files, outside the folder of a disk that it may be made of: the "
    "parent of a snapshot, a part.",
)

_OPTIONS = [
    click.option(
        "--disk",
        "disks",
        multiple=True,
        metavar="PATH",
        callback=path_argument,
        help="A whole disk: raw, VHD, VHDX, VMDK or qcow2 image, or block device. Every NTFS and "
        "FAT32 volume of it becomes an image, in disk and partition order.",
    ),
    FORMAT_OPTION,
    BACKING_OPTION,
    click.option(
        "--volume",
        "volumes",
        multiple=True,
        metavar="PATH",
        callback=path_argument,
        help="An NTFS or FAT32 volume: image file or block device, not mounted. Give it once for "
        "each volume.",
    ),
    click.option(
        "--folder",
        "folders",
        multiple=True,
        metavar="PATH",
        callback=path_argument,
        help="A folder, with what Linux shows of it: no attributes or permissions of Windows.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="VOLUME",
        help="Capture this volume of the disks, and no other that is not included too: partition "
        "number, disk and partition (1-3), label, or role.",
    ),
    click.option("--exclude", multiple=True, metavar="VOLUME", help="Do not capture this volume."),
    click.option(
        "--exclusions",
        metavar="FILE",
        callback=path_argument,
        help="Which files are left out: a profile in wimlib's and DISM's syntax, in place of the "
        "default.",
    ),
    click.option(
        "--show-exclusions",
        is_flag=True,
        help="Show which files would be left out, with sizes, and capture nothing.",
    ),
    click.option(
        "--integrity", is_flag=True, help="Write an integrity table, as DISM /CheckIntegrity does."
    ),
    click.option(
        "--split",
        type=byte_size,
        metavar="SIZE",
        help="Write a split WIM (.swm) in parts of this size, such as 3900M.",
    ),
    click.option(
        "--base",
        metavar="OLD.wim",
        callback=path_argument,
        help="Take over what has not changed from an earlier WIM, which stays as it is.",
    ),
    click.option(
        "--allow-dirty",
        is_flag=True,
        help="Capture an NTFS volume although it was not cleanly shut down.",
    ),
]
_NAMES = (
    "disks", "volumes", "folders", "include", "exclude", "exclusions", "show_exclusions",
    "integrity", "split", "base", "allow_dirty", "disk_format", "allow_backing",
)  # fmt: skip


def source_options(command: Callable[..., T]) -> Callable[..., T]:
    """Give a command these options, which it gets as one argument `sources`."""

    @functools.wraps(command)
    def wrapped(**arguments: Any) -> T:
        chosen = {name: arguments.pop(name) for name in _NAMES}
        return command(sources=SourceOptions(**chosen), **arguments)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped
