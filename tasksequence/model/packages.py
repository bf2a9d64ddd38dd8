"""The packages of a site: images, drivers, and task sequences themselves."""

from datetime import datetime

from tasksequence.model.enumerations import (
    ActionInProgress,
    AddressType,
    Architecture,
    PackageFlags,
    PackageType,
    ProgramFlags,
    ReferenceType,
    SequenceFlags,
    SequenceType,
    ShareType,
    SourceFlag,
    WinPEComponent,
)
from tasksequence.model.package_methods import (
    METHODS_OF_BOOT_IMAGES,
    METHODS_OF_DRIVER_PACKAGES,
    METHODS_OF_IMAGES,
    METHODS_OF_OS_INSTALL_PACKAGES,
    METHODS_OF_SEQUENCE_PACKAGES,
)
from tasksequence.model.schedules import ScheduleToken
from tasksequence.qualifiers import (
    Bits,
    Icon,
    Max,
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

    action_in_progress: ActionInProgress | UInt32 | None = prop(
        "ActionInProgress", read, default=None
    )
    """What the site is doing with the package now."""
    alternate_content_providers: str | None = prop(
        "AlternateContentProviders", large, lazy, default=None
    )
    """XML text: other programs that may deliver the content."""
    description: str | None = prop("Description", default=None)
    """Free text for people."""
    extended_data: bytes | None = prop("ExtendedData", large, lazy, default=None)
    """Data that other programs attach."""
    extended_data_size: UInt32 | None = prop("ExtendedDataSize", lazy, default=0)
    """Bytes of `extended_data`."""
    forced_disconnect_delay: UInt32 | None = prop("ForcedDisconnectDelay", default=5)
    """Minutes between the warning to users of the share and their disconnection."""
    forced_disconnect_enabled: bool | None = prop("ForcedDisconnectEnabled", default=False)
    """Whether users of the share are disconnected when files must be replaced."""
    forced_disconnect_num_retries: UInt32 | None = prop("ForcedDisconnectNumRetries", default=2)
    """Attempts to replace files before users are disconnected."""
    icon: bytes | None = prop("Icon", large, default=None)
    """Bytes of an icon file."""
    icon_size: UInt32 | None = prop("IconSize", lazy, default=0)
    """Bytes of `icon`."""
    ignore_address_schedule: bool | None = prop("IgnoreAddressSchedule", default=False)
    """Whether the content is sent outside the times of the sender, too."""
    isv_data: bytes | None = prop("ISVData", large, lazy, default=None)
    """Data of the vendor whose program made the package."""
    isv_data_size: UInt32 | None = prop("ISVDataSize", lazy, default=0)
    """Bytes of `isv_data`."""
    isv_string: str | None = prop("ISVString", default=None)
    """Text of the vendor whose program made the package."""
    language: str | None = prop("Language", default=None)
    """Language of the content, in words."""
    last_refresh_time: datetime | None = prop("LastRefreshTime", read, default=None)
    """When the content was last refreshed on distribution points."""
    localized_category_instance_names: list[str] | None = prop(
        "LocalizedCategoryInstanceNames", read, default=None
    )
    """Names of the administrative categories."""
    manufacturer: str | None = prop("Manufacturer", default=None)
    """Who makes what is in the package."""
    mif_filename: str | None = prop("MIFFilename", default=None)
    """Name of the management information file that reports the installation."""
    mif_name: str | None = prop("MIFName", default=None)
    """Name in that file."""
    mif_publisher: str | None = prop("MIFPublisher", default=None)
    """Publisher in that file."""
    mif_version: str | None = prop("MIFVersion", default=None)
    """Version in that file."""
    name: str | None = prop("Name", default="")
    """Name in the console."""
    num_of_programs: UInt32 | None = prop("NumOfPrograms", default=None)
    """How many programs the package has."""
    package_id: str | None = prop("PackageID", key, default=None)
    """Site code and five hexadecimal digits; the site gives it."""
    package_size: UInt32 | None = prop("PackageSize", default=None)
    """Kilobytes of the content."""
    package_type: PackageType | UInt32 | None = prop("PackageType", default=None)
    """Kind of the package."""
    pkg_flags: PackageFlags | UInt32 | None = prop("PkgFlags", bits, default=None)
    """How the content is distributed and kept."""
    pkg_source_flag: SourceFlag | UInt32 | None = prop("PkgSourceFlag", default=1)
    """Where the source files are."""
    pkg_source_path: str | None = prop("PkgSourcePath", default=None)
    """Folder or file that the content comes from, as the site sees it."""
    preferred_address_type: AddressType | str | None = prop("PreferredAddressType", default=None)
    """Sender that distribution prefers."""
    priority: UInt32 | None = prop("Priority", default=None)
    """Priority of distribution: 1 high, 2 normal, 3 low."""
    refresh_pkg_source_flag: bool | None = prop("RefreshPkgSourceFlag", lazy, default=False)
    """Whether the content is refreshed by `refresh_schedule`."""
    refresh_schedule: list[ScheduleToken] | None = prop(
        "RefreshSchedule", Max(15), lazy, default=None
    )
    """When the content is refreshed from its source."""
    secured_scope_names: list[str] | None = prop("SecuredScopeNames", read, default=None)
    """Names of the security scopes."""
    sedo_object_version: str | None = prop("SedoObjectVersion", read, default=None)
    """Version that guards against two editors at a time."""
    share_name: str | None = prop("ShareName", default=None)
    """Share on distribution points, when it has a name of its own."""
    share_type: ShareType | UInt32 | None = prop("ShareType", default=1)
    """Whether the content shares the common share or has its own."""
    source_date: datetime | None = prop("SourceDate", read, default=None)
    """When the content was last updated."""
    source_site: str | None = prop("SourceSite", read, default=None)
    """Code of the site that the package was made at."""
    source_version: UInt32 | None = prop("SourceVersion", read, default=None)
    """How often the content was updated."""
    stored_pkg_path: str | None = prop("StoredPkgPath", default=None)
    """Where the compressed copy of the content is."""
    stored_pkg_version: UInt32 | None = prop("StoredPkgVersion", default=0)
    """Version of that copy."""
    version: str | None = prop("Version", default=None)
    """Version of what is in the package, in words."""
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
    methods=METHODS_OF_IMAGES,
)
class ImagePackage(PackageBaseclass):
    """An operating system image: a WIM with a Windows, the unit that is distributed and applied."""

    package_type: PackageType | UInt32 | None = prop(
        "PackageType", default=PackageType.IMAGE, values=("257",)
    )
    """Always 257 (IMAGE)."""

    image_disk_layout: str | None = prop("ImageDiskLayout", lazy, read, default="")
    """XML text: the disk that the image was captured from."""
    image_property: str | None = prop("ImageProperty", lazy, default="")
    """XML text: what the WIM says of its images."""
    refresh_schedule: list[ScheduleToken] | None = prop(
        "RefreshSchedule", Max(15), lazy, ResID(725), ResDLL("SMS_RSTT.dll"), default=None
    )


@wmi_class(
    "SMS_BootImagePackage",
    secured,
    Icon("Package.ico"),
    methods=METHODS_OF_BOOT_IMAGES,
)
class BootImagePackage(PackageBaseclass):
    """A boot image: the Windows PE that a computer starts with."""

    package_type: PackageType | UInt32 | None = prop(
        "PackageType", default=PackageType.BOOT_IMAGE, values=("258",)
    )
    """Always 258 (BOOT_IMAGE)."""

    architecture: Architecture | str | None = prop("Architecture", read, default="")
    """Processor that the boot image is for."""
    background_bitmap_path: str | None = prop("BackgroundBitmapPath", lazy, default=None)
    """Picture behind the windows of Windows PE."""
    context_id: str | None = prop("ContextID", lazy, default="")
    """Identifies one request to change drivers or components."""
    default_image: bool | None = prop("DefaultImage", default=False)
    """Whether it is a boot image that the site brought along."""
    enable_lab_shell: bool | None = prop("EnableLabShell", lazy, default=False)
    """Whether F8 opens a command prompt."""
    image_disk_layout: str | None = prop("ImageDiskLayout", lazy, read, default="")
    """XML text: the disk that the image was captured from."""
    image_index: UInt32 | None = prop("ImageIndex", lazy, default=None)
    """Which image of the WIM is started, from 1."""
    image_os_version: str | None = prop("ImageOSVersion", default=None)
    """Version of Windows PE."""
    image_path: str | None = prop("ImagePath", default=None)
    """Path of the WIM, as the site sees it."""
    image_property: str | None = prop("ImageProperty", lazy, default="")
    """XML text: what the WIM says of its images."""
    optional_components: list[WinPEComponent | UInt32] | None = prop(
        "OptionalComponents", lazy, default=None
    )
    """Components of Windows PE that were added."""
    pre_exec_command_line: str | None = prop("PreExecCommandLine", lazy, default=None)
    """Command that runs before the task sequence is chosen."""
    pre_exec_source_directory: str | None = prop("PreExecSourceDirectory", default=None)
    """Folder with the files of that command."""
    referenced_drivers: list[Driver_Details] | None = prop("ReferencedDrivers", lazy, default=None)
    """Drivers that were put into the image."""
    scratch_space: UInt32 | None = prop(
        "ScratchSpace", lazy, default=None, values=("32", "64", "128", "256", "512")
    )
    """Megabytes of writable memory disk."""


@wmi_class(
    "SMS_OperatingSystemInstallPackage",
    secured,
    Icon("Package.ico"),
    methods=METHODS_OF_OS_INSTALL_PACKAGES,
)
class OperatingSystemInstallPackage(PackageBaseclass):
    """The setup files of a Windows version."""

    package_type: PackageType | UInt32 | None = prop(
        "PackageType", default=PackageType.OS_INSTALL, values=("259",)
    )
    """Always 259 (OS_INSTALL)."""

    image_property: str | None = prop("ImageProperty", lazy, default="")
    """XML text: what the WIM says of its images."""


@wmi_class(
    "SMS_DriverPackage",
    secured,
    Icon("Package.ico"),
    methods=METHODS_OF_DRIVER_PACKAGES,
)
class DriverPackage(PackageBaseclass):
    """A package of device drivers."""

    package_type: PackageType | UInt32 | None = prop(
        "PackageType", default=PackageType.DRIVER, values=("3",)
    )
    """Always 3 (DRIVER)."""

    localized_category_instance_names: list[str] | None = prop(
        "LocalizedCategoryInstanceNames", default=None
    )
    secured_scope_names: list[str] | None = prop("SecuredScopeNames", default=None)
    sedo_object_version: str | None = prop("SedoObjectVersion", default=None)


@wmi_class("SMS_TaskSequence_Reference")
class Reference(WmiObject):
    """A package or application that a sequence refers to."""

    package: str | None = prop("Package", default=None)
    """Package ID, or model name of an application."""
    program: str | None = prop("Program", default=None)
    """Program of the package; `*` for any."""
    type: ReferenceType | UInt32 | None = prop("Type", default=None)
    """What `package` names."""


@wmi_class(
    "SMS_TaskSequencePackage",
    secured,
    Icon("Package.ico"),
    methods=METHODS_OF_SEQUENCE_PACKAGES,
)
class TaskSequencePackage(PackageBaseclass):
    """A task sequence as the site keeps it: the sequence itself is XML in `sequence`."""

    package_type: PackageType | UInt32 | None = prop(
        "PackageType", default=PackageType.TASK_SEQUENCE, values=("4",)
    )
    """Always 4 (TASK_SEQUENCE)."""

    boot_image_id: str | None = prop("BootImageID", lazy, default=None)
    """Package ID of the boot image."""
    category: str | None = prop("Category", lazy, default="")
    """Category in the console."""
    custom_progress_msg: str | None = prop("CustomProgressMsg", lazy, default=None)
    """Text in the progress window in place of the usual one."""
    dependent_program: str | None = prop("DependentProgram", lazy, default=None)
    """Program that runs first: package ID, two semicolons, name."""
    duration: UInt32 | None = prop("Duration", default=0)
    """Minutes that the sequence may take; 0 leaves it open."""
    program_flags: ProgramFlags | UInt32 | None = prop("ProgramFlags", bits, default=152084496)
    """How the sequence is offered and run."""
    references: list[Reference] | None = prop("References", lazy, read, default=None)
    """What the sequence refers to; the site derives it from the steps."""
    references_count: UInt32 | None = prop("ReferencesCount", read, default=None)
    """How many references there are."""
    reserved: str | None = prop("Reserved", lazy, default=None)
    """Kept by the site for itself."""
    sequence: str | None = prop("Sequence", lazy, read, default=None)
    """The sequence as XML text."""
    task_sequence_flags: SequenceFlags | UInt32 | None = prop(
        "TaskSequenceFlags", lazy, Bits(("DANGLING_REF(0)",)), default=None
    )
    """State of the references."""
    type: SequenceType | UInt32 | None = prop("Type", lazy, read, default=None)
    """Whether the sequence deploys an operating system; the site derives it from the steps."""
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

    def _shown(self, attribute: str) -> str:
        if attribute != "sequence" or self.sequence is None:
            return super()._shown(attribute)
        # It may hold passwords.
        return f"<{len(self.sequence)} characters>"
