"""What a site exported comes out again when it is written from the typed values alone."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.document.command_line import action_text
from tasksequence.document.mapping import step_variables
from tasksequence.document.new_package import deploys_operating_system, package_references
from tasksequence.document.object_xml import object_xml
from tasksequence.document.splice import Layout
from tasksequence.document.writer import new_sequence
from tests.support.exports import loaded_exports
from tests.support.origins import without_origins

pytestmark = pytest.mark.corpus

_HAND_EDITED = "the reference list names another program than the step, which no site writes"
DIFFERENT = {
    "microsoft__configmgr-hub-selfhost/_history/6bba5634/CommunityHub/TaskSequence/"
    "BoundaryGroupTest.xml": _HAND_EDITED,
    "microsoft__configmgr-hub-selfhost/objects/TaskSequence/BoundaryGroupTest.xml": _HAND_EDITED,
}
# Line breaks inside a value are the value's own; those between elements are a formatter's.
_BETWEEN_ELEMENTS = re.compile(rb">\s*\n\s*<(?!/variable|/action)")


def loaded(corpus_dir: Path, *suffixes: str) -> Iterator[tuple[str, ts.Document]]:
    for path, document in loaded_exports(corpus_dir, *suffixes):
        yield path.relative_to(corpus_dir).as_posix(), document


def test_every_one_line_sequence_is_written_from_its_values_byte_for_byte(
    corpus_dir: Path,
) -> None:
    compared, different = 0, []
    for name, document in loaded(corpus_dir):
        for index, sequence in enumerate(document.sequences):
            text = document.sequence_text(index)
            if sequence.schema_version != "3.10" or _BETWEEN_ELEMENTS.search(text):
                continue
            compared += 1
            if new_sequence(without_origins(sequence), Layout("", ""), "keep") != text:
                different.append(name)
    assert sorted(different) == sorted(DIFFERENT)
    assert compared >= 42


def test_every_object_xml_of_a_sequence_is_written_from_its_values_byte_for_byte(
    corpus_dir: Path,
) -> None:
    compared = 0
    for name, document in loaded(corpus_dir, ".zip"):
        archive = document._container.archive
        assert archive is not None
        assert len(document.objects) == len(document.parts)
        for part, exported in zip(document.parts, document.objects, strict=True):
            assert exported.problems == ()
            # What no reference page declares, and is always empty, is all that is not typed.
            assert set(exported.others) == {"SupportedOperatingSystems"}
            alone = copy.copy(exported)
            alone.value, alone.origin = without_origins(exported.value), None
            text = new_sequence(without_origins(part.sequence), Layout("", ""), "keep").decode()
            written = object_xml(alone, sequence=text)
            assert part.member is not None
            assert written.encode() == archive.read(part.member), (name, part.member)
            compared += 1
    assert compared == 26


def test_derived_properties_of_a_package_are_those_of_the_site(corpus_dir: Path) -> None:
    for name, document in loaded(corpus_dir, ".zip"):
        for part, package in zip(document.parts, document.packages, strict=True):
            assert isinstance(package, ts.TaskSequencePackage)
            boot_image = package.boot_image_id or ""
            ours = package_references(part.sequence, boot_image)
            assert ours == (package.references or []), (name, part.name)
            deploys = deploys_operating_system(part.sequence, boot_image)
            assert package.type == 1 + deploys, (name, part.name)


def test_a_new_export_has_the_members_and_properties_of_the_newest_real_ones(
    corpus_dir: Path,
) -> None:
    newest = {
        exported.names
        for _, document in loaded(corpus_dir, ".zip")
        for exported in document.objects
        if len(exported.names) == 78
    }
    made = ts.Document.new_export(ts.TaskSequence(), name="n", package_id="ABC00001")
    (exported,) = made.objects
    assert {exported.names} == newest
    path = corpus_dir / "gwblok__garytown" / "OSD" / "LanguagePackModule-TS.zip"
    (real,) = ts.load(path).objects
    assert exported.propagated == real.propagated
    assert {k: (v.kind, v.type_name, v.origin) for k, v in exported.others.items()} == {
        k: (v.kind, v.type_name, v.origin) for k, v in real.others.items()
    }


def test_every_action_and_variable_list_of_a_site_is_what_the_values_give(
    corpus_dir: Path,
) -> None:
    """Also in files that somebody indented, where the text as a whole cannot be compared."""
    compared = 0
    for name, document in loaded(corpus_dir):
        # MDT's templates for sites are of an older version, whose command lines were others.
        for sequence in (s for s in document.sequences if s.schema_version == "3.10"):
            for step in sequence.walk():
                if isinstance(step, (ts.Group, ts.ScriptedAction)):
                    continue
                element = step._origin.element
                action, listed = element.child("action"), element.child("defaultVarList")
                assert action is not None
                assert listed is not None
                assert action.text == action_text(step), (name, step.name)
                expected = [
                    (
                        v.attributes["name"],
                        v.attributes["property"],
                        "hidden" in v.attributes,
                        v.text,
                    )
                    for v in listed.children
                ]
                ours = [(v.name, k, v.hidden, v.text) for k, v in step_variables(step).items()]
                assert ours == expected, (name, step.name)
                compared += 1
    assert compared > 500
