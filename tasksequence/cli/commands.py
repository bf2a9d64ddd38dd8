"""The command group; each command has a module of its own."""

from __future__ import annotations

import click

from tasksequence import __version__
from tasksequence.cli.capture import capture
from tasksequence.cli.convert import convert
from tasksequence.cli.deliver import deliver
from tasksequence.cli.doctor import doctor
from tasksequence.cli.explain import explain
from tasksequence.cli.format import format_
from tasksequence.cli.image import image
from tasksequence.cli.log import log
from tasksequence.cli.new import new
from tasksequence.cli.plan import plan
from tasksequence.cli.schema import schema
from tasksequence.cli.step import step
from tasksequence.cli.volumes import volumes

__all__ = ["cli"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tasksequence")
def cli() -> None:
    """Windows imaging task sequences, offline and off Windows.

    Exit codes: 0 done, 1 refused or failed, 2 wrong command line, 130 interrupted, 143 terminated.
    """


for command in (
    capture,
    convert,
    deliver,
    doctor,
    explain,
    format_,
    image,
    log,
    new,
    plan,
    schema,
    step,
    volumes,
):
    cli.add_command(command)
