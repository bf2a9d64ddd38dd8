"""tasksequence doctor: what this machine can do, and how to add what is missing."""

from __future__ import annotations

import click

__all__ = ["doctor"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print data for a program.")
def doctor(as_json: bool) -> int:
    """Say what this machine can do, and how to add what is missing.

    Exit code 1 where it cannot capture at all.
    """
    import json

    import attrs

    from tasksequence.cli.output import print_result
    from tasksequence.engine.doctor import examine

    findings = examine()
    if as_json:
        print_result(json.dumps([attrs.asdict(one) for one in findings], indent=2))
    else:
        for one in findings:
            mark = "yes" if one.present else "no"
            print_result(f"{mark:<4} {one.ability:<40} {one.detail}")
            if not one.present and one.remedy:
                print_result(f"{'':<45} {one.remedy}")
    return int(any(one.needed and not one.present for one in findings))
