"""Capture a whole disk, and read what the WIM says of it.

    python examples/capture_disk.py DISK WIM

DISK is the disk of the reference computer, which is switched off: raw, VHD, VHDX, VMDK or qcow2.
Each NTFS and FAT32 volume of it becomes an image of WIM.
"""

import sys
from pathlib import Path

import tasksequence as ts
from tasksequence import images


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    disk, wim = Path(sys.argv[1]), Path(sys.argv[2])

    # 1. What is on the disk, and what of it does the capture step take?
    # DiskAccess says what a disk may not say itself: its format, and files outside its folder.
    found = ts.read_disk(disk, access=ts.DiskAccess(allow_backing=()))
    print(f"{found.format}, read from {len(found.files.paths())} file(s)")
    for volume in found.volumes:
        place = volume.place
        verdict = volume.skipped or volume.problem or "captured"
        print(f"{place.selector} {place.file_system:5} {place.label:10} {place.role}: {verdict}")

    # 2. Capture it as a capture step says.
    step = ts.CaptureSystemImageAction(
        name="Capture Operating System Image",
        capture_destination=str(wim),
        image_creator="Imaging team",
        image_version="1.0",
    )
    plan = ts.compile_plan(ts.TaskSequence(steps=[step]), {"_SMSTSInWinPE": "true"})
    result = ts.capture_disks(plan, disk, options=ts.CaptureOptions(integrity=True))
    print(ts.describe(result))

    # 3. Read the WIM as a site does, and verify it.
    package = images.read_package(wim)
    for image in images.image_information(package):
        print(f"Image {image.index}: {image.name}, version {image.version}, {image.size} bytes")
    for partition in images.image_disks(package):
        print(f"Partition {partition.partition_index}: {partition.partition_file_system or '-'}")
    images.verify_image_file(wim)


if __name__ == "__main__":
    try:
        main()
    except ts.TaskSequenceError as error:
        sys.exit(f"{error}")
