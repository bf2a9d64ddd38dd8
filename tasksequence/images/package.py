"""A WIM file as a site's image package: SMS_ImagePackage, and what it reads from the file.

A site fills ImageProperty and ImageDiskLayout from the file. Here ImageProperty is the XML of the
WIM as it is; ImageDiskLayout is XML of this project, as the site's own form is not documented:

    <ImageDiskLayout><Disk DiskIndex="0" DiskStyle="GPT"><Partition PartitionIndex="1" …/></Disk>
    </ImageDiskLayout>

with the properties of SMS_ImageDiskInformation as attributes, Role and Image (the index of the
volume's image, if it has one) beside them.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasksequence.capture.wim_file import read_wim_file
from tasksequence.errors import ImageError
from tasksequence.images.contents import open_image
from tasksequence.images.wim_xml import image_elements, parsed_wim_xml, whole_number
from tasksequence.model.enumerations import ImageObjectType, PackageType
from tasksequence.model.image_information import ImageDiskInformation, ImageInformation
from tasksequence.model.packages import ImagePackage

__all__ = [
    "get_image_properties",
    "image_disks",
    "image_information",
    "read_package",
    "reload_image_properties",
]

_ARCHITECTURES = {"0": "x86", "5": "arm", "6": "ia64", "9": "x64", "12": "arm64"}
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_OWN = "TASKSEQUENCE"
_PLACES = {
    "PartitionIndex": "INDEX",
    "PartitionType": "TYPE",
    "PartitionOffset": "OFFSET",
    "PartitionSize": "SIZE",
    "PartitionFileSystem": "FILESYSTEM",
    "PartitionLabel": "LABEL",
    "PartitionIsBoot": "ISBOOT",
    "Role": "ROLE",
}


def get_image_properties(path: Path | str) -> str:
    """Return what a WIM says of its images, as XML (GetImageProperties of SMS_ImagePackage).

    Needs no libwim. Raises `ImageError` for what is no WIM, or is cut off, encrypted or too new.
    """
    return read_wim_file(os.fspath(path)).xml


def read_package(path: Path | str) -> ImagePackage:
    """Return a WIM as an image package, as a site makes one of it.

    Name, description, version and language are those of the image with a Windows, else of the
    first. Raises `ImageError`.
    """
    file = Path(path)
    package = ImagePackage(name=file.stem, pkg_source_path=str(file))
    return reload_image_properties(package)


def reload_image_properties(package: ImagePackage) -> ImagePackage:
    """Read the properties of a package's WIM again (ReloadImageProperties), and return the package.

    What the file does not say keeps its value. Raises `ImageError`, also for a package without
    PkgSourcePath; the package is then as it was.
    """
    if not package.pkg_source_path:
        raise ImageError(
            "the package has no PkgSourcePath",
            hint="Set it to the path of the WIM file.",
            hresult=0x80070057,
        )
    path = package.pkg_source_path
    found = open_image(path)
    images = image_elements(found.xml, path)
    layout = _disk_layout(images)
    information = [_information(image, package.package_id, path) for image in images]
    package.image_property = found.xml
    package.package_size = -(-found.size // 1024)
    written = datetime.fromtimestamp(os.stat(path).st_mtime, UTC)  # noqa: PTH116
    _set_as_site(package, "image_disk_layout", layout)
    _set_as_site(package, "last_refresh_time", datetime.now(UTC).replace(microsecond=0))
    _set_as_site(package, "source_date", written.replace(microsecond=0))
    if information:
        chosen = next((one for one in information if one.os_version), information[0])
        package.description = chosen.description or package.description
        package.version = chosen.version or package.version
        package.language = chosen.language or package.language
    return package


def image_information(package: ImagePackage | Path | str) -> list[ImageInformation]:
    """Return SMS_ImageInformation of each image of a package or a WIM. Raises `ImageError`."""
    loaded = _loaded(package)
    path = loaded.pkg_source_path or ""
    images = image_elements(loaded.image_property or "<WIM/>", path)
    return [_information(image, loaded.package_id, path) for image in images]


def image_disks(package: ImagePackage | Path | str) -> list[ImageDiskInformation]:
    """Return SMS_ImageDiskInformation of each partition that a package's layout or a WIM names.

    Partitions without an image are among them. Empty for a WIM that says nothing of disks.
    """
    loaded = _loaded(package)
    if not loaded.image_disk_layout:
        return []
    root = parsed_wim_xml(loaded.image_disk_layout, loaded.pkg_source_path or "")
    return [
        ImageDiskInformation(
            package_id=loaded.package_id,
            disk_index=whole_number(disk.get("DiskIndex")) or 0,
            disk_style=disk.get("DiskStyle"),
            partition_style=disk.get("DiskStyle"),
            partition_index=whole_number(one.get("PartitionIndex")) or 0,
            partition_type=one.get("PartitionType"),
            partition_offset=whole_number(one.get("PartitionOffset")) or 0,
            partition_size=whole_number(one.get("PartitionSize")) or 0,
            partition_file_system=one.get("PartitionFileSystem"),
            partition_label=one.get("PartitionLabel"),
            partition_is_boot=one.get("PartitionIsBoot") == "True",
        )
        for disk in root.iter("Disk")
        for one in disk.iter("Partition")
    ]


def _set_as_site(package: ImagePackage, attribute: str, value: object) -> None:
    """Set a property that is read-only for people: this method is the one that sites fill it by."""
    object.__setattr__(package, attribute, value)


def _loaded(package: ImagePackage | Path | str) -> ImagePackage:
    return package if isinstance(package, ImagePackage) else read_package(package)


def _information(image: ET.Element, package_id: str | None, path: str) -> ImageInformation:
    def text(name: str) -> str | None:
        found = image.findtext(name)
        return found.strip() if found and found.strip() else None

    numbers = [text(f"WINDOWS/VERSION/{name}") for name in ("MAJOR", "MINOR", "BUILD", "SPBUILD")]
    version = ".".join(number for number in numbers if number) or None
    architecture = text("WINDOWS/ARCH")
    return ImageInformation(
        architecture=_ARCHITECTURES.get(architecture or "", architecture),
        created_by=text(f"{_OWN}/CREATOR"),
        creation_date=_moment(image),
        description=text("DESCRIPTION"),
        hal_type=text("WINDOWS/HAL"),
        image_path=path,
        image_os_version=version,
        index=whole_number(image.get("INDEX")) or 0,
        language=text("WINDOWS/LANGUAGES/DEFAULT") or text("WINDOWS/LANGUAGES/LANGUAGE"),
        name=text("NAME"),
        object_type=ImageObjectType.IMAGE_PACKAGE,
        os_version=version,
        package_id=package_id,
        package_type=PackageType.IMAGE,
        product_type=text("WINDOWS/PRODUCTTYPE"),
        size=whole_number(text("TOTALBYTES")),
        version=text(f"{_OWN}/VERSION"),
    )


def _moment(image: ET.Element) -> str | None:
    try:
        high = int(image.findtext("CREATIONTIME/HIGHPART") or "", 16)
        low = int(image.findtext("CREATIONTIME/LOWPART") or "", 16)
        moment = _EPOCH + timedelta(microseconds=(high << 32 | low) // 10)
    except (ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _disk_layout(images: list[ET.Element]) -> str:
    """Return the layout of all disks as XML; empty where the images say nothing of disks."""
    disks: dict[str, tuple[str, list[dict[str, str]]]] = {}
    for image in images:
        own = image.find(_OWN)
        place = None if own is None else own.find("PARTITION")
        if own is None or place is None:
            continue
        index = own.findtext("DISK/INDEX") or "0"
        _, partitions = disks.setdefault(index, (own.findtext("DISK/STYLE") or "", []))
        partitions.append({**_place(place), "Image": image.get("INDEX", "")})
        for other in own.iterfind("SKIPPED/PARTITION"):
            # A disk without an image is recorded with another's.
            elsewhere = other.findtext("DISKINDEX") or index
            style = other.findtext("DISKSTYLE") or ""
            disks.setdefault(elsewhere, (style, []))[1].append(_place(other))
    if not disks:
        return ""
    root = ET.Element("ImageDiskLayout")
    for index in sorted(disks, key=lambda text: (len(text), text)):
        style, partitions = disks[index]
        disk = ET.SubElement(root, "Disk", {"DiskIndex": index, "DiskStyle": style})
        for partition in sorted(partitions, key=lambda one: int(one["PartitionIndex"])):
            ET.SubElement(disk, "Partition", partition)
    return ET.tostring(root, encoding="unicode")


def _place(element: ET.Element) -> dict[str, str]:
    found = {name: (element.findtext(tag) or "") for name, tag in _PLACES.items()}
    numbers = ("PartitionIndex", "PartitionOffset", "PartitionSize")
    return found | {name: str(whole_number(found[name]) or 0) for name in numbers}
