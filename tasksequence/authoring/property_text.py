"""Values of properties read from text, as a command line has them."""

from __future__ import annotations

import json
from typing import Any

import attrs

from tasksequence.authoring.properties import StepSetting
from tasksequence.errors import EditError
from tasksequence.wmi import WmiObject, properties_of
from tasksequence.wmi_property import Property

__all__ = ["value_from_text"]

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def value_from_text(setting: StepSetting, text: str) -> object:
    """Return the value that a text stands for: true or false, a number, a list, objects as JSON.

    Lists of texts are separated by commas; objects (`Partitions`) are a JSON list with WMI names.
    Raises `EditError`.
    """
    known = setting.known
    if known is None:
        return text
    if setting.parameter is not None and text.casefold() in setting.parameter.values:
        return text
    if known.name == "Condition":
        raise EditError("a condition is not set as text", hint="Use the --if options.")
    if known.item_class is not None:
        return _objects(known, text)
    if known.is_array:
        return [_single(known, part.strip()) for part in text.split(",")] if text else []
    return _single(known, text)


def _single(known: Property, text: str) -> object:
    if known.is_boolean:
        if text.casefold() not in _BOOLEANS:
            raise EditError(f"{known.name} is {text!r}; true or false is needed")
        return _BOOLEANS[text.casefold()]
    if known.integer is not None:
        try:
            return int(text)
        except ValueError:
            raise EditError(f"{known.name} is {text!r}; a whole number is needed") from None
    return text


def _objects(known: Property, text: str) -> list[WmiObject]:
    example = f'[{{"{properties_of(known.item_class)[0].name}": …}}]' if known.item_class else ""
    try:
        read = json.loads(text)
    except ValueError as error:
        raise EditError(f"{known.name} is no JSON: {error}", hint=f"Give {example}.") from None
    if not isinstance(read, list) or not all(isinstance(item, dict) for item in read):
        raise EditError(f"{known.name} is no list of objects", hint=f"Give {example}.")
    return [_object(known, item) for item in read]


def _object(known: Property, item: dict[str, Any]) -> WmiObject:
    cls = known.item_class
    assert cls is not None
    by_name = {one.name.casefold(): one for one in properties_of(cls)}
    unknown = [name for name in item if name.casefold() not in by_name]
    if unknown:
        raise EditError(
            f"{cls.wmi_name} has no property {unknown[0]!r}",
            hint=f"It has {', '.join(one.name for one in by_name.values())}.",
        )
    values: dict[str, Any] = {
        one.attribute: None for one in by_name.values() if one.default is attrs.NOTHING
    }
    values |= {by_name[name.casefold()].attribute: value for name, value in item.items()}
    made: WmiObject = cls(**values)
    return made
