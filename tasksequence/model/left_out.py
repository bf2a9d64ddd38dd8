"""WMI classes of operating system deployment that have no class here, and why."""

from __future__ import annotations

__all__ = ["LEFT_OUT"]

_WRITTEN_BY_SITES = "a site writes them; nobody authors them"
_VIEWS = "views that a site computes"
_SETTINGS = (
    "settings and variables of collections, machines and users: beside a task sequence, not in it"
)
_METHODS = "methods alone"
_SITE_DATA = (
    "drivers, platforms and components that a site knows: beside a task sequence, not in it"
)
_NO_PAGE = "no page is known"

LEFT_OUT: dict[str, str] = {
    "SMS_Certificate": _WRITTEN_BY_SITES,
    "SMS_CertificateData": _WRITTEN_BY_SITES,
    "SMS_CertificateInfo": _WRITTEN_BY_SITES,
    "SMS_FailedImageUpdateView": _WRITTEN_BY_SITES,
    "SMS_ImageServicingProgress": _WRITTEN_BY_SITES,
    "SMS_ImageServicingScanRequest": _WRITTEN_BY_SITES,
    "SMS_ImageServicingSchedule": _WRITTEN_BY_SITES,
    "SMS_ImageServicingScheduledImage": _WRITTEN_BY_SITES,
    "SMS_ImageServicingScheduledUpdate": _WRITTEN_BY_SITES,
    "SMS_ImageUpdateHistory": _WRITTEN_BY_SITES,
    "SMS_ImageUpdateStatus": _WRITTEN_BY_SITES,
    "SMS_ImageUpdateStatusView": _WRITTEN_BY_SITES,
    "SMS_OSDeploymentKitInstalledVersion": _WRITTEN_BY_SITES,
    "SMS_PXECertificateInfo": _WRITTEN_BY_SITES,
    "SMS_StateInformation": _WRITTEN_BY_SITES,
    "SMS_StateMigration": _WRITTEN_BY_SITES,
    "SMS_StateMigrationUserNames": _WRITTEN_BY_SITES,
    "SMS_TaskSequenceExecutionStatus": _WRITTEN_BY_SITES,
    "SMS_BootImagePackage_DriverRef": _VIEWS,
    "SMS_DriverContainer": _VIEWS,
    "SMS_TaskSequenceAppReferenceDps": _VIEWS,
    "SMS_TaskSequenceAppReferencesInfo": _VIEWS,
    "SMS_TaskSequencePackageReference": _VIEWS,
    "SMS_TaskSequencePackageReference_All": _VIEWS,
    "SMS_TaskSequencePackageReference_Flat": _VIEWS,
    "SMS_TaskSequenceReferenceDps": _VIEWS,
    "SMS_TaskSequenceReferencesInfo": _VIEWS,
    "SMS_WinPEOptionalComponentInBootImage": _VIEWS,
    "SMS_CollectionVariable": _SETTINGS,
    "SMS_MachineSettings": _SETTINGS,
    "SMS_MachineVariable": _SETTINGS,
    "SMS_OSDeploymentConfig": _SETTINGS,
    "SMS_UserSettings": _SETTINGS,
    "SMS_UserVariable": _SETTINGS,
    "SMS_ScheduleMethods": _METHODS,
    "SMS_Driver": _SITE_DATA,
    "SMS_DriverModel": _SITE_DATA,
    "SMS_OSDeploymentKitSupportedPlatforms": _SITE_DATA,
    "SMS_OSDeploymentKitWinPEOptionalComponent": _SITE_DATA,
    "SMS_SupportedPlatforms": _SITE_DATA,
    "SMS_SupportedPlatformsOfflineServicing": _SITE_DATA,
    "SMS_WinPEOptionalComponentInfo": _SITE_DATA,
    "SMS_OS_Details": _NO_PAGE,
}
"""The reason for each class by its WMI name."""
