"""Steps that install device drivers (menu Drivers)."""

from tasksequence.model.action import Action, runs_in
from tasksequence.model.enumerations import RunIn
from tasksequence.qualifiers import (
    ActionCategory,
    ActionUI,
    CommandLine,
    CommandLineArg,
    Observed,
    RequiredIfNotNull,
    TaskSequencePackage,
    VariableName,
    VariablePrefix,
    not_null,
)
from tasksequence.wmi import prop, wmi_class

__all__ = ["ApplyDriverPackageAction", "AutoApplyAction"]


@wmi_class(
    "SMS_TaskSequence_AutoApplyAction",
    CommandLine(
        "osddriverclient.exe /auto /bestmatch:%%OSDAutoApplyDriverBestMatch%%"
        " /unsigned:%%OSDAllowUnsignedDriver%%"
    ),
    ActionCategory("Drivers,1,6"),
    ActionUI("AutoApplyDriverControl"),
    VariablePrefix("OSDAutoApplyDriver"),
)
class AutoApplyAction(Action):
    """Auto Apply Drivers: the site's drivers that match the device."""

    best_match: bool = prop("BestMatch", not_null, default=True)
    category_list: list[str] | None = prop("CategoryList", default=None)
    """Driver categories to consider; None considers all."""
    unsigned_driver: bool = prop(
        "UnsignedDriver", not_null, VariableName("OSDAllowUnsignedDriver"), default=False
    )
    supported_environment: RunIn | str = runs_in("WinPE")


@wmi_class(
    "SMS_TaskSequence_ApplyDriverPackageAction",
    CommandLine(
        "osddriverclient.exe /install:%1 "
        '<?2:"/bootcritical:%%OSDApplyDriverBootCriticalContentUniqueID%%,'
        "%%OSDApplyDriverBootCriticalINFFile%%,"
        "%%OSDApplyDriverBootCriticalHardwareComponent%%,"
        '%%OSDApplyDriverBootCriticalID%%">/unsigned:%%OSDAllowUnsignedDriver%%'
    ),
    ActionCategory("Drivers,2,6"),
    ActionUI("ApplyDriverPackageControl"),
    VariablePrefix("OSDApplyDriver"),
    observed=Observed(
        command_line=(
            "osddriverclient.exe /install:<DriverPackageID> "
            '<?BootCriticalDriverID:"/bootcritical:%OSDApplyDriverBootCriticalContentUniqueID%,'
            "%OSDApplyDriverBootCriticalINFFile%,"
            "%OSDApplyDriverBootCriticalHardwareComponent%,"
            '%OSDApplyDriverBootCriticalID%"> /unsigned:%OSDAllowUnsignedDriver% '
            "/recurse:%OSDRecurse%"
        )
    ),
)
class ApplyDriverPackageAction(Action):
    """Apply Driver Package: the drivers of one package, for an offline Windows."""

    boot_critical_content_unique_id: str | None = prop(
        "BootCriticalContentUniqueID", RequiredIfNotNull("BootCriticalDriverID"), default=None
    )
    boot_critical_driver_id: str | None = prop(
        "BootCriticalDriverID", CommandLineArg(2), default=None
    )
    boot_critical_hardware_component: str | None = prop(
        "BootCriticalHardwareComponent", RequiredIfNotNull("BootCriticalDriverID"), default=None
    )
    boot_critical_id: str | None = prop(
        "BootCriticalID", RequiredIfNotNull("BootCriticalDriverID"), default=None
    )
    boot_critical_inf_file: str | None = prop(
        "BootCriticalINFFile", RequiredIfNotNull("BootCriticalDriverID"), default=None
    )
    driver_package_id: str = prop(
        "DriverPackageID", CommandLineArg(1), TaskSequencePackage(), not_null
    )
    unsigned_driver: bool = prop(
        "UnsignedDriver", not_null, VariableName("OSDAllowUnsignedDriver"), default=False
    )
    recurse: bool | None = prop("Recurse", default=False, variable="OSDRecurse")
    """One DISM run over the whole folder instead of the package's list of drivers."""
    supported_environment: RunIn | str = runs_in("WinPE")
