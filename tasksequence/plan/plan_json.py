"""Plans as JSON and back; the form is described by schemas/plan.schema.json."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import attrs

from tasksequence.errors import PlanError
from tasksequence.plan.steps import Guard, Plan, PlannedGroup, PlannedStep
from tasksequence.request import CaptureRequest

__all__ = ["plan_from_json", "plan_to_json"]

FORMAT = "tasksequence plan"
VERSION = 1
_Node = PlannedGroup | PlannedStep


@cache
def _converter() -> Any:
    from cattrs.gen import make_dict_unstructure_fn, override
    from cattrs.preconf.json import make_converter
    from cattrs.strategies import configure_tagged_union

    converter = make_converter(omit_if_default=True, forbid_extra_keys=True)
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda value, _: Path(_text(value)))
    # Booleans and texts are taken as they are: "false" is no truth, and 5 no name.
    converter.register_structure_hook(bool, lambda value, _: _exactly(value, bool))
    converter.register_structure_hook(str, lambda value, _: _text(value))
    converter.register_structure_hook(int, lambda value, _: _exactly(value, int))
    converter.register_unstructure_hook(
        CaptureRequest,
        make_dict_unstructure_fn(
            CaptureRequest,
            converter,
            _cattrs_omit_if_default=True,
            password=override(omit=True),
        ),
    )
    configure_tagged_union(
        _Node,
        converter,
        tag_generator=lambda cls: "group" if cls is PlannedGroup else "step",
        tag_name="node",
    )
    return converter


def plan_to_json(plan: Plan, *, indent: int | None = 2) -> str:
    """Return a plan as JSON. Passwords are left out: a request says that it needs one."""
    try:
        data = _converter().unstructure(_own_guards_alone(plan))
        return json.dumps(
            {"format": FORMAT, "version": VERSION, **data}, indent=indent, ensure_ascii=False
        )
    except RecursionError:
        raise PlanError(
            "the plan's groups or conditions nest too deep for JSON", hint="Take some levels out."
        ) from None


def plan_from_json(text: str | bytes) -> Plan:
    """Read a plan; raises `PlanError` for what is no plan, or one of a later version."""
    from cattrs import transform_error

    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"the plan is no JSON: {error}", hint="Save the plan again.") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PlanError(
            "this JSON is no plan",
            hint="Make one with `tasksequence plan SEQUENCE --format json`.",
        )
    if data.get("version") != VERSION:
        raise PlanError(
            f"the plan is of version {data.get('version')!r}, and this library reads {VERSION}",
            hint="Make it again, or use a newer tasksequence.",
        )
    bare = {key: value for key, value in data.items() if key not in {"format", "version"}}
    try:
        plan: Plan = _converter().structure(bare, Plan)
    except Exception as error:  # cattrs raises groups of whatever the classes raise
        said = transform_error(error, path="plan")
        raise PlanError(
            "\n".join(said) or "it has another form", hint="Make the plan again."
        ) from None
    return _all_guards(plan)


def _text(value: object) -> str:
    found: str = _exactly(value, str)
    return found


def _exactly(value: object, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} where {kind.__name__} is needed")
    return value


def _own_guards_alone(plan: Plan) -> Plan:
    """Leave out the guards that a step has from its groups: they stand there."""

    def one(node: _Node) -> _Node:
        own = tuple(guard for guard in node.guards if guard.owner == node.path)
        if isinstance(node, PlannedGroup):
            return attrs.evolve(node, guards=own, children=tuple(map(one, node.children)))
        return attrs.evolve(node, guards=own)

    return attrs.evolve(plan, nodes=tuple(map(one, plan.nodes)))


def _all_guards(plan: Plan) -> Plan:
    def one(node: _Node, around: tuple[Guard, ...]) -> _Node:
        guards = (*around, *node.guards)
        if isinstance(node, PlannedGroup):
            children = tuple(one(child, guards) for child in node.children)
            return attrs.evolve(node, guards=guards, children=children)
        return attrs.evolve(node, guards=guards)

    return attrs.evolve(plan, nodes=tuple(one(node, ()) for node in plan.nodes))
