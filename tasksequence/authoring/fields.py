"""The fields of the wizards: what each is called, which page asks for it, and what it fills."""

from __future__ import annotations

from enum import Enum

import attrs

__all__ = ["BUILD_AND_CAPTURE", "CAPTURE_ONLY", "FIELDS", "Kind", "WizardField", "fields_of"]

BUILD_AND_CAPTURE = "build-and-capture"
CAPTURE_ONLY = "capture-only"
_BOTH = (BUILD_AND_CAPTURE, CAPTURE_ONLY)
_BUILD = (BUILD_AND_CAPTURE,)
_CAPTURE = (CAPTURE_ONLY,)

_INFORMATION = "Task Sequence Information"
_WINDOWS = "Install Windows"
_NETWORK = "Configure Network"
_CLIENT = "Install Configuration Manager"
_UPDATES = "Include Updates"
_APPLICATIONS = "Install Applications"
_PREPARATION = "System Preparation"
_IMAGE = "Images Properties"
_CAPTURE_IMAGE = "Capture Image"
_NO_PAGE = ""


class Kind(Enum):
    """What an answer is."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    SECRET = "secret"  # noqa: S105
    TEXTS = "texts"


@attrs.frozen
class WizardField:
    """One field of a wizard."""

    name: str
    """The argument of the function and the name in a TOML file; the option has dashes for `_`."""
    page: str
    """The page of the wizard that asks for it; empty where no page does."""
    label: str
    """What the page calls it."""
    fills: tuple[str, ...]
    """The WMI properties that it fills, as `Class.Property`."""
    help: str
    kind: Kind = Kind.TEXT
    required: bool = False
    has_default: bool = False
    """True where leaving it out means something else than None."""
    choices: tuple[str, ...] = ()
    wizards: tuple[str, ...] = _BUILD

    @property
    def is_secret(self) -> bool:
        """True for passwords and the product key."""
        return self.kind is Kind.SECRET


def _of_package(name: str) -> tuple[str, ...]:
    return (f"SMS_TaskSequencePackage.{name}",)


def _of(action: str, *names: str) -> tuple[str, ...]:
    return tuple(f"SMS_TaskSequence_{action}Action.{name}" for name in names)


FIELDS: tuple[WizardField, ...] = (
    WizardField(
        "name", _INFORMATION, "Task sequence name", _of_package("Name"),
        "Name of the task sequence, 1 to 50 characters.",
        required=True, wizards=_BOTH,
    ),
    WizardField(
        "description", _INFORMATION, "Description", _of_package("Description"),
        "What the sequence is for, up to 512 characters.", wizards=_BOTH, has_default=True,
    ),
    WizardField(
        "boot_image", _INFORMATION, "Boot image", _of_package("BootImageID"),
        "Package ID of the boot image.", required=True, wizards=_BOTH,
    ),
    WizardField(
        "image_package", _WINDOWS, "Image package", _of("ApplyOperatingSystem", "ImagePackageID"),
        "Package ID of the operating system image to install.",
    ),
    WizardField(
        "install_package", _WINDOWS, "Image package",
        _of("ApplyOperatingSystem", "InstallPackageID"),
        "Package ID of an operating system upgrade package (setup sources), instead of an image.",
    ),
    WizardField(
        "image_index", _WINDOWS, "Image index",
        _of("ApplyOperatingSystem", "ImageIndex", "InstallEditionIndex"),
        "Which image, or which edition of the setup sources, counted from 1.",
        Kind.NUMBER, has_default=True,
    ),
    WizardField(
        "product_key", _WINDOWS, "Product key", _of("ApplyWindowsSettings", "ProductKey"),
        "Product key: five groups of five, or an encoded volume key.", Kind.SECRET,
    ),
    WizardField(
        "server_licensing", _WINDOWS, "Server licensing mode",
        _of("ApplyWindowsSettings", "ServerLicenseMode"),
        "How a server is licensed.", choices=("per-seat", "per-server"),
    ),
    WizardField(
        "max_server_connections", _WINDOWS, "Maximum server connections",
        _of("ApplyWindowsSettings", "ServerLicenseConnectionLimit"),
        "Connections that are licensed per server, 5 to 9999.", Kind.NUMBER,
    ),
    WizardField(
        "admin_password", _WINDOWS,
        "Enabled account with a given administrator password",
        _of("ApplyWindowsSettings", "AdminPassword", "RandomAdminPassword"),
        "Password of the local administrator; without one it is random and the account disabled.",
        Kind.SECRET,
    ),
    WizardField(
        "registered_user", _NO_PAGE, "Registered user",
        _of("ApplyWindowsSettings", "RegisteredUserName"),
        "Owner of the Windows installation.", has_default=True,
    ),
    WizardField(
        "registered_organization", _NO_PAGE, "Registered organization",
        _of("ApplyWindowsSettings", "RegisteredOrgName"),
        "Organization of the Windows installation.", has_default=True,
    ),
    WizardField(
        "time_zone", _NO_PAGE, "Time zone", _of("ApplyWindowsSettings", "TimeZone"),
        "Time zone as Windows names it, such as W. Europe Standard Time.", has_default=True,
    ),
    WizardField(
        "workgroup", _NETWORK, "Join a workgroup",
        _of("ApplyNetworkSettings", "WorkgroupName"),
        "Workgroup that the reference computer joins while it is built.",
    ),
    WizardField(
        "domain", _NETWORK, "Join a domain", _of("ApplyNetworkSettings", "DomainName"),
        "Domain that the reference computer joins while it is built, instead of a workgroup.",
    ),
    WizardField(
        "domain_ou", _NETWORK, "Domain OU", _of("ApplyNetworkSettings", "DomainOUName"),
        "Where the computer account is made: an X.500 name, LDAP://OU=Build,DC=contoso,DC=com.",
    ),
    WizardField(
        "domain_account", _NETWORK, "Account", _of("ApplyNetworkSettings", "DomainUsername"),
        r"Account that may join the domain: domain\user or %variable%.",
    ),
    WizardField(
        "domain_password", _NETWORK, "Account", _of("ApplyNetworkSettings", "DomainPassword"),
        "Password of that account.", Kind.SECRET,
    ),
    WizardField(
        "client_package", _CLIENT, "Client package",
        _of("SetupWindowsAndSMS", "ClientPackageID"),
        "Package ID of the Configuration Manager client.", required=True,
    ),
    WizardField(
        "client_properties", _CLIENT, "Installation properties",
        _of("SetupWindowsAndSMS", "ClientInstallProperties"),
        "Properties for installing the client.",
    ),
    WizardField(
        "updates", _UPDATES, "which updates", _of("InstallUpdate", "Target"),
        "Which software updates to install.", choices=("required", "all", "none"), has_default=True,
    ),
    WizardField(
        "applications", _APPLICATIONS, "applications",
        _of("InstallApplication", "ApplicationName", "AppInfo", "NumApps"),
        "Model name of an application to install; give it once for each.",
        Kind.TEXTS, has_default=True,
    ),
    WizardField(
        "continue_on_application_error", _APPLICATIONS, "go on when one fails",
        _of("InstallApplication", "ContinueOnInstallError"),
        "Go on with the next application when one fails.", Kind.FLAG, has_default=True,
    ),
    WizardField(
        "sysprep_package", _PREPARATION, "Package", _of("InstallDeployTools", "SysprepPackageID"),
        "Package ID of Sysprep, for Windows versions before Vista only.",
    ),
    WizardField(
        "client_installed", _NO_PAGE, "Configuration Manager client is installed", (),
        "The client is installed on the reference computer, and is prepared for capture.",
        Kind.FLAG, wizards=_CAPTURE, has_default=True,
    ),
    WizardField(
        "in_domain", _NO_PAGE, "reference computer is in a domain", (),
        "The reference computer is a member of a domain.",
        Kind.FLAG, wizards=_CAPTURE, has_default=True,
    ),
    WizardField(
        "capture_workgroup", _NO_PAGE, "Join Workgroup",
        _of("JoinDomainWorkgroup", "WorkgroupName"),
        "Workgroup that the computer joins before it is captured.", wizards=_BOTH,
    ),
    WizardField(
        "step_name", _NO_PAGE, "Name", _of("CaptureSystemImage", "Name"),
        "Name of the capture step, instead of the one that `names` gives.", wizards=_CAPTURE,
    ),
    WizardField(
        "step_description", _NO_PAGE, "Description", _of("CaptureSystemImage", "Description"),
        "Description of the capture step.", wizards=_CAPTURE, has_default=True,
    ),
    WizardField(
        "created_by", _IMAGE, "Created by", _of("CaptureSystemImage", "ImageCreator"),
        "Who made the image.", wizards=_BOTH,
    ),
    WizardField(
        "version", _IMAGE, "Version", _of("CaptureSystemImage", "ImageVersion"),
        "Version of the image, up to 32 characters.", wizards=_BOTH, has_default=True,
    ),
    WizardField(
        "image_description", _IMAGE, "Description", _of("CaptureSystemImage", "ImageDescription"),
        "Description of the image.", wizards=_BOTH,
    ),
    WizardField(
        "destination", _CAPTURE_IMAGE, "Path", _of("CaptureSystemImage", "CaptureDestination"),
        r"Where the image goes: \\server\share\folder\name.wim. An existing file is overwritten.",
        required=True, wizards=_BOTH,
    ),
    WizardField(
        "account", _CAPTURE_IMAGE, "Account", _of("CaptureSystemImage", "CaptureUsername"),
        r"Account with write access to that folder: domain\user or %variable%.", wizards=_BOTH,
    ),
    WizardField(
        "password", _CAPTURE_IMAGE, "Account", _of("CaptureSystemImage", "CapturePassword"),
        "Password of that account.", Kind.SECRET, wizards=_BOTH,
    ),
    WizardField(
        "names", _NO_PAGE, "names of the steps", (),
        "Which names the steps get: of the documented table, of the wizard, of the editor.",
        choices=("documented", "wizard", "editor"), wizards=_BOTH, has_default=True,
    ),
    WizardField(
        "firmware", _NO_PAGE, "firmware", (),
        "Firmware of the reference computer; decides on how disk 0 is partitioned.",
        choices=("bios", "uefi", "both"), has_default=True,
    ),
    WizardField(
        "partition_disk", _NO_PAGE, "partition disk 0", (),
        "Partition and format disk 0.", Kind.FLAG, has_default=True,
    ),
    WizardField(
        "boot_image_architecture", _NO_PAGE, "architecture of the boot image", (),
        "Architecture of the boot image, for checking alone.",
        choices=("x86", "x64", "arm64"), wizards=_BOTH,
    ),
    WizardField(
        "target_architecture", _NO_PAGE, "architecture of the reference computer", (),
        "Architecture of the reference computer, for checking alone.",
        choices=("x86", "x64", "arm64"), wizards=_BOTH,
    ),
    WizardField(
        "image_count", _NO_PAGE, "images in the WIM", (),
        "How many images the WIM of the image package holds, for checking alone.", Kind.NUMBER,
    ),
)  # fmt: skip


def fields_of(wizard: str) -> tuple[WizardField, ...]:
    """Return the fields of a wizard: `build-and-capture` or `capture-only`, in its page order."""
    return tuple(field for field in FIELDS if wizard in field.wizards)
