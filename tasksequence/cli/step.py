"""tasksequence step: looking at the steps of a sequence, and editing them in place."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from tasksequence.cli.condition_options import condition_operands, conditional
from tasksequence.cli.property_options import take_properties, with_properties
from tasksequence.cli.refusals import Refusals
from tasksequence.cli.sequences import chosen_part, name_option
from tasksequence.cli.written_secrets import tell_of_plain_secrets, tell_of_shown_secrets

if TYPE_CHECKING:
    from tasksequence.authoring.editing import SequenceEditor
    from tasksequence.authoring.properties import GivenValues
    from tasksequence.model.base import Step

__all__ = ["step"]

_EDITOR_NAME_LENGTH = 50
_Command = Callable[..., Any]


@click.group()
def step() -> None:
    """Look at the steps of a sequence, and edit them in place.

    SEQUENCE is any file that `tasksequence capture` reads. A step is named by its address, the
    names of its groups and its own with " > " between, or by the end of one that is clear. Only
    the bytes that say what is edited change, and the file is replaced whole or not at all.
    """


_dry_run = click.option(
    "--dry-run", is_flag=True, help="Show what would change, as a diff, and write nothing."
)


def _placed(command: _Command) -> _Command:
    for option in (
        click.option("--at", type=click.IntRange(min=0), metavar="N", help="Place, from 0."),
        click.option("--into", metavar="GROUP", help="Into this group; without, at the top."),
        click.option("--after", metavar="STEP", help="After this step."),
        click.option("--before", metavar="STEP", help="Before this step."),
    ):
        command = option(command)
    return command


@step.command()
@click.argument("sequence")
@click.argument("target", required=False)
@click.option("--class", "of_class", metavar="CLASS", help="Only steps of this class or cmdlet.")
@click.option("--json", "as_json", is_flag=True, help="Print data for a program.")
@name_option
def get(
    sequence: str, target: str | None, of_class: str | None, as_json: bool, wanted: str | None
) -> None:
    """List the steps of SEQUENCE, or show those that TARGET names with their properties.

    In TARGET, * and ? stand for any text and any character. Secrets show as ***.
    """
    import json

    from tasksequence.authoring.addresses import resolved
    from tasksequence.authoring.editing import SequenceEditor
    from tasksequence.cli.output import print_result
    from tasksequence.cli.step_listing import step_data, step_details, step_list
    from tasksequence.document.document import load

    editor = SequenceEditor(chosen_part(load(Path(sequence)), wanted).sequence)
    found = editor.find_all(target, cls=of_class)
    if not found and target is not None:
        found = [resolved(editor.sequence, target)]  # says what may have been meant
    if as_json:
        print_result(json.dumps([step_data(one) for one in found], indent=2))
    elif target is None:
        print_result(step_list(found))
    else:
        print_result("\n\n".join(step_details(one) for one in found))


@step.command("set")
@click.argument("sequence")
@click.argument("target")
@with_properties
@click.option("--clear", multiple=True, metavar="NAME", help="Take a property out.")
@click.option("--rename", metavar="NAME", help="Give the step another name.")
@click.option("--enable/--disable", "enabled", default=None, help="Let it run, or keep it.")
@click.option("--clear-condition", is_flag=True, help="Take its condition away first.")
@conditional
@name_option
@_dry_run
def set_(
    sequence: str,
    target: str,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    clear: tuple[str, ...],
    rename: str | None,
    enabled: bool | None,
    clear_condition: bool,
    wanted: str | None,
    dry_run: bool,
    **conditions: Any,
) -> None:
    """Change the step of SEQUENCE that TARGET names."""
    from tasksequence.authoring.properties import GivenValues

    refusals = Refusals()
    with _edited(sequence, wanted, dry_run) as edit:
        editor = edit.editor
        operands = condition_operands(**conditions, refusals=refusals)
        with refusals.gathering():
            found = editor.find(target)
            edit.note("changed", found)
        if not edit.done:
            refusals.check()  # what can be set is not known without the step
        given = GivenValues(type(found), found, editor.address(found))
        edit.secrets = take_properties(given, type(found), found, settings, secrets, refusals)
        for name in clear:
            given.give(name, None, f"--clear {name}")
        if rename is not None:
            given.give("Name", rename, "--rename")
        if enabled is not None:
            given.give("Enabled", enabled, "--enable" if enabled else "--disable")
        with refusals.gathering():
            given.change()
        refusals.check()
        _warn_of_name(given)
        if clear_condition:
            editor.clear_condition(found)
        if operands:
            editor.add_condition(found, *operands)
            _warn_of_contradictions(found, "; --clear-condition takes away what was asked before")


@step.command("new")
@click.argument("sequence")
@click.argument("of_class", metavar="CLASS")
@click.argument("step_name", metavar="NAME")
@with_properties
@_placed
@conditional
@name_option
@_dry_run
def new_(
    sequence: str,
    of_class: str,
    step_name: str,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    before: str | None,
    after: str | None,
    into: str | None,
    at: int | None,
    wanted: str | None,
    dry_run: bool,
    **conditions: Any,
) -> None:
    """Put a new step into SEQUENCE, by default at its end.

    CLASS is a WMI class with or without SMS_TaskSequence_ and Action, or a cmdlet:
    CaptureSystemImage, Group, New-CMTSStepReboot.
    """
    from tasksequence.authoring.properties import GivenValues
    from tasksequence.authoring.step_classes import step_class

    refusals = Refusals()
    with _edited(sequence, wanted, dry_run) as edit:
        operands = condition_operands(**conditions, refusals=refusals)
        with refusals.gathering():
            edit.editor.check_place(before=before, after=after, into=into, at=at)
        cls: type[Step] | None = None
        with refusals.gathering():
            cls = step_class(of_class)
        if cls is None:
            refusals.check()
        assert cls is not None
        given = GivenValues(cls)
        given.give("Name", step_name, "NAME")
        edit.secrets = take_properties(given, cls, None, settings, secrets, refusals)
        if operands:
            given.give("Condition", operands, "--if")
        with refusals.gathering():
            made = given.new_step()
        refusals.check()
        _warn_of_name(given)
        edit.editor.insert(made, before=before, after=after, into=into, at=at)
        edit.note("added", made)
        _warn_of_contradictions(made)


@step.command()
@click.argument("sequence")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@name_option
@_dry_run
def remove(sequence: str, targets: tuple[str, ...], wanted: str | None, dry_run: bool) -> None:
    """Take steps out of SEQUENCE, groups with all that is in them."""
    refusals = Refusals()
    with _edited(sequence, wanted, dry_run) as edit:
        found: list[Step] = []
        for target in targets:
            with refusals.gathering():
                found.append(edit.editor.find(target))
        refusals.check()
        for one in {id(one): one for one in found}.values():
            edit.note("removed", one)
        edit.editor.remove(*found)


@step.command()
@click.argument("sequence")
@click.argument("target")
@_placed
@click.option("--up", is_flag=True, help="Before the step that stands before it.")
@click.option("--down", is_flag=True, help="After the step that stands after it.")
@name_option
@_dry_run
def move(
    sequence: str,
    target: str,
    before: str | None,
    after: str | None,
    into: str | None,
    at: int | None,
    up: bool,
    down: bool,
    wanted: str | None,
    dry_run: bool,
) -> None:
    """Take a step of SEQUENCE, with all that is in it, to another place."""
    placed = any(place is not None for place in (before, after, into, at))
    if up + down + placed != 1:
        raise click.UsageError(
            "Say where it goes: --before, --after, --into or --at, --up, --down."
        )
    refusals = Refusals()
    with _edited(sequence, wanted, dry_run) as edit:
        editor = edit.editor
        with refusals.gathering():
            edit.note("moved", editor.find(target))
        with refusals.gathering():
            # Of the place of the step itself `move` decides, which takes it away first.
            editor.check_place(before=before, after=after, into=into)
        refusals.check()
        if up:
            editor.move_up(target)
        elif down:
            editor.move_down(target)
        else:
            editor.move(target, before=before, after=after, into=into, at=at)


def _warn_of_name(given: GivenValues) -> None:
    from tasksequence.cli.output import print_error

    name = given.values().get("Name")
    if name is not None and len(name) > _EDITOR_NAME_LENGTH:
        print_error(
            f"warning: the name has {len(name)} characters; the editor of the console takes "
            f"{_EDITOR_NAME_LENGTH}"
        )


def _warn_of_contradictions(changed: Step, remedy: str = "") -> None:
    from tasksequence.authoring.contradictions import contradictions
    from tasksequence.cli.output import print_error

    for pair in contradictions(changed.condition) if changed.condition is not None else ():
        print_error(
            f"warning: the step never runs, as only one of these can be true: {pair}{remedy}"
        )


@attrs.define
class _Edit:
    """An editor, and what is done with it, in words."""

    editor: SequenceEditor
    done: list[str] = attrs.field(factory=list)
    secrets: dict[str, str] = attrs.field(factory=dict, repr=False)
    """What --secret gave, by name."""

    def note(self, what: str, step: Step) -> None:
        from tasksequence.model.sequence import Group, TaskSequence

        address = self.editor.address(step)
        if isinstance(step, Group):
            inside = TaskSequence(steps=step.steps).walk()
            count = sum(not isinstance(inner, Group) for inner in inside)
            held = f"with {count} step{'s' * (count != 1)}" if count else "without steps"
            self.done.append(f"{what} the group {address} {held}")
        else:
            self.done.append(f"{what} the step {address}")


@contextmanager
def _edited(path: str, wanted: str | None, dry_run: bool) -> Iterator[_Edit]:
    """Give an editor; then save the file, or show what would change."""
    from tasksequence.authoring.edit_diff import edit_diff
    from tasksequence.authoring.editing import SequenceEditor
    from tasksequence.cli.output import print_error, print_result
    from tasksequence.document.document import load

    document = load(Path(path))
    part = chosen_part(document, wanted)
    before = copy.deepcopy(part.sequence)
    edit = _Edit(SequenceEditor(part.sequence))
    yield edit
    label = path if part.member is None else f"{path}:{part.member}"
    diff = edit_diff(before, part.sequence, label, edit.secrets.values())
    if not diff:
        print_result(f"{path}: nothing to change")
    elif dry_run:
        print_result(diff.expandtabs(4))
        # Not among the lines of the diff, which a program may read.
        for done in edit.done:
            print_error(f"{path}: not written, would have {done}")
    else:
        # Whoever gives a password here wants it in the file.
        document.save(secrets="keep")
        for done in edit.done:
            print_result(f"{path}: {done}")
        tell_of_plain_secrets(path, *document.sequences)
    tell_of_shown_secrets(edit.secrets, part.sequence)
