"""Requests for captures to a share, and looking for what they leave there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import attrs

import tasksequence as ts
from examples.samba_share import SambaShare
from tasksequence.capture.destinations.delivery import DeliveryReport
from tasksequence.capture.destinations.smb import SmbDestination
from tasksequence.request import CaptureOptions, CaptureRequest, Compression
from tasksequence.secret_text import SecretText
from tests.support.captures import OLD, children, names_in, request_for

NEW = b"MSWIM\0\0\0" + bytes(range(256)) * (6 << 12)
"""Content of 6 MB that is uploaded."""
PASSWORD = "Geheim-§-9173"


def options_for(share: SambaShare, scratch: Path, **more: object) -> CaptureOptions:
    """Return options that reach a share, quick ones for the rest."""
    chosen = CaptureOptions(
        compression=Compression.NONE, threads=2, scratch=scratch, smb_port=share.port, patience=20
    )
    return attrs.evolve(chosen, **more)  # type: ignore[arg-type]


def share_request(
    share: SambaShare,
    scratch: Path,
    *volumes: Path,
    name: str = "out.wim",
    password: str = PASSWORD,
    **more: object,
) -> CaptureRequest:
    """Return a request for a capture to a file on a share."""
    request = request_for(
        rf"{share.unc}\{name}", *volumes, options=options_for(share, scratch, **more)
    )
    request = attrs.evolve(request, account=share.account)
    return request.with_password(SecretText(password))


def sequence_for(share: SambaShare, path: Path) -> Path:
    """Write an export whose capture step names the share and the account."""
    step = ts.CaptureSystemImageAction(
        name="Capture",
        capture_destination=rf"{share.unc}\out.wim",
        capture_username=share.account,
        image_version="1",
    )
    sequence = ts.TaskSequence(steps=[step])
    ts.Document.new_export(sequence, name="Capture", package_id="ABC00001").save(path)
    return path


def capture_arguments(
    share: SambaShare, scratch: Path, sequence: Path, source: Path, *, kind: str = "--volume"
) -> list[str | Path]:
    """Return arguments of the command line for a quick capture of a volume or disk to the share."""
    return [
        *("capture", sequence, kind, source, "--compression", "none"),
        *("--smb-port", str(share.port), "--scratch", scratch),
    ]


def destination_for(share: SambaShare, scratch: Path, **more: object) -> SmbDestination:
    """Return the destination `out.wim` on a share, checked."""
    return SmbDestination(
        rf"{share.unc}\out.wim",
        share.account,
        SecretText(PASSWORD),
        options_for(share, scratch, **more),
    )


def deliver_new(
    share: SambaShare,
    scratch: Path,
    content: bytes = NEW,
    report: DeliveryReport = lambda *_: None,
    **more: object,
) -> SmbDestination:
    """Deliver content as a capture does, and return the destination, which is closed again."""
    destination = destination_for(share, scratch, **more)
    try:
        Path(destination.partial).write_bytes(content)
        destination.deliver(report)
    finally:
        destination.close()
    return destination


def put_old(share: SambaShare, name: str = "out.wim") -> Path:
    """Put an old image on the share."""
    old = share.folder / name
    old.write_bytes(OLD)
    return old


def assert_untouched(share: SambaShare, scratch: Path, *, kept: int = 0) -> None:
    """The old image is bit-identical, and nothing else is anywhere but `kept` finished WIMs."""
    assert (share.folder / "out.wim").read_bytes() == OLD
    assert names_in(share.folder) == {"out.wim"}
    left = names_in(scratch)
    assert len(left) == kept
    assert all(name.endswith(".finished.wim") for name in left)
    assert not children() or children() == [share.pid]


def verify(path: Path) -> None:
    """Have wimlib's own program check a WIM."""
    subprocess.run(["wimlib-imagex", "verify", path], check=True, capture_output=True)
