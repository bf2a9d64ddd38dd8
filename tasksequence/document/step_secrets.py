"""The secrets that a step holds, as its class, its settings or a variable's name tell."""

from __future__ import annotations

from typing import NamedTuple

from tasksequence.model.action import ScriptedAction
from tasksequence.model.actions.general import (
    MARKED_SECRET,
    SetDynamicVariablesAction,
    SetVariableAction,
)
from tasksequence.model.base import Step
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.secret_text import SecretText
from tasksequence.wmi import properties_of, property_named

__all__ = ["SecretPlace", "blank", "secret_places", "secret_value"]


class SecretPlace(NamedTuple):
    """Where a step holds a secret that is set."""

    attribute: str | None
    """The attribute that holds it; None for one of `variables`."""
    name: str
    """WMI name of the property, or name of the variable."""


def secret_places(step: Step) -> list[SecretPlace]:
    """Return the secrets that a step holds now; empty ones are none."""
    hidden: tuple[str, ...] = ()
    if isinstance(step, SetVariableAction):
        hidden = step.hidden_attributes()
    elif isinstance(step, SetDynamicVariablesAction) and step.marks_secrets():
        hidden = ("rules",)
    places = [
        SecretPlace(known.attribute, known.name)
        for known in properties_of(type(step))
        if (known.is_secret or known.attribute in hidden) and getattr(step, known.attribute)
    ]
    if isinstance(step, ScriptedAction):
        # No class tells which of these are secret: their names have to.
        places += [
            SecretPlace(None, name)
            for name, text in step.variables.items()
            if text and property_named(type(step), name) is None and is_secret_variable(name)
        ]
    return places


def secret_value(step: Step, place: SecretPlace) -> str:
    """Return the text that holds the secret; never put it into a message."""
    if place.attribute is None:
        assert isinstance(step, ScriptedAction)
        return step.variables[place.name]
    held = getattr(step, place.attribute)
    return held.reveal() if isinstance(held, SecretText) else str(held)


def blank(step: Step, place: SecretPlace) -> None:
    """Empty one secret of a step, also where its class wants some characters: so does a site."""
    if place.attribute is None:
        assert isinstance(step, ScriptedAction)
        step.variables[place.name] = ""
        return
    value: object = SecretText("")
    if isinstance(step, SetDynamicVariablesAction):
        value = MARKED_SECRET.sub(r"\1\2", step.rules or "")
    elif isinstance(getattr(step, place.attribute), str):
        value = ""
    object.__setattr__(step, place.attribute, value)
