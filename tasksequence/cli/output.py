"""Printing that a closed or full output cannot turn into a failure, and that stays readable."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterable
from typing import TextIO

__all__ = [
    "discard_closed_outputs",
    "output_width",
    "print_error",
    "print_lines",
    "print_result",
]

_READER_GONE = "its reader is gone"
_BROKEN_PIPE = 128 + signal.SIGPIPE
_REFUSING: list[TextIO] = []
"""Outputs that did not take what they were given."""
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code != 0x0A}


def print_error(text: str) -> None:
    """Print to standard error; where that is closed, nobody is there to be told."""
    _print(sys.stderr, text)


def print_result(text: str) -> bool:
    """Print to standard output; False where that does not take it, said on standard error.

    What was done is done: that its report cannot be printed is no failure of it. It is said once,
    and nothing more is printed then: the rest of a result means little without its beginning.
    """
    if sys.stdout is not None and sys.stdout in _REFUSING:
        return False
    problem = _print(sys.stdout, text)
    if problem is not None:
        if sys.stdout is not None:
            _REFUSING.append(sys.stdout)
        print_error(f"tasksequence: the result could not be printed: {problem}")
    return problem is None


def print_lines(lines: Iterable[str]) -> int:
    """Print what may be many lines to standard output, and return the exit code.

    A reader that goes away has seen enough: nothing is said, and the code is that of SIGPIPE.
    """
    for line in lines:
        problem = _print(sys.stdout, line)
        if problem == _READER_GONE:
            return _BROKEN_PIPE
        if problem is not None:
            print_error(f"tasksequence: the result could not be printed: {problem}")
            return 1
    return 0


def output_width() -> int | None:
    """Return the columns of the terminal that standard output is; None for a file or pipe."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def discard_closed_outputs() -> None:
    """See that what is still buffered raises nothing when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            # The interpreter would try again, complain, and exit with a code of its own.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _with_ellipsis(text: str, encoding: str) -> str:
    """Write the sign for what was cut off as one that the output has; tables keep their widths."""
    try:
        "…".encode(encoding)
    except UnicodeEncodeError:
        return text.replace("…", "~")
    return text


def _print(stream: TextIO | None, text: str) -> str | None:
    if stream is None:
        return "it is closed"
    try:
        # Names of files and volumes may hold anything, escape sequences of terminals too.
        # File names need not be text in any encoding, nor fit that of the output.
        encoding = stream.encoding or "utf-8"
        text = _with_ellipsis(text.translate(_CONTROLS), encoding)
        fitting = text.encode(encoding, "backslashreplace").decode(encoding)
        stream.write(fitting + "\n")
        stream.flush()
    except BrokenPipeError:
        return _READER_GONE
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None
