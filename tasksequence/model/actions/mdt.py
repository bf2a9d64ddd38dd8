"""Steps of the Microsoft Deployment Toolkit: known from real sequences, not from a reference.

Each brings its own command line, a script of the toolkit. Variables that a class does not name are
in `variables`.
"""

from tasksequence.model.action import ScriptedAction
from tasksequence.qualifiers import abstract, secret
from tasksequence.secret_text import SecretText
from tasksequence.wmi import prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "BDD_AuthorizeDHCP",
    "BDD_Gather",
    "BDD_InjectDrivers",
    "BDD_InstallApplication",
    "BDD_InstallOS",
    "BDD_InstallRoles",
    "BDD_InstallUpdatesOffline",
    "BDD_RecoverDomainJoin",
    "BDD_RunPowerShellAction",
    "BDD_UninstallRoles",
    "BDD_UpgradeOS",
    "BDD_UsePackage",
    "BDD_Validate",
    "MdtAction",
    "MdtCommandAction",
    "VirtualHardDiskAction",
]


@wmi_class("(MDT)", abstract)
class MdtAction(ScriptedAction):
    """Base of MDT's steps: what the toolkit adds to each that runs a command."""

    load_profile: bool | None = prop("LoadProfile", default=None)
    run_as_user: bool | None = prop("RunAsUser", default=None)
    user_name: str | None = prop("SMSTSRunCommandLineUserName", default=None)
    user_password: SecretText | None = prop("SMSTSRunCommandLineUserPassword", secret, default=None)


@wmi_class("")
class MdtCommandAction(MdtAction):
    """Run Command Line, as MDT writes it: a step without a type."""


@wmi_class("BDD_AuthorizeDHCP")
class BDD_AuthorizeDHCP(MdtAction):
    """Authorize DHCP: enters a DHCP server in Active Directory."""

    package_id: str | None = prop("PackageID", default=None)


@wmi_class("BDD_Gather")
class BDD_Gather(MdtAction):
    """Gather: collects facts about the machine, and settings by the rules."""

    gather_local_only: bool | None = prop("GatherLocalOnly", default=None)
    package_id: str | None = prop("PackageID", default=None, hidden=True)
    rules_file: str | None = prop("RulesFile", default=None)


@wmi_class("BDD_InjectDrivers")
class BDD_InjectDrivers(MdtAction):
    """Inject Drivers: the drivers of a selection profile."""

    driver_injection_mode: str | None = prop("DriverInjectionMode", default=None)
    driver_selection_profile: str | None = prop("DriverSelectionProfile", default=None)


@wmi_class("BDD_InstallApplication")
class BDD_InstallApplication(MdtAction):
    """Install Application: one of the deployment share, or those of the variables."""

    application_guid: str | None = prop("ApplicationGUID", default=None)
    application_success_codes: str | None = prop("ApplicationSuccessCodes", default=None)


@wmi_class("BDD_InstallOS")
class BDD_InstallOS(MdtAction):
    """Install Operating System: one of the deployment share."""

    destination_disk: UInt32 | None = prop("DestinationDisk", default=None)
    destination_os_drive_letter: str | None = prop("DestinationOSDriveLetter", default=None)
    destination_os_install_type: str | None = prop("DestinationOSInstallType", default=None)
    destination_os_refresh: str | None = prop("DestinationOSRefresh", default=None)
    destination_os_variable: str | None = prop("DestinationOSVariable", default=None)
    destination_partition: UInt32 | None = prop("DestinationPartition", default=None)
    os_guid: str | None = prop("OSGUID", default=None)


@wmi_class("BDD_InstallRoles")
class BDD_InstallRoles(MdtAction):
    """Install Roles and Features."""

    os_features: str | None = prop("OSFeatures", default=None)
    os_role_index: UInt32 | None = prop("OSRoleIndex", default=None)
    os_role_services: str | None = prop("OSRoleServices", default=None)
    os_roles: str | None = prop("OSRoles", default=None)


@wmi_class("BDD_InstallUpdatesOffline")
class BDD_InstallUpdatesOffline(MdtAction):
    """Install Updates Offline: the packages of a selection profile."""

    package_selection_profile: str | None = prop("PackageSelectionProfile", default=None)


@wmi_class("BDD_RecoverDomainJoin")
class BDD_RecoverDomainJoin(MdtAction):
    """Recover From Domain Join Failure."""

    domain_error_recovery: str | None = prop("DomainErrorRecovery", default=None)


@wmi_class("BDD_RunPowerShellAction")
class BDD_RunPowerShellAction(MdtAction):
    """Run PowerShell Script, as MDT does it."""

    package_id: str | None = prop("PackageID", default=None)
    parameters: str | None = prop("Parameters", default=None)
    script_name: str | None = prop("ScriptName", default=None)


@wmi_class("BDD_UninstallRoles")
class BDD_UninstallRoles(MdtAction):
    """Uninstall Roles and Features."""

    completely_remove: bool | None = prop("CompletelyRemove", default=None)
    os_role_index: UInt32 | None = prop("OSRoleIndex", default=None)
    uninstall_os_features: str | None = prop("UninstallOSFeatures", default=None)
    uninstall_os_role_services: str | None = prop("UninstallOSRoleServices", default=None)
    uninstall_os_roles: str | None = prop("UninstallOSRoles", default=None)


@wmi_class("BDD_UpgradeOS")
class BDD_UpgradeOS(MdtAction):
    """Upgrade Windows: runs Windows Setup in place."""

    dynamically_update_win_setup: UInt32 | None = prop("DynamicallyUpdateWinSetup", default=None)
    is_os_upgrade: UInt32 | None = prop("IsOSUpgrade", default=None)
    os_guid: str | None = prop("OSGUID", default=None)


@wmi_class("BDD_UsePackage")
class BDD_UsePackage(MdtAction):
    """Use Toolkit Package: makes the MDT files available to a Configuration Manager sequence."""

    package_id: str | None = prop("PackageID", default=None, variable="BDDPackageID", hidden=True)


@wmi_class("BDD_Validate")
class BDD_Validate(MdtAction):
    """Validate: checks memory, processor and disk of the machine."""

    image_memory: UInt32 | None = prop("ImageMemory", default=None)
    image_processor_speed: UInt32 | None = prop("ImageProcessorSpeed", default=None)
    image_size: str | None = prop("ImageSize", default=None)
    verify_os: str | None = prop("VerifyOS", default=None)


@wmi_class("SMS_TaskSequence_VirtualHardDiskAction")
class VirtualHardDiskAction(MdtAction):
    """Create Virtual Hard Disk (VHD), of MDT alone."""

    vhd_create_diff_vhd: str | None = prop("VHDCreateDiffVHD", default=None)
    vhd_create_file_name: str | None = prop("VHDCreateFileName", default=None)
    vhd_create_size_max: str | None = prop("VHDCreateSizeMax", default=None)
    vhd_create_size_percent: UInt32 | None = prop("VHDCreateSizePercent", default=None)
    vhd_create_type: str | None = prop("VHDCreateType", default=None)
    vhd_input_variable: str | None = prop("VHDInputVariable", default=None)
    vhd_output_variable: str | None = prop("VHDOutputVariable", default=None)
