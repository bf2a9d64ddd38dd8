"""What a step does to the variables, to the disk, and to where the machine is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

from tasksequence.errors import PlanError
from tasksequence.model.actions.disk import PartitionDiskAction
from tasksequence.model.actions.general import (
    PrestartCheckAction,
    RebootAction,
    RunCommandLineAction,
    RunPowerShellScriptAction,
    SetDynamicVariablesAction,
    SetVariableAction,
)
from tasksequence.model.actions.imaging import (
    ApplyDataImageAction,
    ApplyOperatingSystemAction,
    PrepareOSAction,
    SetupWindowsAndSMSAction,
    UpgradeOperatingSystemAction,
)
from tasksequence.model.actions.mdt import BDD_Gather
from tasksequence.model.actions.settings import CaptureWindowsSettingsAction
from tasksequence.model.actions.software import (
    DownloadPackageContentAction,
    InstallApplicationAction,
)
from tasksequence.model.actions.user_state import RequestStateStoreAction
from tasksequence.model.base import Step
from tasksequence.model.sequence import TaskSequence
from tasksequence.plan.catalogue import outputs_of
from tasksequence.plan.dynamic_rules import read_rules
from tasksequence.plan.evaluate import Knowledge, judge_operands
from tasksequence.plan.expansion import Held
from tasksequence.plan.truth import Truth
from tasksequence.plan.variables import check_variable, is_secret_variable
from tasksequence.secret_text import SecretText

__all__ = ["Effects", "effects_of", "names_set_by", "runs_mdt_scripts"]

REBOOT_REQUESTED = "SMSTSRebootRequested"
_EDITOR_NAMES: dict[type[Step], str] = {
    CaptureWindowsSettingsAction: "Capture Windows Settings",
    PrepareOSAction: "Prepare Windows for Capture",
    ApplyOperatingSystemAction: "Apply Operating System Image",
    UpgradeOperatingSystemAction: "Upgrade Operating System",
    RequestStateStoreAction: "Request State Store",
    PrestartCheckAction: "Check Readiness",
}
_REPLACES_DISK = (
    PartitionDiskAction,
    ApplyOperatingSystemAction,
    ApplyDataImageAction,
    UpgradeOperatingSystemAction,
)
# /STAGE alone copies the files; the boot order changes with /BCD, or with neither.
_APPLIES_WINPE = re.compile(r"LTIApply\.wsf\"?(?=.*\s/PE\b)(?!.*\s/STAGE\b)", re.IGNORECASE)
_LISTED_CONTENT = 100
"""Download Package Content numbers its variables with two digits."""


@attrs.define
class Effects:
    """What a step would do, if it runs and succeeds."""

    changes: list[tuple[str, Held]] = attrs.field(factory=list)
    in_winpe: bool | None = None
    """Where the machine is afterwards; None for where it was."""
    follows_boot_order: bool = False
    """True for a restart that names no target, as MDT's: what boots next decides."""
    boots_winpe_next: bool = False
    """True for MDT's Apply Windows PE, after which such a restart leads there."""
    replaces_disk: bool = False
    sets_anything: bool = False
    """True for MDT's Gather, which sets what its rules say."""
    problems: list[str] = attrs.field(factory=list)
    warnings: list[str] = attrs.field(factory=list)


def runs_mdt_scripts(sequence: TaskSequence) -> bool:
    """Tell whether a sequence is MDT's own: its steps run the scripts of a deployment share.

    There ZTISetVariable.wsf sets variables, which knows no read-only names.
    """
    return any(
        "%scriptroot%" in (getattr(step, "command_line", None) or "").casefold()
        for step in sequence.walk()
    )


def names_set_by(step: Step) -> Iterator[str]:
    """Yield the names that a step may set, by what it says itself."""
    if isinstance(step, SetVariableAction):
        yield step.variable_name or ""
    elif isinstance(step, SetDynamicVariablesAction):
        for rule in read_rules(step.rules or "") or ():
            for name, _, _ in rule.variables:
                yield name
    elif isinstance(step, (RunCommandLineAction, RunPowerShellScriptAction)):
        yield step.output_variable_name or ""
    elif isinstance(step, PartitionDiskAction):
        for partition in step.partitions or ():
            yield partition.volume_letter_variable or ""
    elif isinstance(step, DownloadPackageContentAction):
        yield from _download_names(step)
    yield from outputs_of(_EDITOR_NAMES.get(type(step), ""))


def effects_of(step: Step, known: Knowledge) -> Effects:
    """Return what a step does when it runs; raises `PlanError` for an expansion cycle."""
    found = Effects()
    if isinstance(step, SetVariableAction):
        _set_variable(step, known, found)
        return found
    if isinstance(step, SetDynamicVariablesAction):
        _set_dynamic(step, known, found)
        return found
    for name in names_set_by(step):
        if name:
            need = f"variable {name} as the step {step.name} leaves it"
            found.changes.append((name, Held(needs=(need,), source=f"set by the step {step.name}")))
    if isinstance(step, InstallApplicationAction):
        need = f"what comes of the step {step.name}"
        found.changes.append(("_TSAppInstallStatus", Held(needs=(need,))))
    if isinstance(step, RebootAction):
        found.follows_boot_order = not step.target
        if step.target:
            found.in_winpe = step.target.casefold() == "winpe"
    elif isinstance(step, SetupWindowsAndSMSAction):
        # It ends in the Windows that was applied, wherever it began.
        found.in_winpe = False
    elif isinstance(step, PrepareOSAction):
        found.in_winpe = True
    found.replaces_disk = isinstance(step, _REPLACES_DISK)
    found.sets_anything = isinstance(step, BDD_Gather)
    command = getattr(step, "command_line", None) or ""
    found.boots_winpe_next = _APPLIES_WINPE.search(command) is not None
    return found


def _set_variable(step: SetVariableAction, known: Knowledge, found: Effects) -> None:
    name = known.environment.expand(step.variable_name or "").text
    text = step.variable_value
    if step.hidden_variable_value:
        text = step.hidden_variable_value
    hidden = bool(step.do_not_show_variable_value or step.hidden_variable_value)
    source = f"the step {step.name}"
    if name.startswith("_") and known.in_mdt:
        found.warnings.append(
            f"it sets {name}: MDT's ZTISetVariable.wsf does, in Configuration Manager names with a "
            "leading _ are read-only"
        )
    _assign(name, text or "", hidden, source, known, found, allowed=known.in_mdt)


def _set_dynamic(step: SetDynamicVariablesAction, known: Knowledge, found: Effects) -> None:
    rules = read_rules(step.rules or "<Rules/>")
    if rules is None:
        found.problems.append(
            "the rules are no XML that can be read, or nest too deep: correct them in the editor"
        )
        return
    for number, rule in enumerate(rules, 1):
        said = judge_operands(rule.operands, known)
        if said.truth is Truth.FALSE:
            continue
        before = len(found.changes)
        source = f"rule {number} of the step {step.name}"
        for name, value, hidden in rule.variables:
            _assign(name, value, hidden, source, known, found)
        if said.truth is Truth.UNKNOWN:
            for at in range(before, len(found.changes)):
                name, held = found.changes[at]
                was = known.environment.lookup(name)
                same = not held.is_unknown and not was.is_unknown and held.text == was.text
                if not same:
                    needs = dict.fromkeys([*said.needs, *held.needs, *was.needs])
                    found.changes[at] = (name, Held(needs=tuple(needs), source=source))
        # A later rule reads what an earlier one set.
        for name, held in found.changes[before:]:
            known.environment.set(name, held)


def _assign(
    name: str,
    text: str,
    hidden: bool,
    source: str,
    known: Knowledge,
    found: Effects,
    *,
    allowed: bool = False,
) -> None:
    if name.startswith("_") and not allowed:
        found.problems.append(
            f"it sets {name}, and names with a leading _ are read-only: use another name"
        )
        return
    expanded = known.environment.expand(text)
    if expanded.unset:
        found.changes.append((name, Held(needs=expanded.needs, source=source)))
        return
    secret = hidden or expanded.has_secret or is_secret_variable(name)
    value = SecretText(expanded.text) if secret else expanded.text
    try:
        check_variable(name, value)
    except PlanError as error:
        found.problems.append(f"{error.problem}" + (f": {error.hint}" if error.hint else ""))
        return
    found.changes.append((name, Held(value if expanded.text else None, source=source)))


def _download_names(step: DownloadPackageContentAction) -> Iterable[str]:
    base = step.destination_variable
    if not base:
        return
    count = len([one for one in (step.download_packages or "").split(",") if one])
    for number in range(1, min(max(count, 1), _LISTED_CONTENT - 1) + 1):
        yield f"{base}{number:02d}"
