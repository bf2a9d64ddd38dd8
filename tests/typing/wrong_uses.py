"""Read by type checkers, not run: each line that ends in `# wrong` must be refused."""

import tasksequence as ts

ts.CaptureSystemImageAction(name="C")  # wrong: destination missing
ts.CaptureSystemImageAction(name="C", capture_destination=1)  # wrong: not text
ts.CaptureSystemImageAction(name="C", capture_destinatoin="a")  # wrong: misspelt
ts.CaptureSystemImageAction("C", capture_destination="a")  # wrong: by position
ts.RebootAction(name="R", target="HD", message_timeout="10")  # wrong: not a number
ts.Group(name="G", steps=["step"])  # wrong: not a step
ts.RebootAction(name="R", target="HD").mesage = "x"  # wrong: misspelt
ts.RebootAction(name="R", target="HD").message = 5  # wrong: not text
ts.PartitionSettings(type=1)  # wrong: neither text nor a PartitionType
ts.Document.new(ts.TaskSequence(), secrets="hide")  # wrong: no such choice
