"""Conditions on the products that Windows Installer installed."""

from __future__ import annotations

import re

import attrs

from tasksequence.authoring.comparisons import operand_problem
from tasksequence.errors import Problem, QualifierError
from tasksequence.model.condition import SoftwareConditionExpression
from tasksequence.wmi import property_named
from tasksequence.wmi_property import shown_value

__all__ = ["Software"]

_CODE = re.compile(r"\{?([0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12})\}?", re.ASCII | re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Software:
    """A product that Windows Installer installed, by the codes of its MSI file.

    The codes are GUIDs; braces and capitals are added where they are missing. Raises
    `QualifierError` for other text.
    """

    product_code: str | None = None
    """The code of this version of the product; `installed` needs it."""
    upgrade_code: str | None = None
    """The code that all its versions share; `installed_in_any_version` needs it."""
    name: str | None = None
    version: str | None = None

    def __attrs_post_init__(self) -> None:
        problems: list[Problem] = []
        for attribute, name in (("product_code", "ProductCode"), ("upgrade_code", "UpgradeCode")):
            code = getattr(self, attribute)
            if code is not None:
                object.__setattr__(self, attribute, _normal_code(name, code, problems))
        for name, text in (("ProductName", self.name), ("Version", self.version)):
            known = property_named(SoftwareConditionExpression, name)
            assert known is not None
            problems += known.problems(text)
        if problems:
            raise QualifierError(problems)

    def installed(self) -> SoftwareConditionExpression:
        """True when this very version is installed (editor: ThisVersion); needs a product code."""
        if self.product_code is None:
            raise _missing("ProductCode", "one version of a product is found by its product code")
        return self._expression("ThisVersion")

    def installed_in_any_version(self) -> SoftwareConditionExpression:
        """True when any version is installed (editor: AnyVersion); needs an upgrade code."""
        if self.upgrade_code is None:
            raise _missing("UpgradeCode", "any version of a product is found by its upgrade code")
        return self._expression("AnyVersion")

    def _expression(self, operator: str) -> SoftwareConditionExpression:
        return SoftwareConditionExpression(
            operator=operator,
            # The class wants a value, which AnyVersion does not look at: an empty one is one.
            product_code=self.product_code or "",
            upgrade_code=self.upgrade_code,
            product_name=self.name,
            version=self.version,
        )


def _normal_code(name: str, code: object, problems: list[Problem]) -> str:
    found = _CODE.fullmatch(code) if isinstance(code, str) else None
    if found is not None and code in (found[1], f"{{{found[1]}}}"):
        return f"{{{found[1].upper()}}}"
    text = (
        f"is {shown_value(code)}, which is no code of Windows Installer: give its 32 hexadecimal "
        "digits as {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}"
    )
    problems.append(operand_problem(SoftwareConditionExpression, name, text))
    return ""


def _missing(name: str, why: str) -> QualifierError:
    text = f"has no value: {why}, give it"
    return QualifierError([operand_problem(SoftwareConditionExpression, name, text, "not_null")])
