"""The wizard-made build-and-capture export, planned by hand from three starts.

The reasons follow from seed 002 (Restart in Windows PE runs where _SMSTSInWinPE is false, Partition
Disk 0 where there is no client cache, Apply Device Drivers unless the media is FullMedia) and from
the export's own conditions; numbers are those of the engine's log: groups take one at their start
and one at their end, the first is 0.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import tasksequence as ts

FOLDER = "microsoft__configmgr-hub/_history/3d4620fa/objects/TaskSequence"
EXPORT = f"{FOLDER}/Windows10_-_Build_and_Capture.xml"
LEGEND = "* runs here   + runs on the device   - skipped   ? depends on a fact   ! breaks a rule"


@pytest.fixture(scope="module")
def sequence(corpus_dir: Path) -> ts.TaskSequence:
    return ts.load(corpus_dir / EXPORT).sequence


def destination(sequence: ts.TaskSequence) -> str:
    (capture,) = [s for s in sequence.walk() if isinstance(s, ts.CaptureSystemImageAction)]
    return capture.capture_destination


def described(sequence: ts.TaskSequence, facts: ts.Facts) -> list[str]:
    return ts.describe_plan(ts.compile_plan(sequence, facts)).splitlines()


@pytest.mark.corpus
def test_from_boot_media_in_windows_pe(sequence: ts.TaskSequence) -> None:
    facts = ts.Facts(
        in_winpe=True,
        closed=True,
        variables={"_SMSTSMediaType": "BootMedia", "_SMSTSBootUEFI": "false"},
    )
    assert described(sequence, facts) == [
        "Starts in Windows PE; facts are closed: what was not given is absent.",
        LEGEND,
        "",
        "    0 * [Build the Reference Machine]",
        # It asks for _SMSTSInWinPE = false, and the machine is in Windows PE.
        "    1 -   Restart in Windows PE",
        '            the condition of the step is false: variable _SMSTSInWinPE equals "false"',
        "    2 *   Error timeout",
        '            sets SMSTSErrorDialogTimeout to "43200"',
        "    3 +   Set PS Execution policy",  # any place, no condition
        "    4 +   Prepare the drive",  # asks for _SMSTSInWinPE = True, letter case does not matter
        # No client cache, no OEMMedia, no hard links, no UEFI: all four hold.
        "    5 +   Partition Disk 0",
        "    6 +   Apply Operating System",
        "            sets OSDTargetSystemDrive; its value is not known here",
        "    7 +   Apply Windows Settings",
        "    8 +   Apply Network Settings",
        "    9 +   Apply Device Drivers",  # BootMedia is not FullMedia
        "   10 +   Setup Windows and Configuration Manager",
        "            the machine is in FullOS from here on",  # it ends in the applied Windows
        # 11 is the end of the first group.
        "   12 * [Capture the Reference Machine]",
        "   13 +   Prepare Configuration Manager Client",  # FullOS, and there the machine is
        "   14 +   Prepare OS",
        "            sets OSDTargetSystemRoot; its value is not known here",
        "            the machine is in WinPE from here on",  # Sysprep, then the boot image
        "   15 *   Capture the Reference Machine",  # WinPE alone
        f"            captures to {destination(sequence)}",
        "",
        "13 steps: 2 run here, 10 on the device, 1 skipped, 0 depend, 0 break a rule.",
    ]


@pytest.mark.corpus
def test_from_a_client_in_full_windows(sequence: ts.TaskSequence) -> None:
    facts = ts.Facts(
        in_winpe=False,
        closed=True,
        variables={"_SMSTSClientCache": r"C:\_SMSTaskSequence\Packages", "_SMSTSBootUEFI": "true"},
    )
    plan = ts.compile_plan(sequence, facts)
    assert [(s.number, s.name, s.outcome.value) for s in plan.steps] == [
        # The machine is in full Windows: it restarts into the boot image.
        (1, "Restart in Windows PE", "left to the device"),
        (2, "Error timeout", "run"),
        (3, "Set PS Execution policy", "left to the device"),
        # From here on _SMSTSInWinPE is true, by the restart.
        (4, "Prepare the drive", "left to the device"),
        # The client has a cache on the disk: the disk must not be partitioned.
        (5, "Partition Disk 0", "skipped"),
        (6, "Apply Operating System", "left to the device"),
        (7, "Apply Windows Settings", "left to the device"),
        (8, "Apply Network Settings", "left to the device"),
        # There is no media at all, so its type is not FullMedia.
        (9, "Apply Device Drivers", "left to the device"),
        (10, "Setup Windows and Configuration Manager", "left to the device"),
        (13, "Prepare Configuration Manager Client", "left to the device"),
        (14, "Prepare OS", "left to the device"),
        (15, "Capture the Reference Machine", "run"),
    ]
    assert plan.steps[0].restarts_into == "WinPE"
    assert [s.environment for s in plan.steps] == ["FullOS"] + ["WinPE"] * 9 + [
        "FullOS", "FullOS", "WinPE",
    ]  # fmt: skip
    parts = plan.steps[4].guards[0].judgement.operands
    assert [(p.truth.value, p.found) for p in parts] == [
        ("false", '"C:\\_SMSTaskSequence\\Packages"'),  # notExists
        ("true", "unset"),  # OEMMedia
        ("true", "unset"),  # hard links
        ("false", '"true"'),  # UEFI
    ]


@pytest.mark.corpus
def test_from_full_media(sequence: ts.TaskSequence) -> None:
    facts = ts.Facts(in_winpe=True, closed=True, variables={"_SMSTSMediaType": "FullMedia"})
    plan = ts.compile_plan(sequence, facts)
    skipped = {s.name: s.reason for s in plan.steps if s.outcome is ts.Outcome.SKIPPED}
    assert skipped == {
        "Restart in Windows PE": "the condition of the step is false: variable _SMSTSInWinPE equals"
        ' "false"',
        # Stand-alone media carries no driver catalogue to ask.
        "Apply Device Drivers": "the condition of the step is false: variable _SMSTSMediaType does "
        'not equal "FullMedia"',
    }
    assert not plan.open_facts


@pytest.mark.corpus
def test_with_nothing_known_the_restart_still_decides_the_place(sequence: ts.TaskSequence) -> None:
    plan = ts.compile_plan(sequence, ts.Facts())
    by_name = {step.name: step for step in plan.steps}
    assert by_name["Restart in Windows PE"].outcome is ts.Outcome.UNKNOWN
    # In full Windows it restarts, in Windows PE it need not: either way the next step is in WinPE.
    assert by_name["Error timeout"].environment == "WinPE"
    assert by_name["Capture the Reference Machine"].outcome is ts.Outcome.RUN
    assert plan.open_facts[0].text == "variable _SMSTSMediaType"
