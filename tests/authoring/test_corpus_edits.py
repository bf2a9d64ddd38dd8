"""Every operation on every real export keeps the bytes that it does not name."""

from __future__ import annotations

import os
import random
from functools import cache
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

import tasksequence as ts
from tests.authoring.edited_export import OPERATIONS, EditedExport

pytestmark = pytest.mark.corpus


@cache
def readable(corpus_dir: Path) -> list[Path]:
    found = []
    for path in sorted(corpus_dir.rglob("*")):
        if path.suffix in {".xml", ".zip"}:
            try:
                ts.load(path)
            except ts.DocumentError:
                continue
            found.append(path)
    return found


SHARES = 8


@pytest.mark.parametrize("share", range(SHARES))
def test_each_operation_on_each_file_keeps_the_rest(share: int, corpus_dir: Path) -> None:
    paths = readable(corpus_dir)
    assert len(paths) > 150
    for path in paths[share::SHARES]:
        rng = random.Random(path.name)
        export = EditedExport(path, rng.randrange(9))
        # Those that take steps away come last, so that the others have some to work on.
        for operation in (*rng.sample(OPERATIONS[:-2], len(OPERATIONS) - 2), *OPERATIONS[-2:]):
            operation(export, rng.randrange(10_000), rng.randrange(10_000))
            try:
                export.check()
            except AssertionError as error:
                place = f"{path.relative_to(corpus_dir)}, {operation.__name__}"
                raise AssertionError(f"{place}: {error}") from error


class CorpusMachine(RuleBasedStateMachine):
    """Many edits of one export, one after the other."""

    paths: list[Path]
    numbers = st.integers(0, 10_000)

    def __init__(self) -> None:
        super().__init__()
        self.export: EditedExport | None = None

    @initialize(at=numbers, part=st.integers(0, 8))
    def load(self, at: int, part: int) -> None:
        self.export = EditedExport(self.paths[at % len(self.paths)], part)

    @rule(operation=st.sampled_from(OPERATIONS), at=numbers, to=numbers)
    def edit(self, operation: object, at: int, to: int) -> None:
        assert self.export is not None
        assert callable(operation)
        operation(self.export, at, to)

    @rule()
    def reload(self) -> None:
        """What was written is what the model says, also to a second reader."""
        assert self.export is not None
        again = ts.load(self.export.document.to_bytes(secrets="keep"))
        assert again.sequences == self.export.document.sequences

    @invariant()
    def untouched_bytes_are_there(self) -> None:
        if self.export is not None:
            self.export.check()


def run_machine(corpus_dir: Path, examples: int, steps: int) -> None:
    CorpusMachine.paths = readable(corpus_dir)
    run_state_machine_as_test(
        CorpusMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize="CI" in os.environ,
        ),
    )


def test_many_edits_of_real_exports_keep_the_rest(corpus_dir: Path) -> None:
    run_machine(corpus_dir, 25, 15)


@pytest.mark.deep
def test_many_more_edits_of_real_exports(corpus_dir: Path) -> None:
    run_machine(corpus_dir, 3000, 40)
