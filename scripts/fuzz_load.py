#!/usr/bin/env python3
"""Fuzzes loading, saving and editing with atheris: pip install atheris.

    scripts/fuzz_load.py build/fuzz -max_total_time=600

The first argument is a folder for the inputs that are worth keeping; the rest are libFuzzer's own.
Whatever a file holds, it loads and comes back byte for byte, or it is refused with an error of the
family; so it is with what is done to it then.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tasksequence"]):
    import tasksequence as ts
    from tasksequence.document import canonical, conversion, document, objects, site_methods

_ = (canonical, conversion, document, objects, site_methods)
LIMITS = ts.Limits(file_bytes=1 << 20, value_bytes=1 << 16, zip_total_bytes=1 << 20)
SEQUENCE = (
    '<sequence version="3.10"><referenceList><reference package="ABC00001" program="p"/>'
    '</referenceList><globalVarList><variable name="OSDAdapterCount" property="NumAdapters">0'
    '</variable></globalVarList><group name="g" description="" disable="true"><condition><operator'
    ' type="and"><expression type="SMS_TaskSequence_VariableConditionExpression"><variable'
    ' name="Operator">equals</variable><variable name="Value">1</variable><variable'
    ' name="Variable">V</variable></expression></operator></condition><step'
    ' type="SMS_TaskSequence_PartitionDiskAction" name="s" timeout="5" runIn="WinPE"><!-- c -->'
    '<action>a</action><defaultVarList><variable name="OSDPartitions" property="Partitions"'
    ' hidden="true">1</variable><variable name="OSDPartitions0Type" property="Partitions0Type">'
    "Primary</variable></defaultVarList></step></group></sequence>"
)


def seeds() -> list[bytes]:
    """Return small files of every kind."""
    bare = SEQUENCE.encode()
    sequence = ts.load(bare).sequence
    package = ts.Document.new_object(sequence, name="n", package_id="ABC00001").to_bytes()
    export = ts.Document.new_export(sequence, name="n", package_id="ABC00001").to_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("SMS_TaskSequencePackage/ABC00001/object.xml", package)
    return [
        bare,
        SEQUENCE.encode("utf-16"),
        f"<?xml version='1.0' encoding='windows-1252'?>\r\n{SEQUENCE}".encode("cp1252"),
        f"<SmsTaskSequencePackage><SequenceData>{SEQUENCE}</SequenceData>"
        "</SmsTaskSequencePackage>".encode(),
        b'<sequence version="3.00" name="n"><step name="s" disable="False"/></sequence>',
        package,
        export,
        packed.getvalue(),
    ]


def one(data: bytes) -> None:
    """Load, save, edit, save again, and print one input."""
    try:
        loaded = ts.load(data, limits=LIMITS)
    except ts.TaskSequenceError as error:
        str(error)
        return
    assert loaded.to_bytes() == data
    try:
        assert len(loaded.packages) >= 0
        ts.canonical_text(loaded)
        for step in loaded.sequence.walk():
            step.name = "renamed & <new>"
            step.enabled = not step.enabled
            break
        loaded.sequence.steps.append(ts.Group(name="added"))
        changed = loaded.to_bytes()
    except ts.TaskSequenceError as error:
        str(error)
        return
    again = ts.load(changed)
    assert again.sequence == loaded.sequence
    again.sequence.steps.clear()
    again.to_bytes()


def main() -> None:
    """Write the seeds and start."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "build/fuzz")
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed-{number}").write_bytes(seed)
    words = folder.with_suffix(".dict")
    tokens = [
        "<step",
        "<group",
        "<condition>",
        "<![CDATA[",
        "]]>",
        "<!DOCTYPE",
        "&#x41;",
        "PK\\x01",
    ]
    words.write_text("".join(f'"{token}"\n' for token in tokens), encoding="ascii")
    options = [f"-dict={words}", "-rss_limit_mb=2048", "-timeout=20", *sys.argv[2:]]
    atheris.Setup([sys.argv[0], *options, os.fspath(folder)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
