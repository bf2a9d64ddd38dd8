"""Options of the commands that bring a WIM to its destination."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from tasksequence.cli.sequences import path_argument
from tasksequence.request import CaptureOptions, Overwrite, ShareMapping

__all__ = ["chosen_options", "delivery_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def _seconds(_: click.Context, option: click.Parameter, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise click.BadParameter(
            f"{text!r} is no finite number of seconds from 0 on.", param=option
        )
    return seconds


_OPTIONS = (
    click.option(
        "--overwrite",
        type=click.Choice([one.value for one in Overwrite], case_sensitive=False),
        default=Overwrite.REPLACE.value,
        show_default=True,
        help="What becomes of a WIM that is there: replaced, the rule of the step; refused; or "
        "kept under a name with its time.",
    ),
    click.option(
        "--share",
        "shares",
        multiple=True,
        metavar="UNC=FOLDER",
        help=r"A share that is mounted here: '\\server\images=/mnt/images'.",
    ),
    click.option(
        "--scratch",
        metavar="FOLDER",
        callback=path_argument,
        help="Where the WIM is written before it goes to its destination. For a share TMPDIR, else "
        "/var/tmp; for a local path beside it.",
    ),
    click.option(
        "--smb-port",
        type=click.IntRange(1, 65535),
        default=445,
        show_default=True,
        metavar="PORT",
        help="Port of the share's server.",
    ),
    click.option(
        "--patience",
        callback=_seconds,
        default="120",
        show_default=True,
        metavar="SECONDS",
        help="How long a lost connection to the share is tried anew.",
    ),
    click.option(
        "--require-encryption",
        is_flag=True,
        help="Refuse a server that signs what crosses the network, and does not encrypt it.",
    ),
    click.option(
        "--no-space-check",
        is_flag=True,
        help="Begin although the free space cannot suffice by the estimate.",
    ),
)


def delivery_options(command: Command) -> Command:
    """Give a command the options of the delivery."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen_options(
    *,
    overwrite: str,
    shares: tuple[str, ...],
    scratch: Path | None,
    smb_port: int,
    patience: float,
    require_encryption: bool,
    no_space_check: bool,
) -> CaptureOptions:
    """Return the options that were chosen; raises `click.UsageError`."""
    return CaptureOptions(
        overwrite=Overwrite(overwrite),
        shares=tuple(map(_mapping, shares)),
        scratch=scratch,
        smb_port=smb_port,
        patience=patience,
        require_encryption=require_encryption,
        check_space=not no_space_check,
    )


def _mapping(text: str) -> ShareMapping:
    unc, sign, folder = text.partition("=")
    if not sign or not folder or not unc.replace("/", "\\").startswith("\\\\"):
        raise click.UsageError(r"--share takes UNC=FOLDER: '\\server\images=/mnt/images'.")
    return ShareMapping(unc=unc, path=Path(folder))
