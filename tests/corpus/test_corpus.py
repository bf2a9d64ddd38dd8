"""Every real export loads, comes back byte for byte, and changes where it is edited only."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

import tasksequence as ts
from tasksequence.document.tokens import escape_attribute
from tasksequence.model.references import global_properties, references
from tests.support.exports import export_files

pytestmark = pytest.mark.corpus

MALFORMED = {
    "rlsheldon__Thycotic_MDT/MDT/Control/MyTaskSequence/ts.xml": "mismatched tag",
    "microsoft__configmgr-hub-selfhost/_history/363c608e/objects/TaskSequence/Child_TS.xml": (
        "stored with its markup escaped"
    ),
    "microsoft__configmgr-hub-selfhost/_history/f34b6607/objects/TaskSequence/Test_CustomTS.xml": (
        "stored with its markup escaped"
    ),
}
EXPECTED_FILES = 185


def readable(corpus_dir: Path) -> Iterator[Path]:
    for path in export_files(corpus_dir):
        if path.relative_to(corpus_dir).as_posix() not in MALFORMED:
            yield path


def test_the_corpus_is_whole(corpus_dir: Path) -> None:
    assert len(list(export_files(corpus_dir))) == EXPECTED_FILES


def test_every_file_comes_back_byte_for_byte(corpus_dir: Path, tmp_path: Path) -> None:
    for path in readable(corpus_dir):
        document = ts.load(path)
        raw = path.read_bytes()
        assert document.to_bytes() == raw, path
        assert ts.load(raw).sequence == document.sequence
        saved = tmp_path / "saved"
        document.save(saved)
        assert saved.read_bytes() == raw, path


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_refused_with_file_line_and_reason(name: str, corpus_dir: Path) -> None:
    with pytest.raises(ts.DocumentError) as caught:
        ts.load(corpus_dir / name)
    assert name in str(caught.value)
    assert caught.value.line is not None
    assert MALFORMED[name] in str(caught.value)


def test_no_enabled_step_that_a_site_accepted_has_an_error(corpus_dir: Path) -> None:
    errors = [
        f"{path}: {violation}"
        for path in readable(corpus_dir)
        for violation in ts.load(path).violations
        if violation.severity == "error"
    ]
    assert errors == []


def test_every_warning_on_a_site_s_export_is_explained_in_the_docs(corpus_dir: Path) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "classes.md").read_text(encoding="utf-8")
    _, _, section = docs.partition("## Errors and warnings")
    section, _, _ = section.partition("\n## ")
    unexplained = {
        (v.wmi_class, v.property, v.qualifier)
        for path in readable(corpus_dir)
        for v in ts.load(path).violations
        if v.wmi_class.startswith("SMS_") and v.qualifier not in {"AdvisedLen", "Enumeration"}
        if f"`{v.wmi_class.removeprefix('SMS_TaskSequence_')}" not in section
        or f"`{v.qualifier}`" not in section
        or f"{v.property}`" not in section
    }
    assert unexplained == set()


def texts(raw: bytes) -> list[bytes]:
    """Return a file's contents, or those of a zip's members."""
    if not raw.startswith(b"PK"):
        return [raw]
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_renaming_any_step_changes_that_name_only(corpus_dir: Path) -> None:
    new_name = 'Ü "new" <&> name'
    written = escape_attribute(new_name).encode("utf-8")
    for path in readable(corpus_dir):
        document = ts.load(path)
        before = texts(path.read_bytes())
        for sequence in document.sequences:
            for step in sequence.walk():
                element = step._origin.element
                old_name = step.name
                step.name = new_name
                after = texts(document.to_bytes())
                changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
                assert len(changed) == 1, (path, old_name)
                old, new = changed[0]
                at = new.index(written)
                tail = len(new) - at - len(written)
                assert old[:at] == new[:at]
                assert old[len(old) - tail :] == new[len(new) - tail :]
                removed = old[at : len(old) - tail]
                assert escape_attribute(old_name).encode() == removed or b"&" in removed
                assert element.attributes["name"] == old_name
                step.name = old_name
        assert document.to_bytes() == path.read_bytes()


def test_every_step_of_every_file_is_typed(corpus_dir: Path) -> None:
    kinds: dict[bool, int] = {True: 0, False: 0}
    for path in readable(corpus_dir):
        for sequence in ts.load(path).sequences:
            for step in sequence.walk():
                kinds[not isinstance(step, ts.UnknownAction)] += 1
    share = kinds[True] / sum(kinds.values())
    print(f"{share:.2%} of {sum(kinds.values())} steps and groups are typed")  # noqa: T201
    assert share >= 0.99


def test_sequences_of_a_zip_have_the_names_of_their_packages(corpus_dir: Path) -> None:
    document = ts.load(corpus_dir / "CharlesNRU__mdm-adminservice" / "MDM-TS.zip")
    assert [part.package_id for part in document.parts] == ["GNS0092A", "GNS00928", "GNS00929"]
    assert document.parts[0].name == "Apply BIOS Package"
    assert document.sequence is document.sequences[0]


def test_an_edited_zip_keeps_order_times_and_other_members(corpus_dir: Path) -> None:
    path = corpus_dir / "CharlesNRU__mdm-adminservice" / "MDM-TS.zip"
    document = ts.load(path)
    next(document.sequences[1].walk()).name = "renamed"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(BytesIO(document.to_bytes())) as new:
        assert new.testzip() is None
        member = document.parts[1].member
        for was, now in zip(old.infolist(), new.infolist(), strict=True):
            assert (was.filename, was.date_time, was.compress_type, was.external_attr) == (
                now.filename,
                now.date_time,
                now.compress_type,
                now.external_attr,
            )
            assert (old.read(was) == new.read(now)) is (was.filename != member)
    assert next(ts.load(document.to_bytes()).sequences[1].walk()).name == "renamed"


# Somebody renamed a program in the list after the site had written it.
EDITED_LISTS = 2


def test_reference_and_global_lists_are_those_of_the_site(corpus_dir: Path) -> None:
    different, compared = [], 0
    for path in readable(corpus_dir):
        for sequence in ts.load(path).sequences:
            if sequence.schema_version != "3.10":
                continue
            element = sequence._origin.element
            listed = element.child("referenceList")
            expected = [] if listed is None else [dict(c.attributes) for c in listed.children]
            ours = [
                {r.kind: r.id} | ({} if r.program is None else {"program": r.program})
                for r in references(sequence)
            ]
            compared += 1
            if ours != expected:
                different.append(path.name)
            variables = element.child("globalVarList")
            names = (
                [] if variables is None else [c.attributes["property"] for c in variables.children]
            )
            assert [known.name for known, _ in global_properties(sequence)] == names, path
    assert len(different) == EDITED_LISTS, different
    assert compared > 60
