"""tasksequence schema: the structure of files against the schemas of their kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasksequence.cli.limits import limit_option

if TYPE_CHECKING:
    from tasksequence.document.limits import Limits

__all__ = ["schema"]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print data for a program.")
@limit_option
def schema(files: tuple[str, ...], as_json: bool, limits: Limits) -> None:
    """Check the structure of FILEs: elements, attributes, and the variables of each step type.

    Export zips, object.xml, SmsTaskSequencePackage files, sequences and MDT's ts.xml are told by
    their content. Exit code 1 when something stands where it may not. Values are another thing:
    loading a file checks those, and is far faster.
    """
    import json

    import attrs

    from tasksequence.cli.output import print_result
    from tasksequence.document.document import load

    lines: list[str] = []
    data: list[dict[str, object]] = []
    for file in files:
        for violation in load(Path(file), limits=limits).schema_violations():
            lines.append(f"{file}: {violation}")
            data.append({"file": file, **attrs.asdict(violation)})
    if as_json:
        print_result(json.dumps(data, indent=2, ensure_ascii=False))
    elif lines:
        print_result("\n".join(lines))
    if lines:
        raise click.exceptions.Exit(1)
