"""WIM files that are there already: what they say of themselves, verified, compared, applied."""

from tasksequence.images.apply import apply_images
from tasksequence.images.contents import image_files, verify_image_file
from tasksequence.images.diff import diff_images
from tasksequence.images.package import (
    get_image_properties,
    image_disks,
    image_information,
    read_package,
    reload_image_properties,
)

__all__ = [
    "apply_images",
    "diff_images",
    "get_image_properties",
    "image_disks",
    "image_files",
    "image_information",
    "read_package",
    "reload_image_properties",
    "verify_image_file",
]
