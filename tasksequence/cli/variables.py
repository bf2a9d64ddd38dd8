"""Variables on the command line: plain ones by --set, secrets by --secret."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import click

from tasksequence.errors import PlanError
from tasksequence.plan.variables import Variables, is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["collect_variables", "prompted_secret"]


def collect_variables(
    settings: Iterable[str], secrets: Iterable[str]
) -> dict[str, str | SecretText]:
    """Turn NAME=VALUE settings and NAME=SOURCE secrets into variables.

    Environment variables that held secrets are removed from this process's environment, so that
    no process it starts inherits them. Raises `click.UsageError` for what is out of form, given
    twice, or a secret given in plain.
    """
    found: dict[str, str | SecretText] = {}
    for setting in settings:
        name, value = _split("--set", setting, "VALUE")
        if is_secret_variable(name):
            raise click.UsageError(
                f"{name} holds a secret, and --set would leave it in the process list and the "
                f"shell's history. Use --secret {name}=prompt, --secret {name}=env:VARIABLE or "
                f"--secret {name}=fd:NUMBER."
            )
        _add(found, name, value)
    used: set[str] = set()
    for secret in secrets:
        name, source = _split("--secret", secret, "SOURCE")
        text = _secret(name, source, used)
        if not text:
            raise click.UsageError(f"--secret {name}: the secret that was read is empty.")
        _add(found, name, SecretText(text))
    for variable in used:
        os.environ.pop(variable, None)
    return found


def prompted_secret(name: str) -> SecretText:
    """Ask for a secret on the terminal; raises `click.UsageError` where there is none."""
    return SecretText(_prompted(name))


def _split(option: str, text: str, what: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        # A value without a name may be a secret typed in the wrong place: it is not repeated.
        raise click.UsageError(f"{option} takes NAME={what}; one of them has no name or no '='.")
    return name, value


def _add(found: dict[str, str | SecretText], name: str, value: str | SecretText) -> None:
    if name.casefold() in {known.casefold() for known in found}:
        raise click.UsageError(f"The variable {name} is given twice.")
    try:
        Variables({name: value})
    except PlanError as error:
        raise click.UsageError(f"{error.problem}. {error.hint or ''}".rstrip()) from None
    found[name] = value


def _secret(name: str, source: str, used: set[str]) -> str:
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


def _prompted(name: str) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(
            f"--secret {name}=prompt needs a terminal to ask on; here use env:VARIABLE or "
            "fd:NUMBER."
        )
    value: str = click.prompt(name, hide_input=True, err=True)
    return value
