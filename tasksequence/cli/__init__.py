"""The command line: parses arguments and prints, and does nothing else.

Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong, 129 ended by SIGHUP, 130
interrupted, 143 ended by SIGTERM.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import NoReturn

from tasksequence.cli.ending import Terminated, end_at_once_from_now_on, end_on_signals

__all__ = ["main"]

FAILED = 1
INTERRUPTED = 130


class _Warnings(logging.Handler):
    """Shows what this library itself warns of."""

    def emit(self, record: logging.LogRecord) -> None:
        from tasksequence.cli.output import print_error

        print_error(f"warning: {record.getMessage()}")


def main() -> NoReturn:
    """Run the command line and exit with its code; errors of this library show no traceback.

    With TASKSEQUENCE_DEBUG set in the environment, unexpected errors do show theirs.
    """
    try:
        end_on_signals()
        # What libraries log of a broken connection is told in words of ours, or tried again.
        logging.getLogger().addHandler(logging.NullHandler())
        logging.getLogger("tasksequence").addHandler(_Warnings(logging.WARNING))
        code = _run()
        end_at_once_from_now_on()
    except KeyboardInterrupt as error:
        code = _failed(_with_notes("interrupted", error), INTERRUPTED)
    except Terminated as ended:
        code = _failed(_with_notes(str(ended), ended), ended.exit_code)
    except Exception as error:
        if os.environ.get("TASKSEQUENCE_DEBUG"):
            raise
        code = _failed(
            f"unexpected {type(error).__name__}: {error}\n"
            "This is a fault of tasksequence: please report it. "
            "TASKSEQUENCE_DEBUG=1 shows where it happened.",
            FAILED,
        )
    end_at_once_from_now_on()
    from tasksequence.cli.output import discard_closed_outputs

    discard_closed_outputs()
    sys.exit(code)


def _run() -> int:
    import click

    from tasksequence.cli.commands import cli
    from tasksequence.errors import TaskSequenceError

    try:
        code = cli.main(prog_name="tasksequence", standalone_mode=False)
    except click.exceptions.Abort as error:
        return _failed(_with_notes("interrupted", error.__cause__ or error), INTERRUPTED)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        usage = f"{context.get_usage()}\n" if context is not None else ""
        return _failed(error.format_message(), error.exit_code, before=usage)
    except TaskSequenceError as error:
        return _failed(str(error), FAILED)
    return code if isinstance(code, int) else 0


def _with_notes(text: str, error: BaseException) -> str:
    """Add what the work that was interrupted said of the state that it leaves."""
    return "\n".join([text, *getattr(error, "__notes__", [])])


def _failed(text: str, code: int, *, before: str = "") -> int:
    from tasksequence.cli.output import print_error

    first, *more = text.splitlines() or [""]
    print_error(before + "\n".join([f"tasksequence: {first}", *(f"  {line}" for line in more)]))
    return code
