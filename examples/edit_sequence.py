"""Change the steps of a task sequence by path, and save it where only that changed.

    python examples/edit_sequence.py SEQUENCE EDITED

SEQUENCE is an export zip, an object.xml, a bare sequence or MDT's ts.xml, with a capture step.
EDITED gets the result.
"""

import sys

import tasksequence as ts


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    document = ts.load(sys.argv[1])
    editor = ts.SequenceEditor(document.sequence)

    # 1. Find the capture step by its class, whatever it is called, and set what is known now.
    capture = editor.find(cls="CaptureSystemImage")
    editor.set(capture, ImageVersion="2026.11", Timeout=4 * 60 * 60)

    # 2. Let nothing be captured from a machine that says so.
    editor.add_condition(capture, ts.Variable("SkipCapture") != "true")

    # 3. Put a group around it, with a step before it.
    group = editor.wrap(capture, group="Capture, if wanted")
    cleanup = ts.RunCommandLineAction(name="Clean up", command_line="cmd /c cleanup.cmd")
    editor.insert(cleanup, into=group, at=0)

    document.save(sys.argv[2])
    for one in editor.find_all():
        condition = one.step.condition
        print(one.address + (f"  (if {condition})" if condition is not None else ""))


if __name__ == "__main__":
    try:
        main()
    except ts.TaskSequenceError as error:
        sys.exit(f"{error}")
