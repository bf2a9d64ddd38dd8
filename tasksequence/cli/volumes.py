"""tasksequence volumes: what is on a disk, and what of it the capture step takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasksequence.cli.sequences import path_argument
from tasksequence.cli.source_options import BACKING_OPTION, FORMAT_OPTION

if TYPE_CHECKING:
    from tasksequence.capture.sources.disks import Disk, DiskVolume

__all__ = ["volumes"]


@click.command()
@click.argument("disks", nargs=-1, required=True, callback=path_argument)
@FORMAT_OPTION
@BACKING_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def volumes(
    disks: tuple[Path, ...],
    disk_format: str | None,
    allow_backing: tuple[Path, ...],
    as_json: bool,
) -> None:
    """List the volumes of DISKS: raw, VHD, VHDX, VMDK or qcow2 images, or block devices.

    The disks are only read, in place. The last column says whether the capture step takes a volume,
    and why not. Volumes are named as in the first column by --include and --exclude.
    """
    from tasksequence.capture.sources.disks import DiskAccess, read_disk
    from tasksequence.cli.output import output_width, print_result
    from tasksequence.text_table import human_bytes, text_table

    access = DiskAccess(disk_format=disk_format, allow_backing=allow_backing)
    found = [read_disk(path, at, access) for at, path in enumerate(disks)]
    if as_json:
        print_result(json.dumps([_record(disk) for disk in found], indent=2))
        return
    for disk in found:
        style = disk.style or "one volume"
        print_result(f"{disk.path}: {disk.format}, {human_bytes(disk.size)}, {style}")
        for path in disk.files.paths()[1:]:
            print_result(f"    reads {path}")
    rows = [
        [
            volume.place.selector,
            volume.place.label,
            volume.place.role,
            volume.place.file_system,
            human_bytes(volume.place.size),
            _verdict(volume),
        ]
        for disk in found
        for volume in disk.volumes
    ]
    head = ("Volume", "Label", "Role", "File system", "Size", "Captured")
    print_result(text_table(head, rows, right={4}, shrink=(1, 5), columns=output_width()))


def _verdict(volume: DiskVolume) -> str:
    if volume.skipped is not None:
        return f"no: {volume.warning or volume.skipped}"
    if volume.problem is not None:
        return f"refused: {volume.problem}"
    return "yes" if volume.warning is None else f"yes, with a warning: {volume.warning}"


def _record(disk: Disk) -> dict[str, object]:
    return {
        "path": str(disk.path),
        "format": disk.format,
        "size": disk.size,
        "style": disk.style,
        "files": disk.files.paths(),
        "volumes": [
            {
                "volume": volume.place.selector,
                "partition": volume.place.partition,
                "type": volume.place.type,
                "offset": volume.place.offset,
                "size": volume.place.size,
                "file_system": volume.place.file_system,
                "label": volume.place.label,
                "role": volume.place.role,
                "active": volume.place.active,
                "captured": volume.skipped is None,
                "skipped": volume.skipped,
                "problem": volume.problem,
                "warning": volume.warning,
            }
            for volume in disk.volumes
        ],
    }
