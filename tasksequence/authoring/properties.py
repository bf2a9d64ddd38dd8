"""Setting properties of steps by name: all that is wrong is told at once, or all of it is done."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from tasksequence.authoring.cmdlets import defaults_of
from tasksequence.authoring.conditions import condition_from
from tasksequence.authoring.property_text import value_from_text
from tasksequence.authoring.script_text import step_script
from tasksequence.authoring.step_classes import step_class
from tasksequence.authoring.step_settings import NAME, StepSetting, class_name, setting_named
from tasksequence.document.tokens import xml_problem
from tasksequence.errors import EditError, Problem, QualifierError, SettingError
from tasksequence.model.action import ScriptedAction, UnknownAction
from tasksequence.model.base import Step
from tasksequence.model.condition import Condition
from tasksequence.qualifiers import abstract
from tasksequence.secret_text import SecretText
from tasksequence.wmi import WmiObject, properties_of
from tasksequence.wmi_property import Property, shown_value

__all__ = ["GivenValues", "change", "new_step"]


def new_step(
    of_class: type[Step] | str, properties: Mapping[str, object] | None = None, /, **more: object
) -> Step:
    """Make a step of a class, or of what a cmdlet makes, from properties by name.

    `new_step("New-CMTSStepCaptureSystemImage", Name="Capture", Path=…)` takes the parameters of
    the cmdlet as well as WMI names, Python attributes and variables. `Condition` may be an operand
    or a list of operands; objects such as partitions may be mappings. Raises `EditError` for a
    class that is not known, and `SettingError` with everything that is wrong with the properties,
    missing ones too.
    """
    given = GivenValues(step_class(of_class))
    given.give_all(properties, more)
    return given.new_step()


def change(
    step: Step,
    properties: Mapping[str, object] | None,
    more: Mapping[str, object],
    where: str | None = None,
) -> None:
    """Set properties of a step by name, all of them or none.

    Values are as for `new_step`. Raises `SettingError` with everything that is wrong with them: a
    name that the step does not have, a property given twice, a rule that a value breaks. A rule
    that the step broke before, and still does, is none. `where` is the address of the
    step, for messages.
    """
    given = GivenValues(type(step), step, where)
    given.give_all(properties, more)
    given.change()


@attrs.define
class _Given:
    setting: StepSetting
    value: Any
    spelling: str


class GivenValues:
    """Properties given by name for one object, with all that is wrong with them.

    They are given one by one; `new_step`, `new_object` or `change` then does all of it, or raises
    one `SettingError`.
    """

    def __init__(
        self, cls: type[WmiObject], step: Step | None = None, where: str | None = None
    ) -> None:
        """Take the class of a new object, and for a change the step as it is and its address."""
        self._cls = cls
        self._step = step
        self._where = where
        self._given: dict[tuple[str, str], _Given] = {}
        self._refused: set[tuple[str, str]] = set()
        self._problems: list[Problem] = []
        self._candidates: list[str] = []

    # Taking

    def give_all(self, *groups: Mapping[str, object] | None) -> None:
        """Take properties by name from mappings, one after the other."""
        for group in groups:
            if group is not None and not isinstance(group, Mapping):
                raise EditError(
                    f"properties are given by name, and {shown_value(group)} has no names",
                    hint="Give a mapping, or keyword arguments.",
                )
            for name, value in (group or {}).items():
                self.give(name, value)

    def give(self, name: object, value: object, spelling: str | None = None) -> None:
        """Take one property; `spelling` is how it was given, where that is not by its name."""
        setting = self._meant(name, value)
        if setting is not None:
            self._take(setting, spelling or str(name), value)

    def give_text(
        self, name: str, text: str, spelling: str | None = None, *, is_hidden: bool = False
    ) -> None:
        """Take one property as text; messages do not show what `is_hidden`."""
        setting = self._meant(name, text)
        if setting is None:
            return
        told = len(self._problems)
        try:
            value = value_from_text(setting, text)
        except QualifierError as error:
            if self._is_first(setting, spelling or name):
                self._refuse(setting, error.problems)
        else:
            self._take(setting, spelling or name, value)
        if is_hidden:
            self._problems[told:] = [
                one._replace(text=one.text.replace(shown_value(text), "***"))
                for one in self._problems[told:]
            ]

    def setting(self, name: str, value: object = None) -> StepSetting | None:
        """Return what a name means, None where it means nothing."""
        try:
            return setting_named(self._cls, name, self._step, value)
        except SettingError:
            return None

    def values(self) -> dict[str, Any]:
        """Return what was given so far, by WMI name."""
        return {one.setting.name: one.value for one in self._given.values()}

    def _meant(self, name: object, value: object) -> StepSetting | None:
        """Return what a name means; where it means nothing, note that and return None."""
        if not isinstance(name, str):
            text = "is no name of a property: give a text"
            self._problems.append(Problem(class_name(self._cls), shown_value(name), NAME, text))
            return None
        try:
            return setting_named(self._cls, name, self._step, value)
        except SettingError as error:
            self._problems += error.problems
            self._candidates += error.candidates
            return None

    def _is_first(self, setting: StepSetting, spelling: str) -> bool:
        """Tell whether nothing was given for the setting before; else note the problem."""
        first = self._given.get(setting.key)
        if first is None:
            self._given[setting.key] = _Given(setting, None, spelling)
            return True
        text = f"is given twice, as {first.spelling} and as {spelling}: give it once"
        self._problems.append(Problem(class_name(self._cls), setting.name, NAME, text))
        return False

    def _take(self, setting: StepSetting, spelling: str, value: object) -> None:
        """Keep a value in the form of the property, and note what is wrong with it alone."""
        parameter = setting.parameter
        if parameter is not None and parameter.leaves_out(value):
            return
        if not self._is_first(setting, spelling):
            return
        try:
            held = self._value(setting, value if parameter is None else parameter.value(value))
        except QualifierError as error:
            self._refuse(setting, error.problems)
            return
        self._given[setting.key].value = held
        texts = held if isinstance(held, (list, tuple)) else [held]
        for text in map(_revealed, texts):
            problem = xml_problem(text) if isinstance(text, str) else None
            if problem is not None:
                said = f"cannot be written: {problem}: take it out"
                self._refuse(setting, [Problem(class_name(self._cls), setting.name, "XML", said)])
                return
        if setting.known is not None:
            self._refuse(setting, setting.known.problems(held))
        elif held is not None and not isinstance(held, str):
            text = "is no text; variables hold text, and so does the command line"
            self._refuse(setting, [Problem(class_name(self._cls), setting.name, "String", text)])

    def _value(self, setting: StepSetting, value: object) -> object:
        known = setting.known
        if known is None or value is None:
            return value
        if isinstance(value, str) and known.attribute == "source_script":
            return step_script(value)
        if known.item_class is Condition:
            return condition_from(value)
        if known.item_class is not None and isinstance(value, (list, tuple)):
            value = self._items(known, value)
        return known.converted(value)

    def _items(self, known: Property, given: Iterable[object]) -> list[object]:
        """Return the objects of an array; raises `QualifierError` with what is wrong with any."""
        items: list[object] = []
        problems: list[Problem] = []
        for at, item in enumerate(given):
            try:
                items.append(self._item(known, at, item))
            except QualifierError as error:
                problems += error.problems
        if problems:
            raise QualifierError(problems)
        return items

    def _item(self, known: Property, at: int, item: object) -> object:
        """Return an object of an array, which may be given as a mapping of its properties."""
        assert known.item_class is not None
        if not isinstance(item, Mapping):
            for problem in known.problems([item]):
                text = problem.text.removeprefix("[0] ")
                raise QualifierError([problem._replace(property=f"{known.name}[{at}]", text=text)])
            return item
        inner = GivenValues(known.item_class)
        inner.give_all(item)
        try:
            return inner.new_object()
        except SettingError as error:
            raise QualifierError(
                one._replace(
                    wmi_class=known.wmi_class, property=f"{known.name}[{at}].{one.property}"
                )
                for one in error.problems
            ) from None

    def _refuse(self, setting: StepSetting, problems: Iterable[Problem]) -> None:
        found = list(problems)
        self._problems += found
        if found:
            self._refused.add(setting.key)

    # Doing

    def new_step(self) -> Step:
        """Make a step with the properties; raises `SettingError`."""
        if abstract in self._cls.wmi_qualifiers or self._cls is UnknownAction:
            raise EditError(
                f"{self._cls.__name__} is no class of which a step is made by its properties",
                hint="Name the class of one kind of steps; docs/classes.md tells which there are.",
            )
        made = self.new_object()
        assert isinstance(made, Step)
        return made

    def new_object(self) -> WmiObject:
        """Make an object with the properties; raises `SettingError`."""
        values: dict[str, Any] = {
            known.attribute: defaults_of(self._cls).get(known.name)
            for known in properties_of(self._cls)
            if known.default is attrs.NOTHING
        }
        for key, one in self._given.items():
            if one.setting.attribute is None:
                values.setdefault("variables", {})[one.setting.name] = one.value
            elif one.value is not None or key not in self._refused:
                values[one.setting.attribute] = one.value
        if issubclass(self._cls, ScriptedAction) and not values.get("command_line"):
            self._problems.append(_without_command_line(self._cls))
        made: WmiObject | None = None
        try:
            made = self._cls(**values)
        except QualifierError as error:
            self._add_others(error.problems)
        self._check(values.get("name"))
        assert made is not None
        return made

    def change(self) -> None:
        """Set the properties of the step; raises `SettingError`, and then none of them is set."""
        step = self._step
        assert step is not None
        twin = copy.copy(step)
        broken_before = set(twin.combination_problems())
        for key, one in self._given.items():
            if key in self._refused:
                # Rules between properties are to judge what was asked for, as far as it is known.
                if one.setting.attribute is not None and one.value is not None:
                    object.__setattr__(twin, one.setting.attribute, one.value)
                continue
            try:
                _set(twin, one)
            except QualifierError as error:
                self._add_others(error.problems)
        self._add_others(
            one
            for one in twin.combination_problems()
            if one not in broken_before and not one.is_advice
        )
        self._check(self._where or step.name)
        for one in self._given.values():
            _set(step, one)

    def _add_others(self, problems: Iterable[Problem]) -> None:
        """Note problems of properties with which nothing is known to be wrong yet."""
        known = {self._given[key].setting.name for key in self._refused}
        self._problems += [one for one in problems if one.property not in known]

    def _check(self, where: object) -> None:
        if self._problems:
            raise SettingError(
                self._problems,
                where=where if isinstance(where, str) and where else None,
                candidates=self._candidates,
            )


def _set(step: Step, given: _Given) -> None:
    setting = given.setting
    if setting.attribute is not None:
        setattr(step, setting.attribute, given.value)
        return
    assert isinstance(step, ScriptedAction)
    if given.value is None:
        step.variables.pop(setting.name, None)
    else:
        step.variables[setting.name] = given.value


def _revealed(value: object) -> object:
    return value.reveal() if isinstance(value, SecretText) else value


def _without_command_line(cls: type[WmiObject]) -> Problem:
    # The engine runs nothing for such a step, and no class tells what MDT's types run.
    text = "has no value: give it the command line that the step runs, as it stands in its <action>"
    return Problem(class_name(cls), "CommandLine", "not_null", text)
