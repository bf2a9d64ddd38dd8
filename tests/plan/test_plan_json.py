"""Plans as JSON: there and back, by the published schema, without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest

import tasksequence as ts
from tasksequence.plan import judgement, steps
from tests.plan.test_compiler import capture_step, is_set
from tests.support.exports import loaded_exports

ROOT = Path(__file__).resolve().parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "schemas" / "plan.schema.json").read_text("utf-8"))


def plan() -> ts.Plan:
    sequence = ts.TaskSequence(
        steps=[
            ts.Group(
                name="g",
                condition=is_set("A", "1"),
                steps=[
                    capture_step(condition=is_set("B", "2")),
                    ts.SetVariableAction(name="s", variable_name="X", variable_value="%Nobody%"),
                    ts.Group(name="empty", steps=[], enabled=False),
                ],
            ),
        ]
    )
    return ts.compile_plan(sequence, {"A": "1", "_SMSTSInWinPE": "true"})


def test_a_plan_comes_back_as_it_was() -> None:
    made = plan()
    text = made.to_json()
    back = ts.Plan.from_json(text)
    assert back == made
    assert back.to_json() == text
    assert back.steps[0].guards == made.steps[0].guards  # those of the group, too
    jsonschema.validate(json.loads(text), SCHEMA)


def test_a_password_is_left_out_and_said_to_be_needed() -> None:
    made = plan()
    text = made.to_json()
    assert made.steps[0].request is not None
    assert made.steps[0].request.password == ts.SecretText("from-the-step")
    assert "from-the-step" not in text
    request = ts.Plan.from_json(text).steps[0].request
    assert request is not None
    assert request.password is None
    assert request.needs_password


def test_the_schema_tells_of_every_member() -> None:
    definitions = SCHEMA["$defs"]
    for module in (steps, judgement):
        for cls in vars(module).values():
            if not (isinstance(cls, type) and attrs.has(cls)) or cls.__name__ not in definitions:
                continue
            told = set(definitions[cls.__name__]["properties"]) - {"node"}
            # The password of a request is in no JSON.
            assert told == {field.name for field in attrs.fields(cls)} - {"password"}, cls


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.update(format="x"), "is no plan"),
        (lambda data: data.update(version=2), "version 2"),
        (lambda data: data.update(extra=1), "extra"),
        (lambda data: data["nodes"][0].update(outcome="maybe"), "outcome"),
        (lambda data: data["nodes"][0].update(number="5"), "number"),
        (lambda data: data["nodes"][0].pop("path"), "path"),
        (lambda data: data["nodes"][0].update(node="thing"), "node"),
        (lambda data: data["nodes"][0].update(continue_on_error="false"), "continue_on_error"),
        (lambda data: data.pop("nodes"), "nodes"),
    ],
)
def test_what_is_no_plan_is_refused_by_reader_and_schema(change: Any, said: str) -> None:
    data = json.loads(plan().to_json())
    change(data)
    with pytest.raises(ts.PlanError) as caught:
        ts.Plan.from_json(json.dumps(data))
    assert said in str(caught.value)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ts.PlanError, match="no JSON"):
        ts.Plan.from_json("{")


@pytest.mark.corpus
def test_every_real_sequence_comes_back_and_fits_the_schema(corpus_dir: Path) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    seen = 0
    for _, document in loaded_exports(corpus_dir):
        for sequence in document.sequences:
            made = ts.compile_plan(sequence)
            text = made.to_json(indent=None)
            assert ts.Plan.from_json(text) == made
            assert max(map(len, ts.describe_plan(made).splitlines())) <= 100
            seen += 1
            if seen % 8 == 0:  # the validator is slow; one in eight has every form
                validator.validate(json.loads(text))
    assert seen > 100
