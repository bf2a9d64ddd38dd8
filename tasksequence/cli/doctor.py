"""tasksequence doctor: what this machine can do, and how to add what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tasksequence.engine.doctor import Finding

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
        print_result(_summary(findings))
    return int(any(one.needed and not one.present for one in findings))


def _summary(findings: tuple[Finding, ...]) -> str:
    missing = [one for one in findings if not one.present]
    if any(one.needed for one in missing):
        return "This machine cannot capture: " + "; ".join(
            one.ability for one in missing if one.needed
        )
    if missing:
        return "This machine can capture volumes; what says no is needed for that alone."
    return "This machine can do all that tasksequence does."
