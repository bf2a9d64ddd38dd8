"""Classes that mirror WMI classes: construction, assignment, copies, introspection."""

from __future__ import annotations

import copy
import pickle

import attrs
import pytest

import tasksequence as ts
from tasksequence.qualifiers import AllowedLen, VariableName, not_null, secret
from tasksequence.wmi import WmiObject, prop, properties_of, reading, wmi_class
from tasksequence.wmi_property import Property, UInt32


def capture_step(**changes: object) -> ts.CaptureSystemImageAction:
    values: dict[str, object] = {
        "name": "Capture the Reference Machine",
        "capture_destination": r"\\server\share\a.wim",
        **changes,
    }
    return ts.CaptureSystemImageAction(**values)  # type: ignore[arg-type]


def property_of(cls: type[WmiObject], name: str) -> Property:
    return next(known for known in properties_of(cls) if known.name == name)


def test_a_construction_reports_every_broken_rule_at_once() -> None:
    with pytest.raises(ts.QualifierError) as caught:
        capture_step(name="", capture_destination="x" * 256, image_version=None)
    broken = {(p.property, p.qualifier) for p in caught.value.problems}
    assert broken == {
        ("Name", "AllowedLen"),
        ("CaptureDestination", "AllowedLen"),
        ("ImageVersion", "not_null"),
    }
    assert "SMS_TaskSequence_CaptureSystemImageAction.CaptureDestination" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_an_assignment_that_breaks_a_rule_changes_nothing() -> None:
    step = capture_step()
    with pytest.raises(ts.QualifierError, match="256 characters"):
        step.capture_destination = "x" * 256
    assert step.capture_destination == r"\\server\share\a.wim"


@pytest.mark.parametrize(
    ("attribute", "good", "bad"),
    [
        ("capture_destination", "x" * 255, "x" * 256),
        ("capture_destination", "x", ""),
        ("image_version", "", None),
        ("image_version", "v" * 32, "v" * 33),
        ("image_creator", "c" * 255, "c" * 256),
        ("image_description", None, "d" * 256),
        ("name", "n" * 100, "n" * 101),
        ("description", "", "d" * 256),
        ("timeout", 2**32 - 1, 2**32),
        ("timeout", 0, -1),
        ("timeout", None, "60"),
        ("timeout", 1, True),
        ("enabled", False, "false"),
        ("supported_environment", "FullOS", "DOS"),
        ("capture_username", "a\\b", 7),
    ],
)
def test_boundaries_of_the_capture_step(attribute: str, good: object, bad: object) -> None:
    step = capture_step(**{attribute: good})
    setattr(step, attribute, good)
    with pytest.raises(ts.QualifierError):
        setattr(step, attribute, bad)
    with pytest.raises(ts.QualifierError):
        capture_step(**{attribute: bad})


def test_letter_case_of_an_enumeration_does_not_matter() -> None:
    partition = ts.PartitionSettings(type="PRIMARY")
    assert partition.type is ts.PartitionType.PRIMARY
    partition.type = "efi"
    assert partition.type is ts.PartitionType.EFI


def test_an_image_package_or_an_install_package_is_needed() -> None:
    with pytest.raises(ts.QualifierError) as caught:
        ts.ApplyOperatingSystemAction(name="Apply")
    assert {p.qualifier for p in caught.value.problems} == {"RequiredIfNull"}
    with pytest.raises(ts.QualifierError, match="ImageIndex"):
        ts.ApplyOperatingSystemAction(name="Apply", image_package_id="ABC00001")
    ts.ApplyOperatingSystemAction(name="Apply", image_package_id="ABC00001", image_index=1)


def test_secrets_show_nowhere() -> None:
    step = capture_step(capture_password="hunter2")
    for text in (repr(step), str(step), f"{step.capture_password}", repr(step.capture_password)):
        assert "hunter2" not in text
    assert step.capture_password == ts.SecretText("hunter2")
    assert step.capture_password is not None
    assert step.capture_password.reveal() == "hunter2"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(step.capture_password)
    assert pickle.loads(pickle.dumps(ts.SecretText(""))) == ts.SecretText("")


def test_a_secret_of_a_wrong_length_is_not_quoted() -> None:
    secret_value = "s3cret" * 60
    with pytest.raises(ts.QualifierError) as caught:
        ts.ApplyWindowsSettingsAction(
            name="x",
            registered_org_name="o",
            registered_user_name="u",
            time_zone="UTC",
            admin_password=ts.SecretText(secret_value),
        )
    assert "s3cret" not in str(caught.value)


def test_reading_collects_what_constructing_raises() -> None:
    problems: list[ts.Problem] = []
    with reading(problems):
        step = capture_step(capture_destination="x" * 300)
    assert [(p.property, p.qualifier) for p in problems if not p.is_advice] == [
        ("CaptureDestination", "AllowedLen")
    ]
    assert step.capture_destination == "x" * 300
    with pytest.raises(ts.QualifierError):
        capture_step(capture_destination="x" * 300)


def test_replace_gives_a_changed_copy_that_is_checked() -> None:
    step = capture_step()
    other = step.replace(name="Other", image_version="1.2")
    assert (other.name, other.image_version, step.name) == (
        "Other",
        "1.2",
        "Capture the Reference Machine",
    )
    with pytest.raises(ts.QualifierError) as caught:
        step.replace(name="", image_creator="x" * 300)
    assert [p.property for p in caught.value.problems] == ["Name", "ImageCreator"]
    with pytest.raises(AttributeError, match="did you mean name"):
        step.replace(nome="x")


def test_values_make_equality() -> None:
    assert capture_step() == capture_step()
    assert capture_step() != capture_step(image_version="2")


def test_a_deep_copy_shares_nothing() -> None:
    group = ts.Group(name="g", steps=[capture_step()])
    twin = copy.deepcopy(group)
    assert twin == group
    twin.steps[0].name = "changed"
    assert group.steps[0].name != "changed"


def test_a_property_record_says_what_the_reference_says() -> None:
    known = property_of(ts.CaptureSystemImageAction, "CapturePassword")
    assert known.attribute == "capture_password"
    assert known.type == "String"
    assert known.variable == "OSDCaptureAccountPassword"
    assert known.qualifiers == (VariableName("OSDCaptureAccountPassword"), secret)
    assert [(q.name, q.argument) for q in known.qualifiers] == [
        ("VariableName", "OSDCaptureAccountPassword"),
        ("Secret", None),
    ]
    assert known.default is None
    destination = property_of(ts.CaptureSystemImageAction, "CaptureDestination")
    assert destination.default is attrs.NOTHING
    assert destination.variable == "OSDCaptureDestination"
    assert str(destination.qualifiers[1]) == 'AllowedLen("1-255")'


def test_a_registry_can_be_extended_and_stays_as_it_was() -> None:
    @wmi_class("BDD_Mine")
    class Mine(ts.Action):
        """A step of one's own."""

        seconds: UInt32 = prop("Seconds", not_null)
        text: str | None = prop("Text", AllowedLen("0-3"), default=None)

    larger = ts.registry.extended(Mine)
    assert larger["BDD_Mine"] is Mine
    assert "BDD_Mine" not in ts.registry
    xml = (
        b'<sequence version="3.10"><step type="BDD_Mine" name="m"><defaultVarList>'
        b'<variable name="Seconds" property="Seconds">5</variable>'
        b'<variable name="Text" property="Text">long</variable></defaultVarList></step></sequence>'
    )
    document = ts.load(xml, registry=larger)
    (step,) = document.sequence.steps
    assert isinstance(step, Mine)
    assert step.seconds == 5
    assert [(v.property, v.qualifier) for v in document.violations] == [("Text", "AllowedLen")]
    assert isinstance(ts.load(xml).sequence.steps[0], ts.UnknownAction)


def test_lists_are_checked_item_by_item() -> None:
    with pytest.raises(ts.QualifierError, match=r"\[1\] is str"):
        ts.Group(name="g", steps=[capture_step(), "no step"])  # type: ignore[list-item]


def test_a_secret_is_taken_for_secret_properties_only() -> None:
    with pytest.raises(ts.QualifierError, match="what is not secret is plain text"):
        capture_step(image_creator=ts.SecretText("x"))


def test_an_unknown_step_shows_names_and_no_values() -> None:
    step = ts.UnknownAction(
        name="u",
        type="BDD_X",
        command_line="net use hunter2",
        variables={"UserPassword": "hunter2"},
    )
    assert repr(step) == "UnknownAction(name='u', type='BDD_X', variables=<UserPassword>)"


def test_steps_can_be_pickled_without_their_document_and_without_secrets() -> None:
    document = ts.Document.new(ts.TaskSequence(steps=[capture_step()]))
    copied = pickle.loads(pickle.dumps(document.sequence))
    assert copied == document.sequence
    assert ts.Document.new(copied).to_bytes() == document.to_bytes()
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(capture_step(capture_password="hunter2"))


def test_an_unknown_class_suggests_the_nearest() -> None:
    with pytest.raises(KeyError, match="did you mean SMS_TaskSequence_RebootAction"):
        ts.registry["SMS_TaskSequence_RebotAction"]
    assert ts.registry.get("nothing") is None
    with pytest.raises(TypeError, match="mirrors a WMI class"):
        properties_of(int)  # type: ignore[arg-type]


def test_commas_separate_the_items_of_a_string_array() -> None:
    with pytest.raises(ts.QualifierError, match="commas separate"):
        ts.AutoApplyAction(name="a", category_list=["a,b"])


def test_what_a_site_sets_can_be_loaded_and_not_assigned() -> None:
    package = ts.ImagePackage(image_disk_layout="<layout/>")
    assert package.image_disk_layout == "<layout/>"
    with pytest.raises(ts.QualifierError, match=r"SMS_ImagePackage\.ImageDiskLayout is assigned"):
        package.image_disk_layout = ""
    package.image_property = "<xml/>"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"extended_data": "text"}, "is 'text'; UInt8\\[\\] is bytes"),
        ({"source_date": "today"}, "is 'today'; DateTime is a datetime"),
        (
            {"refresh_schedule": [ts.ST_NonRecurring()] * 16},
            r"is a list of 16 items; max\(15\) allows 15 items: remove 1",
        ),
        ({"refresh_schedule": [ts.Group(name="g")]}, "ScheduleToken is needed"),
        ({"pkg_source_flag": 9}, "is 9; Enumeration allows 0 NEEDS_SPECIFYING, 1 NO_SOURCE"),
    ],
)
def test_types_of_packages(values: dict[str, object], said: str) -> None:
    with pytest.raises(ts.QualifierError, match=said):
        ts.ImagePackage(**values)  # type: ignore[arg-type]


def test_ranges_of_schedules() -> None:
    ts.ST_NonRecurring(day_duration=31)
    with pytest.raises(ts.QualifierError, match=r'Range\("0-31"\) allows 0 to 31'):
        ts.ST_NonRecurring(day_duration=32)


def test_an_image_package_has_the_methods_of_its_class() -> None:
    shown = [str(method) for method in ts.ImagePackage.wmi_methods]
    assert len(shown) == 8
    assert (
        "static SInt32 GetImageProperties([in] String SourceImagePath, [out] String ImageProperty)"
        in shown
    )


def test_problems_of_tells_what_assignments_left_broken() -> None:
    step = ts.ApplyOperatingSystemAction(name="a", image_package_id="ABC00001", image_index=1)
    assert ts.problems_of(step) == ()
    step.image_package_id = None
    assert {p.property for p in ts.problems_of(step)} == {"ImagePackageID", "InstallPackageID"}
    disk = ts.PartitionDiskAction(name="d", disk_index=0, partition_style="GPT", partitions=[])
    disk.partitions.append(ts.PartitionSettings(type="EFI"))
    object.__setattr__(disk.partitions[0], "type", "Dune")
    assert [p.qualifier for p in ts.problems_of(disk)] == ["Enumeration"]
