"""Conditions on the operating system and its language, as the editor makes them."""

from __future__ import annotations

import attrs

from tasksequence.authoring.comparisons import operand_problem
from tasksequence.authoring.conditions import all_of, any_of, query_wmi
from tasksequence.errors import Problem, QualifierError
from tasksequence.model.condition import (
    ConditionOperand,
    ConditionOperator,
    OSConditionGroup,
    OSExpressionGroup,
    WMIConditionExpression,
)
from tasksequence.wmi_property import shown_value

__all__ = ["Platform", "operating_system", "operating_system_language"]

_BITS = {"x64": "64", "x86": "32"}
_HIGHEST_LANGUAGE = 2**32 - 1


@attrs.frozen(kw_only=True)
class Platform:
    """An operating system as the editor's condition Operating System Version lists them.

    Raises `QualifierError` for what no such entry holds.
    """

    name: str
    """What the editor shows, as in `All Windows 11 (64-bit) Client`."""
    architecture: str
    """x64 or X86."""
    version_like: str
    """What the version of Win32_OperatingSystem must be like: `10.0.22%`, `6.1%`."""
    minimum: str
    """Lowest version in four parts, as the site pads it: `10.00.22000.0`."""
    maximum: str
    """Highest version: `10.00.99999.9999`."""
    is_server: bool = False

    def __attrs_post_init__(self) -> None:
        problems = [
            _problem(field.name, f"is {shown_value(value)}: give text")
            for field in attrs.fields(Platform)
            if field.name != "is_server" and not isinstance(value := getattr(self, field.name), str)
        ]
        if isinstance(self.architecture, str) and self.architecture.casefold() not in _BITS:
            said = f"is {shown_value(self.architecture)}, which the editor lists none of"
            problems.append(_problem("architecture", f"{said}: give x64 or X86"))
        if isinstance(self.version_like, str) and "'" in self.version_like:
            said = f"is {shown_value(self.version_like)}: leave the ' out, which ends a text of WQL"
            problems.append(_problem("version_like", said))
        if not isinstance(self.is_server, bool):
            said = f"is {shown_value(self.is_server)}: give True or False"
            problems.append(_problem("is_server", said))
        if problems:
            raise QualifierError(problems)

    def _expressions(self) -> OSExpressionGroup:
        product = "ProductType>1" if self.is_server else "ProductType=1"
        table = "SELECT * FROM Win32_OperatingSystem WHERE"
        return OSExpressionGroup(
            name=self.name,
            platform_arch_key=self.architecture,
            platform_min_ver_key=self.minimum,
            platform_max_ver_key=self.maximum,
            platform_type_key="Win_NT",
            operands=[
                # OSType 18: Windows NT and later.
                query_wmi(
                    f"{table} Version like '{self.version_like}' AND OSType=18 AND {product}"
                ),
                query_wmi(f"{table} OSArchitecture like '{_BITS[self.architecture.casefold()]}%'"),
            ],
        )


def _problem(attribute: str, text: str) -> Problem:
    return operand_problem(OSExpressionGroup, f"Platform.{attribute}", text)


def operating_system(*platforms: Platform) -> ConditionOperator:
    """Return a condition that is true on any of these operating systems."""
    problems = [
        operand_problem(
            OSConditionGroup, f"Operands[{at}]", f"is {shown_value(one)}: give a Platform"
        )
        for at, one in enumerate(platforms)
        if not isinstance(one, Platform)
    ]
    if not platforms:
        text = "is empty: give at least one Platform"
        problems = [operand_problem(OSConditionGroup, "Operands", text, "not_null")]
    if problems:
        raise QualifierError(problems)
    return all_of(OSConditionGroup(operands=[platform._expressions() for platform in platforms]))


def operating_system_language(*language_ids: int) -> ConditionOperand:
    """Return a condition that is true when Windows runs in one of these languages (1033: en-US).

    The cmdlets know no other form of it than a WMI query. Raises `QualifierError` for what is no
    number of a language.
    """
    problems = [
        operand_problem(
            WMIConditionExpression,
            "Query",
            f"would ask for the language {shown_value(language)}: give its number, such as 1033 "
            "for en-US",
        )
        for language in language_ids
        if not _is_language(language)
    ]
    if not language_ids:
        text = "is empty: give operating_system_language() at least one language"
        problems = [operand_problem(WMIConditionExpression, "Query", text, "not_null")]
    if problems:
        raise QualifierError(problems)
    queries = [
        query_wmi(f"SELECT * FROM Win32_OperatingSystem WHERE OSLanguage={language}")  # noqa: S608
        for language in language_ids
    ]
    return queries[0] if len(queries) == 1 else any_of(*queries)


def _is_language(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _HIGHEST_LANGUAGE
