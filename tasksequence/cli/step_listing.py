"""Steps printed: as a list, with their properties, and as data."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tasksequence.authoring.addresses import LocatedStep
from tasksequence.authoring.shown_values import shown_settings
from tasksequence.authoring.step_classes import class_label
from tasksequence.cli.output import output_width
from tasksequence.text_table import text_table

__all__ = ["step_data", "step_details", "step_list"]


def step_list(found: Sequence[LocatedStep]) -> str:
    """Return steps as a table."""
    rows = [
        (
            one.address,
            class_label(one.step),
            "" if one.step.enabled else "disabled",
            str(one.step.condition) if one.step.condition is not None else "",
        )
        for one in found
    ]
    return text_table(("Step", "Class", "", "Runs if"), rows, shrink=(3, 0), columns=output_width())


def step_details(one: LocatedStep) -> str:
    """Return a step with everything that it sets, secrets masked."""
    lines = [one.address, f"  Class = {class_label(one.step)}"]
    for name, value in shown_settings(one.step):
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"  {name} = {shown}")
    return "\n".join(lines)


def step_data(one: LocatedStep) -> dict[str, object]:
    """Return a step as data that JSON can hold, secrets masked."""
    return {
        "address": one.address,
        "path": list(one.path),
        "class": class_label(one.step),
        "properties": dict(shown_settings(one.step)),
    }
