"""Every step of every sequence has an address that names it alone."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

import tasksequence as ts

# Names that look like addresses, like numbers, and like patterns.
NAMES = st.sampled_from(["a", "A", "b", "a > b", "a[1]", "a[2]", "a[2][2]", "[1]", ">", "*", "a?"])
STEPS = st.recursive(
    st.builds(lambda name: ts.RebootAction(name=name, target="HD"), NAMES),
    lambda inner: st.builds(
        lambda name, steps: ts.Group(name=name, steps=steps), NAMES, st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.lists(STEPS, max_size=6))
def test_each_address_names_one_step(steps: list[ts.Step]) -> None:
    editor = ts.SequenceEditor(ts.TaskSequence(steps=steps))
    found = editor.find_all()
    assert len({one.address for one in found}) == len(found)
    for one in found:
        assert editor.find(one.address) is one.step
        assert any(other.step is one.step for other in editor.find_all(one.path))


@given(st.lists(STEPS, min_size=1, max_size=6), st.integers(0, 50))
def test_candidates_of_an_unclear_name_name_one_step_each(steps: list[ts.Step], at: int) -> None:
    editor = ts.SequenceEditor(ts.TaskSequence(steps=steps))
    found = editor.find_all()
    name = found[at % len(found)].step.name
    try:
        editor.find(name)
    except ts.EditError as error:
        candidates = error.candidates
    else:
        return
    assert len(candidates) > 1
    assert all(editor.address(candidate) == candidate for candidate in candidates)


@given(st.lists(STEPS, max_size=5), st.integers(0, 50), st.integers(0, 50), st.integers(0, 5))
def test_moving_neither_loses_nor_makes_a_step(
    steps: list[ts.Step], at: int, to: int, how: int
) -> None:
    editor = ts.SequenceEditor(ts.TaskSequence(steps=steps))
    before = editor.find_all()
    if not before:
        return
    one, other = before[at % len(before)], before[to % len(before)]
    try:
        editor.move(
            one.address,
            before=other.address if how % 4 == 0 else None,
            after=other.address if how % 4 == 1 else None,
            into=other.address if how % 4 == 2 else None,
        )
    except ts.EditError:
        assert [after.step for after in editor.find_all()] == [was.step for was in before]
        return
    after = editor.find_all()
    assert sorted(map(id, (found.step for found in after))) == sorted(
        map(id, (found.step for found in before))
    )
    (moved,) = [found for found in after if found.step is one.step]
    if how % 4 < 2:
        beside = moved.holder[moved.index + (1 if how % 4 == 0 else -1)]
        assert beside is other.step
    elif how % 4 == 2:
        assert isinstance(other.step, ts.Group)
        assert moved.holder is other.step.steps
        assert moved.index == len(moved.holder) - 1
