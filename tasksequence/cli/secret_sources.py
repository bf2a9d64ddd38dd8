"""Secrets on the command line: never their text, always where it comes from."""

from __future__ import annotations

import os
import re
import sys

import click

from tasksequence.cli.output import print_error
from tasksequence.cli.start_environment import blank_variables, hide_memory

__all__ = ["forget_environment", "is_reference", "read_secret", "split_setting"]

_REFERENCE = re.compile(r"%[A-Za-z_][A-Za-z0-9_-]*%")


def split_setting(option: str, text: str, what: str) -> tuple[str, str]:
    """Split NAME=… as an option takes it; raises `click.UsageError` without a name or an `=`."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        # A value without a name may be a secret typed in the wrong place: it is not repeated.
        raise click.UsageError(f"{option} takes NAME={what}; one of them has no name or no '='.")
    return name, value


def read_secret(name: str, source: str, used: set[str]) -> str:
    """Read the secret NAME from prompt, env:VARIABLE or fd:NUMBER.

    Environment variables that were read are added to `used`. Raises `click.UsageError`, for an
    empty secret too.
    """
    text = _read(name, source, used)
    if not text:
        raise click.UsageError(f"--secret {name}: the secret that was read is empty.")
    return text


def is_reference(text: str) -> bool:
    """Tell whether a text is one `%Variable%`, which is no secret itself."""
    return _REFERENCE.fullmatch(text) is not None


def _read(name: str, source: str, used: set[str]) -> str:
    kind, _, rest = source.partition(":")
    if source == "prompt":
        return _prompted(name)
    if kind == "env" and rest:
        held = os.environ.get(rest)
        if held is None:
            # Not repeated either: it may be the secret itself.
            raise click.UsageError(
                f"--secret {name}: the environment variable after env: is not set."
            )
        used.add(rest)
        return held
    if kind == "fd" and rest.isdigit():
        try:
            with os.fdopen(int(rest), encoding="utf-8", closefd=False) as stream:
                return stream.readline().rstrip("\r\n")
        except (OSError, OverflowError, UnicodeDecodeError) as error:
            raise click.UsageError(
                f"--secret {name}: nothing can be read from file descriptor {rest} "
                f"({type(error).__name__})."
            ) from None
    # The source itself is not repeated: it may be the secret, typed where its source belongs.
    raise click.UsageError(
        f"--secret {name} takes prompt, env:VARIABLE or fd:NUMBER after the '='."
    )


def forget_environment(used: set[str]) -> None:
    """Remove variables that held secrets: nobody finds them in this process or in its children.

    Nor can others read the memory, in which secrets are, and no crash leaves it behind. Call it
    once, after all secrets were read.
    """
    for variable in used:
        os.environ.pop(variable, None)
    if not blank_variables(used):
        print_error(
            "warning: this system shows the environment that a process was started with, the "
            "secret among it, to the same account as long as it runs; use fd:NUMBER there"
        )
    hide_memory()


def _prompted(name: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(
            f"--secret {name}=prompt needs a terminal to ask on; here use env:VARIABLE or "
            "fd:NUMBER."
        )
    value: str = click.prompt(name, hide_input=True, err=True)
    return value
