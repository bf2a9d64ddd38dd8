"""How a command ends when a signal asks for it, whatever it is doing at that moment."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

__all__ = ["Terminated", "end_at_once_from_now_on", "end_on_signals"]

_PATIENCE = 30.0
"""Seconds that a command may take to clear up behind itself before it is ended as it is."""
_AGAIN = 0.05
"""Seconds, after which Python has left what ignored the end."""
_STDERR = 2


class Terminated(BaseException):
    """SIGTERM or SIGHUP came: like Ctrl-C, it lets everything clean up behind itself."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {_name(number)}")
        self.exit_code = _exit_code(number)


def end_on_signals() -> None:
    """Have SIGTERM and SIGHUP raise `Terminated`, and see that these and Ctrl-C are obeyed.

    An exception that a signal raises may come where Python ignores it, or between taking a lock and
    noting that, after which that lock is waited for without end. So it is raised again where it was
    ignored, and a command that has not ended in time is ended by the kernel.
    """
    sys.unraisablehook = _raise_again
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    # Python writes the number of each signal there in the moment in which it comes.
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reading,), daemon=True, name="ending").start()


def end_at_once_from_now_on() -> None:
    """Let signals end the process as they end any other: there is nothing left to clean up."""
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    # A second one must not break into the cleaning up; whoever cannot wait sends SIGKILL.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.SIG_IGN)
    raise Terminated(number)


def _raise_again(raised: sys.UnraisableHookArgs) -> None:
    """See that an end that Python ignores, in a finaliser or a callback of its own, comes again."""
    error = raised.exc_value
    if not isinstance(error, (Terminated, KeyboardInterrupt)):
        sys.__unraisablehook__(raised)
        return

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise error.with_traceback(None)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, _AGAIN)


def _watch(reading: int) -> None:
    """End the process when it has not ended by itself in time after it was asked to."""
    endings = {signal.SIGTERM, signal.SIGHUP, signal.SIGINT}
    while (number := os.read(reading, 1)[0]) not in endings:
        pass
    time.sleep(_PATIENCE)
    text = f"{_name(number)} came {_PATIENCE:.0f} seconds ago, and clearing up has not ended"
    os.write(_STDERR, f"tasksequence: {text}: the next run does it\n".encode())
    os._exit(_exit_code(number))


def _exit_code(number: int) -> int:
    return 128 + number


def _name(number: int) -> str:
    return signal.Signals(number).name
