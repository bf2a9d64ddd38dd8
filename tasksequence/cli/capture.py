"""tasksequence capture: from a sequence and volumes to a WIM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasksequence.cli.delivery_options import delivery_options
from tasksequence.cli.sequences import name_option, path_argument
from tasksequence.cli.source_options import SourceOptions, source_options

if TYPE_CHECKING:
    from tasksequence.engine.capture_events import CaptureEventWriter
    from tasksequence.engine.preflight import PreflightCheck

__all__ = ["capture"]

DESTINATION = "OSDCaptureDestination"
# The reference computer is off while its disk is read from here: as far as the step can tell,
# that is Windows PE.
_FACTS = {"_SMSTSInWinPE": "true"}


@click.command()
@click.argument("sequence", callback=path_argument)
@source_options
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a task sequence variable; it wins over the step's own value. Names with a leading "
    "_ are facts about the machine.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME=SOURCE",
    help="Set a variable that holds a password; SOURCE is prompt, env:VARIABLE or fd:NUMBER.",
)
@click.option(
    "--destination",
    metavar="PATH",
    help=f"Where the WIM goes; the same as --set {DESTINATION}=PATH.",
)
@click.option(
    "--backend",
    default="wimlib",
    show_default=True,
    metavar="NAME",
    help="What captures; `recording` writes nothing and shows what would be asked of a backend.",
)
@click.option(
    "--compression",
    type=click.Choice(["none", "xpress", "lzx", "solid"], case_sensitive=False),
    default="lzx",
    show_default=True,
    help="solid is LZMS over many files at once, as in .esd: smallest and slowest.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Threads that compress; 0, the default, takes one for each processor.",
)
@name_option
@click.option(
    "--assume-conditions",
    is_flag=True,
    help="Capture although a condition of the step cannot be judged here.",
)
@click.option(
    "--prepared",
    is_flag=True,
    help="Capture although the volume's own registry and files say that Windows is not prepared "
    "for it; recorded in the log and in the image.",
)
@click.option(
    "--log",
    "log_file",
    metavar="FILE",
    callback=path_argument,
    help="Append what happens to a log that CMTrace reads.",
)
@click.option(
    "--check-only",
    is_flag=True,
    help="Look at step, volumes, libwim, destination and space, say what stands in the way, and "
    "capture nothing.",
)
@delivery_options
@click.option(
    "--progress",
    type=click.Choice(["auto", "plain", "json", "none"], case_sensitive=False),
    default="auto",
    show_default=True,
    help="auto: a bar on a terminal, else plain lines, on standard error. json: one event a line "
    "on standard output, in place of the table (schemas/capture-event.schema.json).",
)
@click.option("--quiet", is_flag=True, help="No progress; warnings, errors and the table only.")
def capture(
    sequence: Path,
    sources: SourceOptions,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    destination: str | None,
    backend: str,
    compression: str,
    threads: int,
    wanted: str | None,
    assume_conditions: bool,
    prepared: bool,
    log_file: Path | None,
    check_only: bool,
    progress: str,
    quiet: bool,
    **delivery: Any,
) -> int | None:
    """Capture volumes to a WIM, as the capture step of SEQUENCE says.

    SEQUENCE is an export zip, its object.xml, a <sequence>, MDT's ts.xml, or an older
    SmsTaskSequencePackage file. The step's properties are resolved through the variables; the WIM
    is written beside its destination, or in a scratch folder for a share, verified, and put in
    place only then.
    """
    import attrs

    from tasksequence.cli.delivery_options import chosen_options
    from tasksequence.cli.output import output_width, print_error, print_result
    from tasksequence.cli.progress import shown_progress
    from tasksequence.cli.sequences import compiled
    from tasksequence.cli.variables import collect_variables
    from tasksequence.engine import capture_step
    from tasksequence.engine.capture_disks import capture_disks
    from tasksequence.engine.capture_events import CaptureEventWriter
    from tasksequence.engine.cmtrace import CMTraceLog
    from tasksequence.engine.preflight import preflight
    from tasksequence.engine.report import describe
    from tasksequence.plan.facts import Facts
    from tasksequence.request import (
        CaptureResult,
        CaptureWarning,
        Compression,
        EventHandler,
        VolumeSource,
    )

    if sources.show_exclusions:
        print_result(sources.preview())
        return None

    options = attrs.evolve(
        sources.applied_to(chosen_options(**delivery)),
        compression=Compression(compression),
        threads=threads,
    )
    variables = collect_variables(settings, secrets)
    if destination == "":
        raise click.UsageError("--destination is empty.")
    if destination is not None:
        if DESTINATION.casefold() in {name.casefold() for name in variables}:
            raise click.UsageError(f"Give --destination or --set {DESTINATION}=…, not both.")
        variables[DESTINATION] = destination
    named = {name.casefold() for name in variables}
    variables |= {name: value for name, value in _FACTS.items() if name.casefold() not in named}

    # What the person says here is the last word, whatever steps before the capture set.
    facts = Facts(variables=variables, pinned=frozenset(variables))
    events = CaptureEventWriter(print_result) if progress == "json" else None
    with nullcontext() if events is None else _failure_as_event(events):
        plan = compiled(sequence, wanted, facts)
        if check_only:
            checks = preflight(
                plan,
                sources.volumes(),
                disks=sources.disks,
                include=sources.include,
                exclude=sources.exclude,
                access=sources.access(),
                backend=backend,
                options=options,
                assume_conditions=assume_conditions,
                prepared=prepared,
            )
            return _print_checks(checks, events)

        def carry_out(on_event: EventHandler) -> CaptureResult:
            with nullcontext() if log_file is None else CMTraceLog(log_file) as log:
                return capture_disks(
                    plan,
                    sources.disks,
                    include=sources.include,
                    exclude=sources.exclude,
                    access=sources.access(),
                    volumes=sources.volumes(),
                    backend=backend,
                    options=options,
                    on_event=on_event,
                    assume_conditions=assume_conditions,
                    prepared=prepared,
                    log=log,
                )

        step = capture_step.capture_step(plan, assume_conditions=assume_conditions)
        if events is not None:
            given: list[Path | VolumeSource | str] = [*sources.disks, *sources.volumes()]
            events.started(capture_step.requested(step, given, options))
            for warning in step.warnings:
                events(CaptureWarning(message=warning))
            events.finished(carry_out(events))
            return None
        for warning in step.warnings:
            print_error(f"warning: {warning}")
        with shown_progress(quiet or progress == "none", plain=progress == "plain") as on_event:
            result = carry_out(on_event)
    print_result(describe(result, columns=output_width()))
    return None


def _print_checks(checks: tuple[PreflightCheck, ...], events: CaptureEventWriter | None) -> int:
    """Print a preflight, as events or as text; return the exit code."""
    from tasksequence.cli.output import print_result
    from tasksequence.engine.preflight import Standing, describe_checks

    if events is None:
        print_result(describe_checks(checks))
    else:
        for check in checks:
            events.checked(check)
    return int(any(one.standing is Standing.FAILED for one in checks))


@contextmanager
def _failure_as_event(events: CaptureEventWriter) -> Iterator[None]:
    """Write how it ended where it fails, a command line that is wrong apart."""
    from tasksequence.errors import TaskSequenceError

    try:
        yield
    except click.ClickException:
        raise
    except TaskSequenceError as error:
        events.failed(error)
        raise
    except Exception as error:
        # A fault of this program, or a backend's; what it says may name anything.
        events.ended(f"unexpected {type(error).__name__}")
        raise
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        events.ended("interrupted by Ctrl-C (SIGINT)" if interrupted else str(error) or "ended")
        raise
