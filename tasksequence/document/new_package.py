"""A new task sequence package around a sequence, as a site would keep and export it."""

from __future__ import annotations

import re

from tasksequence.document.objects import ExportedObject, OtherProperty
from tasksequence.errors import DocumentError
from tasksequence.model.actions.general import RebootAction
from tasksequence.model.actions.imaging import UpgradeOperatingSystemAction
from tasksequence.model.packages import Reference, TaskSequencePackage
from tasksequence.model.references import references
from tasksequence.model.sequence import TaskSequence
from tasksequence.qualifiers import SequenceCategory
from tasksequence.wmi import properties_of

__all__ = ["deploys_operating_system", "new_package", "package_references"]

_PACKAGE_ID = re.compile(r"[A-Z0-9]{8}")
_GENERIC, _OPERATING_SYSTEM = 1, 2
_PACKAGE, _APPLICATION = 0, 1
# Properties that a site leaves at the default of their class.
_PROPAGATED = frozenset(
    {
        "BaseBoardProductID",
        "DriverManufacturer",
        "DriverModel",
        "DriverOSVersion",
        "DriverPkgVersion",
        "IsVersionCompatible",
        "LocalizedCategoryInstanceNames",
        "NumOfPrograms",
        "PackageSize",
        "PkgSourcePath",
    }
)
# What the console writes for a sequence that nobody has changed the settings of.
_EMPTY_TEXTS = (
    "alternate_content_providers",
    "base_board_product_id",
    "category",
    "custom_high_impact_headline",
    "custom_high_impact_warning",
    "custom_high_impact_warning_install",
    "custom_high_impact_warning_top",
    "custom_progress_msg",
    "dependent_program",
    "driver_manufacturer",
    "driver_model",
    "driver_os_version",
    "driver_pkg_version",
    "isv_string",
    "language",
    "localized_task_sequence_description",
    "localized_task_sequence_name",
    "manufacturer",
    "mif_filename",
    "mif_name",
    "mif_publisher",
    "mif_version",
    "pkg_source_path",
    "pre_download_rule",
    "preferred_address_type",
    "share_name",
    "stored_pkg_path",
    "version",
)


def check_package_ids(package_id: str | None, boot_image_id: str | None) -> None:
    """Raise `DocumentError` for IDs out of form; they become names of folders in an export."""
    for identifier, what in ((package_id, "package"), (boot_image_id, "boot image")):
        if identifier in (None, ""):
            continue
        if not isinstance(identifier, str) or not _PACKAGE_ID.fullmatch(identifier):
            raise DocumentError(
                f"the {what} ID {identifier!r} has not the form of one",
                hint="Give eight capital letters and digits, the site code first: ABC00001.",
            )
    if package_id == "":
        raise DocumentError("the package ID is empty", hint="Give one, as in ABC00001.")


def new_package(
    sequence: TaskSequence,
    *,
    name: str,
    package_id: str,
    description: str = "",
    boot_image_id: str = "",
) -> ExportedObject:
    """Return the package of a new sequence with what the console writes for one.

    Dates, versions and the object's GUID are null: the site that imports it sets them. Raises
    `DocumentError` for a package ID out of form.
    """
    check_package_ids(package_id, boot_image_id)
    site = package_id[:3]
    package = TaskSequencePackage(
        name=name,
        package_id=package_id,
        description=description,
        boot_image_id=boot_image_id,
        action_in_progress=1,
        custom_high_impact_set=0,
        duration=360,
        estimated_download_size_mb=0,
        estimated_run_time_minutes=0,
        high_impact_task_sequence=0,
        package_type=4,
        pkg_flags=0,
        priority=2,
        references=package_references(sequence, boot_image_id) or None,
        # Newer sites write 0 here, whatever the list holds.
        references_count=0,
        restart_required=0,
        secured_scope_names=["Default"],
        source_site=site,
        source_version=1,
        stored_pkg_version=1,
        task_sequence_flags=0,
        ts_enabled=True,
        type=(_OPERATING_SYSTEM if deploys_operating_system(sequence, boot_image_id) else _GENERIC),
    )
    for attribute in _EMPTY_TEXTS:
        setattr(package, attribute, "")
    systems = OtherProperty(
        "PROPERTY.OBJECTARRAY", "object:SMS_OS_Details", package.wmi_name, False, []
    )
    others = {"SupportedOperatingSystems": systems}
    names = [*(known.name for known in properties_of(TaskSequencePackage)), *others]
    return ExportedObject(
        package,
        server=".",
        namespace=f"root\\sms\\site_{site}",
        names=tuple(sorted(names, key=str.casefold)),
        propagated=_PROPAGATED,
        others=others,
    )


def package_references(sequence: TaskSequence, boot_image_id: str = "") -> list[Reference]:
    """Return the References of a sequence's package: the boot image first, then its list."""
    found = [Reference(package=boot_image_id, program="*", type=_PACKAGE)] if boot_image_id else []
    for reference in references(sequence):
        if reference.kind == "application":
            found.append(Reference(package=reference.id, program="", type=_APPLICATION))
        else:
            found.append(
                Reference(package=reference.id, program=reference.program or "*", type=_PACKAGE)
            )
    return found


def deploys_operating_system(sequence: TaskSequence, boot_image_id: str = "") -> bool:
    """Tell whether a site keeps the sequence as one that deploys an operating system.

    So it does in all known exports that have a boot image, or where a step, enabled or not,
    applies, upgrades or captures one or restarts into Windows PE.
    """
    return boot_image_id != "" or any(
        isinstance(step, UpgradeOperatingSystemAction)
        or (isinstance(step, RebootAction) and (step.target or "").casefold() == "winpe")
        or any(isinstance(qualifier, SequenceCategory) for qualifier in type(step).wmi_qualifiers)
        for step in sequence.walk()
    )
