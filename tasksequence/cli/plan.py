"""tasksequence plan: what would run, in which order, and why."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tasksequence.cli.sequences import path_argument

__all__ = ["plan"]

_COLUMNS = 100


@click.command()
@click.argument("sequence", callback=path_argument)
@click.option(
    "--in",
    "place",
    type=click.Choice(["winpe", "fullos"], case_sensitive=False),
    help="Where the machine is at the start: Windows PE or full Windows.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable that is set at the start; an empty value: it is known not to exist. Names "
    "with a leading _ are facts about the machine.",
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="NAME=SOURCE",
    help="A variable that holds a password; SOURCE is prompt, env:VARIABLE or fd:NUMBER.",
)
@click.option(
    "--facts",
    "facts_file",
    metavar="FILE",
    callback=path_argument,
    help="What is known of the machine, as TOML or JSON; docs/plan.md shows the form.",
)
@click.option(
    "--volume",
    "volume",
    metavar="IMAGE",
    callback=path_argument,
    help="A Windows volume (NTFS image file or device, not mounted) that answers for files, "
    "registry and software on drive C:.",
)
@click.option("--closed", is_flag=True, help="What was not given is absent, not unknown.")
@click.option(
    "--assume",
    "assumed",
    multiple=True,
    metavar="EXPRESSION[=false]",
    help="Take an expression as true (or false) where it is unknown; write it as the plan does.",
)
@click.option(
    "--child",
    "children",
    multiple=True,
    metavar="FILE",
    callback=path_argument,
    help="A sequence that Run Task Sequence steps call; those of the same export are known.",
)
@click.option(
    "--name",
    "wanted",
    metavar="NAME_OR_ID",
    help="Which sequence of an export with several: its name or package ID.",
)
@click.option(
    "--why", metavar="STEP", help="One step's whole derivation: by number, name, or Group > Step."
)
@click.option(
    "--what-if",
    "what_if",
    is_flag=True,
    help="List the facts that are not known, with what each would settle, most decisive first.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"], case_sensitive=False),
    default="text",
    show_default=True,
)
def plan(
    sequence: Path,
    place: str | None,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    facts_file: Path | None,
    volume: Path | None,
    closed: bool,
    assumed: tuple[str, ...],
    children: tuple[Path, ...],
    wanted: str | None,
    why: str | None,
    what_if: bool,
    form: str,
) -> None:
    """Print what SEQUENCE would do, in which order, and why, without doing it.

    SEQUENCE is an export zip, its object.xml, a <sequence>, MDT's ts.xml, or an older
    SmsTaskSequencePackage file. What is not given is not known, and steps that need it are
    planned as "depends on …". Exits with 1 where a step breaks a rule; the plan is printed then,
    too.
    """
    import attrs

    from tasksequence.cli.output import output_width, print_error, print_result
    from tasksequence.cli.sequences import child_sequences, chosen_sequence
    from tasksequence.cli.variables import collect_variables
    from tasksequence.document.document import load
    from tasksequence.plan.compiler import compile_plan
    from tasksequence.plan.describe import describe_plan, explain_step, find_step
    from tasksequence.plan.facts import Facts
    from tasksequence.plan.facts_file import load_facts

    facts = Facts() if facts_file is None else load_facts(facts_file)
    facts = facts.with_variables(collect_variables(settings, secrets))
    if place is not None:
        facts = attrs.evolve(facts, in_winpe=place == "winpe")
    if closed:
        facts = attrs.evolve(facts, closed=True)
    facts = facts.assuming(dict(_assumption(text) for text in assumed))
    if volume is not None:
        from tasksequence.offline.windows import OfflineWindows

        facts = facts.with_sources([OfflineWindows(volume)])
    document = load(sequence)
    part = chosen_sequence(document, wanted)
    known = child_sequences(document, part, children)
    made = compile_plan(part.sequence, facts, children=known)
    columns = min(output_width() or _COLUMNS, _COLUMNS)
    if what_if:
        from tasksequence.plan.what_if import decisive_facts, describe_decisive

        found = decisive_facts(part.sequence, facts, children=known)
        print_result(describe_decisive(found, columns=columns))
    elif why is not None:
        print_result(explain_step(find_step(made, why), columns=columns))
    elif form == "json":
        print_result(made.to_json())
    else:
        print_result(describe_plan(made, columns=columns))
    for path, problem in made.problems:
        print_error(f"tasksequence: {' > '.join(path)}: {problem}")
    if made.problems:
        sys.exit(1)


def _assumption(text: str) -> tuple[str, bool]:
    """Split EXPRESSION=false; an expression may hold `=` itself."""
    head, sign, word = text.rpartition("=")
    if sign and word.strip().casefold() in {"true", "false"} and head.strip():
        return head.strip(), word.strip().casefold() == "true"
    return text.strip(), True
