"""A step's properties as they are when it runs: variables that were set win, %Name% is followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tasksequence.model.action import Action, ScriptedAction
from tasksequence.model.actions.general import SetVariableAction
from tasksequence.model.base import Step
from tasksequence.model.value_text import value_text
from tasksequence.plan.environment import Environment
from tasksequence.plan.expansion import Held
from tasksequence.plan.steps import ResolvedProperty
from tasksequence.plan.variables import is_secret_variable
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, per_class, properties_of
from tasksequence.wmi_property import Property

__all__ = ["own_variables", "resolve_properties"]

_LONG = {"SourceScript": "an encoded script", "Rules": "rules"}
_COMMON = frozenset(known.name for known in properties_of(Action))


@per_class
def _own_properties(cls: type[WmiObject]) -> tuple[Property, ...]:
    return tuple(known for known in properties_of(cls) if known.name not in _COMMON)


def own_variables(step: Step) -> dict[str, Held]:
    """Return the variables that a step adds while it runs, by folded name."""
    return {
        variable.casefold(): Held(value, source=f"the step's {name}")
        for name, variable, value, _ in _texts(step)
    }


def resolve_properties(step: Step, environment: Environment) -> tuple[ResolvedProperty, ...]:
    """Resolve what the step sets of its class's properties, in the class's order.

    Properties that the step leaves out, and that no variable sets, are left out here, too.
    """
    own = own_variables(step)
    hidden = _hidden(step, environment, own)
    found: list[ResolvedProperty] = []
    for name, variable, value, offered in _texts(step):
        held = environment.overrides(variable) if offered else None
        source = f"the step's {name}"
        if held is not None:
            source = (
                f"variable {variable}, {held.source}" if held.source else f"variable {variable}"
            )
        if held is not None and held.is_unknown:
            found.append(
                ResolvedProperty(
                    name=name,
                    variable=variable,
                    value=None,
                    source=f"not known: {', '.join(held.needs)}",
                )
            )
            continue
        given = value if held is None else held.value
        shown: str | None
        if name in _LONG and isinstance(given, str):
            # Neither is read by people in this form; rules may hold secrets, too.
            shown = f"{_LONG[name]} of {len(given):,} characters"
        elif name in hidden:
            shown = "***" if given else ""
        elif isinstance(given, str) and not is_secret_variable(variable):
            expanded = environment.expand_within(given, own)
            shown = "***" if expanded.has_secret else expanded.text
            if expanded.unset:
                source += f"; not known: {', '.join(expanded.needs)}"
        else:
            shown = "***" if given else ""
        found.append(ResolvedProperty(name=name, variable=variable, value=shown, source=source))
    return tuple(found)


def _hidden(step: Step, environment: Environment, own: Mapping[str, Held]) -> frozenset[str]:
    """Return the properties of a step that hold a secret, by what the step itself says."""
    if not isinstance(step, SetVariableAction):
        return frozenset()
    name = environment.expand_within(step.variable_name or "", own)
    # A name that is not known may be that of a secret.
    hide = step.do_not_show_variable_value or name.unset or is_secret_variable(name.text)
    return _VALUES if hide else frozenset({"HiddenVariableValue"})


_VALUES = frozenset({"VariableValue", "HiddenVariableValue"})


def _texts(step: Step) -> Iterator[tuple[str, str, str | SecretText, bool]]:
    """Yield name, variable and value of each property, and whether a variable can override it."""
    for known in _own_properties(type(step)):
        value = getattr(step, known.attribute)
        if value is None:
            continue
        offered = not known.hidden and known.argument_position is None
        if known.item_class is None:
            yield known.name, known.variable, _text(value), offered
            continue
        # An array: its count, then each member of each element (OSDPartitions0Size).
        yield known.name, known.variable, str(len(value)), offered
        for index, item in enumerate(value):
            for member in properties_of(type(item)):
                part = getattr(item, member.attribute)
                if part is not None:
                    yield (
                        f"{known.name}{index}{member.name}",
                        f"{known.variable}{index}{member.name}",
                        _text(part),
                        True,
                    )
    if isinstance(step, ScriptedAction):
        for name, text in step.variables.items():
            yield name, name, text, True


def _text(value: object) -> str | SecretText:
    return value if isinstance(value, SecretText) else value_text(value)
