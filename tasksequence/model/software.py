"""Packages of files and programs, and applications, as a task sequence's export carries them.

The class reference has no page for these; types and properties are those of real exports.
"""

from datetime import datetime

from tasksequence.model.packages import PackageBaseclass
from tasksequence.qualifiers import key
from tasksequence.wmi import WmiObject, prop, wmi_class
from tasksequence.wmi_property import SInt32, UInt32

__all__ = ["Application", "Package", "Program"]


@wmi_class("SMS_Package")
class Package(PackageBaseclass):
    """Files that a site distributes, with programs that run them."""

    default_image_flags: SInt32 | None = prop("DefaultImageFlags", default=None)
    is_predefined_package: bool | None = prop("IsPredefinedPackage", default=None)
    transform_analysis_date: datetime | None = prop("TransformAnalysisDate", default=None)
    transform_readiness: UInt32 | None = prop("TransformReadiness", default=None)


@wmi_class("SMS_Program")
class Program(WmiObject):
    """A command line that runs from a package's files."""

    action_in_progress: UInt32 | None = prop("ActionInProgress", default=None)
    application_hierarchy: str | None = prop("ApplicationHierarchy", default=None)
    command_line: str | None = prop("CommandLine", default=None)
    comment: str | None = prop("Comment", default=None)
    dependent_program: str | None = prop("DependentProgram", default=None)
    description: str | None = prop("Description", default=None)
    device_flags: UInt32 | None = prop("DeviceFlags", default=None)
    disk_space_req: str | None = prop("DiskSpaceReq", default=None)
    drive_letter: str | None = prop("DriveLetter", default=None)
    duration: UInt32 | None = prop("Duration", default=None)
    extended_data: bytes | None = prop("ExtendedData", default=None)
    extended_data_size: UInt32 | None = prop("ExtendedDataSize", default=None)
    icon: bytes | None = prop("Icon", default=None)
    icon_size: UInt32 | None = prop("IconSize", default=None)
    isv_data: bytes | None = prop("ISVData", default=None)
    isv_data_size: UInt32 | None = prop("ISVDataSize", default=None)
    isv_string: str | None = prop("ISVString", default=None)
    msi_file_path: str | None = prop("MSIFilePath", default=None)
    msi_product_id: str | None = prop("MSIProductID", default=None)
    package_id: str | None = prop("PackageID", key, default=None)
    package_name: str | None = prop("PackageName", default=None)
    package_type: UInt32 | None = prop("PackageType", default=None)
    package_version: str | None = prop("PackageVersion", default=None)
    program_flags: UInt32 | None = prop("ProgramFlags", default=None)
    program_name: str | None = prop("ProgramName", key, default=None)
    removal_key: str | None = prop("RemovalKey", default=None)
    requirements: str | None = prop("Requirements", default=None)
    secured_type_id: UInt32 | None = prop("SecuredTypeID", default=None)
    transform_analysis_date: datetime | None = prop("TransformAnalysisDate", default=None)
    transform_dt_id: str | None = prop("TransformDtID", default=None)
    transform_readiness: UInt32 | None = prop("TransformReadiness", default=None)
    working_directory: str | None = prop("WorkingDirectory", default=None)


@wmi_class("SMS_Application")
class Application(WmiObject):
    """An application of a site; a sequence refers to it by its model name.

    No export of one is known: only what a sequence's own references speak of is typed, the rest
    of its properties is kept beside it.
    """

    ci_id: SInt32 | None = prop("CI_ID", key, default=None)
    model_name: str | None = prop("ModelName", default=None)
    package_id: str | None = prop("PackageID", default=None)
    localized_display_name: str | None = prop("LocalizedDisplayName", default=None)
    localized_description: str | None = prop("LocalizedDescription", default=None)
    manufacturer: str | None = prop("Manufacturer", default=None)
    software_version: str | None = prop("SoftwareVersion", default=None)
