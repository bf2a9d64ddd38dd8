"""Write a build-and-capture sequence, export it, and capture a reference volume with it.

    python examples/build_and_capture.py VOLUME FOLDER

VOLUME is the NTFS volume of the reference computer: an image file or a device that is not
mounted. FOLDER gets the export (build-and-capture.zip) and the image (reference.wim).
"""

import sys
from pathlib import Path

import tasksequence as ts


def build_and_capture() -> ts.TaskSequence:
    """The two groups of the wizard: build the reference computer, then capture it."""
    in_windows = ts.VariableConditionExpression(
        variable="_SMSTSInWinPE", operator="equals", value="false"
    )
    no_client_cache = ts.VariableConditionExpression(
        variable="_SMSTSClientCache", operator="notExists"
    )
    build = ts.Group(
        name="Build the Reference Computer",
        description="Actions to build a reference computer",
        steps=[
            ts.RebootAction(
                name="Restart in Windows PE",
                target="WinPE",
                message="A new Windows is being installed. The computer restarts to continue.",
                message_timeout=10,
                condition=ts.Condition(operands=[in_windows]),
            ),
            ts.PartitionDiskAction(
                name="Partition Disk 0",
                disk_index=0,
                partition_style="MBR",
                partitions=[
                    ts.PartitionSettings(
                        type="Primary",
                        file_system="NTFS",
                        size=100,
                        size_units="Percent",
                        bootable=True,
                    )
                ],
                condition=ts.Condition(operands=[no_client_cache]),
            ),
            ts.ApplyOperatingSystemAction(
                name="Apply Operating System", image_package_id="ABC00010", image_index=1
            ),
            ts.ApplyWindowsSettingsAction(
                name="Apply Windows Settings",
                registered_user_name="Imaging",
                registered_org_name="Contoso",
                time_zone="W. Europe Standard Time",
            ),
            ts.ApplyNetworkSettingsAction(
                name="Apply Network Settings", network_join_type=1, workgroup_name="WORKGROUP"
            ),
            ts.AutoApplyAction(name="Apply Device Drivers"),
            ts.SetupWindowsAndSMSAction(
                name="Setup Windows and ConfigMgr", client_package_id="ABC00003"
            ),
            ts.InstallUpdateAction(name="Install Updates", target="All"),
        ],
    )
    capture = ts.Group(
        name="Capture the Reference Computer",
        description="Actions to prepare and capture the reference computer",
        steps=[
            ts.JoinDomainWorkgroupAction(name="Join Workgroup", type=1, workgroup_name="WORKGROUP"),
            ts.PrepareSMSClientAction(name="Prepare ConfigMgr Client for Capture"),
            ts.PrepareOSAction(name="Prepare Operating System"),
            ts.CaptureSystemImageAction(
                name="Capture Operating System Image",
                capture_destination=r"\\server\images\%ImageName%.wim",
                capture_username=r"CONTOSO\capture",
                image_creator="Imaging team",
                image_description="Reference computer, made by an example",
                image_version="1.0",
            ),
        ],
    )
    return ts.TaskSequence(steps=[build, capture])


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    volume, folder = Path(sys.argv[1]), Path(sys.argv[2])

    # 1. Write the sequence and save it as the console exports it.
    export = folder / "build-and-capture.zip"
    ts.Document.new_export(
        build_and_capture(), name="Build and capture", package_id="ABC00001"
    ).save(export)
    print(f"Saved {export}")

    # 2. Load it again, as one would load an export from the site, and plan it. A variable that
    #    is set wins over the step's own value: here, for where the image goes.
    document = ts.load(export)
    plan = ts.compile_plan(
        document.sequence,
        {"OSDCaptureDestination": str(folder / "reference.wim"), "_SMSTSInWinPE": "true"},
    )
    for step in plan.steps:
        print(f"  {step.name:38} {step.outcome.value}: {step.reason}")

    # 3. Capture the volume, as the capture step of the plan says.
    result = ts.capture_volumes(plan, [volume], on_event=show)
    print(ts.describe(result))


shown: set[int] = set()


def show(event: ts.Progress | ts.CaptureWarning) -> None:
    """Say each tenth of the capture once, and every warning."""
    if isinstance(event, ts.CaptureWarning):
        print(f"warning: {event.message}")
        return
    tenth = int(event.overall * 10)
    if tenth not in shown:
        shown.add(tenth)
        print(f"  {event.overall:4.0%} {event.phase.value}")


if __name__ == "__main__":
    try:
        main()
    except ts.TaskSequenceError as error:
        sys.exit(f"{error}")
