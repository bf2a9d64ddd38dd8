"""A new export zip around sequences, in the form of the console's Export Task Sequence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

import attrs

from tasksequence.document.object_xml import object_xml
from tasksequence.document.objects import ExportedObject
from tasksequence.document.tokens import escape_attribute, escape_text
from tasksequence.errors import DocumentError
from tasksequence.model.actions.drivers import ApplyDriverPackageAction
from tasksequence.model.actions.general import SubTasksequence
from tasksequence.model.actions.imaging import (
    ApplyOperatingSystemAction,
    UpgradeOperatingSystemAction,
)
from tasksequence.model.packages import TaskSequencePackage
from tasksequence.model.sequence import TaskSequence

__all__ = ["ExportedSequence", "export_zip"]

_BOM = "\ufeff"
_PACKAGE, _TASK_SEQUENCE, _DRIVERS = 0, 4, 3
_IMAGE, _BOOT_IMAGE, _INSTALL = 257, 258, 259
_APPLICATION = 1
_WRITTEN = (1980, 1, 1, 0, 0, 0)
_NAMESPACES = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)


@attrs.frozen
class ExportedSequence:
    """A sequence with the package that is to hold it."""

    package: ExportedObject
    sequence: TaskSequence
    text: bytes = attrs.field(repr=False)
    """The `<sequence>` element."""


def export_zip(sequences: Sequence[ExportedSequence]) -> bytes:
    """Return the bytes of an export zip; raises `DocumentError` for text that XML cannot hold.

    Members are stored, as the console stores them, with one fixed time: the same sequences give
    the same file.
    """
    paths = [_folder(exported) for exported in sequences]
    if len(set(paths)) != len(paths):
        raise DocumentError(
            "two sequences of one export have the same package ID", hint="Give each its own."
        )
    core = uuid5(NAMESPACE_URL, " ".join(paths)).hex
    members: dict[str, str] = {}
    for exported, folder in zip(sequences, paths, strict=True):
        text = exported.text.decode("utf-8")
        members[f"{folder}/object.xml"] = object_xml(exported.package, sequence=text)
        # It stands directly behind the first object.
        members.setdefault("_rels/.rels", _relationships(paths, core))
        members[f"{folder}/ReferencesInfo.xml"] = _strings(_package_infos(exported))
        members[f"{folder}/AppReferencesInfo.xml"] = _strings(_application_infos(exported))
    members |= {
        "Manifest.xml": _manifest([_package_id(exported) for exported in sequences]),
        f"package/services/metadata/core-properties/{core}.psmdcp": (
            f'{_BOM}<?xml version="1.0" encoding="utf-8"?><coreProperties'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
            ' xmlns:dcterms="http://purl.org/dc/terms/"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            ' xmlns="http://schemas.openxmlformats.org/package/2006/metadata/core-properties">'
            "<dc:description /></coreProperties>"
        ),
        "[Content_Types].xml": (
            f'{_BOM}<?xml version="1.0" encoding="utf-8"?>'
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="text/xml" />'
            '<Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml" />'
            '<Default Extension="psmdcp"'
            ' ContentType="application/vnd.openxmlformats-package.core-properties+xml" />'
            "</Types>"
        ),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, _WRITTEN), content.encode("utf-8"))
    return buffer.getvalue()


def _package(exported: ExportedSequence) -> TaskSequencePackage:
    package = exported.package.value
    assert isinstance(package, TaskSequencePackage)
    return package


def _package_id(exported: ExportedSequence) -> str:
    return _package(exported).package_id or ""


def _folder(exported: ExportedSequence) -> str:
    return f"{TaskSequencePackage.wmi_name}/{_package_id(exported)}"


def _strings(infos: list[str]) -> str:
    """Return texts as a site serialises a list of them."""
    if not infos:
        return f"{_BOM}<ArrayOfString {_NAMESPACES} />"
    lines = [f"  <string>{escape_text(info, _CRLF)}</string>" for info in infos]
    return _CRLF.join([f"{_BOM}<ArrayOfString {_NAMESPACES}>", *lines, "</ArrayOfString>"])


_CRLF = "\r\n"


def _package_infos(exported: ExportedSequence) -> list[str]:
    package = _package(exported)
    types = _package_types(exported.sequence)
    infos = []
    for reference in package.references or []:
        if reference.type == _APPLICATION or reference.package is None:
            continue
        kind = types.get(reference.package, _PACKAGE)
        if reference.package == package.boot_image_id:
            kind = _BOOT_IMAGE
        infos.append(
            _info(
                "SMS_TaskSequenceReferencesInfo",
                ("PackageID", "string", _package_id(exported)),
                ("ProgramName", "string", "*"),
                ("ReferenceDescription", "string", ""),
                ("ReferenceName", "string", ""),
                ("ReferencePackageID", "string", reference.package),
                ("ReferencePackageType", "uint32", str(kind)),
                ("ReferenceProgramName", "string", reference.program or "*"),
                ("ReferenceVersion", "string", ""),
            )
        )
    return infos


def _application_infos(exported: ExportedSequence) -> list[str]:
    # Its number and content package are the site's own.
    return [
        _info(
            "SMS_TaskSequenceAppReferencesInfo",
            ("PackageID", "string", _package_id(exported)),
            ("RefAppCI_ID", "sint32", "0"),
            ("RefAppModelName", "string", reference.package),
            ("RefAppPackageID", "string", ""),
        )
        for reference in _package(exported).references or []
        if reference.type == _APPLICATION and reference.package is not None
    ]


def _info(class_name: str, *properties: tuple[str, str, str]) -> str:
    lines = [
        f'<INSTANCE CLASSNAME="{class_name}">',
        '  <PROPERTY TYPE="string" NAME="__RELPATH">',
        "    <VALUE></VALUE>",
        "  </PROPERTY>",
    ]
    for name, type_name, value in properties:
        lines += [
            f'  <PROPERTY NAME="{name}" TYPE="{type_name}">',
            f"    <VALUE>{escape_text(value)}</VALUE>",
            "  </PROPERTY>",
        ]
    return "\n".join([*lines, "</INSTANCE>"])


def _package_types(sequence: TaskSequence) -> dict[str, int]:
    """Return what kind of package each identifier is, as far as the steps tell."""
    types: dict[str, int] = {}

    def note(identifier: str | None, kind: int) -> None:
        if identifier:
            types.setdefault(identifier, kind)

    for step in sequence.walk():
        if isinstance(step, ApplyOperatingSystemAction):
            note(step.image_package_id, _IMAGE)
            note(step.install_package_id, _INSTALL)
        elif isinstance(step, UpgradeOperatingSystemAction):
            note(step.install_package_id, _INSTALL)
        elif isinstance(step, ApplyDriverPackageAction):
            note(step.driver_package_id, _DRIVERS)
        elif isinstance(step, SubTasksequence):
            note(step.ts_package_id, _TASK_SEQUENCE)
    return types


def _relationships(folders: Sequence[str], core: str) -> str:
    system = TaskSequencePackage.wmi_name
    parts = [
        f'{_BOM}<?xml version="1.0" encoding="utf-8"?>'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    ]
    for folder in folders:
        # The console hashes something unknown into these Ids; any unique one reads back.
        identity = uuid5(NAMESPACE_URL, folder).hex.upper()
        parts.append(
            f'<Relationship Type="{system}" Target="/{folder}/object.xml"'
            f' TargetMode="External" Id="{system}-{identity}{identity}" />'
        )
    parts.append(
        '<Relationship Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/'
        f'core-properties" Target="/package/services/metadata/core-properties/{core}.psmdcp"'
        f' Id="R{core[:16]}" /></Relationships>'
    )
    return "".join(parts)


def _manifest(package_ids: Sequence[str]) -> str:
    system = TaskSequencePackage.wmi_name
    paths = [escape_attribute(f"{system}.PackageID='{known}'") for known in package_ids]
    objects = [f'    <Object Path="{path}" Type="{system}" />' for path in paths]
    return _CRLF.join(
        [
            f"{_BOM}<LibraryDocument {_NAMESPACES}>",
            "  <Properties />",
            "  <Contents />",
            "  <EntryObjects>",
            *objects,
            "  </EntryObjects>",
            "</LibraryDocument>",
        ]
    )
