"""Capture a reference disk to a Samba share that this example starts, with an account.

    python -m examples.capture_to_share DISK FOLDER

DISK is whatever `tasksequence capture --disk` takes: VHDX, VHD, VMDK, qcow2, a raw disk. FOLDER
gets the share's folder, the server's own files, and the log. Needs Debian's package `samba`; the
server listens on the loopback interface alone, at a port that needs no rights, and ends with the
example.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

import tasksequence as ts
from examples.samba_share import SambaShare


def capture_only(share: SambaShare) -> ts.TaskSequence:
    """A sequence with the capture step alone, as for a computer that is prepared already."""
    return ts.TaskSequence(
        steps=[
            ts.CaptureSystemImageAction(
                name="Capture Operating System Image",
                capture_destination=rf"{share.unc}\%ImageName%.wim",
                capture_username=share.account,
                image_creator="Imaging team",
                image_description="Reference computer, captured to a share",
                image_version="1.0",
            )
        ]
    )


def main() -> int:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    disk, folder = Path(sys.argv[1]), Path(sys.argv[2])
    password = secrets.token_urlsafe(16)
    if not SambaShare.is_available():
        sys.exit("This example needs a Samba server: apt install samba")
    with SambaShare(folder / "share", folder / "samba", password=password) as share:
        print(f"Serving {share.unc} at port {share.port} for {share.account}")
        export = folder / "capture-only.zip"
        ts.Document.new_export(
            capture_only(share), name="Capture only", package_id="ABC00002"
        ).save(export)
        command = [
            *(sys.executable, "-m", "tasksequence", "capture", str(export)),
            *("--disk", str(disk), "--set", "ImageName=reference"),
            *("--smb-port", str(share.port), "--log", str(folder / "smsts.log")),
            *("--secret", "OSDCaptureAccountPassword=env:CAPTURE_PASSWORD"),
        ]
        print("$", " ".join(command[2:]))
        # The password goes by the environment, which the command clears at once.
        environment = {**os.environ, "CAPTURE_PASSWORD": password}
        done = subprocess.run(command, env=environment, check=False)
    if done.returncode == 0:
        print(f"The image lies in {folder / 'share'}, the log beside it:")
        records = (("smsts.log", one) for one in ts.read_log(folder / "smsts.log"))
        print(ts.describe_log(ts.read_run(records)))
    return done.returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ts.TaskSequenceError as error:
        sys.exit(f"{error}")
