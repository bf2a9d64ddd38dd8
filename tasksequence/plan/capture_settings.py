"""What a capture step would do: its properties resolved through the variables, and checked."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from tasksequence.model.actions.imaging import CaptureSystemImageAction
from tasksequence.plan.environment import Environment
from tasksequence.plan.expansion import Held
from tasksequence.plan.steps import ResolvedProperty
from tasksequence.request import CaptureRequest, ImageMetadata, StepReference
from tasksequence.secret_text import SecretText
from tasksequence.wmi import property_named
from tasksequence.wmi_property import Property

__all__ = ["CaptureSettings", "resolve_capture"]

TARGET_SYSTEM_ROOT = "OSDTargetSystemRoot"
_NAMES = (
    "CaptureDestination",
    "CaptureUsername",
    "CapturePassword",
    "ImageCreator",
    "ImageDescription",
    "ImageVersion",
)
# A reference that leads nowhere stays in these as it is written; elsewhere it is a problem.
_FREE_TEXT = frozenset({"ImageCreator", "ImageDescription", "ImageVersion"})


@attrs.frozen
class CaptureSettings:
    """The resolved capture step; `request` is None when there are problems."""

    properties: tuple[ResolvedProperty, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    needs: tuple[str, ...]
    """What would have to be known before the step can be carried out."""
    request: CaptureRequest | None


def resolve_capture(
    step: CaptureSystemImageAction,
    path: tuple[str, ...],
    variables: Environment,
    own_variables: Mapping[str, Held],
) -> CaptureSettings:
    """Resolve a capture step as the engine does.

    A variable that is already set wins over the step's own value, %Name% is expanded, and then
    the rules of the properties are judged: a value with %Name% answers none before.
    """
    values: dict[str, str | SecretText | None] = {}
    resolved: list[ResolvedProperty] = []
    problems: list[str] = []
    warnings: list[str] = []
    needs: dict[str, None] = {}
    for name in _NAMES:
        known = property_named(CaptureSystemImageAction, name)
        assert known is not None
        held = variables.overrides(known.variable)
        if held is not None and held.is_unknown:
            needs.update(dict.fromkeys(held.needs))
            values[name] = None
            resolved.append(_not_known(known.name, known.variable, held))
            continue
        own = getattr(step, known.attribute)
        value, record, said, unset = _resolve(known, own, held, variables, own_variables)
        values[name] = value
        resolved.append(record)
        problems += said
        missing = [
            f"{known.wmi_class}.{name} needs the variable {v}, which is not set" for v in unset
        ]
        if name in _FREE_TEXT:
            warnings += missing
        else:
            problems += missing
    root, said = _target_system_root(variables)
    resolved.append(root)
    problems += said
    destination = str(values["CaptureDestination"] or "")
    warnings += _warnings(destination, values)
    request = None
    if not problems and not needs:
        request = CaptureRequest(
            step=StepReference(
                name=step.name,
                path=path,
                wmi_class=step.wmi_name,
                timeout=step.timeout or None,  # 0 is no limit, too
            ),
            destination=destination,
            account=_plain(values["CaptureUsername"]),
            password=_secret(values["CapturePassword"]),
            needs_password=_secret(values["CapturePassword"]) is not None,
            metadata=ImageMetadata(
                creator=_plain(values["ImageCreator"]),
                description=_plain(values["ImageDescription"]),
                version=_plain(values["ImageVersion"]),
                target_system_root=root.value,
            ),
        )
    return CaptureSettings(tuple(resolved), tuple(problems), tuple(warnings), tuple(needs), request)


def _resolve(
    known: Property,
    own: str | SecretText | None,
    variable: Held | None,
    variables: Environment,
    own_variables: Mapping[str, Held],
) -> tuple[str | SecretText | None, ResolvedProperty, list[str], tuple[str, ...]]:
    held = None if variable is None else variable.value
    source = f"variable {known.variable}" if held is not None else f"the step's {known.name}"
    if variable is not None and variable.source not in {"", "given"}:
        source += f", {variable.source}"
    given = own if held is None else held
    if given is None and known.is_required and not list(known.problems("")):
        # Sequences of older sites lack what may be empty (ImageVersion).
        given = ""
    value: str | SecretText | None = given
    problems: list[str] = []
    unset: tuple[str, ...] = ()
    if isinstance(given, SecretText) and not known.is_secret:
        shown: str | None = str(given)
        problems.append(
            f"{known.wmi_class}.{known.name} was given as a secret, and its value is no secret: "
            f"it has to be shown and written; give {known.variable} as a plain variable"
        )
    elif isinstance(given, SecretText):
        # A password is taken as it is: an engine that expanded it would change it.
        shown = str(given)
    elif given is None:
        shown = None
    else:
        expanded = variables.expand_within(given, own_variables)
        value = SecretText(expanded.text) if expanded.has_secret else expanded.text
        shown = "***" if expanded.has_secret else expanded.text
        unset = (*expanded.unset, *expanded.absent)
        if expanded.has_secret:
            problems.append(
                f"{known.wmi_class}.{known.name} would show a secret: it refers to a variable that "
                "holds a password or key"
            )
    if not problems and not unset:
        problems += [str(problem) for problem in known.problems(value)]
    record = ResolvedProperty(name=known.name, variable=known.variable, value=shown, source=source)
    return value, record, problems, unset


def _not_known(name: str, variable: str, held: Held) -> ResolvedProperty:
    source = f"not known: {', '.join(held.needs)}"
    return ResolvedProperty(name=name, variable=variable, value=None, source=source)


def _target_system_root(variables: Environment) -> tuple[ResolvedProperty, list[str]]:
    # No property of the class: Prepare Windows for Capture sets it when it runs.
    known = variables.overrides(TARGET_SYSTEM_ROOT)
    if known is not None and known.is_unknown:
        return _not_known("", TARGET_SYSTEM_ROOT, known), []
    held = None if known is None else known.value
    problems: list[str] = []
    value: str | None = None
    if isinstance(held, SecretText):
        problems.append(f"{TARGET_SYSTEM_ROOT} was given as a secret, and has to be shown")
    elif held is not None:
        expanded = variables.expand(held)
        if expanded.has_secret:
            problems.append(f"{TARGET_SYSTEM_ROOT} would show a secret that it refers to")
        else:
            value = expanded.text
    source = "not set" if held is None else f"variable {TARGET_SYSTEM_ROOT}"
    record = ResolvedProperty(name="", variable=TARGET_SYSTEM_ROOT, value=value, source=source)
    return record, problems


def _warnings(destination: str, values: dict[str, str | SecretText | None]) -> list[str]:
    warnings = []
    ending = destination.lower()[-4:]
    if ending == ".swm":
        warnings.append(
            "the destination ends in .swm, as the parts of a split image do: right for a capture "
            "with --split alone, and not for the site's console"
        )
    elif destination and ending != ".wim":
        warnings.append("the destination does not end in .wim, which the site's console asks for")
    account = values["CaptureUsername"]
    if isinstance(account, str) and account and "\\" not in account:
        warnings.append(f"the account {account!r} is not in the form domain\\user")
    return warnings


def _plain(value: str | SecretText | None) -> str | None:
    return value if isinstance(value, str) and value else None


def _secret(value: str | SecretText | None) -> SecretText | None:
    return value if isinstance(value, SecretText) and value else None
