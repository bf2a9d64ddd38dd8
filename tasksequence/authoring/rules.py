"""What the wizards' answers must hold, each rule with its source; all are checked at once.

A rule that a value with a `%Name%` in it cannot answer is left to the plan, which knows the
variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tasksequence.authoring.applications import Application, application_from
from tasksequence.authoring.fields import BUILD_AND_CAPTURE, Kind, WizardField, fields_of
from tasksequence.authoring.text_forms import (
    destination_problem,
    holds_reference,
    is_account,
    is_distinguished_name,
    is_package_id,
    is_product_key,
)
from tasksequence.document.tokens import xml_problem
from tasksequence.errors import FieldProblem, SettingError
from tasksequence.model.actions.software import ApplicationInfo
from tasksequence.model.classes import registry
from tasksequence.secret_text import SecretText
from tasksequence.wmi import properties_of, property_named
from tasksequence.wmi_property import shown_value

__all__ = ["Answers", "check"]

Answers = Mapping[str, object]

_MOST_SHOWN = 60

_STARTS = {"x86": {"x86"}, "x64": {"x86", "x64"}, "arm64": {"arm64"}}
"""Architectures of boot images that a computer of each architecture starts."""

_WORKGROUP_SOURCE = "Create a task sequence to capture an operating system, Prepare Windows"
_MEDIA_SOURCE = "Create capture media, Boot image"
_NEW_SEQUENCE = "New-CMTaskSequence"


def check(
    wizard: str, answers: Answers
) -> tuple[tuple[FieldProblem, ...], tuple[FieldProblem, ...]]:
    """Return the rules that the answers of a wizard break, and what is worth a warning."""
    checker = _Checker(wizard, answers)
    checker.run()
    return tuple(checker.problems), tuple(checker.warnings)


class _Checker:
    def __init__(self, wizard: str, answers: Answers) -> None:
        self._wizard = wizard
        self._fields = {field.name: field for field in fields_of(wizard)}
        self._answers = answers
        self._bad: set[str] = set()
        self.problems: list[FieldProblem] = []
        self.warnings: list[FieldProblem] = []

    def run(self) -> None:
        for field in self._fields.values():
            self._type(field)
        self._information()
        if self._wizard == BUILD_AND_CAPTURE:
            self._windows()
            self._network()
            self._content()
        self._membership()
        self._destination()
        self._accounts()
        for field in self._fields.values():
            self._classes(field)

    # Asking and telling

    def _given(self, name: str) -> object:
        """Return an answer that is there and of the right type, else None."""
        return None if name in self._bad else self._answers.get(name)

    def _text(self, name: str) -> str | None:
        answer = self._given(name)
        if isinstance(answer, SecretText):
            return answer.reveal()
        return answer if isinstance(answer, str) else None

    def _say(self, name: str, rule: str, source: str | None, *, warn: bool = False) -> None:
        field = self._fields[name]
        answer = self._answers.get(name)
        shown = None if answer is None else _shown(field, answer)
        told = FieldProblem(name, shown, rule, source or _page(field))
        if warn:
            self.warnings.append(told)
            return
        self._bad.add(name)
        self.problems.append(told)

    def _form(
        self, name: str, fits: Callable[[str], bool], rule: str, source: str | None = None
    ) -> None:
        """Check a text that holds no variable reference against a form."""
        text = self._text(name)
        if text is not None and not holds_reference(text) and not fits(text):
            self._say(name, rule, source)

    # Types, and what the classes say

    def _type(self, field: WizardField) -> None:
        answer = self._answers.get(field.name)
        if answer is None or (field.required and answer == ""):
            if field.required:
                self._say(field.name, "give it", None)
            elif field.has_default and field.name in self._answers:
                self._say(field.name, "give it, or leave it out for the default", None)
            return
        fits, wanted = _TYPES[field.kind]
        if not fits(answer):
            self._say(field.name, f"give {wanted}", "type of the field")
        elif unwritable := [said for said in map(xml_problem, _texts(answer)) if said]:
            self._say(field.name, f"{unwritable[0]}: take it out", "Extensible Markup Language 1.0")
        elif field.choices and answer not in field.choices:
            self._say(field.name, f"give one of {', '.join(field.choices)}", None)

    def _classes(self, field: WizardField) -> None:
        """Check lengths and ranges that the filled properties' qualifiers state."""
        answer = self._given(field.name)
        if field.choices or field.kind in (Kind.FLAG, Kind.TEXTS) or answer is None:
            return
        wmi_class, _, name = (field.fills[0] if field.fills else "").partition(".")
        known = property_named(registry[wmi_class], name) if wmi_class else None
        if known is None:
            return
        for problem in known.problems(answer):
            value = "given (not shown)" if field.is_secret else shown_value(answer)
            rule = problem.text.removeprefix(f"is {value}; ")  # told beside the rule
            self._say(field.name, rule, f"{field.fills[0]}, {problem.qualifier}")
            return

    # The pages

    def _information(self) -> None:
        self._form("name", lambda t: len(t) <= 50, "give at most 50 characters", _NEW_SEQUENCE)
        self._form(
            "description", lambda t: len(t) <= 512, "give at most 512 characters", _NEW_SEQUENCE
        )
        self._package_id("boot_image")
        boot, target = self._text("boot_image_architecture"), self._text("target_architecture")
        if boot is not None and target is not None and boot not in _STARTS[target]:
            fitting = " or ".join(sorted(_STARTS[target]))
            self._say(
                "boot_image_architecture",
                f"an {target} computer starts only boot images of {fitting}: choose another one",
                _MEDIA_SOURCE,
            )

    def _windows(self) -> None:
        image, setup = self._given("image_package"), self._given("install_package")
        if image is None and setup is None and "image_package" not in self._bad:
            self._say("image_package", "give it, or install_package", None)
        elif image is not None and setup is not None:
            self._say("install_package", "give image_package or install_package, not both", None)
        for name in ("image_package", "install_package"):
            self._package_id(name)
        index, count = self._given("image_index"), self._given("image_count")
        if isinstance(index, int) and index < 1:
            self._say("image_index", "images are counted from 1", None)
        elif isinstance(index, int) and isinstance(count, int) and index > count:
            self._say("image_index", f"the WIM holds {count} images: choose one of them", None)
        self._form(
            "product_key",
            is_product_key,
            "give five groups of five letters and digits with dashes between, or an encoded "
            "volume key",
        )
        per_server = self._given("server_licensing") == "per-server"
        limit = self._given("max_server_connections")
        if per_server and limit is None and "max_server_connections" not in self._bad:
            self._say("max_server_connections", "licensing per server needs it", None)
        elif limit is not None and not per_server:
            self._say(
                "max_server_connections",
                "only with server_licensing per-server: leave it out",
                None,
            )
        if self._text("admin_password") == "":
            self._say(
                "admin_password",
                "an enabled account needs a password; leave it out for a random one",
                None,
            )

    def _network(self) -> None:
        domain = self._given("domain")
        if domain is not None and self._given("workgroup") is not None:
            self._say("workgroup", "give a workgroup or a domain, not both", None)
        if domain is None and "domain" not in self._bad:
            for name in ("domain_ou", "domain_account", "domain_password"):
                if self._given(name) is not None:
                    self._say(name, "only with a domain: give domain, or leave it out", None)
        elif domain == "":
            self._say("domain", "give its name, or leave it out", None)
        elif self._given("domain_account") is None and "domain_account" not in self._bad:
            self._say("domain_account", "joining a domain needs an account", None)
        self._form(
            "domain_ou",
            is_distinguished_name,
            "give an X.500 distinguished name, as in LDAP://OU=Build,DC=contoso,DC=com",
        )

    def _content(self) -> None:
        self._package_id("client_package")
        self._package_id("sysprep_package")
        if self._given("sysprep_package") is not None:
            self._say(
                "sysprep_package",
                "Windows Vista and later bring Sysprep: leave it out for them",
                None,
                warn=True,
            )
        properties = self._text("client_properties") or ""
        if "SMSSITECODE=" in properties.upper():
            self._say(
                "client_properties",
                "leave SMSSITECODE out: the step assigns the client to its site",
                f"{_NEW_SEQUENCE} -InstallationProperty",
                warn=True,
            )
        names = self._given("applications")
        if isinstance(names, (list, tuple)):
            self._applications(names)
        count = len(names) if isinstance(names, (list, tuple)) else 0
        if self._given("continue_on_application_error") is True and count < 2:
            self._say(
                "continue_on_application_error",
                "only with several applications: leave it out",
                None,
            )

    def _applications(self, answers: Sequence[Application]) -> None:
        found: list[str | None] = []
        refused = []
        for answer in answers:
            try:
                found.append(application_from(answer).name)
            except SettingError as error:
                refused.append(error.problem)
        if refused:
            self._say("applications", "; ".join(refused), None)
        elif any(not name or "," in name for name in found):
            self._say("applications", "give each one's model name, without a comma", None)
        elif len(set(found)) < len(found):
            self._say("applications", "give each application once", None)

    def _membership(self) -> None:
        if self._given("capture_workgroup") is not None:
            return
        if self._wizard != BUILD_AND_CAPTURE:
            if self._given("in_domain") is True and "capture_workgroup" not in self._bad:
                self._say(
                    "in_domain",
                    "a member of a domain cannot be prepared for capture: give capture_workgroup, "
                    "which makes it leave the domain first",
                    _WORKGROUP_SOURCE,
                )
        elif self._given("domain") is not None and "capture_workgroup" not in self._bad:
            self._say(
                "capture_workgroup",
                "a computer that joined a domain must join a workgroup before it is captured",
                _WORKGROUP_SOURCE,
            )

    def _destination(self) -> None:
        path = self._text("destination")
        if not path:
            return
        problem = destination_problem(path)
        if problem is not None:
            self._say("destination", problem, f"{_NEW_SEQUENCE} -OperatingSystemFilePath")

    def _accounts(self) -> None:
        for name, secret in (("account", "password"), ("domain_account", "domain_password")):
            if name not in self._fields:
                continue
            self._form(
                name,
                is_account,
                r"give domain\user, or %variable%",
            )
            if self._given(name) is None and self._given(secret) is not None:
                if name not in self._bad:
                    self._say(secret, f"give {name} as well: a password needs its account", None)
            elif self._given(name) is not None and self._given(secret) is None:
                self._say(
                    name,
                    f"it has no {secret}: set it in the editor, or by a variable when it runs",
                    None,
                    warn=True,
                )
        if self._given("account") is None and "account" not in self._bad:
            self._say(
                "account",
                "the computer itself must then be allowed to write to the destination",
                _page(self._fields["account"]),
                warn=True,
            )

    def _package_id(self, name: str) -> None:
        text = self._text(name)
        if text is not None and not is_package_id(text):
            rule = "give a package ID: eight capital letters and digits, as in ABC00010"
            self._say(name, rule, None)


def _is_flag(answer: object) -> bool:
    return isinstance(answer, bool)


_TYPES: dict[Kind, tuple[Callable[[object], bool], str]] = {
    Kind.TEXT: (lambda answer: isinstance(answer, str), "text"),
    Kind.NUMBER: (
        lambda answer: isinstance(answer, int) and not isinstance(answer, bool),
        "a whole number",
    ),
    Kind.FLAG: (_is_flag, "true or false"),
    Kind.SECRET: (lambda answer: isinstance(answer, (str, SecretText)), "text"),
    Kind.TEXTS: (
        lambda answer: (
            isinstance(answer, (list, tuple))
            and all(isinstance(item, (str, ApplicationInfo, Mapping)) for item in answer)
        ),
        "a list of model names, or of objects with name and display_name",
    ),
}


def _texts(answer: object) -> Iterator[str]:
    """Yield the texts that are in an answer."""
    if isinstance(answer, SecretText):
        yield answer.reveal()
    elif isinstance(answer, str):
        yield answer
    elif isinstance(answer, ApplicationInfo):
        yield from _texts(
            [getattr(answer, known.attribute) for known in properties_of(type(answer))]
        )
    elif isinstance(answer, (list, tuple, Mapping)):
        for inner in answer.values() if isinstance(answer, Mapping) else answer:
            yield from _texts(inner)


def _page(field: WizardField) -> str:
    return f"Create Task Sequence Wizard, page {field.page}" if field.page else "choice of the call"


def _shown(field: WizardField, answer: object) -> str:
    if field.is_secret:
        return "***"
    text = _written(answer)
    if isinstance(answer, (list, tuple, Mapping)) and len(text) > _MOST_SHOWN:
        return text[: _MOST_SHOWN - 1] + "…"
    return text


def _written(answer: object) -> str:
    if isinstance(answer, (list, tuple)):
        return f"[{', '.join(map(_written, answer))}]"
    if isinstance(answer, Mapping):
        items = (f"{_written(name)}: {_written(value)}" for name, value in answer.items())
        return f"{{{', '.join(items)}}}"
    return shown_value(answer)
