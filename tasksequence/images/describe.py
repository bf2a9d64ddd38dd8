"""What a WIM says of itself, as text for people and as plain records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasksequence.capture.wim_file import read_wim_file
from tasksequence.errors import ImageError
from tasksequence.images.contents import ImageFile, other_parts
from tasksequence.images.diff import FileDifference
from tasksequence.images.package import image_disks, image_information, read_package
from tasksequence.text_table import human_bytes, text_table
from tasksequence.wmi import WmiObject, properties_of

__all__ = [
    "describe_image_file",
    "difference_line",
    "file_line",
    "file_record",
    "image_file_record",
]

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_LETTERS = ((0x10, "d"), (0x1, "r"), (0x2, "h"), (0x4, "s"), (0x20, "a"), (0x400, "l"))
_MARKS = {"added": "+", "removed": "-", "changed": "~"}


def describe_image_file(path: Path | str, *, columns: int | None = None) -> str:
    """Return what a WIM holds: the file, its images, and the disks. Raises `ImageError`."""
    found = read_wim_file(str(path))
    package = read_package(path)
    solid = ", solid" if found.solid else ""
    parts = f", part {found.part} of {found.parts}" if found.parts > 1 else ""
    integrity = ", integrity table" if found.has_integrity_table else ""
    lines = [f"{path}: {human_bytes(found.size)}, {found.compression}{solid}{parts}{integrity}"]
    if found.part == 1:
        try:
            other_parts(found)
        except ImageError as error:
            lines += [f"{error.problem}.", *([error.hint] if error.hint else []), ""]
    rows = [
        [
            str(one.index), one.name or "", one.architecture or "", one.os_version or "",
            one.language or "", one.version or "", one.created_by or "", one.creation_date or "",
            human_bytes(one.size or 0),
        ]
        for one in image_information(package)
    ]  # fmt: skip
    head = ("Image", "Name", "Arch", "Windows", "Language", "Version", "Creator", "Created", "Size")
    lines.append(text_table(head, rows, right={0, 8}, shrink=(1, 6), columns=columns))
    disks = [
        [
            str(one.disk_index), one.disk_style or "", str(one.partition_index),
            one.partition_file_system or "", one.partition_label or "",
            human_bytes(one.partition_size or 0), "yes" if one.partition_is_boot else "",
        ]
        for one in image_disks(package)
    ]  # fmt: skip
    if disks:
        place = ("Disk", "Style", "Partition", "File system", "Label", "Size", "Boot")
        lines += ["", text_table(place, disks, right={0, 2, 5}, columns=columns)]
    return "\n".join(lines)


def image_file_record(path: Path | str) -> dict[str, object]:
    """Return package, images and disks of a WIM by their WMI names. Raises `ImageError`."""
    package = read_package(path)
    return {
        "SMS_ImagePackage": _record(package),
        "SMS_ImageInformation": [_record(one) for one in image_information(package)],
        "SMS_ImageDiskInformation": [_record(one) for one in image_disks(package)],
    }


def file_record(file: ImageFile) -> dict[str, object]:
    """Return a file of an image as a plain record."""
    return {
        "path": file.path,
        "short_name": file.short_name,
        "attributes": file.attributes,
        "size": file.data.size,
        "sha1": file.data.sha1,
        "created": _moment(file.created),
        "modified": _moment(file.modified),
        "accessed": _moment(file.accessed),
        "reparse_tag": file.reparse_tag,
        "streams": {stream.name: stream.sha1 for stream in file.streams},
    }


def file_line(file: ImageFile) -> str:
    """Return a file of an image as a line."""
    letters = "".join(letter if file.attributes & bit else "-" for bit, letter in _LETTERS)
    lines = [f"{letters} {file.data.size:>14,} {_moment(file.modified):<20} {file.path}"]
    lines += [
        f"{'':6} {stream.size:>14,} {'':20} {file.path}:{stream.name}" for stream in file.streams
    ]
    return "\n".join(lines)


def difference_line(one: FileDifference) -> str:
    """Return a difference as a line."""
    what = f"  ({', '.join(one.fields)})" if one.fields else ""
    return f"{_MARKS[one.kind]} {one.path}{what}"


def _record(one: WmiObject) -> dict[str, object]:
    values = {prop.name: getattr(one, prop.attribute) for prop in properties_of(type(one))}
    return {
        name: value if isinstance(value, (str, int, list)) else str(value)
        for name, value in values.items()
        if value is not None
    }


def _moment(ticks: int) -> str:
    if not ticks:
        return ""
    try:
        moment = _EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
