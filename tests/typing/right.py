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
plan = ts.compile_plan(document.sequence, {"A": "1", "P": ts.SecretText("x")})
assert_type(plan.steps[0].request, ts.CaptureRequest | None)
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
