"""Conditions judged by facts: true, false, or unknown with what would decide them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from tasksequence.model.condition import (
    Condition,
    ConditionOperand,
    ConditionOperator,
    FileConditionExpression,
    FolderConditionExpression,
    RegistryConditionExpression,
    SoftwareConditionExpression,
    UnknownOperand,
    VariableConditionExpression,
    WMIConditionExpression,
)
from tasksequence.plan import wql
from tasksequence.plan.comparison import compare_text, compare_times, compare_versions
from tasksequence.plan.dynamic_rules import is_machine_rule, machine_matches
from tasksequence.plan.environment import Environment
from tasksequence.plan.expansion import Expanded
from tasksequence.plan.facts import (
    CIMV2,
    Facts,
    FileFact,
    OperatingSystem,
    RegistryFact,
    SoftwareFact,
    registry_key,
    windows_path,
)
from tasksequence.plan.judgement import Comparison, Judgement
from tasksequence.plan.sentences import in_words, masked
from tasksequence.plan.truth import Truth, all_of, any_of, none_of
from tasksequence.plan.variables import Variables, is_secret_variable

__all__ = ["Knowledge", "judge", "judge_operands", "plain_text"]


class Knowledge:
    """All that is known at one moment of a running sequence: its variables, and the facts."""

    def __init__(self, facts: Facts, environment: Environment | None = None) -> None:
        self.facts = facts
        self.environment = environment if environment is not None else Environment(facts)
        self.stale: tuple[str, ...] = ()
        """Set by steps that replace what is on the disk: sources tell nothing from there on."""
        self.in_mdt = False
        """True for MDT's own sequences, where a script sets variables, read-only names too."""
        self.problems: list[str] = []
        """What was found wrong with expressions since this was last emptied."""
        self._answers: dict[tuple[str, str], tuple[bool | None, tuple[str, ...], str]] = {}
        self._assumed = {plain_text(text): value for text, value in facts.assumed.items()}
        self.used: set[str] = set()
        """The assumptions that decided something."""

    def assumed(self, sentence: str) -> bool | None:
        """Return what the person said of an expression that is unknown."""
        if not self._assumed:
            return None
        key = plain_text(sentence)
        if key in self._assumed:
            self.used.add(key)
        return self._assumed.get(key)

    def file(self, path: str, *, folder: bool) -> FileFact | None:
        """Return what is known of a file or folder."""
        facts = self.facts
        given = (facts.folders if folder else facts.files).get(windows_path(path))
        if given is not None:
            return given
        if not self.stale:
            for source in facts.sources:
                found = source.folder(path) if folder else source.file(path)
                if found is not None:
                    return found
        return FileFact(exists=False) if facts.closed and not self.stale else None

    def registry_value(self, key: str, value: str) -> RegistryFact | None:
        """Return what is known of a registry value."""
        facts = self.facts
        given = facts.registry.get(registry_key(key), {}).get(value.casefold())
        if given is not None:
            return given
        if not self.stale:
            for source in facts.sources:
                found = source.registry_value(key, value)
                if found is not None:
                    return found
        return RegistryFact(exists=False) if facts.closed and not self.stale else None

    def software(self) -> tuple[SoftwareFact, ...] | None:
        """Return all installed products, where they are known."""
        if self.facts.software is not None:
            return self.facts.software
        if not self.stale:
            for source in self.facts.sources:
                found = source.software()
                if found is not None:
                    return found
        return () if self.facts.closed and not self.stale else None

    def rows(self, namespace: str, cls: str) -> tuple[Mapping[str, Any], ...] | None:
        """Return all rows of a WMI class, where they are known."""
        given = self.facts.wmi.get(namespace, {}).get(cls)
        if given is not None:
            return tuple(given)
        if (namespace, cls) == (CIMV2, "win32_operatingsystem"):
            system = self._operating_system()
            if system is not None:
                return (system.row(),)
        return () if self.facts.closed else None

    def query(self, namespace: str, text: str) -> tuple[bool | None, tuple[str, ...], str]:
        """Answer a WMI query: the answer, what it needs, and what was found."""
        key = (namespace, text)
        if self.stale or key not in self._answers:
            self._answers[key] = self._ask(namespace, text)
        return self._answers[key]

    def _operating_system(self) -> OperatingSystem | None:
        if self.facts.operating_system is not None:
            return self.facts.operating_system
        # In Windows PE the running system is Windows PE, not the one on the disk.
        if self.environment.in_winpe is False and not self.stale:
            for source in self.facts.sources:
                found = source.operating_system()
                if found is not None:
                    return found
        return None

    def _ask(self, namespace: str, text: str) -> tuple[bool | None, tuple[str, ...], str]:
        query = wql.parse_query(text)
        if query.problem is not None:
            return None, (), query.problem
        rows = self.rows(namespace, query.cls)
        if rows is None:
            return None, (), ""
        if self.facts.closed:
            rows = tuple({**dict.fromkeys(query.properties), **_folded(row)} for row in rows)
        found, missing = wql.answer(query, rows)
        needs = tuple(f"property {name} of WMI class {query.cls}" for name in missing)
        count = f"{len(rows)} row" + ("" if len(rows) == 1 else "s")
        return found, needs, f"{count} of {query.cls} known"


def _folded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name.casefold(): value for name, value in row.items()}


def plain_text(text: str) -> str:
    """Return a sentence as assumptions are compared: letter case and white space do not count."""
    return " ".join(text.casefold().split())


def judge(condition: Condition, known: Knowledge | Facts | Variables) -> Judgement:
    """Judge a condition; one without operands is no restriction.

    `known` may be facts, or variables alone. Raises `PlanError` for variables that refer to each
    other in a circle.
    """
    if isinstance(known, Variables):
        known = Facts(variables={**known, **dict.fromkeys(known.deleted, "")})
    knowledge = Knowledge(known) if isinstance(known, Facts) else known
    return judge_operands(condition.operands, knowledge)


def judge_operands(operands: Iterable[ConditionOperand], known: Knowledge) -> Judgement:
    """Judge operands that must all be true."""
    return _joined("all", operands, known)


def _joined(kind: str, operands: Iterable[ConditionOperand], known: Knowledge) -> Judgement:
    judged = tuple(_operand(operand, known) for operand in operands)
    join = {"all": all_of, "any": any_of, "none": none_of}[kind]
    truth = join(one.truth for one in judged)
    needs: tuple[str, ...] = ()
    if truth is Truth.UNKNOWN:
        needs = tuple(dict.fromkeys(need for one in judged for need in one.needs))
    return Judgement(kind=kind, truth=truth, needs=needs, operands=judged)


_KINDS = {"and": "all", "or": "any", "not": "none"}


def _operand(operand: ConditionOperand, known: Knowledge) -> Judgement:
    if isinstance(operand, ConditionOperator):
        kind = _KINDS.get(str(operand.operator_type).casefold())
        if not operand.operands:
            return Judgement(kind="all", truth=Truth.TRUE)
        if kind is not None:
            return _joined(kind, operand.operands, known)
        text = in_words(operand, known.environment)
        return _settled(Judgement(text=text, truth=Truth.UNKNOWN, needs=(text,)), known)
    text = in_words(operand, known.environment)
    said = _expression(operand, text, known)
    return _settled(said, known) if said.truth is Truth.UNKNOWN else said


def _settled(said: Judgement, known: Knowledge) -> Judgement:
    """Let an assumption decide what is unknown."""
    assumed = known.assumed(said.text)
    if assumed is None:
        return said
    return attrs.evolve(said, truth=Truth.of(assumed), needs=(), found="assumed")


def _expression(operand: ConditionOperand, text: str, known: Knowledge) -> Judgement:
    if isinstance(operand, VariableConditionExpression):
        return _variable(operand, text, known)
    if isinstance(operand, WMIConditionExpression):
        return _wmi(operand, text, known)
    if isinstance(operand, (FileConditionExpression, FolderConditionExpression)):
        return _file(operand, text, known)
    if isinstance(operand, RegistryConditionExpression):
        return _registry(operand, text, known)
    if isinstance(operand, SoftwareConditionExpression):
        return _software(operand, text, known)
    if isinstance(operand, UnknownOperand) and is_machine_rule(operand):
        said, needs, words = machine_matches(operand, known.environment)
        return _judged(words, said, "", needs)
    return Judgement(text=text, truth=Truth.UNKNOWN, needs=(text,))


def _judged(text: str, said: bool | None, found: str, needs: tuple[str, ...] = ()) -> Judgement:
    if said is None and not needs:
        needs = (text,)
    return Judgement(
        text=text, truth=Truth.of(said), needs=needs if said is None else (), found=found
    )


def _variable(operand: VariableConditionExpression, text: str, known: Knowledge) -> Judgement:
    name = operand.variable or ""
    operator = (operand.operator or "").casefold()
    held = known.environment.lookup(name)
    hidden = masked(name, known.environment)
    wanted = operand.value or ""
    comparison = Comparison(
        variable=name, operator=operator, value=None if hidden and wanted else wanted
    )
    if held.is_unknown:
        return Judgement(
            text=text, truth=Truth.UNKNOWN, needs=held.needs, found="not known", compared=comparison
        )
    found = "unset" if held.value is None else f'"{"***" if hidden else held.text}"'
    said: bool | None
    if operator in {"exists", "notexists"}:
        said = (operator == "exists") is (held.value is not None)
        return Judgement(text=text, truth=Truth.of(said), found=found, compared=comparison)
    # A variable that does not exist compares as the empty string.
    expanded = known.environment.expand(wanted)
    if expanded.unset:
        return Judgement(
            text=text, truth=Truth.UNKNOWN, needs=expanded.needs, found=found, compared=comparison
        )
    # The value may speak of other variables, as the fact was given.
    actual = (
        known.environment.expand(held.text) if "%" in held.text else Expanded(held.text, (), False)
    )
    if actual.unset:
        return Judgement(
            text=text, truth=Truth.UNKNOWN, needs=actual.needs, found=found, compared=comparison
        )
    said = compare_text(operator, actual.text, expanded.text)
    needs = () if said is not None else (text,)
    return Judgement(text=text, truth=Truth.of(said), needs=needs, found=found, compared=comparison)


def _wmi(operand: WMIConditionExpression, text: str, known: Knowledge) -> Judgement:
    query = known.environment.expand_query(operand.query or "")
    if query.unset:
        return _judged(text, None, "", query.needs)
    namespace = windows_path(operand.namespace or CIMV2).removeprefix("\\\\.\\")
    said, needs, found = known.query(namespace, query.text)
    if said is None and found and not needs:
        # The query as the step has it: expanded, it might show a secret.
        if wql.parse_query(query.text).is_malformed:
            known.problems.append(f"{text}: {found}")
        needs = (f"{text}: {found}",)
    return _judged(text, said, found, needs)


def _file(
    operand: FileConditionExpression | FolderConditionExpression, text: str, known: Knowledge
) -> Judgement:
    path = known.environment.expand(operand.path or "")
    if path.unset:
        return _judged(text, None, "", path.needs)
    folder = isinstance(operand, FolderConditionExpression)
    fact = known.file(path.text, folder=folder)
    if fact is None:
        return _judged(text, None, "not known", known.stale)
    if not fact.exists:
        return _judged(text, False, "does not exist")
    parts = [_time(operand, fact.modified)]
    shown = ["exists"]
    if isinstance(operand, FileConditionExpression) and operand.version:
        parts.append(
            None
            if fact.version is None
            else compare_versions(
                operand.version_operator or "equals", fact.version, operand.version
            )
        )
        shown.append(f"version {fact.version or 'not known'}")
    if operand.date_time:
        shown.append(f"time {fact.modified.isoformat() if fact.modified else 'not known'}")
    truth = all_of(Truth.of(part) for part in parts)
    said = None if truth is Truth.UNKNOWN else truth is Truth.TRUE
    return _judged(text, said, ", ".join(shown))


def _time(
    operand: FileConditionExpression | FolderConditionExpression, modified: datetime | None
) -> bool | None:
    if not operand.date_time:
        return True
    if modified is None:
        return None
    return compare_times(operand.date_time_operator or "equals", modified, operand.date_time)


_TYPES = {"reg_expand_sz": "reg_sz"}


def _registry(operand: RegistryConditionExpression, text: str, known: Knowledge) -> Judgement:
    key = known.environment.expand(operand.key_path or "")
    value = known.environment.expand(operand.value or "")
    if key.unset or value.unset:
        return _judged(text, None, "", (*key.needs, *value.needs))
    fact = known.registry_value(key.text, value.text)
    if fact is None:
        return _judged(text, None, "not known", known.stale)
    operator = (operand.operator or "").casefold()
    if operator in {"exists", "notexists", "nonexists"}:
        exists = fact.exists
        if exists and operand.type and fact.type:
            wanted, actual = operand.type.casefold(), fact.type.casefold()
            exists = _TYPES.get(wanted, wanted) == _TYPES.get(actual, actual)
        found = "does not exist" if not fact.exists else f"exists, {fact.type or 'type not known'}"
        return _judged(text, exists is (operator == "exists"), found)
    if not fact.exists:
        # A value that is not there satisfies only the comparisons that say "not".
        return _judged(text, operator == "notequals", "does not exist")
    data = known.environment.expand(operand.data or "")
    if fact.data is None or data.unset:
        return _judged(text, None, "data not known", data.needs)
    wanted_data = data.text
    if (fact.type or "").casefold() in {"reg_dword", "reg_qword"}:
        wanted_data = _decimal(wanted_data)
    hidden = is_secret_variable(value.text) or data.has_secret
    shown = "***" if hidden else fact.data
    return _judged(text, compare_text(operator, fact.data, wanted_data), f'"{shown}"')


def _decimal(text: str) -> str:
    for base in (0, 10):  # 0x10 is sixteen, and 00000003 three
        try:
            return str(int(text, base))
        except ValueError:
            continue
    return text


def _software(operand: SoftwareConditionExpression, text: str, known: Knowledge) -> Judgement:
    products = known.software()
    if products is None:
        return _judged(text, None, "not known", known.stale)
    any_version = (operand.operator or "").casefold() == "anyversion"
    wanted = (operand.upgrade_code if any_version else operand.product_code) or ""
    unclear = False
    for one in products:
        code = one.upgrade_code if any_version else one.product_code
        if code is not None and code.casefold() == wanted.casefold():
            return _judged(text, True, f"{one.name or code} {one.version or ''}".strip())
        by_name = operand.product_name and (one.name or "").casefold() == (
            operand.product_name.casefold()
        )
        unclear = unclear or (code is None and bool(by_name))
    return _judged(text, None if unclear else False, f"{len(products)} products known")
