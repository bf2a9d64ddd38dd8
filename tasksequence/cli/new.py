"""tasksequence new: the wizards on the command line."""

from __future__ import annotations

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
        *(_option(field) for field in fields if not field.is_secret),
        click.Option(
            ["--secret", "secrets"],
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

    return click.Command(
        wizard,
        params=params,
        callback=callback,
        help=f"{summary}\n\nOUTPUT is the file to write: a bare sequence, or with --package-id "
        "an export zip.",
        short_help=summary,
    )


def _option(field: WizardField) -> click.Option:
    name = "--" + field.name.replace("_", "-")
    shown = f"{field.page}: {field.help}" if field.page else field.help
    if field.kind is Kind.FLAG:
        negative = "--no-" + field.name.replace("_", "-")
        return click.Option([f"{name}/{negative}", field.name], default=None, help=shown)
    kind: Any = click.STRING
    if field.choices:
        kind = click.Choice(field.choices, case_sensitive=False)
    elif field.kind is Kind.NUMBER:
        kind = click.INT
    return click.Option(
        [name, field.name], type=kind, multiple=field.kind is Kind.TEXTS, help=shown
    )


def _run(
    wizard: str,
    output: str,
    secrets: tuple[str, ...],
    answers_file: str | None,
    package_id: str | None,
    replace: bool,
    **options: Any,
) -> None:
    from tasksequence.authoring.wizard import build_and_capture, capture_only
    from tasksequence.cli.output import print_error, print_result
    from tasksequence.cli.secret_sources import (
        forget_environment,
        is_reference,
        read_secret,
        split_setting,
    )

    functions: Mapping[str, Callable[..., NewSequence]] = {
        BUILD_AND_CAPTURE: build_and_capture,
        CAPTURE_ONLY: capture_only,
    }
    fields = {field.name: field for field in fields_of(wizard)}
    target = Path(output)
    if not output:
        raise click.UsageError("OUTPUT is empty.")
    if target.exists() and not replace:
        raise click.ClickException(f"{output}: exists already. --replace replaces it.")
    if (target.suffix.lower() == ".zip") is not (package_id is not None):
        raise click.UsageError(
            "OUTPUT ends in .zip exactly when --package-id is given: an export zip holds a package."
        )
    sources: dict[str, str] = {}
    answers: dict[str, Any] = {name: None for name, field in fields.items() if field.required}
    if answers_file is not None:
        _read_answers(Path(answers_file), fields, answers, sources)
    answers |= {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value is not None and value != ()
    }
    for secret in secrets:
        name, source = split_setting("--secret", secret, "SOURCE")
        name = name.replace("-", "_")
        if name not in fields or not fields[name].is_secret:
            known = ", ".join(one.name for one in fields.values() if one.is_secret)
            raise click.UsageError(f"--secret takes one of {known} before the '='.")
        sources[name] = source
    used: set[str] = set()
    for name, source in sources.items():
        answers[name] = source if is_reference(source) else read_secret(name, source, used)
    forget_environment(used)

    made = functions[wizard](**answers)
    # Whoever answers with a password here wants it in the file.
    made.save(target, package_id=package_id, secrets="keep")
    for warning in made.warnings:
        print_error(f"warning: {warning}")
    steps = list(made.sequence.walk())
    print_result(f"{output}: {made.name}, {len(steps)} groups and steps")


def _read_answers(
    path: Path,
    fields: Mapping[str, WizardField],
    answers: dict[str, Any],
    sources: dict[str, str],
) -> None:
    import difflib
    import tomllib

    from tasksequence.model.actions.software import ApplicationInfo

    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path}: is no TOML: {error}.") from None
    problems = []
    for key, value in read.items():
        name = key.replace("-", "_")
        field = fields.get(name)
        if field is None:
            near = difflib.get_close_matches(name, list(fields), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            problems.append(f"{path}: there is no field {key!r}.{hint}")
        elif field.is_secret:
            if isinstance(value, str) and _is_source(value):
                sources[name] = value
            else:
                # Not repeated: it may be the secret.
                problems.append(
                    f"{path}: {key} holds a secret, which does not stand in a file: give "
                    '"prompt", "env:VARIABLE", "fd:NUMBER" or "%Variable%".'
                )
        elif name == "applications" and isinstance(value, list):
            answers[name] = [
                ApplicationInfo(**item) if _describes_application(item) else item for item in value
            ]
        else:
            answers[name] = value
    if problems:
        raise click.ClickException("\n".join(problems))


def _is_source(text: str) -> bool:
    from tasksequence.cli.secret_sources import is_reference

    return text == "prompt" or text.startswith(("env:", "fd:")) or is_reference(text)


def _describes_application(item: object) -> bool:
    return (
        isinstance(item, dict)
        and set(item) <= {"name", "display_name", "description"}
        and all(isinstance(value, str) for value in item.values())
    )


new.add_command(
    _wizard_command(
        BUILD_AND_CAPTURE, "The sequence that builds a reference computer and captures it."
    )
)
new.add_command(
    _wizard_command(CAPTURE_ONLY, "The sequence that captures an existing reference computer.")
)
