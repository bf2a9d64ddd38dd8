"""tasksequence new: the wizards on the command line."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasksequence.authoring.fields import (
    BUILD_AND_CAPTURE,
    CAPTURE_ONLY,
    Kind,
    WizardField,
    fields_of,
)
from tasksequence.cli.refusals import Refusals
from tasksequence.cli.written_secrets import secrets_option, tell_of_plain_secrets

if TYPE_CHECKING:
    from tasksequence.authoring.wizard import NewSequence

__all__ = ["new"]


@click.group()
def new() -> None:
    """Make a task sequence as the Create Task Sequence Wizard does.

    The answers are options, or come from a TOML file with the same names (--from); options win.
    All that is wrong with them is told at once, and then nothing is written.
    """


def _wizard_command(wizard: str, summary: str) -> click.Command:
    fields = fields_of(wizard)
    secrets = ", ".join(field.name for field in fields if field.is_secret)
    params: list[click.Parameter] = [
        click.Argument(["output"], metavar="OUTPUT"),
        # Those of secrets are there only to be refused with what to do, and with all else.
        *(_option(field) for field in fields),
        click.Option(
            ["--secret", "secret_sources"],
            multiple=True,
            metavar="FIELD=SOURCE",
            help=f"Answer a field that is secret ({secrets}); SOURCE is prompt, env:VARIABLE or "
            "fd:NUMBER.",
        ),
        click.Option(
            ["--from", "answers_file"],
            metavar="FILE.toml",
            help="Take answers from a file. A secret stands there as a SOURCE, never as text.",
        ),
        click.Option(
            ["--package-id"],
            metavar="ID",
            help="Write an export zip that holds a package with this ID, such as ABC00042; "
            "OUTPUT ends in .zip then. Otherwise a bare sequence is written.",
        ),
        click.Option(["--replace"], is_flag=True, help="Replace OUTPUT when it exists."),
    ]

    def callback(**given: Any) -> None:
        _run(wizard, **given)

    return secrets_option(
        click.Command(
            wizard,
            params=params,
            callback=callback,
            help=f"{summary}\n\nOUTPUT is the file to write: a bare sequence, or with "
            "--package-id an export zip.",
            short_help=summary,
        )
    )


class _Choice(click.Choice):  # type: ignore[type-arg]  # click 8.1 takes no argument
    """A choice that leaves other values to the wizard, which tells all that is wrong at once."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            return value


class _Number(click.types.IntParamType):
    """A whole number; other values are left to the wizard."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            return value


def _option(field: WizardField) -> click.Option:
    name = "--" + field.name.replace("_", "-")
    shown = f"{field.page}: {field.help}" if field.page else field.help
    if field.kind is Kind.FLAG:
        negative = "--no-" + field.name.replace("_", "-")
        return click.Option([f"{name}/{negative}", field.name], default=None, help=shown)
    kind: Any = click.STRING
    if field.choices:
        kind = _Choice(field.choices, case_sensitive=False)
    elif field.kind is Kind.NUMBER:
        kind = _Number()
    return click.Option(
        [name, field.name],
        type=kind,
        multiple=field.kind is Kind.TEXTS,
        help=shown,
        hidden=field.is_secret,
    )


def _run(
    wizard: str,
    output: str,
    secret_sources: tuple[str, ...],
    answers_file: str | None,
    package_id: str | None,
    replace: bool,
    secrets: str,
    **options: Any,
) -> None:
    from tasksequence.authoring.wizard import build_and_capture, capture_only
    from tasksequence.cli.output import print_error, print_result
    from tasksequence.cli.secret_sources import forget_environment, is_reference, read_secret
    from tasksequence.document.new_package import check_package_ids

    functions: Mapping[str, Callable[..., NewSequence]] = {
        BUILD_AND_CAPTURE: build_and_capture,
        CAPTURE_ONLY: capture_only,
    }
    fields = {field.name: field for field in fields_of(wizard)}
    target = Path(output)
    refusals = Refusals()
    with refusals.gathering():
        _check_output(output, package_id is not None, replace)
    with refusals.gathering():
        check_package_ids(package_id, None)
    answers: dict[str, Any] = {name: None for name, field in fields.items() if field.required}
    sources: dict[str, str] = {}
    read: Mapping[str, Any] | None = {}
    if answers_file is not None:
        read = None
        with refusals.gathering():
            read = _read_toml(Path(answers_file))
            _take_answers(read, answers_file, fields, answers, sources)
    for name in [name for name, field in fields.items() if field.is_secret]:
        with refusals.gathering():
            if options.pop(name) is not None:
                raise click.UsageError(
                    f"--{name.replace('_', '-')} would leave the secret in the process list and "
                    f"the shell's history. Use --secret {name}=prompt, =env:VARIABLE or =fd:NUMBER."
                )
    answers |= {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value is not None and value != ()
    }
    for given in secret_sources:
        with refusals.gathering():
            name, source = _secret_field(given, fields)
            sources[name] = source
    used: set[str] = set()
    for name, source in sources.items():
        with refusals.gathering():
            answers[name] = source if is_reference(source) else read_secret(name, source, used)
    forget_environment(used)
    if read is None:
        refusals.check()  # what the file answers is not known: nothing can be said about the rest
    with refusals.gathering():
        made = functions[wizard](**answers)
    refusals.check()

    # Whoever answers with a password here wants it in the file, or says --secrets blank.
    made.save(target, package_id=package_id, secrets="blank" if secrets == "blank" else "keep")
    for warning in made.warnings:
        print_error(f"warning: {warning}")
    if secrets == "keep":
        tell_of_plain_secrets(target, made.sequence)
    steps = list(made.sequence.walk())
    print_result(f"{output}: {made.name}, {len(steps)} groups and steps")


def _check_output(output: str, is_package: bool, replace: bool) -> None:
    target = Path(output)
    if not output:
        raise click.UsageError("OUTPUT is empty.")
    if target.exists() and not replace:
        raise click.ClickException(f"{output}: exists already. --replace replaces it.")
    if (target.suffix.lower() == ".zip") is not is_package:
        raise click.UsageError(
            "OUTPUT ends in .zip exactly when --package-id is given: an export zip holds a package."
        )


def _secret_field(given: str, fields: Mapping[str, WizardField]) -> tuple[str, str]:
    """Return field and source of a --secret option."""
    from tasksequence.cli.secret_sources import split_setting

    name, source = split_setting("--secret", given, "SOURCE")
    name = name.replace("-", "_")
    if name not in fields or not fields[name].is_secret:
        known = ", ".join(one.name for one in fields.values() if one.is_secret)
        raise click.UsageError(f"--secret takes one of {known} before the '='.")
    return name, source


def _read_toml(path: Path) -> dict[str, Any]:
    import codecs
    import tomllib

    try:
        written = path.read_bytes()
        # Editors and PowerShell on Windows write a byte order mark.
        wide = written.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return tomllib.loads(written.decode("utf-16" if wide else "utf-8-sig"))
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise click.ClickException(f"{path}: is no UTF-8 text: save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{path}: is no TOML: {error}.") from None


def _take_answers(
    read: Mapping[str, Any],
    path: str,
    fields: Mapping[str, WizardField],
    answers: dict[str, Any],
    sources: dict[str, str],
) -> None:
    """Take answers and sources of secrets; raises `AuthoringError` with all that are none."""
    from tasksequence.errors import AuthoringError, FieldProblem

    problems = []
    for key, value in read.items():
        name = key.replace("-", "_")
        field = fields.get(name)
        if field is None:
            near = difflib.get_close_matches(name, list(fields), 1)
            hint = f". Did you mean {near[0]}?" if near else ""
            rule = f"there is no such field{hint}"
        elif (name in answers and answers[name] is not None) or name in sources:
            rule = "it is given twice, with - and with _: give it once"
        elif not field.is_secret:
            answers[name] = _chosen(field, value)
            continue
        elif isinstance(value, str) and _is_source(value):
            sources[name] = value
            continue
        else:
            rule = (
                'a secret does not stand in a file: give "prompt", "env:VARIABLE", "fd:NUMBER" or '
                '"%Variable%"'
            )
        # The value is not repeated: it may be a secret.
        problems.append(FieldProblem(key, "***", rule, path))
    if problems:
        raise AuthoringError(problems)


def _chosen(field: WizardField, value: object) -> object:
    """Return one of the choices of a field, in any letter case; other values as they are."""
    wanted = value.casefold() if isinstance(value, str) else None
    return next((choice for choice in field.choices if choice.casefold() == wanted), value)


def _is_source(text: str) -> bool:
    from tasksequence.cli.secret_sources import is_reference

    return text == "prompt" or text.startswith(("env:", "fd:")) or is_reference(text)


new.add_command(
    _wizard_command(
        BUILD_AND_CAPTURE, "The sequence that builds a reference computer and captures it."
    )
)
new.add_command(
    _wizard_command(CAPTURE_ONLY, "The sequence that captures an existing reference computer.")
)
