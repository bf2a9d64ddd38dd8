"""The schema of sequences accepts what sites export and what this library writes, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
import xmlschema

import tasksequence as ts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(ROOT / "schemas" / "sequence.xsd")


@pytest.mark.corpus
def test_every_sequence_of_a_site_is_valid(schema: xmlschema.XMLSchema, corpus_dir: Path) -> None:
    checked = 0
    for path in sorted(corpus_dir.rglob("*")):
        if path.suffix not in {".xml", ".zip"}:
            continue
        try:
            document = ts.load(path)
        except ts.DocumentError:
            continue
        for sequence in document.sequences:
            if sequence.schema_version != "3.10":
                continue
            source = sequence._origin.source
            errors = [error.reason for error in schema.iter_errors(source.text.decode("utf-8"))]
            assert errors == [], path
            checked += 1
    assert checked > 60


def test_what_the_library_writes_is_valid(schema: xmlschema.XMLSchema) -> None:
    condition = ts.Condition(
        operands=[
            ts.OSConditionGroup(
                operands=[
                    ts.OSExpressionGroup(
                        name="Windows 11",
                        platform_arch_key="x64",
                        platform_min_ver_key="10.0.22000.0",
                        platform_max_ver_key="10.0.99999.9999",
                        platform_type_key="Win_NT",
                    )
                ]
            )
        ]
    )
    step = ts.SetupWindowsAndSMSAction(name="S", client_package_id="ABC00003", timeout=5)
    group = ts.Group(name="G", condition=condition, steps=[step], enabled=False)
    assert schema.is_valid(ts.Document.new(ts.TaskSequence(steps=[group])).to_bytes().decode())


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("<sequence/>", "version"),
        ('<sequence version="1"><step name="a" type="b"/></sequence>', "action"),
        ('<sequence version="1"><group description=""/></sequence>', "name"),
        ('<sequence version="1"><group name=""/></sequence>', "minLength|length"),
        ('<sequence version="1"><nothing/></sequence>', "nothing"),
        (
            '<sequence version="1"><step name="a" type="b" runIn="DOS"><action/>'
            "<defaultVarList/></step></sequence>",
            "DOS|runIn",
        ),
    ],
)
def test_what_no_site_writes_is_invalid(
    wrong: str, reason: str, schema: xmlschema.XMLSchema
) -> None:
    with pytest.raises(xmlschema.XMLSchemaValidationError, match=reason):
        schema.validate(wrong)
