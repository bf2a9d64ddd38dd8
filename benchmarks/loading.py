"""How fast documents load and save, against a bare parser and general tools, in one run.

    python benchmarks/loading.py [FOLDER]

FOLDER holds exports (default: TASKSEQUENCE_CORPUS); without any, made ones serve. What this library
does is measured as multiples of `lxml.etree.fromstring` of the same text; the exit code is 1 when a
bound is not kept.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xmlschema
from lxml import etree
from xsdata.formats.dataclass.context import XmlContext
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

import tasksequence as ts
from benchmarks import xsdata_model
from tests.support.exports import loaded_exports

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 9
STEP = (
    '<step type="SMS_TaskSequence_RunCommandLineAction" name="Run {n}" description="Step {n}"'
    ' runIn="WinPEandFullOS" successCodeList="0 3010" retryCount="0" runFromNet="false"><condition>'
    '<expression type="SMS_TaskSequence_VariableConditionExpression">'
    '<variable name="Operator">equals</variable><variable name="Value">{n}</variable>'
    '<variable name="Variable">Step</variable></expression></condition>'
    "<action>smsswd.exe /run: cmd.exe /c echo {n}</action><defaultVarList>"
    '<variable name="CommandLine" property="CommandLine" hidden="true">cmd.exe /c echo {n}'
    "</variable>"
    '<variable name="SMSTSDisableWow64Redirection" property="DisableWow64Redirection">false'
    '</variable><variable name="_SMSTSRunCommandLineAsUser" property="RunAsUser">false</variable>'
    '<variable name="SuccessCodes" property="SuccessCodes" hidden="true">0 3010</variable>'
    "</defaultVarList></step>"
)


def made(steps: int) -> bytes:
    """Return a sequence of this many steps."""
    inside = "\r\n".join(STEP.format(n=number) for number in range(steps))
    return f'<sequence version="3.10">{inside}</sequence>'.encode()


def texts(folder: Path | None) -> list[bytes]:
    """Return the sequences of the exports in a folder, in UTF-8, or made ones."""
    found = [
        document.sequence_text(at)
        for _, document in (loaded_exports(folder) if folder is not None else ())
        for at in range(len(document.parts))
    ]
    return found or [made(50) for _ in range(100)]


def seconds(*tasks: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the best time of each task; the tasks take turns, so that all see the same machine."""
    best = [float("inf")] * len(tasks)
    for _ in range(rounds):
        for at, task in enumerate(tasks):
            started = time.perf_counter()
            task()
            best[at] = min(best[at], time.perf_counter() - started)
    return best


def held(steps: int) -> float:
    """Return the memory that a loaded file takes, as multiples of the file."""
    code = (
        "import sys, os, tasksequence as ts; from benchmarks.loading import made, memory;"
        "ts.load(made(1)); before = memory('VmRSS'); document = ts.load(sys.argv[1]);"
        "print((memory('VmHWM') - before) / os.path.getsize(sys.argv[1]))"
    )
    file = ROOT / "build" / "bench" / "made.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(made(steps))
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    file.unlink()
    return float(done.stdout)


def memory(what: str) -> int:
    """Return the memory of this process in bytes: now (VmRSS), or at its peak (VmHWM)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise ValueError(what)


def main() -> int:
    """Measure, print, compare."""
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TASKSEQUENCE_CORPUS")
    sequences = texts(Path(named) if named else None)
    schema = xmlschema.XMLSchema11(str(ROOT / "schemas" / "sequence.xsd"))
    mdt = xmlschema.XMLSchema11(str(ROOT / "schemas" / "mdt-sequence.xsd"))
    config = ParserConfig(fail_on_unknown_properties=False, fail_on_unknown_attributes=False)
    binding = XmlParser(context=XmlContext(), config=config)

    def decode() -> None:
        for text in sequences:
            root: Any = etree.fromstring(text)
            (mdt if "name" in root.attrib else schema).decode(root, validation="lax")

    parse, load = seconds(
        lambda: [etree.fromstring(text) for text in sequences],
        lambda: [ts.load(text) for text in sequences],
    )
    documents = [ts.load(text) for text in sequences]
    (write,) = seconds(lambda: [document.to_bytes() for document in documents])
    bound, decoded = seconds(
        lambda: [binding.from_bytes(text, xsdata_model.Sequence) for text in sequences],
        decode,
        rounds=1,
    )
    large = ts.load(made(2000))
    step = large.sequence.steps[1000]

    def edit() -> None:
        step.name += "x"
        large.to_bytes()

    raw = made(2000)
    load_large, edited = seconds(lambda: ts.load(raw), edit)
    thousands = {steps: made(steps) for steps in (10_000, 100_000)}
    (at_small,) = seconds(lambda: ts.load(thousands[10_000]), rounds=3)
    (at_huge,) = seconds(lambda: ts.load(thousands[100_000]), rounds=2)
    rows: list[tuple[str, float, float | None]] = [
        ("load to the validated model / lxml.etree.fromstring", load / parse, 10),
        ("write an untouched document / lxml.etree.fromstring", write / parse, 5),
        ("load / xsdata", load / bound, 1),
        ("load / xmlschema decode", load / decoded, 1),
        ("edit one value of 2,000 steps and write / load", edited / load_large, 0.1),
        ("load of 100,000 steps / 10 loads of 10,000", at_huge / (10 * at_small), 1.5),
        ("peak memory of loading 20,000 steps / file", held(20_000), 12),
    ]
    size = sum(map(len, sequences))
    print(f"{len(sequences)} sequences, {size:,} bytes; lxml {parse * 1000:.0f} ms,"
          f" load {load * 1000:.0f} ms, xsdata {bound * 1000:.0f} ms,"
          f" xmlschema {decoded * 1000:.0f} ms")  # fmt: skip
    failed = 0
    for what, ratio, limit in rows:
        kept = limit is None or ratio <= limit
        failed += not kept
        print(f"{ratio:8.3f}  (bound {limit})  {what}{'' if kept else '  NOT KEPT'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
