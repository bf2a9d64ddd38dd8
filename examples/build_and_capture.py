"""Write a build-and-capture sequence, export it, and capture a reference volume with it.

    python examples/build_and_capture.py VOLUME FOLDER

VOLUME is the NTFS volume of the reference computer: an image file or a device that is not
mounted. FOLDER gets the export (build-and-capture.zip) and the image (reference.wim).
"""

import sys
from pathlib import Path

import tasksequence as ts


def build_and_capture() -> ts.NewSequence:
    """The two groups of the wizard: build the reference computer, then capture it."""
    return ts.build_and_capture(
        name="Build and capture",
        boot_image="ABC00005",
        image_package="ABC00010",
        image_index=1,
        registered_user="Imaging",
        registered_organization="Contoso",
        time_zone="W. Europe Standard Time",
        client_package="ABC00003",
        updates="all",
        destination=r"\\server\images\%ImageName%.wim",
        account=r"CONTOSO\capture",
        created_by="Imaging team",
        image_description="Reference computer, made by an example",
        version="1.0",
    )


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    volume, folder = Path(sys.argv[1]), Path(sys.argv[2])

    # 1. Write the sequence and save it as the console exports it.
    export = folder / "build-and-capture.zip"
    build_and_capture().save(export, package_id="ABC00001")
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
