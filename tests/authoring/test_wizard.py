"""The wizards make what the documented table and the wizard-made export say."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import tasksequence as ts
from tasksequence.authoring.fields import FIELDS, fields_of
from tasksequence.wmi import properties_of

MINIMAL: Mapping[str, Any] = {
    "name": "Build",
    "boot_image": "ABC00005",
    "image_package": "ABC00010",
    "client_package": "ABC00003",
    "destination": r"\\server\images\reference.wim",
    "account": r"CONTOSO\capture",
}

IN_WINPE = 'variable _SMSTSInWinPE equals "false"'
NO_CACHE = "variable _SMSTSClientCache does not exist"
NO_FULL_MEDIA = 'variable _SMSTSMediaType does not equal "FullMedia"'
# Documented name, wizard name, editor name, class, where it runs, condition; None: a group.
TABLE = [
    ("Build the Reference Computer", None, None, "Group", None, None),
    (
        "Restart in Windows PE", "Restart in Windows PE", "Reboot to Windows PE or hard disk",
        "RebootAction", "WinPEandFullOS", IN_WINPE,
    ),
    (
        "Partition Disk 0", "Partition Disk 0", "Format and Partition Disk",
        "PartitionDiskAction", "WinPE", NO_CACHE,
    ),
    ("Apply Operating System", None, None, "ApplyOperatingSystemAction", "WinPE", None),
    ("Apply Windows Settings", None, None, "ApplyWindowsSettingsAction", "WinPE", None),
    ("Apply Network Settings", None, None, "ApplyNetworkSettingsAction", "WinPE", None),
    (
        "Apply Device Drivers", "Apply Device Drivers", "Auto Apply Drivers",
        "AutoApplyAction", "WinPE", NO_FULL_MEDIA,
    ),
    ("Setup Windows and ConfigMgr", None, None, "SetupWindowsAndSMSAction", "WinPEandFullOS", None),
    (
        "Install Updates", "Install Updates", "Install Software Updates",
        "InstallUpdateAction", "FullOS", NO_FULL_MEDIA,
    ),
    ("Capture the Reference Computer", None, None, "Group", None, None),
    (
        "Join Workgroup", "Join Workgroup", "Join Domain or Workgroup",
        "JoinDomainWorkgroupAction", "FullOS", None,
    ),
    (
        "Prepare ConfigMgr Client for Capture", "Prepare ConfigMgr Client",
        "Prepare ConfigMgr Client for Capture", "PrepareSMSClientAction", "FullOS", None,
    ),
    (
        "Prepare Operating System", "Prepare Operating System", "Prepare Windows for Capture",
        "PrepareOSAction", "FullOS", None,
    ),
    (
        "Capture Operating System Image", "Capture the Reference Machine",
        "Capture Operating System Image", "CaptureSystemImageAction", "WinPE", None,
    ),
]  # fmt: skip


def made(**answers: Any) -> ts.NewSequence:
    return ts.build_and_capture(**{**MINIMAL, **answers})


def rows(sequence: ts.TaskSequence) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (
            step.name,
            type(step).__name__,
            step.supported_environment if isinstance(step, ts.Action) else None,
            str(step.condition) if step.condition is not None else None,
        )
        for step in sequence.walk()
    ]


def one(sequence: ts.NewSequence, cls: type[Any]) -> Any:
    (found,) = [step for step in sequence.sequence.walk() if isinstance(step, cls)]
    return found


def wizard_catalogue(corpus_dir: Path) -> Any:
    path = corpus_dir.parent / "catalogue" / "build-and-capture.json"
    if not path.is_file():
        pytest.skip(f"no catalogue at {path}")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("names", "column"), [("documented", 0), ("wizard", 1), ("editor", 2)])
def test_the_table_row_by_row(names: str, column: int) -> None:
    expected = [(row[column] or row[0], row[3], row[4], row[5]) for row in TABLE]
    assert rows(made(names=names, firmware="bios").sequence) == expected
    # UEFI alone differs in the partitions, not in the row.
    assert rows(made(names=names, firmware="uefi").sequence) == expected


def test_both_firmwares_are_two_partition_steps_with_their_conditions() -> None:
    found = rows(made().sequence)
    assert found[2:4] == [
        (
            "Partition Disk 0 - BIOS", "PartitionDiskAction", "WinPE",
            f'{NO_CACHE} and variable _SMSTSBootUEFI does not equal "true"',
        ),
        (
            "Partition Disk 0 - UEFI", "PartitionDiskAction", "WinPE",
            f'{NO_CACHE} and variable _SMSTSBootUEFI equals "true"',
        ),
    ]  # fmt: skip
    del found[2:4]
    assert found == [
        (row[0], row[3], row[4], row[5]) for row in TABLE if row[0] != "Partition Disk 0"
    ]


@pytest.mark.corpus
def test_the_table_is_that_of_the_document(corpus_dir: Path) -> None:
    document = next((corpus_dir.parent / "seeds").glob("002_*.txt"), None)
    if document is None:
        pytest.skip(f"the document is not beside {corpus_dir}")
    lines = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in document.read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and not line.startswith("|-")
    ]
    heads = [i for i, cells in enumerate(lines) if cells[0].startswith(("New Task", "Task Seq"))]
    naming, sequence = lines[heads[0] + 1 : heads[1]], lines[heads[1] + 1 :]
    assert [name.split(" - **")[0] for name, _ in sequence] == [row[0] for row in TABLE]
    differing = [(row[1], row[2]) for row in TABLE if row[1] is not None]
    assert sorted(map(tuple, naming)) == sorted(differing)
    for (_, text), row in zip(sequence, TABLE, strict=True):
        named = re.findall(r"\*\*(_SMSTS\w+)\*\*", text)
        assert bool(named) == (row[5] is not None)
        assert all(name in (row[5] or "") for name in named)


@pytest.mark.corpus
def test_the_classes_and_the_pages_are_those_of_the_catalogue(corpus_dir: Path) -> None:
    catalogue = wizard_catalogue(corpus_dir)
    expected: list[tuple[str, str, str | None, str | None]] = []
    for group in catalogue["sequence"]["groups"]:
        expected.append((group["name"], "Group", None, None))
        for step in group["steps"]:
            condition = step["condition"]
            expected.append(
                (
                    step["name"],
                    step["class"].removeprefix("SMS_TaskSequence_"),
                    # The catalogue explains one of them in brackets.
                    step["run_in"].split(" ")[0],
                    str(
                        ts.VariableConditionExpression(
                            variable=condition["Variable"],
                            operator=condition["Operator"],
                            value=condition["Value"],
                        )
                    )
                    if condition is not None
                    else None,
                )
            )
    assert rows(made(firmware="bios").sequence) == expected
    # Every field of every page is an argument that fills the same properties.
    for page in catalogue["wizard_pages"]:
        for asked in page["asks"]:
            if "fills" not in asked:
                continue  # the kind of sequence is the function that is called
            names = {name.rpartition(".")[2] for name in re.findall(r"[A-Z]\w+", asked["fills"])}
            names -= {"SMS_TaskSequencePackage", "NetworkJoinType"}
            names = {name for name in names if not name.startswith("SMS_")}
            covered = {
                filled.rpartition(".")[2]
                for field in FIELDS
                if field.page == page["page"]
                for filled in field.fills
            }
            assert names <= covered, (page["page"], asked["field"])


# Where the sequence differs from the one wizard-made export that is known, and why.
NAMES_OF_AN_OLDER_WIZARD = {
    "Build the Reference Machine": "Build the Reference Computer",
    "Setup Windows and Configuration Manager": "Setup Windows and ConfigMgr",
    "Capture the Reference Machine (group)": "Capture the Reference Computer",
    "Prepare Configuration Manager Client": "Prepare ConfigMgr Client",
    "Prepare OS": "Prepare Operating System",
}
ADDED_BY_ITS_AUTHOR = {"Error timeout", "Set PS Execution policy", "Prepare the drive"}
# Taken out by its author: the computer of a lab needs no updates, and was never in a domain.
NOT_IN_THE_EXPORT = {"Install Updates", "Join Workgroup"}
OWN_TEXT = "descriptions and messages are in this library's own words"
DIFFERENT: dict[tuple[str, str], str] = {
    ("Partition Disk 0", "condition"): (
        "this wizard guards against OEM media, hard links and UEFI as well; the document tells "
        "of the client cache alone"
    ),
    ("Partition Disk 0", "partitions"): "it spells the type PRIMARY",
    ("Apply Operating System", "config_file_name"): "an answer file that its author chose",
    ("Apply Operating System", "config_file_package"): "the same",
    ("Apply Windows Settings", "product_key"): (
        "it writes an absent key as empty; a site empties keys when it exports"
    ),
    ("Apply Windows Settings", "random_admin_password"): (
        "its author chose a password, which the export has lost"
    ),
    ("Apply Windows Settings", "server_license_connection_limit"): (
        "it writes the field's default although no licensing is chosen, which nothing reads"
    ),
    ("Apply Network Settings", "supported_environment"): (
        "the export has both, the documented page of the step has Windows PE alone"
    ),
    ("Capture the Reference Machine", "capture_password"): (
        "a site empties passwords when it exports"
    ),
}


@pytest.mark.corpus
def test_the_wizard_made_export_step_by_step(corpus_dir: Path) -> None:
    exported = ts.load(
        corpus_dir / "microsoft__configmgr-hub/_history/3d4620fa/objects/TaskSequence/"
        "Windows10_-_Build_and_Capture.xml"
    ).sequence
    theirs = {
        f"{step.name} (group)" if isinstance(step, ts.Group) else step.name: step
        for step in exported.walk()
    }
    theirs["Build the Reference Machine"] = theirs.pop("Build the Reference Machine (group)")

    def of(cls: type[Any]) -> Any:
        (found,) = [step for step in exported.walk() if isinstance(step, cls)]
        return found

    # Their author's answers, given to this wizard.
    capture, settings = of(ts.CaptureSystemImageAction), of(ts.ApplyWindowsSettingsAction)
    setup, system = of(ts.SetupWindowsAndSMSAction), of(ts.ApplyOperatingSystemAction)
    answers = {
        "image_package": None,
        "install_package": system.install_package_id,
        "image_index": system.install_edition_index,
        "client_package": setup.client_package_id,
        "client_properties": setup.client_install_properties,
        "workgroup": of(ts.ApplyNetworkSettingsAction).workgroup_name,
        "registered_user": settings.registered_user_name,
        "registered_organization": settings.registered_org_name,
        "time_zone": settings.time_zone,
        "destination": capture.capture_destination,
        "account": capture.capture_username,
        "created_by": capture.image_creator,
        "image_description": capture.image_description,
        "version": capture.image_version,
    }
    ours = made(**answers, firmware="bios", names="wizard").sequence
    assert ours.schema_version == exported.schema_version == "3.10"

    ordered = [
        NAMES_OF_AN_OLDER_WIZARD.get(name, name)
        for step in exported.walk()
        if step.name not in ADDED_BY_ITS_AUTHOR
        for name in [
            f"{step.name} (group)"
            if isinstance(step, ts.Group) and step.name.startswith("Capture")
            else step.name
        ]
    ]
    assert [s.name for s in ours.walk() if s.name not in NOT_IN_THE_EXPORT] == ordered

    differences = {}
    for step in ours.walk():
        older = {new: old for old, new in NAMES_OF_AN_OLDER_WIZARD.items()}.get(step.name)
        their = theirs.get(older or step.name)
        if their is None:
            assert step.name in NOT_IN_THE_EXPORT
            continue
        assert type(their) is type(step)
        for known in properties_of(type(step)):
            if known.name in {"Name", "Steps"}:
                continue
            a, b = getattr(step, known.attribute), getattr(their, known.attribute)
            if known.attribute in {"description", "message"}:
                continue  # OWN_TEXT
            if a != b and not (a == known.default and b is None):
                differences[step.name, known.attribute] = (a, b)
    assert set(differences) == set(DIFFERENT), OWN_TEXT


def test_every_argument_is_a_field_and_the_other_way_round() -> None:
    for wizard, function in (
        ("build-and-capture", ts.build_and_capture),
        ("capture-only", ts.capture_only),
    ):
        parameters = inspect.signature(function).parameters
        assert set(parameters) == {field.name for field in fields_of(wizard)}
        required = {n for n, p in parameters.items() if p.default is inspect.Parameter.empty}
        assert required == {f.name for f in fields_of(wizard) if f.required}
        defaults = {n for n, p in parameters.items() if p.default is not None} - required
        assert defaults == {f.name for f in fields_of(wizard) if f.has_default}


def test_every_property_that_a_field_fills_exists() -> None:
    for field in FIELDS:
        for filled in field.fills:
            wmi_class, _, name = filled.partition(".")
            assert name in {known.name for known in properties_of(ts.registry[wmi_class])}


def test_the_answers_go_where_the_pages_put_them() -> None:
    new = made(
        description="Windows 11, monthly",
        image_index=3,
        product_key="ABCDE-12345-ABCDE-12345-ABCDE",
        server_licensing="per-server",
        max_server_connections=25,
        admin_password="hunter2",
        domain="contoso.com",
        domain_ou="LDAP://OU=Build,DC=contoso,DC=com",
        domain_account=r"CONTOSO\join",
        domain_password=ts.SecretText("hunter3"),
        capture_workgroup="CAPTURE",
        client_properties="SMSMP=mp.contoso.com",
        updates="all",
        applications=["ScopeId_1/Application_1", ts.ApplicationInfo(name="B", display_name="b")],
        continue_on_application_error=True,
        sysprep_package="ABC00020",
        created_by="Imaging",
        version="2026.11",
        image_description="Reference",
        password="hunter4",
    )
    assert (new.name, new.description, new.boot_image) == (
        "Build", "Windows 11, monthly", "ABC00005",
    )  # fmt: skip
    applied = one(new, ts.ApplyOperatingSystemAction)
    assert (applied.image_package_id, applied.image_index) == ("ABC00010", 3)
    settings = one(new, ts.ApplyWindowsSettingsAction)
    assert settings.product_key == ts.SecretText("ABCDE-12345-ABCDE-12345-ABCDE")
    assert settings.server_license_mode == "PerServer"
    assert settings.server_license_connection_limit == 25
    assert settings.random_admin_password is False
    assert settings.admin_password == ts.SecretText("hunter2")
    network = one(new, ts.ApplyNetworkSettingsAction)
    assert (network.network_join_type, network.domain_name) == (0, "contoso.com")
    assert network.domain_ou_name == "LDAP://OU=Build,DC=contoso,DC=com"
    assert network.domain_username == r"CONTOSO\join"
    assert network.domain_password == ts.SecretText("hunter3")
    assert network.workgroup_name is None
    assert one(new, ts.SetupWindowsAndSMSAction).client_install_properties == "SMSMP=mp.contoso.com"
    assert one(new, ts.InstallUpdateAction).target == "All"
    applications = one(new, ts.InstallApplicationAction)
    assert applications.application_name == "ScopeId_1/Application_1,B"
    assert (applications.num_apps, applications.continue_on_install_error) == (2, True)
    assert one(new, ts.JoinDomainWorkgroupAction).workgroup_name == "CAPTURE"
    assert one(new, ts.InstallDeployToolsAction).sysprep_package_id == "ABC00020"
    capture = one(new, ts.CaptureSystemImageAction)
    assert capture.capture_destination == r"\\server\images\reference.wim"
    assert capture.capture_password == ts.SecretText("hunter4")
    assert (capture.image_creator, capture.image_version) == ("Imaging", "2026.11")
    names = [step.name for step in new.sequence.walk()]
    assert names.index("Install Applications") == names.index("Install Updates") + 1
    assert names.index("Install Deployment Tools") == names.index("Prepare Operating System") - 1
    assert "hunter" not in repr(new)


def test_no_updates_and_no_partitioning_are_no_steps() -> None:
    names = [s.name for s in made(updates="none", partition_disk=False).sequence.walk()]
    assert not [name for name in names if "Update" in name or "Partition" in name]


def test_the_same_call_makes_the_same_bytes() -> None:
    assert made().document().to_bytes() == made().document().to_bytes()
    assert made().document("ABC00042").to_bytes() == made().document("ABC00042").to_bytes()


@pytest.mark.parametrize("new", [made(), made(domain="d", domain_account="%a%",
    capture_workgroup="W", applications=["a"], sysprep_package="ABC00020")])  # fmt: skip
def test_what_is_made_reads_back_without_violations(new: ts.NewSequence) -> None:
    for document in (new.document(), new.document("ABC00042")):
        again = ts.load(document.to_bytes())
        assert again.sequence == new.sequence
        assert not again.violations


def test_an_export_carries_what_belongs_to_the_package() -> None:
    document = made(description="Monthly & more").document("ABC00042")
    (part,) = document.parts
    assert (part.name, part.package_id) == ("Build", "ABC00042")
    text = document.to_bytes()
    assert b"<![CDATA[Monthly & more]]>" in text
    assert re.search(rb'NAME="BootImageID".*?<VALUE>ABC00005</VALUE>', text, re.DOTALL)


def test_a_zip_needs_a_package_id_and_a_sequence_has_none(tmp_path: Path) -> None:
    made().save(tmp_path / "a.xml")
    made().save(tmp_path / "a.zip", package_id="ABC00042")
    assert ts.load(tmp_path / "a.xml").sequence == ts.load(tmp_path / "a.zip").sequence
    with pytest.raises(ts.DocumentError, match="a bare sequence has none"):
        made().save(tmp_path / "b.zip")
    with pytest.raises(ts.DocumentError, match="a bare sequence has none"):
        made().save(tmp_path / "b.xml", package_id="ABC00042")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xml", "a.zip"]


CAPTURE: Mapping[str, Any] = {
    key: MINIMAL[key] for key in ("name", "boot_image", "destination", "account")
}


def test_capturing_alone_is_three_steps_in_this_order() -> None:
    new = ts.capture_only(**CAPTURE)
    assert rows(new.sequence) == [
        ("Prepare ConfigMgr Client for Capture", "PrepareSMSClientAction", "FullOS", None),
        ("Prepare Windows for Capture", "PrepareOSAction", "FullOS", None),
        ("Capture Operating System Image", "CaptureSystemImageAction", "WinPE", None),
    ]
    assert ts.load(new.document().to_bytes()).sequence == new.sequence


def test_the_capture_step_may_have_a_name_and_description_of_its_own() -> None:
    new = ts.capture_only(**CAPTURE, step_name="To the share", step_description="Nightly")
    step = new.sequence.steps[-1]
    assert (step.name, step.description) == ("To the share", "Nightly")
    with pytest.raises(ts.AuthoringError, match="step_name is ''"):
        ts.capture_only(**CAPTURE, step_name="")


def test_the_client_is_prepared_where_there_is_one() -> None:
    new = ts.capture_only(**CAPTURE, client_installed=False, names="wizard")
    assert [step.name for step in new.sequence.walk()] == [
        "Prepare Operating System",
        "Capture the Reference Machine",
    ]


def test_a_domain_is_left_before_the_capture() -> None:
    new = ts.capture_only(**CAPTURE, in_domain=True, capture_workgroup="WORKGROUP")
    (first, *_) = new.sequence.steps
    assert isinstance(first, ts.JoinDomainWorkgroupAction)
    assert (first.type, first.workgroup_name) == (1, "WORKGROUP")


@pytest.mark.corpus
def test_capturing_alone_is_as_the_catalogue_says(corpus_dir: Path) -> None:
    catalogue = wizard_catalogue(corpus_dir)["custom_capture_sequence"]
    new = ts.capture_only(**CAPTURE)
    assert [(s.name, s.wmi_name) for s in new.sequence.walk()] == [
        (step["name"], step["class"]) for step in catalogue["steps"]
    ]


@pytest.mark.parametrize("package_id", ["", "abc00001", "ABC0001", 5, True, ["ABC00001"]])
def test_a_package_id_out_of_form_is_refused(package_id: Any) -> None:
    made = ts.capture_only(
        name="c", boot_image="ABC00005", destination=r"\\server\images\a.wim", account=r"D\u"
    )
    with pytest.raises(ts.DocumentError, match="package ID"):
        made.document(package_id)
