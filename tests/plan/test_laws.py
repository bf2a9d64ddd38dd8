"""Laws of plans: settling an unknown flips nothing, planning is pure, JSON loses nothing."""

from __future__ import annotations

import copy

import hypothesis.strategies as st
from hypothesis import given, settings

import tasksequence as ts
from tasksequence.plan.evaluate import judge

NAMES = ("A", "B", "_SMSTSInWinPE", "Own")
VALUES = ("1", "2", "true", "%A%", "%B%x", "")


def _variable(name: str, operator: str, value: str) -> ts.ConditionOperand:
    return ts.VariableConditionExpression(variable=name, operator=operator, value=value)


leaves = st.one_of(
    st.builds(
        _variable,
        st.sampled_from(NAMES),
        st.sampled_from(["exists", "notExists", "equals", "notEquals", "less", "like"]),
        st.sampled_from(VALUES),
    ),
    st.builds(lambda n: ts.FileConditionExpression(path=rf"C:\{n}.txt"), st.sampled_from("xyz")),
    st.just(
        ts.WMIConditionExpression(namespace="root\\cimv2", query="SELECT * FROM Win32_Battery")
    ),
)
operands = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda kind, parts: ts.ConditionOperator(operator_type=kind, operands=parts),
        st.sampled_from(["and", "or", "not"]),
        st.lists(inner, min_size=0, max_size=3),
    ),
    max_leaves=5,
)
conditions = st.one_of(
    st.none(), st.builds(lambda parts: ts.Condition(operands=parts), st.lists(operands, max_size=2))
)
actions = st.one_of(
    st.builds(
        lambda name, value, condition, enabled: ts.SetVariableAction(
            name="set", variable_name=name, variable_value=value, condition=condition,
            enabled=enabled,
        ),
        st.sampled_from(["A", "Own", "Other"]), st.sampled_from(VALUES), conditions,
        st.booleans(),
    ),
    st.builds(
        lambda place, condition: ts.RunCommandLineAction(
            name="run", command_line="x %Own%", supported_environment=place, condition=condition
        ),
        st.sampled_from(["WinPE", "FullOS", "WinPEandFullOS"]), conditions,
    ),
    st.builds(
        lambda target, condition: ts.RebootAction(
            name="restart", target=target, condition=condition
        ),
        st.sampled_from(["WinPE", "HD"]), conditions,
    ),
    st.builds(
        lambda condition: ts.CaptureSystemImageAction(
            name="capture", capture_destination="%A%.wim", condition=condition
        ),
        conditions,
    ),
)  # fmt: skip
steps = st.recursive(
    actions,
    lambda inner: st.builds(
        lambda inside, condition, goes_on: ts.Group(
            name="group", steps=inside, condition=condition, continue_on_error=goes_on
        ),
        st.lists(inner, max_size=3),
        conditions,
        st.booleans(),
    ),
    max_leaves=6,
)
sequences = st.builds(lambda inside: ts.TaskSequence(steps=inside), st.lists(steps, max_size=5))
facts = st.builds(
    lambda variables, place, files, closed: ts.Facts(
        variables=variables,
        in_winpe=place,
        files={rf"C:\{name}.txt": ts.FileFact(exists=there) for name, there in files.items()},
        closed=closed,
    ),
    st.dictionaries(st.sampled_from(["A", "B"]), st.sampled_from(["1", "2", ""])),
    st.sampled_from([None, True, False]),
    st.dictionaries(st.sampled_from("xyz"), st.booleans()),
    st.booleans(),
)


def runs(step: ts.PlannedStep) -> bool | None:
    """Whether a step runs; None where that is open."""
    if step.needs:
        return None  # a step that breaks a rule may wait for a fact as well
    return step.outcome is not ts.Outcome.SKIPPED


@settings(max_examples=150)
@given(sequences, facts, st.data())
def test_settling_an_unknown_never_flips_a_decided_step(
    sequence: ts.TaskSequence, known: ts.Facts, data: st.DataObject
) -> None:
    before = ts.compile_plan(sequence, known)
    needs = [fact.text for fact in before.open_facts]
    if not needs:
        return
    need = data.draw(st.sampled_from(needs))
    name = need.removeprefix("variable ")
    if need.startswith("file "):
        path = need.removeprefix("file ").removesuffix(" exists")
        fact = ts.FileFact(exists=data.draw(st.booleans()))
        settled = ts.Facts(
            variables=known.variables, in_winpe=known.in_winpe, closed=known.closed,
            files={**known.files, path: fact},
        )  # fmt: skip
    elif need.startswith("WMI"):
        settled = known.assuming({need: data.draw(st.booleans())})
    elif name in ("A", "B", "_SMSTSInWinPE"):
        values = ["true", "false", ""] if name == "_SMSTSInWinPE" else ["1", "2", "true", ""]
        value = data.draw(st.sampled_from(values))
        settled = known.with_variables({name: value})
    else:
        return
    after = ts.compile_plan(sequence, settled)
    for one, other in zip(before.steps, after.steps, strict=True):
        assert runs(one) is None or runs(one) is runs(other), (need, one, other)


@given(st.lists(operands, min_size=1, max_size=3), facts)
def test_de_morgan(parts: list[ts.ConditionOperand], known: ts.Facts) -> None:
    """None of them is true exactly when each is not true, whatever is known."""

    def truth(*of: ts.ConditionOperand) -> ts.Truth:
        return judge(ts.Condition(operands=list(of)), known).truth

    def negated(*of: ts.ConditionOperand) -> ts.ConditionOperand:
        return ts.ConditionOperator(operator_type="not", operands=list(of))

    assert truth(negated(*parts)) is truth(*(negated(part) for part in parts))
    joined = ts.ConditionOperator(operator_type="and", operands=parts)
    each = ts.ConditionOperator(operator_type="or", operands=[negated(part) for part in parts])
    assert truth(negated(joined)) is truth(each)


@settings(max_examples=60)
@given(sequences, facts)
def test_planning_is_pure_and_json_loses_nothing(
    sequence: ts.TaskSequence, known: ts.Facts
) -> None:
    kept = copy.deepcopy(sequence)
    first = ts.compile_plan(sequence, known)
    assert sequence == kept
    assert ts.compile_plan(sequence, known) == first
    assert ts.compile_plan(kept, known) == first
    text = first.to_json()
    assert ts.Plan.from_json(text) == first
    assert ts.Plan.from_json(text).to_json() == text
    for line in ts.describe_plan(first).splitlines():
        assert len(line) <= 100
    numbers = [node.number for node in first.walk()]
    assert numbers == sorted(set(numbers), key=lambda number: number or 0)


@settings(max_examples=60)
@given(sequences, facts)
def test_closed_facts_leave_open_only_what_steps_bring(
    sequence: ts.TaskSequence, known: ts.Facts
) -> None:
    closed = ts.Facts(variables=known.variables, in_winpe=True, files=known.files, closed=True)
    for fact in ts.compile_plan(sequence, closed).open_facts:
        assert fact.text.startswith("whether the step") or " leaves it" in fact.text
