"""Steps that configure the new Windows (menu Settings)."""

from tasksequence.class_rules import ExcludedWhen, NeededWhen
from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import LicenseMode, RunIn
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    AllowedLen,
    CommandLine,
    ValueRange,
    VariableName,
    VariablePrefix,
    not_null,
    quasi_secret,
    secret,
)
from tasksequence.secret_text import SecretText
from tasksequence.wmi import prop, wmi_class
from tasksequence.wmi_property import UInt32

__all__ = [
    "ApplyWindowsSettingsAction",
    "CaptureNetworkSettingsAction",
    "CaptureWindowsSettingsAction",
]


@wmi_class(
    "SMS_TaskSequence_ApplyWindowsSettingsAction",
    CommandLine("osdwinsettings.exe /config"),
    VariablePrefix("OSD"),
    ActionCategory("Settings,4,7"),
    ActionUI("ApplyWindowsSettingsControl"),
    rules=(
        ExcludedWhen("AdminPassword", "RandomAdminPassword", True),
        NeededWhen("ServerLicenseConnectionLimit", "ServerLicenseMode", LicenseMode.PER_SERVER),
    ),
)
class ApplyWindowsSettingsAction(Action):
    """Apply Windows Settings: owner, product key, licensing, administrator, time zone."""

    admin_password: SecretText | None = prop(
        "AdminPassword",
        VariableName("OSDLocalAdminPassword"),
        secret,
        AllowedLen("0-255"),
        default=None,
    )
    computer_name: str | None = prop("ComputerName", default="%_SMSTSMachineName%")
    product_key: SecretText | None = prop("ProductKey", quasi_secret, default=None)
    random_admin_password: bool = prop("RandomAdminPassword", not_null, default=True)
    registered_org_name: str = prop("RegisteredOrgName", not_null, AllowedLen("1-255"))
    registered_user_name: str = prop("RegisteredUserName", not_null, AllowedLen("1-255"))
    server_license_connection_limit: UInt32 | None = prop(
        "ServerLicenseConnectionLimit", ValueRange("5-9999"), default=None
    )
    server_license_mode: LicenseMode | str | None = prop("ServerLicenseMode", default=None)
    time_zone: str = prop("TimeZone", not_null)
    # Answer-file values of the newer reference; their variables are seen in real exports.
    input_locale: str | None = prop(
        "InputLocale", default=None, variable="OSDWindowsSettingsInputLocale"
    )
    system_locale: str | None = prop(
        "SystemLocale", default=None, variable="OSDWindowsSettingsSystemLocale"
    )
    ui_language: str | None = prop(
        "UILanguage", default=None, variable="OSDWindowsSettingsUILanguage"
    )
    ui_language_fallback: str | None = prop(
        "UILanguageFallback", default=None, variable="OSDWindowsSettingsUILanguageFallback"
    )
    user_locale: str | None = prop(
        "UserLocale", default=None, variable="OSDWindowsSettingsUserLocale"
    )
    supported_environment: RunIn | str = runs_in("WinPE")


@wmi_class(
    "SMS_TaskSequence_CaptureNetworkSettingsAction",
    CommandLine(
        "osdnetsettings.exe capture netmembership:%%OSDMigrateNetworkMembership%% "
        "adapters:%%OSDMigrateAdapterSettings%%"
    ),
    ActionCategory("Settings,1,7"),
    ActionUI("CaptureNetworkSettingsControl"),
)
class CaptureNetworkSettingsAction(Action):
    """Capture Network Settings: of the Windows that is replaced."""

    migrate_adapter_settings: bool = prop(
        "MigrateAdapterSettings", not_null, VariableName("OSDMigrateAdapterSettings"), default=True
    )
    migrate_network_membership: bool = prop(
        "MigrateNetworkMembership",
        not_null,
        VariableName("OSDMigrateNetworkMembership"),
        default=False,
    )
    supported_environment: RunIn | str = runs_in("FullOS")


@wmi_class(
    "SMS_TaskSequence_CaptureWindowsSettingsAction",
    CommandLine(
        "osdwinsettings.exe /capture /name:%%OSDMigrateComputerName%% "
        "/reginfo:%%OSDMigrateRegistrationInfo%% /timezone:%%OSDMigrateTimeZone%%"
    ),
    ActionCategory("Settings,2,7"),
    ActionUI("CaptureWindowsSettingsControl"),
)
class CaptureWindowsSettingsAction(Action):
    """Capture Windows Settings: of the Windows that is replaced."""

    migrate_computer_name: bool = prop(
        "MigrateComputerName", not_null, VariableName("OSDMigrateComputerName"), default=True
    )
    migrate_registration_info: bool = prop(
        "MigrateRegistrationInfo",
        not_null,
        VariableName("OSDMigrateRegistrationInfo"),
        default=True,
    )
    migrate_time_zone: bool = prop(
        "MigrateTimeZone", not_null, VariableName("OSDMigrateTimeZone"), default=True
    )
