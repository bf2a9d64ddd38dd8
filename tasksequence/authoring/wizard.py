"""The Create Task Sequence Wizard as functions: build and capture, and capture alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from tasksequence.authoring.applications import Application, application_from
from tasksequence.authoring.conditions import Variable, when
from tasksequence.authoring.fields import BUILD_AND_CAPTURE, CAPTURE_ONLY
from tasksequence.authoring.partitions import partition_steps
from tasksequence.authoring.rules import check
from tasksequence.authoring.step_names import STEP_NAMES
from tasksequence.document.document import Document
from tasksequence.document.secret_choice import SecretChoice
from tasksequence.errors import AuthoringError, DocumentError, FieldProblem
from tasksequence.model.actions.drivers import AutoApplyAction
from tasksequence.model.actions.general import RebootAction
from tasksequence.model.actions.imaging import (
    ApplyOperatingSystemAction,
    CaptureSystemImageAction,
    InstallDeployToolsAction,
    PrepareOSAction,
    PrepareSMSClientAction,
    SetupWindowsAndSMSAction,
)
from tasksequence.model.actions.network import (
    ApplyNetworkSettingsAction,
    JoinDomainWorkgroupAction,
)
from tasksequence.model.actions.settings import ApplyWindowsSettingsAction
from tasksequence.model.actions.software import (
    InstallApplicationAction,
    InstallUpdateAction,
)
from tasksequence.model.base import Step
from tasksequence.model.condition import Condition
from tasksequence.model.sequence import Group, TaskSequence
from tasksequence.secret_text import SecretText

__all__ = ["NewSequence", "build_and_capture", "capture_only"]

Secret = SecretText | str
Names = Literal["documented", "wizard", "editor"]
Architecture = Literal["x86", "x64", "arm64"]

_JOIN_WORKGROUP = 1
_JOIN_DOMAIN = 0
_WORKGROUP = "WORKGROUP"
_RESTART_SECONDS = 10
_LICENSING = {"per-seat": "PerSeat", "per-server": "PerServer"}
_UPDATES = {"required": "Mandatory", "all": "All"}


@attrs.frozen(kw_only=True)
class NewSequence:
    """What a wizard made: the sequence, and the properties of the package that is to hold it."""

    sequence: TaskSequence
    name: str
    description: str
    boot_image: str
    """Package ID of the boot image: SMS_TaskSequencePackage.BootImageID."""
    warnings: tuple[FieldProblem, ...] = ()
    """What is allowed and yet likely to fail on the device."""

    def document(
        self, package_id: str | None = None, *, secrets: SecretChoice | None = None
    ) -> Document:
        """Return a document: a bare `<sequence>`, or with a package ID an export zip.

        Name, description and boot image belong to the package: a bare sequence has no place for
        them. `secrets` says what becomes of passwords and keys among the answers, as for
        `Document.new`. Raises `DocumentError` for a package ID out of form, and for a secret
        without that choice.
        """
        if package_id is None:
            return Document.new(self.sequence, secrets=secrets)
        return Document.new_export(
            self.sequence,
            name=self.name,
            package_id=package_id,
            description=self.description,
            boot_image_id=self.boot_image,
            secrets=secrets,
        )

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        package_id: str | None = None,
        secrets: SecretChoice | None = None,
    ) -> None:
        """Write the document to a file, whole or not at all; a `.zip` needs a package ID.

        `secrets` is as for `document`. Raises `DocumentError` where path and ID do not fit, and
        where the file cannot be written.
        """
        if os.fspath(path).lower().endswith(".zip") is not (package_id is not None):
            raise DocumentError(
                "an export zip holds a package, which has an ID; a bare sequence has none",
                path=os.fspath(path),
                hint="Give a name that ends in .zip and package_id, or neither of them.",
            )
        self.document(package_id, secrets=secrets).save(path)


def build_and_capture(
    *,
    name: str,
    boot_image: str,
    client_package: str,
    destination: str,
    image_package: str | None = None,
    description: str = "",
    install_package: str | None = None,
    image_index: int = 1,
    product_key: Secret | None = None,
    server_licensing: Literal["per-seat", "per-server"] | None = None,
    max_server_connections: int | None = None,
    admin_password: Secret | None = None,
    registered_user: str = "User",
    registered_organization: str = "Organization",
    time_zone: str = "UTC",
    workgroup: str | None = None,
    domain: str | None = None,
    domain_ou: str | None = None,
    domain_account: str | None = None,
    domain_password: Secret | None = None,
    client_properties: str | None = None,
    updates: Literal["required", "all", "none"] = "required",
    applications: Sequence[Application] = (),
    continue_on_application_error: bool = False,
    sysprep_package: str | None = None,
    capture_workgroup: str | None = None,
    created_by: str | None = None,
    version: str = "",
    image_description: str | None = None,
    account: str | None = None,
    password: Secret | None = None,
    names: Names = "documented",
    firmware: Literal["bios", "uefi", "both"] = "both",
    partition_disk: bool = True,
    boot_image_architecture: Architecture | None = None,
    target_architecture: Architecture | None = None,
    image_count: int | None = None,
) -> NewSequence:
    r"""Make the sequence that builds a reference computer and captures it.

    Each argument is a field of the wizard "Build and capture a reference operating system image";
    docs/authoring.md lists them by page. Either `image_package` or `install_package` is installed;
    without `workgroup` and `domain` the computer joins the workgroup WORKGROUP. It joins
    `capture_workgroup` before it is captured, by default the same one; a computer that joined a
    `domain` needs it given. `destination` is a UNC path of a `.wim`, accounts are `domain\user` or
    `%variable%`. Where the wizard asks the site or the user's session (owner, organization, time
    zone) the defaults are fixed, so that the same call makes the same sequence.

    Raises `AuthoringError` with every rule that the answers break; then nothing was made.
    """
    # First of all: the arguments and nothing else.
    answers: dict[str, Any] = dict(locals())
    warnings = _checked(BUILD_AND_CAPTURE, answers)
    called = _Names(names)
    if workgroup is None and domain is None:
        workgroup = _WORKGROUP
    build: list[Step] = [
        RebootAction(
            name=called["restart"],
            target="WinPE",
            message="A new Windows is being installed. The computer restarts to continue.",
            message_timeout=_RESTART_SECONDS,
            condition=when(Variable("_SMSTSInWinPE") == "false"),
        )
    ]
    if partition_disk:
        build += partition_steps(firmware, called["partition"])
    build += [
        ApplyOperatingSystemAction(
            name=called["apply_os"],
            image_package_id=image_package,
            image_index=image_index if image_package is not None else None,
            install_package_id=install_package,
            install_edition_index=image_index if install_package is not None else None,
        ),
        ApplyWindowsSettingsAction(
            name=called["windows_settings"],
            registered_user_name=registered_user,
            registered_org_name=registered_organization,
            time_zone=time_zone,
            product_key=_secret(product_key),
            server_license_mode=_LICENSING.get(server_licensing or ""),
            server_license_connection_limit=max_server_connections,
            random_admin_password=admin_password is None,
            admin_password=_secret(admin_password),
        ),
        ApplyNetworkSettingsAction(
            name=called["network_settings"],
            network_join_type=_JOIN_WORKGROUP if domain is None else _JOIN_DOMAIN,
            workgroup_name=workgroup,
            domain_name=domain,
            domain_ou_name=domain_ou,
            domain_username=domain_account,
            domain_password=_secret(domain_password),
            # The class page leaves the default of its base; the page of the steps says this.
            supported_environment="WinPE",
        ),
        AutoApplyAction(name=called["drivers"], condition=_unless_full_media()),
        SetupWindowsAndSMSAction(
            name=called["setup"],
            client_package_id=client_package,
            client_install_properties=client_properties,
        ),
    ]
    if updates != "none":
        build.append(
            InstallUpdateAction(
                name=called["updates"], target=_UPDATES[updates], condition=_unless_full_media()
            )
        )
    if applications:
        build.append(
            _install_applications(
                called["applications"], applications, continue_on_application_error
            )
        )
    capture: list[Step] = [
        _join_workgroup(called["workgroup"], capture_workgroup or workgroup or _WORKGROUP),
        PrepareSMSClientAction(name=called["prepare_client"]),
    ]
    if sysprep_package is not None:
        capture.append(
            InstallDeployToolsAction(
                name=called["deploy_tools"], sysprep_package_id=sysprep_package
            )
        )
    capture += [
        PrepareOSAction(name=called["prepare_os"]),
        _capture(called["capture_image"], answers),
    ]
    groups: list[Step] = [
        Group(name=called["build"], description="Builds the reference computer.", steps=build),
        Group(
            name=called["capture"],
            description="Prepares the reference computer and captures it.",
            steps=capture,
        ),
    ]
    return NewSequence(
        sequence=TaskSequence(steps=groups),
        name=name,
        description=description,
        boot_image=boot_image,
        warnings=warnings,
    )


def capture_only(
    *,
    name: str,
    boot_image: str,
    destination: str,
    description: str = "",
    client_installed: bool = True,
    in_domain: bool = False,
    capture_workgroup: str | None = None,
    step_name: str | None = None,
    step_description: str = "",
    created_by: str | None = None,
    version: str = "",
    image_description: str | None = None,
    account: str | None = None,
    password: Secret | None = None,
    names: Names = "documented",
    boot_image_architecture: Architecture | None = None,
    target_architecture: Architecture | None = None,
) -> NewSequence:
    """Make the sequence that captures an existing reference computer.

    The custom sequence of the console, for which no wizard page and no cmdlet exists: the client
    is prepared only where it is installed, Windows is prepared and restarts into Windows PE, and
    the volumes are captured. A computer that is in a domain must leave it first:
    `capture_workgroup` adds the step for that. The steps have the names of the editor, in which
    the documented way adds them by hand; `names="wizard"` gives those of the wizard's table.

    Raises `AuthoringError` with every rule that the answers break; then nothing was made.
    """
    answers: dict[str, Any] = dict(locals())
    warnings = _checked(CAPTURE_ONLY, answers)
    called = _Names("editor" if names == "documented" else names)
    steps: list[Step] = []
    if capture_workgroup is not None:
        steps.append(_join_workgroup(called["workgroup"], capture_workgroup))
    if client_installed:
        steps.append(PrepareSMSClientAction(name=called["prepare_client"]))
    capture = _capture(step_name or called["capture_image"], answers)
    capture.description = step_description
    steps += [PrepareOSAction(name=called["prepare_os"]), capture]
    return NewSequence(
        sequence=TaskSequence(steps=steps),
        name=name,
        description=description,
        boot_image=boot_image,
        warnings=warnings,
    )


class _Names:
    def __init__(self, column: str) -> None:
        self._column = column

    def __getitem__(self, role: str) -> str:
        name: str = getattr(STEP_NAMES[role], self._column)
        return name


def _checked(wizard: str, answers: Mapping[str, object]) -> tuple[FieldProblem, ...]:
    problems, warnings = check(wizard, answers)
    if problems:
        raise AuthoringError(problems)
    return warnings


def _secret(value: Secret | None) -> SecretText | None:
    return SecretText(value) if isinstance(value, str) else value


def _unless_full_media() -> Condition:
    return when(Variable("_SMSTSMediaType") != "FullMedia")


def _join_workgroup(name: str, workgroup: str) -> JoinDomainWorkgroupAction:
    return JoinDomainWorkgroupAction(name=name, type=_JOIN_WORKGROUP, workgroup_name=workgroup)


def _install_applications(
    name: str, applications: Sequence[Application], go_on: bool
) -> InstallApplicationAction:
    found = [application_from(application) for application in applications]
    return InstallApplicationAction(
        name=name,
        application_name=",".join(app.name or "" for app in found),
        app_info=found,
        num_apps=len(found),
        continue_on_install_error=go_on,
        # Its class page says both; the page of the steps and every export say this.
        supported_environment="FullOS",
    )


def _capture(name: str, answers: Mapping[str, Any]) -> CaptureSystemImageAction:
    return CaptureSystemImageAction(
        name=name,
        capture_destination=answers["destination"],
        capture_username=answers["account"],
        capture_password=_secret(answers["password"]),
        image_creator=answers["created_by"],
        image_description=answers["image_description"],
        image_version=answers["version"],
    )
