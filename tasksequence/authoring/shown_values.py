"""Values of steps as they may be shown: secrets masked."""

from __future__ import annotations

from collections.abc import Iterator

from tasksequence.authoring.step_settings import settings_of
from tasksequence.document.step_secrets import secret_places, secret_value
from tasksequence.model.actions.general import MARKED_SECRET, SetDynamicVariablesAction
from tasksequence.model.base import Step
from tasksequence.model.condition import Condition
from tasksequence.wmi import WmiObject, properties_of

__all__ = ["MASK", "hidden_texts", "shown_settings"]

MASK = "***"


def shown_settings(step: Step) -> Iterator[tuple[str, object]]:
    """Yield name and value of everything that a step sets, as plain data, secrets as `***`."""
    hidden = {(place.attribute, place.name) for place in secret_places(step)}
    for setting in settings_of(step):
        value = setting.value_of(step)
        if value is None:
            continue
        if (setting.attribute, setting.name) not in hidden:
            yield setting.name, _plain(value)
        elif isinstance(step, SetDynamicVariablesAction):
            yield setting.name, MARKED_SECRET.sub(rf"\1{MASK}\2", value)
        else:
            yield setting.name, MASK


def hidden_texts(step: Step) -> Iterator[str]:
    """Yield the secrets that a step holds, for masking them in other texts."""
    for place in secret_places(step):
        yield secret_value(step, place)


def _plain(value: object) -> object:
    if isinstance(value, Condition):
        return str(value)
    if isinstance(value, WmiObject):
        found = {
            known.name: getattr(value, known.attribute) for known in properties_of(type(value))
        }
        return {name: _plain(held) for name, held in found.items() if held is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, bool)) else str(value)
