"""Variables on the command line: plain ones by --set, secrets by --secret."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from tasksequence.plan.variables import is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["collect_variables"]


def collect_variables(
    settings: Iterable[str], secrets: Iterable[str]
) -> dict[str, str | SecretText]:
    """Turn NAME=VALUE settings and NAME=SOURCE secrets into variables.

    Raises `click.UsageError` for what is out of form, given twice, or a secret given in plain.
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
    for secret in secrets:
        name, source = _split("--secret", secret, "SOURCE")
        _add(found, name, SecretText(_secret(name, source)))
    return found


def _split(option: str, text: str, what: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        # A value without a name may be a secret typed in the wrong place: it is not repeated.
        raise click.UsageError(f"{option} takes NAME={what}; one of them has no name or no '='.")
    return name, value


def _add(found: dict[str, str | SecretText], name: str, value: str | SecretText) -> None:
    if name.casefold() in {known.casefold() for known in found}:
        raise click.UsageError(f"The variable {name} is given twice.")
    found[name] = value


def _secret(name: str, source: str) -> str:
    kind, _, rest = source.partition(":")
    if source == "prompt":
        value: str = click.prompt(name, hide_input=True, err=True)
        return value
    if kind == "env" and rest:
        held = os.environ.get(rest)
        if held is None:
            raise click.UsageError(f"--secret {name}: the environment variable {rest} is not set.")
        return held
    if kind == "fd" and rest.isdigit():
        try:
            with os.fdopen(int(rest), encoding="utf-8", closefd=False) as stream:
                return stream.readline().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(
                f"--secret {name}: nothing can be read from file descriptor {rest} "
                f"({type(error).__name__})."
            ) from None
    # The source itself is not repeated: it may be the secret, typed where its source belongs.
    raise click.UsageError(
        f"--secret {name} takes prompt, env:VARIABLE or fd:NUMBER after the '='."
    )
