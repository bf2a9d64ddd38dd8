"""tasksequence deliver: bring a finished WIM to its destination."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from tasksequence.cli.delivery_options import delivery_options
from tasksequence.cli.sequences import path_argument

__all__ = ["deliver"]

_PASSWORD = "OSDCaptureAccountPassword"  # noqa: S105 (a variable's name)


@click.command()
@click.argument("wim")
@click.argument("destination")
@click.option("--account", metavar="DOMAIN\\USER", help="Account for the share.")
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME=SOURCE",
    help=f"{_PASSWORD}=prompt, =env:VARIABLE or =fd:NUMBER.",
)
@delivery_options
@click.option(
    "--no-verify",
    is_flag=True,
    help="Do not read the whole WIM first and compare it with its hashes.",
)
@click.option(
    "--log",
    "log_file",
    metavar="FILE",
    callback=path_argument,
    help="Append what happens to a log that CMTrace reads.",
)
@click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "none"], case_sensitive=False),
    default="auto",
    show_default=True,
    help="auto: a bar on a terminal, else plain lines, on standard error.",
)
@click.option("--quiet", is_flag=True, help="No progress; warnings and errors only.")
def deliver(
    wim: str,
    destination: str,
    account: str | None,
    secrets: tuple[str, ...],
    no_verify: bool,
    log_file: Path | None,
    progress: str,
    quiet: bool,
    **delivery: Any,
) -> None:
    """Bring a finished WIM to a destination, as the end of a capture does.

    WIM is a file of this machine that a capture kept when its share was lost; it is verified, and
    stays. Or it is a finished upload on the share of DESTINATION, which then only takes its place.
    """
    from tasksequence.capture.destinations.unc import is_unc
    from tasksequence.cli.delivery_options import chosen_options
    from tasksequence.cli.output import print_result
    from tasksequence.cli.progress import shown_progress
    from tasksequence.cli.secret_sources import read_secret
    from tasksequence.cli.variables import collect_variables
    from tasksequence.engine.cmtrace import CMTraceLog
    from tasksequence.engine.delivery_log import logged_delivery
    from tasksequence.images.deliver import deliver_wim
    from tasksequence.secret_text import SecretText

    options = chosen_options(**delivery)
    variables = {name.casefold(): value for name, value in collect_variables((), secrets).items()}
    given = variables.pop(_PASSWORD.casefold(), None)
    if variables:
        raise click.UsageError(f"--secret takes {_PASSWORD} alone here.")
    password = given if isinstance(given, SecretText) else None
    if password is None and account is not None:
        password = SecretText(read_secret(_PASSWORD, "prompt", set()))
    with (
        nullcontext() if log_file is None else CMTraceLog(log_file) as log,
        shown_progress(quiet or progress == "none", plain=progress == "plain") as on_event,
        logged_delivery(log, wim, destination, on_event) as hear,
    ):
        deliver_wim(
            wim if is_unc(wim) else Path(wim),
            destination,
            account=account,
            password=password,
            options=options,
            verify=not no_verify,
            on_event=hear,
        )
    print_result(f"{destination}: delivered, compared")
