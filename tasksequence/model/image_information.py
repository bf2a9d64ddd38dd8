"""What a site reads from a WIM."""

from tasksequence.model.enumerations import ImageObjectType, PackageType
from tasksequence.qualifiers import enumeration, key, lazy, read
from tasksequence.wmi import WmiObject, prop, wmi_class
from tasksequence.wmi_property import SInt64, UInt32

__all__ = ["ImageDiskInformation", "ImageInformation"]


@wmi_class("SMS_ImageInformation")
class ImageInformation(WmiObject):
    """One image of a WIM, as a site reads it."""

    architecture: str | None = prop("Architecture", read, default=None)
    created_by: str | None = prop("CreatedBy", read, default=None)
    creation_date: str | None = prop("CreationDate", read, default=None)
    description: str | None = prop("Description", read, default=None)
    enable_lab_shell: bool | None = prop("EnableLabShell", lazy, default=False)
    hal_type: str | None = prop("HALType", read, default=None)
    image_path: str | None = prop("ImagePath", read, default=None)
    image_os_version: str | None = prop("ImageOSVersion", read, default=None)
    index: UInt32 | None = prop("Index", lazy, read, default=1)
    language: str | None = prop("Language", read, default=None)
    name: str | None = prop("Name", read, default=None)
    object_type: ImageObjectType | UInt32 | None = prop(
        "ObjectType", enumeration, read, default=None
    )
    os_version: str | None = prop("OSVersion", read, default=None)
    package_id: str | None = prop("PackageID", key, read, default=None)
    package_type: PackageType | UInt32 | None = prop(
        "PackageType", enumeration, read, default=None, values=("257", "258", "259")
    )
    product_type: str | None = prop("ProductType", read, default=None)
    size: SInt64 | None = prop("Size", read, default=None)
    version: str | None = prop("Version", read, default=None)


@wmi_class("SMS_ImageDiskInformation")
class ImageDiskInformation(WmiObject):
    """A partition of the disk that an image was captured from."""

    disk_index: UInt32 | None = prop("DiskIndex", key, read, default=None)
    disk_style: str | None = prop("DiskStyle", read, default=None)
    package_id: str | None = prop("PackageID", key, read, default=None)
    partition_file_system: str | None = prop("PartitionFileSystem", read, default=None)
    partition_index: UInt32 | None = prop("PartitionIndex", key, read, default=None)
    partition_is_boot: bool | None = prop("PartitionIsBoot", read, default=None)
    partition_label: str | None = prop("PartitionLabel", read, default=None)
    partition_offset: SInt64 | None = prop("PartitionOffset", read, default=None)
    partition_size: SInt64 | None = prop("PartitionSize", read, default=None)
    partition_style: str | None = prop("PartitionStyle", read, default=None)
    partition_type: str | None = prop("PartitionType", read, default=None)
