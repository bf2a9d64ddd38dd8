"""The packages of a site: images, drivers, and task sequences themselves."""

import copy
from datetime import datetime

from tasksequence.model.schedules import ScheduleToken
from tasksequence.qualifiers import (
    Bits,
    Icon,
    Max,
    Method,
    Parameter,
    ResDLL,
    ResID,
    abstract,
    bits,
    embedded,
    key,
    large,
    lazy,
    not_null,
    read,
    secured,
)
from tasksequence.wmi import WmiObject, prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "BootImagePackage",
    "DriverPackage",
    "Driver_Details",
    "ImagePackage",
    "OperatingSystemInstallPackage",
    "PackageBaseclass",
    "Reference",
    "TaskSequencePackage",
]


@wmi_class("SMS_Driver_Details", embedded)
class Driver_Details(WmiObject):
    """One driver that was put into a boot image."""

    id: UInt32 | None = prop("ID", default=None)
    source_path: str = prop("SourcePath", not_null)


@wmi_class("SMS_PackageBaseclass", abstract)
class PackageBaseclass(WmiObject):
    """Base of all packages of a site."""

    action_in_progress: UInt32 | None = prop(
        "ActionInProgress", read, default=None, values=("0", "1", "2", "3")
    )
    alternate_content_providers: str | None = prop(
        "AlternateContentProviders", large, lazy, default=None
    )
    description: str | None = prop("Description", default=None)
    extended_data: bytes | None = prop("ExtendedData", large, lazy, default=None)
    extended_data_size: UInt32 | None = prop("ExtendedDataSize", lazy, default=0)
    forced_disconnect_delay: UInt32 | None = prop("ForcedDisconnectDelay", default=5)
    forced_disconnect_enabled: bool | None = prop("ForcedDisconnectEnabled", default=False)
    forced_disconnect_num_retries: UInt32 | None = prop("ForcedDisconnectNumRetries", default=2)
    icon: bytes | None = prop("Icon", large, default=None)
    icon_size: UInt32 | None = prop("IconSize", lazy, default=0)
    ignore_address_schedule: bool | None = prop("IgnoreAddressSchedule", default=False)
    isv_data: bytes | None = prop("ISVData", large, lazy, default=None)
    isv_data_size: UInt32 | None = prop("ISVDataSize", lazy, default=0)
    isv_string: str | None = prop("ISVString", default=None)
    language: str | None = prop("Language", default=None)
    last_refresh_time: datetime | None = prop("LastRefreshTime", read, default=None)
    localized_category_instance_names: list[str] | None = prop(
        "LocalizedCategoryInstanceNames", read, default=None
    )
    manufacturer: str | None = prop("Manufacturer", default=None)
    mif_filename: str | None = prop("MIFFilename", default=None)
    mif_name: str | None = prop("MIFName", default=None)
    mif_publisher: str | None = prop("MIFPublisher", default=None)
    mif_version: str | None = prop("MIFVersion", default=None)
    name: str | None = prop("Name", default="")
    num_of_programs: UInt32 | None = prop("NumOfPrograms", default=None)
    package_id: str | None = prop("PackageID", key, default=None)
    package_size: UInt32 | None = prop("PackageSize", default=None)
    package_type: UInt32 | None = prop(
        "PackageType", default=None, values=("0", "3", "4", "5", "6", "7", "8", "257", "258", "259")
    )
    pkg_flags: UInt32 | None = prop("PkgFlags", bits, default=None)
    pkg_source_flag: UInt32 | None = prop(
        "PkgSourceFlag", default=1, values=("0", "1", "2", "3", "4")
    )
    pkg_source_path: str | None = prop("PkgSourcePath", default=None)
    preferred_address_type: str | None = prop(
        "PreferredAddressType",
        default=None,
        values=(
            "",
            "MS_LAN",
            "MS_MAPI",
            "MS_ASYNC_RAS",
            "MS_ISDN_RAS",
            "MS_X25_RAS",
            "MS_SNA_RAS",
            "MS_BATCH_SNA",
            "MS_INTER_SNA",
            "MS_COURIER",
        ),
    )
    priority: UInt32 | None = prop("Priority", default=None)
    refresh_pkg_source_flag: bool | None = prop("RefreshPkgSourceFlag", lazy, default=False)
    refresh_schedule: list[ScheduleToken] | None = prop(
        "RefreshSchedule", Max(15), lazy, default=None
    )
    secured_scope_names: list[str] | None = prop("SecuredScopeNames", read, default=None)
    sedo_object_version: str | None = prop("SedoObjectVersion", read, default=None)
    share_name: str | None = prop("ShareName", default=None)
    share_type: UInt32 | None = prop("ShareType", default=1, values=("1", "2"))
    source_date: datetime | None = prop("SourceDate", read, default=None)
    source_site: str | None = prop("SourceSite", read, default=None)
    source_version: UInt32 | None = prop("SourceVersion", read, default=None)
    stored_pkg_path: str | None = prop("StoredPkgPath", default=None)
    stored_pkg_version: UInt32 | None = prop("StoredPkgVersion", default=0)
    version: str | None = prop("Version", default=None)
    base_board_product_id: str | None = prop("BaseBoardProductID", default=None)
    driver_manufacturer: str | None = prop("DriverManufacturer", default=None)
    driver_model: str | None = prop("DriverModel", default=None)
    driver_os_version: str | None = prop("DriverOSVersion", default=None)
    driver_pkg_version: str | None = prop("DriverPkgVersion", default=None)
    is_version_compatible: bool | None = prop("IsVersionCompatible", default=None)
    object_path: str | None = prop("ObjectPath", default=None)
    pre_download_rule: str | None = prop("PreDownloadRule", default=None)


@wmi_class(
    "SMS_ImagePackage",
    secured,
    Icon("Package.ico"),
    methods=(
        Method("AddChangeNotification"),
        Method(
            "AddDistributionPoints",
            (Parameter("SiteCode", "String[]", "in"), Parameter("NALPath", "String[]", "in")),
        ),
        Method(
            "GetImageProperties",
            (
                Parameter("SourceImagePath", "String", "in"),
                Parameter("ImageProperty", "String", "out"),
            ),
            static=True,
        ),
        Method("RefreshPkgSource"),
        Method("ReloadImageProperties"),
        Method(
            "RunOfflineServicingManager",
            (
                Parameter("SiteCode", "String", "in"),
                Parameter("ServerName", "String", "in"),
                Parameter("PackageID", "String", "in"),
                Parameter("PackageType", "UInt32", "in"),
            ),
            returns="UInt32",
        ),
        Method("SetSourceSite", (Parameter("SourceSite", "String", "in"),)),
        Method("Unlock"),
    ),
)
class ImagePackage(PackageBaseclass):
    """An operating system image: a WIM and what is known of it."""

    image_disk_layout: str | None = prop("ImageDiskLayout", lazy, read, default="")
    image_property: str | None = prop("ImageProperty", lazy, default="")
    refresh_schedule: list[ScheduleToken] | None = prop(
        "RefreshSchedule", Max(15), lazy, ResID(725), ResDLL("SMS_RSTT.dll"), default=None
    )


@wmi_class(
    "SMS_BootImagePackage",
    secured,
    Icon("Package.ico"),
    methods=(
        Method("AddChangeNotification"),
        Method(
            "AddDistributionPoints",
            (Parameter("SiteCode", "String[]", "in"), Parameter("NALPath", "String[]", "in")),
        ),
        Method("DeleteContextID", (Parameter("ContextID", "String", "in"),)),
        Method(
            "ExportDefaultBootImage",
            (
                Parameter("Architecture", "String", "in"),
                Parameter("ImageIndex", "UInt32", "in"),
                Parameter("ExportImagePath", "String", "in"),
            ),
        ),
        Method(
            "GetImageProperties",
            (
                Parameter("SourceImagePath", "String", "in"),
                Parameter("ImageProperty", "String", "out"),
            ),
        ),
        Method(
            "QueryOSDBinaryInjectionStatus",
            (
                Parameter("ContextID", "String", "in"),
                Parameter("Status", "UInt32", "out"),
                Parameter("Progress", "UInt32", "out"),
                Parameter("MaxProgress", "UInt32", "out"),
                Parameter("ProgressText", "String", "out"),
                Parameter("ErrorCode", "SInt32", "out"),
                Parameter("ExtendedErrorInfo", "String", "out"),
            ),
        ),
        Method("RefreshPkgSource", (Parameter("ContextID", "String", "in"),)),
        Method("ReloadImageProperties"),
        Method("SetSourceSite", (Parameter("SourceSite", "String", "in"),)),
        Method("Unlock"),
        Method("UpdateDefaultImage"),
        Method("UpdateImage"),
        Method("UpdateOptionalComponents", (Parameter("ComponentIds", "String[]", "in"),)),
    ),
)
class BootImagePackage(PackageBaseclass):
    """A boot image: the Windows PE that a computer starts with."""

    architecture: str | None = prop(
        "Architecture", read, default="", values=("", "x86", "ia64", "x64")
    )
    background_bitmap_path: str | None = prop("BackgroundBitmapPath", lazy, default=None)
    context_id: str | None = prop("ContextID", lazy, default="")
    default_image: bool | None = prop("DefaultImage", default=False)
    enable_lab_shell: bool | None = prop("EnableLabShell", lazy, default=False)
    image_disk_layout: str | None = prop("ImageDiskLayout", lazy, read, default="")
    image_index: UInt32 | None = prop("ImageIndex", lazy, default=None)
    image_os_version: str | None = prop("ImageOSVersion", default=None)
    image_path: str | None = prop("ImagePath", default=None)
    image_property: str | None = prop("ImageProperty", lazy, default="")
    optional_components: list[UInt32] | None = prop(
        "OptionalComponents",
        lazy,
        default=None,
        values=(
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
            "7",
            "8",
            "9",
            "10",
            "11",
            "12",
            "13",
            "14",
            "15",
            "16",
            "17",
            "18",
            "19",
            "20",
            "21",
            "22",
            "23",
            "24",
            "25",
            "26",
        ),
    )
    pre_exec_command_line: str | None = prop("PreExecCommandLine", lazy, default=None)
    pre_exec_source_directory: str | None = prop("PreExecSourceDirectory", default=None)
    referenced_drivers: list[Driver_Details] | None = prop("ReferencedDrivers", lazy, default=None)
    scratch_space: UInt32 | None = prop(
        "ScratchSpace", lazy, default=None, values=("32", "64", "128", "256", "512")
    )


@wmi_class(
    "SMS_OperatingSystemInstallPackage",
    secured,
    Icon("Package.ico"),
    methods=(
        Method("AddChangeNotification"),
        Method(
            "AddDistributionPoints",
            (Parameter("SiteCode", "String[]", "in"), Parameter("NALPath", "String[]", "in")),
        ),
        Method(
            "GetImageProperties",
            (
                Parameter("SourceImagePath", "String", "in"),
                Parameter("ImageProperty", "String", "out"),
            ),
        ),
        Method("RefreshPkgSource"),
        Method("ReloadImageProperties"),
        Method("SetSourceSite", (Parameter("SourceSite", "String", "in"),)),
        Method("Unlock"),
    ),
)
class OperatingSystemInstallPackage(PackageBaseclass):
    """The setup files of a Windows version."""

    image_property: str | None = prop("ImageProperty", lazy, default="")


@wmi_class(
    "SMS_DriverPackage",
    secured,
    Icon("Package.ico"),
    methods=(
        Method("AddChangeNotification"),
        Method(
            "AddDistributionPoints",
            (Parameter("SiteCode", "String[]", "in"), Parameter("NALPath", "String[]", "in")),
        ),
        Method(
            "AddDriverContent",
            (
                Parameter("ContentIDs", "UInt32[]", "in"),
                Parameter("ContentSourcePath", "String[]", "in"),
                Parameter("bRefreshDPs", "Boolean", "in"),
            ),
        ),
        Method(
            "CheckSourceFolder",
            (Parameter("SourceFolder", "String", "in"), Parameter("Result", "SInt32", "out")),
            returns="UInt32",
        ),
        Method("RebuildPackage", (Parameter("ContentSourcePath", "String", "in"),)),
        Method("RefreshPkgSource"),
        Method(
            "RemoveDriverContent",
            (Parameter("ContentIDs", "UInt32[]", "in"), Parameter("bRefreshDPs", "Boolean", "in")),
        ),
        Method("SetSourceSite", (Parameter("SourceSite", "String", "in"),)),
        Method("Unlock"),
        Method("ValidateNewPackageSource", (Parameter("PackageSource", "String", "in"),)),
    ),
)
class DriverPackage(PackageBaseclass):
    """A package of device drivers."""

    localized_category_instance_names: list[str] | None = prop(
        "LocalizedCategoryInstanceNames", default=None
    )
    secured_scope_names: list[str] | None = prop("SecuredScopeNames", default=None)
    sedo_object_version: str | None = prop("SedoObjectVersion", default=None)


@wmi_class("SMS_TaskSequence_Reference")
class Reference(WmiObject):
    """A package or application that a sequence refers to."""

    package: str | None = prop("Package", default=None)
    program: str | None = prop("Program", default=None)
    type: UInt32 | None = prop("Type", default=None, values=("0", "1"))


@wmi_class(
    "SMS_TaskSequencePackage",
    secured,
    Icon("Package.ico"),
    methods=(
        Method("AddChangeNotification"),
        Method(
            "AddDistributionPoints",
            (Parameter("SiteCode", "String[]", "in"), Parameter("NALPath", "String[]", "in")),
        ),
        Method(
            "CheckReferencesShareType",
            (
                Parameter("PackageID", "String", "in"),
                Parameter("CanRunFromDP", "Boolean", "out"),
                Parameter("PacakgeIds", "String[]", "out"),
                Parameter("PackageNames", "String[]", "out"),
            ),
            returns="UInt32",
        ),
        Method(
            "GetClientConfigPolicies",
            (
                Parameter("PolicyXmls", "String[]", "out"),
                Parameter("PolicyAssignmentXmls", "String[]", "out"),
            ),
        ),
        Method(
            "GetContentHash",
            (
                Parameter("ContentID", "UInt32", "in"),
                Parameter("HashAlgID", "UInt32", "in"),
                Parameter("Hash", "String", "out"),
            ),
        ),
        Method(
            "GetPackageDefaultHash",
            (
                Parameter("PackageID", "String", "in"),
                Parameter("SourceVersion", "UInt32", "in"),
                Parameter("Hash", "String", "out"),
            ),
        ),
        Method(
            "GetPackageHash",
            (
                Parameter("PackageID", "String", "in"),
                Parameter("SourceVersion", "UInt32", "in"),
                Parameter("Hash", "String", "out"),
                Parameter("HashVersion", "UInt32", "out"),
            ),
        ),
        Method(
            "GetSequence",
            (
                Parameter("TaskSequencePackage", "object:SMS_TaskSequencePackage", "in"),
                Parameter("TaskSequence", "object:SMS_TaskSequence", "out"),
            ),
            static=True,
        ),
        Method(
            "GetTsPolicies",
            (
                Parameter("AdvertisementID", "String", "in"),
                Parameter("PackageID", "String", "in"),
                Parameter("TaskSequence", "object:SMS_TaskSequence", "in"),
                Parameter("AdvertisementName", "String", "in"),
                Parameter("AdvertisementComment", "String", "in"),
                Parameter("AdvertisementFlags", "UInt32", "in"),
                Parameter("BootImageID", "String", "in"),
                Parameter("SourceSite", "String", "in"),
                Parameter("PolicyXmls", "String[]", "out"),
                Parameter("PolicyAssignmentXmls", "String[]", "out"),
            ),
        ),
        Method(
            "GetTsPoliciesSaMedia",
            (
                Parameter("AdvertisementID", "String", "in"),
                Parameter("PackageID", "String", "in"),
                Parameter("TaskSequence", "object:SMS_TaskSequence", "in"),
                Parameter("AdvertisementName", "String", "in"),
                Parameter("AdvertisementComment", "String", "in"),
                Parameter("AdvertisementFlags", "UInt32", "in"),
                Parameter("BootImageID", "String", "in"),
                Parameter("SourceSite", "String", "in"),
                Parameter("PolicyXmls", "String[]", "out"),
                Parameter("PolicyAssignmentXmls", "String[]", "out"),
            ),
        ),
        Method(
            "GetTSRelatedToDriverCategory",
            (
                Parameter("CategoryUniqueId", "String", "in"),
                Parameter("PacakgeIds", "String[]", "out"),
                Parameter("PackageNames", "String[]", "out"),
            ),
            returns="UInt32",
        ),
        Method(
            "ImportSequence",
            (
                Parameter("SequenceXML", "String", "in"),
                Parameter("TaskSequence", "object:SMS_TaskSequence", "out"),
            ),
            static=True,
        ),
        Method("RefreshPkgSource"),
        Method(
            "SetSequence",
            (
                Parameter("TaskSequencePackage", "object:SMS_TaskSequencePackage", "in"),
                Parameter("TaskSequence", "object:SMS_TaskSequence", "in"),
                Parameter("SavedTaskSequencePackagePath", "String", "out"),
            ),
            static=True,
        ),
        Method("SetSourceSite", (Parameter("SourceSite", "String", "in"),)),
        Method("Unlock"),
    ),
)
class TaskSequencePackage(PackageBaseclass):
    """A task sequence as the site keeps it: the sequence itself is XML in `sequence`."""

    boot_image_id: str | None = prop("BootImageID", lazy, default=None)
    category: str | None = prop("Category", lazy, default="")
    custom_progress_msg: str | None = prop("CustomProgressMsg", lazy, default=None)
    dependent_program: str | None = prop("DependentProgram", lazy, default=None)
    duration: UInt32 | None = prop("Duration", default=0)
    program_flags: UInt32 | None = prop("ProgramFlags", bits, default=152084496)
    references: list[Reference] | None = prop("References", lazy, read, default=None)
    references_count: UInt32 | None = prop("ReferencesCount", read, default=None)
    reserved: str | None = prop("Reserved", lazy, default=None)
    sequence: str | None = prop("Sequence", lazy, read, default=None)
    task_sequence_flags: UInt32 | None = prop(
        "TaskSequenceFlags", lazy, Bits(("DANGLING_REF(0)",)), default=None
    )
    type: UInt32 | None = prop("Type", lazy, read, default=None, values=("1", "2"))
    custom_high_impact_headline: str | None = prop("CustomHighImpactHeadline", default=None)
    custom_high_impact_set: UInt32 | None = prop("CustomHighImpactSet", default=None)
    custom_high_impact_warning: str | None = prop("CustomHighImpactWarning", default=None)
    custom_high_impact_warning_install: str | None = prop(
        "CustomHighImpactWarningInstall", default=None
    )
    custom_high_impact_warning_top: str | None = prop("CustomHighImpactWarningTop", default=None)
    estimated_download_size_mb: UInt32 | None = prop("EstimatedDownloadSizeMB", default=None)
    estimated_run_time_minutes: UInt32 | None = prop("EstimatedRunTimeMinutes", default=None)
    high_impact_task_sequence: UInt32 | None = prop("HighImpactTaskSequence", default=None)
    localized_task_sequence_description: str | None = prop(
        "LocalizedTaskSequenceDescription", default=None
    )
    localized_task_sequence_name: str | None = prop("LocalizedTaskSequenceName", default=None)
    restart_required: UInt32 | None = prop("RestartRequired", default=None)
    source_size: UInt32 | None = prop("SourceSize", default=None)
    ts_enabled: bool | None = prop("TsEnabled", default=None)

    def _shown_properties(self) -> str:
        """Return the properties without the sequence's text, which may hold passwords."""
        if self.sequence is None:
            return super()._shown_properties()
        twin = copy.copy(self)
        object.__setattr__(twin, "sequence", None)
        return f"{twin._shown_properties()}, sequence=<{len(self.sequence)} characters>"
