"""A new export zip around a sequence, in the form of the console's Export Task Sequence.

It holds the properties that make a sequence what it is; what only a site knows (versions, dates,
security) is left to the site that imports it.
"""

from __future__ import annotations

import io
import re
import zipfile
from uuid import NAMESPACE_URL, uuid5

from tasksequence.document.tokens import escape_attribute, escape_text
from tasksequence.errors import DocumentError

__all__ = ["export_zip"]

_PACKAGE_ID = re.compile(r"[A-Z0-9]{8}")
_BOM = "\ufeff"
_SYSTEM_CLASS = "SMS_TaskSequencePackage"
_BASE_CLASS = "SMS_PackageBaseclass"
_PACKAGE_TYPE = "4"
# What the console writes for a new sequence.
_PROGRAM_FLAGS = "152084496"
_WRITTEN = (1980, 1, 1, 0, 0, 0)
_NAMESPACES = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)


def export_zip(
    sequence: bytes, name: str, package_id: str, description: str, boot_image_id: str | None = None
) -> bytes:
    """Return the bytes of an export zip; raises `DocumentError` for a package ID out of form."""
    if not _PACKAGE_ID.fullmatch(package_id):
        raise DocumentError(
            f"the package ID {package_id!r} has not the form of one",
            hint="Give eight capital letters and digits, the site code first: ABC00001.",
        )
    folder = f"{_SYSTEM_CLASS}/{package_id}"
    core = uuid5(NAMESPACE_URL, package_id).hex
    members = {
        f"{folder}/object.xml": _object_xml(sequence, name, package_id, description, boot_image_id),
        "_rels/.rels": _relationships(folder, core),
        f"{folder}/ReferencesInfo.xml": f"{_BOM}<ArrayOfString {_NAMESPACES} />",
        f"{folder}/AppReferencesInfo.xml": f"{_BOM}<ArrayOfString {_NAMESPACES} />",
        "Manifest.xml": _manifest(package_id),
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
            # One fixed time: the same sequence gives the same file.
            archive.writestr(zipfile.ZipInfo(member, _WRITTEN), content.encode("utf-8"))
    return buffer.getvalue()


def _object_xml(
    sequence: bytes, name: str, package_id: str, description: str, boot_image_id: str | None
) -> str:
    site = f"root\\sms\\site_{package_id[:3]}"
    relative = f'{_SYSTEM_CLASS}.PackageID="{package_id}"'
    boot_image = (
        [_property("BootImageID", _SYSTEM_CLASS, "string", boot_image_id)] if boot_image_id else []
    )
    properties = [
        *boot_image,
        _property("Description", _BASE_CLASS, "string", description),
        _property("Name", _BASE_CLASS, "string", name),
        _property("PackageID", _BASE_CLASS, "string", package_id, is_key=True),
        _property("PackageType", _BASE_CLASS, "uint32", _PACKAGE_TYPE),
        _property("ProgramFlags", _SYSTEM_CLASS, "uint32", _PROGRAM_FLAGS),
        _property("Sequence", _SYSTEM_CLASS, "string", sequence.decode("utf-8") + "\r\n"),
    ]
    head = [
        f'<INSTANCE CLASSNAME="{_SYSTEM_CLASS}">',
        '  <QUALIFIER NAME="dynamic" PROPAGATED="true" TYPE="boolean" TOSUBCLASS="false"'
        ' TOINSTANCE="true">',
        "    <VALUE>TRUE</VALUE>",
        "  </QUALIFIER>",
        '  <QUALIFIER NAME="SecurityVerbs" TYPE="sint32" TOSUBCLASS="false">',
        "    <VALUE>-1</VALUE>",
        "  </QUALIFIER>",
        *_system_property("__PATH", f"\\\\.\\{site}:{relative}"),
        *_system_property("__NAMESPACE", site),
        *_system_property("__SERVER", "."),
        '  <PROPERTY.ARRAY NAME="__DERIVATION" CLASSORIGIN="___SYSTEM" TYPE="string">',
        "    <VALUE.ARRAY>",
        f"      <VALUE>{_BASE_CLASS}</VALUE>",
        "      <VALUE>SMS_BaseClass</VALUE>",
        "    </VALUE.ARRAY>",
        "  </PROPERTY.ARRAY>",
        *_system_property("__PROPERTY_COUNT", str(len(properties)), "sint32"),
        *_system_property("__RELPATH", relative),
        *_system_property("__DYNASTY", "SMS_BaseClass"),
        *_system_property("__SUPERCLASS", _BASE_CLASS),
        *_system_property("__CLASS", _SYSTEM_CLASS),
        *_system_property("__GENUS", "2", "sint32"),
    ]
    lines = [*head, *(line for lines in properties for line in lines), "</INSTANCE>"]
    return "\r\n".join(lines)


def _system_property(name: str, value: str, cim_type: str = "string") -> list[str]:
    return [
        f'  <PROPERTY NAME="{name}" CLASSORIGIN="___SYSTEM" TYPE="{cim_type}">',
        f"    <VALUE>{escape_text(value)}</VALUE>",
        "  </PROPERTY>",
    ]


def _property(
    name: str, origin: str, cim_type: str, value: str, *, is_key: bool = False
) -> list[str]:
    qualifiers = [
        '    <QUALIFIER NAME="CIMTYPE" PROPAGATED="true" TYPE="string" TOINSTANCE="true">',
        f"      <VALUE>{cim_type}</VALUE>",
        "    </QUALIFIER>",
    ]
    if is_key:
        qualifiers += [
            '    <QUALIFIER NAME="key" PROPAGATED="true" TYPE="boolean" OVERRIDABLE="false"'
            ' TOINSTANCE="true">',
            "      <VALUE>TRUE</VALUE>",
            "    </QUALIFIER>",
        ]
    return [
        f'  <PROPERTY NAME="{name}" CLASSORIGIN="{origin}" TYPE="{cim_type}">',
        *qualifiers,
        f"    <VALUE>{_text(value)}</VALUE>",
        "  </PROPERTY>",
    ]


def _text(value: str) -> str:
    """Return character data as a site writes it: what needs escaping goes whole into CDATA."""
    try:
        escaped = escape_text(value.replace("\r", ""))
    except ValueError as error:
        raise DocumentError(f"the package cannot be written: {error}") from None
    if escaped == value:
        return value
    return "<![CDATA[" + value.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _relationships(folder: str, core: str) -> str:
    # The console hashes something unknown into these Ids; any unique one reads back.
    identity = uuid5(NAMESPACE_URL, folder).hex.upper()
    return (
        f'{_BOM}<?xml version="1.0" encoding="utf-8"?>'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Type="{_SYSTEM_CLASS}" Target="/{folder}/object.xml"'
        f' TargetMode="External" Id="{_SYSTEM_CLASS}-{identity}{identity}" />'
        '<Relationship Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/'
        f'core-properties" Target="/package/services/metadata/core-properties/{core}.psmdcp"'
        f' Id="R{core[:16]}" /></Relationships>'
    )


def _manifest(package_id: str) -> str:
    path = escape_attribute(f"{_SYSTEM_CLASS}.PackageID='{package_id}'")
    return "\r\n".join(
        [
            f"{_BOM}<LibraryDocument {_NAMESPACES}>",
            "  <Properties />",
            "  <Contents />",
            "  <EntryObjects>",
            f'    <Object Path="{path}" Type="{_SYSTEM_CLASS}" />',
            "  </EntryObjects>",
            "</LibraryDocument>",
        ]
    )
