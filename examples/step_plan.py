"""Ask a build-and-capture sequence what it would do, and run its plan with a handler of one's own.

    python -m examples.step_plan [SEQUENCE]

SEQUENCE is an export; without one the sequence of examples/build_and_capture.py is planned. The log
of the run goes to smsts.log in the current folder.
"""

import sys
from pathlib import Path

import tasksequence as ts
from examples.build_and_capture import build_and_capture


def main() -> None:
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    sequence = ts.load(sys.argv[1]).sequence if len(sys.argv) == 2 else build_and_capture().sequence

    # 1. What is known: a UEFI laptop that was started from boot media. What is not said is unknown.
    laptop = ts.Facts(
        in_winpe=True,
        variables={"_SMSTSBootUEFI": "true", "_SMSTSModel": "EliteBook 840", "ImageName": "laptop"},
        wmi={"Win32_ComputerSystem": [{"Manufacturer": "HP", "Model": "EliteBook 840"}]},
    )
    plan = ts.compile_plan(sequence, laptop)
    print(ts.describe_plan(plan))

    # 2. Which fact would tell most?
    for fact in ts.decisive_facts(sequence, laptop):
        answers = ", ".join(f"{answer} settles {count}" for answer, count in fact.settles)
        print(f"{fact.text}: {answers}")

    # 3. The same machine from stand-alone media: what is different?
    media = laptop.with_variables({"_SMSTSMediaType": "FullMedia", "_SMSTSClientCache": ""})
    (variant,) = ts.what_if(sequence, [media], base=laptop)
    for one in variant.differences:
        print(f"{one.number}: {' > '.join(one.path)}: {one.before.value} -> {one.after.value}")

    # 4. Run the plan: variables by the engine, restarts by a handler, the rest is left.
    def restart(step: ts.PlannedStep, context: ts.RunContext) -> int:
        context.log(f"Here the machine would restart into {step.restarts_into}")
        return 0

    with ts.CMTraceLog(Path("smsts.log")) as log:
        report = ts.Engine(handlers={ts.RebootAction: restart}, log=log).run(plan)
    print(ts.describe_run(report))


if __name__ == "__main__":
    try:
        main()
    except ts.TaskSequenceError as error:
        sys.exit(f"{error}")
