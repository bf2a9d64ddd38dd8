"""The command line that brings to its place what a capture could not deliver."""

from __future__ import annotations

import os
import shlex

import attrs

from tasksequence.request import CaptureOptions, Overwrite

__all__ = ["deliver_command"]


def deliver_command(
    wim: str, destination: str, *, account: str | None, options: CaptureOptions
) -> str:
    """Return the command for a shell, with all of the options that delivering depends on.

    It holds no secret: the password is asked for. Without an account it is for a path of this
    machine.
    """
    usual = attrs.fields(CaptureOptions)
    words = ["tasksequence", "deliver", wim, destination]
    if options.overwrite is not Overwrite.REPLACE:
        words += ["--overwrite", options.overwrite.value]
    if not options.check_space:
        words.append("--no-space-check")
    if account is None:
        return shlex.join(words)
    words += ["--account", account, "--secret", "OSDCaptureAccountPassword=prompt"]
    for share in options.shares:
        words += ["--share", f"{share.unc}={share.path}"]
    if options.scratch is not None:
        words += ["--scratch", os.path.abspath(options.scratch)]  # noqa: PTH100
    if options.smb_port != usual.smb_port.default:
        words += ["--smb-port", str(options.smb_port)]
    if options.patience != usual.patience.default:
        words += ["--patience", f"{options.patience:g}"]
    if options.require_encryption:
        words.append("--require-encryption")
    return shlex.join(words)
