"""Steps that install device drivers (menu Drivers)."""

from tasksequence.model.action import Action, runs_in
from tasksequence.qualifiers import (
    ActionCategory,
    CommandLine,
    VariableName,
    VariablePrefix,
    not_null,
)
from tasksequence.wmi import prop, wmi_class

__all__ = ["AutoApplyAction"]


@wmi_class(
    "SMS_TaskSequence_AutoApplyAction",
    CommandLine(
        "osddriverclient.exe /auto /bestmatch:%%OSDAutoApplyDriverBestMatch%%"
        " /unsigned:%%OSDAllowUnsignedDriver%%"
    ),
    ActionCategory("Drivers,1,6"),
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
    supported_environment: str = runs_in("WinPE")
