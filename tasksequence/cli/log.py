"""tasksequence log: what ran, how long, what failed first and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasksequence.cli.sequences import name_option, path_argument

if TYPE_CHECKING:
    from tasksequence.logs.records import LogRecord
    from tasksequence.logs.runs import RunReader
    from tasksequence.plan.steps import Plan

__all__ = ["log"]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--sequence",
    metavar="SEQUENCE",
    callback=path_argument,
    help="Join the log to the steps of this sequence, by name and number.",
)
@name_option
@click.option("--follow", is_flag=True, help="Go on as the log grows, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print data for a program.")
def log(
    files: tuple[str, ...], sequence: Path | None, wanted: str | None, follow: bool, as_json: bool
) -> None:
    """Read smsts.log files: what ran, how long, what failed first and why.

    Takes both forms of records, rolled files in any order, and a folder for its smsts*.log.
    """
    from tasksequence.cli.output import output_width, print_error, print_result
    from tasksequence.cli.sequences import compiled
    from tasksequence.errors import TaskSequenceError
    from tasksequence.logs.describe import describe_log
    from tasksequence.logs.files import log_files, read_log
    from tasksequence.logs.runs import join_plan, read_run
    from tasksequence.plan.facts import Facts

    plan = None if sequence is None else compiled(sequence, wanted, Facts())
    if follow:
        if len(files) != 1 or as_json:
            raise click.UsageError("--follow takes one log file, and no --json.")
        _follow(Path(files[0]), plan)
        return

    paths = log_files(files)
    no_logs: list[Path] = []

    def records() -> Iterator[tuple[str, LogRecord]]:
        for path in paths:
            is_log = False
            for record in read_log(path):
                is_log = is_log or not record.is_damaged
                yield path.name, record
            if not is_log:
                no_logs.append(path)

    summary = read_run(records())
    if len(no_logs) == len(paths):
        raise TaskSequenceError(
            f"this is no smsts.log: {_no_log(no_logs)}",
            where=", ".join(map(str, no_logs)),
            hint="Name a log of the task sequence engine: smsts.log, and its rolled files.",
        )
    for path in no_logs:
        print_error(f"warning: {path} is no smsts.log: {_no_log([path])}")
    if plan is not None:
        join_plan(summary, plan)
    if as_json:
        from tasksequence.logs.log_json import summary_to_json

        print_result(summary_to_json(summary))
        return
    print_result(describe_log(summary, columns=output_width()))


def _no_log(paths: list[Path]) -> str:
    if all(path.is_file() and not path.stat().st_size for path in paths):
        return "it is empty"
    return "nothing in it has the form of a record (<![LOG[…]LOG]!><…>, or …$$<…><…>)"


def _follow(path: Path, plan: Plan | None) -> None:
    from tasksequence.cli.output import print_error, print_result
    from tasksequence.errors import TaskSequenceError
    from tasksequence.logs.describe import describe_log
    from tasksequence.logs.files import follow_log
    from tasksequence.logs.runs import RunReader, join_plan

    reader = RunReader()
    try:
        if not path.exists():
            if not path.absolute().parent.is_dir():
                raise TaskSequenceError(
                    "the log's folder does not exist, so no log will come there",
                    where=str(path),
                    hint="Correct the path.",
                )
            print_error(f"{path} is not there yet: waiting for it, until Ctrl-C")
        for record in follow_log(path):
            text = _news(reader, record, path.name)
            # Where nobody reads any more, there is nobody to follow it for.
            if text is not None and not print_result(text):
                return
    except KeyboardInterrupt:
        summary = reader.finish()
        if plan is not None:
            join_plan(summary, plan)
        print_result(describe_log(summary))


def _news(reader: RunReader, record: LogRecord, file: str) -> str | None:
    """Return the line that a record is worth while a log is followed; None for most of them."""
    from tasksequence.logs.describe import describe_log_step
    from tasksequence.logs.runs import LogOutcome

    step = reader.read(record, file)
    if step is not None and step.outcome is not LogOutcome.ENTERED:
        return describe_log_step(step)
    return f"          {record.component}: {record.message}" if record.is_error else None
