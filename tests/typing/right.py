"""Read by type checkers, not run: what an author writes is understood."""

from typing import assert_type

import tasksequence as ts

step = ts.CaptureSystemImageAction(name="Capture", capture_destination=r"\\s\i\a.wim", timeout=60)
assert_type(step.capture_destination, str)
assert_type(step.timeout, int | None)
assert_type(step.capture_password, ts.SecretText | None)
assert_type(step.replace(name="Other"), ts.CaptureSystemImageAction)
group = ts.Group(name="G", steps=[step])
assert_type(group.steps, list[ts.Step])
document = ts.load("a.zip")
assert_type(document.sequence, ts.TaskSequence)
limited = ts.load("a.zip", limits=ts.Limits(depth=500))
assert_type(limited.objects[0], ts.ExportedObject)
assert_type(limited.schema_violations(), tuple[ts.SchemaViolation, ...])
assert_type(ts.convert(limited, "object", name="n", package_id="ABC00001"), bytes)
assert_type(ts.save_to_xml(limited.sequence).xml, str)
plan = ts.compile_plan(document.sequence, {"A": "1", "P": ts.SecretText("x")})
assert_type(plan.steps[0].request, ts.CaptureRequest | None)
partition = ts.PartitionSettings(type=ts.PartitionType.EFI, size_units="Percent")
assert_type(partition.type, ts.PartitionType | str)
for known in ts.properties_of(ts.CaptureSystemImageAction):
    assert_type(known.name, str)
document.save(secrets="blank")
facts = ts.Facts(in_winpe=True, variables={"A": "1"}, files={"C:\\a": ts.FileFact()})
assert_type(ts.compile_plan(document.sequence, facts), ts.Plan)
assert_type(ts.Plan.from_json(plan.to_json()), ts.Plan)
assert_type(ts.load_facts("facts.toml"), ts.Facts)
assert_type(ts.what_if(document.sequence, [facts], processes=2), tuple[ts.Variant, ...])


def handler(step: ts.PlannedStep, context: ts.RunContext) -> int | None:
    context.set("A", step.name)
    return None


engine = ts.Engine(handlers={ts.RunCommandLineAction: handler, "Contoso_Step": handler})
assert_type(engine.run(plan), ts.RunReport)
made = ts.build_and_capture(
    name="n", boot_image="ABC00005", client_package="ABC00003", destination=r"\\s\i\a.wim"
)
assert_type(made, ts.NewSequence)
assert_type(ts.Variable("A") == "1", ts.VariableConditionExpression)
assert_type(ts.File("a").version >= "1", ts.FileConditionExpression)
assert_type(ts.when(ts.any_of(ts.Variable("A").exists())), ts.Condition)
editor = ts.SequenceEditor(made.sequence)
assert_type(editor.find("Install Updates"), ts.Step)
assert_type(editor.find(cls=ts.CaptureSystemImageAction), ts.CaptureSystemImageAction)
