"""Values of properties read from text, as a command line has them."""

from __future__ import annotations

import json

from tasksequence.authoring.step_settings import StepSetting
from tasksequence.errors import Problem, QualifierError
from tasksequence.wmi import properties_of
from tasksequence.wmi_property import Property

__all__ = ["value_from_text"]

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def value_from_text(setting: StepSetting, text: str) -> object:
    """Return the value that a text stands for: true or false, a number, a list, objects as JSON.

    Lists of texts are separated by commas; objects (`Partitions`) are a JSON list. A text that
    stands for no such value is returned as it is, for the property to refuse. Raises
    `QualifierError` for what is no JSON, and for a condition.
    """
    known, parameter = setting.known, setting.parameter
    if parameter is not None and parameter.sets is not None:
        return _BOOLEANS.get(text.casefold(), text)
    if known is None or (parameter is not None and parameter.has(text)):
        return text
    if known.name == "Condition":
        raise _refused(known, "is not set as text: use the --if options")
    if known.item_class is not None:
        return _objects(known, text)
    if known.is_array:
        return [_single(known, part.strip()) for part in text.split(",")] if text else []
    return _single(known, text)


def _single(known: Property, text: str) -> object:
    if known.is_boolean:
        return _BOOLEANS.get(text.casefold(), text)
    if known.integer is not None:
        try:
            return int(text)
        except ValueError:
            return text
    return text


def _objects(known: Property, text: str) -> object:
    assert known.item_class is not None
    example = f'[{{"{properties_of(known.item_class)[0].name}": …}}]'
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refused(known, f"is no JSON ({error}): give {example}") from None
    if not isinstance(read, list):
        raise _refused(known, f"is no list of objects: give {example}")
    return read


def _refused(known: Property, text: str) -> QualifierError:
    return QualifierError([Problem(known.wmi_class, known.name, known.type, text)])
