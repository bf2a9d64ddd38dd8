"""Variables on the command line: plain ones by --set, secrets by --secret."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import click

from tasksequence.cli.output import print_error
from tasksequence.cli.secret_sources import forget_environment, read_secret, split_setting
from tasksequence.errors import PlanError
from tasksequence.plan.catalogue import nearest_variables, variable_named
from tasksequence.plan.variables import Variables, is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["collect_variables"]


def collect_variables(
    settings: Iterable[str], secrets: Collection[str]
) -> dict[str, str | SecretText]:
    """Turn NAME=VALUE settings and NAME=SOURCE secrets into variables.

    Environment variables that held secrets are removed from this process's environment, so that
    no process it starts inherits them. Raises `click.UsageError` for what is out of form, given
    twice, or a secret given in plain.
    """
    found: dict[str, str | SecretText] = {}
    for setting in settings:
        name, value = split_setting("--set", setting, "VALUE")
        if is_secret_variable(name):
            raise click.UsageError(
                f"{name} holds a secret, and --set would leave it in the process list and the "
                f"shell's history. Use --secret {name}=prompt, --secret {name}=env:VARIABLE or "
                f"--secret {name}=fd:NUMBER."
            )
        _add(found, name, value)
    used: set[str] = set()
    for secret in secrets:
        name, source = split_setting("--secret", secret, "SOURCE")
        _warn_of_a_slip(name)
        text = read_secret(name, source, used)
        _add(found, name, SecretText(text))
    if secrets:
        forget_environment(used)
    return found


def _warn_of_a_slip(name: str) -> None:
    """Say where a secret gets a name that is no built-in variable, and nearly one."""
    near = [] if variable_named(name) is not None else nearest_variables(name)
    if near:
        print_error(
            f"warning: --secret {name}: unknown variable; did you mean {near[0]}? It is set as it "
            "is, for steps of your own."
        )


def _add(found: dict[str, str | SecretText], name: str, value: str | SecretText) -> None:
    if name.casefold() in {known.casefold() for known in found}:
        raise click.UsageError(f"The variable {name} is given twice.")
    try:
        Variables({name: value})
    except PlanError as error:
        raise click.UsageError(f"{error.problem}. {error.hint or ''}".rstrip()) from None
    found[name] = value
