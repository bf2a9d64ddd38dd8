"""Many variants of one plan, and which facts matter most."""

from __future__ import annotations

import tasksequence as ts
from tasksequence.plan.what_if import describe_decisive
from tests.plan.test_compiler import capture_step
from tests.plan.test_flow import run, when


def sequence() -> ts.TaskSequence:
    uefi = when("_SMSTSBootUEFI", "equals", "true")
    model = ts.Condition(
        operands=[
            ts.WMIConditionExpression(
                namespace="root\\cimv2",
                query="SELECT * FROM Win32_ComputerSystem WHERE Model = 'X'",
            )
        ]
    )
    both = ts.Condition(operands=[*uefi.operands, *model.operands])
    return ts.TaskSequence(
        steps=[
            run("one", uefi),
            run("two", when("_SMSTSBootUEFI", "notEquals", "true")),
            run("three", model),
            run("four", both),
            capture_step(),
        ]
    )


def test_variants_are_told_by_their_differences_in_order() -> None:
    variants = [ts.Facts(variables={"_SMSTSBootUEFI": value}) for value in ("true", "false") * 3]
    found = ts.what_if(sequence(), variants)
    assert [variant.facts for variant in found] == variants
    assert {d.path[-1]: d.after.value for d in found[0].differences} == {
        "one": "left to the device", "two": "skipped",
    }  # fmt: skip
    assert {d.path[-1]: d.after.value for d in found[1].differences} == {
        "one": "skipped", "two": "left to the device", "four": "skipped",
    }  # fmt: skip
    assert [v.waiting for v in found[:2]] == [3, 2]  # the capture waits for the place, too
    assert ts.what_if(sequence(), variants, processes=2) == found


def test_the_most_decisive_fact_comes_first() -> None:
    found = ts.decisive_facts(sequence(), ts.Facts(in_winpe=True))
    assert [(one.text.partition(" ")[0], one.steps) for one in found] == [
        ("variable", 3), ("WMI", 2),
    ]  # fmt: skip
    assert dict(found[0].settles) == {'"true"': 2, "unset": 3}
    assert dict(found[1].settles) == {"true": 1, "false": 2}
    assert (found[0].at_least, found[0].at_most) == (2, 3)
    table = describe_decisive(found)
    assert table.splitlines()[2].startswith("variable _SMSTSBootUEFI")
    assert all(len(line) <= 100 for line in table.splitlines())
    closed = ts.decisive_facts(sequence(), ts.Facts(in_winpe=True, closed=True))
    assert closed == ()
    assert describe_decisive(closed) == "Nothing depends on what is not known."
