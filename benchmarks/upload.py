"""Time the upload to a share against `smbclient put`, encrypted on both sides.

    python -m benchmarks.upload [--megabytes 600] [--pairs 5]

Starts a Samba server of its own. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from examples.samba_share import SambaShare
from tasksequence.capture.destinations.smb import SmbDestination
from tasksequence.request import CaptureOptions, Phase
from tasksequence.secret_text import SecretText

MEGABYTE = 1 << 20
PASSWORD = "benchmark-1"


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the upload against smbclient put.")
    parser.add_argument("--megabytes", type=int, default=600)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where files are written; default: TMPDIR")
    chosen = parser.parse_args()
    if shutil.which("smbclient") is None:
        sys.exit("This needs smbclient: apt install smbclient")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as made:
        folder = Path(made)
        source = folder / "source.wim"
        with source.open("wb") as stream:
            stream.write(b"MSWIM\0\0\0" + bytes(MEGABYTE - 8))
            for _ in range(chosen.megabytes - 1):
                stream.write(os.urandom(MEGABYTE))
        with SambaShare(folder / "share", folder / "state", password=PASSWORD) as share:
            upload(share, source, folder)
            pairs = []
            for number in range(chosen.pairs):
                if number % 2:
                    theirs = put(share, source)
                    ours, compared = upload(share, source, folder)
                else:
                    ours, compared = upload(share, source, folder)
                    theirs = put(share, source)
                pairs.append((theirs / ours, theirs / (ours + compared)))
                size = chosen.megabytes
                print(
                    f"upload {size / ours:.0f} MiB/s, compare {size / compared:.0f} MiB/s, "
                    f"smbclient put {size / theirs:.0f} MiB/s, ratio {theirs / ours:.2f}"
                )
    alone = statistics.median(one for one, _ in pairs)
    both = statistics.median(one for _, one in pairs)
    print(f"median ratio {alone:.2f}; with the comparison afterwards {both:.2f}")
    return 0


def clear(share: SambaShare) -> None:
    """Leave no old file to be replaced, and nothing for the disk to do from the run before."""
    for wim in share.folder.iterdir():
        wim.unlink()
    os.sync()


def upload(share: SambaShare, source: Path, folder: Path) -> tuple[float, float]:
    """Upload and compare as a capture does; return the seconds of each.

    Logging on and the checks before count as part of the upload.
    """
    clear(share)
    times: dict[Phase, float] = {}
    started = time.monotonic()
    options = CaptureOptions(scratch=folder, smb_port=share.port)
    destination = SmbDestination(
        rf"{share.unc}\ours.wim", share.account, SecretText(PASSWORD), options
    )

    def report(phase: Phase, _done: int, _total: int) -> None:
        times.setdefault(phase, time.monotonic())

    destination.deliver(report, source=str(source))
    destination.close()
    ended = time.monotonic()
    return times[Phase.CONFIRM] - started, ended - times[Phase.CONFIRM]


def put(share: SambaShare, source: Path) -> float:
    """Return the seconds that smbclient takes for the same file."""
    clear(share)
    started = time.monotonic()
    subprocess.run(
        [
            *("smbclient", share.unc.replace("\\", "/"), "--port", str(share.port)),
            *("--user", share.user, "--client-protection=encrypt"),
            *("--command", f"put {source} theirs.wim"),
        ],
        env={**os.environ, "PASSWD": PASSWORD},
        check=True,
        capture_output=True,
    )
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
