"""tasksequence convert: a sequence into another container."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasksequence.cli.limits import limit_option
from tasksequence.cli.sequences import name_option
from tasksequence.cli.written_secrets import secrets_option

if TYPE_CHECKING:
    from tasksequence.document.conversion import TargetKind
    from tasksequence.document.limits import Limits
    from tasksequence.document.secret_choice import SecretChoice

__all__ = ["convert"]

_KINDS = ("zip", "object", "package", "sequence")


@click.command()
@click.argument("source", type=click.Path())
@click.argument("target", type=click.Path())
@click.option(
    "--to",
    "kind",
    type=click.Choice(_KINDS),
    help="What TARGET is to be: an export zip, an object.xml, the older SmsTaskSequencePackage "
    "file, or the bare sequence. Without it TARGET's name decides: .zip, object.xml, else a "
    "sequence.",
)
@name_option
@click.option("--package-name", metavar="NAME", help="Name of the package in TARGET.")
@click.option("--package-id", metavar="ID", help="Its package ID, as in ABC00001.")
@click.option("--boot-image", "boot_image", metavar="ID", help="Package ID of its boot image.")
@secrets_option
@limit_option
@click.option("--force", is_flag=True, help="Replace TARGET if it is there.")
def convert(
    source: str,
    target: str,
    kind: TargetKind | None,
    wanted: str | None,
    package_name: str | None,
    package_id: str | None,
    boot_image: str | None,
    secrets: SecretChoice,
    limits: Limits,
    force: bool,
) -> None:
    """Write a sequence of SOURCE to TARGET in another container.

    The sequence keeps its own bytes. A package keeps its properties; where SOURCE has none, a new
    one is made, and --package-id is needed.
    """
    from tasksequence.cli.sequences import chosen_part
    from tasksequence.document import conversion
    from tasksequence.document.document import load
    from tasksequence.document.saving import write_file

    place = Path(target)
    if place.exists() and not force:
        raise click.ClickException(f"{target} is there already; --force replaces it.")
    document = load(Path(source), limits=limits)
    part = chosen_part(document, wanted)
    raw = conversion.convert(
        document,
        kind if kind is not None else _kind_of(place),
        part=next(at for at, other in enumerate(document.parts) if other is part),
        name=package_name,
        package_id=package_id,
        boot_image_id=boot_image,
        secrets=secrets,
    )
    write_file(place, raw)


def _kind_of(target: Path) -> TargetKind:
    if target.suffix.casefold() == ".zip":
        return "zip"
    return "object" if target.name.casefold() == "object.xml" else "sequence"
