"""The command line: parses arguments and prints, and does nothing else.

Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

__all__ = ["main"]

FAILED = 1
INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line and exit with its code; errors of this library show no traceback."""
    import click

    from tasksequence.cli.commands import cli
    from tasksequence.errors import CaptureCancelled, TaskSequenceError

    try:
        code = cli.main(prog_name="tasksequence", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        code = _failed("interrupted", INTERRUPTED)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except CaptureCancelled as error:
        code = _failed(str(error), FAILED)
    except TaskSequenceError as error:
        code = _failed(str(error), FAILED)
    except KeyboardInterrupt:
        code = _failed("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away; what Python would still flush has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except Exception as error:
        if os.environ.get("TASKSEQUENCE_DEBUG"):
            raise
        code = _failed(
            f"unexpected {type(error).__name__}: {error}\n"
            "This is a fault of tasksequence: please report it. "
            "TASKSEQUENCE_DEBUG=1 shows where it happened.",
            FAILED,
        )
    sys.exit(code if isinstance(code, int) else 0)


def _failed(text: str, code: int) -> int:
    first, *more = text.splitlines() or [""]
    lines = [f"tasksequence: {first}", *(f"  {line}" for line in more)]
    print("\n".join(lines), file=sys.stderr)  # noqa: T201 - this is the command line
    return code
