"""The same sequence in another container."""

from __future__ import annotations

from typing import Literal

import attrs

from tasksequence.document.document import Document
from tasksequence.document.export import ExportedSequence, export_zip
from tasksequence.document.new_package import check_package_ids, new_package, package_references
from tasksequence.document.object_xml import object_xml
from tasksequence.document.objects import ExportedObject
from tasksequence.document.secret_choice import SecretChoice, check_choice
from tasksequence.document.site_methods import export_xml
from tasksequence.document.tokens import escape_text
from tasksequence.document.zipped import ZipContainer
from tasksequence.errors import DocumentError
from tasksequence.model.packages import TaskSequencePackage
from tasksequence.model.references import references
from tasksequence.model.sequence import TaskSequence

__all__ = ["TargetKind", "convert"]

TargetKind = Literal["zip", "object", "package", "sequence"]


def convert(
    document: Document,
    to: TargetKind,
    *,
    part: int = 0,
    name: str | None = None,
    package_id: str | None = None,
    boot_image_id: str | None = None,
    secrets: SecretChoice | None = None,
) -> bytes:
    """Return one sequence of a document, as it is now, in another container.

    `to` is an export zip, an object.xml, the older SmsTaskSequencePackage file, or the bare
    sequence. The sequence's own bytes stay, in UTF-8. A package keeps its properties, and where
    there is none it gets those of a new one: then `package_id` is needed, and `name` where the
    file has no name. `secrets="blank"` clears all passwords and product keys, as the console's
    export does; without a choice those of the file stay, and one that was set in the model is an
    error. Raises `DocumentError` for a sequence of MDT, which no site takes, and where something
    is missing.
    """
    located = document.parts[part]
    check_choice(secrets)
    check_package_ids(package_id, boot_image_id)
    text = document.sequence_text(part, secrets=secrets).decode("utf-8")
    if secrets == "blank":
        text = export_xml(text)
    if to == "sequence":
        return text.encode("utf-8")
    if "name" in located.sequence._origin.element.attributes:
        raise DocumentError(
            "is a sequence of MDT, which Configuration Manager does not take as it is",
            path=str(document.path) if document.path is not None else "<bytes>",
            hint="Convert it to a bare sequence (sequence), which keeps its dialect.",
        )
    held = _held(document, part)
    is_as_it_was = (name, package_id, boot_image_id) == (None, None, None) and secrets != "blank"
    if to == "object" and is_as_it_was and located.member is not None and held is not None:
        return ZipContainer(
            document.to_bytes(secrets=secrets), name=None, limits=document.limits
        ).read(located.member)
    package = _package(document, part, held, name, package_id, boot_image_id)
    if to == "object":
        return object_xml(package, sequence=text).encode("utf-8")
    if to == "zip":
        return export_zip([ExportedSequence(package, located.sequence, text.encode("utf-8"))])
    return _older_package(package, text).encode("utf-8")


def _package(
    document: Document,
    part: int,
    held: ExportedObject | None,
    name: str | None,
    package_id: str | None,
    boot_image_id: str | None,
) -> ExportedObject:
    """Return the package that holds a sequence, as it is asked for, or a new one."""
    located = document.parts[part]
    if held is not None:
        package = held.value
        assert isinstance(package, TaskSequencePackage)
        changed = _changed(package, located.sequence, name, package_id, boot_image_id)
        return attrs.evolve(held, value=changed, origin=None)
    chosen = name if name is not None else located.name
    missing = "name" if chosen is None else "package ID" if package_id is None else None
    if missing is not None or chosen is None or package_id is None:
        raise DocumentError(
            f"has no {missing}, which a package needs",
            path=str(document.path) if document.path is not None else "<bytes>",
            hint="Give --package-name and --package-id (name= and package_id=), as in ABC00001.",
        )
    return new_package(
        located.sequence, name=chosen, package_id=package_id, boot_image_id=boot_image_id or ""
    )


def _held(document: Document, part: int) -> ExportedObject | None:
    """Return the package that holds a sequence in its file."""
    located = document.parts[part]
    for exported in document.objects if located.package_id is not None else ():
        package = exported.value
        if (
            isinstance(package, TaskSequencePackage)
            and package.package_id == located.package_id
            and exported.member == located.member
        ):
            return exported
    return None


def _changed(
    package: TaskSequencePackage,
    sequence: TaskSequence,
    name: str | None,
    package_id: str | None,
    boot_image_id: str | None,
) -> TaskSequencePackage:
    """Return a package with what was asked for, and the references of a changed sequence."""
    twin = package.replace()
    if name is not None:
        twin.name = name
    if package_id is not None:
        twin.package_id = package_id
    if boot_image_id is not None:
        twin.boot_image_id = boot_image_id
    referred_before, _ = sequence._origin.extra
    if boot_image_id is not None or references(sequence) != referred_before:
        # References is read only for everybody but the site's SetSequence.
        found = package_references(sequence, twin.boot_image_id or "")
        object.__setattr__(twin, "references", found or None)
    return twin


def _older_package(exported: ExportedObject, sequence: str) -> str:
    """Return the file that MDT's templates for Configuration Manager have."""
    package = exported.value
    assert isinstance(package, TaskSequencePackage)
    values = {
        "BootImageID": package.boot_image_id,
        "Category": package.category,
        "DependentProgram": package.dependent_program,
        "Description": package.description,
        "Duration": package.duration,
        "Name": package.name,
        "ProgramFlags": package.program_flags,
    }
    lines = [
        '<?xml version="1.0"?>',
        '<SmsTaskSequencePackage xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">',
    ]
    for name, value in values.items():
        lines.append(
            f"  <{name} />"
            if value in (None, "")
            else f"  <{name}>{escape_text(str(value))}</{name}>"
        )
    lines += [
        f"  <SequenceData>{sequence}</SequenceData>",
        "  <SupportedOperatingSystems />",
        "  <IconSize>0</IconSize>",
        "</SmsTaskSequencePackage>",
    ]
    return "\r\n".join(lines)
