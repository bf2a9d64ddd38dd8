"""How fast sequences compile to plans, as ratios within one run.

    python benchmarks/plan.py [--steps 2000] [--variants 200]

Makes a sequence of that many steps with four nested conditions each, loads it from its bytes,
compiles it, and plans it under many facts with one process and with two.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import tasksequence as ts


def condition(number: int) -> ts.Condition:
    """Four expressions, three levels deep."""
    return ts.Condition(
        operands=[
            ts.ConditionOperator(
                operator_type="and",
                operands=[
                    ts.VariableConditionExpression(
                        variable=f"Flag{number % 40}", operator="equals", value="1"
                    ),
                    ts.ConditionOperator(
                        operator_type="or",
                        operands=[
                            ts.WMIConditionExpression(
                                namespace="root\\cimv2",
                                query="SELECT * FROM Win32_ComputerSystem WHERE Model LIKE "
                                f"'Model {number % 50}%'",
                            ),
                            ts.ConditionOperator(
                                operator_type="not",
                                operands=[
                                    ts.FileConditionExpression(path=rf"C:\files\{number}.txt"),
                                    ts.VariableConditionExpression(
                                        variable="_SMSTSInWinPE", operator="equals", value="true"
                                    ),
                                ],
                            ),
                        ],
                    ),
                ],
            )
        ]
    )


def sequence(steps: int) -> ts.TaskSequence:
    """Groups of twenty steps, every tenth of which sets a variable."""
    groups: list[ts.Step] = []
    for start in range(0, steps, 20):
        inner: list[ts.Step] = []
        for number in range(start, min(start + 20, steps)):
            if number % 10 == 0:
                inner.append(
                    ts.SetVariableAction(
                        name=f"Set {number}",
                        variable_name=f"Own{number % 30}",
                        variable_value="%Flag1% and more",
                        condition=condition(number),
                    )
                )
            else:
                inner.append(
                    ts.RunCommandLineAction(
                        name=f"Run {number}",
                        command_line=f'cmd.exe /c "echo %Own{number % 30}%"',
                        condition=condition(number),
                    )
                )
        groups.append(ts.Group(name=f"Group {start // 20}", steps=inner))
    return ts.TaskSequence(steps=groups)


def facts(variant: int = 0) -> ts.Facts:
    return ts.Facts(
        in_winpe=variant % 2 == 0,
        variables={f"Flag{n}": str((n + variant) % 2) for n in range(30)},
        wmi={"Win32_ComputerSystem": [{"Model": f"Model {variant % 50} G5"}]},
    )


def seconds(work: Callable[[], object], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=2000)
    options.add_argument("--variants", type=int, default=200)
    given = options.parse_args()

    data = ts.Document.new(sequence(given.steps)).to_bytes()
    loaded = ts.load(data).sequence
    load = seconds(lambda: ts.load(data).sequence)
    compiled = seconds(lambda: ts.compile_plan(loaded, facts()))
    print(f"{given.steps} steps, {len(data) / 1e6:.1f} MB, {os.cpu_count()} processors")
    print(f"load     {load:7.3f} s")
    print(f"compile  {compiled:7.3f} s   {compiled / load:.2f} of the load (wanted: under 4)")
    half = [facts(n) for n in range(given.variants // 2)]
    whole = [facts(n) for n in range(given.variants)]
    one = seconds(lambda: ts.what_if(loaded, half), 1)
    all_ = seconds(lambda: ts.what_if(loaded, whole), 1)
    both = seconds(lambda: ts.what_if(loaded, whole, processes=2), 1)
    print(f"{len(half)} variants   {one:7.2f} s")
    print(
        f"{len(whole)} variants   {all_:7.2f} s   {all_ / one:.2f} times half as many (linear: 2)"
    )
    print(f"  2 processes   {both:7.2f} s   {all_ / both:.2f} times as fast")


if __name__ == "__main__":
    main()
