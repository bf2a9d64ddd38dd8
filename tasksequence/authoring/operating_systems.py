"""Conditions on the operating system and its language, as the editor makes them."""

from __future__ import annotations

import attrs

from tasksequence.authoring.conditions import all_of, any_of, query_wmi
from tasksequence.errors import Problem, QualifierError
from tasksequence.model.condition import (
    ConditionOperand,
    ConditionOperator,
    OSConditionGroup,
    OSExpressionGroup,
)

__all__ = ["Platform", "operating_system", "operating_system_language"]


@attrs.frozen(kw_only=True)
class Platform:
    """An operating system as the editor's condition Operating System Version lists them."""

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

    def _expressions(self) -> OSExpressionGroup:
        product = "ProductType>1" if self.is_server else "ProductType=1"
        bits = "64" if self.architecture == "x64" else "32"
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
                query_wmi(f"{table} OSArchitecture like '{bits}%'"),
            ],
        )


def operating_system(*platforms: Platform) -> ConditionOperator:
    """Return a condition that is true on any of these operating systems."""
    if not platforms:
        text = "is empty: give at least one Platform"
        raise QualifierError([Problem(OSConditionGroup.wmi_name, "Operands", "not_null", text)])
    return all_of(OSConditionGroup(operands=[platform._expressions() for platform in platforms]))


def operating_system_language(*language_ids: int) -> ConditionOperand:
    """Return a condition that is true when Windows runs in one of these languages (1033: en-US).

    The cmdlets know no other form of it than a WMI query.
    """
    queries = [
        query_wmi(f"SELECT * FROM Win32_OperatingSystem WHERE OSLanguage={int(language)}")  # noqa: S608
        for language in language_ids
    ]
    return queries[0] if len(queries) == 1 else any_of(*queries)
