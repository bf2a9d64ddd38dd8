"""Checking a file's structure against the schemas that come with this library.

Far slower than the model's own rules, and apart from them: the schemas know where elements and
attributes may stand and which variables a step type has; the classes know what values may be.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from tasksequence.document.containers import Container
from tasksequence.document.source import Source
from tasksequence.errors import DocumentError

if TYPE_CHECKING:
    import xmlschema

__all__ = ["SchemaViolation", "schema_violations", "schemas_folder"]

_STEP_TAGS = frozenset({"step", "group", "subtasksequence"})


@attrs.frozen(kw_only=True)
class SchemaViolation:
    """One place where a file's structure is not that of its kind."""

    line: int
    """Line in the file, or in the member of a zip, from 1."""
    path: str
    """XPath of the element."""
    step: tuple[str, ...]
    """Path of the step: names of its groups, then its own."""
    message: str
    """What is wrong; never holds a variable's value."""
    schema: str
    """The schema that says so."""
    member: str | None = None
    """Member of the zip."""

    def __str__(self) -> str:
        place = " > ".join(self.step) or self.path
        member = f"{self.member}, " if self.member is not None else ""
        return f"{member}line {self.line}, {place}: {self.message} ({self.schema})"


def schemas_folder() -> Path:
    """Return the folder of the schemas: in the package, or in the project that it lies in."""
    packaged = Path(str(files("tasksequence"))) / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "schemas"


def schema_violations(container: Container) -> tuple[SchemaViolation, ...]:
    """Check all sequences of a file, the packages around them, and the other objects of a zip.

    Raises `DocumentError` where xmlschema and lxml are not installed (extra: schema).
    """
    sources: dict[int, tuple[Source, str | None]] = {}
    for location in container.locations:
        for source in (location.outer, location.source):
            if source is not None:
                sources[id(source)] = source, location.member
    for place in container.objects:
        for instance in container.instances_of(place):
            sources.setdefault(id(instance.source), (instance.source, place.member))
    return tuple(
        violation
        for source, member in sources.values()
        for violation in _check(source, _schema_of(source), member)
    )


def _schema_of(source: Source) -> str:
    root = source.root
    if root.tag == "sequence":
        return "mdt-sequence.xsd" if "name" in root.attributes else "sequence.xsd"
    return "object.xsd" if root.tag == "INSTANCE" else "SmsTaskSequencePackage.xsd"


@cache
def _schema(name: str) -> xmlschema.XMLSchema11:
    try:
        import xmlschema
    except ImportError as error:
        raise DocumentError(
            f"schemas cannot be checked here: {error}",
            hint="Install what that needs: pip install 'tasksequence[schema]'.",
        ) from None
    return xmlschema.XMLSchema11(str(schemas_folder() / name), allow="local")


def _check(source: Source, name: str, member: str | None) -> list[SchemaViolation]:
    schema = _schema(name)
    from lxml import etree

    # The text has passed this library's own limits, and holds no DOCTYPE. Whatever encoding it
    # declares, here it is UTF-8.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    root: Any = etree.fromstring(source.text, parser)
    found = []
    # What the file says of the place of its schema is not followed.
    for error in schema.iter_errors(root, use_location_hints=False):
        element: Any = error.elem
        if element is None:
            element = root
        found.append(
            SchemaViolation(
                line=source.first_line + (element.sourceline or 1) - 1,
                path=error.path or "/",
                step=_step_path(element),
                message=_message(error, element),
                schema=name,
                member=member,
            )
        )
    return found


def _step_path(element: Any) -> tuple[str, ...]:
    around = [element, *element.iterancestors()]
    return tuple(e.get("name", "") for e in reversed(around) if e.tag in _STEP_TAGS)


def _message(error: Any, element: Any) -> str:
    reason = str(error.reason or error.message).strip()
    if element.tag == "variable" and reason.startswith("attribute property="):
        step = next((e for e in element.iterancestors() if e.tag in _STEP_TAGS), None)
        type_name = step.get("type") if step is not None else None
        return f"{type_name} has no property {element.get('property')!r}"
    if element.tag == "variable" and reason.startswith("attribute name="):
        expression = element.getparent()
        return f"{expression.get('type')} has no property {element.get('name')!r}"
    if element.tag == "INSTANCE" and "assertion" in reason:
        return f"{element.get('CLASSNAME')} lacks a property that stands here: {_strange(element)}"
    if "invalid literal" in reason or reason.startswith("invalid value"):
        wanted = getattr(error.validator, "local_name", None) or "number"
        what, colon, _ = reason.partition(":")
        return f"{what if colon and what.startswith('attribute ') else 'the text'} is no {wanted}"
    return reason.splitlines()[0]


def _strange(element: Any) -> str:
    from tasksequence.document.objects import object_registry
    from tasksequence.wmi import properties_of

    known = {p.name for p in properties_of(object_registry[element.get("CLASSNAME")])}
    names = [child.get("NAME", "") for child in element if isinstance(child.tag, str)]
    strange = [n for n in names if n not in known and not n.startswith("__")]
    others = {"dynamic", "SecurityVerbs", "SupportedOperatingSystems"}
    return ", ".join(name for name in strange if name not in others)
