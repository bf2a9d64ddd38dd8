"""The command line: parses arguments and prints, and does nothing else.

Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong, 130 interrupted, 143 ended by
SIGTERM.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

__all__ = ["main"]

FAILED = 1
INTERRUPTED = 130
TERMINATED = 143
_AGAIN = 0.05
"""Seconds, after which Python has left what ignored the end."""


class _Terminated(BaseException):
    """SIGTERM came: like Ctrl-C, it lets everything clean up behind itself."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    # A second one must not break into the cleaning up; whoever cannot wait sends SIGKILL.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Terminated("ended by SIGTERM")


def _ignored(raised: sys.UnraisableHookArgs) -> None:
    """See that an end that Python ignores, in a finaliser or a callback of its own, comes again."""
    if isinstance(raised.exc_value, _Terminated):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    else:
        sys.__unraisablehook__(raised)


class _Warnings(logging.Handler):
    """Shows what this library itself warns of."""

    def emit(self, record: logging.LogRecord) -> None:
        from tasksequence.cli.output import print_error

        print_error(f"warning: {record.getMessage()}")


def main() -> NoReturn:
    """Run the command line and exit with its code; errors of this library show no traceback.

    With TASKSEQUENCE_DEBUG set in the environment, unexpected errors do show theirs.
    """
    signal.signal(signal.SIGALRM, _terminate)
    sys.unraisablehook = _ignored
    signal.signal(signal.SIGTERM, _terminate)
    # What libraries log of a broken connection is told in words of ours, or tried again.
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger("tasksequence").addHandler(_Warnings(logging.WARNING))
    try:
        code = _run()
    except KeyboardInterrupt as error:
        code = _failed(_with_notes("interrupted", error), INTERRUPTED)
    except _Terminated as ended:
        code = _failed(_with_notes(str(ended), ended), TERMINATED)
    except Exception as error:
        if os.environ.get("TASKSEQUENCE_DEBUG"):
            raise
        code = _failed(
            f"unexpected {type(error).__name__}: {error}\n"
            "This is a fault of tasksequence: please report it. "
            "TASKSEQUENCE_DEBUG=1 shows where it happened.",
            FAILED,
        )
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
