"""What the wizards call the steps that they make."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

__all__ = ["STEP_NAMES", "StepNames"]


class StepNames(NamedTuple):
    """The names of one kind of step.

    `documented` is the name in Microsoft's table of the build-and-capture sequence, `wizard` and
    `editor` are those of its table of naming differences. The documented table gives wizard names
    but for two steps, for which it has editor names.
    """

    documented: str
    wizard: str
    editor: str


def _same(name: str) -> StepNames:
    return StepNames(name, name, name)


STEP_NAMES: MappingProxyType[str, StepNames] = MappingProxyType(
    {
        "build": _same("Build the Reference Computer"),
        "restart": StepNames(
            "Restart in Windows PE", "Restart in Windows PE", "Reboot to Windows PE or hard disk"
        ),
        "partition": StepNames("Partition Disk 0", "Partition Disk 0", "Format and Partition Disk"),
        "apply_os": _same("Apply Operating System"),
        "windows_settings": _same("Apply Windows Settings"),
        "network_settings": _same("Apply Network Settings"),
        "drivers": StepNames("Apply Device Drivers", "Apply Device Drivers", "Auto Apply Drivers"),
        "setup": _same("Setup Windows and ConfigMgr"),
        "updates": StepNames("Install Updates", "Install Updates", "Install Software Updates"),
        # In neither table: the wizard asks for applications, the tables show no step for them.
        "applications": StepNames(
            "Install Applications", "Install Applications", "Install Application"
        ),
        "deploy_tools": _same("Install Deployment Tools"),
        "capture": _same("Capture the Reference Computer"),
        "workgroup": StepNames("Join Workgroup", "Join Workgroup", "Join Domain or Workgroup"),
        "prepare_client": StepNames(
            "Prepare ConfigMgr Client for Capture",
            "Prepare ConfigMgr Client",
            "Prepare ConfigMgr Client for Capture",
        ),
        "prepare_os": StepNames(
            "Prepare Operating System", "Prepare Operating System", "Prepare Windows for Capture"
        ),
        "capture_image": StepNames(
            "Capture Operating System Image",
            "Capture the Reference Machine",
            "Capture Operating System Image",
        ),
    }
)
