"""The provider's XML methods: what they keep, and what they strip."""

from __future__ import annotations

import pytest

import tasksequence as ts


def joining() -> ts.TaskSequence:
    return ts.TaskSequence(
        steps=[
            ts.ApplyWindowsSettingsAction(
                name="w",
                registered_user_name="u",
                registered_org_name="o",
                product_key=ts.SecretText("AAAAA-BBBBB"),
                admin_password=ts.SecretText("s3cret"),
                random_admin_password=False,
                time_zone="UTC",
            ),
            ts.SetDynamicVariablesAction(
                name="d",
                rules='<Variable Name="a" IsSecret="true">s3cret</Variable>'
                '<Variable Name="b" IsSecret="false">kept</Variable>',
            ),
            ts.RebootAction(name="r", message="m", target="WinPE"),
        ]
    )


def test_save_to_xml_keeps_secrets_as_the_site_does() -> None:
    saved = ts.save_to_xml(joining())
    assert saved.xml.count("s3cret") == 2
    assert "AAAAA-BBBBB" in saved.xml
    assert ts.load_from_xml(saved.xml) == joining()
    assert (saved.references, saved.flags) == ((), 1)
    assert ts.save_to_xml(ts.TaskSequence()).flags == 0


def test_export_xml_clears_secrets_and_nothing_else() -> None:
    saved = ts.save_to_xml(joining()).xml
    exported = ts.export_xml(saved)
    assert exported == saved.replace("s3cret", "").replace("AAAAA-BBBBB", "")
    assert ts.export_xml(exported) == exported
    assert ts.save_to_xml(joining(), secrets="blank").xml == exported
    assert ts.export_xml(saved, secrets="keep") == saved


def test_export_xml_clears_what_an_unknown_step_names_a_secret() -> None:
    xml = (
        '<sequence version="3.10"><step type="Custom" name="c"><defaultVarList>'
        '<variable name="X" property="AdminPassword">s3cret</variable>'
        '<variable name="Y" property="Other">kept</variable></defaultVarList></step></sequence>'
    )
    assert ts.export_xml(xml) == xml.replace("s3cret", "")


def test_a_loaded_sequence_is_saved_with_its_own_text() -> None:
    xml = "<sequence version='3.10' ><!-- kept --><group name='g'/></sequence>"
    sequence = ts.load_from_xml(xml)
    assert ts.save_to_xml(sequence).xml == xml
    sequence.steps[0].name = "h"
    assert ts.save_to_xml(sequence).xml == xml.replace("'g'", "'h'")


def test_set_sequence_refreshes_what_follows_from_the_steps() -> None:
    package = ts.TaskSequencePackage(name="n", package_id="ABC00001")
    ts.set_sequence(package, joining())
    assert package.type == 2
    assert not package.references
    assert ts.get_sequence(package) == joining()
    child = ts.SubTasksequence(name="s", ts_package_id="ABC00002", ts_name="Child")
    ts.set_sequence(package, ts.TaskSequence(steps=[child]))
    assert package.type == 1
    listed = package.references
    assert listed is not None
    assert [(r.package, r.program, r.type) for r in listed] == [("ABC00002", "*", 0)]


def test_a_package_without_a_sequence_says_so() -> None:
    with pytest.raises(ts.DocumentError, match="lazy"):
        ts.get_sequence(ts.TaskSequencePackage(name="n", package_id="ABC00001"))


def test_no_repr_shows_a_secret() -> None:
    saved = ts.save_to_xml(joining())
    package = ts.TaskSequencePackage(name="n", package_id="ABC00001")
    ts.set_sequence(package, joining())
    document = ts.Document.new_export(joining(), name="n", package_id="ABC00001", secrets="keep")
    shown = repr((saved, package, document, document.objects, document.packages, document.parts))
    assert "s3cret" not in shown
    assert "AAAAA-BBBBB" not in shown
    assert f"sequence=<{len(saved.xml)} characters>" in repr(package)


def test_no_schema_violation_shows_a_value() -> None:
    xml = ts.save_to_xml(joining()).xml
    wrong = xml.replace('property="AdminPassword"', 'property="Odd"').replace(
        "<action>", "<b/><action>"
    )
    violations = ts.load(wrong.encode()).schema_violations()
    assert len(violations) > 1
    assert "s3cret" not in " ".join(map(str, violations))
