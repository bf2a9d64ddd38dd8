"""Values of steps as they may be shown: secrets masked."""

from __future__ import annotations

from collections.abc import Iterator

from tasksequence.authoring.step_settings import StepSetting, settings_of
from tasksequence.model.action import ScriptedAction
from tasksequence.model.actions.general import SetVariableAction
from tasksequence.model.base import Step
from tasksequence.model.condition import Condition
from tasksequence.model.secret_variables import is_secret_variable
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, properties_of

__all__ = ["MASK", "hidden_texts", "shown_settings"]

MASK = "***"


def shown_settings(step: Step) -> Iterator[tuple[str, object]]:
    """Yield name and value of everything that a step sets, as plain data, secrets as `***`."""
    for setting in settings_of(step):
        value = setting.value_of(step)
        if value is None:
            continue
        if _is_hidden(step, setting):
            yield setting.name, MASK if value else ""
        else:
            yield setting.name, _plain(value)


def hidden_texts(step: Step) -> Iterator[str]:
    """Yield the secrets that a step holds, for masking them in other texts."""
    for setting in settings_of(step):
        value = setting.value_of(step)
        if value and _is_hidden(step, setting):
            yield value.reveal() if isinstance(value, SecretText) else str(value)


def _is_hidden(step: Step, setting: StepSetting) -> bool:
    if setting.is_secret:
        return True
    if isinstance(step, SetVariableAction):
        return setting.attribute in step.hidden_attributes()
    if isinstance(step, ScriptedAction) and setting.attribute is None:
        return is_secret_variable(setting.name)
    return False


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
