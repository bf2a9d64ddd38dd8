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
